"""Small pictures: the photo with its crop, the exact input, conv1's filters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...questions import Floats, ImageInfo, Pixels
from .. import theme


def to_image(pixels: Pixels) -> QImage:
    """Return an RGB picture (height, width, 3) as a QImage of its own."""
    packed = np.ascontiguousarray(pixels)
    height, width, _ = packed.shape
    return QImage(packed.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def paint_outline(painter: QPainter, place: QRectF, *, dashed: bool = False) -> None:
    """Draw a frame that shows on any picture: white between two dark lines."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    for colour, width, line in (
        ("#000000", 4.0, Qt.PenStyle.SolidLine),
        ("#FFFFFF", 2.0, style),
    ):
        painter.setPen(QPen(QColor(colour), width, line, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(place)


@dataclass(frozen=True, eq=False)
class InputPictures:
    """The photo with its crop, and the exact input.

    ``crop`` is (left, top, right, bottom) as shares of the photo's size, or None where
    the whole photo is used.
    """

    exact: QImage
    photo: QImage | None
    crop: tuple[float, float, float, float] | None


def input_pictures(
    picture: Pixels, crop: tuple[float, float, float, float], photo: ImageInfo | None
) -> InputPictures:
    """Return what to draw; the photo is left out where the crop is the whole of it."""
    if photo is None:
        return InputPictures(to_image(picture), None, None)
    left, top, right, bottom = crop
    shares = left / photo.width, top / photo.height, right / photo.width, bottom / photo.height
    whole = np.allclose(shares, (0, 0, 1, 1), atol=0.002)
    if whole:
        return InputPictures(to_image(picture), None, None)
    return InputPictures(to_image(picture), to_image(photo.thumbnail), shares)


class InputPanel(QWidget):
    """Both pictures side by side with a word below each."""

    HEIGHT = 112

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures: InputPictures | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_pictures(self, pictures: InputPictures | None) -> None:
        """Show these pictures."""
        self.pictures = pictures
        words = "The exact picture the network sees"
        if pictures is not None and pictures.photo is not None:
            words = "The photo with the crop marked, and the exact picture the network sees"
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the pictures and a line of words."""
        line = QFontMetrics(theme.font("small")).height()
        return QSize(240, self.HEIGHT + line + 4)

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(160, self.sizeHint().height())

    def places(self) -> tuple[QRectF, QRectF]:
        """Return where the photo (empty if it is not shown) and the input are."""
        assert self.pictures is not None
        exact, photo = self.pictures.exact, self.pictures.photo
        wide_exact = exact.width() / exact.height()
        wide_photo = photo.width() / photo.height() if photo is not None else 0.0
        gap = 2 * theme.GRID if photo is not None else 0
        height = min(float(self.HEIGHT), (self.width() - gap) / (wide_exact + wide_photo))
        width = height * wide_photo
        return QRectF(0, 0, width, height), QRectF(width + gap, 0, height * wide_exact, height)

    def crop_place(self) -> QRectF:
        """Return where the crop's frame is drawn."""
        assert self.pictures is not None
        assert self.pictures.crop is not None
        place, (left, top, right, bottom) = self.places()[0], self.pictures.crop
        return QRectF(
            place.x() + left * place.width(),
            place.y() + top * place.height(),
            (right - left) * place.width(),
            (bottom - top) * place.height(),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures, the crop and the words."""
        if self.pictures is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        left, right = self.places()
        if self.pictures.photo is not None:
            painter.drawImage(left, self.pictures.photo)
            crop = self.crop_place()
            shade = QColor(0, 0, 0, 120)
            for part in _around(left, crop):
                painter.fillRect(part, shade)
            paint_outline(painter, crop.intersected(left.adjusted(1, 1, -1, -1)))
            self._caption(painter, left, "photo and crop")
        painter.drawImage(right, self.pictures.exact)
        self._caption(painter, right, "exact input")
        painter.end()

    def _caption(self, painter: QPainter, below: QRectF, words: str) -> None:
        painter.setFont(theme.font("small"))
        painter.setPen(QColor(theme.current().muted))
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(below.width()) + 8)
        place = QRectF(below.left(), below.bottom() + 3, below.width() + 8, metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft, shown)


def _around(outer: QRectF, inner: QRectF) -> list[QRectF]:
    """Four rectangles: what of ``outer`` lies outside ``inner``."""
    inner = inner.intersected(outer)
    return [
        QRectF(outer.left(), outer.top(), outer.width(), inner.top() - outer.top()),
        QRectF(outer.left(), inner.bottom(), outer.width(), outer.bottom() - inner.bottom()),
        QRectF(outer.left(), inner.top(), inner.left() - outer.left(), inner.height()),
        QRectF(inner.right(), inner.top(), outer.right() - inner.right(), inner.height()),
    ]


def filter_pixels(kernel: Floats) -> Pixels:
    """Return a filter's signed weights (height, width, 3) as colours around mid-grey.

    A weight of 0 is mid-grey (128) in each of red, green and blue; the filter's own
    largest absolute weight reaches 255 or 1.
    """
    largest = float(np.abs(kernel).max(initial=0.0)) or 1.0
    made: Pixels = np.rint(128 + 127 * (kernel / largest)).astype(np.uint8)
    return made


class FilterPicture(QWidget):
    """conv1's filter, each weight a square of one colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self.setFixedHeight(16 * theme.GRID)

    def set_filter(self, kernel: Floats) -> None:
        """Show a filter (height, width, 3)."""
        self._image = to_image(filter_pixels(kernel))
        self.setAccessibleName(f"Filter of {kernel.shape[0]} by {kernel.shape[1]} weights")
        self.update()

    def place(self) -> QRectF:
        """Return where the filter is: whole logical pixels for every weight."""
        assert self._image is not None
        cell = max(1, min(self.height(), self.width()) // self._image.height())
        return QRectF(0, 0, cell * self._image.width(), cell * self._image.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the squares, unsmoothed."""
        if self._image is not None:
            painter = QPainter(self)
            painter.drawImage(self.place(), self._image)
            painter.end()
