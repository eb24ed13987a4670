"""The first line: menus, the checkpoint's verdict, and the choosers."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QMenuBar,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from . import theme
from .checkpoint.banner import sign_icon
from .head_marks import HeadMarks
from .head_words import HeadNote


class ElidedLabel(QLabel):
    """A label on one line that ends in an ellipsis where there is no room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def whole(self) -> str:
        """The text without ellipsis."""
        return self._whole

    def set_whole(self, text: str) -> None:
        """Show a text; the tooltip has all of it."""
        self._whole = text
        self.setToolTip(text)
        self.setAccessibleDescription(text)
        self._elide()

    def minimumSizeHint(self) -> QSize:
        """Give way to everything else."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the text to the room there is."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = self.fontMetrics()
        self.setText(metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width()))


class TopRow(QWidget):
    """Menus at the left, what is open at the right."""

    def __init__(self, menus: QMenuBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verdict = ElidedLabel()
        self.verdict.setProperty("role", "muted")
        self.verdict.setAccessibleName("What the checkpoint is")
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.checkpoint = self._chooser("Checkpoint")
        self.device = self._chooser("Device")
        self.heads = HeadMarks()
        self._name = self._verdict = self._warning = ""
        theme.broadcast.changed.connect(self._dress)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.GRID, 4, theme.GRID, 0)
        layout.setSpacing(theme.GRID)
        menus.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        layout.addWidget(menus)
        layout.addWidget(self.verdict, 1)
        layout.addWidget(self.heads)
        layout.addWidget(self.checkpoint)
        layout.addWidget(self.device)

    def _chooser(self, name: str) -> QToolButton:
        made = QToolButton()
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.setAccessibleName(name)
        return made

    def set_menus(self, checkpoints: QMenu, devices: QMenu) -> None:
        """Give the choosers their menus."""
        self.checkpoint.setMenu(checkpoints)
        self.device.setMenu(devices)

    def set_checkpoint(self, name: str, verdict: str) -> None:
        """Show which checkpoint is looked at."""
        self._name, self._verdict = name, verdict
        self.checkpoint.setText(name or "no checkpoint")
        self.verdict.set_whole(verdict)
        self._dress()

    def set_heads(self, notes: Mapping[str, HeadNote]) -> None:
        """Show the state of the checkpoint's heads."""
        self.heads.set_notes(notes)

    @property
    def warning(self) -> str:
        """What the mark on the checkpoint's name means, ``""`` while there is none."""
        return self._warning

    def set_warning(self, sentence: str) -> None:
        """Mark the checkpoint's name; ``""`` takes the mark away."""
        if sentence != self._warning:
            self._warning = sentence
            self._dress()

    def _dress(self, *_: object) -> None:
        """Put the mark and the words on the checkpoint's button."""
        button, name = self.checkpoint, self._name
        marked = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        plain = Qt.ToolButtonStyle.ToolButtonTextOnly
        button.setToolButtonStyle(marked if self._warning else plain)
        button.setIcon(sign_icon(self.devicePixelRatioF()) if self._warning else QIcon())
        lines = [f"Checkpoint: {name}" if name else "Checkpoint", self._verdict, self._warning]
        button.setToolTip("\n".join(filter(None, lines)))
        said = f"{name}: {self._verdict}"
        button.setAccessibleDescription(f"{said}. {self._warning}" if self._warning else said)

    def set_device(self, name: str) -> None:
        """Show where networks run."""
        self.device.setText(name or "device")
        self.device.setEnabled(bool(name))
