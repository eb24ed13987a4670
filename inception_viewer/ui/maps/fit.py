"""How wide the columns and how large the cells are; plain arithmetic, no Qt."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from .compose import GridLayout

CHANGE_FREE = 1.35
"""Up to this much above the least size a cell grows to show each position as a pixel."""


def column_widths(counts: Sequence[int], total: int, least: int) -> list[int]:
    """Share ``total`` among columns by their channel counts, none below ``least``.

    With widths in proportion to the counts and cells of one size, all columns are
    about equally high. Where the room is too small for ``least``, they are equal.
    """
    if total < least * len(counts):
        return [total // len(counts)] * len(counts)
    narrow: set[int] = set()
    while True:
        room = total - least * len(narrow)
        weight = sum(count for i, count in enumerate(counts) if i not in narrow)
        widths = [
            least if i in narrow else int(room * count / weight) for i, count in enumerate(counts)
        ]
        below = {i for i, width in enumerate(widths) if width < least}
        if not below:
            return widths
        narrow |= below


@dataclass(frozen=True)
class Room:
    """What there is to fill, in device pixels.

    Attributes
    ----------
    widths
        Of the columns.
    counts
        Cells in each column.
    height
        Of all columns.
    map_height, map_width
        Positions of a map.
    gap
        Between cells.
    """

    widths: tuple[int, ...]
    counts: tuple[int, ...]
    height: int
    map_height: int
    map_width: int
    gap: int = 1

    @property
    def positions(self) -> int:
        """Positions along a map's longer side."""
        return max(self.map_height, self.map_width)

    def layout(self, column: int, size: int) -> GridLayout:
        """Return the grid of a column with cells whose longer side is ``size``."""
        height = max(1, round(size * self.map_height / self.positions))
        width = max(1, round(size * self.map_width / self.positions))
        columns = max(1, (self.widths[column] + self.gap) // (width + self.gap))
        return GridLayout(self.counts[column], columns, height, width, self.gap)

    def fits(self, size: int) -> bool:
        """Whether no column needs scrolling at this size."""
        return all(
            self.layout(column, size).height <= self.height for column in range(len(self.widths))
        )

    def best_size(self, least: int, most: int) -> int:
        """Return the largest size, ``least`` to ``most``, at which all fits, else ``least``.

        Enlarged maps get a whole number of pixels for each position.
        """
        # Larger cells never need less height, so the sizes that fit come first.
        over = bisect_left(range(least, most + 1), True, key=lambda size: not self.fits(size))
        size = max(least, least + over - 1)
        if size >= self.positions:
            size -= size % self.positions
        if size >= least and size > least:
            return size
        return self._least_whole(least)

    def _least_whole(self, least: int) -> int:
        """Return the least size with whole pixels for each position, if near ``least``."""
        whole = -(-least // self.positions) * self.positions
        return whole if whole <= least * CHANGE_FREE else least
