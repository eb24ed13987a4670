"""One of the top photos as the network sees it, with the receptive field outlined."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...index_questions import TopPhoto
from ...questions import ReceptiveField
from .. import theme
from ..inspector.pictures import paint_outline
from ..pictures import image_of
from .tile_paint import GONE, figure, hairline

SIDE = 120
"""The picture's longer side, in logical pixels at the usual text size."""
Elide = Qt.TextElideMode


class WholePhoto(QWidget):
    """The picture at the left; its file, the activation and the place at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.photo: TopPhoto | None = None
        self._image: QImage | None = None
        self._field: ReceptiveField | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The photo that is pointed at")

    def set_photo(self, photo: TopPhoto | None, field: ReceptiveField | None) -> None:
        """Show a photo; ``field`` of the unit marks the position, too."""
        self.photo, self._field = photo, field
        has = photo is not None and photo.picture is not None
        self._image = image_of(photo.picture) if has else None
        self.setAccessibleDescription(" ".join(line for line, _ in self.lines()))
        self.setToolTip(photo.path if photo is not None else "")
        self.update()

    def lines(self) -> list[tuple[str, str]]:
        """Return what stands beside the picture, as (text, role)."""
        photo = self.photo
        if photo is None:
            return []
        path, (row, column) = Path(photo.path), photo.position
        left, top, right, bottom = photo.box
        said = [(path.name, "name"), (f"activation {figure(photo.activation)}", "number")]
        if photo.picture is None:
            return [*said, (photo.problem, "problem")]
        return [
            *said,
            (f"row {row}, column {column}", "muted"),
            (f"x {left} to {right - 1}", "muted"),
            (f"y {top} to {bottom - 1}", "muted"),
            (f"in {path.parent.name or path.parent}", "muted"),
        ]

    # --- geometry ---

    @property
    def side(self) -> int:
        """The picture's longer side, in logical pixels: the words beside it need as much."""
        return round(SIDE * max(1.0, theme.text_scale()))

    def sizeHint(self) -> QSize:
        """Return room for the picture and the words."""
        return QSize(264, self.side)

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(self.side + 72, self.side)

    def picture_place(self) -> QRectF:
        """Return where the picture is."""
        if self._image is None:
            return QRectF(0, 0, self.side, self.side)
        scale = self.side / max(self._image.width(), self._image.height())
        return QRectF(0, 0, self._image.width() * scale, self._image.height() * scale)

    def _on_picture(self, left: float, top: float, right: float, bottom: float) -> QRectF:
        assert self._image is not None
        place = self.picture_place()
        scale = place.width() / self._image.width()
        return QRectF(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale)

    def field_place(self) -> QRectF:
        """Return where the receptive field is outlined."""
        assert self.photo is not None
        inside = self.picture_place().adjusted(2, 2, -2, -2)
        return self._on_picture(*self.photo.box).intersected(inside)

    def _cell(self) -> QRectF | None:
        """Return the square of the position: one stride around its centre."""
        field = self._field
        if self.photo is None or field is None or field.stride == 0 or field.windows:
            return None
        row, column = self.photo.position
        x = field.first_centre(1) + column * field.stride + 0.5
        y = field.first_centre(0) + row * field.stride + 0.5
        half = field.stride / 2
        return self._on_picture(x - half, y - half, x + half, y + half)

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, the outline and the words."""
        if self.photo is None:
            return
        painter, colours = QPainter(self), theme.current()
        place = self.picture_place()
        if self._image is None:
            painter.fillRect(place, QColor(colours.window))
            painter.setFont(theme.font("small"))
            painter.setPen(QColor(colours.muted))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, GONE)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._image)
            hairline(painter, place, colours)
            self._marks(painter, place)
        self._words(painter, place.right() + 1.5 * theme.GRID)
        painter.end()

    def _marks(self, painter: QPainter, place: QRectF) -> None:
        painter.save()
        painter.setClipRect(place)
        paint_outline(painter, self.field_place())
        cell = self._cell()
        if cell is not None and cell.width() < 0.6 * self.field_place().width():
            painter.setPen(QPen(QColor("#FFFFFF"), 1))
            painter.drawRect(cell)
        painter.restore()

    def _words(self, painter: QPainter, left: float) -> None:
        colours, top = theme.current(), 0.0
        looks = {
            "name": (theme.font("body", bold=True), colours.text, Elide.ElideMiddle),
            "number": (theme.font("body"), colours.text, Elide.ElideRight),
            "muted": (theme.font("small"), colours.muted, Elide.ElideMiddle),
            "problem": (theme.font("small"), colours.error, Elide.ElideRight),
        }
        for text, role in self.lines():
            font, colour, mode = looks[role]
            metrics = QFontMetricsF(font)
            painter.setFont(font)
            painter.setPen(QColor(colour))
            room = QRectF(left, top, self.width() - left, metrics.height())
            if role == "problem":
                room.setBottom(self.height())
                flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop)
                painter.drawText(room, flags, text)
            else:
                painter.drawText(room, 0, metrics.elidedText(text, mode, room.width()))
            top += round(metrics.height() * 1.15)
