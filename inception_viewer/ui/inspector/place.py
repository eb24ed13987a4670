"""A place in the inspector for what is made, and asked, only once it can be seen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from .. import theme


class Place(QWidget):
    """Tells when it is painted: it is in sight then, neither folded nor scrolled away."""

    seen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(theme.TARGET)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def hold(self, content: QWidget) -> None:
        """Take its content."""
        self._column.addWidget(content)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell that it is in sight."""
        super().paintEvent(event)
        self.seen.emit()
