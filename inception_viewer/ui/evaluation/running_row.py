"""How far the evaluation that runs is, and a way to end it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from .. import theme
from ..progress import FULL, bar_value


class RunningRow(QWidget):
    """A bar, a sentence and Cancel; hidden while nothing runs."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar, self.text = QProgressBar(), QLabel()
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setToolTip("What was measured so far stays (Esc)")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.bar.setRange(0, FULL)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(20 * theme.GRID)
        self.bar.setAccessibleName("Progress")
        self.text.setAccessibleName("How far it is")
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.bar)
        row.addWidget(self.text, 1)
        row.addWidget(self.cancel_button)
        self.hide()

    def set_progress(self, fraction: float, text: str) -> None:
        """Say how far it is."""
        self.bar.setValue(bar_value(fraction))
        self.text.setText(text)
        self.text.setToolTip(text)
