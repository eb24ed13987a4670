"""Methods that explain a channel or position of a unit by the pixels."""

from __future__ import annotations

from .description import Cost, Method, Settings
from .parameters import BASELINE, STEPS, path_cost

_ONE_STEP_SETTING = STEPS[0]


def conductance_cost(settings: Settings) -> Cost:
    """Return the passes along the way, and those of both ends, for the neuron and the answer."""
    steps = int(settings["steps"])
    return Cost(steps + 4, steps + 2)


METHODS = (
    Method(
        name="neuron_gradient",
        title="Gradient of a neuron",
        explanation=(
            "The gradient of a unit's channel, or of one position of it, with respect to each "
            "pixel. It says how the activation would begin to change if the pixel did."
        ),
        paper=(
            "Simonyan, Vedaldi, Zisserman: Deep inside convolutional networks: visualising image "
            "classification models and saliency maps, 2013, arXiv:1312.6034"
        ),
        target_kind="neuron",
        completeness="",
        function="saliency:saliency",
        group="Neurons",
        cost=lambda settings: Cost(1, 1),
        misleads=(
            "It says what a tiny change would do, not what the neuron answers to: where it is "
            "not active at all the gradient is zero."
        ),
    ),
    Method(
        name="neuron_conductance",
        title="Conductance through a neuron",
        explanation=(
            "How much of what each pixel adds to the class's score over the baseline flows "
            "through one channel or position of a unit. The maps of all of a module's channels "
            "add up to integrated gradients."
        ),
        paper=("Dhamdhere, Sundararajan, Yan: How important is a neuron?, 2018, arXiv:1805.12233"),
        target_kind="neuron",
        completeness="",
        function="neurons:explain_conductance",
        group="Neurons",
        cost=conductance_cost,
        parameters=(_ONE_STEP_SETTING, *BASELINE),
        needs_answer=True,
        misleads=(
            "A neuron that carries much need not mean anything by itself, and one that is "
            "switched off along the whole way carries nothing, whatever it could tell."
        ),
    ),
    Method(
        name="neuron_integrated_gradients",
        title="Integrated gradients of a neuron",
        explanation=(
            "The neuron's gradient is averaged along the straight way from a baseline to the "
            "photo and multiplied by their difference. The map adds up to what the photo adds "
            "to the activation over the baseline."
        ),
        paper=(
            "Sundararajan, Taly, Yan: Axiomatic attribution for deep networks, 2017, "
            "arXiv:1703.01365; for neurons: Shrikumar, Su, Kundaje, 2018, arXiv:1807.09946"
        ),
        target_kind="neuron",
        completeness="exact",
        function="integrated_gradients:explain",
        group="Neurons",
        cost=path_cost,
        parameters=(*STEPS, *BASELINE),
        misleads=(
            "Everything is told as a difference to the baseline: what the photo and the baseline "
            "share gets nothing."
        ),
    ),
    Method(
        name="neuron_guided_backprop",
        title="Guided backpropagation of a neuron",
        explanation=(
            "The neuron's gradient, of which each ReLU lets only what is positive pass back, and "
            "only where it was active. It draws the edges and textures that drive the neuron."
        ),
        paper=(
            "Springenberg et al.: Striving for simplicity: the all convolutional net, 2014, "
            "arXiv:1412.6806"
        ),
        target_kind="neuron",
        completeness="",
        function="guided:guided_backprop",
        group="Neurons",
        cost=lambda settings: Cost(1, 1),
        misleads=(
            "Sharp is not faithful: it restores edges of the photo nearly whatever the neuron "
            "is (arXiv 1810.03292)."
        ),
    ),
    Method(
        name="neuron_deconvolution",
        title="Deconvolution of a neuron",
        explanation=(
            "The neuron's gradient, of which each ReLU lets only what is positive pass back, "
            "whatever it received itself. It draws what of the photo's patterns excites the "
            "neuron, at the places that the max pools kept."
        ),
        paper=(
            "Zeiler, Fergus: Visualizing and understanding convolutional networks, 2013, "
            "arXiv:1311.2901"
        ),
        target_kind="neuron",
        completeness="",
        function="guided:deconvolution",
        group="Neurons",
        cost=lambda settings: Cost(1, 1),
        misleads=(
            "Only the max pools and the neuron's place know the photo: much of the map is what "
            "would excite the neuron at all."
        ),
    ),
)
