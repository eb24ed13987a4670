"""Pictures of one size beside each other, zoomed and moved together, with a pixel that is read."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme
from ..maps.restyle import refresh
from .zoom import Zoom, arrange

_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class ZoomedPictures(QWidget):
    """What such views have in common; which pictures they show they say themselves.

    The wheel zooms at the pointer, dragging moves, a double click shows all again. Arrow
    keys move the reading point (with Shift by eight pixels), + and - zoom at it, 0 shows all.
    The value at the point is painted below and told to screen readers.
    """

    pointed = Signal(object)
    """Emitted with (row, column) of the pixel that is read, or None."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zoom = Zoom.whole(1, 1)
        self._point: tuple[int, int] | None = None
        self._dragged: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        theme.broadcast.changed.connect(self._restyle)

    # --- what a view says ------------------------------------------------------------

    @property
    def value_text(self) -> str:
        """The value at the point in words, or what one can do."""
        raise NotImplementedError

    @property
    def count(self) -> int:
        """How many pictures stand beside each other."""
        return 3

    @property
    def has_picture(self) -> bool:
        """Whether there is anything to read."""
        raise NotImplementedError

    # --- what shows, and what is read ------------------------------------------------

    @property
    def zoom(self) -> Zoom:
        """The part of the pictures that shows."""
        return self._zoom

    def set_zoom(self, zoom: Zoom) -> None:
        """Show another part, in all panes."""
        self._zoom = zoom
        self.update()

    def _set_size(self, width: int, height: int) -> None:
        """Take pictures of this size; the zoom starts anew where it differs."""
        if (height, width) != (self._zoom.height, self._zoom.width):
            self._zoom, self._point = Zoom.whole(width, height), None

    @property
    def point(self) -> tuple[int, int] | None:
        """The (row, column) that is read."""
        return self._point

    def set_point(self, point: tuple[int, int] | None) -> None:
        """Read the value at a (row, column), or none."""
        if point != self._point:
            self._point = point
            self.setAccessibleDescription(self.value_text)
            self.pointed.emit(point)
            self.update()

    def pane_rects(self) -> list[QRectF]:
        """Return where the pictures stand."""
        return self._arranged(self.width(), self.height())

    def useful_height(self, width: int, height: int) -> int:
        """Return how much of a room's height the pictures would fill."""
        bottom = max(pane.bottom() for pane in self._arranged(width, height))
        return max(self.minimumSizeHint().height(), math.ceil(bottom + self._line() + 8))

    def sizeHint(self) -> QSize:
        """Return room for three pictures of 160 pixels."""
        return QSize(512, 208)

    def _arranged(self, width: int, height: int) -> list[QRectF]:
        room, line = self._room(width, height), self._line()
        aspect = self._zoom.width / self._zoom.height
        whole = self._zoom.width / self.devicePixelRatioF()
        return arrange(room, self.count, aspect, theme.GRID, line + 2, whole)

    def _room(self, width: int, height: int) -> QRectF:
        """Return where pictures can stand; below it the value is said."""
        return QRectF(0, 0, width, height).adjusted(4, 4, -4, -self._line() - 8)

    def _line(self) -> float:
        return float(math.ceil(QFontMetricsF(theme.font("small")).height()))

    # --- painting --------------------------------------------------------------------

    @staticmethod
    def _paint_title(painter: QPainter, words: str, pane: QRectF, room: float) -> None:
        metrics = QFontMetricsF(painter.font())
        box = QRectF(pane.left(), pane.top() - metrics.height() - 2, room, metrics.height())
        painter.setPen(QColor(theme.current().text))
        elided = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)

    def _paint_picture(self, painter: QPainter, image: QImage, pane: QRectF) -> None:
        """Paint the part that shows; an image may have fewer pixels than the picture."""
        source = self._zoom.source
        sx, sy = image.width() / self._zoom.width, image.height() / self._zoom.height
        part = QRectF(
            source.left() * sx, source.top() * sy, source.width() * sx, source.height() * sy
        )
        dots = pane.width() * painter.device().devicePixelRatio()
        # Enlarged pixels stay squares; shrunk ones are averaged.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, dots < part.width())
        painter.drawImage(pane, image, part)

    def _paint_point(self, painter: QPainter, pane: QRectF) -> None:
        if self._point is None:
            return
        row, column = self._point
        box = self._zoom.in_pane(QRectF(column, row, 1, 1), pane)
        if box.width() < 8:
            centre = box.center()
            box = QRectF(centre.x() - 4, centre.y() - 4, 8, 8)
        painter.save()
        painter.setClipRect(pane)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in (("#000000", 3), ("#FFFFFF", 1)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawRect(box)
        painter.restore()

    def _paint_value(self, painter: QPainter, panes: list[QRectF]) -> None:
        metrics = QFontMetricsF(painter.font())
        below = max(pane.bottom() for pane in panes) + 4
        box = QRectF(4, below, self.width() - 8, metrics.height())
        colours = theme.current()
        painter.setPen(QColor(colours.muted if self._point is None else colours.text))
        text = metrics.elidedText(self.value_text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_ring(self, painter: QPainter) -> None:
        """Paint the ring that says that the keys come here."""
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.current().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    # --- gestures --------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        pane = self._pane_at(event.position())
        if pane is None:
            event.ignore()
            return
        at, steps = self._zoom.on_picture(event.position(), pane), event.angleDelta().y() / 120
        self.set_zoom(self._zoom.zoomed(1.25**steps, at))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start to drag."""
        if event.button() == self._drag_button:
            self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the value under the pointer, or move while dragging."""
        if self._drag(event.position()):
            return
        pane = self._pane_at(event.position())
        if pane is None:
            self.set_point(None)
        else:
            self._read(self._zoom.on_picture(event.position(), pane))

    def _drag(self, to: QPointF) -> bool:
        """Move what shows with the pointer; False if nothing is dragged."""
        if self._dragged is None or self._zoom.factor <= 1:
            return False
        pane = self._pane_at(self._dragged) or self.pane_rects()[0]
        scale = self._zoom.source.width() / pane.width()
        moved = self._dragged - to
        self.set_zoom(self._zoom.moved(moved.x() * scale, moved.y() * scale))
        self._dragged = to
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        return True

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stop dragging."""
        self._dragged = None
        self._set_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all again."""
        self.set_zoom(Zoom.whole(self._zoom.width, self._zoom.height))

    def leaveEvent(self, event: QEvent) -> None:
        """Stop reading when the pointer leaves."""
        self.set_point(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the reading point, or zoom at it."""
        key = event.key()
        if not self.has_picture:
            super().keyPressEvent(event)
        elif key in _STEPS:
            far = 8 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = _STEPS[Qt.Key(key)]
            self._step(far * dx, far * dy)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            by = 1 / 1.25 if key == Qt.Key.Key_Minus else 1.25
            self.set_zoom(self._zoom.zoomed(by, self._point_centre()))
        elif key == Qt.Key.Key_0:
            self.set_zoom(Zoom.whole(self._zoom.width, self._zoom.height))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus ring and say the value."""
        self.setAccessibleDescription(self.value_text)
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the focus ring away."""
        self.update()
        super().focusOutEvent(event)

    # --- upkeep ----------------------------------------------------------------------

    @property
    def _drag_button(self) -> Qt.MouseButton:
        return Qt.MouseButton.LeftButton

    def _set_cursor(self) -> None:
        """Show the pointer as it is while nothing is dragged."""
        self.unsetCursor()

    def _pane_at(self, place: QPointF) -> QRectF | None:
        panes = self.pane_rects() if self.has_picture else []
        return next((pane for pane in panes if pane.contains(place)), None)

    def _read(self, at: QPointF) -> None:
        inside = 0 <= at.x() < self._zoom.width and 0 <= at.y() < self._zoom.height
        self.set_point((int(at.y()), int(at.x())) if self.has_picture and inside else None)

    def _step(self, dx: int, dy: int) -> None:
        if self._point is None:
            self._step_to(*self._middle())
        else:
            self._step_to(self._point[0] + dy, self._point[1] + dx)

    def _step_to(self, row: int, column: int) -> None:
        row = min(self._zoom.height - 1, max(0, row))
        column = min(self._zoom.width - 1, max(0, column))
        self.set_zoom(self._zoom.showing(column, row))
        self.set_point((row, column))

    def _point_centre(self) -> QPointF:
        row, column = self._point or self._middle()
        return QPointF(column + 0.5, row + 0.5)

    def _middle(self) -> tuple[int, int]:
        return int(self._zoom.y), int(self._zoom.x)

    def _restyle(self, _: object = None) -> None:
        refresh(self)
