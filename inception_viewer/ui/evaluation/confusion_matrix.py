"""The confusion table as one painted picture: zoomed, panned, read under pointer and keys."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from .. import theme
from . import words
from .confusion_paint import LABEL_WIDTH, Cell, Frame, MatrixBrush, image_of
from .confusion_table import ConfusionTable, Levels, levels_of, shrunk

LARGEST_CELL = 40.0
"""Logical pixels of a cell at the highest zoom."""
STEP = 1.25
DRAG = 4
"""Pixels that the pointer moves before a press is a drag."""
Key = Qt.Key


class ConfusionMatrix(QAbstractScrollArea):
    """Rows are the truth, columns what a head said; all of it fits unless zoomed in.

    Names stand beside the cells where these are as high as a line of text.
    """

    pointed = Signal(object)
    """What is under the pointer, or else the selected cell, in a sentence."""
    chosen = Signal(object)
    """(was, said), classes of the network: Enter or a double click on a cell."""
    scaled = Signal(object)
    """The share that the highest colour stands for has changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table: ConfusionTable | None = None
        self.colour_map = "viridis"
        self.mistakes_only = False
        self.high = 1.0
        self.selected: Cell = (0, 0)
        self._hovered: Cell | None = None
        self._levels: Levels = np.zeros((0, 0), np.uint8)
        self._picture: tuple[object, QImage] | None = None
        self._zoom = 1.0
        self._press: QPointF | None = None
        self._grabbed: QPoint | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName("Confusion matrix")
        self.setMinimumSize(200, 96)
        theme.broadcast.changed.connect(self._restyle)

    # --- content ---

    def set_table(self, table: ConfusionTable) -> None:
        """Show a table; the zoom, and the cell that is selected, stay."""
        before = self.table
        kept = [int(before.places[at]) for at in self.selected] if before and before.size else []
        self.table = table
        if kept:
            found = [max(0, table.place_in(one)) for one in kept]
            self.selected = found[0], found[1]
        self._relevel()
        if before is None or before.size != table.size:
            self._lay_out()

    def set_mistakes_only(self, on: bool) -> None:
        """Leave the diagonal out, so that the colours are the mistakes'."""
        self.mistakes_only = on
        self._relevel()

    def _relevel(self) -> None:
        if self.table is None:
            return
        self._levels, self.high = levels_of(self.table, mistakes_only=self.mistakes_only)
        self._picture = None
        self.scaled.emit(self.high)
        self._tell()
        self.viewport().update()

    def select(self, was: int, said: int) -> None:
        """Select a cell by its classes and bring it into sight."""
        if self.table is None:
            return
        row, column = self.table.place_in(was), self.table.place_in(said)
        if row >= 0 and column >= 0:
            self._go_to((row, column))

    # --- geometry, in logical pixels ---

    @property
    def size_(self) -> int:
        """How many cells there are along a side."""
        return self.table.size if self.table else 0

    @property
    def cell(self) -> float:
        """The side of a cell."""
        return self._fitting() * self._zoom

    def _fitting(self) -> float:
        view = self.viewport()
        room = min(view.width() - LABEL_WIDTH, view.height() - self._line() - theme.GRID)
        fitting = max(40, room) / max(1, self.size_)
        return min(LARGEST_CELL, fitting)

    @staticmethod
    def _line() -> int:
        return QFontMetrics(theme.font("small")).height()

    @property
    def origin(self) -> QPointF:
        """Where the table's corner is; the names of the rows stand left of it."""
        side = self.cell * self.size_
        view = self.viewport()
        free = view.width() - LABEL_WIDTH - side
        left = LABEL_WIDTH + max(0.0, min(free, free / 2))
        top = float(self._line() + 4)
        return QPointF(
            left - self.horizontalScrollBar().value(), top - self.verticalScrollBar().value()
        )

    def cell_at(self, point: QPointF) -> Cell | None:
        """Return (row, column) at a point of the viewport, or None."""
        if point.x() < LABEL_WIDTH or point.y() < self._line() + 4:
            return None
        place = (point - self.origin) / self.cell
        row, column = math.floor(place.y()), math.floor(place.x())
        inside = 0 <= row < self.size_ and 0 <= column < self.size_
        return (row, column) if inside else None

    def rect_of(self, cell: Cell) -> QRectF:
        """Return where a cell is."""
        side, corner = self.cell, self.origin
        return QRectF(corner.x() + cell[1] * side, corner.y() + cell[0] * side, side, side)

    def _lay_out(self) -> None:
        side = self.cell * self.size_
        room_x = self.viewport().width() - LABEL_WIDTH
        room_y = self.viewport().height() - self._line() - 4
        for bar, room in ((self.horizontalScrollBar(), room_x), (self.verticalScrollBar(), room_y)):
            bar.setPageStep(max(1, int(room)))
            bar.setSingleStep(max(1, round(self.cell)))
            bar.setRange(0, max(0, math.ceil(side - room)) if self._zoom > 1 else 0)
        self.viewport().update()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Make the cells larger or smaller around a point; not smaller than all of it fits."""
        centre = QPointF(self.viewport().rect().center())
        at = at or (self.rect_of(self.selected).center() if self.size_ else centre)
        world = (at - self.origin) / self.cell
        most = max(1.0, LARGEST_CELL / self._fitting())
        self._zoom = min(most, max(1.0, self._zoom * factor))
        self._picture = None
        self._lay_out()
        moved = self.origin + world * self.cell - at
        for bar, by in (
            (self.horizontalScrollBar(), moved.x()),
            (self.verticalScrollBar(), moved.y()),
        ):
            bar.setValue(bar.value() + round(by))
        self.viewport().update()

    def fit(self) -> None:
        """Show all of it."""
        self._zoom, self._picture = 1.0, None
        self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the table, its names, the selected cell and what the pointer is on."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.current().panel))
        if self.table is not None and self.size_:
            frame = Frame(self.viewport().rect(), self.origin, self.cell, self._line())
            brush = MatrixBrush(painter, frame, self.table)
            brush.cells(self._image(), self._factor())
            for cell, colour in self._marked():
                brush.mark(cell, colour, 2.0 if self.hasFocus() else 1.5)
            brush.axes(self.selected[0])
        painter.end()

    def _marked(self) -> list[tuple[Cell, str]]:
        colours = theme.current()
        marks = [(self.selected, colours.accent)]
        return [(self._hovered, colours.muted), *marks] if self._hovered else marks

    def _factor(self) -> int:
        """Return how many cells share a pixel of the screen, along a side."""
        return max(1, math.floor(1 / max(1e-6, self.cell * self.devicePixelRatioF())))

    def _image(self) -> QImage:
        """Return the table as a picture, as many pixels as can be seen."""
        key = (self._factor(), self.colour_map, theme.current().name)
        if self._picture is None or self._picture[0] != key:
            self._picture = key, image_of(shrunk(self._levels, key[0]), self.colour_map)
        return self._picture[1]

    # --- words ---

    def sentence(self, cell: Cell) -> str:
        """Return a cell in words."""
        assert self.table is not None
        row, column = cell
        names, counts = self.table.names, self.table.counts
        total = int(self.table.totals[row])
        return words.cell(names[row], names[column], int(counts[row, column]), total)

    def _tell(self) -> None:
        if not self.size_:
            self.pointed.emit("")
            return
        self.pointed.emit(self.sentence(self._hovered or self.selected))
        said = self.sentence(self.selected)
        if said != self.accessibleDescription():
            self.setAccessibleDescription(said)
            if self.hasFocus():
                event = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
                QAccessible.updateAccessibility(event)

    # --- mouse ---

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the cell under the pointer, or move the table with it."""
        if self._press is not None and event.buttons() & Qt.MouseButton.LeftButton:
            moved = event.position() - self._press
            if self._grabbed is None and moved.manhattanLength() > DRAG:
                bars = self.horizontalScrollBar(), self.verticalScrollBar()
                self._grabbed = QPoint(bars[0].value(), bars[1].value())
            if self._grabbed is not None:
                self.horizontalScrollBar().setValue(round(self._grabbed.x() - moved.x()))
                self.verticalScrollBar().setValue(round(self._grabbed.y() - moved.y()))
                return
        self._hover(self.cell_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._press, self._grabbed = event.position(), None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Select the cell that was clicked."""
        cell = self.cell_at(event.position())
        clicked = self._press is not None and self._grabbed is None
        self._press = self._grabbed = None
        if clicked and cell is not None:
            self._go_to(cell)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for a cell's photos."""
        cell = self.cell_at(event.position())
        if cell is not None:
            self._go_to(cell)
            self._choose()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer."""
        turned = event.angleDelta().y()
        if turned:
            self.zoom(STEP ** (turned / 120), event.position())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Forget what was under the pointer once it has gone."""
        if event.type() == QEvent.Type.Leave:
            self._hover(None)
        return bool(super().viewportEvent(event))

    def _hover(self, cell: Cell | None) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self._tell()
            self.viewport().update()

    # --- keyboard ---

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the arrows, zoom with + and -, fit with 0; Enter asks for the photos."""
        row, column = self.selected
        page, last = max(1, self.size_ // 10), self.size_ - 1
        steps: dict[int, Cell] = {
            Key.Key_Left: (row, column - 1),
            Key.Key_Right: (row, column + 1),
            Key.Key_Up: (row - 1, column),
            Key.Key_Down: (row + 1, column),
            Key.Key_PageUp: (row - page, column),
            Key.Key_PageDown: (row + page, column),
            Key.Key_Home: (row, 0),
            Key.Key_End: (row, last),
        }
        acts: dict[int, Callable[[], None]] = {
            Key.Key_Plus: lambda: self.zoom(STEP),
            Key.Key_Equal: lambda: self.zoom(STEP),
            Key.Key_Minus: lambda: self.zoom(1 / STEP),
            Key.Key_0: self.fit,
            Key.Key_Return: self._choose,
            Key.Key_Enter: self._choose,
        }
        if event.key() in steps and self.size_:
            to = steps[event.key()]
            self._go_to((min(last, max(0, to[0])), min(last, max(0, to[1]))))
        elif event.key() in acts:
            acts[event.key()]()
        else:
            event.ignore()

    def _go_to(self, cell: Cell) -> None:
        self.selected = cell
        rect = self.rect_of(cell)
        view = QRectF(self.viewport().rect()).adjusted(LABEL_WIDTH, self._line() + 4, 0, 0)
        for bar, low, high, first, last in (
            (self.horizontalScrollBar(), rect.left(), rect.right(), view.left(), view.right()),
            (self.verticalScrollBar(), rect.top(), rect.bottom(), view.top(), view.bottom()),
        ):
            over = min(0.0, low - first) + max(0.0, high - last)
            bar.setValue(bar.value() + round(over))
        self._tell()
        self.viewport().update()

    def _choose(self) -> None:
        if self.table is not None and self.size_:
            row, column = self.selected
            self.chosen.emit((int(self.table.places[row]), int(self.table.places[column])))

    # --- size and colours ---

    def sizeHint(self) -> QSize:
        """Return room for a table that can be read."""
        return QSize(480, 360)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again."""
        super().resizeEvent(event)
        self._picture = None
        self._lay_out()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Paint anew: the names stay where they are."""
        self.viewport().update()

    def _restyle(self, _theme: object) -> None:
        self._picture = None
        self._lay_out()
