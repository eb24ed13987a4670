"""A notice that stays until one decides: a sentence and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from . import theme
from .checkpoint.banner import SIGN, STRIPE, paint_sign
from .headline_bar import FlatLabel
from .maps.restyle import refresh


class NoticeBar(QFrame):
    """Says that the samples speak for another input; neither a message nor Esc takes it away."""

    used = Signal()
    """Emitted when what is proposed shall be done."""
    kept = Signal()
    """Emitted when everything shall stay as it is."""
    details_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName("Notice")
        self.label = FlatLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.use_button = self._button("Use it", self.used)
        self.use_button.setProperty("primary", True)
        self.keep_button = self._button("Keep this one", self.kept)
        self.details_button = self._button("Details", self.details_requested)
        self.details_button.setToolTip("Show the whole verdict on the checkpoint")
        row = QHBoxLayout(self)
        row.setContentsMargins(STRIPE + SIGN + 2 * theme.GRID, 4, theme.GRID, 4)
        row.setSpacing(theme.GRID)
        row.addWidget(self.label, 1)
        for button in (self.use_button, self.keep_button, self.details_button):
            row.addWidget(button)
        theme.broadcast.changed.connect(self._restyle)
        self.hide()

    def _button(self, label: str, signal: object) -> QPushButton:
        made = QPushButton(label)
        made.clicked.connect(lambda: signal.emit())
        return made

    @property
    def sentence(self) -> str:
        """What is said, ``""`` while nothing is."""
        return "" if self.isHidden() else self.label.text()

    def say(self, sentence: str, details: str = "") -> None:
        """Show a sentence, with more of it as its tool tip; ``""`` hides the bar."""
        self.label.setText(sentence)
        self.label.setToolTip(details)
        self.label.setAccessibleDescription(details or sentence)
        self.setVisible(bool(sentence))

    def _restyle(self, _theme: object) -> None:
        refresh(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame, a stripe and the sign of a warning."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.fillRect(QRectF(1, 1, STRIPE, self.height() - 2), QColor(theme.current().warning))
        top = (self.height() - SIGN) / 2
        paint_sign(painter, QRectF(STRIPE + theme.GRID, top, SIGN, SIGN))
        painter.end()
