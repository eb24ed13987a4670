"""A box to choose a class by typing part of its name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

from .class_list import class_labels
from .elided_field import PADDING, ElidedField

HOW = "Type part of a name to find a class"


class ClassChooser(QComboBox):
    """Chooses a class, or none: the first entry, which stands for a default.

    Typing lists the names that hold what was typed; Enter takes the one marked, or the
    first. Text that is no class is put back when the focus leaves.
    """

    class_chosen = Signal(object)
    """Emitted with the index of the class that a person chose, or None for the default."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        field = ElidedField()
        # Its frame is the box's.
        field.setStyleSheet("border: none; padding: 0; min-height: 0; background: transparent;")
        field.setTextMargins(-PADDING, 0, 0, 0)
        self.setLineEdit(field)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setMaxVisibleItems(16)
        self.setAccessibleName("Class")
        self.lineEdit().setAccessibleName("Class")
        self.setToolTip(HOW)
        finder = self.completer()
        finder.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        finder.setFilterMode(Qt.MatchFlag.MatchContains)
        finder.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._kept = 0
        self.addItem("", None)
        self.activated.connect(self._take)
        self.lineEdit().returnPressed.connect(self._enter)
        self.lineEdit().editingFinished.connect(self._put_back)

    def set_classes(self, classes: Sequence[str]) -> None:
        """Offer these classes, in the order of the logits; the default is chosen."""
        default, tip = self.itemText(0), self.itemData(0, Qt.ItemDataRole.ToolTipRole)
        self.clear()
        self.addItem(default, None)
        self.setItemData(0, tip, Qt.ItemDataRole.ToolTipRole)
        for index, name in enumerate(class_labels(classes)):
            self.addItem(name, index)
        self.set_target(None)

    def set_default_text(self, text: str, tip: str = "") -> None:
        """Set the words of the first entry, and what its tooltip says of it."""
        self.setItemText(0, text)
        self.setItemData(0, tip, Qt.ItemDataRole.ToolTipRole)
        if self._kept == 0:
            self._show(0)

    @property
    def target(self) -> int | None:
        """The class that is chosen, or None for the default."""
        chosen = self.itemData(self._kept)
        return None if chosen is None else int(chosen)

    def set_target(self, target: int | None) -> None:
        """Choose a class, or the default; unknown ones choose the default."""
        known = target is not None and 0 <= target < self.count() - 1
        self._show(target + 1 if known and target is not None else 0)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Mark the whole name when the field is entered, so that typing replaces it."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            # After the press that gave the focus, which would unmark it.
            QTimer.singleShot(0, self.lineEdit(), self.lineEdit().selectAll)

    def _show(self, row: int) -> None:
        self._kept = row
        self.setCurrentIndex(row)
        self.setEditText(self.itemText(row))
        self.lineEdit().setCursorPosition(0)
        said = self.itemData(row, Qt.ItemDataRole.ToolTipRole) or self.itemText(row)
        self.setToolTip(f"{said}\n{HOW}" if said else HOW)
        self.lineEdit().setAccessibleDescription(said)

    def _take(self, row: int) -> None:
        self._show(row)
        self.class_chosen.emit(self.target)

    def _enter(self) -> None:
        text = self.currentText().strip()
        if not text or text == self.itemText(self._kept):
            return
        row = self.findText(text, Qt.MatchFlag.MatchFixedString)
        if row < 0:
            row = self.findText(text, Qt.MatchFlag.MatchContains)
        if row >= 0:
            self._take(row)

    def _put_back(self) -> None:
        if self.currentText() != self.itemText(self._kept):
            self._show(self._kept)
