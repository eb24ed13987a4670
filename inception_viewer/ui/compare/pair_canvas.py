"""Two checkpoints' modules: mean maps by branch, shares, CKA; read by pointer and arrow keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QToolTip, QWidget

from ...googlenet.variants import BRANCH_OUTPUT, BRANCHES, MODULES
from .. import theme
from .pair import Pair
from .pair_layout import REST, PairLayout
from .pair_paint import Ink, paint
from .pair_part import PairPart

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


class PairCanvas(PairPart):
    """Painted; arrows walk, Enter or a double click looks at the unit."""

    opened = Signal(object)
    """Emitted with the unit (str) to look at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Modules of both checkpoints", parent)
        self.selected = (0, 0)
        self._under: tuple[int, int] | None = None

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

    @property
    def selected_box(self) -> QRectF:
        """The cell that the keys are on."""
        return QRectF(self.layout_.cell(*self.selected))

    def _paint_now(self, ink: Ink, pair: Pair) -> None:
        paint(ink, pair, self.layout_)

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
        self._walked()

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
