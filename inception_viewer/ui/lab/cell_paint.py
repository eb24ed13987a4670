"""Paints one cell: words above, the map, its scale and words below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPixmap

from ...grade_questions import Measure
from ...questions import Pixels
from .. import theme
from ..attribution.scale_bar import paint_scale, paint_strip
from ..attribution.words import number
from ..attribution.zoom import Zoom
from ..head_marks import SIDE, paint_mark
from ..pictures import image_of
from ..progress import bar_value
from . import words
from .board import CellState
from .contours import Segments, contours
from .drawing import Drawing, colouring_of, composed, in_channels
from .geometry import Grid
from .words import BETWEEN

STRIP = 6.0
PINNED = "pinned"
HALO = QColor(0, 0, 0, 110)
CHIP = QColor(0, 0, 0, 190)
PLUS_MINUS, UP_TO = "\N{PLUS-MINUS SIGN}", "0 to "


@dataclass(frozen=True)
class Style:
    """What all cells are painted by.

    Attributes
    ----------
    drawing
        The colours.
    shared
        The limit of one scale, or None: each its own.
    zoom
        The part that shows, of a picture of the zoom's size.
    point
        (row, column) that is read, of the same, or None.
    checks
        Whether any map has a check of its own, which then stands below the cells.
    measures
        Those whose grades stand below the cells, a line each.
    classes
        The checkpoint's.
    compact
        Whether there are as few words as possible: a line above, the scale in one line.
    width
        Of a picture, in logical pixels.
    small, bold
        The fonts: making one takes longer than painting a word.
    """

    drawing: Drawing
    shared: float | None
    zoom: Zoom
    point: tuple[int, int] | None
    checks: bool
    measures: Mapping[str, Measure]
    classes: Sequence[str]
    compact: bool = False
    width: float = 0.0
    small: QFont = field(default_factory=lambda: theme.font("small"))
    bold: QFont = field(default_factory=lambda: theme.font("small", bold=True))

    @cached_property
    def line(self) -> float:
        """The height of a line of words."""
        return float(int(QFontMetricsF(self.small).height() + 1))

    @property
    def tells_scale(self) -> bool:
        """Whether each cell has its own scale below it; else one stands above the grid."""
        return self.shared is None or self.drawing.channels == "rgb"


def room_above(style: Style) -> float:
    """Return the height of the words above a picture."""
    return (1 if style.compact else 2) * style.line + 2


def room_below(style: Style) -> float:
    """Return the height of what stands below a picture."""
    checks = style.checks and not style.compact
    lines = 1 + int(checks) + len(style.measures)
    return 4 + _scale_room(style) + lines * style.line


def _scale_room(style: Style) -> float:
    if not style.tells_scale:
        return 0.0
    return style.line if style.compact else STRIP + 2 + style.line


# --- the picture ---------------------------------------------------------------------


def part_of(zoom: Zoom, width: int, height: int) -> QRectF:
    """Return the part of a picture of any size that a zoom shows."""
    source, sx, sy = zoom.source, width / zoom.width, height / zoom.height
    return QRectF(source.left() * sx, source.top() * sy, source.width() * sx, source.height() * sy)


def render(
    state: CellState, style: Style, limit: float, size: tuple[float, float], ratio: float
) -> QPixmap:
    """Return a cell's map as it is drawn, ``size`` logical pixels large."""
    answer, picture = state.readable, state.picture
    assert answer is not None
    assert picture is not None
    pixels = composed(answer, picture, style.drawing, limit)
    made = QPixmap(max(1, round(size[0] * ratio)), max(1, round(size[1] * ratio)))
    made.setDevicePixelRatio(ratio)
    painter = QPainter(made)
    pane = QRectF(0, 0, *size)
    paint_pixels(painter, pane, pixels, style.zoom)
    if style.drawing.contours:
        paint_contours(painter, pane, contours(answer.map, style.drawing.signed), style.zoom)
    painter.end()
    return made


def paint_pixels(painter: QPainter, pane: QRectF, pixels: Pixels, zoom: Zoom) -> None:
    """Paint the part that shows: enlarged pixels stay squares, shrunk ones are averaged."""
    image = image_of(pixels).convertToFormat(QImage.Format.Format_RGB32)
    part = part_of(zoom, image.width(), image.height())
    dots = pane.width() * painter.device().devicePixelRatio()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, dots < part.width())
    painter.drawImage(pane, image, part)


def paint_contours(
    painter: QPainter, pane: QRectF, found: tuple[Segments, Segments], zoom: Zoom
) -> None:
    """Paint lines, white on black; those around what speaks against are dashed."""
    part = part_of(zoom, 1, 1)
    painter.save()
    painter.setClipRect(pane)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for segments, style in zip(found, (Qt.PenStyle.SolidLine, Qt.PenStyle.DotLine), strict=True):
        lines = [
            QLineF(
                pane.left() + (x1 - part.left()) / part.width() * pane.width(),
                pane.top() + (y1 - part.top()) / part.height() * pane.height(),
                pane.left() + (x2 - part.left()) / part.width() * pane.width(),
                pane.top() + (y2 - part.top()) / part.height() * pane.height(),
            )
            for x1, y1, x2, y2 in segments.tolist()
        ]
        for colour, width in (("#000000", 2.5), ("#FFFFFF", 1.0)):
            pen = QPen(QColor(colour), width)
            pen.setStyle(style if colour == "#FFFFFF" else Qt.PenStyle.SolidLine)
            painter.setPen(pen)
            if lines:
                painter.drawLines(lines)
    painter.restore()


def paint_instead(painter: QPainter, pane: QRectF, sentence: str, role: str) -> None:
    """Paint a sentence where the map would be."""
    colours = theme.current()
    painter.fillRect(pane, QColor(colours.raised))
    painter.setPen(QColor(colours.border))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(pane.adjusted(0.5, 0.5, -0.5, -0.5))
    painter.setFont(theme.font("small"))
    painter.setPen(QColor({"error": colours.error}.get(role, colours.muted)))
    box = pane.adjusted(theme.GRID, theme.GRID, -theme.GRID, -theme.GRID)
    painter.save()
    painter.setClipRect(pane)
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(box, int(flags), sentence)
    painter.restore()


def paint_hint(painter: QPainter, box: QRectF, sentence: str) -> None:
    """Paint what to do in the middle of an empty grid."""
    painter.setFont(theme.font())
    painter.setPen(QColor(theme.current().muted))
    room = box.adjusted(2 * theme.GRID, 0, -2 * theme.GRID, 0)
    painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), sentence)


def paint_point(painter: QPainter, pane: QRectF, style: Style) -> None:
    """Paint the cross hair through the pixel that is read."""
    if style.point is None:
        return
    row, column = style.point
    box = style.zoom.in_pane(QRectF(column, row, 1, 1), pane)
    centre = box.center()
    painter.save()
    painter.setClipRect(pane)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    away = max(5.0, box.width() / 2 + 2)
    for colour, width in ((HALO, 3), (QColor("#FFFFFF"), 1)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            start = centre + QPointF(dx * away, dy * away)
            painter.drawLine(start, centre + QPointF(dx * 4000, dy * 4000))
    painter.restore()


def paint_value(painter: QPainter, pane: QRectF, text: str) -> None:
    """Paint the value that is read, on a ground of its own, at the picture's foot.

    Values that are too long for one line stand one below the other.
    """
    painter.setFont(theme.font("small"))
    metrics = QFontMetricsF(painter.font())
    room = pane.width() - theme.GRID
    lines = [text] if metrics.horizontalAdvance(text) <= room else text.split(BETWEEN)
    width = min(pane.width(), max(map(metrics.horizontalAdvance, lines)) + theme.GRID)
    height = len(lines) * metrics.height() + 4
    chip = QRectF(pane.left(), pane.bottom() - height, width, height)
    painter.fillRect(chip, CHIP)
    painter.setPen(QColor("#FFFFFF"))
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, "\n".join(lines))


# --- the words -----------------------------------------------------------------------


def paint_above(painter: QPainter, box: QRectF, state: CellState, style: Style) -> None:
    """Paint the title, and what was explained."""
    colours = theme.current()
    painter.setFont(style.bold)
    painter.setPen(QColor(colours.text))
    title = f"{PINNED}{words.DOT}{state.cell.title}" if state.pinned else state.cell.title
    room = _marked(painter, box, state, style)
    _line(painter, room, 0, title, style)
    taken = room.left() + _width(painter, title) + theme.GRID
    painter.setFont(style.small)
    painter.setPen(QColor(colours.warning if words.is_noise(state) else colours.muted))
    said = words.what_text(state, style.classes)
    if not style.compact:
        _line(painter, box, style.line, said, style)
    elif box.right() - taken > 3 * theme.GRID:
        _line(painter, QRectF(taken, box.top(), box.right() - taken, 0), 0, said, style)


def _marked(painter: QPainter, box: QRectF, state: CellState, style: Style) -> QRectF:
    """Paint the mark of the cell's head where it says something; return what is left."""
    note = words.marked_head(state)
    if note is None:
        return box
    top = box.top() + (style.line - SIDE) / 2
    paint_mark(painter, QRectF(box.left(), top, SIDE, SIDE), note.head, note.state)
    return box.adjusted(SIDE + 4, 0, 0, 0)


def paint_below(
    painter: QPainter, box: QRectF, state: CellState, style: Style, limit: float | None
) -> None:
    """Paint the scale, time and cost, the check, and the grades."""
    painter.setFont(style.small)
    colours, line, top = theme.current(), style.line, 4.0
    if limit is not None and style.tells_scale:
        place = QRectF(box.left(), box.top() + top, min(box.width(), style.width), 0)
        _scale(painter, place, state, style, limit)
    top += _scale_room(style)
    fails = words.fails_check(state)
    painter.setPen(QColor(colours.warning if fails and style.compact else colours.muted))
    said = words.compact_text(state) if style.compact else words.status_text(state)
    _line(painter, box, top, f"{words.WARNING}{said}" if fails and style.compact else said, style)
    if state.status == "running":
        _progress(painter, QRectF(box.left(), box.top() + 1, style.width, 3), state.fraction)
    if style.checks and not style.compact:
        top += line
        painter.setPen(QColor(colours.warning if fails else colours.muted))
        _line(painter, box, top, words.check_text(state), style)
    painter.setPen(QColor(colours.text))
    for measure in style.measures.values():
        top += line
        _line(painter, box, top, words.grade_text(measure, state), style)


def _scale(painter: QPainter, place: QRectF, state: CellState, style: Style, limit: float) -> None:
    colours, answer = theme.current(), state.readable
    painter.setPen(QColor(colours.muted))
    line = QRectF(place.left(), place.top(), place.width(), style.line)
    if answer is not None and in_channels(answer, style.drawing):
        zero = "grey is 0" if style.drawing.signed else "black is 0"
        said = f"RGB: {zero}, ends at {number(limit)}"
        if style.compact:
            said = f"RGB {PLUS_MINUS if style.drawing.signed else UP_TO}{number(limit)}"
        _line(painter, line, 0 if style.compact else STRIP + 1, said, style)
        return
    chosen = colouring_of(style.drawing, limit)
    if not style.compact:
        paint_scale(painter, place, chosen, colours.muted, colours.border, STRIP)
        return
    said = f"{PLUS_MINUS if style.drawing.signed else UP_TO}{number(limit)}"
    strip = max(32.0, line.width() - _width(painter, said) - theme.GRID)
    band = QRectF(line.left(), line.center().y() - STRIP / 2, strip, STRIP)
    paint_strip(painter, band, chosen, colours.border)
    painter.setPen(QColor(colours.muted))
    painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), said)


def _width(painter: QPainter, text: str) -> float:
    return QFontMetricsF(painter.font()).horizontalAdvance(text)


def _progress(painter: QPainter, box: QRectF, fraction: float) -> None:
    colours = theme.current()
    painter.fillRect(box, QColor(colours.border))
    done = QRectF(box.left(), box.top(), box.width() * bar_value(fraction) / 1000, box.height())
    painter.fillRect(done, QColor(colours.accent))


def _line(painter: QPainter, box: QRectF, top: float, text: str, style: Style) -> None:
    if not text:
        return
    metrics = QFontMetricsF(painter.font())
    place = QRectF(box.left(), box.top() + top, box.width(), style.line)
    elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)


def paint_ring(painter: QPainter, grid: Grid, place: int, focused: bool) -> None:
    """Paint a ring around the selected cell, stronger where the keyboard is."""
    colours = theme.current()
    pen = QPen(QColor(colours.accent if focused else colours.muted), 2 if focused else 1)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    out = grid.gap / 2 - 1
    painter.drawRoundedRect(grid.cell(place).adjusted(-out, -out, out, out), 4, 4)
