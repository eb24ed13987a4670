"""The grid taken in hand: pointer and keys zoom, move, read and select in all cells at once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from ..attribution.zoom import Zoom
from . import words
from .board import CellState
from .cell_grid import CellGrid

HINT = (
    "Point at a pixel for its value in every cell. Ctrl and the wheel zoom, dragging moves, a "
    "double click shows all; arrow keys move the cross hair, with Ctrl they choose a cell."
)
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class LabCanvas(CellGrid):
    """Shows the cells of a board.

    The wheel zooms at the pointer in all cells (with Ctrl where the grid scrolls), dragging
    moves, a double click shows all. Arrow keys move the cross hair (with Shift by eight
    pixels), Home puts it on the selected cell's strongest pixel, + and - zoom at it, 0 shows
    all. Ctrl with an arrow, Home or End selects a cell, Enter asks for its details.
    """

    opened = Signal()
    """Emitted when the selected cell's details are asked for."""
    shown = Signal(object)
    """Emitted with the QRectF that should be scrolled to."""
    pin_toggled = Signal()
    """Emitted when the selected cell shall be pinned, or let go."""
    menu_requested = Signal(object)
    """Emitted with the QPoint, on the screen, where the selected cell's menu shall open."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dragged: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Grid of attributions")

    def cell_at(self, point: QPointF) -> CellState | None:
        """Return the cell at a point of the widget."""
        place = self._grid.at(point, len(self._cells))
        return None if place is None else self._cells[place]

    def _pane_at(self, point: QPointF) -> QRectF | None:
        place = self._grid.at(point, len(self._cells))
        pane = None if place is None else self._grid.picture(place)
        return pane if pane is not None and pane.contains(point) else None

    def event(self, event: QEvent) -> bool:
        """Tell all of a cell's words where the pointer rests on some of them."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = QPointF(event.pos())
            state = self.cell_at(at) if self._pane_at(at) is None else None
            told = words.told(state, self._classes, self._measures) if state is not None else ""
            QToolTip.showText(event.globalPos(), told, self)
            return True
        return bool(super().event(event))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; where the grid scrolls, only with Ctrl."""
        pane = self._pane_at(event.position())
        scrolls = self.height() > self._room.height()
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if pane is None or (scrolls and not control):
            event.ignore()
            return
        at = self._zoom.on_picture(event.position(), pane)
        self.set_zoom(self._zoom.zoomed(1.25 ** (event.angleDelta().y() / 120), at))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select a cell, and start to drag."""
        state = self.cell_at(event.position())
        if state is not None:
            self.select(state)
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the values under the pointer, or move the pictures while dragging."""
        pane = self._pane_at(event.position())
        if self._dragged is not None and self._zoom.factor > 1:
            scale = self._zoom.source.width() / self._grid.width
            moved = self._dragged - event.position()
            self.set_zoom(self._zoom.moved(moved.x() * scale, moved.y() * scale))
            self._dragged = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif pane is None:
            self.set_point(None)
        else:
            at = self._zoom.on_picture(event.position(), pane)
            row = min(self._zoom.height - 1, max(0, int(at.y())))
            self.set_point((row, min(self._zoom.width - 1, max(0, int(at.x())))))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stop dragging."""
        self._dragged = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all of the pictures again."""
        self.set_zoom(Zoom.whole(self._zoom.width, self._zoom.height))

    def leaveEvent(self, event: QEvent) -> None:
        """Stop reading when the pointer leaves."""
        self.set_point(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cross hair or the selection, or zoom."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        acted = self._select_by_key(event.key()) if control else self._act_on_key(event)
        if not acted:
            super().keyPressEvent(event)

    def _select_by_key(self, key: int) -> bool:
        count = len(self._cells)
        if not count:
            return False
        at = self._cells.index(self._selected) if self._selected in self._cells else 0
        columns = self._grid.columns
        steps = {
            Qt.Key.Key_Left: at - 1, Qt.Key.Key_Right: at + 1, Qt.Key.Key_Up: at - columns,
            Qt.Key.Key_Down: at + columns, Qt.Key.Key_Home: 0, Qt.Key.Key_End: count - 1,
        }  # fmt: skip
        if key not in steps:
            return False
        place = min(count - 1, max(0, steps[Qt.Key(key)]))
        self.select(self._cells[place])
        self.shown.emit(self._grid.cell(place))
        return True

    def _act_on_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key in _STEPS:
            far = 8 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = _STEPS[Qt.Key(key)]
            row, column = self._point or self._middle()
            self._step_to(row + far * dy, column + far * dx)
            return True
        acts: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Home: lambda: self._step_to(*self._strongest()),
            Qt.Key.Key_Plus: lambda: self._zoom_by(1.25),
            Qt.Key.Key_Equal: lambda: self._zoom_by(1.25),
            Qt.Key.Key_Minus: lambda: self._zoom_by(1 / 1.25),
            Qt.Key.Key_0: lambda: self.set_zoom(Zoom.whole(self._zoom.width, self._zoom.height)),
            Qt.Key.Key_P: self.pin_toggled.emit,
            Qt.Key.Key_Return: self.opened.emit,
            Qt.Key.Key_Enter: self.opened.emit,
        }
        if key in acts:
            acts[key]()
        return key in acts

    def _zoom_by(self, factor: float) -> None:
        row, column = self._point or self._middle()
        self.set_zoom(self._zoom.zoomed(factor, QPointF(column + 0.5, row + 0.5)))

    def _step_to(self, row: int, column: int) -> None:
        row = min(self._zoom.height - 1, max(0, row))
        column = min(self._zoom.width - 1, max(0, column))
        self.set_zoom(self._zoom.showing(column, row))
        self.set_point((row, column))

    def _middle(self) -> tuple[int, int]:
        return int(self._zoom.y), int(self._zoom.x)

    def _strongest(self) -> tuple[int, int]:
        """Return the pixel of the selected map's largest magnitude, or the middle."""
        answer = self._selected.readable if self._selected else None
        if answer is None:
            return self._middle()
        return words.strongest(answer, self._zoom.height, self._zoom.width)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of the cell under the pointer; by key, of the selected one."""
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            state, at = self.cell_at(QPointF(event.pos())), event.globalPos()
            if state is not None:
                self.select(state)
        else:
            state = self._selected
            place = self._cells.index(state) if state in self._cells else 0
            at = self.mapToGlobal(self._grid.picture(place).center().toPoint())
        if state is not None:
            self.menu_requested.emit(at)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus ring and say the selected cell."""
        self._say()
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Weaken the ring."""
        self.update()
        super().focusOutEvent(event)
