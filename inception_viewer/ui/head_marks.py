"""The mark of a head: its colour where it was trained, hatched where it never was.

Each state has a shape of its own, so that nothing is said by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QIcon,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from . import theme
from .head_words import HeadNote

SIDE = 12
"""Of a mark, in logical pixels."""
GAP = 4


def paint_mark(painter: QPainter, box: QRectF, head: str, state: str) -> None:
    """Paint a head's mark.

    Trained (or unknown) is a full square, fitted one half full, untrained hatched, absent an
    empty dashed frame.
    """
    colours = theme.current()
    hue = QColor(colours.head(head))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if state == "untrained":
        paint_hatched(painter, box)
    elif state == "absent":
        _outline(painter, box, QColor(colours.muted), Qt.PenStyle.DotLine)
    elif state == "fitted":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(hue)
        corners = [box.topLeft(), box.bottomLeft(), box.bottomRight()]
        painter.drawPolygon(QPolygonF([QPointF(corner) for corner in corners]))
        _outline(painter, box, hue)
    else:
        painter.fillRect(box, hue)
    painter.restore()


def paint_hatched(painter: QPainter, box: QRectF) -> None:
    """Fill a box with the grey hatching of what was never trained, and frame it."""
    grey = QColor(theme.current().muted)
    painter.fillRect(box, QBrush(grey, Qt.BrushStyle.BDiagPattern))
    _outline(painter, box, grey)


def _outline(
    painter: QPainter, box: QRectF, colour: QColor, style: Qt.PenStyle = Qt.PenStyle.SolidLine
) -> None:
    painter.setPen(QPen(colour, 1, style))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))


def mark_icon(head: str, state: str, ratio: float = 1.0) -> QIcon:
    """Return a head's mark as an icon in the theme's colours, sharp at a pixel ratio."""
    picture = QPixmap(QSize(SIDE, SIDE) * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    paint_mark(painter, QRectF(0, 0, SIDE, SIDE), head, state)
    painter.end()
    return QIcon(picture)


class HeadMarks(QWidget):
    """The marks of some heads in a row; what they mean is their tool tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes: tuple[HeadNote, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.hide()

    @property
    def states(self) -> dict[str, str]:
        """What is shown, by head."""
        return {one.head: one.state for one in self._notes}

    def set_notes(self, notes: Mapping[str, HeadNote]) -> None:
        """Show these heads, in their order."""
        self._notes = tuple(notes.values())
        lines = [f"{one.head}: {one.words}" for one in self._notes]
        said = [one.reason for one in self._notes if one.is_noise and one.reason]
        self.setToolTip("\n".join([*lines, *said]))
        self.setAccessibleName("Heads")
        self.setAccessibleDescription("; ".join(lines))
        self.setVisible(bool(self._notes))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the marks, as high as anything to point at."""
        count = max(1, len(self._notes))
        return QSize(count * SIDE + (count - 1) * GAP, theme.TARGET)

    def box(self, head: str) -> QRectF:
        """Return where a head's mark is."""
        place = [one.head for one in self._notes].index(head)
        return QRectF(place * (SIDE + GAP), (self.height() - SIDE) // 2, SIDE, SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the marks."""
        painter = QPainter(self)
        for one in self._notes:
            paint_mark(painter, self.box(one.head), one.head, one.state)
        painter.end()
