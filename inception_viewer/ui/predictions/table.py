"""The predictions table: classes down, heads across, painted by one widget."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from ...questions import Predictions
from .. import theme
from ..head_words import HeadNote
from ..maps.restyle import refresh
from .geometry import Geometry
from .paint import Brush, Sheet
from .rows import row_text


class PredictionTable(QAbstractScrollArea):
    """Rows are classes; a click or Enter selects one, arrows move the focus.

    The focused class is told to screen readers, with its three values, as the
    widget's accessible description.
    """

    class_selected = Signal(object)
    room_changed = Signal(int)
    """Emitted with the number of rows that fit, when that changes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sheet: Sheet | None = None
        self._rows: list[int] = []
        self._cursor = 0
        self._hovered = -1
        self._selected: int | None = None
        self._empty = ""
        self._room = 0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Probability of each class by each head")
        self.viewport().setMouseTracking(True)
        theme.broadcast.changed.connect(self._restyle)

    # --- what is shown ---------------------------------------------------------------

    @property
    def rows(self) -> list[int]:
        """The classes shown, from the top."""
        return list(self._rows)

    @property
    def selected(self) -> int | None:
        """The class that other views are about."""
        return self._selected

    @property
    def focused_class(self) -> int | None:
        """The class under the keyboard's focus."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def least_height(self) -> int:
        """Height at which the heading and one row show."""
        geometry = self._geometry()
        return round(geometry.header + geometry.row)

    @property
    def room(self) -> int:
        """How many rows fit without scrolling."""
        geometry = self._geometry()
        return max(0, int((self.viewport().height() - geometry.header) // geometry.row))

    def set_rows(
        self,
        predictions: Predictions,
        rows: list[int],
        *,
        logits: bool = False,
        empty: str = "",
        notes: Mapping[str, HeadNote] | None = None,
        untouched: Predictions | None = None,
        before: str = "before",
    ) -> None:
        """Show these classes; ``empty`` is said where there are none, ``notes`` of the heads.

        ``untouched`` is what the heads said ``before`` the picture was painted over or the
        network touched.
        """
        self.set_sheet(Sheet(predictions, logits, notes or {}, untouched, before), rows, empty)

    def set_sheet(self, sheet: Sheet, rows: list[int], empty: str = "") -> None:
        """Show these classes of an answer."""
        focused = self.focused_class
        self._sheet = sheet
        self._rows, self._empty = list(rows), empty
        self._cursor = rows.index(focused) if focused in rows else 0
        self._hovered = -1
        self._measure()
        self._tell()
        self.viewport().update()

    def set_selected(self, index: int | None) -> None:
        """Mark the class that other views are about, or none."""
        self._selected = index
        self.viewport().update()

    def row_rect(self, row: int) -> QRectF:
        """Return where a row stands in the viewport, scrolling included."""
        geometry = self._geometry()
        top = geometry.header + row * geometry.row - self.verticalScrollBar().value()
        return QRectF(0, top, geometry.width, geometry.row)

    def row_at(self, point: QPoint) -> int:
        """Return the row at a place of the viewport, or -1."""
        geometry = self._geometry()
        if point.y() < geometry.header:
            return -1
        down = point.y() - geometry.header + self.verticalScrollBar().value()
        row = int(down // geometry.row)
        return row if row < len(self._rows) else -1

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows that show, then the heading over them."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.viewport().rect(), QColor(theme.current().panel))
        if self._sheet is not None:
            self._paint(painter, Brush(painter, self._sheet, self._geometry()))
        painter.end()

    def _paint(self, painter: QPainter, brush: Brush) -> None:
        visible = QRectF(self.viewport().rect())
        for row, index in enumerate(self._rows):
            box = self.row_rect(row)
            if not box.intersects(visible):
                continue
            brush.row(
                index, box.top(), selected=index == self._selected, hovered=row == self._hovered
            )
            if row == self._cursor and self.hasFocus():
                brush.ring(box.top())
        if not self._rows:
            painter.setPen(QColor(theme.current().muted))
            painter.setFont(theme.font())
            box = visible.adjusted(theme.GRID, brush.geometry.header, -theme.GRID, 0)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(box, int(flags), self._empty)
        brush.heading()

    # --- gestures --------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the focus; Enter or Space selects."""
        page = max(1, self.room - 1)
        key, last = event.key(), len(self._rows) - 1
        places = {
            Qt.Key.Key_Up: self._cursor - 1,
            Qt.Key.Key_Down: self._cursor + 1,
            Qt.Key.Key_PageUp: self._cursor - page,
            Qt.Key.Key_PageDown: self._cursor + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if not self._rows:
            super().keyPressEvent(event)
        elif key in places:
            self._move_to(min(last, max(0, places[Qt.Key(key)])))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.class_selected.emit(self._rows[self._cursor])
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the class under the pointer."""
        row = self.row_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self._move_to(row)
            self.class_selected.emit(self._rows[row])
        elif event.button() == Qt.MouseButton.RightButton and row >= 0:
            self._move_to(row)  # the menu is about it

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the row under the pointer."""
        self._hover(self.row_at(event.position().toPoint()))

    def viewportEvent(self, event: QEvent) -> bool:
        """Show a row's values in full as its tool tip."""
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tip(event)
            return True
        return bool(super().viewportEvent(event))

    def _show_tip(self, event: QHelpEvent) -> None:
        geometry, row = self._geometry(), self.row_at(event.pos())
        text, place = self.tip(row), self.row_rect(row)
        if event.pos().y() < geometry.header:
            text = self.head_tip(geometry.head_at(event.pos().x()))
            place = QRectF(0, 0, geometry.width, geometry.header)
        QToolTip.showText(event.globalPos(), text, self.viewport(), place.toRect())

    def head_tip(self, head: str) -> str:
        """Return the tool tip of a head's name: its state, and how that is known."""
        return self._sheet.tip(head) if self._sheet is not None and head else ""

    def tip(self, row: int) -> str:
        """Return a row's tool tip: the whole name and the values in full."""
        if self._sheet is None or not 0 <= row < len(self._rows):
            return ""
        sheet = self._sheet
        said = row_text(sheet.predictions, self._rows[row], sheet.untouched, sheet.before_words)
        return said.replace("; ", "\n")

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus ring and name the focused class."""
        self._tell()
        self.viewport().update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the focus ring away."""
        self.viewport().update()
        super().focusOutEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the scroll bar and say how many rows there is room for."""
        self._measure()
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:
        """Return room for ten rows."""
        geometry = Geometry.at(320)
        return QSize(320, round(geometry.header + 10 * geometry.row))

    # --- upkeep ----------------------------------------------------------------------

    def _geometry(self) -> Geometry:
        return Geometry.at(self.viewport().width())

    def _move_to(self, row: int) -> None:
        self._cursor = row
        bar, geometry = self.verticalScrollBar(), self._geometry()
        top, bottom = row * geometry.row, (row + 1) * geometry.row
        room = self.viewport().height() - geometry.header
        bar.setValue(round(max(bottom - room, min(bar.value(), top))))
        self._tell()
        self.viewport().update()

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.viewport().update()

    def _measure(self) -> None:
        geometry = self._geometry()
        height = self.viewport().height() - geometry.header
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, round(len(self._rows) * geometry.row - height)))
        bar.setPageStep(max(1, round(height)))
        bar.setSingleStep(round(geometry.row))
        if self.room != self._room:
            self._room = self.room
            self.room_changed.emit(self._room)

    def _tell(self) -> None:
        index = self.focused_class
        said = "" if self._sheet is None else self._empty
        if self._sheet is not None and index is not None:
            sheet = self._sheet
            said = row_text(sheet.predictions, index, sheet.untouched, sheet.before_words)
        self.setAccessibleDescription(said)

    def _restyle(self, _: object = None) -> None:
        if refresh(self):
            self._measure()
