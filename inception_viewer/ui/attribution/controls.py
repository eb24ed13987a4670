"""The buttons below the form: explain, cancel, and how far it is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from .. import theme
from ..progress import FULL, bar_value, progress_text


class RunControls(QWidget):
    """One button that explains; while it runs, a progress bar and a button that cancels."""

    asked = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.explain = QPushButton("Explain")
        self.explain.setProperty("primary", True)
        self.explain.clicked.connect(lambda: self.asked.emit())
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(lambda: self.cancelled.emit())
        self.progress = QProgressBar()
        self.progress.setRange(0, FULL)
        self.progress.setAccessibleName("Progress of the attribution")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GRID, 0, theme.GRID, theme.GRID)
        layout.setSpacing(theme.GRID)
        for widget in (self.progress, self.cancel, self.explain):
            layout.addWidget(widget)
        self.set_progress(None, None)

    @property
    def running(self) -> bool:
        """Whether something is being computed."""
        return not self.progress.isHidden()

    def set_progress(self, fraction: float | None, seconds_left: float | None) -> None:
        """Show how far it is, 0 to 1, and the time left; None: nothing runs."""
        running = fraction is not None
        had_focus = self.explain.hasFocus() or self.cancel.hasFocus()
        for widget, shown in (
            (self.progress, running), (self.cancel, running), (self.explain, not running)
        ):  # fmt: skip
            widget.setVisible(shown)
        if fraction is not None:
            self.progress.setValue(bar_value(fraction))
            self.progress.setFormat(progress_text(fraction, seconds_left))
        if had_focus:
            (self.cancel if running else self.explain).setFocus()

    def set_obstacle(self, sentence: str) -> None:
        """Disable explaining and say why; ``""`` enables it."""
        self.explain.setEnabled(not sentence)
        self.explain.setToolTip(sentence or "Compute which pixels the answer rests on")
