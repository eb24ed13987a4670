"""A label in the smaller type size, for what is said beside the point."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QWidget

from . import theme
from .maps.restyle import refresh


class SmallLabel(QLabel):
    """Wraps its text, which can be selected; ``role`` is one of the style sheet's."""

    def __init__(self, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setProperty("role", role)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        theme.broadcast.changed.connect(self._restyle)
        self._restyle()

    def set_role(self, role: str) -> None:
        """Look like another role of the style sheet."""
        if role != self.property("role"):
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)
            self._restyle()

    def showEvent(self, event: QShowEvent) -> None:
        """Set the font again: a style sheet drops it when a label gets a parent."""
        self._restyle()
        super().showEvent(event)

    def _restyle(self, _: object = None) -> None:
        if refresh(self):
            self.setFont(theme.font("small"))
