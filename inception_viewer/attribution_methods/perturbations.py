"""Methods that change the photo and watch the answer."""

from __future__ import annotations

from .description import Cost, Method, Parameter, Settings
from .parameters import BASELINE, HIDING, SEED

MOST_SEGMENTS = 200

SEGMENTS = (
    Parameter(
        "regions",
        "Regions",
        "choice",
        "slic",
        "What is hidden and shown as one: superpixels of even colour, or rectangles.",
        choices=(("slic", "superpixels (SLIC)"), ("grid", "regular grid")),
    ),
    Parameter(
        "segments",
        "Number of regions",
        "int",
        40,
        "How many at most; more are finer and slower.",
        2,
        MOST_SEGMENTS,
        "regions",
    ),
    Parameter(
        "compactness",
        "Compactness",
        "float",
        10.0,
        "How much nearness counts beside likeness of colour; large values give squares.",
        0.1,
        100.0,
        only_with=("regions", ("slic",)),
    ),
)
"""How the photo is divided."""

_AT_224 = 224
"""The side of the photo that costs are told for, in pixels."""


def occlusion_cost(settings: Settings) -> Cost:
    """Return what a photo of 224x224 pixels takes: one run for each window, and its own."""
    window, stride = int(settings["window"]), int(settings["stride"])
    along = max(0, -(-(_AT_224 - window) // stride)) + 1
    return Cost(along**2 + 1, 0)


def ablation_cost(settings: Settings) -> Cost:
    """Return the runs with each region hidden, and with all and none."""
    return Cost(int(settings["segments"]) + 2, 0)


def shapley_cost(settings: Settings) -> Cost:
    """Return the runs along every order, both ways."""
    return Cost(2 * int(settings["samples"]) * (int(settings["segments"]) - 1) + 2, 0)


def samples_cost(settings: Settings) -> Cost:
    """Return the samples, one more to complete a pair, and the photo and the baseline."""
    return Cost(int(settings["samples"]) + 3, 0)


def _samples(default: int, minimum: int, maximum: int, unit: str, explanation: str) -> Parameter:
    return Parameter("samples", "Samples", "int", default, explanation, minimum, maximum, unit)


METHODS = (
    Method(
        name="occlusion",
        title="Occlusion",
        explanation=(
            "A window is slid over the photo, and each time its pixels are replaced by the "
            "baseline's. A pixel's value is what the score loses on the average while it is "
            "hidden."
        ),
        paper=(
            "Zeiler, Fergus: Visualizing and understanding convolutional networks, 2013, "
            "arXiv:1311.2901"
        ),
        target_kind="input",
        completeness="",
        function="occlusion:explain",
        group="Perturbations",
        cost=occlusion_cost,
        parameters=(
            Parameter(
                "window",
                "Window",
                "int",
                16,
                "Side of the square that is hidden.",
                1,
                512,
                "pixels",
            ),
            Parameter(
                "stride",
                "Stride",
                "int",
                8,
                "From one window to the next; no larger than the window.",
                1,
                512,
                "pixels",
            ),
            *BASELINE,
        ),
        misleads=(
            "Evidence that is there twice hides itself: with one eye covered the other still "
            "speaks for the cat. The window's own edges are something to see, too."
        ),
    ),
    Method(
        name="feature_ablation",
        title="Feature ablation",
        explanation=(
            "Each superpixel in turn is replaced by the baseline's pixels. Its value is what "
            "the score loses by that, spread evenly over its pixels."
        ),
        paper=(
            "Zeiler, Fergus: Visualizing and understanding convolutional networks, 2013, "
            "arXiv:1311.2901; superpixels as in LIME, arXiv:1602.04938"
        ),
        target_kind="input",
        completeness="",
        function="feature_ablation:explain",
        group="Perturbations",
        cost=ablation_cost,
        parameters=(*SEGMENTS, *BASELINE),
        misleads=(
            "What two superpixels show alike neither of them is given, because the other is "
            "still there when one is hidden."
        ),
    ),
    Method(
        name="shapley_value_sampling",
        title="Shapley values",
        explanation=(
            "Superpixels are shown one after the other in random orders, each order from both "
            "ends. A superpixel's value is what the score gains on the average when it comes in, "
            "and the values add up to what the photo adds over the baseline."
        ),
        paper=(
            "Štrumbelj, Kononenko: An efficient explanation of individual classifications using "
            "game theory, 2010, JMLR 11; antithetic orders: Mitchell et al., 2022, "
            "arXiv:2104.12199"
        ),
        target_kind="input",
        completeness="exact",
        function="shapley:explain",
        group="Perturbations",
        cost=shapley_cost,
        parameters=(
            _samples(
                10,
                1,
                1000,
                "orders",
                "Random orders, each run through from both ends; the note gives the standard "
                "error that they leave.",
            ),
            *SEGMENTS,
            *HIDING,
            SEED,
        ),
        misleads=(
            "Most of the photos it looks at are half hidden and unlike any photo, and the value "
            "is an average over them. Few orders leave a large error, which the note tells."
        ),
    ),
    Method(
        name="lime",
        title="LIME",
        explanation=(
            "Superpixels are shown or hidden at random, and the score is fitted by a sum over "
            "those shown, in which photos near the whole one count more. A superpixel's value is "
            "its weight in that sum; a penalty sets those that matter little to zero."
        ),
        paper=(
            "Ribeiro, Singh, Guestrin: “Why should I trust you?”: explaining the predictions of "
            "any classifier, 2016, arXiv:1602.04938"
        ),
        target_kind="input",
        completeness="",
        function="lime:explain",
        group="Perturbations",
        cost=samples_cost,
        parameters=(
            _samples(300, 10, 10_000, "photos", "Random choices of superpixels."),
            Parameter(
                "kernel_width",
                "Kernel width",
                "float",
                0.25,
                "How far from the whole photo a sample still counts: it weighs "
                "exp(-d² / (2 w²)), d being the cosine distance of its superpixels.",
                0.05,
                10.0,
            ),
            Parameter(
                "penalty",
                "Penalty",
                "float",
                0.01,
                "Lasso's, in units of the score: larger values leave fewer superpixels.",
                0.0001,
                10.0,
            ),
            *SEGMENTS,
            *HIDING,
            SEED,
        ),
        misleads=(
            "The network is not a sum over superpixels: the note tells how much of it the sum "
            "explains. Other seeds and kernel widths can give other maps."
        ),
    ),
    Method(
        name="kernel_shap",
        title="KernelSHAP",
        explanation=(
            "The score of random choices of superpixels is fitted by a sum over those shown, with "
            "weights for which the best sum has the Shapley values as its terms. They add up to "
            "what the photo adds over the baseline, whatever was drawn."
        ),
        paper=(
            "Lundberg, Lee: A unified approach to interpreting model predictions, 2017, "
            "arXiv:1705.07874; paired samples: Covert, Lee, 2021, arXiv:2012.01536"
        ),
        target_kind="input",
        completeness="exact",
        function="kernel_shap:explain",
        group="Perturbations",
        cost=samples_cost,
        parameters=(
            _samples(
                400,
                10,
                100_000,
                "photos",
                "Choices of superpixels; where there are no more of them all are taken, and "
                "the values are exact.",
            ),
            *SEGMENTS,
            *HIDING,
            SEED,
        ),
        misleads=(
            "Adding up is no proof of precision: other seeds share out the same sum otherwise. "
            "Take more samples until two seeds agree."
        ),
    ),
)
