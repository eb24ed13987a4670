"""What shows while something is dragged over the window."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QWidget

from . import theme

EDGE = 4
SENTENCE = "Drop to open: photos, folders, or a checkpoint (.pth, .pt, .safetensors)"


class DropOverlay(QWidget):
    """A frame around the window and a sentence.

    Only these parts are painted (a mask cuts the rest out), so that showing and hiding
    it does not repaint what lies below.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def appear(self) -> None:
        """Show over the whole window."""
        parent = self.parentWidget()
        self.setGeometry(parent.rect())
        inner = self.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE)
        self.setMask(QRegion(self.rect()).subtracted(QRegion(inner)).united(QRegion(self._pill())))
        self.raise_()
        self.show()

    def _pill(self) -> QRect:
        metrics = self.fontMetrics()
        width = min(metrics.horizontalAdvance(SENTENCE) + 6 * theme.GRID, self.width() - 32)
        pill = QRect(0, 0, width, metrics.height() + 3 * theme.GRID)
        pill.moveCenter(self.rect().center())
        return pill

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame and the sentence."""
        colours = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.accent))
        pill = self._pill()
        painter.fillRect(pill, QColor(colours.panel))
        painter.setPen(QPen(QColor(colours.accent), 2))
        painter.drawRect(pill.adjusted(1, 1, -2, -2))
        painter.setPen(QColor(colours.text))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, SENTENCE)
        painter.end()
