"""The noise tunnel: other methods' maps over noisy copies of the photo."""

from __future__ import annotations

from . import gradients, paths, rules
from .description import Cost, Method, Parameter, Settings
from .parameters import SEED

AVERAGED = tuple(
    method for family in (gradients, paths, rules) for method in family.METHODS if method.noise
)
"""The methods that the tunnel takes."""

PARAMETERS = (
    Parameter(
        "of",
        "Method",
        "choice",
        "saliency",
        "What is computed of every noisy copy, with its own default settings.",
        choices=tuple((method.name, method.title) for method in AVERAGED),
    ),
    Parameter(
        "samples",
        "Samples",
        "int",
        25,
        "Noisy copies of the photo; more are slower and smoother.",
        2,
        1000,
        "copies",
    ),
    Parameter(
        "noise",
        "Noise",
        "float",
        0.15,
        "Standard deviation of the Gaussian noise, as a share of the photo's range from its "
        "least to its largest value; 0.1 to 0.2 in the paper.",
        0.0,
        1.0,
        "of the range",
    ),
    SEED,
)


def cost(settings: Settings) -> Cost:
    """Return what a method with :data:`PARAMETERS` takes at most."""
    averaged = next(method for method in AVERAGED if method.name == settings["of"])
    own = averaged.settings()
    # Steps are not doubled: the noise between two copies is far larger than what that mends.
    each = averaged.cost({**own, "adapt": "off"} if "adapt" in own else own)
    count = int(settings["samples"])
    return Cost(count * each.forwards, count * each.backwards)


METHODS = (
    Method(
        name="smooth_grad",
        title="SmoothGrad",
        explanation=(
            "The mean of a method's maps over copies of the photo with noise added. What "
            "flickers from pixel to pixel averages away, and what the copies agree on stays."
        ),
        paper="Smilkov et al.: SmoothGrad: removing noise by adding noise, 2017, arXiv:1706.03825",
        target_kind="input",
        completeness="",
        function="noise:smooth_grad",
        cost=cost,
        parameters=PARAMETERS,
        group="Gradients",
        misleads=(
            "It explains noisy photos, which the network may take for something else; more "
            "noise gives a smoother map of another question."
        ),
    ),
    Method(
        name="smooth_grad_squared",
        title="SmoothGrad squared",
        explanation=(
            "The mean of the squares of a method's maps over copies of the photo with noise "
            "added. It shows where the answer reacts at all, for or against."
        ),
        paper=(
            "Hooker et al.: A benchmark for interpretability methods in deep neural networks, "
            "2018, arXiv:1806.10758"
        ),
        target_kind="input",
        completeness="",
        function="noise:smooth_grad_squared",
        cost=cost,
        parameters=PARAMETERS,
        group="Gradients",
        misleads=("Squares have no sign, and exaggerate: a few pixels can fill the whole scale."),
    ),
    Method(
        name="var_grad",
        title="VarGrad",
        explanation=(
            "The variance of a method's maps over copies of the photo with noise added. It "
            "shows where the map depends on the noise, which is often where edges are."
        ),
        paper=(
            "Adebayo et al.: Local explanation methods for deep neural networks lack sensitivity "
            "to parameter values, 2018, arXiv:1810.03307"
        ),
        target_kind="input",
        completeness="",
        function="noise:var_grad",
        cost=cost,
        parameters=PARAMETERS,
        group="Gradients",
        misleads=(
            "It says where the method is unsure rather than what the answer rests on, and it is "
            "nearly independent of the sign and the class."
        ),
    ),
)
