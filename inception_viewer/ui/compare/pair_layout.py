"""Where the nine modules of two checkpoints stand: plain arithmetic, no widgets."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from ...googlenet.variants import BRANCHES, MODULES

GAP = 8.0
BETWEEN = 2.0
"""Between the two maps of a branch."""
LEAST, MOST = 26.0, 76.0
"""Side of a map."""
MAPS = 2 * len(BRANCHES)
REST = MAPS
"""The column of shares, scales and CKA."""


@dataclass(frozen=True)
class PairLayout:
    """A heading, then a row for each module: a name, eight maps, shares and scales, CKA.

    Attributes
    ----------
    width
        What there is; more is taken if the least does not fit.
    line
        Height of a line of small text.
    name
        Width of a module's name.
    figure
        Width of a number.
    """

    width: float
    line: float
    name: float
    figure: float

    @property
    def top(self) -> float:
        """Height of the heading: branches, then letters."""
        return 2 * self.line + 4

    @property
    def _spare(self) -> float:
        return self.width - self.name - 5 * GAP

    @property
    def bar(self) -> float:
        """Width of the bars of shares."""
        return min(240.0, max(72.0, 0.16 * self._spare))

    @property
    def ramp(self) -> float:
        """Width of a scale with its number."""
        return self.figure + min(80.0, max(24.0, 0.05 * self._spare)) + 4

    @property
    def _least_cka(self) -> float:
        return self.figure + min(120.0, max(40.0, 0.09 * self._spare)) + 4

    @property
    def cka(self) -> float:
        """Width of a bar of CKA with its number: what the rest leaves, to a limit."""
        left = self.width - self.name - self._maps - self.bar - self.ramp - 4 * GAP
        return min(self.figure + 200.0, max(self._least_cka, left))

    @property
    def side(self) -> float:
        """Of a map."""
        right = self.bar + self.ramp + self._least_cka + 3 * GAP
        room = self._spare - right - len(BRANCHES) * (GAP + BETWEEN)
        return min(MOST, max(LEAST, room // MAPS))

    @property
    def pitch(self) -> float:
        """From a row to the next."""
        return max(self.side, 2 * self.line + 2) + GAP

    @property
    def total(self) -> tuple[float, float]:
        """Width and height of all."""
        across = self.name + self._maps + self.bar + self.ramp + self.cka + 4 * GAP
        return across, self.top + len(MODULES) * self.pitch

    @property
    def _maps(self) -> float:
        return len(BRANCHES) * (2 * self.side + BETWEEN + GAP)

    def map(self, row: int, column: int) -> QRectF:
        """Return the place of a map; columns go by branch, then by side."""
        branch, side = divmod(column, 2)
        left = self.name + GAP + branch * (2 * self.side + BETWEEN + GAP)
        left += side * (self.side + BETWEEN)
        return QRectF(round(left), round(self.row(row).top()), self.side, self.side)

    def row(self, row: int) -> QRectF:
        """Return what a row takes up."""
        top = self.top + row * self.pitch
        return QRectF(0, top, self.total[0], self.pitch - GAP)

    def _half(self, row: int, side: int, left: float, width: float) -> QRectF:
        """Return one of two lines in the middle of a row."""
        middle = self.row(row).center().y()
        top = middle - self.line - 1 if side == 0 else middle + 1
        return QRectF(round(left), round(top), width, self.line)

    def shares(self, row: int, side: int) -> QRectF:
        """Return the place of a checkpoint's bar of shares, its letter not included."""
        left = self.name + GAP + self._maps + GAP
        return self._half(row, side, left, self.bar - GAP)

    def scale(self, row: int, side: int) -> QRectF:
        """Return the place of a checkpoint's scale of colours with its number."""
        left = self.name + GAP + self._maps + self.bar + GAP
        return self._half(row, side, left, self.ramp)

    def agreement(self, row: int) -> QRectF:
        """Return the place of a module's CKA: bar and number."""
        left = self.name + GAP + self._maps + self.bar + self.ramp + 2 * GAP
        box = self.row(row)
        return QRectF(round(left), box.center().y() - self.line / 2, self.cka, self.line)

    def cell(self, row: int, column: int) -> QRectF:
        """Return what the keyboard frames: a map, or all that stands right of the maps."""
        if column < REST:
            return self.map(row, column)
        return self.rest(row)

    def rest(self, row: int) -> QRectF:
        """Return what shares, scales and CKA of a row take up."""
        left, right = self.shares(row, 0).left() - 4, self.agreement(row).right() + 4
        box = self.row(row)
        return QRectF(left, box.top() - 2, right - left, box.height() + 4)

    def at(self, point: QPointF) -> tuple[int, int] | None:
        """Return (row, column) of what is at a point, or None."""
        for row in range(len(MODULES)):
            for column in range(REST + 1):
                if self.cell(row, column).contains(point):
                    return row, column
        return None
