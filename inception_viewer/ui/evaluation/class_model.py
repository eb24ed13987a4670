"""The classes as a table: photos, shares of each head, and the difference to another run."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor

from ...folder_questions import Share
from ..class_list import class_labels
from ..theme import current
from . import words
from .results import Measured, Numbers, differences

Index = QModelIndex | QPersistentModelIndex
Places = NDArray[np.intp]
Role = Qt.ItemDataRole
PLACE = Role.UserRole + 1
"""The class's index."""
UNSORTED = -1
"""Of a column that is there no more."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Attributes
    ----------
    title
        Of its head.
    values
        What it is sorted by (classes,).
    text, tip
        Of a class, by its index.
    noise
        Why its numbers mean nothing, or ``""``: such a column is greyed and never sorted by.
    """

    title: str
    values: Numbers
    text: Callable[[int], str]
    tip: Callable[[int], str] = lambda place: ""
    noise: str = ""


def columns_of(measured: Measured, head: str, other: Measured | None) -> list[Column]:
    """Return the columns after the class's name."""
    count = measured.answer.count
    made = [Column("Photos", count.astype(np.float64), lambda place: f"{int(count[place]):,}")]
    if other is not None:
        made.append(_difference(measured, head, other))
    # Those that mean nothing come last.
    for name in sorted(measured.answer.heads, key=lambda name: not measured.means_something(name)):
        made += _of_head(measured, name)
    return made


def _difference(measured: Measured, head: str, other: Measured) -> Column:
    change, tip = differences(measured, other, head), words.compared(measured, other)
    text = partial(_points, change)
    return Column(f"{head}\nless other", change, text, lambda _place: tip)


def _points(change: Numbers, place: int) -> str:
    return words.points(float(change[place]))


def _of_head(measured: Measured, head: str) -> list[Column]:
    answer, note = measured.answer, measured.note(head)
    counted, noise = answer.heads[head], note.sentence if note.is_noise else ""

    def column(title: str, right: NDArray[np.int64]) -> Column:
        def share(place: int) -> Share:
            return Share(int(right[place]), int(answer.count[place]))

        def tip(place: int) -> str:
            one = share(place)
            return noise or f"{one.right:,} of {one.of:,}, 95 % interval {words.interval(one)}"

        filled = np.where(answer.count > 0, answer.count, np.nan)
        return Column(title, right / filled, lambda p: words.percent(share(p).value), tip, noise)

    mark = f"{head}\nuntrained" if noise else head
    return [column(f"{mark}\ntop-1", counted.right), column(f"{mark}\ntop-5", counted.right5)]


class ClassModel(QAbstractTableModel):
    """Classes that have photos, filtered and sorted; the first column is the name."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: list[Column] = []
        self.names: tuple[str, ...] = ()
        self._seen: Places = np.zeros(0, np.intp)
        self._order: Places = np.zeros(0, np.intp)
        self._words: list[str] = []
        self.sorted_by = 0
        self.descending = False

    @property
    def total(self) -> int:
        """How many classes have photos."""
        return len(self._seen)

    def set_measured(self, measured: Measured, head: str, other: Measured | None) -> None:
        """Show these numbers; the table's shape is announced only where it changes."""
        columns = columns_of(measured, head, other)
        titles = [column.title for column in columns]
        names, seen = measured.answer.classes, np.flatnonzero(measured.answer.count)
        before = [column.title for column in self.columns]
        same = before == titles and names == self.names
        if self.sorted_by and before:
            title = before[self.sorted_by - 1]
            self.sorted_by = 1 + titles.index(title) if title in titles else UNSORTED
        if not same:
            self.beginResetModel()
            self.names, self._labels = names, class_labels(names)
            self._order = np.zeros(0, np.intp)
        self.columns, self._seen = columns, seen
        if not same:
            self._order = self._sorted()
            self.endResetModel()
        else:
            self._reorder()

    def set_text(self, text: str) -> None:
        """Show only the classes whose name holds every word."""
        self._words = text.casefold().replace("_", " ").split()
        self._reorder()

    def can_sort(self, column: int) -> bool:
        """Whether a column's numbers mean something."""
        return column == 0 or not self.columns[column - 1].noise

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; what has no number comes last."""
        self.sorted_by, self.descending = column, order == Qt.SortOrder.DescendingOrder
        self._reorder()

    def row_of(self, place: int) -> int:
        """Return the row of a class, -1 where it is not shown."""
        found = np.flatnonzero(self._order == place)
        return int(found[0]) if len(found) else -1

    def place_of(self, row: int) -> int:
        """Return the class of a row."""
        return int(self._order[row])

    def _sorted(self) -> Places:
        places = self._seen
        if self._words:
            plain = (self._labels[p].casefold().replace("_", " ") for p in places.tolist())
            kept = [all(word in name for word in self._words) for name in plain]
            places = places[np.array(kept, bool)]
        if self.sorted_by <= 0:
            names = [self._labels[place].casefold() for place in places.tolist()]
            order = np.array(sorted(range(len(names)), key=names.__getitem__), np.intp)
            return places[order[::-1] if self.descending and self.sorted_by == 0 else order]
        values = self.columns[self.sorted_by - 1].values[places]
        return places[np.argsort(-values if self.descending else values, kind="stable")]

    def _reorder(self) -> None:
        order = self._sorted()
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        old = [self.place_of(index.row()) for index in before]
        self._order = order
        rows = {place: row for row, place in enumerate(order.tolist())} if before else {}
        moved = [
            self.index(rows[place], index.column()) if place in rows else QModelIndex()
            for place, index in zip(old, before, strict=True)
        ]
        self.changePersistentIndexList(before, moved)
        self.layoutChanged.emit()

    # --- what Qt asks ---

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many classes are shown."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the name and the numbers."""
        return 0 if parent.isValid() or not self.columns else 1 + len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Return a column's title, and why it is greyed."""
        if orientation != Qt.Orientation.Horizontal or section > len(self.columns):
            return None
        if role == Role.DisplayRole:
            return "Class" if section == 0 else self.columns[section - 1].title
        if role == Role.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == 0 else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Role.ToolTipRole and section and self.columns[section - 1].noise:
            return f"{self.columns[section - 1].noise} The table is not sorted by it."
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return one thing about one class."""
        if not index.isValid() or index.row() >= len(self._order):
            return None
        place = self.place_of(index.row())
        if role == PLACE:
            return place
        if index.column() == 0:
            named = role in (Role.DisplayRole, Role.ToolTipRole)
            return self._labels[place] if named else None
        return self._number(self.columns[index.column() - 1], place, role)

    def _number(self, column: Column, place: int, role: int) -> Any:
        if role == Role.DisplayRole:
            return column.text(place)
        if role == Role.ToolTipRole:
            return column.tip(place) or None
        if role == Role.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Role.ForegroundRole and (column.noise or math.isnan(column.values[place])):
            return QColor(current().muted)
        if role == Role.BackgroundRole and column.noise:
            return QBrush(QColor(current().border), Qt.BrushStyle.BDiagPattern)
        return None
