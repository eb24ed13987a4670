"""Photo, map and overlay beside each other, zoomed and moved together."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...questions import Floats, Pixels
from .. import theme
from ..maps.restyle import refresh
from ..pictures import image_of
from .brushing import HINT as BRUSH_HINT
from .brushing import Brushing
from .colouring import Colouring, coloured, overlaid
from .words import number
from .zoom import Zoom, arrange

TITLES = ("Picture", "Map", "Overlay")
HINT = "Point at a pixel for its value. Wheel zooms, drag moves, double click shows all."
EVERY, TO_PAINT, JUST_PICTURE = (0, 1, 2), (0, 2), (0,)
"""Which pictures show, and which while the brush is taken up: fewer are larger."""
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


_BRUSH_KEYS = (
    Qt.Key.Key_BracketLeft,
    Qt.Key.Key_BracketRight,
    Qt.Key.Key_Space,
    Qt.Key.Key_Escape,
)


class Panes(QWidget):
    """Three views of one attribution.

    The wheel zooms at the pointer, dragging moves, a double click shows all again. Arrow
    keys move the reading point (with Shift by eight pixels), Home puts it on the
    strongest pixel, + and - zoom at it, 0 shows all. The value at the point is painted
    below and told to screen readers.

    With the brush taken up dragging paints (with the right button or Shift it erases), the
    middle button moves, Space paints at the point for as long as it is held, [ and ] or Ctrl and
    the wheel change the size.
    """

    brush_left = Signal()
    """Emitted when Escape lays the brush down."""
    pointed = Signal(object)
    """Emitted with (row, column) of the pixel that is read, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Pixels | None = None
        self._values: Floats | None = None
        self._chosen: Colouring | None = None
        self._opacity = 0.7
        self._images: list[QImage | None] = [None, None, None]
        self._zoom = Zoom.whole(1, 1)
        self._point: tuple[int, int] | None = None
        self._dragged: QPointF | None = None
        self._badge = self._instead = self._painted = ""
        self._which: tuple[int, ...] = EVERY
        self._to_paint: tuple[int, ...] = TO_PAINT
        self.brush = Brushing(self)
        self.brush.changed.connect(self._brush_changed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Attribution: picture, map and overlay")
        theme.broadcast.changed.connect(self._restyle)

    # --- what is shown ---------------------------------------------------------------

    def set_picture(self, picture: Pixels | None) -> None:
        """Show a picture (height, width, 3); the zoom starts anew where its size differs."""
        self._picture = picture
        height, width = (1, 1) if picture is None else picture.shape[:2]
        if (height, width) != (self._zoom.height, self._zoom.width):
            self._zoom, self._point = Zoom.whole(width, height), None
        self._images[0] = None if picture is None else image_of(picture)
        self._redraw()

    def set_map(
        self, values: Floats | None, chosen: Colouring | None, badge: str = "", instead: str = ""
    ) -> None:
        """Show a map (height, width) in its colours.

        ``badge`` is a word on the map (``"partial"``); ``instead`` is a sentence shown in
        place of the map and the overlay, for maps that should not be read.
        """
        self._values = None if instead else values
        self._chosen, self._badge, self._instead = chosen, badge, instead
        self._redraw()

    def set_painted(self, words: str) -> None:
        """Say how much of the picture is painted over (``"8 % painted over"``)."""
        self._painted = words
        self.update()

    def show_while_painting(self, which: tuple[int, ...]) -> None:
        """Show these of the three pictures while the brush is taken up."""
        self._to_paint = which
        self._brush_changed()

    def set_opacity(self, opacity: float) -> None:
        """Set how strongly the map covers the photo in the overlay, 0 to 1."""
        self._opacity = opacity
        self._redraw()

    @property
    def zoom(self) -> Zoom:
        """The part of the picture that shows."""
        return self._zoom

    def set_zoom(self, zoom: Zoom) -> None:
        """Show another part of the picture in all three panes."""
        self._zoom = zoom
        self.update()

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

    @property
    def value_text(self) -> str:
        """The value at the point in words, or what one can do."""
        if self._point is None:
            return BRUSH_HINT if self.brush.is_on else HINT
        row, column = self._point
        where = f"row {row}, column {column}"
        if self._values is None:
            return where
        height, width = self._values.shape
        at = row * height // self._zoom.height, column * width // self._zoom.width
        return f"{number(float(self._values[at]))} at {where}"

    def pane_rects(self) -> list[QRectF]:
        """Return where the pictures stand: three, or fewer while the brush is taken up."""
        return self._arranged(self.width(), self.height())

    def useful_height(self, width: int, height: int) -> int:
        """Return how much of a room's height the pictures would fill."""
        bottom = max(pane.bottom() for pane in self._arranged(width, height))
        return max(self.minimumSizeHint().height(), math.ceil(bottom + self._line() + 8))

    def _line(self) -> float:
        return float(math.ceil(QFontMetricsF(theme.font("small")).height()))

    def _arranged(self, width: int, height: int) -> list[QRectF]:
        line = self._line()
        room = QRectF(0, 0, width, height).adjusted(4, 4, -4, -line - 8)
        aspect = self._zoom.width / self._zoom.height
        whole = self._zoom.width / self.devicePixelRatioF()
        return arrange(room, len(self._which), aspect, theme.GRID, line + 2, whole)

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint titles, pictures, the reading point and its value."""
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        rects = self.pane_rects()
        for which, pane in zip(self._which, rects, strict=True):
            self._paint_title(painter, which, pane)
            self._paint_pane(painter, which, pane)
        if self._instead and len(rects) > 1:
            self._paint_sentence(painter, rects[1].united(rects[-1]), self._instead)
        self._paint_value(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.current().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _paint_title(self, painter: QPainter, which: int, pane: QRectF) -> None:
        metrics = QFontMetricsF(painter.font())
        room = pane.width() if len(self._which) > 1 else self.width() - pane.left() - 4
        box = QRectF(pane.left(), pane.top() - metrics.height() - 2, room, metrics.height())
        words, more = TITLES[which], self._badge if which else self._painted
        if more:
            words = f"{words} ({more})"
        painter.setPen(QColor(theme.current().text))
        elided = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)

    def _paint_pane(self, painter: QPainter, which: int, pane: QRectF) -> None:
        painter.fillRect(pane, QColor(theme.current().window))
        image = self._images[which]
        if image is None:
            return
        source = self._zoom.source
        sx, sy = image.width() / self._zoom.width, image.height() / self._zoom.height
        part = QRectF(
            source.left() * sx, source.top() * sy, source.width() * sx, source.height() * sy
        )
        dots = pane.width() * painter.device().devicePixelRatio()
        # Enlarged pixels stay squares; shrunk ones are averaged.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, dots < part.width())
        painter.drawImage(pane, image, part)
        self.brush.paint(painter, pane, self._zoom)
        if self._point is not None and not self.brush.is_on:
            self._paint_point(painter, pane)

    def _paint_point(self, painter: QPainter, pane: QRectF) -> None:
        assert self._point is not None
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

    def _paint_sentence(self, painter: QPainter, place: QRectF, sentence: str) -> None:
        painter.setFont(theme.font())
        painter.setPen(QColor(theme.current().text))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.fillRect(place, QColor(theme.current().raised))
        box = place.adjusted(theme.GRID, theme.GRID, -theme.GRID, -theme.GRID)
        painter.drawText(box, int(flags), sentence)
        painter.setFont(theme.font("small"))

    def _paint_value(self, painter: QPainter) -> None:
        metrics = QFontMetricsF(painter.font())
        height = metrics.height()
        below = max(pane.bottom() for pane in self.pane_rects()) + 4
        box = QRectF(4, below, self.width() - 8, height)
        colours = theme.current()
        painter.setPen(QColor(colours.muted if self._point is None else colours.text))
        text = metrics.elidedText(self.value_text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    # --- gestures --------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        pane = self._pane_at(event.position())
        if pane is None:
            event.ignore()
            return
        at, steps = self._zoom.on_picture(event.position(), pane), event.angleDelta().y() / 120
        if self.brush.is_on and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.brush.resize(steps)
        else:
            self.set_zoom(self._zoom.zoomed(1.25**steps, at))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start to drag, or to paint."""
        pane = self._pane_at(event.position())
        if self.brush.is_on and event.button() != Qt.MouseButton.MiddleButton:
            if pane is not None and self._picture is not None:
                at = self._zoom.on_picture(event.position(), pane)
                self.brush.begin(at, _erases(event), pane)
        elif event.button() == self._drag_button:
            self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the value under the pointer, move the window while dragging, or paint."""
        pane = self.brush.pane or self._pane_at(event.position())
        if self._dragged is not None and self._zoom.factor > 1:
            scale = self._zoom.source.width() / self.pane_rects()[0].width()
            moved = self._dragged - event.position()
            self.set_zoom(self._zoom.moved(moved.x() * scale, moved.y() * scale))
            self._dragged = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self.brush.is_on:
            self.set_point(None)
            at = self._zoom.on_picture(event.position(), pane) if pane is not None else None
            self._move_brush(at)
        elif pane is None:
            self.set_point(None)
        else:
            self._read(self._zoom.on_picture(event.position(), pane))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stop dragging, or painting."""
        self._dragged = None
        if self.brush.pane is not None:
            self.brush.end()
        self._set_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all of the picture again; with the brush, paint as ever."""
        if self.brush.is_on:
            self.mousePressEvent(event)
            return
        self.set_zoom(Zoom.whole(self._zoom.width, self._zoom.height))

    def leaveEvent(self, event: QEvent) -> None:
        """Stop reading when the pointer leaves."""
        self.set_point(None)
        if not self.brush.is_drawing:
            self._move_brush(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the reading point, zoom at it, or paint there."""
        key = event.key()
        if self._picture is None:
            super().keyPressEvent(event)
        elif self.brush.is_on and key in _BRUSH_KEYS:
            self._brush_key(event)
        elif key in _STEPS:
            far = 8 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = _STEPS[Qt.Key(key)]
            self._step(far * dx, far * dy)
        elif key == Qt.Key.Key_Home:
            self._step_to(*self._strongest())
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            by = 1 / 1.25 if key == Qt.Key.Key_Minus else 1.25
            row, column = self._point or self._middle()
            self.set_zoom(self._zoom.zoomed(by, QPointF(column + 0.5, row + 0.5)))
        elif key == Qt.Key.Key_0:
            self.set_zoom(Zoom.whole(self._zoom.width, self._zoom.height))
        else:
            super().keyPressEvent(event)

    def _brush_key(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.brush_left.emit()
        elif key != Qt.Key.Key_Space:
            self.brush.resize(1 if key == Qt.Key.Key_BracketRight else -1)
        elif not event.isAutoRepeat():
            if self._point is None:
                self._step_to(*self._middle())
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self.brush.begin(self._point_centre(), bool(shift))

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Lift the brush."""
        mine = event.key() == Qt.Key.Key_Space and self.brush.is_drawing
        if mine and self.brush.pane is None and not event.isAutoRepeat():
            self.brush.end()
        elif not mine:
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus ring and say the value."""
        self.setAccessibleDescription(self.value_text)
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the focus ring away; a brush that a key holds down is lifted."""
        if self.brush.pane is None:
            self.brush.end()
        self.update()
        super().focusOutEvent(event)

    def minimumSizeHint(self) -> QSize:
        """Return the least room in which three pictures can be told apart."""
        return QSize(240, 112)

    def sizeHint(self) -> QSize:
        """Return room for three pictures of 160 pixels."""
        return QSize(512, 208)

    # --- upkeep ----------------------------------------------------------------------

    def _pane_at(self, place: QPointF) -> QRectF | None:
        return next((pane for pane in self.pane_rects() if pane.contains(place)), None)

    def _read(self, at: QPointF) -> None:
        inside = 0 <= at.x() < self._zoom.width and 0 <= at.y() < self._zoom.height
        known = self._picture is not None and inside
        self.set_point((int(at.y()), int(at.x())) if known else None)

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
        if self.brush.is_on:
            self.brush.go_to(self._point_centre())

    def _point_centre(self) -> QPointF:
        row, column = self._point or self._middle()
        return QPointF(column + 0.5, row + 0.5)

    def _move_brush(self, at: QPointF | None) -> None:
        self.brush.go_to(at)
        self._set_cursor()

    def _set_cursor(self) -> None:
        """Hide the pointer where the brush is drawn in its place."""
        if self.brush.is_on and self.brush.is_over_picture:
            self.setCursor(Qt.CursorShape.BlankCursor)
        else:
            self.unsetCursor()

    @property
    def _drag_button(self) -> Qt.MouseButton:
        return Qt.MouseButton.MiddleButton if self.brush.is_on else Qt.MouseButton.LeftButton

    def _brush_changed(self) -> None:
        which = self._to_paint if self.brush.is_on else EVERY
        if which != self._which:
            self._which = which
            self.updateGeometry()
            self._set_cursor()
        self.update()

    def _middle(self) -> tuple[int, int]:
        return int(self._zoom.y), int(self._zoom.x)

    def _strongest(self) -> tuple[int, int]:
        """Return the pixel of the largest magnitude, or the middle while there is no map."""
        if self._values is None:
            return self._middle()
        height, width = self._values.shape
        place = int(np.nanargmax(np.abs(np.nan_to_num(self._values))))
        row, column = divmod(place, width)
        return row * self._zoom.height // height, column * self._zoom.width // width

    def _redraw(self) -> None:
        values, chosen, picture = self._values, self._chosen, self._picture
        self._images[1] = self._images[2] = None
        if values is not None and chosen is not None:
            self._images[1] = image_of(coloured(values, chosen))
            if picture is not None:
                self._images[2] = image_of(overlaid(picture, values, chosen, self._opacity))
        self.setAccessibleDescription(self._instead or self.value_text)
        self.update()

    def _restyle(self, _: object = None) -> None:
        refresh(self)


def _erases(event: QMouseEvent) -> bool:
    """Whether a press asks for the eraser."""
    keys = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier
    return event.button() == Qt.MouseButton.RightButton or bool(event.modifiers() & keys)
