"""The confusion matrix of a head with its colour bar, and its commonest confusions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .. import theme
from ..maps.colour_bar import ColourBar
from ..predictions.rows import short_percent
from .confusion_matrix import STEP, ConfusionMatrix
from .confusion_table import table_of
from .mistakes_tab import Which
from .results import Measured

LISTED = 200
"""Confusions in the list; the matrix has all."""
BESIDE = 312
"""Of the list at the usual text size, in logical pixels."""
WIDEST_COUNT = "100 of 1,000"
TITLES = ("What it was", "Taken for", "Photos")
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


class CommonestModel(QAbstractTableModel):
    """The commonest confusions: what it was, what was said, how often."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[tuple[int, int, int]] = []
        self._classes: Sequence[str] = ()

    def set_measured(self, measured: Measured, head: str) -> None:
        """List those of a head."""
        rows = measured.answer.heads[head].confusion.worst(LISTED)
        if rows == self.rows and self._classes == measured.answer.classes:
            return
        self.beginResetModel()
        self.rows, self._classes = rows, measured.answer.classes
        self._totals = measured.answer.count
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many are listed."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return what is said of each."""
        return 0 if parent.isValid() else len(TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Return a column's title."""
        if orientation == Qt.Orientation.Horizontal and role == Role.DisplayRole:
            return TITLES[section]
        if role == Role.TextAlignmentRole:
            return _side(section)
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return one thing about one confusion."""
        if not index.isValid():
            return None
        was, said, count = self.rows[index.row()]
        total = int(self._totals[was])
        if role in (Role.DisplayRole, Role.ToolTipRole):
            many = f"{count:,} of {total:,}"
            texts = self._classes[was], self._classes[said], many
            tip = f"{many}, {short_percent(count / max(1, total))}"
            return (
                tip if role == Role.ToolTipRole and index.column() == 2 else texts[index.column()]
            )
        if role == Role.TextAlignmentRole:
            return _side(index.column())
        return None


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column == 2 else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class ConfusionTab(QWidget):
    """The matrix on the left, the list on the right; choosing in one selects in the other."""

    mistakes_requested = Signal(object)
    """A :class:`Which`: the photos of a cell."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Measured, str] | None = None
        self._moved = False
        self.matrix, self.bar = ConfusionMatrix(), ColourBar(strip=112)
        self.model, self.list = CommonestModel(self), QTableView()
        self.readout = QLabel()
        self.only_mistakes = QCheckBox("Mistakes only")
        self.only_mistakes.setToolTip(
            "Leave the diagonal out, so that the mistakes get the colours"
        )
        self._dress()
        self._arrange()
        self._connect()
        self._fit()

    def _dress(self) -> None:
        self.readout.setAccessibleName("The cell")
        self.readout.setWordWrap(True)
        view = self.list
        view.setModel(self.model)
        view.setAccessibleName("Commonest confusions")
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setTabKeyNavigation(False)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.verticalHeader().hide()
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Fixed)

    def _arrange(self) -> None:
        grid = theme.GRID
        tools = QHBoxLayout()
        tools.setSpacing(grid)
        tools.addWidget(self.only_mistakes)
        tools.addStretch(1)
        tools.addWidget(self.bar)
        for text, name, act in (
            ("\N{MINUS SIGN}", "Smaller cells", lambda: self.matrix.zoom(1 / STEP)),
            ("+", "Larger cells", lambda: self.matrix.zoom(STEP)),
            ("Fit", "All of it", self.matrix.fit),
        ):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(name)
            button.setAccessibleName(name)
            button.clicked.connect(act)
            tools.addWidget(button)
        left, right = QWidget(), QWidget()
        inside = QVBoxLayout(left)
        inside.addLayout(tools)
        inside.addWidget(self.matrix, 1)
        inside.addWidget(self.readout)
        beside = QVBoxLayout(right)
        title = QLabel("Commonest confusions")
        title.setProperty("role", "section")
        beside.addWidget(title)
        beside.addWidget(self.list, 1)
        self.splitter = splitter = QSplitter()
        for part, layout in ((left, inside), (right, beside)):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(grid)
            splitter.addWidget(part)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(2 * grid)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 0)
        splitter.splitterMoved.connect(self._note_moved)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(*[grid] * 4)
        whole.addWidget(splitter)

    def _connect(self) -> None:
        theme.broadcast.changed.connect(self._fit)
        self.only_mistakes.toggled.connect(self.matrix.set_mistakes_only)
        self.matrix.pointed.connect(self.readout.setText)
        self.matrix.scaled.connect(self._show_scale)
        self.matrix.chosen.connect(lambda cell: self.mistakes_requested.emit(Which(*cell)))
        self.list.selectionModel().currentRowChanged.connect(self._select)
        self.list.doubleClicked.connect(lambda _index: self._ask())
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            made = QShortcut(QKeySequence(key), self.list)
            made.setContext(Qt.ShortcutContext.WidgetShortcut)
            made.activated.connect(self._ask)

    def show_measured(self, measured: Measured, head: str, _other: Measured | None = None) -> None:
        """Show a head's confusions."""
        first = self._shown is None
        if self._shown == (measured, head):
            return
        self._shown = measured, head
        self.matrix.set_table(table_of(measured.answer, head))
        self.model.set_measured(measured, head)
        if first and self.model.rows:
            self.matrix.select(*self.model.rows[0][:2])

    def _note_moved(self, _position: int, _index: int) -> None:
        self._moved = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the list what it needs, unless somebody has shared the room already."""
        super().resizeEvent(event)
        if not self._moved:
            beside = round(BESIDE * max(1.0, theme.text_scale()))
            self.splitter.setSizes([max(1, self.splitter.width() - beside), beside])

    def _fit(self, _theme: object = None) -> None:
        """Give rows and columns what their texts need."""
        metrics = self.list.fontMetrics()
        height = max(theme.TARGET, metrics.height() + theme.GRID)
        self.list.verticalHeader().setDefaultSectionSize(height)
        width = metrics.horizontalAdvance(WIDEST_COUNT) + 3 * theme.GRID
        self.list.setColumnWidth(2, width)
        self.readout.setMinimumHeight(2 * metrics.lineSpacing())

    def _show_scale(self, high: float) -> None:
        what = "share of the row’s photos; grey rows have none"
        self.bar.set_range(short_percent(high), self.matrix.colour_map, what)

    def _select(self, index: QModelIndex) -> None:
        if index.isValid():
            was, said, _ = self.model.rows[index.row()]
            self.matrix.select(was, said)

    def _ask(self) -> None:
        index = self.list.currentIndex()
        if index.isValid():
            was, said, _ = self.model.rows[index.row()]
            self.mistakes_requested.emit(Which(was, said))
