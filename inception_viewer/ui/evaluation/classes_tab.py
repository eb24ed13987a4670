"""The classes: a table to sort and search, and the mistakes about the one that is selected."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from .. import theme
from . import words
from .class_model import UNSORTED, ClassModel
from .mistakes_grid import MistakesGrid, cell_size
from .mistakes_tab import Which
from .results import Measured
from .thumbnails import ThumbnailStore

NAME_WIDTH = 128
"""Of the first column at the usual text size, in logical pixels."""
WIDEST_NUMBER = "100.0 %"
Order = Qt.SortOrder


class ClassesTab(QWidget):
    """Lists the classes that have photos; the worst of the main head come first."""

    opened = Signal(object)
    """Path of a photo to look at."""
    mistakes_requested = Signal(object)
    """A :class:`Which`: the mistakes about one class."""

    def __init__(self, store: ThumbnailStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measured: Measured | None = None
        self._head = ""
        self._moved = False
        self.model = ClassModel(self)
        self.field, self.count = QLineEdit(), QLabel()
        self.table, self.about = QTableView(), QLabel()
        self.grid = MistakesGrid(store)
        self.grid.opened.connect(self.opened)
        self._dress()
        self._arrange()
        self._connect()

    def _dress(self) -> None:
        self.field.setPlaceholderText("Find a class…")
        self.field.setAccessibleName("Find a class")
        self.field.setClearButtonEnabled(True)
        self.count.setProperty("role", "muted")
        self.about.setWordWrap(True)
        self.about.setAccessibleName("The selected class")
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        table, header = self.table, self.table.horizontalHeader()
        table.setModel(self.model)
        table.setAccessibleName("Classes")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.verticalHeader().hide()
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    def _arrange(self) -> None:
        grid = theme.GRID
        top = QHBoxLayout()
        top.setSpacing(grid)
        top.addWidget(self.field)
        top.addWidget(self.count, 1)
        left, right = QWidget(), QWidget()
        for holder, parts in ((left, (self.table,)), (right, (self.about, self.grid))):
            layout = QVBoxLayout(holder)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(grid)
            if holder is left:
                layout.addLayout(top)
            for part in parts:
                layout.addWidget(part, int(part is not self.about))
        self.splitter = QSplitter()
        self.splitter.addWidget(left)
        self.splitter.addWidget(right)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(0, 0)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setHandleWidth(2 * grid)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[grid] * 4)
        whole.addWidget(self.splitter)

    def _connect(self) -> None:
        self.field.textChanged.connect(self._search)
        self.table.horizontalHeader().sectionClicked.connect(self.sort_by)
        self.table.selectionModel().currentRowChanged.connect(lambda _new, _old: self._describe())
        self.table.doubleClicked.connect(lambda _index: self._ask_for_mistakes())
        self.table.customContextMenuRequested.connect(self._menu)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._shortcut(QKeySequence(key), self._ask_for_mistakes)
        self._shortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.copy)
        down = QShortcut(QKeySequence(Qt.Key.Key_Down), self.field)
        down.setContext(Qt.ShortcutContext.WidgetShortcut)
        down.activated.connect(self.table.setFocus)
        self.splitter.splitterMoved.connect(self._note_moved)
        theme.broadcast.changed.connect(self._fit)

    def _shortcut(self, keys: QKeySequence, act: object) -> None:
        made = QShortcut(keys, self.table)
        made.setContext(Qt.ShortcutContext.WidgetShortcut)
        made.activated.connect(act)

    # --- content ---

    def show_measured(self, measured: Measured, head: str, other: Measured | None = None) -> None:
        """Show an evaluation; the class that is selected stays so."""
        place, first = self.place, self._measured is None
        columns = self.model.columnCount()
        self._measured, self._head = measured, head
        self.model.set_measured(measured, head, other)
        lost = self.model.sorted_by == UNSORTED
        if first or lost or not self.model.can_sort(self.model.sorted_by):
            self._sort_worst_first(measured)
        else:
            self._show_order()
        if self.model.columnCount() != columns:
            self._fit()
        if place is not None:
            self.select(place)
        elif not measured.running:
            self.table.setCurrentIndex(self.model.index(0, 0))
        self._count()
        self._describe()

    def _sort_worst_first(self, measured: Measured) -> None:
        best = measured.best_head
        titles = [column.title for column in self.model.columns]
        if measured.means_something(best):
            self.sort_by(1 + titles.index(f"{best}\ntop-1"))
        else:
            self.sort_by(0)

    @property
    def place(self) -> int | None:
        """The class that is selected."""
        current = self.table.currentIndex()
        return self.model.place_of(current.row()) if current.isValid() else None

    def select(self, place: int) -> None:
        """Select a class, if it is shown."""
        row = self.model.row_of(place)
        if row >= 0 and row != self.table.currentIndex().row():
            self.table.setCurrentIndex(self.model.index(row, 0))

    def sort_by(self, column: int) -> None:
        """Sort by a column; by the one that it is sorted by already, the other way round."""
        header = self.table.horizontalHeader()
        if self.model.can_sort(column):
            again = self.model.sorted_by == column and header.sortIndicatorSection() == column
            down = again and not self.model.descending
            order = Order.DescendingOrder if down else Order.AscendingOrder
            self.model.sort(column, order)
        self._show_order()

    def _show_order(self) -> None:
        order = Order.DescendingOrder if self.model.descending else Order.AscendingOrder
        self.table.horizontalHeader().setSortIndicator(self.model.sorted_by, order)

    def copy(self) -> None:
        """Put the table as it is shown on the clipboard, tabs between the columns."""
        model, across = self.model, Qt.Orientation.Horizontal
        columns = range(model.columnCount())
        lines = ["\t".join(model.headerData(c, across).replace("\n", " ") for c in columns)]
        rows = range(model.rowCount())
        lines += ["\t".join(model.index(row, column).data() for column in columns) for row in rows]
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    # --- gestures ---

    def _search(self, text: str) -> None:
        self.model.set_text(text)
        if text.strip() and self.model.rowCount():
            self.table.setCurrentIndex(self.model.index(0, 0))
        self._count()

    def _count(self) -> None:
        shown, total = self.model.rowCount(), self.model.total
        what = "class" if total == 1 else "classes"
        some = f"{shown:,} of {total:,}" if shown != total else f"{total:,}"
        self.count.setText(f"{some} {what} with photos")

    def _describe(self) -> None:
        if self._measured is None:
            return
        place, answer = self.place, self._measured.answer
        if place is None or place >= len(answer.classes):
            self.about.setText("Select a class to see the mistakes about it.")
            self.grid.show_mistakes(answer, ())
            return
        self.about.setText(words.class_summary(self._measured, self._head, place))
        self.grid.show_mistakes(answer, Which(place).of(answer.heads[self._head].mistakes))

    def _ask_for_mistakes(self) -> None:
        if self.place is not None:
            self.mistakes_requested.emit(Which(self.place))

    def _menu(self, at: QPoint) -> None:
        menu = QMenu(self.table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.place is not None:
            menu.addAction("Show its mistakes", self._ask_for_mistakes)
        menu.addAction("Copy the table", self.copy)
        sorting = menu.addMenu("Sort by")
        for column in range(self.model.columnCount()):
            title = self.model.headerData(column, Qt.Orientation.Horizontal)
            action = sorting.addAction(title.replace("\n", " "))
            action.setEnabled(self.model.can_sort(column))
            action.triggered.connect(lambda _on=False, column=column: self.sort_by(column))
        menu.popup(self.table.viewport().mapToGlobal(at))

    # --- size ---

    def _fit(self, _theme: object = None) -> None:
        """Give the columns and rows what their texts need."""
        table, scale = self.table, max(1.0, theme.text_scale())
        metrics = table.fontMetrics()
        height = max(theme.TARGET, metrics.height() + theme.GRID)
        table.verticalHeader().setDefaultSectionSize(height)
        table.setColumnWidth(0, round(NAME_WIDTH * scale))
        for column in range(1, self.model.columnCount()):
            title = self.model.headerData(column, Qt.Orientation.Horizontal)
            widest = max(metrics.horizontalAdvance(line) for line in title.split("\n"))
            least = metrics.horizontalAdvance(WIDEST_NUMBER) + 2 * theme.GRID + 4
            table.setColumnWidth(column, max(least, widest + 2 * theme.GRID))
        self._share_room()

    def _share_room(self) -> None:
        """Give the table what its columns need, as far as the photos have room for two."""
        needed = self.table.horizontalHeader().length() + 3 * theme.GRID
        room = self.splitter.width() - self.splitter.handleWidth()
        if self._moved:
            return
        beside = 2 * cell_size().width() + 3 * theme.GRID
        left = max(room // 2, min(needed, room - beside))
        self.splitter.setSizes([left, room - left])

    def _note_moved(self, _position: int, _index: int) -> None:
        self._moved = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room anew, unless somebody has shared it already."""
        super().resizeEvent(event)
        self._share_room()
