"""Photo, map and overlay beside each other, zoomed and moved together."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from ...questions import Floats, Pixels
from .. import theme
from ..pictures import image_of
from .brushing import HINT as BRUSH_HINT
from .brushing import Brushing
from .colouring import Colouring, coloured, overlaid
from .words import number
from .zoomed import ZoomedPictures

TITLES = ("Picture", "Map", "Overlay")
HINT = "Point at a pixel for its value. Wheel zooms, drag moves, double click shows all."
EVERY, TO_PAINT, JUST_PICTURE = (0, 1, 2), (0, 2), (0,)
"""Which pictures show, and which while the brush is taken up: fewer are larger."""
_BRUSH_KEYS = (
    Qt.Key.Key_BracketLeft,
    Qt.Key.Key_BracketRight,
    Qt.Key.Key_Space,
    Qt.Key.Key_Escape,
)


class Panes(ZoomedPictures):
    """Three views of one attribution.

    Home puts the reading point on the strongest pixel.

    With the brush taken up dragging paints (with the right button or Shift it erases), the
    middle button moves, Space paints at the point for as long as it is held, [ and ] or Ctrl and
    the wheel change the size.
    """

    brush_left = Signal()
    """Emitted when Escape lays the brush down."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Attribution: picture, map and overlay", parent)
        self._picture: Pixels | None = None
        self._values: Floats | None = None
        self._chosen: Colouring | None = None
        self._opacity = 0.7
        self._images: list[QImage | None] = [None, None, None]
        self._badge = self._instead = self._painted = ""
        self._which: tuple[int, ...] = EVERY
        self._to_paint: tuple[int, ...] = TO_PAINT
        self.brush = Brushing(self)
        self.brush.changed.connect(self._brush_changed)

    # --- what is shown ---------------------------------------------------------------

    def set_picture(self, picture: Pixels | None) -> None:
        """Show a picture (height, width, 3); the zoom starts anew where its size differs."""
        self._picture = picture
        height, width = (1, 1) if picture is None else picture.shape[:2]
        self._set_size(width, height)
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
    def has_picture(self) -> bool:
        """Whether there is a picture; a map alone is not read."""
        return self._picture is not None

    @property
    def count(self) -> int:
        """How many pictures show: three, or fewer while the brush is taken up."""
        return len(self._which)

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

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint titles, pictures, the reading point and its value."""
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        rects = self.pane_rects()
        for which, pane in zip(self._which, rects, strict=True):
            self._paint_name(painter, which, pane)
            self._paint_pane(painter, which, pane)
        if self._instead and len(rects) > 1:
            self._paint_sentence(painter, rects[1].united(rects[-1]), self._instead)
        self._paint_value(painter, rects)
        self._paint_ring(painter)
        painter.end()

    def _paint_name(self, painter: QPainter, which: int, pane: QRectF) -> None:
        room = pane.width() if len(self._which) > 1 else self.width() - pane.left() - 4
        words, more = TITLES[which], self._badge if which else self._painted
        self._paint_title(painter, f"{words} ({more})" if more else words, pane, room)

    def _paint_pane(self, painter: QPainter, which: int, pane: QRectF) -> None:
        painter.fillRect(pane, QColor(theme.current().window))
        image = self._images[which]
        if image is None:
            return
        self._paint_picture(painter, image, pane)
        self.brush.paint(painter, pane, self._zoom)
        if not self.brush.is_on:
            self._paint_point(painter, pane)

    def _paint_sentence(self, painter: QPainter, place: QRectF, sentence: str) -> None:
        painter.setFont(theme.font())
        painter.setPen(QColor(theme.current().text))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.fillRect(place, QColor(theme.current().raised))
        box = place.adjusted(theme.GRID, theme.GRID, -theme.GRID, -theme.GRID)
        painter.drawText(box, int(flags), sentence)
        painter.setFont(theme.font("small"))

    # --- gestures --------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer, or change the brush's size."""
        controlled = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if self.brush.is_on and controlled and self._pane_at(event.position()) is not None:
            self.brush.resize(event.angleDelta().y() / 120)
            event.accept()
        else:
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start to drag, or to paint."""
        pane = self._pane_at(event.position())
        if self.brush.is_on and event.button() != Qt.MouseButton.MiddleButton:
            if pane is not None and self._picture is not None:
                at = self._zoom.on_picture(event.position(), pane)
                self.brush.begin(at, _erases(event), pane)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the value under the pointer, move the window while dragging, or paint."""
        if not self.brush.is_on:
            super().mouseMoveEvent(event)
        elif not self._drag(event.position()):
            self.set_point(None)
            pane = self.brush.pane or self._pane_at(event.position())
            at = self._zoom.on_picture(event.position(), pane) if pane is not None else None
            self._move_brush(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stop dragging, or painting."""
        if self.brush.pane is not None:
            self.brush.end()
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all of the picture again; with the brush, paint as ever."""
        if self.brush.is_on:
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Stop reading when the pointer leaves."""
        super().leaveEvent(event)
        if not self.brush.is_drawing:
            self._move_brush(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the reading point, zoom at it, or paint there."""
        if self.has_picture and self.brush.is_on and event.key() in _BRUSH_KEYS:
            self._brush_key(event)
        elif self.has_picture and event.key() == Qt.Key.Key_Home:
            self._step_to(*self._strongest())
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

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the focus ring away; a brush that a key holds down is lifted."""
        if self.brush.pane is None:
            self.brush.end()
        super().focusOutEvent(event)

    def minimumSizeHint(self) -> QSize:
        """Return the least room in which three pictures can be told apart."""
        return QSize(240, 112)

    # --- upkeep ----------------------------------------------------------------------

    def _step_to(self, row: int, column: int) -> None:
        super()._step_to(row, column)
        if self.brush.is_on:
            self.brush.go_to(self._point_centre())

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


def _erases(event: QMouseEvent) -> bool:
    """Whether a press asks for the eraser."""
    keys = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier
    return event.button() == Qt.MouseButton.RightButton or bool(event.modifiers() & keys)
