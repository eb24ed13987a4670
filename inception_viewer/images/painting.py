"""Painting over the picture that a network sees: where the brush was, and what it left.

Everything is in pixels of that picture: pixel (row, column) covers ``[column, column + 1)`` along
x and ``[row, row + 1)`` along y. Nothing here imports torch; scipy only where a fill needs it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inception_viewer.edit_questions import Brush, Fill, Stroke
from inception_viewer.errors import QuestionError
from inception_viewer.lru import Lru
from inception_viewer.questions import Floats, Pixels

from .inpainting import Doubles, continued

GREY = 128
"""What ``"grey"`` paints with, in every channel."""
BLUR = 12 / 224
"""Standard deviation of the Gaussian of ``"blur"``, as a share of the picture's shorter side."""
MASK_BYTES = 16 << 20

_masks: Lru[tuple[tuple[Stroke, ...], int, int], Floats] = Lru(MASK_BYTES, lambda kept: kept.nbytes)
"""The latest masks: while a stroke grows, those before it need not be drawn again."""


def painted(picture: Pixels, edits: Sequence[Any]) -> Pixels:
    """Return a picture painted over, brush after brush.

    Parameters
    ----------
    picture
        uint8 RGB (height, width, 3): what the network would see.
    edits
        What to paint.

    Returns
    -------
    Pixels
        uint8 RGB (height, width, 3), read-only.

    Raises
    ------
    QuestionError
        If an edit is none that can be painted.
    """
    check(edits)
    height, width = picture.shape[:2]
    for brush in edits:
        covered = mask(brush.strokes, height, width)
        if covered.any():
            picture = _blended(picture, FILLS[brush.fill](picture, covered), covered)
    if picture.flags.writeable:
        picture.setflags(write=False)
    return picture


def share(edits: Sequence[Brush], height: int, width: int) -> float:
    """Return how much of a picture (height, width) is painted over, in [0, 1]."""
    left = np.ones((height, width), np.float32)
    for brush in edits:
        left *= 1 - mask(brush.strokes, height, width)
    return float(1 - left.mean())


def mask(strokes: tuple[Stroke, ...], height: int, width: int) -> Floats:
    """Return how much of each pixel is painted over (height, width), 0 to 1, read-only.

    A pixel at the edge of a stroke is covered in part: by how far the edge is from its middle.
    Strokes that overlap cover no more than the stronger of the two; one that erases takes away.
    """
    key = (strokes, height, width)
    found = _masks.get(key)
    if found is None:
        before = _masks.get((strokes[:-1], height, width)) if strokes else None
        drawn = strokes[-1:] if before is not None else strokes
        found = np.zeros((height, width), np.float32) if before is None else before.copy()
        for stroke in drawn:
            _draw(stroke, found)
        found.setflags(write=False)
        _masks.put(key, found)
    return found


def check(edits: Sequence[Any]) -> None:
    """Make sure that edits can be painted.

    Raises
    ------
    QuestionError
        In one sentence, if not.
    """
    for edit in edits:
        if not isinstance(edit, Brush):
            raise QuestionError(f"An edit is a Brush, not {edit!r}.")
        if edit.fill not in FILLS:
            raise QuestionError(f"A brush fills with {', '.join(FILLS)}, not with “{edit.fill}”.")
        if not isinstance(edit.strokes, tuple):
            raise QuestionError("The strokes of a brush are a tuple.")
        for stroke in edit.strokes:
            _check_stroke(stroke)


def _check_stroke(stroke: Any) -> None:
    if not isinstance(stroke, Stroke):
        raise QuestionError(f"A brush has strokes, not {stroke!r}.")
    fitting = isinstance(stroke.points, tuple) and all(
        isinstance(point, tuple) and len(point) == 2 for point in stroke.points
    )
    if not fitting or not stroke.points:
        raise QuestionError("A stroke has at least one point, and each is a tuple (x, y).")
    numbers = (stroke.radius, *chain(*stroke.points))
    if not all(isinstance(one, Real) for one in numbers) or not isinstance(stroke.erases, bool):
        raise QuestionError(f"A stroke is made of numbers, and erases or not: {stroke!r} is none.")
    if not all(map(math.isfinite, numbers)) or stroke.radius <= 0:
        raise QuestionError("A stroke has a radius above zero, and its points are finite.")


# --- where the brush was -------------------------------------------------------------


def _draw(stroke: Stroke, covered: Floats) -> None:
    """Add a stroke to a mask, or take it away if it erases."""
    points = stroke.points
    ends = pairwise(points) if len(points) > 1 else [(points[0], points[0])]
    for begin, end in ends:
        place = _reach(begin, end, stroke.radius, covered.shape)
        here = covered[place]
        if not here.size:
            continue
        drawn = _coverage(begin, end, stroke.radius, place)
        if stroke.erases:
            np.minimum(here, 1 - drawn, out=here)
        else:
            np.maximum(here, drawn, out=here)


def _reach(
    begin: tuple[float, float], end: tuple[float, float], radius: float, shape: tuple[int, ...]
) -> tuple[slice, slice]:
    """Return the rows and columns that a segment can cover."""
    spans = []
    for axis, size in ((1, shape[0]), (0, shape[1])):
        low, high = sorted((begin[axis], end[axis]))
        first = min(size, max(0, math.floor(low - radius - 1)))
        spans.append(slice(first, max(first, min(size, math.ceil(high + radius + 1)))))
    return spans[0], spans[1]


def _coverage(
    begin: tuple[float, float],
    end: tuple[float, float],
    radius: float,
    place: tuple[slice, slice],
) -> Floats:
    """Return how much of each pixel lies within ``radius`` of a segment, at a place."""
    rows, columns = place
    x = np.arange(columns.start, columns.stop)[None, :] + (0.5 - begin[0])
    y = np.arange(rows.start, rows.stop)[:, None] + (0.5 - begin[1])
    dx, dy = end[0] - begin[0], end[1] - begin[1]
    length = dx * dx + dy * dy
    if length > 0:
        along = np.clip((x * dx + y * dy) / length, 0, 1)
        x, y = x - along * dx, y - along * dy
    drawn = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    # A brush finer than a pixel never covers a whole one.
    return (drawn * min(1.0, 2 * radius)).astype(np.float32)


# --- what it left --------------------------------------------------------------------


def _blended(picture: Pixels, fill: Doubles, covered: Floats) -> Pixels:
    """Return the picture where nothing is covered, the fill where all is, else a mixture."""
    where = covered > 0
    amount = covered[where].astype(np.float64)[:, None]
    result = picture.copy()
    mixed = picture[where] * (1 - amount) + fill[where] * amount
    result[where] = np.rint(mixed).astype(np.uint8)
    return result


def _grey(picture: Pixels, covered: Floats) -> Doubles:
    return np.full(picture.shape, GREY, np.float64)


def _mean(picture: Pixels, covered: Floats) -> Doubles:
    """Return the mean colour of what is left; of all where nothing is."""
    left = 1 - covered.astype(np.float64)
    weights = left if left.sum() > 0 else np.ones_like(left)
    colour = np.tensordot(weights, picture, 2) / weights.sum()
    return np.broadcast_to(colour, picture.shape)


def _blur(picture: Pixels, covered: Floats) -> Doubles:
    """Return the picture under a wide Gaussian."""
    from scipy.ndimage import gaussian_filter

    sigma = BLUR * min(picture.shape[:2])
    blurred: Doubles = gaussian_filter(
        picture.astype(np.float64), (sigma, sigma, 0), mode="nearest"
    )
    return blurred


def _inpaint(picture: Pixels, covered: Floats) -> Doubles:
    """Return the picture continued into the area; its mean colour where nothing is left."""
    gone: NDArray[np.bool_] = covered > 0
    if gone.all():
        return _mean(picture, covered)
    filled = continued(picture.transpose(2, 0, 1).astype(np.float64), gone)
    return filled.clip(0, 255).transpose(1, 2, 0)


FILLS: dict[Fill, Callable[[Pixels, Floats], Doubles]] = {
    "grey": _grey,
    "mean": _mean,
    "blur": _blur,
    "inpaint": _inpaint,
}
