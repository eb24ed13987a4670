"""A table of modules by branches, heat-coloured around zero, with its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from .. import theme
from ..attribution.colouring import Colouring, coloured
from ..maps.restyle import refresh
from .words import short_module

Place = tuple[str, str]
"""A module and a branch or reduction."""
CORNER = 8.0
"""Side of the mark in a cell's corner, in pixels."""
LEAST_CELL = 46
CENTRE = Qt.AlignmentFlag.AlignCenter


@dataclass(frozen=True, eq=False)
class Heat:
    """What a table shows.

    Attributes
    ----------
    title
        What the numbers are.
    values
        By module and column.
    texts
        What is written in the cells, by place.
    marked
        Cells with a corner.
    sentences
        What is said of each cell, for tool tips and screen readers.
    spreads
        What is written behind the texts where there is room.
    """

    title: str
    values: Mapping[str, Mapping[str, float]]
    texts: Mapping[Place, str]
    marked: AbstractSet[Place] = frozenset()
    sentences: Mapping[Place, str] = field(default_factory=dict)
    spreads: Mapping[Place, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[str]:
        """The modules, from the input on."""
        return list(self.values)

    @property
    def columns(self) -> list[str]:
        """The branches, and the reductions if there are any."""
        return list(next(iter(self.values.values()), {}))

    @property
    def colouring(self) -> Colouring:
        """Diverging around zero, to the largest magnitude."""
        every = [abs(v) for row in self.values.values() for v in row.values() if np.isfinite(v)]
        return Colouring(True, max(every, default=0.0) or 1.0, 100.0, 0.0)


@dataclass(frozen=True)
class Grid:
    """Where the cells are, in logical pixels."""

    left: float
    top: float
    width: float
    height: float

    def cell(self, row: int, column: int) -> QRectF:
        """Return a cell's place."""
        return QRectF(
            self.left + column * self.width, self.top + row * self.height, self.width, self.height
        )


class HeatTable(QWidget):
    """Painted; arrows, Home and End walk, a click or Enter chooses a cell."""

    chosen = Signal(object)
    """(module, column) of the cell that was clicked or entered."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heat: Heat | None = None
        self._at = (0, 0)
        self._selected: Place | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.broadcast.changed.connect(self._restyle)

    # --- content ---------------------------------------------------------------------

    def set_heat(self, heat: Heat | None) -> None:
        """Show these numbers; the keyboard stays where it is, if it can."""
        self.heat = heat
        if heat is not None:
            rows, columns = len(heat.rows), len(heat.columns)
            self._at = (min(self._at[0], rows - 1), min(self._at[1], columns - 1))
            self.setAccessibleName(heat.title)
        self._describe()
        self.updateGeometry()
        self.update()

    def set_selected(self, place: Place | None) -> None:
        """Frame a cell; the keyboard goes there."""
        self._selected = place
        heat = self.heat
        if heat is not None and place is not None:
            module, column = place
            if module in heat.values and column in heat.columns:
                self._at = heat.rows.index(module), heat.columns.index(column)
        self._describe()
        self.update()

    @property
    def focused(self) -> Place | None:
        """The cell that the keyboard is on."""
        if self.heat is None or not self.heat.rows:
            return None
        return self.heat.rows[self._at[0]], self.heat.columns[self._at[1]]

    # --- geometry --------------------------------------------------------------------

    def grid(self) -> Grid:
        """Return where the cells are."""
        heat, metrics = self.heat, QFontMetricsF(theme.font("small", bold=True))
        left = round(metrics.horizontalAdvance("5b ")) + theme.GRID
        columns = max(1, len(heat.columns)) if heat is not None else 4
        width = max(1.0, (self.width() - left - 2) // columns)
        return Grid(left, round(2 * metrics.height() + 8), width, self._row_height())

    def _row_height(self) -> float:
        metrics = QFontMetricsF(theme.font("small"))
        return float(max(theme.TARGET, round(metrics.height() + 6)))

    def sizeHint(self) -> QSize:
        """Return room for every row, and comfortable cells."""
        rows = len(self.heat.rows) if self.heat is not None else 9
        least = self.minimumSizeHint()
        return QSize(least.width() + 64, round(self.grid().top + rows * self._row_height()) + 2)

    def minimumSizeHint(self) -> QSize:
        """Return room for the numbers."""
        columns = len(self.heat.columns) if self.heat is not None else 4
        rows = len(self.heat.rows) if self.heat is not None else 9
        grid = self.grid()
        cell = round(LEAST_CELL * theme.text_scale())
        height = round(grid.top + rows * self._row_height()) + 2
        return QSize(round(grid.left) + columns * cell + 2, height)

    def place_at(self, point: QPointF) -> Place | None:
        """Return the cell at a point, or None."""
        heat, grid = self.heat, self.grid()
        if heat is None or point.x() < grid.left or point.y() < grid.top:
            return None
        row = int((point.y() - grid.top) // grid.height)
        column = int((point.x() - grid.left) // grid.width)
        inside = row < len(heat.rows) and column < len(heat.columns)
        return (heat.rows[row], heat.columns[column]) if inside else None

    def rect_of(self, place: Place) -> QRectF:
        """Return where a cell is."""
        assert self.heat is not None
        row, column = self.heat.rows.index(place[0]), self.heat.columns.index(place[1])
        return self.grid().cell(row, column)

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the headings, the cells and the marks."""
        if self.heat is None:
            return
        painter = QPainter(self)
        grid = self.grid()
        paint_heat(painter, self.heat, grid, theme.current(), theme.font("small"))
        if self._selected is not None and self._selected[0] in self.heat.values:
            self._frame(painter, self.rect_of(self._selected), theme.current().accent, 3)
        focused = self.focused
        if self.hasFocus() and focused is not None:
            inset = 4 if focused == self._selected else 0
            rect = self.rect_of(focused).adjusted(inset, inset, -inset, -inset)
            self._frame(painter, rect, theme.current().text, 2)
        painter.end()

    def _frame(self, painter: QPainter, rect: QRectF, colour: str, width: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for name, thick in ((theme.current().panel, width + 2), (colour, width)):
            painter.setPen(QPen(QColor(name), thick, j=Qt.PenJoinStyle.MiterJoin))
            half = (width + 2) / 2
            painter.drawRect(rect.adjusted(half, half, -half, -half))

    # --- gestures --------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the cell under the pointer."""
        place = self.place_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self.set_selected(place)
            self.chosen.emit(place)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk; Enter or Space chooses."""
        heat = self.heat
        if heat is None or not heat.rows:
            return event.ignore()
        row, column = self._at
        last = len(heat.rows) - 1, len(heat.columns) - 1
        steps = {
            Qt.Key.Key_Left: (row, column - 1),
            Qt.Key.Key_Right: (row, column + 1),
            Qt.Key.Key_Up: (row - 1, column),
            Qt.Key.Key_Down: (row + 1, column),
            Qt.Key.Key_Home: (0, 0),
            Qt.Key.Key_End: last,
        }
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.set_selected(self.focused)
            self.chosen.emit(self.focused)
        elif event.key() in steps:
            wanted = steps[Qt.Key(event.key())]
            self._at = min(last[0], max(0, wanted[0])), min(last[1], max(0, wanted[1]))
            self._describe()
            self.update()
        else:
            event.ignore()
        return None

    def event(self, event: QEvent) -> bool:
        """Say what a cell holds as its tool tip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip(event.pos()), self)
            return True
        return bool(super().event(event))

    def tip(self, point: QPoint) -> str:
        """Return what is said of the cell at a point."""
        place = self.place_at(QPointF(point))
        return self.said(place) if place is not None else ""

    def said(self, place: Place) -> str:
        """Return what is said of a cell."""
        assert self.heat is not None
        module, column = place
        text = f"{module}/{column}: {self.heat.texts.get(place, '')}"
        return self.heat.sentences.get(place) or text

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring and name the cell."""
        self._describe()
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        self.update()
        super().focusOutEvent(event)

    def _describe(self) -> None:
        place = self.focused
        words = self.said(place) if place is not None else ""
        if words and place == self._selected:
            words += " Selected."
        if words == self.accessibleDescription():
            return
        self.setAccessibleDescription(words)
        if self.hasFocus():
            change = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
            QAccessible.updateAccessibility(change)

    def _restyle(self, _: object = None) -> None:
        refresh(self)


# --- painting, for the screen and for exports ----------------------------------------


def paint_heat(
    painter: QPainter, heat: Heat, grid: Grid, colours: theme.Theme, font: QFont
) -> None:
    """Paint a table with its title and headings above and the modules' names beside it."""
    bold = QFont(font)
    bold.setBold(True)
    metrics = QFontMetricsF(bold)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(bold)
    painter.setPen(QColor(colours.text))
    width = grid.left + grid.width * len(heat.columns)
    title = metrics.elidedText(heat.title, Qt.TextElideMode.ElideRight, width)
    painter.drawText(QRectF(0, 0, width, metrics.height()), Qt.AlignmentFlag.AlignLeft, title)
    for column, name in enumerate(heat.columns):
        _heading(painter, name, grid, column, metrics, colours)
    chosen = heat.colouring
    for row, module in enumerate(heat.rows):
        painter.setFont(bold)
        painter.setPen(QColor(colours.text))
        beside = QRectF(0, grid.top + row * grid.height, grid.left - 6, grid.height)
        painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, short_module(module))
        values = heat.values[module]
        pixels = coloured(np.array([list(values.values())], np.float32), chosen)[0]
        painter.setFont(font)
        for column, name in enumerate(values):
            _cell(painter, grid.cell(row, column), heat, (module, name), pixels[column])


def _heading(
    painter: QPainter,
    name: str,
    grid: Grid,
    column: int,
    metrics: QFontMetricsF,
    colours: theme.Theme,
) -> None:
    box = grid.cell(0, column)
    top = grid.top - metrics.height() - 6
    branch = name.split("_")[0]
    stripe = QRectF(box.left() + 1, grid.top - 5, box.width() - 2, 3)
    painter.fillRect(stripe, QColor(theme.BRANCH.get(branch, theme.NEUTRAL_BRANCH)))
    painter.setPen(QColor(colours.text))
    words = name if metrics.horizontalAdvance(name) <= box.width() else name.replace("_reduce", "r")
    painter.drawText(QRectF(box.left(), top, box.width(), metrics.height()), CENTRE, words)


def _cell(
    painter: QPainter,
    box: QRectF,
    heat: Heat,
    place: Place,
    pixel: Sequence[int],
) -> None:
    ground = QColor(*(int(value) for value in pixel))
    painter.fillRect(box.adjusted(1, 1, -1, -1), ground)
    painter.setPen(QColor(ink(ground)))
    text = heat.texts.get(place, "")
    more = heat.spreads.get(place, "")
    both = f"{text} {more}"
    fits = painter.fontMetrics().horizontalAdvance(both) <= box.width() - 2 * CORNER
    painter.drawText(box, CENTRE, both if more and fits else text)
    if place in heat.marked:
        corner = box.adjusted(1, 1, -1, -1).topRight()
        triangle = [corner, corner - QPointF(CORNER, 0), corner + QPointF(0, CORNER)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ink(ground)))
        painter.drawPolygon(QPolygonF(triangle))


def ink(ground: QColor) -> str:
    """Return black or white, whichever stands out more from a ground."""
    parts = (ground.redF(), ground.greenF(), ground.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else "#FFFFFF"
