"""Where the cells stand: plain arithmetic, no widgets."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

LEAST, MOST = 128.0, 448.0
"""Width of a cell's picture, in logical pixels."""
SMALLEST = 96.0
"""Down to which pictures shrink where all of them then show at once."""
FOR_WORDS = 224.0
"""Up to which a cell is wider than its picture where there is room: words are long."""


@dataclass(frozen=True)
class Grid:
    """A grid of equal cells, from left to right and top to bottom.

    Attributes
    ----------
    columns
        At least 1.
    across
        Width of a cell: its words may be wider than its picture.
    width, height
        Of each picture.
    above, below
        Room for words.
    gap
        Between cells and around all.
    """

    columns: int
    across: float
    width: float
    height: float
    above: float
    below: float
    gap: float

    @property
    def pitch(self) -> float:
        """From a row to the next."""
        return self.above + self.height + self.below + self.gap

    def cell(self, place: int) -> QRectF:
        """Return where a whole cell stands."""
        row, column = divmod(place, self.columns)
        left = self.gap + column * (self.across + self.gap)
        top = self.gap + row * self.pitch
        return QRectF(left, top, self.across, self.pitch - self.gap)

    def picture(self, place: int) -> QRectF:
        """Return where its picture stands."""
        cell = self.cell(place)
        return QRectF(cell.left(), cell.top() + self.above, self.width, self.height)

    def total(self, count: int) -> float:
        """Return the height of all."""
        rows = -(-count // self.columns)
        return self.gap + rows * self.pitch

    def at(self, point: QPointF, count: int) -> int | None:
        """Return the cell at a point, or None."""
        column = int((point.x() - self.gap / 2) // (self.across + self.gap))
        row = int((point.y() - self.gap / 2) // self.pitch)
        place = row * self.columns + column
        inside = 0 <= column < self.columns and 0 <= place < count
        return place if inside and row >= 0 else None

    def seen(self, top: float, bottom: float, count: int) -> range:
        """Return the cells between two heights."""
        first = max(0, int((top - self.gap) // self.pitch)) * self.columns
        last = (int(bottom // self.pitch) + 1) * self.columns
        return range(min(first, count), min(last, count))


def largest(
    room: tuple[float, float], count: int, aspect: float, words: tuple[float, float], gap: float
) -> float:
    """Return the width of the largest pictures that all show at once; see :func:`arrange`."""
    best = 0.0
    for columns in range(1, max(1, count) + 1):
        rows = -(-max(1, count) // columns)
        across = (room[0] - gap) / columns - gap
        down = ((room[1] - gap) / rows - gap - sum(words)) * aspect
        best = max(best, min(across, down))
    return best


def arrange(
    room: tuple[float, float], count: int, aspect: float, words: tuple[float, float], gap: float
) -> Grid:
    """Return the grid whose pictures are largest without scrolling.

    It scrolls where they would be below :data:`SMALLEST`; they are at least :data:`LEAST` then.

    Parameters
    ----------
    room
        Width and height there is.
    count
        Cells.
    aspect
        A picture's width over its height.
    words
        Height of the words above and below a picture.
    gap
        Between cells.
    """
    best, most = largest(room, count, aspect, words, gap), max(1.0, room[0] - 2 * gap)
    scrolls = best < min(SMALLEST, most)
    width = min(MOST, most, LEAST if scrolls else best)
    columns = max(1, int((room[0] - gap + 0.5) // (width + gap)))
    if not scrolls:
        # As many rows as it takes, all about as long: not five and then one.
        rows = -(-max(1, count) // columns)
        columns = -(-max(1, count) // rows)
    elif columns == 1 < count:
        columns = max(1, int((room[0] - gap) // (SMALLEST + gap)))
    spread = (room[0] - gap) / columns - gap
    if scrolls:
        # Spread what is left over the columns.
        width = min(MOST, (room[0] - gap) / columns - gap)
    width = float(max(1, int(width)))
    across = max(width, float(int(min(spread, FOR_WORDS))))
    height = float(max(1, int(width / aspect)))
    return Grid(columns, across, width, height, float(int(words[0])), float(int(words[1])), gap)
