"""How often a channel takes which value, painted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...questions import Floats
from .. import theme
from ..maps.words import number, percent

BINS = 32


def histogram(values: Floats, bins: int = BINS) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return counts (bins,) and bin edges (bins + 1,) of the values above zero.

    The bins span 0 to the largest value. Zeros are left out: after a ReLU they would
    dwarf everything else; their share is told in words.
    """
    above = values[values > 0]
    largest = float(above.max(initial=0.0)) or 1.0
    return np.histogram(above, bins=bins, range=(0.0, largest))


class Histogram(QWidget):
    """Bars over an axis from 0 to the channel's maximum."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts: NDArray[np.intp] = np.zeros(BINS, np.intp)
        self.edges: NDArray[np.float64] = np.linspace(0, 1, BINS + 1)
        self.zeros, self.positions = 0, 0
        self.logarithmic = False
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_values(self, values: Floats) -> None:
        """Count a map (height, width)."""
        self.counts, self.edges = histogram(values)
        self.positions = values.size
        self.zeros = int(values.size - np.count_nonzero(values > 0))
        self.setAccessibleName(f"Histogram of the values above zero; {self.words()}")
        self.update()

    def set_logarithmic(self, on: bool) -> None:
        """Draw log(1 + count) instead of the count."""
        self.logarithmic = on
        self.update()

    def words(self) -> str:
        """Return the share of zeros in words."""
        share = self.zeros / self.positions if self.positions else 0.0
        return f"{percent(share)} of {self.positions:,} positions are zero; the bars show the rest"

    def sizeHint(self) -> QSize:
        """Return room for the bars and the axis numbers."""
        return QSize(240, 96 + self._line())

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(120, self.sizeHint().height())

    def _line(self) -> int:
        return QFontMetrics(theme.font("small")).height()

    def plot(self) -> QRectF:
        """Return where the bars are."""
        metrics = QFontMetrics(theme.font("small"))
        left = metrics.horizontalAdvance(self._most()) + 8
        top = metrics.height() // 2
        return QRectF(
            left, top, max(1, self.width() - left - 2), self.height() - self._line() - top - 6
        )

    def _most(self) -> str:
        return f"{int(self.counts.max(initial=0)):,}"

    def bar(self, index: int) -> QRectF:
        """Return where a bar is."""
        place, heights = self.plot(), self.counts.astype(float)
        if self.logarithmic:
            heights = np.log1p(heights)
        share = heights[index] / (heights.max() or 1)
        width = place.width() / len(heights)
        height = share * place.height()
        left = place.left() + index * width
        return QRectF(left + 0.5, place.bottom() - height, max(1.0, width - 1), height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint bars, axes and numbers."""
        colours, painter = theme.current(), QPainter(self)
        painter.setFont(theme.font("small"))
        place = self.plot()
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawLine(place.topLeft(), place.topRight())
        fill = QColor(colours.accent)
        for index in np.flatnonzero(self.counts).tolist():
            painter.fillRect(self.bar(index), fill)
        painter.setPen(QPen(QColor(colours.muted), 1))
        painter.drawLine(place.bottomLeft(), place.bottomRight())
        self._paint_numbers(painter, place)
        painter.end()

    def axis_numbers(self) -> tuple[str, str, str]:
        """Return the words below the axis: at its start, middle and end."""
        end = float(self.edges[-1])
        if not self.counts.any():
            return "0", "no value above zero", ""
        return "0", number(end / 2), number(end)

    def _paint_numbers(self, painter: QPainter, place: QRectF) -> None:
        painter.setPen(QColor(theme.current().muted))
        flags, line = Qt.AlignmentFlag, self._line()
        below = QRectF(place.left(), place.bottom() + 3, place.width(), line)
        sides = (flags.AlignLeft, flags.AlignHCenter, flags.AlignRight)
        for side, words in zip(sides, self.axis_numbers(), strict=True):
            painter.drawText(below, side, words)
        beside = QRectF(0, place.top() - line / 2, place.left() - 4, line)
        painter.drawText(beside, flags.AlignRight | flags.AlignVCenter, self._most())
        foot = QRectF(0, place.bottom() - line / 2, place.left() - 4, line)
        painter.drawText(foot, flags.AlignRight | flags.AlignVCenter, "0")

    def bin_at(self, point: QPointF) -> int | None:
        """Return the bar under a point, whatever its height."""
        place = self.plot()
        share = (point.x() - place.left()) / place.width()
        return int(share * len(self.counts)) if 0 <= share < 1 else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the bar under the pointer."""
        index = self.bin_at(event.position())
        if index is None:
            QToolTip.hideText()
            return
        low, high = number(float(self.edges[index])), number(float(self.edges[index + 1]))
        words = f"{low} to {high}: {int(self.counts[index]):,} positions"
        QToolTip.showText(event.globalPosition().toPoint(), words, self)
