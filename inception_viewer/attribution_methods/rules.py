"""Methods that send something else than the gradient back through the network."""

from __future__ import annotations

from dataclasses import replace

from ..questions import Graph
from .description import Cost, Method, Parameter
from .parameters import BASELINE, BASELINES, SEED, baselines_at_most

NO_RULE_FOR_LRN = (
    "LRP has no rule for local response normalisation, which this network has: every value "
    "depends on its neighbours, and what would be shown there is made up. Take DeepLift."
)


def _without_lrn(graph: Graph, head: str) -> str:
    return NO_RULE_FOR_LRN if any(node.kind == "lrn" for node in graph.nodes) else ""


METHODS = (
    Method(
        name="deep_lift",
        title="DeepLift",
        explanation=(
            "The photo and a baseline are run side by side, and each unit's difference is traced "
            "back to the pixels' differences. The map adds up to what the photo adds to the "
            "logit over the baseline, from a single backward pass."
        ),
        paper=(
            "Shrikumar, Greenside, Kundaje: Learning important features through propagating "
            "activation differences, 2017, arXiv:1704.02685"
        ),
        target_kind="input",
        completeness="exact",
        function="deep_lift:explain",
        cost=lambda settings: Cost(2, 1),
        parameters=BASELINE,
        group="Backward rules",
        noise=True,
        misleads=(
            "It adds up by construction, which does not make it right: two networks that compute "
            "the same can get different maps, and everything depends on the baseline."
        ),
    ),
    Method(
        name="deep_lift_shap",
        title="DeepLiftShap",
        explanation=(
            "The mean of DeepLift's maps from several baselines. No single picture has to stand "
            "for “nothing to see”, and on the average it approaches Shapley values."
        ),
        paper=(
            "Lundberg, Lee: A unified approach to interpreting model predictions, 2017, "
            "arXiv:1705.07874"
        ),
        target_kind="input",
        completeness="expected",
        function="deep_lift:explain_shap",
        cost=lambda settings: Cost(2 * baselines_at_most(settings), baselines_at_most(settings)),
        parameters=(*BASELINES, replace(SEED, only_with=("baselines", ("noise",)))),
        group="Backward rules",
        misleads=("As DeepLift does; a few baselines stand for all, and others give another map."),
    ),
    Method(
        name="guided_backprop",
        title="Guided backpropagation",
        explanation=(
            "The gradient, of which each ReLU lets only what is positive pass back, and only "
            "where it was active. It draws sharp pictures of the edges and textures that drive "
            "active units."
        ),
        paper=(
            "Springenberg et al.: Striving for simplicity: the all convolutional net, 2014, "
            "arXiv:1412.6806"
        ),
        target_kind="input",
        completeness="",
        function="guided:guided_backprop",
        cost=lambda settings: Cost(1, 1),
        group="Backward rules",
        noise=True,
        misleads=(
            "Sharp is not faithful: it restores edges of the photo nearly whatever the class is, "
            "and changes little when the upper layers are shuffled (arXiv 1810.03292)."
        ),
    ),
    Method(
        name="deconvolution",
        title="Deconvolution",
        explanation=(
            "The gradient, of which each ReLU lets only what is positive pass back, whatever it "
            "received itself. Max pools send back to where their maximum was."
        ),
        paper=(
            "Zeiler, Fergus: Visualizing and understanding convolutional networks, 2013, "
            "arXiv:1311.2901"
        ),
        target_kind="input",
        completeness="",
        function="guided:deconvolution",
        cost=lambda settings: Cost(1, 1),
        group="Backward rules",
        noise=True,
        misleads=(
            "Only the max pools know the photo: the map shows what would excite the class at "
            "all, and depends little on which class it is (arXiv 1805.07039)."
        ),
    ),
    Method(
        name="guided_grad_cam",
        title="Guided Grad-CAM",
        explanation=(
            "Guided backpropagation's map times Grad-CAM's of the last module, clipped at zero. "
            "The one gives the detail, the other says where the class finds its evidence."
        ),
        paper=(
            "Selvaraju et al.: Grad-CAM: visual explanations from deep networks via "
            "gradient-based localization, 2017, arXiv:1610.02391"
        ),
        target_kind="input",
        completeness="",
        function="guided_grad_cam:explain",
        cost=lambda settings: Cost(2, 2),
        group="Backward rules",
        misleads=(
            "Its detail is that of guided backpropagation, which shows edges rather than reasons; "
            "only the coarse part depends on the class."
        ),
    ),
    Method(
        name="lrp",
        title="Layer-wise relevance propagation",
        explanation=(
            "The logit is handed down layer by layer as relevance, each time in proportion to "
            "what the inputs contributed. Which contributions count is the composite's choice."
        ),
        paper=(
            "Bach et al.: On pixel-wise explanations for non-linear classifier decisions by "
            "layer-wise relevance propagation, 2015, doi:10.1371/journal.pone.0130140; Montavon "
            "et al.: Explaining nonlinear classification decisions with deep Taylor "
            "decomposition, 2015, arXiv:1512.02479"
        ),
        target_kind="input",
        completeness="",
        function="lrp:explain",
        cost=lambda settings: Cost(1, 1),
        parameters=(
            Parameter(
                "composite",
                "Composite",
                "choice",
                "epsilon_plus",
                "Which rule where: z+ counts positive contributions only, epsilon all of them, "
                "gamma the positive ones more.",
                choices=(
                    ("epsilon_plus", "epsilon-plus: z+ in convolutions, epsilon in dense layers"),
                    ("epsilon", "epsilon everywhere: equals input x gradient"),
                    ("gamma", "gamma: gamma in convolutions, epsilon in dense layers"),
                    ("alpha1_beta0", "alpha 1, beta 0: z+ everywhere"),
                ),
            ),
            Parameter(
                "epsilon",
                "Epsilon",
                "float",
                1e-6,
                "Added to the epsilon rule's denominators; what it takes is lost. More of it "
                "leaves weak contributions out.",
                1e-9,
                10.0,
                only_with=("composite", ("epsilon_plus", "epsilon", "gamma")),
            ),
            Parameter(
                "gamma",
                "Gamma",
                "float",
                0.25,
                "How much more the positive contributions count under the gamma rule.",
                0.0,
                100.0,
                only_with=("composite", ("gamma",)),
            ),
            Parameter(
                "biases",
                "Biases take their share",
                "choice",
                "on",
                "On, as in the paper, biases keep the relevance that is due to them; off, the "
                "z+ rule shares all of it among the inputs, so that it is conserved.",
                choices=(("on", "on"), ("off", "off")),
                only_with=("composite", ("epsilon_plus", "alpha1_beta0")),
            ),
        ),
        suits=_without_lrn,
        group="Backward rules",
        noise=True,
        misleads=(
            "Most relevance may go to biases on the way: see how much was conserved. The z+ rule "
            "knows no evidence against, and its maps of different classes look alike."
        ),
    ),
)
