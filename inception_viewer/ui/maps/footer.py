"""The line below the maps: what is pointed at, and what the colours mean."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from .. import theme
from .colour_bar import ColourBar
from .elided import ElidedLabel


class Footer(QWidget):
    """Words on the left; on the right the colour bar and whose range it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = ElidedLabel()
        self.words.setProperty("role", "muted")
        self.meaning = ElidedLabel()
        self.meaning.setProperty("role", "muted")
        self.meaning.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.bar = ColourBar()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.words, 1)
        row.addWidget(self.meaning)
        row.addWidget(self.bar)

    def set_words(self, words: str) -> None:
        """Say what is under the pointer, or selected."""
        self.words.setText(words)

    def set_range(self, high: str, colour_map: str, meaning: str) -> None:
        """Say what the colours span and whose range that is."""
        self.bar.set_range(high, colour_map, meaning)
        self.meaning.setText(meaning)
