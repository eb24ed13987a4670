"""Colours, fonts and fitted words for painting the network, remade when the theme changes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF

from ...questions import Node
from .. import theme

MORE = Qt.TextElideMode.ElideRight
LEAST_LETTERS = 4
"""Of a word that is cut; with fewer it says nothing."""


def tinted(colour: str | QColor, alpha: float) -> QColor:
    """Return a colour with an opacity in [0, 1]."""
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made


class Look:
    """The current theme as Qt's objects."""

    def __init__(self) -> None:
        self.theme = colours = theme.current()
        self.panel, self.raised = QColor(colours.panel), QColor(colours.raised)
        self.window, self.border = QColor(colours.window), QColor(colours.border)
        self.text, self.muted = QColor(colours.text), QColor(colours.muted)
        self.accent, self.selection = QColor(colours.accent), QColor(colours.selection)
        self.warning = QColor(colours.warning)
        self.neutral = QColor(theme.NEUTRAL_BRANCH)
        self.branches = {name: QColor(colour) for name, colour in theme.BRANCH.items()}
        self.small, self.bold = theme.font("small"), theme.font("small", bold=True)
        self._metrics = {False: QFontMetricsF(self.small), True: QFontMetricsF(self.bold)}
        self.line = self._metrics[True].height()
        self._fitted: dict[tuple[tuple[str, ...], int, bool], str] = {}

    def font(self, bold: bool) -> QFont:
        """Return the small font, upright or bold."""
        return self.bold if bold else self.small

    def width(self, words: str, bold: bool = False) -> float:
        """Return how wide words are, in pixels."""
        return self._metrics[bold].horizontalAdvance(words)

    def fit(self, candidates: Sequence[str], width: float, bold: bool = False) -> str:
        """Return the first of the candidates that fits, else the last one elided, else "".

        Numbers are never cut: half a number is a wrong one.
        """
        key = (tuple(candidates), int(width), bold)
        if key not in self._fitted:
            self._fitted[key] = self._choose(candidates, width, bold)
        return self._fitted[key]

    def _choose(self, candidates: Sequence[str], width: float, bold: bool) -> str:
        for words in candidates:
            if self.width(words, bold) <= width:
                return words
        if any(character.isdigit() for character in candidates[-1]):
            return ""
        elided = self._metrics[bold].elidedText(candidates[-1], MORE, width)
        return elided if len(elided) > LEAST_LETTERS else ""

    def head(self, head: str) -> QColor:
        """Return a head's colour."""
        return QColor(self.theme.head(head))

    def stripe(self, node: Node, head: str) -> QColor:
        """Return the colour that marks a unit: its branch's, its head's or neutral."""
        if node.branch:
            return self.branches.get(node.branch, self.neutral)
        return self.head(head) if head in theme.HEADS else self.neutral
