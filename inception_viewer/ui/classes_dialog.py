"""The classes that a checkpoint knows, to look through and to choose from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from . import theme
from .class_list import ClassList


class ClassesDialog(QDialog):
    """Lists every class of a checkpoint; Enter or a double click chooses one.

    Parameters
    ----------
    name
        The checkpoint's, for people.
    classes
        In the order of the logits.
    """

    class_selected = Signal(object)
    """Emitted with the class's index; the dialog then closes."""

    def __init__(self, name: str, classes: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Classes of {name}")
        sentence = QLabel(
            f"{name} knows these {len(classes)} classes and no other: whatever it is shown, "
            "its answer is one of them."
        )
        sentence.setWordWrap(True)
        self.classes = ClassList(classes)
        self.classes.chosen.connect(self._choose)
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copy the selected names, or all that match")
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(self.classes.copy)
        buttons = QDialogButtonBox()
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        close = buttons.addButton(QDialogButtonBox.StandardButton.Close)
        close.setAutoDefault(False)
        close.setIcon(QIcon())  # the platform's is black in both themes
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.GRID] * 4)
        layout.setSpacing(theme.GRID)
        for widget in (sentence, self.classes, buttons):
            layout.addWidget(widget)
        self.resize(360, 480)
        self.classes.setFocus()

    def _choose(self, index: int) -> None:
        self.class_selected.emit(index)
        self.accept()
