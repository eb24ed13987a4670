"""Methods that attribute to a unit's channels and positions."""

from __future__ import annotations

from . import rules
from .description import Cost, Method, Parameter, Settings
from .parameters import BASELINE, STEPS, path_cost

MOST_CHANNELS = 1024
"""inception5b's, the most that a unit with a map has."""

_LRP = next(method for method in rules.METHODS if method.name == "lrp")


def conductance_cost(settings: Settings) -> Cost:
    """Return the passes along the way: each has one more that carries the rates of change."""
    along = path_cost(settings)
    return Cost(2 * along.backwards + 2, along.backwards)


def layer_path_cost(settings: Settings) -> Cost:
    """Return the points between two activations, and the passes that find these."""
    along = path_cost(settings)
    return Cost(along.forwards + 2, along.backwards)


def layer_ablation_cost(settings: Settings) -> Cost:
    """Return a run for each group of channels, and the photo's own two."""
    return Cost((4 if settings["groups"] == "branch" else MOST_CHANNELS) + 2, 0)


METHODS = (
    Method(
        name="layer_grad_cam",
        title="Grad-CAM",
        explanation=(
            "Each channel of a unit is weighted by how much the class's logit rises with it on "
            "average, and the weighted maps are summed. It shows where the unit finds evidence "
            "for the class, at the unit's own resolution."
        ),
        paper=(
            "Selvaraju et al.: Grad-CAM: visual explanations from deep networks via "
            "gradient-based localization, 2017, arXiv:1610.02391"
        ),
        target_kind="layer",
        completeness="",
        function="grad_cam:explain",
        group="Layers",
        cost=lambda settings: Cost(1, 1),
        misleads=(
            "It is as coarse as its unit, and averaging the gradient over the map loses what "
            "speaks for the class in one place and against it in another."
        ),
        parameters=(
            Parameter(
                "relu",
                "Only evidence for",
                "choice",
                "off",
                "On, as in the paper, evidence against the class is set to zero; off, it is "
                "kept as negative values.",
                choices=(("on", "on"), ("off", "off")),
            ),
        ),
    ),
    Method(
        name="layer_gradient_x_activation",
        title="Gradient x activation",
        explanation=(
            "Each of a unit's numbers times the gradient of the class's logit there. It shows "
            "which channel speaks for or against the class, and at which position."
        ),
        paper=(
            "Shrikumar et al.: Not just a black box: learning important features through "
            "propagating activation differences, 2016, arXiv:1605.01713"
        ),
        target_kind="layer",
        completeness="",
        function="layer_once:explain_gradient_x_activation",
        group="Layers",
        cost=lambda settings: Cost(1, 1),
        misleads=(
            "It goes by the slope at the photo: a channel that has done its work already, so "
            "that more of it changes nothing, gets nothing."
        ),
    ),
    Method(
        name="layer_conductance",
        title="Conductance",
        explanation=(
            "Along the straight way from a baseline to the photo, how much of what the logit "
            "gains flows through each of a unit's numbers. A module's add up to the whole gain, "
            "and its four branches add up to their module."
        ),
        paper=("Dhamdhere, Sundararajan, Yan: How important is a neuron?, 2018, arXiv:1805.12233"),
        target_kind="layer",
        completeness="exact",
        function="layer_paths:explain_conductance",
        group="Layers",
        cost=conductance_cost,
        parameters=(*STEPS, *BASELINE),
        misleads=(
            "Everything is told as a difference to the baseline, and along one way of many. A "
            "branch has only a share, so for it nothing has to add up."
        ),
    ),
    Method(
        name="layer_internal_influence",
        title="Internal influence",
        explanation=(
            "The gradient of the class's logit at each of a unit's numbers, averaged along the "
            "straight way from a baseline to the photo. It says how much a number matters there, "
            "not how much of it there is."
        ),
        paper=(
            "Leino et al.: Influence-directed explanations for deep convolutional networks, "
            "2018, arXiv:1802.03788"
        ),
        target_kind="layer",
        completeness="",
        function="layer_paths:explain_influence",
        group="Layers",
        cost=lambda settings: Cost(int(settings["steps"]), int(settings["steps"])),
        parameters=(STEPS[0], *BASELINE),
        misleads=(
            "Channels that are zero everywhere on the photo have an influence all the same: it "
            "is what they would do. At inception5b only a linear layer follows for the main head, "
            "so that the map is flat there: choose a unit before it."
        ),
    ),
    Method(
        name="layer_integrated_gradients",
        title="Integrated gradients of a layer",
        explanation=(
            "The gradient is averaged along the straight way between a unit's activations on a "
            "baseline and on the photo, and multiplied by their difference. The map adds up to "
            "what that unit's change adds to the logit."
        ),
        paper=(
            "Sundararajan, Taly, Yan: Axiomatic attribution for deep networks, 2017, "
            "arXiv:1703.01365, applied to a layer's activation"
        ),
        target_kind="layer",
        completeness="exact",
        function="layer_paths:explain_integrated_gradients",
        group="Layers",
        cost=layer_path_cost,
        parameters=(*STEPS, *BASELINE),
        misleads=(
            "The activations between the two ends belong to no photo. For a branch all others "
            "stay as the photo has them."
        ),
    ),
    Method(
        name="layer_deep_lift",
        title="DeepLift of a layer",
        explanation=(
            "The photo and a baseline are run side by side, and each unit's difference is traced "
            "back as far as one unit. A module's values add up to what the photo adds to the "
            "logit over the baseline."
        ),
        paper=(
            "Shrikumar, Greenside, Kundaje: Learning important features through propagating "
            "activation differences, 2017, arXiv:1704.02685"
        ),
        target_kind="layer",
        completeness="exact",
        function="layer_rules:explain_deep_lift",
        group="Layers",
        cost=lambda settings: Cost(2, 1),
        parameters=BASELINE,
        misleads=(
            "It adds up by construction, which does not make it right, and everything depends on "
            "the baseline. A branch has only a share, so for it nothing has to add up."
        ),
    ),
    Method(
        name="layer_lrp",
        title="Relevance of a layer (LRP)",
        explanation=(
            "The logit is handed down layer by layer as relevance, as far as one unit. Which "
            "contributions count is the composite's choice."
        ),
        paper=_LRP.paper,
        target_kind="layer",
        completeness="",
        function="layer_rules:explain_lrp",
        group="Layers",
        cost=lambda settings: Cost(1, 1),
        parameters=_LRP.parameters,
        suits=_LRP.suits,
        misleads=_LRP.misleads,
    ),
    Method(
        name="layer_ablation",
        title="Ablation of a layer",
        explanation=(
            "Each of a unit's channels in turn, or each branch of a module, is set to zero. What "
            "the score loses by that is spread over the group's numbers by their size."
        ),
        paper=(
            "Morcos et al.: On the importance of single directions for generalization, 2018, "
            "arXiv:1803.06959; as a map: Desai, Ramaswamy: Ablation-CAM, WACV 2020"
        ),
        target_kind="layer",
        completeness="",
        function="layer_once:explain_ablation",
        group="Layers",
        cost=layer_ablation_cost,
        parameters=(
            Parameter(
                "groups",
                "Set to zero",
                "choice",
                "channel",
                "What is taken away at once.",
                choices=(
                    ("channel", "each channel"),
                    ("branch", "each branch of a module"),
                ),
            ),
        ),
        misleads=(
            "What two channels know alike is missed in neither: the other still says it when one "
            "is gone. A network with a part at zero is one that was never trained."
        ),
    ),
)
