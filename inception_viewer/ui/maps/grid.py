"""The maps of one branch as one painted picture that takes the mouse and the keyboard."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from ...questions import MapGroup
from .. import theme
from .compose import GridLayout, Indices, Levels, dead_channels, mosaic, source_index
from .words import channel_text

Key = Qt.Key


@dataclass(frozen=True, eq=False)
class GridContent:
    """What a grid shows: a group's maps as levels, in an order, in a colour map."""

    group: MapGroup
    levels: Levels
    order: Indices
    colour_map: str


def aligned(painter: QPainter, ratio: float) -> None:
    """Move the painter's origin onto a whole device pixel.

    At fractional scales a widget may begin between two device pixels; pictures painted
    from there would lose or repeat a row.
    """
    device = painter.deviceTransform()
    painter.translate(
        -(device.dx() - round(device.dx())) / ratio, -(device.dy() - round(device.dy())) / ratio
    )


def part_cells(
    image: QImage, layout: GridLayout, rows: tuple[int, int], colours: theme.Theme
) -> None:
    """Draw the gaps between cells; clear what lies beyond the last column, row and cell.

    ``image`` (32 bits a pixel) holds these rows of the layout, first and one past the last.
    """
    line, ground = QColor(colours.border).rgb(), QColor(colours.panel).rgb()
    count = rows[1] - rows[0]
    pitch_y, pitch_x = layout.cell_height + layout.gap, layout.cell_width + layout.gap
    flat = np.frombuffer(image.bits(), np.uint32)
    sheet = flat.reshape(count, pitch_y, layout.columns, pitch_x)
    sheet[:, layout.cell_height :] = line
    sheet[:, :, :, layout.cell_width :] = line
    sheet[:, :, -1, layout.cell_width :] = ground
    if rows[1] == layout.rows:
        sheet[-1, layout.cell_height :] = ground
    past = rows[1] * layout.columns - layout.count
    if past > 0:
        sheet[-1, :, layout.columns - past :] = ground


class MapGrid(QWidget):
    """All channels of one unit, each a cell; painted as one image per exposed stretch.

    Only the rows in sight are composed, and kept until they change. Positions in the
    layout are device pixels, so cells are sharp at any scale of the display.
    """

    hovered = Signal(object)
    """(channel, row, column) under the pointer, or None."""
    chosen = Signal(object)
    """The channel that was clicked or entered."""
    reached = Signal(object)
    """QRect of the cell that the keyboard reached, to scroll to."""
    sized = Signal(object)
    """+1 or -1: a wish for larger or smaller cells (Ctrl and the wheel)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.content: GridContent | None = None
        self.layout_ = GridLayout(0, 1, 1, 1)
        self._slots: Indices = np.zeros(0, np.intp)
        self._dead = np.zeros(0, bool)
        self._selected: int | None = None
        self._marked: frozenset[int] = frozenset()
        self._focus_slot = 0
        self._page = 1
        self._sheet: tuple[object, QImage] | None = None

    # --- content ---------------------------------------------------------------------

    def set_content(self, content: GridContent) -> None:
        """Show these maps, once laid out; the keyboard stays on its channel."""
        channel = self.focused_channel
        same_unit = self.content is not None and self.content.group.unit == content.group.unit
        self.content = content
        self._dead = dead_channels(content.group)
        self._slots = np.argsort(content.order)
        keep = same_unit and channel is not None and channel < len(self._slots)
        self._focus_slot = int(self._slots[channel]) if keep else 0
        self._sheet = None
        self.setAccessibleName(f"Feature maps of {content.group.unit}")
        self._describe()
        self.update()

    def set_layout(self, layout: GridLayout) -> None:
        """Change where the cells are."""
        if layout != self.layout_:
            self.layout_ = layout
            self._sheet = None
            self.updateGeometry()
            self.update()

    def set_selected(self, channel: int | None) -> None:
        """Frame a channel."""
        self._selected = channel
        if channel is not None and channel < len(self._slots):
            self._focus_slot = int(self._slots[channel])
        self._describe()
        self.update()

    def set_marked(self, channels: Collection[int]) -> None:
        """Frame these channels beside the selected one."""
        marked = frozenset(channels)
        if marked != self._marked:
            self._marked = marked
            self.update()

    def set_page(self, rows: int) -> None:
        """Say how many rows are in sight: how far Page Up and Page Down go."""
        self._page = max(1, rows)

    @property
    def focused_channel(self) -> int | None:
        """The channel that the keyboard is on."""
        if self.content is None or self._focus_slot >= len(self.content.order):
            return None
        return int(self.content.order[self._focus_slot])

    def sizeHint(self) -> QSize:
        """Return the size of the whole grid."""
        ratio = self.devicePixelRatioF()
        return QSize(round(self.layout_.width / ratio), int(-(-self.layout_.height // ratio)))

    def cell_rect(self, slot: int) -> QRectF:
        """Return the cell in place ``slot`` in logical pixels."""
        left, top = self.layout_.origin(slot)
        ratio = self.devicePixelRatioF()
        return QRectF(
            left / ratio,
            top / ratio,
            self.layout_.cell_width / ratio,
            self.layout_.cell_height / ratio,
        )

    def channel_rect(self, channel: int) -> QRectF:
        """Return a channel's cell in logical pixels."""
        return self.cell_rect(int(self._slots[channel]))

    def position_at(self, point: QPointF) -> tuple[int, int, int] | None:
        """Return (channel, row, column) at a point in logical pixels, or None."""
        if self.content is None:
            return None
        ratio, layout = self.devicePixelRatioF(), self.layout_
        x, y = point.x() * ratio, point.y() * ratio
        slot = layout.slot_at(x, y)
        if slot is None:
            return None
        left, top = layout.origin(slot)
        _, height, width = self.content.levels.shape
        row = source_index(layout.cell_height, height)[int(y - top)]
        column = source_index(layout.cell_width, width)[int(x - left)]
        return int(self.content.order[slot]), int(row), int(column)

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the exposed rows, then gaps, dead cells, selection and focus."""
        if self.content is None:
            return
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        painter.fillRect(event.rect(), QColor(theme.current().panel))
        aligned(painter, ratio)
        rows = self._rows_in_sight(event.rect())
        if rows[0] < rows[1]:
            painter.drawImage(self._place(rows[0]), self._composed(rows))
            self._paint_dead(painter, rows)
        self._paint_marks(painter)
        painter.end()

    def _rows_in_sight(self, exposed: QRect) -> tuple[int, int]:
        sight = self.visibleRegion().boundingRect().united(exposed)
        ratio = self.devicePixelRatioF()
        return self.layout_.rows_between(sight.top() * ratio, (sight.bottom() + 1) * ratio)

    def _place(self, row: int) -> QPointF:
        pitch = self.layout_.cell_height + self.layout_.gap
        return QPointF(0, row * pitch / self.devicePixelRatioF())

    def _composed(self, rows: tuple[int, int]) -> QImage:
        assert self.content is not None
        colours = theme.current()
        key = (rows, self.content.colour_map, colours.name)
        if self._sheet is None or self._sheet[0] != key:
            sheet = mosaic(self.content.levels, self.content.order, self.layout_, rows)
            height, width = sheet.shape
            image = QImage(sheet.data, width, height, width, QImage.Format.Format_Indexed8)
            image.setColorTable(theme.qt_colour_table(self.content.colour_map))
            image = image.convertToFormat(QImage.Format.Format_RGB32)
            part_cells(image, self.layout_, rows, colours)
            self._sheet = key, image
        image = self._sheet[1]
        image.setDevicePixelRatio(self.devicePixelRatioF())
        return image

    def _paint_dead(self, painter: QPainter, rows: tuple[int, int]) -> None:
        """Cross out the dead cells, on a ground that is no colour of the table."""
        assert self.content is not None
        first, last = rows[0] * self.layout_.columns, rows[1] * self.layout_.columns
        slots = first + np.flatnonzero(self._dead[self.content.order[first:last]])
        if not len(slots):
            return
        colours, lines = theme.current(), []
        for slot in slots.tolist():
            cell = self.cell_rect(slot)
            painter.fillRect(cell, QColor(colours.raised))
            lines.append(QLineF(cell.topLeft(), cell.bottomRight()))
            lines.append(QLineF(cell.topRight(), cell.bottomLeft()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.muted), 1))
        painter.drawLines(lines)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_marks(self, painter: QPainter) -> None:
        """Frame the selected channel, and where the keyboard is; one within the other."""
        colours, inset = theme.current(), 0.0
        for channel in self._marked:
            if channel < len(self._slots):
                self._frame(painter, int(self._slots[channel]), colours.warning, 0.0, 2.0)
        if self._selected is not None and self._selected < len(self._slots):
            selected = int(self._slots[self._selected])
            self._frame(painter, selected, colours.accent, 0.0, 3.0)
            inset = 4.0 if selected == self._focus_slot else 0.0
        if self.hasFocus() and self.focused_channel is not None:
            self._frame(painter, self._focus_slot, colours.text, inset, 1.5)

    def _frame(self, painter: QPainter, slot: int, colour: str, inset: float, width: float) -> None:
        """Draw a frame, and within it a line of the ground: together they show on any map."""
        cell = self.cell_rect(slot)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        ground = theme.current().panel
        for start, name, thickness in ((inset, colour, width), (inset + width, ground, 1.0)):
            half = start + thickness / 2
            painter.setPen(QPen(QColor(name), thickness, j=Qt.PenJoinStyle.MiterJoin))
            painter.drawRect(cell.adjusted(half, half, -half, -half))

    # --- mouse -----------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what is under the pointer."""
        self.hovered.emit(self.position_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the pointer has gone."""
        self.hovered.emit(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the channel under the pointer."""
        found = self.position_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or found is None:
            event.ignore()
            return
        self._focus_slot = int(self._slots[found[0]])
        self._describe()
        self.update()
        self.chosen.emit(found[0])

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ask for larger or smaller cells with Ctrl held; scroll otherwise."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.angleDelta().y():
            self.sized.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            event.ignore()

    # --- keyboard --------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the arrows, Home, End and the page keys; Enter or Space chooses."""
        channel = self.focused_channel
        if channel is not None and event.key() in (Key.Key_Return, Key.Key_Enter, Key.Key_Space):
            self.chosen.emit(channel)
            return
        target = self._target(event.key())
        if target is None or channel is None:
            event.ignore()
            return
        self._focus_slot = target
        self._describe()
        self.update()
        self.reached.emit(self.cell_rect(target).toAlignedRect())

    def _target(self, key: int) -> int | None:
        """Return the place a key leads to; None for other keys."""
        columns, last = self.layout_.columns, self.layout_.count - 1
        steps: dict[int, int] = {
            Key.Key_Left: -1,
            Key.Key_Right: 1,
            Key.Key_Up: -columns,
            Key.Key_Down: columns,
            Key.Key_PageUp: -columns * self._page,
            Key.Key_PageDown: columns * self._page,
        }
        if key == Key.Key_Home:
            return 0
        if key == Key.Key_End:
            return last
        if key not in steps:
            return None
        wanted = self._focus_slot + steps[key]
        if abs(steps[key]) == columns and columns > 1 and not 0 <= wanted <= last:
            return self._focus_slot
        return min(max(wanted, 0), last)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show and name the focused cell."""
        super().focusInEvent(event)
        self._describe()
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.reached.emit(self.cell_rect(self._focus_slot).toAlignedRect())

    def _describe(self) -> None:
        """Name the focused cell to screen readers."""
        channel = self.focused_channel
        if self.content is None or channel is None:
            return
        words = channel_text(self.content.group, channel)
        if channel == self._selected:
            words += ", selected"
        if words == self.accessibleDescription():
            return
        self.setAccessibleDescription(words)
        if self.hasFocus():
            QAccessible.updateAccessibility(
                QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
            )
