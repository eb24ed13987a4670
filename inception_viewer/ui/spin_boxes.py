"""Spin boxes that leave Ctrl+Z to the window, and whose numbers stand clear of the frame."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSpinBox

MARGIN = 6
"""The style sheet's padding ends at the box: without this the number touches its frame."""
_STEPS = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class _StepsBack(QObject):
    """Undoes in the window what was done with a spin box, unless something is being typed.

    A spin box with the focus takes the keys of undo for its text, of which there is nothing
    to take back once the value counts; and it keeps the focus while buttons are clicked.
    """

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leave the keys to the window's actions."""
        ours = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if not ours or not any(event.matches(step) for step in _STEPS):
            return False
        if _is_typed_in(watched):
            return False
        event.ignore()
        return True


def _is_typed_in(box: QObject) -> bool:
    """Whether the text is not yet the value's."""
    assert isinstance(box, QSpinBox | QDoubleSpinBox)
    counts = f"{box.prefix()}{box.textFromValue(box.value())}{box.suffix()}"
    return box.lineEdit().text() not in (counts, box.specialValueText() or counts)


def settle(*boxes: QAbstractSpinBox) -> None:
    """Make spin boxes so that Ctrl+Z takes back what was chosen with them."""
    for box in boxes:
        box.lineEdit().setTextMargins(MARGIN, 0, 0, 0)
        box.installEventFilter(_StepsBack(box))
