"""A button that computes; while it does, how far it is and a button that cancels."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from .. import theme
from ..progress import FULL, bar_value, progress_text


class RunRow(QWidget):
    """Signals: ``asked()``, ``cancelled()``."""

    asked = Signal()
    cancelled = Signal()

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.compute = QPushButton(words)
        self.compute.setProperty("primary", True)
        self.compute.clicked.connect(lambda: self.asked.emit())
        self.progress = QProgressBar()
        self.progress.setRange(0, FULL)
        self.progress.setMinimumWidth(17 * theme.GRID)
        self.progress.setAccessibleName(f"Progress: {words}")
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(lambda: self.cancelled.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        for widget in (self.compute, self.progress, self.cancel):
            row.addWidget(widget)
        self.set_progress(None)

    @property
    def running(self) -> bool:
        """Whether something is computed."""
        return not self.progress.isHidden()

    def set_progress(self, fraction: float | None, left: float | None = None) -> None:
        """Show how far it is, 0 to 1, and the seconds left; None: nothing runs."""
        had_focus = self.compute.hasFocus() or self.cancel.hasFocus()
        running = fraction is not None
        self.compute.setVisible(not running)
        self.progress.setVisible(running)
        self.cancel.setVisible(running)
        if fraction is not None:
            self.progress.setValue(bar_value(fraction))
            self.progress.setFormat(progress_text(fraction, left))
        if had_focus:
            (self.cancel if running else self.compute).setFocus()
