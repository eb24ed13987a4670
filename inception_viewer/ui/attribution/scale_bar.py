"""The colour bar of an attribution: its colours, with zero and both ends in numbers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme
from ..maps.restyle import refresh
from ..pictures import image_of
from .colouring import Colouring, coloured
from .words import number, scale_text

STRIP = 10.0
GAP = 4.0
"""The least between two numbers, in logical pixels."""


def marks(chosen: Colouring) -> tuple[tuple[float, str], ...]:
    """Return the bar's numbers, each with its place from 0 (left) to 1 (right)."""
    if chosen.signed:
        return (0.0, number(-chosen.limit)), (0.5, "0"), (1.0, number(chosen.limit))
    return (0.0, "0"), (0.5, number(chosen.limit / 2)), (1.0, number(chosen.limit))


def strip(chosen: Colouring, width: int) -> np.ndarray:
    """Return the bar's pixels (1, width, 3): evenly spaced values, coloured as the map is."""
    values = np.linspace(chosen.low, chosen.limit, width, dtype=np.float32)
    return coloured(values[None], chosen)


@lru_cache(maxsize=2)
def _strip_image(signed: bool) -> QImage:
    """Return the bar's picture, which is the same whatever the limit."""
    return image_of(strip(Colouring(signed, 1.0, 100.0, 0.0), 255))


def paint_scale(
    painter: QPainter, place: QRectF, chosen: Colouring, text: str, border: str, height: float
) -> None:
    """Paint the strip with its numbers below, in the painter's font."""
    band = QRectF(place.left(), place.top(), place.width(), height)
    paint_strip(painter, band, chosen, border)
    painter.setPen(QColor(text))
    metrics = QFontMetricsF(painter.font())
    line = QRectF(place.left(), band.bottom() + 1, place.width(), metrics.height())
    for box, words in fitting(chosen, line, metrics):
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def paint_strip(painter: QPainter, band: QRectF, chosen: Colouring, border: str) -> None:
    """Paint the colours from end to end, framed."""
    painter.drawImage(band, _strip_image(chosen.signed), QRectF(0, 0, 255, 1))
    painter.setPen(QColor(border))
    painter.drawRect(band.adjusted(0.5, 0.5, -0.5, -0.5))


def fitting(chosen: Colouring, line: QRectF, metrics: QFontMetricsF) -> list[tuple[QRectF, str]]:
    """Return the numbers with their places; where they would run together, only the ends."""
    placed = []
    for share, words in marks(chosen):
        width = metrics.horizontalAdvance(words) + 2
        left = line.left() + share * (line.width() - width)
        placed.append((QRectF(left, line.top(), width, line.height()), words))
    first, middle, last = (box for box, _ in placed)
    apart = min(middle.left() - first.right(), last.left() - middle.right())
    return placed if apart >= GAP else [placed[0], placed[2]]


class ScaleBar(QWidget):
    """Shows a :class:`Colouring`; its tool tip says where the colours end and why."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen: Colouring | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Colour bar")
        theme.broadcast.changed.connect(self._restyle)

    @property
    def colouring(self) -> Colouring | None:
        """What is shown."""
        return self._chosen

    def set_colouring(self, chosen: Colouring | None) -> None:
        """Show a colouring; None leaves the bar empty."""
        self._chosen = chosen
        said = "" if chosen is None else scale_text(chosen)
        self.setToolTip(said)
        self.setAccessibleDescription(said)
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the strip and a line of numbers."""
        return QSize(160, round(STRIP + 2 + QFontMetricsF(theme.font("small")).height()))

    def minimumSizeHint(self) -> QSize:
        """Return room for three short numbers."""
        return QSize(96, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the strip and the numbers."""
        if self._chosen is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        colours = theme.current()
        paint_scale(painter, QRectF(self.rect()), self._chosen, colours.text, colours.border, STRIP)
        painter.end()

    def _restyle(self, _: object = None) -> None:
        refresh(self)
