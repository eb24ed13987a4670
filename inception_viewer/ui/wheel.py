"""Keeps a turn of the wheel that is meant to scroll from changing what it passes over."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget


class _Guard(QObject):
    """Hands wheel events of a widget without the focus on to what scrolls."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Refuse the wheel unless the widget was chosen on purpose."""
        unasked = isinstance(watched, QWidget) and not watched.hasFocus()
        if event.type() == QEvent.Type.Wheel and unasked:
            event.ignore()
            return True
        return False


def keep_from_wheel(*widgets: QWidget) -> None:
    """Let boxes, sliders and spin boxes within a scroll area take the wheel only with focus.

    Else scrolling a form changes the fields that come under the pointer.
    """
    for widget in widgets:
        if widget.focusPolicy() == Qt.FocusPolicy.WheelFocus:
            widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        widget.installEventFilter(_Guard(widget))
