"""A picture before and after, and what differs, enlarged; zoomed and moved together."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
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

from ...questions import Pixels
from .. import theme
from ..attribution.zoom import Zoom, arrange
from ..maps.restyle import refresh
from ..pictures import image_of

HINT = "Point at a pixel for its values. Wheel zooms, drag moves, double click shows all."
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


@dataclass(frozen=True, eq=False)
class Trio:
    """What is shown: pictures of one size (height, width, 3), and a title of each."""

    before: Pixels
    after: Pixels
    enlarged: Pixels
    titles: tuple[str, str, str]


class ChangedPictures(QWidget):
    """Three pictures side by side.

    The wheel zooms at the pointer, dragging moves, a double click shows all again. Arrow keys
    move the reading point (with Shift by eight pixels), + and - zoom at it, 0 shows all. The
    values at the point are painted below and told to screen readers.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trio: Trio | None = None
        self._images: tuple[QImage, ...] = ()
        self._zoom = Zoom.whole(1, 1)
        self._point: tuple[int, int] | None = None
        self._dragged: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The picture before and after, and the difference")
        theme.broadcast.changed.connect(self._restyle)

    # --- what is shown ---------------------------------------------------------------

    def set_trio(self, trio: Trio | None) -> None:
        """Show these; the zoom starts anew where the size differs."""
        self._trio = trio
        if trio is None:
            self._images = ()
        else:
            self._images = tuple(map(image_of, (trio.before, trio.after, trio.enlarged)))
            height, width = trio.after.shape[:2]
            if (height, width) != (self._zoom.height, self._zoom.width):
                self._zoom, self._point = Zoom.whole(width, height), None
        self.setAccessibleDescription(self.value_text)
        self.update()

    @property
    def trio(self) -> Trio | None:
        """What is shown."""
        return self._trio

    @property
    def zoom(self) -> Zoom:
        """The part of the pictures that shows."""
        return self._zoom

    @property
    def value_text(self) -> str:
        """The values at the point in words, or what one can do."""
        if self._point is None or self._trio is None:
            return HINT
        row, column = self._point
        before, after = self._trio.before[row, column], self._trio.after[row, column]
        apart = [int(b) - int(a) for a, b in zip(before, after, strict=True)]
        signs = " ".join("0" if not one else f"{one:+d}".replace("-", "−") for one in apart)
        was, now = (" ".join(str(int(value)) for value in pixel) for pixel in (before, after))
        return f"{was} → {now} (red, green, blue: {signs}) at row {row}, column {column}"

    def pane_rects(self) -> list[QRectF]:
        """Return where the pictures stand."""
        return self._arranged(self.width(), self.height())

    def useful_height(self, width: int, height: int) -> int:
        """Return how much of a room's height the pictures would fill."""
        bottom = max(pane.bottom() for pane in self._arranged(width, height))
        return max(self.minimumSizeHint().height(), math.ceil(bottom + self._line() + 8))

    def _arranged(self, width: int, height: int) -> list[QRectF]:
        line = self._line()
        room = QRectF(0, 0, width, height).adjusted(4, 4, -4, -line - 8)
        aspect = self._zoom.width / self._zoom.height
        whole = self._zoom.width / self.devicePixelRatioF()
        return arrange(room, 3, aspect, theme.GRID, line + 2, whole)

    def _line(self) -> float:
        return float(round(QFontMetricsF(theme.font("small")).height() + 0.5))

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint titles, pictures, the reading point and its values."""
        if self._trio is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        panes = self.pane_rects()
        beside = panes[1].top() == panes[0].top()
        for image, title, pane in zip(self._images, self._trio.titles, panes, strict=True):
            self._paint_title(painter, title, pane, beside)
            self._paint_pane(painter, image, pane)
        self._paint_value(painter, panes)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.current().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _paint_title(self, painter: QPainter, title: str, pane: QRectF, beside: bool) -> None:
        metrics = QFontMetricsF(painter.font())
        room = pane.width() + theme.GRID - 2 if beside else self.width() - pane.left() - 4
        box = QRectF(pane.left(), pane.top() - metrics.height() - 2, room, metrics.height())
        painter.setPen(QColor(theme.current().text))
        shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_pane(self, painter: QPainter, image: QImage, pane: QRectF) -> None:
        part = self._zoom.source
        dots = pane.width() * painter.device().devicePixelRatio()
        # Enlarged pixels stay squares; shrunk ones are averaged.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, dots < part.width())
        painter.drawImage(pane, image, part)
        if self._point is not None:
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

    def _paint_value(self, painter: QPainter, panes: list[QRectF]) -> None:
        metrics = QFontMetricsF(painter.font())
        below = max(pane.bottom() for pane in panes) + 4
        box = QRectF(4, below, self.width() - 8, metrics.height())
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
        at = self._zoom.on_picture(event.position(), pane)
        self._show_part(self._zoom.zoomed(1.25 ** (event.angleDelta().y() / 120), at))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start to drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the values under the pointer, or move while dragging."""
        pane = self._pane_at(event.position())
        if self._dragged is not None and self._zoom.factor > 1:
            scale = self._zoom.source.width() / self.pane_rects()[0].width()
            moved = self._dragged - event.position()
            self._show_part(self._zoom.moved(moved.x() * scale, moved.y() * scale))
            self._dragged = event.position()
        elif pane is None:
            self._read(None)
        else:
            at = self._zoom.on_picture(event.position(), pane)
            self._read((int(at.y()), int(at.x())))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stop dragging."""
        self._dragged = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all again."""
        self._show_part(Zoom.whole(self._zoom.width, self._zoom.height))

    def leaveEvent(self, event: QEvent) -> None:
        """Stop reading when the pointer leaves."""
        self._read(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the reading point, or zoom at it."""
        key = event.key()
        row, column = self._point or (self._zoom.height // 2, self._zoom.width // 2)
        if self._trio is None:
            super().keyPressEvent(event)
        elif key in _STEPS:
            far = 8 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = _STEPS[Qt.Key(key)] if self._point is not None else (0, 0)
            self._read((row + far * dy, column + far * dx))
            row, column = self._point or (row, column)
            self._show_part(self._zoom.showing(column, row))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            by = 1 / 1.25 if key == Qt.Key.Key_Minus else 1.25
            self._show_part(self._zoom.zoomed(by, QPointF(column + 0.5, row + 0.5)))
        elif key == Qt.Key.Key_0:
            self._show_part(Zoom.whole(self._zoom.width, self._zoom.height))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus ring and say the values."""
        self.setAccessibleDescription(self.value_text)
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the focus ring away."""
        self.update()
        super().focusOutEvent(event)

    # --- upkeep ----------------------------------------------------------------------

    def _show_part(self, zoom: Zoom) -> None:
        self._zoom = zoom
        self.update()

    def _read(self, point: tuple[int, int] | None) -> None:
        if point is not None:
            row = min(self._zoom.height - 1, max(0, point[0]))
            point = row, min(self._zoom.width - 1, max(0, point[1]))
        if point != self._point:
            self._point = point
            self.setAccessibleDescription(self.value_text)
            self.update()

    def _pane_at(self, place: QPointF) -> QRectF | None:
        panes = self.pane_rects() if self._trio is not None else []
        return next((pane for pane in panes if pane.contains(place)), None)

    def minimumSizeHint(self) -> QSize:
        """Return the least room in which three pictures can be told apart."""
        return QSize(160, 112)

    def sizeHint(self) -> QSize:
        """Return room for three pictures of 160 pixels."""
        return QSize(512, 208)

    def _restyle(self, _: object = None) -> None:
        refresh(self)
