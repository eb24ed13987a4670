"""How two checkpoints' modules are painted, on the screen and in a picture that is saved."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from ...googlenet.variants import BRANCHES, MODULES
from .. import theme
from ..attribution.colouring import SEQUENTIAL, Colouring, coloured
from ..attribution.words import number
from ..maps.colour_bar import ramp
from ..pictures import image_of
from .pair import LETTERS, Pair
from .pair_layout import PairLayout

HEADINGS = "shares", "colours to", "CKA"
Flag = Qt.AlignmentFlag


@dataclass(frozen=True)
class Ink:
    """With what it is painted."""

    painter: QPainter
    colours: theme.Theme
    body: QFont
    small: QFont

    def words(
        self, box: QRectF, text: str, flags: Flag = Flag.AlignLeft, *,
        muted: bool = False, bold: bool = False, body: bool = False,
    ) -> None:  # fmt: skip
        """Write a line, shortened to the room there is."""
        font = QFont(self.body if body else self.small)
        font.setBold(bold)
        self.painter.setFont(font)
        self.painter.setPen(QColor(self.colours.muted if muted else self.colours.text))
        fitting = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        self.painter.drawText(box, flags | Flag.AlignVCenter, fitting)

    def frame(self, box: QRectF) -> None:
        """Draw a thin border."""
        self.painter.setPen(QPen(QColor(self.colours.border), 1))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))


def paint(ink: Ink, pair: Pair, layout: PairLayout) -> None:
    """Paint the heading and the nine rows."""
    _heading(ink, layout)
    for row, module in enumerate(MODULES):
        box = layout.row(row)
        name = QRectF(0, box.top(), layout.name, box.height())
        ink.words(name, module.removeprefix("inception"), body=True)
        for column in range(2 * len(BRANCHES)):
            _map(ink, pair, layout, row, column)
        for side in (0, 1):
            _shares(ink, pair, layout, row, side)
            _scale(ink, pair, layout, row, side)
        _cka(ink, pair.cka(module), layout.agreement(row))


def _heading(ink: Ink, layout: PairLayout) -> None:
    for place, branch in enumerate(BRANCHES):
        first, second = layout.map(0, 2 * place), layout.map(0, 2 * place + 1)
        line = QRectF(first.left(), 0, second.right() - first.left(), layout.line)
        ink.painter.fillRect(
            QRectF(line.left(), line.bottom() - 2, line.width(), 3), QColor(theme.BRANCH[branch])
        )
        ink.words(line.adjusted(0, -2, 0, -2), branch)
        for letter, box in zip(LETTERS, (first, second), strict=True):
            below = QRectF(box.left(), layout.line + 2, box.width(), layout.line)
            ink.words(below, letter, Flag.AlignHCenter, muted=True)
    places = layout.shares(0, 0), layout.scale(0, 0), layout.agreement(0)
    for text, box in zip(HEADINGS, places, strict=True):
        ink.words(QRectF(box.left(), layout.line + 2, box.width(), layout.line), text, muted=True)


def _map(ink: Ink, pair: Pair, layout: PairLayout, row: int, column: int) -> None:
    branch, side = divmod(column, 2)
    shown, module = pair.sides[side], MODULES[row]
    values, box = shown.map(module, BRANCHES[branch]), layout.map(row, column)
    if values is None:
        ink.painter.fillRect(box, QColor(ink.colours.raised))
    else:
        chosen = Colouring(False, shown.limit(module) or 1.0, 100.0, 0.0)
        ink.painter.drawImage(box, image_of(coloured(values, chosen)))
    ink.frame(box)


def _shares(ink: Ink, pair: Pair, layout: PairLayout, row: int, side: int) -> None:
    shares, box = pair.shares(side, MODULES[row]), layout.shares(row, side)
    ink.words(QRectF(box.left(), box.top(), layout.line, box.height()), LETTERS[side], muted=True)
    bar = box.adjusted(layout.line, 2, 0, -2)
    if shares is None or not np.any(shares):
        ink.frame(bar)
        return
    left = bar.left()
    for branch, share in zip(BRANCHES, shares, strict=True):
        part = QRectF(left, bar.top(), float(share) * bar.width(), bar.height())
        ink.painter.fillRect(part, QColor(theme.BRANCH[branch]))
        left += part.width()
        ink.painter.fillRect(
            QRectF(left - 1, bar.top(), 1, bar.height()), QColor(ink.colours.panel)
        )


def _scale(ink: Ink, pair: Pair, layout: PairLayout, row: int, side: int) -> None:
    limit, box = pair.sides[side].limit(MODULES[row]), layout.scale(row, side)
    if pair.sides[side].overview is None:
        return
    strip = QRectF(box.left(), box.top() + 3, box.width() - layout.figure - 4, box.height() - 6)
    ink.painter.drawImage(strip, ramp(SEQUENTIAL), QRectF(0, 0, 256, 1))
    ink.frame(strip)
    ink.words(QRectF(strip.right() + 4, box.top(), layout.figure, box.height()), number(limit))


def _cka(ink: Ink, value: float, box: QRectF) -> None:
    figure = QFontMetricsF(ink.small).horizontalAdvance("0.000") + 4
    bar = box.adjusted(0, 3, -figure - 4, -3)
    ink.painter.fillRect(bar, QColor(ink.colours.raised))
    if math.isfinite(value):
        part = QRectF(bar.left(), bar.top(), value * bar.width(), bar.height())
        ink.painter.fillRect(part, QColor(ink.colours.accent))
    ink.frame(bar)
    text = f"{value:.3f}" if math.isfinite(value) else "\N{EN DASH}"
    ink.words(QRectF(bar.right() + 4, box.top(), figure, box.height()), text)
