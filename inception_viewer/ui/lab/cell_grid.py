"""The cells as they are painted: one widget, all zoomed and read together.

Only cells that show are painted. A map is coloured and scaled once for what is chosen and
kept; a paint does as much of that as fits its time and leaves the rest to the next, so
that no paint holds the window up, however many cells there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from weakref import WeakKeyDictionary

from PySide6.QtCore import QRectF, QSize, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap, QRegion
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...grade_questions import Measure
from .. import theme
from ..attribution.zoom import Zoom
from ..maps.restyle import refresh
from . import cell_paint as paint
from . import words
from .board import CellState
from .drawing import Drawing, Limits
from .geometry import LEAST, Grid, arrange, largest

PAINT_SECONDS = 0.01
"""How long one paint colours and scales maps before it leaves the rest to the next."""
COMFORTABLE = 144.0
"""Width of the pictures below which there are fewer words around them."""


class CellGrid(QWidget):
    """Shows the cells of a board; what is done to them by hand is :class:`LabCanvas`'s."""

    selected_changed = Signal(object)
    """Emitted with the :class:`Attribution` of the cell that is selected, or None."""
    pointed = Signal(object)
    """Emitted with the (row, column) that is read, or None."""
    scale_changed = Signal(object)
    """Emitted with the limit of one scale, or None where each map has its own."""
    settled = Signal()
    """Emitted when nothing is left to colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.limits = Limits()
        self._cells: list[CellState] = []
        self._drawing = Drawing()
        self._measures: Mapping[str, Measure] = {}
        self._classes: Sequence[str] = ()
        self._zoom = Zoom.whole(224, 224)
        self._point: tuple[int, int] | None = None
        self._selected: CellState | None = None
        self._room, self._bar = QSize(400, 300), 0
        self._hint, self._compact = "", False
        self._grid = arrange((400.0, 300.0), 0, 1.0, (30.0, 50.0), float(theme.GRID))
        self._drawn: WeakKeyDictionary[CellState, tuple[object, QPixmap]] = WeakKeyDictionary()
        self._shared: float | None = None
        self._again = QTimer(self, singleShot=True, interval=0)
        self._again.timeout.connect(self._go_on)
        self._pending = self._measuring = False
        self._spent, self._left = 0.0, QRegion()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.broadcast.changed.connect(self._restyle)

    # --- what is shown ---------------------------------------------------------------

    def set_cells(self, cells: Sequence[CellState]) -> None:
        """Show these, in this order; the selected one stays selected if it is among them."""
        self._cells = list(cells)
        if self._selected not in self._cells:
            self.select(self._cells[0] if self._cells else None)
        self._say()
        self._fit_zoom()
        self._lay_out()

    def set_drawing(self, drawing: Drawing) -> None:
        """Draw the maps another way."""
        self._drawing = drawing
        self._lay_out()

    def set_measures(self, measures: Mapping[str, Measure]) -> None:
        """Leave room below each cell for these grades."""
        self._measures = measures
        self._lay_out()

    def set_classes(self, classes: Sequence[str]) -> None:
        """Name the classes."""
        self._classes = classes
        self.update()

    def set_room(self, room: QSize, bar: int = 0) -> None:
        """Say how much shows at a time, and how wide the bar is once it scrolls."""
        self._room, self._bar = room, bar
        self._lay_out()

    def set_hint(self, sentence: str) -> None:
        """Say what to do while there is no cell."""
        self._hint = sentence
        self.update()

    def refresh_cell(self, state: CellState) -> None:
        """Paint a cell anew: something became known of it."""
        if self._fit_zoom():
            self.update()
        shared = self._shared
        self._measure_scale()
        if shared != self._shared:
            self.update()
        elif state in self._cells:
            place = self._cells.index(state)
            self.update(self._grid.cell(place).adjusted(-4, -4, 4, 4).toAlignedRect())
        if state is self._selected:
            self._say()

    @property
    def grid(self) -> Grid:
        """Where the cells stand."""
        return self._grid

    @property
    def cells(self) -> Sequence[CellState]:
        """What is shown, in order."""
        return tuple(self._cells)

    @property
    def drawing(self) -> Drawing:
        """How it is drawn."""
        return self._drawing

    @property
    def selected(self) -> CellState | None:
        """The cell that keys and the details are about."""
        return self._selected

    def select(self, state: CellState | None) -> None:
        """Select a cell."""
        if state is not self._selected:
            self._selected = state
            self.selected_changed.emit(state.question if state else None)
            self._say()
            self.update()

    def limit(self, state: CellState) -> float | None:
        """Return the magnitude at which a cell's colours end, None where there is no map."""
        answer = state.readable
        if answer is None:
            return None
        if self._shared is not None:
            return self._shared
        return self.limits.of(answer, self._drawing)

    @property
    def shared(self) -> float | None:
        """The limit of one scale, or None where each has its own."""
        return self._shared

    @property
    def zoom(self) -> Zoom:
        """The part of the pictures that shows."""
        return self._zoom

    def set_zoom(self, zoom: Zoom) -> None:
        """Show another part in all cells."""
        if zoom != self._zoom:
            self._zoom = zoom
            self.update()

    @property
    def point(self) -> tuple[int, int] | None:
        """The (row, column) that is read in all cells."""
        return self._point

    def set_point(self, point: tuple[int, int] | None) -> None:
        """Read the values at a (row, column) of the pictures, or none."""
        if point != self._point:
            self._point = point
            self.pointed.emit(point)
            self._say()
            self.update(self._pictures())

    def value(self, state: CellState) -> str:
        """Return what a cell's map says at the point, ``""`` where nothing is read."""
        if self._point is None or state.readable is None:
            return ""
        row, column = self._point
        at = (row + 0.5) / self._zoom.height, (column + 0.5) / self._zoom.width
        return words.value_text(state.readable, self._drawing, *at)

    @property
    def is_settled(self) -> bool:
        """Whether every map that shows is drawn as it is to be."""
        return not self._pending

    # --- layout ----------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """Return the height of all cells."""
        return QSize(round(LEAST) + 2 * theme.GRID, round(self._grid.total(len(self._cells))))

    def minimumSizeHint(self) -> QSize:
        """Return the height of all cells."""
        return self.sizeHint()

    @property
    def style_now(self) -> paint.Style:
        """What cells are painted by now."""
        return paint.Style(
            self._drawing,
            self._shared,
            self._zoom,
            self._point,
            any(words.check_text(state) for state in self._cells),
            self._measures,
            self._classes,
            self._compact,
            self._grid.width,
        )

    def _lay_out(self) -> None:
        self._measure_scale()
        self._compact = False
        self._compact = self._largest() < COMFORTABLE
        count, words_ = len(self._cells), self._words()
        for taken in (0, self._bar):
            room = float(self._room.width() - taken), float(self._room.height())
            self._grid = arrange(room, count, self._aspect, words_, float(theme.GRID))
            if self._grid.total(count) <= room[1]:
                break
        height = max(round(self._grid.total(count)), self._room.height())
        self.setFixedHeight(height)
        self.update()

    @property
    def _aspect(self) -> float:
        return self._zoom.width / self._zoom.height

    def _words(self) -> tuple[float, float]:
        """Return the height of the words above and below a picture."""
        style = self.style_now
        return paint.room_above(style), paint.room_below(style)

    def _largest(self) -> float:
        """Return the width of the largest pictures that all show at once."""
        room = float(self._room.width()), float(self._room.height())
        return largest(room, len(self._cells), self._aspect, self._words(), float(theme.GRID))

    def _fit_zoom(self) -> bool:
        """Take the size of the first picture there is; True if it is another one."""
        first = next((c.picture for c in self._cells if c.picture is not None), None)
        if first is None or first.shape[:2] == (self._zoom.height, self._zoom.width):
            return False
        self._zoom = Zoom.whole(first.shape[1], first.shape[0])
        self._point = None
        self._lay_out()
        return True

    def _measure_scale(self) -> None:
        """Take the limit of one scale, if one is wanted, from what is known by now."""
        if self._drawing.scale == "own":
            self._set_shared(None)
            self._measuring = False
            return
        answers = [one.readable for one in self._cells if one.readable is not None]
        complete = [answer for answer in answers if not answer.partial]
        deadline = perf_counter() + PAINT_SECONDS
        left = False
        for answer in complete:
            if not self.limits.known(answer, self._drawing):
                if perf_counter() > deadline:
                    left = True
                    break
                self.limits.of(answer, self._drawing)
        self._set_shared(self.limits.shared(complete, self._drawing))
        self._measuring = left
        if left:
            self._again.start()
            self._pending = True

    def _set_shared(self, limit: float | None) -> None:
        self._shared = limit
        self.scale_changed.emit(limit)

    def _go_on(self) -> None:
        """Draw what the last paint left, and take further maps into the one scale."""
        shared, left = self._shared, self._left
        if self._measuring:
            self._measure_scale()
        if shared != self._shared or left.isEmpty():
            self.update()
        else:
            self.update(left)

    def _pictures(self) -> QRegion:
        """Return where the pictures stand that may show."""
        region = QRegion()
        for place in self._visible(QRectF(self.visibleRegion().boundingRect())):
            region += QRegion(self._grid.picture(place).toAlignedRect())
        return region

    def _visible(self, box: QRectF) -> range:
        return self._grid.seen(box.top(), box.bottom(), len(self._cells))

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells that show, as many maps as there is time for."""
        painter = QPainter(self)
        style, region = self.style_now, event.region()
        self._pending = self._measuring
        self._spent, self._left = 0.0, QRegion()
        for place in self._visible(QRectF(event.rect())):
            state = self._cells[place]
            cell, picture = self._grid.cell(place), self._grid.picture(place)
            if not region.intersects(cell.adjusted(-4, -4, 4, 4).toAlignedRect()):
                continue
            self._paint_picture(painter, picture, state, style)
            above = QRectF(cell.left(), cell.top(), cell.width(), self._grid.above)
            below = QRectF(cell.left(), picture.bottom(), cell.width(), self._grid.below)
            if region.intersects(above.toAlignedRect()):
                paint.paint_above(painter, above, state, style)
            if region.intersects(below.adjusted(0, 2, 0, 0).toAlignedRect()):
                known = self._limit_if_known(state)
                paint.paint_below(painter, below, state, style, known)
        self._paint_selection(painter)
        if not self._cells and self._hint:
            box = QRectF(0, 0, self.width(), self._room.height())
            paint.paint_hint(painter, box, self._hint)
        painter.end()
        if self._pending:
            self._again.start()
        else:
            self.settled.emit()

    def _paint_picture(
        self, painter: QPainter, pane: QRectF, state: CellState, style: paint.Style
    ) -> None:
        sentence, role = _instead(state)
        if sentence:
            paint.paint_instead(painter, pane, sentence, role)
            return
        drawn = self._map_of(state, pane, style)
        if drawn is not None:
            painter.drawPixmap(pane.topLeft(), drawn)
        elif state.picture is not None and state.readable is None:
            self._paint_waiting(painter, pane, state)
        else:
            painter.fillRect(pane, QColor(theme.current().raised))
        paint.paint_point(painter, pane, style)
        value = self.value(state)
        if value:
            paint.paint_value(painter, pane, value)

    def _paint_waiting(self, painter: QPainter, pane: QRectF, state: CellState) -> None:
        """Paint the photo, dimmed: the map is still to come."""
        assert state.picture is not None
        paint.paint_pixels(painter, pane, state.picture, self._zoom)
        sheet = QColor(theme.current().panel)
        sheet.setAlpha(170)
        painter.fillRect(pane, sheet)

    def _map_of(self, state: CellState, pane: QRectF, style: paint.Style) -> QPixmap | None:
        """Return a map as it is drawn; an older drawing of it, or None, if time is up."""
        if state.readable is None or state.picture is None:
            return None
        ratio = self.devicePixelRatioF()
        size = pane.width(), pane.height()
        partial_own = self._shared is None
        key = (
            state.readable, id(state.picture), style.drawing, None if partial_own else self._shared,
            style.zoom, size, ratio,
        )  # fmt: skip
        held = self._drawn.get(state)
        if held is not None and held[0] == key:
            return held[1]
        if self._spent > PAINT_SECONDS:
            self._pending = True
            # With its words: where its colours end is known only then.
            rest = self._grid.across - self._grid.width, self._grid.below
            self._left += QRegion(pane.adjusted(0, 0, *rest).toAlignedRect())
            fits = held is not None and held[1].deviceIndependentSize() == pane.size()
            return held[1] if held is not None and fits else None
        began = perf_counter()
        limit = self.limit(state)
        assert limit is not None
        made = paint.render(state, style, limit, size, ratio)
        self._drawn[state] = key, made
        self._spent += perf_counter() - began
        return made

    def _limit_if_known(self, state: CellState) -> float | None:
        answer = state.readable
        if answer is None or not self.limits.known(answer, self._drawing):
            return None
        return self.limit(state)

    def _paint_selection(self, painter: QPainter) -> None:
        if self._selected in self._cells:
            place = self._cells.index(self._selected)
            paint.paint_ring(painter, self._grid, place, self.hasFocus())

    # --- upkeep ----------------------------------------------------------------------

    def _say(self) -> None:
        """Tell screen readers of the selected cell, and of the value that is read in it."""
        state = self._selected
        if state is None:
            self.setAccessibleDescription("")
            return
        value = self.value(state)
        read = ""
        if value and self._point is not None:
            read = f", {value} at row {self._point[0]}, column {self._point[1]}"
        self.setAccessibleDescription(words.spoken(state, self._classes, self._measures) + read)

    def _restyle(self, _: object = None) -> None:
        if refresh(self):
            self._lay_out()


def _instead(state: CellState) -> tuple[str, str]:
    """Return the sentence that stands in a map's place, and its role; empty where none does."""
    if state.status == "misfit":
        return state.sentence, "muted"
    if state.status == "failed":
        return state.sentence, "error"
    if state.answer is not None and state.answer.degenerate and not state.answer.partial:
        return state.answer.degenerate, "muted"
    return "", ""
