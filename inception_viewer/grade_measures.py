"""How a map can be graded, as data: menus, help and ``iv.measures()`` are made from it.

The computing functions are in ``analysis/grading``, one file per idea.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .errors import QuestionError
from .grade_questions import Measure

__all__ = [
    "EXPLANATIONS",
    "MEASURES",
    "ORDER_STEPS",
    "ROAD_SHARES",
    "SQUARES",
    "measure",
    "names",
]

ORDER_STEPS = 224
"""Steps of the deletion and insertion curves: one row of a 224x224 photo each, as in RISE."""
ROAD_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Shares of the photo's pixels that ROAD removes."""
SQUARES = 200
"""Squares that infidelity hides."""
EXPLANATIONS = 10
"""Changed copies of the photo that sensitivity-max explains; Captum's default."""
_STAGES = 13
"""Layers of the longest way, to the main head: conv1, conv2's two, nine modules, fc."""

_IN_ORDER = 2 * (ORDER_STEPS - 1) + 2
"""Photos of two orders, whose first and last are the same."""
_RISE = (
    "Petsiuk, Das, Saenko: RISE: Randomized input sampling for explanation of black-box models, "
    "2018, arXiv:1806.07421"
)
_YEH = "Yeh et al.: On the (in)fidelity and sensitivity of explanations, 2019, arXiv:1901.09392"

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        one.name: one
        for one in (
            Measure(
                name="deletion",
                title="Deletion",
                explanation=(
                    "Pixels are replaced by the mean colour, those of the largest signed value "
                    "first, while the class's probability is watched. The area under that curve "
                    "is small if the map finds what the network needs; a random order's curve is "
                    "drawn beside it."
                ),
                paper=_RISE,
                better="lower",
                unit="area",
                forwards=_IN_ORDER,
            ),
            Measure(
                name="insertion",
                title="Insertion",
                explanation=(
                    "The photo's own pixels are put back into a blurred copy, those of the "
                    "largest signed value first, while the class's probability is watched. The "
                    "area under that curve is large if the map finds what suffices; a random "
                    "order's curve is drawn beside it."
                ),
                paper=_RISE,
                better="higher",
                unit="area",
                forwards=_IN_ORDER,
            ),
            Measure(
                name="road",
                title="ROAD",
                explanation=(
                    "From 10 to 90 % of the pixels are filled in from their neighbours, so "
                    "smoothly that the holes give no hint: once those that the map ranks highest, "
                    "once the lowest. The number is half the difference that makes to the class's "
                    "probability: 0.5 at best, and 0 for an order that means nothing."
                ),
                paper=(
                    "Rong et al.: A consistent and efficient evaluation strategy for attribution "
                    "methods, 2022, arXiv:2202.00449"
                ),
                better="higher",
                unit="probability",
                forwards=3 * len(ROAD_SHARES) + 1,
            ),
            Measure(
                name="infidelity",
                title="Infidelity",
                explanation=(
                    f"{SQUARES} random squares are hidden under the mean colour, and what the map "
                    "holds within each is compared with how far the score falls. The number is "
                    "the mean squared error, after the map has been scaled to fit best."
                ),
                paper=_YEH,
                better="lower",
                unit="score squared",
                forwards=SQUARES + 1,
            ),
            Measure(
                name="sensitivity_max",
                title="Sensitivity-max",
                explanation=(
                    f"The photo is explained {EXPLANATIONS} times more, with every pixel changed "
                    "at random by at most one grey level of 255, which nobody could see. The "
                    "number is the largest change of the attributions, as a share of their size."
                ),
                paper=_YEH,
                better="lower",
                unit="share of the map",
                forwards=0,
                explanations=EXPLANATIONS,
            ),
            Measure(
                name="randomisation",
                title="Parameter randomisation",
                explanation=(
                    "The network's weights are shuffled layer by layer, from the top down, and "
                    "the map is made anew each time. The number is the mean size of its rank "
                    "correlation with the original: near 1, the map ignores what was learnt."
                ),
                paper=("Adebayo et al.: Sanity checks for saliency maps, 2018, arXiv:1810.03292"),
                better="lower",
                unit="rank correlation",
                forwards=0,
                explanations=_STAGES,
            ),
        )
    }
)
"""All measures by name, in the order that menus show them."""


def names() -> tuple[str, ...]:
    """Return the measures' names, in the order that menus show them."""
    return tuple(MEASURES)


def measure(name: str) -> Measure:
    """Return the measure of that name.

    Raises
    ------
    QuestionError
        If there is none.
    """
    if name not in MEASURES:
        raise QuestionError(f"There is no measure “{name}”; there are {', '.join(MEASURES)}.")
    return MEASURES[name]
