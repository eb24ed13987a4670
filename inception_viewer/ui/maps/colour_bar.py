"""A strip of a colour map between the two numbers it spans."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme

_RAMP = np.arange(256, dtype=np.uint8)


def ramp(colour_map: str) -> QImage:
    """Return the 256 colours of a map as a picture one pixel high."""
    image = QImage(_RAMP.data, 256, 1, 256, QImage.Format.Format_Indexed8)
    image.setColorTable(theme.qt_colour_table(colour_map))
    return image.convertToFormat(QImage.Format.Format_RGB32)


def paint_ramp(painter: QPainter, place: QRectF, colour_map: str) -> None:
    """Paint the colours from left to right into a rectangle, with a thin border."""
    painter.drawImage(place, ramp(colour_map), QRectF(0, 0, 256, 1))
    painter.setPen(QPen(QColor(theme.current().border), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))


class ColourBar(QWidget):
    """The numbers at both ends and the colours between them, in one line."""

    def __init__(self, parent: QWidget | None = None, strip: int = 96) -> None:
        super().__init__(parent)
        self.low, self.high, self.colour_map = "0", "", "viridis"
        self._strip = strip
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_range(self, high: str, colour_map: str, meaning: str, low: str = "0") -> None:
        """Set the words at the ends, the colour map, and whose range it is."""
        self.low, self.high, self.colour_map = low, high, colour_map
        self.setAccessibleName(f"Colours from {low} to {high}")
        self.setAccessibleDescription(meaning)
        self.setToolTip(f"{colour_map}: {low} to {high}, {meaning}")
        self.updateGeometry()
        self.update()

    def _widths(self) -> tuple[int, int]:
        metrics = QFontMetrics(theme.font("small"))
        return metrics.horizontalAdvance(self.low) + 6, metrics.horizontalAdvance(self.high) + 6

    def sizeHint(self) -> QSize:
        """Return room for both numbers and the strip."""
        return QSize(sum(self._widths()) + self._strip, self._height())

    def minimumSizeHint(self) -> QSize:
        """Return room for both numbers and a short strip."""
        return QSize(sum(self._widths()) + 24, self._height())

    def _height(self) -> int:
        return QFontMetrics(theme.font("small")).height() + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint numbers and strip."""
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        painter.setPen(QColor(theme.current().text))
        left, right = self._widths()
        flags = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), flags | Qt.AlignmentFlag.AlignLeft, self.low)
        painter.drawText(self.rect(), flags | Qt.AlignmentFlag.AlignRight, self.high)
        height = min(10, self.height() - 2)
        top = (self.height() - height) // 2
        paint_ramp(painter, QRectF(left, top, self.width() - left - right, height), self.colour_map)
        painter.end()
