"""The tiles: one for each photo, the strongest first; a click or Enter opens it."""

from __future__ import annotations

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
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...index_questions import TopPhoto
from .. import theme
from ..pictures import image_of
from . import words
from .tile_paint import Grid, arrange, paint_number, paint_tile, reach

Key = Qt.Key
OPENING = (Key.Key_Return, Key.Key_Enter, Key.Key_Space)


class PhotoTiles(QWidget):
    """A painted grid; arrows, Home and End move the focus."""

    looked = Signal(object)
    """The place (int) of the photo that is pointed at, else of the one with the focus."""
    opened = Signal(object)
    """The :class:`TopPhoto` that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.photos: tuple[TopPhoto, ...] = ()
        self._images: list[QImage | None] = []
        self._side = 1
        self._cursor, self._hovered, self._pressed = 0, -1, -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Top photos, the strongest first")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_photos(self, photos: tuple[TopPhoto, ...], field: int) -> None:
        """Show these; ``field`` is the size of the receptive field, 0 if it is not known."""
        self.photos = photos
        self._images = [None if one.cut is None else image_of(one.cut) for one in photos]
        self._side = reach(photos, field)
        self._cursor, self._hovered, self._pressed = 0, -1, -1
        self.updateGeometry()
        self._tell()

    @property
    def place(self) -> int:
        """Whose photo is looked at; -1 while there is none."""
        if not self.photos:
            return -1
        return self._hovered if self._hovered >= 0 else self._cursor

    # --- geometry ---

    def grid(self, width: int | None = None) -> Grid:
        """Return the tiles' places at a width, by default its own."""
        line = float(round(QFontMetricsF(theme.font("small")).height() * 1.25))
        wide = self.width() if width is None else width
        return arrange(len(self.photos), wide, line, max(1.0, theme.text_scale()))

    def hasHeightForWidth(self) -> bool:
        """Return True: the narrower, the more rows."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of all rows."""
        return round(self.grid(width).height) if self.photos else 0

    def sizeHint(self) -> QSize:
        """Return three tiles' width."""
        return QSize(264, self.heightForWidth(264))

    def minimumSizeHint(self) -> QSize:
        """Return one tile's width."""
        return QSize(72, 24 if self.photos else 0)

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the tiles, their activations, and what is pointed at or has the focus."""
        painter, look, grid = QPainter(self), theme.current(), self.grid()
        for place, photo in enumerate(self.photos):
            font = theme.font("small", bold=place == self.place)
            painter.setFont(font)
            paint_tile(painter, photo, self._images[place], grid.tile(place), self._side, look)
            paint_number(painter, photo, grid, place, font, look.text)
            if place == self.place:
                self._frame(painter, grid.tile(place), focused=self.hasFocus())
        painter.end()

    def _frame(self, painter: QPainter, tile: QRectF, *, focused: bool) -> None:
        look = theme.current()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.accent if focused else look.muted), 2))
        painter.drawRect(tile.adjusted(1, 1, -1, -1))

    # --- mouse and keyboard ---

    def _at(self, point: QPointF) -> int:
        return self.grid().at(point.x(), point.y())

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            over = place >= 0
            shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            self._tell()

    def _tell(self) -> None:
        place = self.place
        said = words.photo(self.photos[place], place, len(self.photos)) if place >= 0 else ""
        self.setAccessibleDescription(said)
        self.update()
        self.looked.emit(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Look at the photo under the pointer."""
        self._hover(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Look at the one with the focus again."""
        self._hover(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Note which one is pressed."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._at(event.position())
            if self._pressed >= 0:
                self._cursor = self._pressed
                self._tell()
        else:
            event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open the photo that was pressed, if the pointer is still over it."""
        pressed, self._pressed = self._pressed, -1
        if pressed >= 0 and pressed == self._at(event.position()):
            self._open(pressed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step with the arrows, Home and End; Enter and Space open."""
        last, columns = len(self.photos) - 1, self.grid().columns
        steps = {
            Key.Key_Left: self._cursor - 1,
            Key.Key_Right: self._cursor + 1,
            Key.Key_Up: self._cursor - columns,
            Key.Key_Down: self._cursor + columns,
            Key.Key_Home: 0,
            Key.Key_End: last,
        }
        key = Key(event.key())
        if self.photos and key in steps:
            self._hovered = -1
            self._cursor = steps[key] if 0 <= steps[key] <= last else self._cursor
            self._tell()
        elif self.photos and key in OPENING:
            self._open(self._cursor)
        else:
            event.ignore()

    def _open(self, place: int) -> None:
        if self.photos[place].picture is not None:
            self.opened.emit(self.photos[place])

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the focus is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that it has gone."""
        super().focusOutEvent(event)
        self.update()
