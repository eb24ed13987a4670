"""The one sentence on the open photo."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from . import theme


class FlatLabel(QLabel):
    """A wrapping label that asks for no more lines than its width makes necessary.

    A plain one asks for two as soon as its text could be wrapped somewhere.
    """

    def minimumSizeHint(self) -> QSize:
        """One line; what more the width makes necessary is asked for by heightForWidth."""
        return QSize(0, self.fontMetrics().height())


class HeadlineBar(QWidget):
    """A sentence over at most two lines whose words can be selected.

    At its right it says so where the network's input is not the checkpoint's own.
    """

    back_requested = Signal()
    """Emitted when the checkpoint's own input is wanted back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = FlatLabel(self)
        self.label.setWordWrap(True)
        self.label.setAccessibleName("Headline")
        self.label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * theme.GRID, 4, 2 * theme.GRID, theme.GRID)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self.label, 1)
        self.changed = QLabel("Input changed by hand")
        self.changed.setProperty("role", "warning")
        self.back = QPushButton("Back to its own")
        self.back.setToolTip("Use the checkpoint's own input again")
        self.back.clicked.connect(lambda: self.back_requested.emit())
        for widget in (self.changed, self.back):
            layout.addWidget(widget)
        self.set_changed("")
        theme.broadcast.changed.connect(self._dress)
        self._dress()

    @property
    def sentence(self) -> str:
        """What is said."""
        return self.label.text()

    def say(self, sentence: str) -> None:
        """Show a sentence."""
        self.label.setText(sentence)
        self.label.setToolTip(sentence)
        self.label.setAccessibleDescription(sentence)

    def set_changed(self, own: str) -> None:
        """Say that the input in use is not the checkpoint's own, which is this; ``""``: it is."""
        self.changed.setToolTip(f"The checkpoint's own is: {own}." if own else "")
        for widget in (self.changed, self.back):
            widget.setVisible(bool(own))

    def _dress(self, *_: object) -> None:
        size = theme.font("headline").pixelSize()
        self.label.setFont(theme.font("headline"))
        self.label.setStyleSheet(f"font-size: {size}px;")
