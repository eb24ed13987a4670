"""Questions that only a grid of attributions asks: of many photos, of many units at once.

As all questions and answers they are plain frozen values, without torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass

from .questions import Attribution, AttributionAnswer, Pixels, Question, Scene


@dataclass(frozen=True)
class Picture(Question):
    """Exactly what the network sees of a photo; answered by :class:`PictureAnswer`."""

    scene: Scene


@dataclass(frozen=True, eq=False)
class PictureAnswer:
    """The picture (height, width, 3), uint8 RGB, before mean and standard deviation."""

    scene: Scene
    picture: Pixels


@dataclass(frozen=True)
class GradCamOfUnits(Question):
    """Grad-CAM of many units from one backward pass; answered by :class:`GradCamsAnswer`.

    Attributes
    ----------
    attribution
        Of ``layer_grad_cam``; its ``unit`` does not matter.
    units
        Units with a map on the way to what is explained.
    """

    attribution: Attribution
    units: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class GradCamsAnswer:
    """What each unit's own question would have been answered by, in the order asked for.

    Every answer's ``seconds`` are its share of the whole, and so are its passes: the first
    has the one forward and the one backward, the others none.
    """

    question: GradCamOfUnits
    answers: tuple[AttributionAnswer, ...]
