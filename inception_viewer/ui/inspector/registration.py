"""Where the positions of a map lie on the input picture; plain arithmetic, no Qt.

A position is centred on a pixel given by its receptive field, ``offset + i * stride``,
and is drawn as the square of one stride around that. Stretching the map over the
picture instead would be wrong by up to half a stride.
"""

from __future__ import annotations

import numpy as np

from ...questions import Floats, ReceptiveField


def centres(field: ReceptiveField, count: int, axis: int, extent: int) -> Floats:
    """Return the input pixel at the centre of each position (count,), along an axis.

    ``axis`` is 0 for rows, 1 for columns; ``extent`` the input's size along it. Fields
    of adaptive pools are uneven: there it is the middle of each window.
    """
    if field.stride == 0:
        return np.full(count, (extent - 1) / 2, np.float32)
    if field.windows:
        return np.array([(a + b) / 2 for a, b in field.windows[axis][:count]], np.float32)
    return (field.first_centre(axis) + field.stride * np.arange(count)).astype(np.float32)


def cell_edges(field: ReceptiveField, count: int, axis: int, extent: int) -> Floats:
    """Return the borders (count + 1,) between positions, 0 at the picture's left or top edge.

    Pixel ``p`` covers ``p`` to ``p + 1``, so its centre is at ``p + 0.5``.
    """
    if field.stride == 0:
        return np.linspace(0, extent, count + 1, dtype=np.float32)
    middle = centres(field, count, axis, extent) + 0.5
    inner = (middle[1:] + middle[:-1]) / 2
    before = after = field.stride / 2
    if count > 1:
        before, after = (middle[1] - middle[0]) / 2, (middle[-1] - middle[-2]) / 2
    return np.array([middle[0] - before, *inner, middle[-1] + after], np.float32)


def position_under(edges: Floats, pixel: float) -> int | None:
    """Return the position whose square covers a point of the picture, or None."""
    if not edges[0] <= pixel < edges[-1]:
        return None
    return int(np.searchsorted(edges, pixel, side="right")) - 1


def strongest(values: Floats) -> tuple[int, int]:
    """Return the row and column of a map's largest value, the first among equals."""
    row, column = np.unravel_index(int(np.argmax(values)), values.shape)
    return int(row), int(column)


def seen_pixels(
    field: ReceptiveField, position: tuple[int, int], extent: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) of the pixels a position sees, all included.

    ``position`` is (row, column), ``extent`` the input's (height, width).
    """
    top, bottom = field.span(position[0], extent[0], 0)
    left, right = field.span(position[1], extent[1], 1)
    return left, top, right, bottom


def field_text(field: ReceptiveField, position: tuple[int, int], extent: tuple[int, int]) -> str:
    """Return ``"receptive field 43x43 at (118, 62)"`` and which pixels that is."""
    left, top, right, bottom = seen_pixels(field, position, extent)
    if field.stride == 0:
        return "receptive field: the whole input"
    x = centres(field, position[1] + 1, 1, extent[1])[-1]
    y = centres(field, position[0] + 1, 0, extent[0])[-1]
    size = f"{field.size}x{field.size}"
    if field.windows:
        size = f"{right - left + 1}x{bottom - top + 1}"
    return f"receptive field {size} at ({x:g}, {y:g}): x {left} to {right}, y {top} to {bottom}"
