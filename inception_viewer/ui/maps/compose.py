"""Turning feature maps into one sheet of colour-table levels, in numpy alone.

A map's value ``v`` on a range 0 to ``limit`` has level ``floor(256 v / limit)``, at most
255: the index that ``cmap.Colormap(v / limit)`` looks up in its table of 256 colours.
All intermediate arrays are float32 or uint8 and keep the memory order of the maps, which
may be strided views of a channels_last trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...questions import Floats, MapGroup
from ...session import MapScale, MapSort

Levels = NDArray[np.uint8]
Indices = NDArray[np.intp]


def channel_order(group: MapGroup, sort: MapSort) -> Indices:
    """Return the group's channels (channels,) in the order they are shown.

    By ``"index"`` ascending; by ``"maximum"``, ``"mean"`` or ``"active"`` descending,
    the lower index first among equals.
    """
    if sort == "index":
        return np.arange(len(group.maximum))
    figures: Floats = getattr(group, sort)
    return np.argsort(-figures, kind="stable")


def dead_channels(group: MapGroup) -> NDArray[np.bool_]:
    """Return which channels (channels,) are zero at every position."""
    return group.maximum <= 0


def limits(groups: Sequence[MapGroup], scale: MapScale) -> tuple[Floats, ...]:
    """Return the upper end of the colours' range, per group an array (channels,).

    The lower end is always 0. ``"module"``: the largest value of all groups;
    ``"branch"``: of the channel's own group; ``"own"``: of the channel itself.
    """
    if scale == "own":
        return tuple(group.maximum for group in groups)
    largest = [float(np.max(group.maximum, initial=0.0)) for group in groups]
    if scale == "module":
        largest = [max(largest, default=0.0)] * len(groups)
    return tuple(
        np.full(group.maximum.shape, value, np.float32)
        for group, value in zip(groups, largest, strict=True)
    )


def quantise(maps: Floats, limit: Floats) -> Levels:
    """Return the level (channels, height, width), 0 to 255, of every value.

    Parameters
    ----------
    maps
        Activations (channels, height, width), in any memory order.
    limit
        Upper end of each channel's range (channels,); where it is 0 every level is 0.
        Values beyond the range get the nearest end's level.
    """
    divisor = np.where(limit > 0, limit, 1).astype(np.float32)
    scaled = np.divide(maps, divisor[:, None, None], dtype=np.float32)
    # Divided first, then times a power of two, which is exact: as cmap computes it.
    scaled *= np.float32(256)
    np.clip(scaled, 0, 255, out=scaled)
    if not np.isfinite(limit).all():
        np.nan_to_num(scaled, copy=False, nan=0.0)
    # Made small before it is put in order: four times fewer bytes to shuffle.
    return np.ascontiguousarray(scaled.astype(np.uint8))


@dataclass(frozen=True)
class GridLayout:
    """Where the cells of a grid are, in device pixels.

    Attributes
    ----------
    count
        Number of cells.
    columns
        Cells in a row, at least 1.
    cell_height, cell_width
        Size of a cell.
    gap
        Pixels between neighbouring cells.
    """

    count: int
    columns: int
    cell_height: int
    cell_width: int
    gap: int = 1

    @property
    def rows(self) -> int:
        """Rows that are needed."""
        return -(-self.count // self.columns)

    @property
    def height(self) -> int:
        """Height of all rows, without a gap at the end."""
        return max(0, self.rows * (self.cell_height + self.gap) - self.gap)

    @property
    def width(self) -> int:
        """Width of a full row, without a gap at the end."""
        return self.columns * (self.cell_width + self.gap) - self.gap

    def origin(self, slot: int) -> tuple[int, int]:
        """Return the left and top of the cell in place ``slot``."""
        row, column = divmod(slot, self.columns)
        return column * (self.cell_width + self.gap), row * (self.cell_height + self.gap)

    def slot_at(self, x: float, y: float) -> int | None:
        """Return the place of the cell under a point; None in a gap or outside."""
        if x < 0 or y < 0:
            return None
        column, in_x = divmod(x, self.cell_width + self.gap)
        row, in_y = divmod(y, self.cell_height + self.gap)
        slot = int(row) * self.columns + int(column)
        inside = in_x < self.cell_width and in_y < self.cell_height
        return slot if inside and column < self.columns and slot < self.count else None

    def rows_between(self, top: float, bottom: float) -> tuple[int, int]:
        """Return the rows, first and one past the last, that touch a stretch of heights."""
        pitch = self.cell_height + self.gap
        first = min(max(0, int(top // pitch)), self.rows)
        return first, min(max(first, int(bottom // pitch) + 1), self.rows)


def source_index(size: int, length: int) -> Indices:
    """Return for each of ``size`` pixels which of ``length`` positions it shows (nearest)."""
    return (2 * np.arange(size) + 1) * length // (2 * size)


def _reduce(tiles: Levels, axis: int, size: int) -> NDArray[np.float32]:
    """Mean over about ``length / size`` neighbours along an axis."""
    starts = np.arange(size) * tiles.shape[axis] // size
    counts = np.diff([*starts, tiles.shape[axis]]).astype(np.float32)
    shape = [1] * tiles.ndim
    shape[axis] = size
    sums = np.add.reduceat(tiles, starts, axis=axis, dtype=np.float32)
    sums /= counts.reshape(shape)
    return sums


def resample(tiles: Levels, height: int, width: int) -> Levels:
    """Return tiles (count, height, width) at another size.

    Enlarged, every position becomes a block of equal pixels. Reduced, every pixel is the
    mean of the positions it covers, so that none is skipped.
    """
    for axis, size in ((1, height), (2, width)):
        length = tiles.shape[axis]
        if size < length:
            tiles = np.rint(_reduce(tiles, axis, size)).astype(np.uint8)
        elif size % length == 0:
            tiles = np.repeat(tiles, size // length, axis=axis) if size > length else tiles
        else:
            tiles = np.take(tiles, source_index(size, length), axis=axis)
    return tiles


def mosaic(
    levels: Levels, order: Indices, layout: GridLayout, rows: tuple[int, int] | None = None
) -> Levels:
    """Return the levels of a grid, one device pixel each.

    Parameters
    ----------
    levels
        (channels, height, width), from :func:`quantise`.
    order
        The channels in the order of the cells.
    layout
        Where the cells are.
    rows
        First row and one past the last; all by default.

    Returns
    -------
    Levels
        (rows * (cell height + gap), columns * (cell width + gap)); gaps, and cells past
        the last channel, are 0.
    """
    first, last = rows if rows is not None else (0, layout.rows)
    shown = order[first * layout.columns : last * layout.columns]
    tiles = resample(levels[shown], layout.cell_height, layout.cell_width)
    pitch_y, pitch_x = layout.cell_height + layout.gap, layout.cell_width + layout.gap
    sheet = np.zeros((last - first, pitch_y, layout.columns, pitch_x), np.uint8)
    full, rest = divmod(len(tiles), layout.columns)
    inner = sheet[:, : layout.cell_height, :, : layout.cell_width].transpose(0, 2, 1, 3)
    block = tiles[: full * layout.columns]
    inner[:full] = block.reshape(full, layout.columns, *tiles.shape[1:])
    if rest:
        inner[full, :rest] = tiles[full * layout.columns :]
    return sheet.reshape((last - first) * pitch_y, layout.columns * pitch_x)
