"""The brush over the panes: its gestures, its round cursor, and the stroke while it is wet."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from ...edit_questions import Fill, Stroke
from .strokes import LEAST, Drawing, unseen
from .zoom import Zoom

STEP = 1.2
"""By how much [ and ] change the size."""
GREY = QColor(128, 128, 128)
WET = QColor(128, 128, 128, 190)
"""Where the paint itself is not known before the network's picture comes."""
BARE = QColor(255, 255, 255, 110)
HINT = "Paint to hide. Right button or Shift erases, [ and ] change the size, Esc ends."


class Brushing(QObject):
    """What the brush is and does; places are in pixels of the picture."""

    stroked = Signal(object, object)
    """Emitted with all strokes of the gesture so far, and whether it has ended."""
    radius_changed = Signal(object)
    """Emitted with the radius that a key or the wheel chose."""
    changed = Signal()
    """Emitted when it looks otherwise."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_on = False
        self.radius = 12.0
        self.fill: Fill = "grey"
        self.eraser = False
        self._at: QPointF | None = None
        self._drawing: Drawing | None = None
        self._pending: tuple[Stroke, ...] = ()
        """Of gestures that have ended, as far as the picture may not show them yet."""
        self._shown: tuple[Stroke, ...] = ()
        self._pane: QRectF | None = None

    # --- what it is ---

    def set_on(self, on: bool) -> None:
        """Take the brush up or lay it down."""
        if on != self.is_on:
            self.end()
            self.is_on, self._at = on, None
            self.changed.emit()

    def set_radius(self, radius: float) -> None:
        """Take another size, in pixels of the picture."""
        self.radius = min(LEAST[1], max(LEAST[0], radius))
        self.changed.emit()

    def resize(self, steps: float) -> None:
        """Grow, or shrink by negative steps, as a key or the wheel says."""
        self.set_radius(round(self.radius * STEP**steps, 1))
        self.radius_changed.emit(self.radius)

    # --- a stroke ---

    @property
    def is_drawing(self) -> bool:
        """Whether a stroke is under way."""
        return self._drawing is not None

    @property
    def is_over_picture(self) -> bool:
        """Whether the cursor shows."""
        return self._at is not None

    @property
    def pane(self) -> QRectF | None:
        """The pane that the stroke under way began in."""
        return self._pane

    def begin(self, at: QPointF, erases: bool, pane: QRectF | None = None) -> None:
        """Put the brush down."""
        self.end()
        self._at, self._pane = at, pane
        self._drawing = Drawing((at.x(), at.y()), self.radius, erases != self.eraser)
        self._tell()

    def go_to(self, at: QPointF | None) -> None:
        """Move the brush; a stroke that is under way follows. None: it is nowhere."""
        self._at = at
        if at is not None and self._drawing is not None and self._drawing.go_to((at.x(), at.y())):
            self._tell()
        self.changed.emit()

    def end(self) -> None:
        """Lift the brush."""
        drawing = self._drawing
        if drawing is not None:
            self._pending += drawing.strokes
            self._drawing = self._pane = None
            self.stroked.emit(drawing.strokes, True)

    def drop(self) -> None:
        """Lift the brush without a word: the picture under it has gone."""
        self._drawing, self._pane, self._pending = None, None, ()
        self.changed.emit()

    def settle(self, shown: Sequence[Stroke], final: bool) -> None:
        """Take the strokes that the picture has; with ``final`` nothing more of them is to come."""
        self._shown = tuple(shown)
        self._pending = () if final else unseen(self._pending, shown)
        self.changed.emit()

    @property
    def wet(self) -> tuple[Stroke, ...]:
        """What was drawn and the picture does not show yet."""
        drawn = self._drawing.strokes if self._drawing is not None else ()
        return unseen((*self._pending, *drawn), self._shown)

    def _tell(self) -> None:
        assert self._drawing is not None
        self.changed.emit()
        self.stroked.emit(self._drawing.strokes, False)

    # --- painting ---

    def paint(self, painter: QPainter, pane: QRectF, zoom: Zoom) -> None:
        """Paint what is wet, and the cursor, into a pane."""
        wet = self.wet
        if not wet and (self._at is None or not self.is_on):
            return
        painter.save()
        painter.setClipRect(pane)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = pane.width() / zoom.source.width()
        for stroke in wet:
            _paint_stroke(painter, stroke, pane, zoom, self._paint_of(stroke))
        if self.is_on and self._at is not None:
            centre = zoom.in_pane(QRectF(self._at, self._at), pane).topLeft()
            _paint_ring(painter, centre, self.radius * scale, self._erases)
        painter.restore()

    @property
    def _erases(self) -> bool:
        return self._drawing.erases if self._drawing is not None else self.eraser

    def _paint_of(self, stroke: Stroke) -> QColor:
        if stroke.erases:
            return BARE
        return GREY if self.fill == "grey" else WET


def _paint_stroke(
    painter: QPainter, stroke: Stroke, pane: QRectF, zoom: Zoom, colour: QColor
) -> None:
    corners = (QPointF(*at) for at in stroke.points)
    places = [zoom.in_pane(QRectF(at, at), pane).topLeft() for at in corners]
    path = QPainterPath(places[0])
    for place in places[1:]:
        path.lineTo(place)
    width = 2 * stroke.radius * pane.width() / zoom.source.width()
    if len(places) == 1:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(places[0], width / 2, width / 2)
        return
    round_ends, round_corners = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
    painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, round_ends, round_corners))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)


def _paint_ring(painter: QPainter, centre: QPointF, radius: float, erases: bool) -> None:
    """Paint a circle of the brush's size that is seen on any picture."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    style = Qt.PenStyle.DashLine if erases else Qt.PenStyle.SolidLine
    painter.setPen(QPen(QColor("#000000"), 3))
    painter.drawEllipse(centre, radius, radius)
    painter.setPen(QPen(QColor("#FFFFFF"), 1.5, style))
    painter.drawEllipse(centre, radius, radius)
