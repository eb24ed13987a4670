"""The classes that people follow: always in sight, with what each head's answer changed by."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget

from .. import theme
from .geometry import Geometry
from .paint import Brush
from .table import PredictionTable

STOP = "Stop following (Del)"


class FollowedTable(PredictionTable):
    """A row for each class, without a heading: it stands below the table of the top classes.

    Delete, or a click on a row's cross, asks to follow its class no more.
    """

    removed = Signal(object)
    """Emitted with the index of a class that shall not be followed any more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Classes that are followed")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        stop = QAction(STOP, self)
        stop.triggered.connect(self._remove_focused)
        self.addAction(stop)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    @property
    def row_height(self) -> int:
        """Height at which one row shows."""
        return round(self._geometry().row) + 2

    @property
    def wanted_height(self) -> int:
        """Height at which all rows show."""
        return round(len(self.rows) * self._geometry().row) + 2

    def cross_rect(self, row: int) -> QRectF:
        """Return where a row's cross stands."""
        name = self._geometry().name(self.row_rect(row).top())
        side = min(float(theme.TARGET), name.height())
        return QRectF(name.right() - side, name.center().y() - side / 2, side, side)

    def _geometry(self) -> Geometry:
        touched = self._sheet is not None and self._sheet.untouched is not None
        return Geometry.at(self.viewport().width(), headless=True, differences=touched)

    def _paint(self, painter: QPainter, brush: Brush) -> None:
        super()._paint(painter, brush)
        painter.fillRect(QRectF(0, 0, brush.geometry.width, 1), QColor(theme.current().border))
        painter.setFont(theme.font())
        for row in range(len(self.rows)):
            lit = row == self._hovered or (self.hasFocus() and row == self._cursor)
            colours = theme.current()
            painter.setPen(QColor(colours.text if lit else colours.muted))
            flags = int(Qt.AlignmentFlag.AlignCenter)
            painter.drawText(self.cross_rect(row), flags, "\N{MULTIPLICATION SIGN}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Follow the class no more, on its cross; else select it."""
        at = event.position()
        row = self.row_at(at.toPoint())
        left = event.button() == Qt.MouseButton.LeftButton
        if left and row >= 0 and self.cross_rect(row).contains(at):
            self.removed.emit(self.rows[row])
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Follow the focused class no more, by Delete."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._remove_focused()
        else:
            super().keyPressEvent(event)

    def _remove_focused(self) -> None:
        if self.focused_class is not None:
            self.removed.emit(self.focused_class)

    def viewportEvent(self, event: QEvent) -> bool:
        """Say what a cross is for."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self.row_at(QPoint(event.pos()))
            if row >= 0 and self.cross_rect(row).contains(event.pos().toPointF()):
                QToolTip.showText(event.globalPos(), STOP, self.viewport())
                return True
        return bool(super().viewportEvent(event))
