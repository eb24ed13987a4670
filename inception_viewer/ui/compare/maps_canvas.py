"""Compared maps on the screen: one painted widget, zoomed, moved and read together."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme
from ..attribution.words import number
from ..attribution.zoom import Zoom
from ..maps.restyle import refresh
from . import maps_paint as paint
from .maps_layout import GAP, Layout, arrange
from .rows import Sheet

HINT = (
    "Point at a position for its value in every photo. Ctrl and the wheel zoom, dragging moves, a "
    "double click shows all; arrow keys move what is read, with Ctrl they choose a map, Enter "
    "looks at its photo and channel."
)
SHORT_HINT = "Point at a map to read it in every photo; Ctrl and the wheel zoom."
_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
WIDEST = "\N{MINUS SIGN}0.00123"
"""A number as wide as any on a colour bar."""


class MapsCanvas(QWidget):
    """Shows a :class:`Sheet`.

    Arrow keys move the position that is read, with Ctrl they choose a map; + and - zoom at it,
    0 shows all, Enter asks for the selected map's photo and channel.
    """

    pointed = Signal(object)
    """Emitted with the (row, column) of the maps that is read, or None."""
    opened = Signal(object)
    """Emitted with the (row, column) of the map to look at; row -1 is a photo itself."""
    selected_changed = Signal(object)
    """Emitted with the (row, column) of the selected map."""
    shown = Signal(object)
    """Emitted with the QRectF that should be scrolled to."""
    menu_requested = Signal(object)
    """Emitted with the QPoint, on the screen, where the menu shall open."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet, self.zoom = Sheet(), Zoom.whole(1, 1)
        self.point: tuple[int, int] | None = None
        self.selected = (0, 0)
        self._images: dict[tuple[int, int], QImage | None] = {}
        self._dragged: QPointF | None = None
        self._room = 640.0, 320.0
        self.layout_ = arrange(self._room, 1, 1, 1.0, (88.0, 64.0, 16.0), False)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Maps of several photos")
        self.setWhatsThis(HINT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.broadcast.changed.connect(self._restyle)

    # --- what is shown ---------------------------------------------------------------

    def set_sheet(self, sheet: Sheet) -> None:
        """Show these maps; the part that shows stays, if they are of the same size."""
        height, width = sheet.shape
        if (height, width) != (self.zoom.height, self.zoom.width):
            self.zoom, self.point = Zoom.whole(width, height), None
        self.sheet = sheet
        self._images.clear()
        row = min(self.selected[0], max(0, len(sheet.rows) - 1))
        self.selected = row, min(self.selected[1], max(0, sheet.count - 1))
        self._lay_out()
        self._say()

    def set_room(self, width: float, height: float) -> None:
        """Say how wide it may be, and how much of its height shows at a time."""
        if (width, height) != self._room:
            self._room = width, height
            self._lay_out()

    def set_zoom(self, zoom: Zoom) -> None:
        """Show another part, in all."""
        if zoom != self.zoom:
            self.zoom = zoom
            self.update()

    def set_point(self, point: tuple[int, int] | None) -> None:
        """Read the values at a (row, column) of the maps, or none."""
        if point != self.point:
            self.point = point
            self.pointed.emit(point)
            self._say()
            self.update()

    def select(self, row: int, column: int) -> None:
        """Select a map."""
        row = min(max(0, len(self.sheet.rows) - 1), max(0, row))
        column = min(max(0, self.sheet.count - 1), max(0, column))
        if (row, column) != self.selected:
            self.selected = row, column
            self.selected_changed.emit(self.selected)
        self.shown.emit(self.layout_.cell(row, column))
        self._say()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of all."""
        return QSize(round(self.layout_.total_width), round(self.layout_.total_height))

    def _lay_out(self) -> None:
        small, body = QFontMetricsF(theme.font("small")), QFontMetricsF(theme.font())
        gutter = 2 * GAP + 12 + max(
            small.horizontalAdvance("channel 8888"),
            *(body.horizontalAdvance(row.name) for row in self.sheet.rows), 0.0
        )  # fmt: skip
        words = min(gutter, 176.0), small.horizontalAdvance(WIDEST) + 24, float(int(body.height()))
        height, width = self.sheet.shape
        parted = self.sheet.difference is not None
        columns, rows = max(1, self.sheet.count), len(self.sheet.rows)
        self.layout_ = arrange(self._room, columns, rows, height / width, words, parted)
        self.setMinimumWidth(round(self.layout_.total_width))
        self.setFixedHeight(round(self.layout_.total_height))
        self.update()

    def _restyle(self, _: object = None) -> None:
        if refresh(self):
            self._lay_out()

    def look(self) -> paint.Look:
        """Return with what it is painted now."""
        fonts = theme.font(), theme.font("small")
        return paint.Look(theme.current(), *fonts, self.zoom, self.point)

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is exposed."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(theme.current().panel))
        self.draw(painter, self.layout_, self.look(), QRectF(event.rect()))
        if self.sheet.rows:
            place = self.layout_.cell(*self.selected)
            paint.paint_focus(painter, place, theme.current(), self.hasFocus())
        painter.end()

    def draw(self, painter: QPainter, layout: Layout, look: paint.Look, exposed: QRectF) -> None:
        """Paint the sheet with any layout and look, on any device."""
        sheet = self.sheet
        paint.paint_titles(painter, sheet, layout, look)
        for column, shown in enumerate(sheet.columns):
            paint.paint_photo(painter, layout.photo(column), shown.picture, look)
        for row in range(len(sheet.rows)):
            if (
                not layout.cell(row, 0)
                .adjusted(-GAP, -GAP, 0, layout.line + GAP)
                .intersects(QRectF(-GAP, exposed.top(), layout.total_width, exposed.height()))
            ):
                continue
            self._paint_row(painter, row, layout, look)

    def _paint_row(self, painter: QPainter, row: int, layout: Layout, look: paint.Look) -> None:
        sheet = self.sheet
        paint.paint_row_title(painter, sheet, row, layout, look)
        for column in range(sheet.count):
            place = layout.cell(row, column)
            paint.paint_map(painter, place, self._image(row, column), look)
            box = layout.value(row, column)
            paint.paint_value(painter, place, box, sheet.cell(row, column), look)
        paint.paint_bar(painter, layout.bar(row), paint.sequential(sheet.limits[row]), layout, look)
        if sheet.difference is not None:
            chosen = paint.diverging(sheet.difference_limit(row))
            paint.paint_bar(painter, layout.bar(row, difference=True), chosen, layout, look)

    def _image(self, row: int, column: int) -> QImage | None:
        if (row, column) not in self._images:
            self._images[row, column] = paint.cell_image(self.sheet, row, column)
        return self._images[row, column]

    # --- by hand ---------------------------------------------------------------------

    def _pane_at(self, point: QPointF) -> QRectF | None:
        at = self.layout_.cell_at(point)
        if at is None:
            return None
        return self.layout_.photo(at[1]) if at[0] < 0 else self.layout_.cell(*at)

    def _position(self, point: QPointF, pane: QRectF) -> tuple[int, int]:
        at = self.zoom.on_picture(point, pane)
        row = min(self.zoom.height - 1, max(0, int(at.y())))
        return row, min(self.zoom.width - 1, max(0, int(at.x())))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer, with Ctrl: without, what is around scrolls."""
        pane = self._pane_at(event.position())
        if pane is None or not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        at = self.zoom.on_picture(event.position(), pane)
        self.set_zoom(self.zoom.zoomed(1.25 ** (event.angleDelta().y() / 120), at))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select a map, and start to drag."""
        at = self.layout_.cell_at(event.position())
        if at is not None and at[0] >= 0:
            self.select(*at)
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the values under the pointer, or move the maps while dragging."""
        if self._dragged is not None and self.zoom.factor > 1:
            scale = self.zoom.source.width() / self.layout_.width
            moved = self._dragged - event.position()
            self.set_zoom(self.zoom.moved(moved.x() * scale, moved.y() * scale))
            self._dragged = event.position()
            return
        pane = self._pane_at(event.position())
        self.set_point(None if pane is None else self._position(event.position(), pane))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stop dragging."""
        self._dragged = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all of the maps again; where all shows, look at the photo and the channel."""
        at = self.layout_.cell_at(event.position())
        if self.zoom.factor > 1:
            self._show_all()
        elif at is not None:
            self.opened.emit(at)

    def leaveEvent(self, event: QEvent) -> None:
        """Stop reading when the pointer leaves."""
        self.set_point(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move what is read or the selection, or zoom."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if not self.sheet.rows or not (
            self._select_by_key(event.key()) if control else self._act_on_key(event.key())
        ):
            super().keyPressEvent(event)

    def _select_by_key(self, key: int) -> bool:
        row, column = self.selected
        steps = {
            **{k: (row + down, column + across) for k, (down, across) in _STEPS.items()},
            Qt.Key.Key_Home: (0, 0),
            Qt.Key.Key_End: (len(self.sheet.rows) - 1, self.sheet.count - 1),
        }
        if key in steps:
            self.select(*steps[Qt.Key(key)])
        return key in steps

    def _act_on_key(self, key: int) -> bool:
        if key in _STEPS:
            down, across = _STEPS[Qt.Key(key)]
            row, column = self._read()
            self._step_to(row + down, column + across)
            return True
        acts: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Plus: lambda: self._zoom_by(1.25),
            Qt.Key.Key_Equal: lambda: self._zoom_by(1.25),
            Qt.Key.Key_Minus: lambda: self._zoom_by(1 / 1.25),
            Qt.Key.Key_0: self._show_all,
            Qt.Key.Key_Home: self._step_to_strongest,
            Qt.Key.Key_Return: lambda: self.opened.emit(self.selected),
            Qt.Key.Key_Enter: lambda: self.opened.emit(self.selected),
        }
        if key in acts:
            acts[key]()
        return key in acts

    def _read(self) -> tuple[int, int]:
        return self.point or (int(self.zoom.y), int(self.zoom.x))

    def _zoom_by(self, factor: float) -> None:
        row, column = self._read()
        self.set_zoom(self.zoom.zoomed(factor, QPointF(column + 0.5, row + 0.5)))

    def _show_all(self) -> None:
        self.set_zoom(Zoom.whole(self.zoom.width, self.zoom.height))

    def _step_to(self, row: int, column: int) -> None:
        row = min(self.zoom.height - 1, max(0, row))
        column = min(self.zoom.width - 1, max(0, column))
        self.set_zoom(self.zoom.showing(column, row))
        self.set_point((row, column))

    def _step_to_strongest(self) -> None:
        """Read the selected map's position of the largest magnitude."""
        values = self.sheet.cell(*self.selected)
        if values is not None:
            row, column = divmod(int(abs(values).argmax()), values.shape[1])
            self._step_to(row, column)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu."""
        at = event.globalPos()
        if event.reason() != QContextMenuEvent.Reason.Mouse and self.sheet.rows:
            at = self.mapToGlobal(self.layout_.cell(*self.selected).center().toPoint())
        self.menu_requested.emit(at)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus ring and say the selected map."""
        self._say()
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Weaken the ring."""
        self.update()
        super().focusOutEvent(event)

    def described(self) -> str:
        """Return the selected map in words, with the value that is read."""
        if not self.sheet.rows:
            return ""
        row, column = self.selected
        said = f"{self.sheet.name(column)}: {self.sheet.rows[row].words}"
        values = self.sheet.cell(row, column)
        if values is None or self.point is None:
            return said
        value = number(float(values[self.point]))
        return f"{said}, {value} at row {self.point[0]}, column {self.point[1]}"

    def _say(self) -> None:
        said = self.described()
        if said != self.accessibleDescription():
            self.setAccessibleDescription(said)
            if self.hasFocus():
                changed = QAccessible.Event.DescriptionChanged
                QAccessible.updateAccessibility(QAccessibleEvent(self, changed))
