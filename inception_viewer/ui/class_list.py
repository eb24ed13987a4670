"""A searchable list of classes: a field, the list, and how many match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QSortFilterProxyModel,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from . import theme

_TO_LIST = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


def class_labels(classes: Sequence[str]) -> tuple[str, ...]:
    """Return the names as shown: names that occur twice get their index.

    ImageNet has two ``"crane"`` and two ``"maillot"``.
    """
    counts = Counter(classes)
    return tuple(
        f"{name} (class {index})" if counts[name] > 1 else name
        for index, name in enumerate(classes)
    )


class ClassFilter(QSortFilterProxyModel):
    """Keeps the names that hold every word looked for; ``_`` counts as a space."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: list[str] = []

    def set_text(self, text: str) -> None:
        """Look for these words, in any order and letter case."""
        self._words = text.casefold().replace("_", " ").split()
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: QModelIndex) -> bool:
        """Whether a name holds every word."""
        name = self.sourceModel().index(row, 0, parent).data().casefold().replace("_", " ")
        return all(word in name for word in self._words)


class ClassList(QWidget):
    """Lists classes; a double click or Enter chooses one.

    From the field, the arrow keys move in the list, so that one can type, step and
    press Enter without leaving the keyboard. Ctrl+C copies the selected names, or all
    that match where none is selected.
    """

    chosen = Signal(object)
    """Emitted with the class's index."""

    def __init__(self, classes: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = QStringListModel(self)
        self._filter = ClassFilter(self)
        self._filter.setSourceModel(self._names)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find a class…")
        self.field.setAccessibleName("Find a class")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._choose_current)
        self.field.installEventFilter(self)
        self.list = self._make_list()
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        for widget in (self.field, self.list, self.count):
            layout.addWidget(widget)
        self.setFocusProxy(self.field)
        self.set_classes(classes)

    def set_classes(self, classes: Sequence[str]) -> None:
        """List these classes, in the order of the logits."""
        self._names.setStringList(list(class_labels(classes)))
        self._search(self.field.text())

    @property
    def shown(self) -> list[str]:
        """The names that match, from the top."""
        return [self._filter.index(row, 0).data() for row in range(self._filter.rowCount())]

    def copy(self) -> None:
        """Put the selected names on the clipboard, one a line; all that match if none is."""
        selected = sorted(self.list.selectedIndexes(), key=QModelIndex.row)
        names = [place.data() for place in selected] or self.shown
        QGuiApplication.clipboard().setText("\n".join(names))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hand arrow keys in the field to the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _TO_LIST and not self.list.currentIndex().isValid():
                self.list.setCurrentIndex(self._filter.index(0, 0))
                return True
            if event.key() in _TO_LIST:
                self.list.keyPressEvent(event)
                return True
            if event.matches(QKeySequence.StandardKey.Copy) and not self.field.hasSelectedText():
                self.copy()
                return True
        return bool(super().eventFilter(watched, event))

    def _make_list(self) -> QListView:
        view = QListView()
        view.setModel(self._filter)
        view.setUniformItemSizes(True)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setStyleSheet(f"QListView::item {{ min-height: {theme.TARGET}px; }}")
        view.setAccessibleName("Classes")
        view.doubleClicked.connect(self._choose)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            shortcut = QShortcut(QKeySequence(key), view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(self._choose_current)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), view)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy)
        return view

    def _search(self, text: str) -> None:
        self._filter.set_text(text)
        found, known = self._filter.rowCount(), self._names.rowCount()
        if text.strip():
            self.count.setText(f"{found} of {known} classes")
            self.list.setCurrentIndex(self._filter.index(0, 0))
        else:
            self.count.setText(f"{known} classes")

    def _choose_current(self) -> None:
        self._choose(self.list.currentIndex())

    def _choose(self, place: QModelIndex) -> None:
        if place.isValid():
            self.chosen.emit(self._filter.mapToSource(place).row())
