"""A stroke while it is drawn, and which part of it a picture does not show yet; no Qt here."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...edit_questions import Stroke

Point = tuple[float, float]

PIECE = 48
"""Points after which a stroke goes on as another: only the last is drawn anew as it grows."""
LEAST = 1.0, 80.0
"""The finest and the widest brush: radius in pixels of the picture."""


class Drawing:
    """A stroke that grows with the pointer.

    Parameters
    ----------
    at
        Where it begins, (x, y) in pixels of the picture.
    radius, erases
        As :class:`Stroke` has them.
    """

    def __init__(self, at: Point, radius: float, erases: bool) -> None:
        self._radius, self._erases = radius, erases
        self._done: list[Stroke] = []
        self._points = [_rounded(at)]

    @property
    def last(self) -> Point:
        """Where it has come to."""
        return self._points[-1]

    @property
    def erases(self) -> bool:
        """Whether it takes away what was painted."""
        return self._erases

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """All of it so far."""
        return (*self._done, self._made(self._points))

    def go_to(self, at: Point) -> bool:
        """Draw on to a point; False where that is too near to be seen."""
        at = _rounded(at)
        if math.dist(at, self.last) < max(0.5, self._radius / 8):
            return False
        self._points.append(at)
        if len(self._points) >= PIECE:
            self._done.append(self._made(self._points))
            self._points = [at]
        return True

    def _made(self, points: Sequence[Point]) -> Stroke:
        return Stroke(tuple(points), self._radius, self._erases)


def unseen(drawn: Sequence[Stroke], shown: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """Return what of ``drawn`` a picture with the strokes ``shown`` does not have yet.

    A stroke of which the picture has the beginning is returned from there on.
    """
    known = set(shown)
    last = shown[-1] if shown else None
    left = []
    for stroke in drawn:
        if stroke in known:
            continue
        if last is not None and _begins(last, stroke):
            stroke = Stroke(stroke.points[len(last.points) - 1 :], stroke.radius, stroke.erases)
        left.append(stroke)
    return tuple(left)


def _begins(part: Stroke, whole: Stroke) -> bool:
    same = (part.radius, part.erases) == (whole.radius, whole.erases)
    return same and whole.points[: len(part.points)] == part.points


def _rounded(at: Point) -> Point:
    """Return a point to a hundredth of a pixel, which is short to write down."""
    return round(at[0], 2), round(at[1], 2)
