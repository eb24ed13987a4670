"""Where compared maps stand: plain arithmetic, no widgets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF

LEAST, MOST = 44.0, 320.0
"""Width of a map, in logical pixels."""
COMFORTABLE = 88.0
"""Narrower maps stand closer, so that more rows of them show at once."""
TITLE = 116.0
"""Width that a column of narrow maps has for its title, where there is room."""
FEW = 4
"""Rows that are to show at once where not all can: a module's branches."""
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
    compact
        Whether titles have one line, and values stand in or beside their maps, not below.
    column
        From the left of a map to that of the next.
    """

    columns: int
    rows: int
    width: float
    height: float
    gutter: float
    scale: float
    line: float
    parted: bool = False
    compact: bool = False
    column: float = 0.0

    @property
    def above(self) -> float:
        """Room above the photos: verdict and, unless compact, name."""
        return (1 if self.compact else 2) * self.line + 4

    @property
    def gap(self) -> float:
        """Room between rows; that of the value that is read, where it stands below."""
        return GAP / 2 if self.compact else self.line + 4

    @property
    def pitch(self) -> float:
        """From a row of maps to the next."""
        return self.height + self.gap

    @property
    def photos(self) -> float:
        """Height of the photos' row with the words above it."""
        return self.above + self.height + (GAP / 2 if self.compact else GAP)

    def left(self, column: int) -> float:
        """Return where a column begins."""
        apart = self.scale if self.parted and column == self.columns - 1 else 0.0
        return self.gutter + column * max(self.column, self.width + GAP) + apart

    def photo(self, column: int) -> QRectF:
        """Return where a photo stands."""
        return QRectF(self.left(column), self.above, self.width, self.height)

    def cell(self, row: int, column: int) -> QRectF:
        """Return where a map stands."""
        return QRectF(self.left(column), self.photos + row * self.pitch, self.width, self.height)

    def title(self, column: int) -> QRectF:
        """Return where the first line of a column's title stands."""
        least = TITLE if column == self.columns - 1 else 0.0
        return QRectF(self.left(column), 0, max(self.column - GAP, self.width, least), self.line)

    def value(self, row: int, column: int) -> QRectF:
        """Return where the value that is read in a map stands: below, beside or within it."""
        box = self.cell(row, column)
        if not self.compact:
            return QRectF(box.left(), box.bottom() + 2, box.width(), self.line)
        last = column == self.columns - 1 or (self.parted and column == self.columns - 2)
        beside = self.column - self.width - GAP
        if last or beside < 3 * self.line:
            return QRectF(box.left(), box.bottom() - self.line, box.width(), self.line)
        return QRectF(box.right() + 4, box.center().y() - self.line / 2, beside, self.line)

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
    """Return the layout whose maps fill a room, within :data:`LEAST` and :data:`MOST`.

    All rows show at once if their maps are comfortable then; else they stand closer, and are
    smaller, so that all show, or :data:`FEW`.

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
    count = max(1, columns)
    free = room[0] - gutter - scale * (2 if parted else 1) - GAP * (count - 1)
    wide = min(MOST, max(LEAST, free / count))
    plain = Layout(columns, rows, 0.0, 0.0, gutter, scale, line, parted)
    close = replace(plain, compact=True)
    width = _across(room[1], plain, rows, aspect)
    made = plain
    if width < min(COMFORTABLE, wide):
        fitting = [_across(room[1], close, shown, aspect) for shown in (rows, min(FEW, rows))]
        made = close
        width = next((one for one in fitting if one >= LEAST), LEAST)
    width = float(int(min(wide, width)))
    column = min(free / count, max(width, TITLE)) + GAP if made.compact else 0.0
    height = float(max(1, int(width * aspect)))
    return replace(made, width=width, height=height, column=float(int(column)))


def _across(height: float, layout: Layout, rows: int, aspect: float) -> float:
    """Return the width of maps of which so many rows show at once, below the photos."""
    left = height - layout.photos - GAP - rows * layout.gap
    return left / (rows + 1) / aspect
