"""Two checkpoints' modules: mean maps by branch, shares, CKA; read by pointer and arrow keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...googlenet.variants import BRANCH_OUTPUT, BRANCHES, MODULES
from .. import theme
from ..maps.restyle import refresh
from .maps_paint import paint_focus
from .pair import Pair
from .pair_layout import REST, PairLayout
from .pair_paint import Ink, paint

STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Home: (0, -REST),
    Qt.Key.Key_End: (0, REST),
    Qt.Key.Key_PageUp: (-len(MODULES), 0),
    Qt.Key.Key_PageDown: (len(MODULES), 0),
}


class PairCanvas(QWidget):
    """Painted; arrows walk, Enter or a double click looks at the unit."""

    pointed = Signal(object)
    """Emitted with what is read, in words; ``""`` for nothing."""
    opened = Signal(object)
    """Emitted with the unit (str) to look at."""
    shown = Signal(object)
    """Emitted with the place (QRectF) that should be in sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pair: Pair | None = None
        self.selected = (0, 0)
        self._under: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Modules of both checkpoints")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.broadcast.changed.connect(lambda _: refresh(self))

    def set_pair(self, pair: Pair | None) -> None:
        """Show what is known of both."""
        self.pair = pair
        self._say()
        self.update()

    # --- geometry --------------------------------------------------------------------

    def layout_of(self, width: float, font: QFont | None = None) -> PairLayout:
        """Return where things stand in a width, with a font for small text."""
        metrics = QFontMetricsF(font or theme.font("small"))
        body = QFontMetricsF(font or theme.font())
        return PairLayout(
            width,
            metrics.height(),
            body.horizontalAdvance("4a") + 8,
            metrics.horizontalAdvance("0.000") + 4,
        )

    @property
    def layout_(self) -> PairLayout:
        """Where things stand now."""
        return self.layout_of(float(self.width()))

    def sizeHint(self) -> QSize:
        """Return the height that the width makes."""
        return QSize(560, round(self.layout_.total[1]))

    def minimumSizeHint(self) -> QSize:
        """Return the least width at which nothing is cut off."""
        least = self.layout_of(1.0)
        return QSize(round(least.total[0]), round(self.layout_.total[1]))

    def resizeEvent(self, event: QEvent) -> None:
        """Let the height follow the width."""
        self.updateGeometry()

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all, and the ring around what the keys are on."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(theme.current().panel))
        if self.pair is not None:
            ink = Ink(painter, theme.current(), theme.font(), theme.font("small"))
            paint(ink, self.pair, self.layout_)
            if self.hasFocus():
                paint_focus(painter, self.layout_.cell(*self.selected), theme.current(), True)
        painter.end()

    # --- reading ---------------------------------------------------------------------

    def told(self) -> str:
        """Return what is under the pointer, else what the keys are on, in words."""
        at = self._under or (self.selected if self.hasFocus() else None)
        if self.pair is None or at is None:
            return ""
        return self.pair.told(MODULES[at[0]], at[1])

    def unit(self, at: tuple[int, int]) -> str:
        """Return the unit that a cell is about."""
        module = MODULES[at[0]]
        return module if at[1] >= REST else f"{module}/{BRANCH_OUTPUT[BRANCHES[at[1] // 2]]}"

    def select(self, row: int, column: int) -> None:
        """Put the keyboard's place on a cell."""
        self.selected = min(len(MODULES) - 1, max(0, row)), min(REST, max(0, column))
        self._under = None
        self.shown.emit(QRectF(self.layout_.cell(*self.selected)))
        self._say()
        self.update()

    def _say(self) -> None:
        told = self.told()
        self.setAccessibleDescription(told)
        self.pointed.emit(told)

    def _point(self, at: tuple[int, int] | None) -> None:
        if at != self._under:
            self._under = at
            self._say()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read what is under the pointer."""
        self._point(self.layout_.at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Stop reading there."""
        self._point(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the keyboard's place here."""
        at = self.layout_.at(event.position())
        if at is not None:
            self.select(*at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Look at the unit."""
        at = self.layout_.at(event.position())
        if at is not None:
            self.opened.emit(self.unit(at))

    def event(self, event: QEvent) -> bool:
        """Tell the cell's numbers where the pointer rests."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = self.layout_.at(QPointF(event.pos()))
            pair = self.pair
            told = pair.told(MODULES[at[0]], at[1]) if pair is not None and at is not None else ""
            QToolTip.showText(event.globalPos(), told, self)
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk, or look at the unit."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.unit(self.selected))
        elif (step := STEPS.get(Qt.Key(event.key()))) is not None:
            self.select(self.selected[0] + step[0], self.selected[1] + step[1])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show which cell the keys are on."""
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.shown.emit(QRectF(self.layout_.cell(*self.selected)))
        self._say()
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        self._say()
        self.update()
        super().focusOutEvent(event)
