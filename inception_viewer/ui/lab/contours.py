"""Lines where a map reaches a level, by marching squares over a coarse, smooth copy of it.

Gradients flicker from pixel to pixel: lines around every fleck would tell nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...questions import Floats

COARSE = 32
"""Positions a side, at most, of the copy that the lines follow."""
SHARES = (0.25, 0.5, 0.75)
"""Of the smooth copy's largest magnitude: where the lines run."""
Segments = NDArray[np.float64]
"""(n, 4): x1, y1, x2, y2, as shares of the map's width and height."""

TOP, RIGHT, BOTTOM, LEFT = range(4)
_CASES = {
    1: ((LEFT, TOP),), 2: ((TOP, RIGHT),), 3: ((LEFT, RIGHT),), 4: ((RIGHT, BOTTOM),),
    5: ((LEFT, TOP), (RIGHT, BOTTOM)), 6: ((TOP, BOTTOM),), 7: ((LEFT, BOTTOM),),
    8: ((BOTTOM, LEFT),), 9: ((BOTTOM, TOP),), 10: ((TOP, RIGHT), (BOTTOM, LEFT)),
    11: ((BOTTOM, RIGHT),), 12: ((RIGHT, LEFT),), 13: ((RIGHT, TOP),), 14: ((TOP, LEFT),),
}  # fmt: skip
"""Which sides of a square a line joins, by which of its corners are inside (1 is the first)."""


def smooth(values: Floats) -> Floats:
    """Return a map's coarse copy, at most :data:`COARSE` a side, with the flecks blurred out."""
    height, width = values.shape
    by = max(1, height // COARSE), max(1, width // COARSE)
    rows, columns = height // by[0] * by[0], width // by[1] * by[1]
    blocks = np.nan_to_num(values[:rows, :columns]).reshape(
        rows // by[0], by[0], columns // by[1], by[1]
    )
    coarse: NDArray[np.floating] = blocks.mean(axis=(1, 3), dtype=np.float32)
    for _ in range(2):
        for axis in (0, 1):
            padded = np.pad(coarse, [(1, 1) if axis == a else (0, 0) for a in (0, 1)], "edge")
            before, at, after = (
                np.take(padded, range(start, start + coarse.shape[axis]), axis)
                for start in (0, 1, 2)
            )
            coarse = (before + 2 * at + after) / 4
    return coarse.astype(np.float32)


def contours(values: Floats, signed: bool) -> tuple[Segments, Segments]:
    """Return the lines around what speaks for, and around what speaks against.

    Unsigned, all lines are around magnitudes and the second is empty.
    """
    field = smooth(values if signed else np.abs(values))
    largest = float(np.abs(field).max(initial=0.0))
    if largest == 0:
        return np.empty((0, 4)), np.empty((0, 4))
    levels = [share * largest for share in SHARES]
    above = np.concatenate([lines(field, level) for level in levels])
    below = np.concatenate([lines(-field, level) for level in levels])
    return above, below if signed else np.empty((0, 4))


def lines(field: Floats, level: float) -> Segments:
    """Return where a field (height, width), sampled at pixels' middles, crosses a level."""
    height, width = field.shape
    if min(height, width) < 2:
        return np.empty((0, 4))
    corners = field[:-1, :-1], field[:-1, 1:], field[1:, 1:], field[1:, :-1]
    inside = [(corner >= level).astype(np.int8) << place for place, corner in enumerate(corners)]
    case = np.sum(inside, axis=0)
    found = []
    for number, joined in _CASES.items():
        rows, columns = np.nonzero(case == number)
        at = [corner[rows, columns].astype(np.float64) for corner in corners]
        for first, second in joined:
            ends = [_crossing(side, at, rows, columns, level) for side in (first, second)]
            found.append(np.stack([*ends[0], *ends[1]], axis=1))
    made: Segments = np.concatenate(found)
    made = (made + 0.5) / np.array([width, height, width, height])
    return made


def _crossing(
    side: int, at: list[Segments], rows: Segments, columns: Segments, level: float
) -> tuple[Segments, Segments]:
    """Return (x, y) where a side of each square is crossed, in positions."""
    first, second = ((0, 1), (1, 2), (3, 2), (0, 3))[side]
    difference = at[second] - at[first]
    share = (level - at[first]) / np.where(difference == 0, 1, difference)
    share = np.clip(share, 0, 1)
    if side in (TOP, BOTTOM):
        return columns + share, rows + float(side == BOTTOM)
    return columns + float(side == RIGHT), rows + share
