"""Tiles of cut-outs: where they stand and how one is painted, on the screen and on paper."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from ...index_questions import TopPhoto
from .. import theme
from ..maps.words import number
from ..theme import Theme

GAP = theme.GRID
LEAST, MOST = 56, 128
"""A tile's side, in logical pixels at the usual text size."""
PIXELS_SHOW = 3.0
"""From this many screen pixels for one of the picture on, it is drawn unsmoothed."""
GONE = "gone"


@dataclass(frozen=True)
class Grid:
    """Tiles in rows, each with a line of text below; lengths in logical pixels."""

    count: int
    columns: int
    side: int
    line: float

    @property
    def height(self) -> float:
        """Of all rows."""
        rows = math.ceil(self.count / self.columns)
        return rows * (self.side + self.line) + max(0, rows - 1) * GAP

    @property
    def width(self) -> int:
        """Of a full row."""
        return self.columns * (self.side + GAP) - GAP

    def tile(self, place: int) -> QRectF:
        """Return where a cut-out stands."""
        row, column = divmod(place, self.columns)
        top = row * (self.side + self.line + GAP)
        return QRectF(column * (self.side + GAP), top, self.side, self.side)

    def cell(self, place: int) -> QRectF:
        """Return where a cut-out with its line stands."""
        return self.tile(place).adjusted(0, 0, 0, self.line)

    def at(self, x: float, y: float) -> int:
        """Return the tile at a point, or -1."""
        return next((i for i in range(self.count) if self.cell(i).contains(x, y)), -1)


def figure(value: float) -> str:
    """Return an activation with three digits, so that those of a row are alike: ``"4.20"``."""
    return f"{value:#.3g}".rstrip(".") if 0.001 <= value < 1000 else number(value)


def arrange(count: int, width: float, line: float, scale: float = 1.0) -> Grid:
    """Return tiles that fill a width, in rows of nearly the same length."""
    fit = max(1, int((width + GAP) // (LEAST * scale + GAP)))
    rows = math.ceil(max(1, count) / fit)
    columns = math.ceil(max(1, count) / rows)
    side = int((width - GAP * (columns - 1)) // columns)
    return Grid(count, columns, max(24, min(side, round(MOST * scale))), line)


def reach(photos: Sequence[TopPhoto], size: int = 0) -> int:
    """Return the side, in the picture's pixels, that a tile stands for.

    Parameters
    ----------
    photos
        Those of the tiles.
    size
        Of the unit's receptive field; 0 where it is not known.
    """
    sides = [max(right - left, bottom - top) for left, top, right, bottom in _boxes(photos)]
    pictures = [one.picture for one in photos if one.picture is not None]
    most = max((max(picture.shape[:2]) for picture in pictures), default=size)
    return max([1, min(size, most), *sides])


def _boxes(photos: Sequence[TopPhoto]) -> list[tuple[int, int, int, int]]:
    return [one.box for one in photos if one.cut is not None]


def placed(photo: TopPhoto, frame: QRectF, side: int) -> QRectF:
    """Return where a cut-out lies in its tile, which stands for ``side`` pixels each way.

    What of the receptive field lies outside the picture stays empty, on that side.
    """
    assert photo.picture is not None
    left, top, right, bottom = photo.box
    height, width = photo.picture.shape[:2]
    scale = frame.width() / side
    x = _start(left, right, width, side)
    y = _start(top, bottom, height, side)
    return QRectF(
        frame.x() + x * scale,
        frame.y() + y * scale,
        (right - left) * scale,
        (bottom - top) * scale,
    )


def _start(first: int, end: int, extent: int, side: int) -> float:
    room = side - (end - first)
    if first == 0 and end < extent:
        return room
    return 0.0 if end == extent and first > 0 else room / 2


def paint_tile(
    painter: QPainter, photo: TopPhoto, image: QImage | None, frame: QRectF, side: int, look: Theme
) -> None:
    """Paint a cut-out, or that its photo is gone; what is outside the picture is hatched."""
    painter.fillRect(frame, QColor(look.window))
    if image is not None:
        painter.fillRect(frame, QBrush(QColor(look.border), Qt.BrushStyle.BDiagPattern))
    else:
        painter.setPen(QColor(look.muted))
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, GONE)
        return
    where = placed(photo, frame, side)
    ratio = painter.device().devicePixelRatioF()
    smooth = where.width() / image.width() * ratio < PIXELS_SHOW
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.drawImage(where, image)
    hairline(painter, frame, look)


def hairline(painter: QPainter, frame: QRectF, look: Theme) -> None:
    """Part a picture from a ground that may be as white or as black as it is."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(look.border), 1))
    painter.drawRect(frame.adjusted(0.5, 0.5, -0.5, -0.5))


def paint_number(
    painter: QPainter, photo: TopPhoto, grid: Grid, place: int, font: QFont, colour: str
) -> None:
    """Write the activation below its tile."""
    tile = grid.tile(place)
    box = QRectF(tile.left(), tile.bottom(), tile.width(), grid.line)
    text = figure(photo.activation)
    shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, shown)
