"""The methods as a list to tick, under the headings of their groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from ...attribution_methods import METHODS, Cost, Method
from .. import theme
from ..attribution.method_box import groups
from ..theme.marks import mark
from .words import cost_text, cost_tip

NAME = Qt.ItemDataRole.UserRole
ROWS = 11
"""Shown at least; the rest scrolls."""
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
TICKED, CLEAR = Qt.CheckState.Checked, Qt.CheckState.Unchecked


class MethodList(QTreeWidget):
    """Ticks methods; beside each stands what it costs, and those that do not fit are greyed."""

    ticked = Signal()
    """Emitted when a person ticked or cleared a method."""
    current_changed = Signal(object)
    """Emitted with the name of the method that the keyboard is on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Methods")
        self.setColumnCount(2)
        self.setHeaderLabels(["Method", "Passes"])
        self.headerItem().setToolTip(1, "Forward + backward passes of the network, at most")
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._items: dict[str, QTreeWidgetItem] = {}
        self._fill()
        self.itemChanged.connect(lambda _item, _column: self.ticked.emit())
        self.currentItemChanged.connect(self._tell_current)
        theme.broadcast.changed.connect(self._restyle)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The methods that are ticked and can be, in the order of the list."""
        return tuple(
            name
            for name, item in self._items.items()
            if item.checkState(0) == TICKED and not item.isDisabled()
        )

    def set_chosen(self, names: Iterable[str]) -> None:
        """Tick these and no others, without telling of a change."""
        wanted = set(names)
        with QSignalBlocker(self):
            for name, item in self._items.items():
                item.setCheckState(0, TICKED if name in wanted else CLEAR)

    @property
    def current(self) -> str:
        """The method that the keyboard is on, or ``""``."""
        item = self.currentItem()
        return "" if item is None else str(item.data(0, NAME) or "")

    def item(self, name: str) -> QTreeWidgetItem:
        """Return a method's line."""
        return self._items[name]

    def set_costs(self, cost: Callable[[Method], Cost]) -> None:
        """Show what each would cost."""
        with QSignalBlocker(self):
            for name, item in self._items.items():
                found = cost(METHODS[name])
                item.setText(1, cost_text(found))
                item.setToolTip(1, cost_tip(found))

    def set_misfits(self, misfit: Callable[[Method], str]) -> None:
        """Grey the methods that do not fit, with the reason."""
        with QSignalBlocker(self):
            for name, item in self._items.items():
                why = misfit(METHODS[name])
                item.setDisabled(bool(why))
                item.setToolTip(0, why or METHODS[name].explanation)
                words = f"{METHODS[name].title}, {item.text(1)} passes"
                item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{words}. {why}".strip())

    def _fill(self) -> None:
        for heading, methods in groups():
            head = QTreeWidgetItem(self, [heading])
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            head.setFirstColumnSpanned(True)
            for method in methods:
                item = QTreeWidgetItem(self, [method.title])
                item.setData(0, NAME, method.name)
                item.setCheckState(0, CLEAR)
                item.setTextAlignment(
                    1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                )
                item.setToolTip(0, method.explanation)
                self._items[method.name] = item
        self._restyle()

    def _tell_current(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and item.data(0, NAME):
            self.current_changed.emit(item.data(0, NAME))

    def _restyle(self, _: object = None) -> None:
        self.setStyleSheet(_rules())
        line = QSize(0, round(theme.TARGET * max(1.0, theme.text_scale())))
        self.setMinimumHeight(ROWS * line.height())
        for place in range(self.topLevelItemCount()):
            item = self.topLevelItem(place)
            is_method = bool(item.data(0, NAME))
            with QSignalBlocker(self):
                item.setFont(
                    0, theme.font("small") if is_method else theme.font("small", bold=True)
                )
                item.setFont(1, theme.font("small"))
                item.setSizeHint(0, line)


def _rules() -> str:
    """Return style rules: a tree's ticks and headings do not follow the application's."""
    colours = theme.current()
    return f"""
QTreeView::indicator {{ width: 14px; height: 14px; border: 1px solid {colours.muted};
    border-radius: 3px; background: {colours.panel}; }}
QTreeView::indicator:checked {{ background: {colours.accent}; border-color: {colours.accent};
    image: {mark(f"check_{colours.name}.svg")}; }}
QTreeView::indicator:disabled {{ border-color: {colours.border}; }}
QTreeView::item:selected {{ background: {colours.selection}; color: {colours.text}; }}
QTreeView::item:disabled {{ color: {colours.muted}; }}
QHeaderView::section {{ background: {colours.panel}; color: {colours.muted}; border: none;
    border-bottom: 1px solid {colours.border}; padding: 2px 4px; }}
"""
