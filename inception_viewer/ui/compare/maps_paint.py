"""How compared maps are painted, on the screen and in a picture that is saved."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QTransform

from ...questions import Floats, Pixels
from .. import theme
from ..attribution.colouring import Colouring, coloured
from ..attribution.words import number
from ..attribution.zoom import Zoom
from ..maps.colour_bar import ramp
from ..pictures import image_of
from .maps_layout import GAP, Layout
from .rows import Sheet, letter

SWATCH = 4.0
FLAGS = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


@dataclass(frozen=True)
class Look:
    """With what it is painted: colours, fonts, the part that shows, what is read."""

    colours: theme.Theme
    body: QFont
    small: QFont
    zoom: Zoom
    point: tuple[int, int] | None = None


def sequential(limit: float) -> Colouring:
    """Return the colouring of activations from 0 up to a limit."""
    return Colouring(False, limit or 1.0, 100.0, 0.0)


def diverging(limit: float) -> Colouring:
    """Return the colouring of differences around 0."""
    return Colouring(True, limit or 1.0, 100.0, 0.0)


def cell_image(sheet: Sheet, row: int, column: int) -> QImage | None:
    """Return a map in its colours, a pixel for each position; None while it is not known."""
    values = sheet.cell(row, column)
    if values is None:
        return None
    if column < len(sheet.columns):
        return image_of(coloured(values, sequential(sheet.limits[row])))
    return image_of(coloured(values, diverging(sheet.difference_limit(row))))


def paint_titles(painter: QPainter, sheet: Sheet, layout: Layout, look: Look) -> None:
    """Paint each column's name and what the network says of the photo."""
    for column in range(sheet.count):
        line = layout.title(column)
        verdict, name = sheet.name(column), ""
        if column < len(sheet.columns):
            shown = sheet.columns[column]
            verdict = f"{letter(column)}  {shown.verdict or shown.name}"
            name = shown.name if shown.verdict else ""
        _words(painter, line, verdict, look.body, look.colours.text)
        if not layout.compact:
            _words(painter, line.translated(0, layout.line), name, look.small, look.colours.muted)


def _words(painter: QPainter, box: QRectF, words: str, font: QFont, colour: str) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    fitting = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, FLAGS, fitting)


def paint_photo(painter: QPainter, place: QRectF, picture: Pixels | None, look: Look) -> None:
    """Paint the part of what the network sees that the maps below show."""
    if picture is None:
        painter.fillRect(place, QColor(look.colours.raised))
        return
    source, zoom = look.zoom.source, look.zoom
    by_x, by_y = picture.shape[1] / zoom.width, picture.shape[0] / zoom.height
    part = QRectF(
        source.left() * by_x, source.top() * by_y, source.width() * by_x, source.height() * by_y
    )
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    painter.drawImage(place, image_of(picture), part)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    paint_cross(painter, place, look)


def paint_map(painter: QPainter, place: QRectF, image: QImage | None, look: Look) -> None:
    """Paint the part of a map that shows, each position a block."""
    if image is None:
        painter.fillRect(place, QColor(look.colours.raised))
        return
    painter.drawImage(place, image, look.zoom.source)
    paint_cross(painter, place, look)


def paint_cross(painter: QPainter, place: QRectF, look: Look) -> None:
    """Frame the position that is read."""
    if look.point is None:
        return
    row, column = look.point
    box = look.zoom.in_pane(QRectF(column, row, 1, 1), place).intersected(place)
    if box.isEmpty():
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, grow in (("#000000", 1.5), ("#ffffff", 0.5)):
        painter.setPen(QPen(QColor(colour), 1))
        painter.drawRect(box.adjusted(-grow, -grow, grow, grow))


def paint_value(
    painter: QPainter, place: QRectF, box: QRectF, values: Floats | None, look: Look
) -> None:
    """Write the value that is read, in a box below, beside or within its map."""
    if values is None or look.point is None:
        return
    words = number(float(values[look.point]))
    if place.contains(box.center()):
        painter.fillRect(box, QColor(look.colours.panel))
    _words(painter, box, words, look.small, look.colours.text)


def paint_row_title(painter: QPainter, sheet: Sheet, row: int, layout: Layout, look: Look) -> None:
    """Write what a row is, with its branch's colour beside it."""
    shown, box = sheet.rows[row], layout.cell(row, 0)
    place = QRectF(GAP, box.top(), layout.gutter - 2 * GAP, box.height())
    colour = theme.BRANCH.get(shown.branch, theme.NEUTRAL_BRANCH)
    painter.fillRect(QRectF(place.left(), box.top(), SWATCH, box.height()), QColor(colour))
    line = QRectF(place.left() + SWATCH + 6, box.top(), place.width() - SWATCH - 6, layout.line)
    under = "mean" if shown.channel is None else f"channel {shown.channel}"
    _words(painter, line, shown.name, look.body, look.colours.text)
    _words(painter, line.translated(0, layout.line), under, look.small, look.colours.muted)


def paint_bar(
    painter: QPainter, place: QRectF, chosen: Colouring, layout: Layout, look: Look
) -> None:
    """Paint a colour bar that stands upright, with its numbers beside it."""
    strip = ramp(chosen.table).transformed(QTransform().rotate(-90))
    painter.drawImage(place, strip, QRectF(0, 0, 1, 256))
    painter.setPen(QPen(QColor(look.colours.border), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))
    marks = [(0.0, number(chosen.limit)), (1.0, number(chosen.low) if chosen.signed else "0")]
    if chosen.signed and place.height() >= 3 * layout.line:
        marks.insert(1, (0.5, "0"))
    for at, words in marks:
        middle = place.top() + at * place.height()
        top = min(place.bottom() - layout.line, max(place.top(), middle - layout.line / 2))
        line = QRectF(place.right() + 4, top, layout.scale - place.width() - GAP - 4, layout.line)
        _words(painter, line, words, look.small, look.colours.text)


def paint_focus(painter: QPainter, place: QRectF, colours: theme.Theme, focused: bool) -> None:
    """Frame the selected cell; strongly while it has the keyboard."""
    painter.setPen(QPen(QColor(colours.accent if focused else colours.muted), 2 if focused else 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(place.adjusted(-3, -3, 3, 3))
