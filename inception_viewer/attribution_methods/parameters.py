"""Settings that several methods share."""

from __future__ import annotations

from .description import Cost, Parameter, Settings

MAX_STEPS = 400
"""Where path methods stop doubling their steps."""


BASELINE = (
    Parameter(
        "baseline",
        "Baseline",
        "choice",
        "black",
        "The picture that stands for “nothing to see”: the map explains the difference to it.",
        choices=(
            ("black", "black"),
            ("mean", "mean colour"),
            ("blur", "the photo, blurred"),
            ("noise", "random pixels"),
            ("image", "another photo"),
        ),
    ),
    Parameter(
        "baseline_image",
        "Photo",
        "image",
        "",
        "The open photo that stands for “nothing to see”.",
        only_with=("baseline", ("image",)),
    ),
    Parameter(
        "blur",
        "Blur",
        "float",
        10.0,
        "Standard deviation of the Gaussian that blurs the baseline.",
        0.5,
        100.0,
        "pixels",
        only_with=("baseline", ("blur",)),
    ),
    Parameter(
        "seed",
        "Seed",
        "int",
        0,
        "The same seed gives the same random pixels.",
        0,
        2**31 - 1,
        only_with=("baseline", ("noise",)),
    ),
)
"""The parameters of a method that compares the photo with another picture."""

SEED = Parameter(
    "seed",
    "Seed",
    "int",
    0,
    "The same seed gives the same random choices, and the same map.",
    0,
    2**31 - 1,
)
"""The seed of a method that draws at random whatever its baseline."""

HIDING = tuple(parameter for parameter in BASELINE if parameter.name != "seed")
""":data:`BASELINE` for such a method: one seed serves both."""

BASELINES = (
    Parameter(
        "baselines",
        "Baselines",
        "choice",
        "colours",
        "The pictures that stand for “nothing to see”: the map explains the mean difference to "
        "them.",
        choices=(
            ("colours", "black, the mean colour and white"),
            ("blur", "the photo, blurred ever more"),
            ("noise", "random pixels"),
            ("images", "other photos"),
        ),
    ),
    Parameter(
        "baseline_images",
        "Photos",
        "image",
        "",
        "The open photos that stand for “nothing to see”; several ids are separated by commas.",
        only_with=("baselines", ("images",)),
    ),
    Parameter(
        "count",
        "Number",
        "int",
        5,
        "How many blurs, or pictures of random pixels.",
        1,
        50,
        "pictures",
        only_with=("baselines", ("blur", "noise")),
    ),
)
"""The parameters of a method that compares the photo with several pictures."""


def baselines_at_most(settings: Settings) -> int:
    """Return how many pictures a method with :data:`BASELINES` compares the photo with."""
    if settings["baselines"] == "colours":
        return 3
    if settings["baselines"] == "images":
        return str(settings["baseline_images"]).count(",") + 1
    return int(settings["count"])


STEPS = (
    Parameter(
        "steps",
        "Steps",
        "int",
        50,
        "Points on the way from the baseline to the photo; more are slower and more exact.",
        2,
        1000,
        "steps",
    ),
    Parameter(
        "adapt",
        "Double until exact",
        "choice",
        "on",
        f"Double the steps until the map adds up within 5 %, up to {MAX_STEPS} steps.",
        choices=(("on", "on"), ("off", "off")),
    ),
)
"""The parameters of a method that integrates along a path."""


def doublings(steps: int, adapt: bool) -> list[int]:
    """Return the numbers of steps that a path method tries, one after the other."""
    tried = [steps]
    while adapt and tried[-1] < MAX_STEPS:
        tried.append(min(2 * tried[-1], MAX_STEPS))
    return tried


def path_cost(settings: Settings) -> Cost:
    """Return what a method with :data:`STEPS` takes at most."""
    points = sum(doublings(int(settings["steps"]), settings["adapt"] == "on"))
    # The logits at both ends of the path come from two forward passes more.
    return Cost(points + 2, points)
