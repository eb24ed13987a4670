"""A table of figures that can be read by keyboard, sorted and copied."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from .. import theme
from ..attribution.words import number
from ..maps.restyle import refresh


class Spread(NamedTuple):
    """A mean with the standard deviation around it."""

    mean: float
    deviation: float


class PValue(float):
    """A probability that can be too small for a number."""


TINY = "<1e\N{MINUS SIGN}300"
Value = str | int | float | Spread
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


class FiguresModel(QAbstractTableModel):
    """Rows of words and numbers under a heading; ``order`` is what sorting made of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading: tuple[str, ...] = ()
        self.rows: list[tuple[Value, ...]] = []
        self.order: list[int] = []
        self._by: tuple[int, bool] | None = None

    def set_rows(self, heading: Sequence[str], rows: Sequence[tuple[Value, ...]]) -> None:
        """Show these rows; they stay sorted as they were."""
        self.beginResetModel()
        if tuple(heading) != self.heading:
            self._by = None
        self.heading, self.rows = tuple(heading), list(rows)
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order in which the rows came."""
        self.layoutAboutToBeChanged.emit()
        self._by = (column, order == Qt.SortOrder.DescendingOrder) if column >= 0 else None
        self._arrange()
        self.layoutChanged.emit()

    def _arrange(self) -> None:
        self.order = list(range(len(self.rows)))
        if self._by is not None and self._by[0] < len(self.heading):
            column, falling = self._by
            self.order.sort(key=lambda row: _key(self.rows[row][column]), reverse=falling)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.heading)

    def data(self, index: Index, role: int = Role.DisplayRole) -> object:
        """Return a cell's text, or on which side it stands."""
        if not index.isValid():
            return None
        value = self.rows[self.order[index.row()]][index.column()]
        if role in (Role.DisplayRole, Role.ToolTipRole):
            return text_of(value)
        if role == Role.TextAlignmentRole:
            words = isinstance(value, str)
            side = Qt.AlignmentFlag.AlignLeft if words else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> object:
        """Return a column's title."""
        if orientation == Qt.Orientation.Horizontal and role == Role.DisplayRole:
            return self.heading[section]
        return None


def text_of(value: Value) -> str:
    """Return a cell's text: numbers with three significant digits."""
    if isinstance(value, Spread):
        return f"{number(value.mean)} \N{PLUS-MINUS SIGN} {number(value.deviation)}"
    if isinstance(value, PValue) and value <= 0:
        return TINY
    if isinstance(value, float):
        return number(value) if math.isfinite(value) else "\N{EN DASH}"
    return str(value)


def _key(value: Value) -> tuple[int, float, str]:
    if isinstance(value, str):
        return 1, 0.0, value
    if isinstance(value, Spread):
        value = value.mean
    return 0, value if math.isfinite(value) else math.inf, ""


class FiguresTable(QTableView):
    """Shows rows of figures; Ctrl+C copies all of them, tabs between."""

    row_changed = Signal(object)
    """Emitted with the place, among the rows as they came, of the one the keyboard is on."""
    row_opened = Signal(object)
    """Emitted with the place of a row that was entered or clicked twice."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figures = FiguresModel(self)
        self.setModel(self.figures)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setSortingEnabled(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy)
        self.selectionModel().currentRowChanged.connect(lambda new, _: self._tell(new))
        self.activated.connect(lambda index: self.row_opened.emit(self.place(index)))
        theme.broadcast.changed.connect(self._restyle)
        self._restyle()

    def set_rows(self, heading: Sequence[str], rows: Sequence[tuple[Value, ...]]) -> None:
        """Show these rows; the keyboard stays on the row of the same place."""
        row = self.currentIndex().row()
        self.figures.set_rows(heading, rows)
        if rows:
            self.setCurrentIndex(self.figures.index(min(max(row, 0), len(rows) - 1), 0))

    def place(self, index: Index) -> int:
        """Return a row's place among the rows as they came; -1 for none."""
        return self.figures.order[index.row()] if index.isValid() else -1

    def copy(self) -> None:
        """Put the table on the clipboard, a line for each row."""
        rows = [self.figures.heading, *(self.figures.rows[at] for at in self.figures.order)]
        lines = ("\t".join(map(str, row)) for row in rows)
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    def _tell(self, index: QModelIndex) -> None:
        self.row_changed.emit(self.place(index))

    def _restyle(self, _: object = None) -> None:
        if refresh(self):
            height = self.fontMetrics().height() + theme.GRID
            self.verticalHeader().setDefaultSectionSize(max(theme.TARGET, height))
