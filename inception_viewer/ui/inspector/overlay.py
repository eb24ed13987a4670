"""One channel's map over the input picture, registered by its receptive field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...questions import Floats, Pixels, ReceptiveField
from .. import theme
from ..maps.compose import Levels
from .pictures import paint_outline, to_image
from .registration import cell_edges, position_under, seen_pixels, strongest

LARGEST_ZOOM = 32.0
PIXELS_SHOW = 3.0
"""From this many screen pixels for one of the photo on, it is drawn unsmoothed."""
Key = Qt.Key


@dataclass(frozen=True, eq=False)
class OverlayContent:
    """What lies over each other.

    Attributes
    ----------
    picture
        The exact input picture (H, W, 3).
    values
        The channel's map (h, w).
    levels
        Its colours' levels (h, w), 0 to 255.
    field
        The unit's receptive field.
    colour_map
        Name of the colour table.
    """

    picture: Pixels
    values: Floats
    levels: Levels
    field: ReceptiveField
    colour_map: str


class MapOverlay(QWidget):
    """The picture with the map over it; zoom, pan, and probe with mouse or keyboard.

    Coordinates of the picture have 0 at its left and top edge and one unit a pixel.
    """

    probed = Signal(object)
    """(row, column) of the position that is looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content: OverlayContent | None = None
        self.opacity, self.smooth = 0.6, False
        self.zoom, self.origin = 1.0, QPointF(0, 0)
        self._pinned: tuple[int, int] | None = None
        self._drag: QPointF | None = None
        self._picture, self._map = QImage(), QImage()
        self._rows = self._columns = np.zeros(2, np.float32)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    # --- content ---------------------------------------------------------------------

    def set_content(self, content: OverlayContent) -> None:
        """Show another map, picture or colouring; zoom and place stay."""
        before, self.content = self.content, content
        if before is None or before.picture is not content.picture:
            self._picture = to_image(content.picture)
        if before is None or before.values is not content.values:
            self._pinned = None
        (height, width), extent = content.values.shape, content.picture.shape
        self._rows = cell_edges(content.field, height, 0, extent[0])
        self._columns = cell_edges(content.field, width, 1, extent[1])
        levels = np.ascontiguousarray(content.levels)
        image = QImage(levels.data, width, height, width, QImage.Format.Format_Indexed8)
        image.setColorTable(theme.qt_colour_table(content.colour_map))
        self._map = image.convertToFormat(QImage.Format.Format_RGB32)
        self.updateGeometry()
        self._tell()

    def set_opacity(self, opacity: float) -> None:
        """Set how much the map covers the picture, 0 to 1."""
        self.opacity = opacity
        self.update()

    def set_smooth(self, smooth: bool) -> None:
        """Smooth the map between positions, or draw each as a square."""
        self.smooth = smooth
        self.update()

    @property
    def position(self) -> tuple[int, int]:
        """(row, column) that is looked at: the pointed one, else the strongest."""
        assert self.content is not None
        return self._pinned if self._pinned is not None else strongest(self.content.values)

    @property
    def is_pointed(self) -> bool:
        """Whether the position was pointed at; else it is the strongest one."""
        return self._pinned is not None

    # --- geometry --------------------------------------------------------------------

    def _aspect(self) -> float:
        return self._picture.height() / self._picture.width() if self._picture.width() else 1.0

    def sizeHint(self) -> QSize:
        """Return a width that fits the dock."""
        return QSize(264, self.heightForWidth(264))

    def minimumSizeHint(self) -> QSize:
        """Return the least useful size."""
        return QSize(120, 120)

    def hasHeightForWidth(self) -> bool:
        """Return True: the height follows the picture's aspect."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height at which the picture fills the width, within reason."""
        return round(min(max(width * self._aspect(), 96), 400))

    def _fit(self) -> float:
        wide, high = self._picture.width() or 1, self._picture.height() or 1
        return max(min(self.width() / wide, self.height() / high), 1e-3)  # folded: no size

    def to_widget(self, rect: QRectF) -> QRectF:
        """Return where a rectangle of the picture is, in logical pixels."""
        scale = self._fit() * self.zoom
        return QRectF(
            (rect.x() - self.origin.x()) * scale,
            (rect.y() - self.origin.y()) * scale,
            rect.width() * scale,
            rect.height() * scale,
        )

    def to_picture(self, point: QPointF) -> QPointF:
        """Return the point of the picture under a point of the widget."""
        scale = self._fit() * self.zoom
        return QPointF(point.x() / scale, point.y() / scale) + self.origin

    def cell_place(self, row: int, column: int) -> QRectF:
        """Return the square of a position, on the picture."""
        left, top = float(self._columns[column]), float(self._rows[row])
        return QRectF(
            left, top, float(self._columns[column + 1]) - left, float(self._rows[row + 1]) - top
        )

    def field_place(self) -> QRectF:
        """Return the pixels that the position sees, as a rectangle on the picture."""
        assert self.content is not None
        extent = self.content.picture.shape[:2]
        left, top, right, bottom = seen_pixels(self.content.field, self.position, extent)
        return QRectF(left, top, right - left + 1, bottom - top + 1)

    def position_at(self, point: QPointF) -> tuple[int, int] | None:
        """Return (row, column) of the map at a point of the widget, or None."""
        place = self.to_picture(point)
        if not QRectF(self._picture.rect()).contains(place):
            return None
        row = position_under(self._rows, place.y())
        column = position_under(self._columns, place.x())
        return None if row is None or column is None else (row, column)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the picture within the widget."""
        super().resizeEvent(event)
        self._keep_inside()

    def _keep_inside(self) -> None:
        scale = self._fit() * self.zoom
        room_x = max(0.0, self._picture.width() - self.width() / scale)
        room_y = max(0.0, self._picture.height() - self.height() / scale)
        self.origin = QPointF(
            min(max(self.origin.x(), 0.0), room_x), min(max(self.origin.y(), 0.0), room_y)
        )
        self.update()

    def zoom_by(self, factor: float, around: QPointF) -> None:
        """Zoom so that what is under a point of the widget stays there."""
        fixed = self.to_picture(around)
        self.zoom = min(max(self.zoom * factor, 1.0), LARGEST_ZOOM)
        scale = self._fit() * self.zoom
        self.origin = fixed - QPointF(around.x() / scale, around.y() / scale)
        self._keep_inside()

    def reset(self) -> None:
        """Show the whole picture."""
        self.zoom, self.origin = 1.0, QPointF(0, 0)
        self.update()

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint picture, map, the position and its receptive field, the focus."""
        if self.content is None:
            return
        painter = QPainter(self)
        frame = self.to_widget(QRectF(self._picture.rect()))
        painter.setClipRect(frame)
        smooth = QPainter.RenderHint.SmoothPixmapTransform
        pixel = self._fit() * self.zoom * self.devicePixelRatioF()
        painter.setRenderHint(smooth, pixel < PIXELS_SHOW)
        painter.drawImage(frame, self._picture)
        painter.setRenderHint(smooth, self.smooth)
        painter.setOpacity(self.opacity)
        self._paint_map(painter)
        painter.setOpacity(1.0)
        self._paint_marks(painter, frame)
        painter.end()

    def _paint_map(self, painter: QPainter) -> None:
        assert self.content is not None
        if not self.content.field.windows:
            whole = QRectF(
                QPointF(self._columns[0], self._rows[0]), QPointF(self._columns[-1], self._rows[-1])
            )
            painter.drawImage(self.to_widget(whole), self._map)
            return
        rows, columns = self.content.values.shape
        for row in range(rows):  # uneven windows, of adaptive pools: at most 4 by 4
            for column in range(columns):
                place = self.to_widget(self.cell_place(row, column))
                painter.drawImage(place, self._map, QRectF(column, row, 1, 1))

    def _paint_marks(self, painter: QPainter, frame: QRectF) -> None:
        cell = self.to_widget(self.cell_place(*self.position))
        painter.setPen(QPen(QColor("#FFFFFF"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(cell)
        inside = frame.adjusted(2, 2, -2, -2)
        paint_outline(painter, self.to_widget(self.field_place()).intersected(inside))
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.current().accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))

    # --- mouse and keyboard ----------------------------------------------------------

    def _pin(self, position: tuple[int, int] | None) -> None:
        if position != self._pinned:
            self._pinned = position
            self._tell()

    def _tell(self) -> None:
        self.update()
        self.probed.emit(self.position)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Probe the position under the pointer; with the button held, move the picture."""
        if self._drag is not None and event.buttons() & Qt.MouseButton.LeftButton:
            scale = self._fit() * self.zoom
            self.origin -= (event.position() - self._drag) / scale
            self._drag = event.position()
            self._keep_inside()
            return
        if self.content is not None:
            self._pin(self.position_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag = event.position()
        else:
            event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End dragging."""
        self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show the whole picture again."""
        self.reset()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer; at the whole picture, zooming out scrolls the dock."""
        turn = event.angleDelta().y()
        if turn == 0 or (turn < 0 and self.zoom == 1.0):
            event.ignore()
            return
        self.zoom_by(1.2 ** (turn / 120), event.position())
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Go back to the strongest position."""
        self._pin(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrows; Home goes to the strongest position; + - 0 zoom."""
        steps = {
            Key.Key_Left: (0, -1),
            Key.Key_Right: (0, 1),
            Key.Key_Up: (-1, 0),
            Key.Key_Down: (1, 0),
        }
        middle = QPointF(self.width() / 2, self.height() / 2)
        zooms = {Key.Key_Plus: 1.2, Key.Key_Equal: 1.2, Key.Key_Minus: 1 / 1.2}
        if self.content is None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
        elif event.key() in steps:
            self._step(*steps[Qt.Key(event.key())])
        elif event.key() in zooms:
            self.zoom_by(zooms[Qt.Key(event.key())], middle)
        elif event.key() == Key.Key_Home:
            self._pin(None)
        elif event.key() == Key.Key_0:
            self.reset()
        else:
            event.ignore()

    def _step(self, down: int, right: int) -> None:
        assert self.content is not None
        rows, columns = self.content.values.shape
        row, column = self.position
        self._pin((min(max(row + down, 0), rows - 1), min(max(column + right, 0), columns - 1)))
