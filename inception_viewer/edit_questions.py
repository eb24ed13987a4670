"""Edits of the photo, which a :class:`~.questions.Scene` holds: what the brush painted.

Frozen and hashable like everything that keys a trace. Neither torch nor Qt is imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fill = Literal["grey", "mean", "blur", "inpaint"]


@dataclass(frozen=True)
class Stroke:
    """A line drawn with a round brush on the picture that the network sees.

    Attributes
    ----------
    points
        (x, y) of its corners, in pixels of the network's picture; one point is a dab.
    radius
        In the same pixels.
    erases
        Whether it takes away what earlier strokes covered.
    """

    points: tuple[tuple[float, float], ...]
    radius: float
    erases: bool = False


@dataclass(frozen=True)
class BrushSettings:
    """How the next stroke is drawn: ``radius`` in the network's pixels, and the fill."""

    radius: float = 12.0
    fill: Fill = "grey"


@dataclass(frozen=True)
class Brush:
    """An area that is painted over.

    Attributes
    ----------
    strokes
        In the order in which they were drawn.
    fill
        ``"grey"``: 128 in every channel; ``"mean"``: the mean colour of what is left of the
        picture; ``"blur"``: the picture under a wide Gaussian; ``"inpaint"``: continued from
        around the area.
    """

    strokes: tuple[Stroke, ...]
    fill: Fill = "grey"
