"""How far the sample photos have been asked, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from .. import theme
from ..progress import FULL, bar_value, done_text, progress_text

ASKING = "Asking the sample photos"
WAITING = "The sample photos are asked in a moment."
NOT_ASKED = "The sample photos have not been asked whether this input is right."


@dataclass(frozen=True)
class Asking:
    """How far the samples have been asked.

    Attributes
    ----------
    state
        ``"waiting"`` until other work is done, ``"running"``, ``"unasked"`` or ``"done"``.
    fraction
        Share done in [0, 1], while it runs.
    seconds_left
        None until it can be told.
    failure
        Why they could not be asked, or ``""``.
    """

    state: Literal["waiting", "running", "unasked", "done"]
    fraction: float = 0.0
    seconds_left: float | None = None
    failure: str = ""


class Judgement(QWidget):
    """A line with progress and Cancel, or with a button to ask; nothing once that is done."""

    asked = Signal()
    """Emitted when the samples shall be asked."""
    cancelled = Signal()
    """Emitted when they shall not be asked any further."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setProperty("role", "muted")
        self.bar = QProgressBar()
        self.bar.setAccessibleName("How far the sample photos have been asked")
        self.bar.setRange(0, FULL)
        self.bar.setMinimumWidth(40)
        self.button = QPushButton()
        self.button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(self._act)
        self._runs = False
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        row.addWidget(self.bar, 1)
        row.addWidget(self.button)
        row.addStretch(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID // 2)
        layout.addWidget(self.text)
        layout.addLayout(row)
        self.set_asking(Asking("done"))

    def set_asking(self, asking: Asking) -> None:
        """Show how far it is; nothing once it is done."""
        self._runs = asking.state in ("waiting", "running")
        self.setVisible(asking.state != "done")
        running = asking.state == "running"
        self.bar.setVisible(running)
        if running:
            done = progress_text(asking.fraction, asking.seconds_left)
            self.text.setText(f"{ASKING}: {done}")
            self.bar.setValue(bar_value(asking.fraction))
            self.bar.setFormat(done_text(asking.fraction))
        else:
            self.text.setText(WAITING if self._runs else asking.failure or NOT_ASKED)
        label = "Try again" if asking.failure else "Ask them"
        self.button.setText("Cancel" if running else label)
        self.button.setVisible(asking.state != "waiting")

    def _act(self) -> None:
        (self.cancelled if self._runs else self.asked).emit()
