"""Where compared maps stand: plain arithmetic, no widgets."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

LEAST, MOST = 72.0, 320.0
"""Width of a map, in logical pixels."""
COMFORTABLE = 88.0
"""Down to which maps shrink so that more rows of them show at once."""
GAP = 8.0
BAR = 10.0
"""Width of a row's colour bar."""


@dataclass(frozen=True)
class Layout:
    """A row of photos and rows of maps, with words on the left and colour bars on the right.

    Attributes
    ----------
    columns, rows
        Of maps; the photos' row is one more.
    width, height
        Of a map.
    gutter
        Room on the left for what a row is.
    scale
        Room on the right for a colour bar with its numbers.
    line
        Height of a line of words.
    parted
        Whether the last column, the difference, has a colour bar of its own and stands apart.
    """

    columns: int
    rows: int
    width: float
    height: float
    gutter: float
    scale: float
    line: float
    parted: bool = False

    @property
    def above(self) -> float:
        """Room above the photos: name and verdict."""
        return 2 * self.line + 4

    @property
    def pitch(self) -> float:
        """From a row of maps to the next: the map and the value that is read in it."""
        return self.height + self.line + 4

    @property
    def photos(self) -> float:
        """Height of the photos' row with the words above it."""
        return self.above + self.height + GAP

    def left(self, column: int) -> float:
        """Return where a column begins."""
        apart = self.scale if self.parted and column == self.columns - 1 else 0.0
        return self.gutter + column * (self.width + GAP) + apart

    def photo(self, column: int) -> QRectF:
        """Return where a photo stands."""
        return QRectF(self.left(column), self.above, self.width, self.height)

    def cell(self, row: int, column: int) -> QRectF:
        """Return where a map stands."""
        return QRectF(self.left(column), self.photos + row * self.pitch, self.width, self.height)

    def bar(self, row: int, *, difference: bool = False) -> QRectF:
        """Return where a row's colour bar stands, beside the maps it belongs to."""
        last = self.columns - 1 - (self.parted and not difference)
        box = self.cell(row, last)
        return QRectF(box.right() + GAP, box.top(), BAR, box.height())

    @property
    def total_width(self) -> float:
        """Width of all."""
        return self.left(self.columns - 1) + self.width + self.scale

    @property
    def total_height(self) -> float:
        """Height of all."""
        return self.photos + self.rows * self.pitch + GAP

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """Return the (row, column) of the map at a point; row -1 is the photos'; else None."""
        for column in range(self.columns):
            left = self.left(column)
            if left <= point.x() < left + self.width:
                if self.photo(column).contains(point):
                    return -1, column
                row = int((point.y() - self.photos) // self.pitch)
                if 0 <= row < self.rows and self.cell(row, column).contains(point):
                    return row, column
        return None


def arrange(
    room: tuple[float, float], columns: int, rows: int, aspect: float,
    words: tuple[float, float, float], parted: bool,
) -> Layout:  # fmt: skip
    """Return the layout whose maps fill a width, within :data:`LEAST` and :data:`MOST`.

    They are smaller where all rows show at once then, or at least two.

    Parameters
    ----------
    room
        Width and height there is.
    columns, rows
        Of maps.
    aspect
        A map's height over its width.
    words
        Room on the left, on the right, and the height of a line.
    parted
        Whether the last column is a difference.
    """
    gutter, scale, line = words
    free = room[0] - gutter - scale * (2 if parted else 1) - GAP * (max(1, columns) - 1)
    fitting = [_across(room[1], shown, line, aspect) for shown in (rows, min(2, rows))]
    down = next((one for one in fitting if one >= COMFORTABLE), COMFORTABLE)
    width = float(int(min(MOST, down, max(LEAST, free / max(1, columns)))))
    return Layout(
        columns, rows, width, float(max(1, int(width * aspect))), gutter, scale, line, parted
    )


def _across(height: float, rows: int, line: float, aspect: float) -> float:
    """Return the width of maps of which so many rows show at once, below the photos."""
    left = height - 2 * line - 4 - 2 * GAP - rows * (line + 4)
    return left / (rows + 1) / aspect
