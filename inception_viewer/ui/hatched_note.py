"""A sentence beside a hatched stripe: what is shown here comes of a head never trained."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from . import theme
from .head_marks import paint_hatched
from .small_label import SmallLabel

STRIPE = 10


class HatchedNote(QWidget):
    """Hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = SmallLabel("warning")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(STRIPE + theme.GRID, 0, 0, 0)
        layout.addWidget(self.label)
        self.hide()

    @property
    def sentence(self) -> str:
        """What is said, ``""`` while nothing is."""
        return "" if self.isHidden() else self.label.text()

    def say(self, sentence: str) -> None:
        """Show a sentence; ``""`` hides the note."""
        self.label.setText(sentence)
        self.setAccessibleName(sentence)
        self.setVisible(bool(sentence))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the stripe."""
        painter = QPainter(self)
        paint_hatched(painter, QRectF(0, 0, STRIPE, self.height()))
        painter.end()
