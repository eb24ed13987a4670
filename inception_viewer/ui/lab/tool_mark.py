"""Square buttons of the lab's tools, each with a mark that is painted in the theme's colours."""

from __future__ import annotations

from typing import Literal, TypeAlias

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolButton, QWidget

from .. import theme

Mark: TypeAlias = Literal["panel", "drawing", "large"]
SIDE = 14.0


class ToolMark(QToolButton):
    """A button that stays down: the panel at the side, the drawing tools, the whole window."""

    def __init__(self, mark: Mark, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark = mark
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setToolTip(tip)

    def sizeHint(self) -> QSize:
        """Return a square as high as the other tools."""
        side = max(theme.TARGET, super().sizeHint().height())
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        """Return the same."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the button and its mark."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme.current()
        colour = QColor(colours.text if self.isEnabled() else colours.muted)
        painter.setPen(QPen(colour, 1.4))
        box = QRectF(0, 0, SIDE, SIDE)
        box.moveCenter(QRectF(self.rect()).center())
        {"panel": _panel, "drawing": _drawing, "large": _large}[self._mark](painter, box, colour)
        painter.end()


def _panel(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """Paint a window whose left part is full."""
    painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), 2, 2)
    painter.fillRect(QRectF(box.left(), box.top() + 1, 5, box.height() - 2), colour)


def _drawing(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """Paint three sliders."""
    for share, knob in ((0.15, 0.7), (0.5, 0.3), (0.85, 0.6)):
        y = box.top() + share * box.height()
        painter.drawLine(QLineF(box.left(), y, box.right(), y))
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(box.left() + knob * box.width(), y), 1.8, 1.8)


def _large(painter: QPainter, box: QRectF, colour: QColor) -> None:
    """Paint the four corners of a window."""
    long = 4.5
    for corner, x, y in (
        (box.topLeft(), 1, 1), (box.topRight(), -1, 1),
        (box.bottomLeft(), 1, -1), (box.bottomRight(), -1, -1),
    ):  # fmt: skip
        painter.drawLine(QLineF(corner, corner + QPointF(x * long, 0)))
        painter.drawLine(QLineF(corner, corner + QPointF(0, y * long)))
