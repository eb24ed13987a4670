"""What is painted over a photo moves along with it: strokes under a distortion, and back.

The session keeps strokes in the pixels of the picture before it is distorted, so that turning
a photo turns what hides a part of it, too; a scene has them in the pixels of its own picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .edit_questions import Brush, Distortion, Stroke
from .questions import Preprocessing

DIGITS = 2
"""Decimals of a pixel that a stroke is drawn with: what is moved there and back is the same."""


@dataclass(frozen=True)
class Motion:
    """A similarity of the plane: (x, y) goes to (a x + b y + c, d x + e y + f)."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    @property
    def size(self) -> float:
        """How much longer lengths become."""
        return math.sqrt(abs(self.a * self.e - self.b * self.d))

    def back(self) -> Motion:
        """Return its inverse."""
        whole = self.a * self.e - self.b * self.d
        a, b, d, e = self.e / whole, -self.b / whole, -self.d / whole, self.a / whole
        return Motion(a, b, -a * self.c - b * self.f, d, e, -d * self.c - e * self.f)

    def at(self, point: tuple[float, float]) -> tuple[float, float]:
        """Return where a point goes."""
        x, y = point
        return self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f


def motion(distortion: Distortion, height: int, width: int) -> Motion:
    """Return where a distortion takes the points of a picture, in its pixels."""
    angle = math.radians(distortion.rotation)
    cos, sin = math.cos(angle) * distortion.scale, math.sin(angle) * distortion.scale
    sign = -1.0 if distortion.mirror else 1.0
    large = 1 / distortion.crop
    left = distortion.crop_x * (1 - distortion.crop) * width
    top = distortion.crop_y * (1 - distortion.crop) * height
    turned = Motion(sign * cos, sin, 0.0, -sign * sin, cos, 0.0)
    x, y = turned.at((width / 2, height / 2))
    to_x = width / 2 - x + distortion.shift_x * width - left
    to_y = height / 2 - y + distortion.shift_y * height - top
    return Motion(
        *(large * turned.a, large * turned.b, large * to_x),
        *(large * turned.d, large * turned.e, large * to_y),
    )


def under(brush: Brush, distortions: Sequence[Distortion], made: Preprocessing) -> Brush:
    """Return what is painted as it lies on the picture that distortions make."""
    for one in distortions:
        moves = motion(one, made.height, made.width)
        brush = replace(brush, strokes=tuple(_drawn(s, moves) for s in brush.strokes))
    return brush


def above(brush: Brush, distortions: Sequence[Distortion], made: Preprocessing) -> Brush:
    """Return what is painted on a distorted picture as it would lie on the one before."""
    for one in reversed(distortions):
        moves = motion(one, made.height, made.width).back()
        brush = replace(brush, strokes=tuple(_moved(s, moves) for s in brush.strokes))
    return brush


def _moved(stroke: Stroke, moves: Motion) -> Stroke:
    points = tuple(moves.at(point) for point in stroke.points)
    return replace(stroke, points=points, radius=stroke.radius * moves.size)


def _drawn(stroke: Stroke, moves: Motion) -> Stroke:
    """Move a stroke, to the decimals with which one is drawn."""
    moved = _moved(stroke, moves)
    points = tuple((round(x, DIGITS), round(y, DIGITS)) for x, y in moved.points)
    return replace(moved, points=points, radius=round(moved.radius, 2 * DIGITS))
