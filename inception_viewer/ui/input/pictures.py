"""The photo with the frame of what is cut from it, and what the network sees."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...questions import Pixels
from .. import theme
from ..inspector.pictures import paint_outline, to_image
from ..maps.restyle import refresh

MARGIN = 2.0
"""Room for the frame's lines."""
STALE = 0.35
"""Opacity of a picture that is not of what is being edited any more."""


class Picture(QWidget):
    """A picture, as large as there is room, with a frame on it.

    Parameters
    ----------
    name
        What it is, for people who cannot see it.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._frame: QRectF | None = None
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 96)
        theme.broadcast.changed.connect(self._restyle)

    def sizeHint(self) -> QSize:
        """Return a moderate square."""
        return QSize(208, 176)

    @property
    def frame(self) -> QRectF | None:
        """The frame, in shares of the picture; it may reach beyond."""
        return self._frame

    def set_picture(
        self,
        pixels: Pixels | None,
        frame: tuple[float, float, float, float] | None = None,
    ) -> None:
        """Show pixels, and a frame given as left, top, right, bottom in shares of them."""
        self._image = None if pixels is None else to_image(pixels)
        self._frame = None
        if frame is not None:
            left, top, right, bottom = frame
            self._frame = QRectF(left, top, right - left, bottom - top)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture; what lies outside the frame is dimmed."""
        painter = QPainter(self)
        if self._image is None:
            painter.fillRect(self.rect(), QColor(theme.current().window))
            painter.end()
            return
        place = self._place()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(1.0 if self.isEnabled() else STALE)
        painter.drawImage(place, self._image)
        if self._frame is not None:
            cut = self._on(place, self._frame)
            self._dim_outside(painter, place, cut)
            paint_outline(painter, cut)
        painter.end()

    def _place(self) -> QRectF:
        """Return where the picture goes, so that it and the frame are seen whole."""
        assert self._image is not None
        whole = QRectF(0, 0, 1, 1)
        if self._frame is not None:
            whole = whole.united(self._frame)
        size = QSize(self._image.width(), self._image.height())
        room = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        factor = min(
            room.width() / (whole.width() * size.width()),
            room.height() / (whole.height() * size.height()),
        )
        width, height = factor * size.width(), factor * size.height()
        spare_x, spare_y = room.width() - whole.width() * width, room.height()
        spare_y -= whole.height() * height
        left = room.left() + spare_x / 2 - whole.left() * width
        return QRectF(left, room.top() + spare_y / 2 - whole.top() * height, width, height)

    def _on(self, place: QRectF, shares: QRectF) -> QRectF:
        return QRectF(
            place.left() + shares.left() * place.width(),
            place.top() + shares.top() * place.height(),
            shares.width() * place.width(),
            shares.height() * place.height(),
        )

    def _dim_outside(self, painter: QPainter, place: QRectF, cut: QRectF) -> None:
        veil = QColor(theme.current().panel)
        veil.setAlphaF(0.6)
        kept = place.intersected(cut)
        for part in (
            QRectF(place.left(), place.top(), kept.left() - place.left(), place.height()),
            QRectF(kept.right(), place.top(), place.right() - kept.right(), place.height()),
            QRectF(kept.left(), place.top(), kept.width(), kept.top() - place.top()),
            QRectF(kept.left(), kept.bottom(), kept.width(), place.bottom() - kept.bottom()),
        ):
            if part.width() > 0 and part.height() > 0:
                painter.fillRect(part, veil)

    def _restyle(self, _theme: object) -> None:
        refresh(self)


def shares(
    crop: tuple[float, float, float, float], width: int, height: int
) -> tuple[float, float, float, float]:
    """Return a crop in a photo's pixels as shares of the photo."""
    left, top, right, bottom = crop
    return left / width, top / height, right / width, bottom / height
