"""Methods that read a gradient at the photo, and class activation mapping."""

from __future__ import annotations

from ..questions import Graph
from .description import Cost, Method

TWO_DENSE_LAYERS = (
    "Class activation mapping needs a head that is an average pool and one linear layer; {head} "
    "has two dense layers, which weigh every position by itself. Take Grad-CAM there."
)


def _main_only(graph: Graph, head: str) -> str:
    return "" if head == "main" else TWO_DENSE_LAYERS.format(head=head)


METHODS = (
    Method(
        name="saliency",
        title="Saliency",
        explanation=(
            "The gradient of the class's logit with respect to each pixel: how the answer would "
            "begin to change if the pixel did. The sign says which way a little more of the "
            "pixel would move the answer, the size how strongly."
        ),
        paper=(
            "Simonyan, Vedaldi, Zisserman: Deep inside convolutional networks: visualising image "
            "classification models and saliency maps, 2013, arXiv:1312.6034"
        ),
        target_kind="input",
        completeness="",
        function="saliency:saliency",
        cost=lambda settings: Cost(1, 1),
        group="Gradients",
        noise=True,
        misleads=(
            "It says what a tiny change would do, not what the class rests on: evidence that is "
            "there in plenty has a small gradient, since a little less of it changes nothing, and "
            "the map flickers from pixel to pixel."
        ),
    ),
    Method(
        name="input_x_gradient",
        title="Input x gradient",
        explanation=(
            "Each pixel's gradient times its value as the network receives it. In a network of "
            "ReLUs this shares out the logit, but for what the biases add."
        ),
        paper=(
            "Shrikumar et al.: Not just a black box: learning important features through "
            "propagating activation differences, 2016, arXiv:1605.01713"
        ),
        target_kind="input",
        completeness="",
        function="saliency:input_x_gradient",
        cost=lambda settings: Cost(1, 1),
        group="Gradients",
        noise=True,
        misleads=(
            "A pixel of the colour that the network receives as zero gets nothing, however much "
            "it matters; the photo's own edges shine through the product."
        ),
    ),
    Method(
        name="class_activation_map",
        title="Class activation mapping",
        explanation=(
            "The last module's maps, each weighted by what the class's logit makes of it. It is "
            "exact for the main head: positions and bias add up to the logit."
        ),
        paper=(
            "Zhou et al.: Learning deep features for discriminative localization, 2015, "
            "arXiv:1512.04150"
        ),
        target_kind="layer",
        completeness="exact",
        function="class_activation:explain",
        cost=lambda settings: Cost(1, 0),
        suits=_main_only,
        group="Layers",
        fixed_unit="inception5b",
        misleads=(
            "A position of 7 x 7 has seen nearly the whole photo: what it knows need not lie "
            "beneath it."
        ),
    ),
)
