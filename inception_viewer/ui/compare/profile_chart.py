"""The branches' shares along the depth of the network, as stacked bars."""

from __future__ import annotations

from collections.abc import Sequence

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
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...comparison_questions import BranchProfileAnswer, Doubles, ProfileMeasure
from ...comparison_words import percent
from .. import theme
from ..maps.restyle import refresh
from .profile_bars import Bars

CHANNELS = "share of channels (Table 1)"
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
LEFT = 40.0
_KEYS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
}


class ProfileChart(QWidget):
    """Nine modules; in each the share of channels and a bar for every photo.

    The pointer or the arrow keys choose a bar, whose numbers are told.
    """

    pointed = Signal(object)
    """Emitted with (module, place) of the bar that is read, or None; place 0 is the channels'."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer: BranchProfileAnswer | None = None
        self.measure: ProfileMeasure = "activation"
        self.names: tuple[str, ...] = ()
        self.point: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Branch profile")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.broadcast.changed.connect(lambda _: refresh(self))

    def set_profile(
        self,
        answer: BranchProfileAnswer | None,
        measure: ProfileMeasure,
        names: Sequence[str],
    ) -> None:
        """Show a profile; ``names`` are the photos'."""
        self.answer, self.measure, self.names = answer, measure, tuple(names)
        if answer is None or (self.point and self.point[1] > len(names)):
            self.set_point(None)
        self._say()
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Stay readable."""
        return QSize(360, 120)

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(640, 240)

    @property
    def photos(self) -> int:
        """How many photos' bars there are."""
        return 0 if self.answer is None else self.answer.shares[self.measure].shape[0]

    def bars(self, size: QRectF | None = None, font: QFont | None = None) -> Bars:
        """Return where the bars stand in the widget, or in a place of another size."""
        place = QRectF(self.rect()) if size is None else size
        line = QFontMetricsF(font or theme.font("small")).height()
        gap = float(theme.GRID)
        area = place.adjusted(max(LEFT, 3.2 * line), gap, -gap, -2 * line - 4)
        modules = 0 if self.answer is None else len(self.answer.modules)
        return Bars(area, modules, self.photos)

    def shares(self, module: int, place: int) -> Doubles:
        """Return the four shares of a bar."""
        answer = self.answer
        assert answer is not None
        photos = answer.shares[self.measure]
        found: Doubles = answer.channels[module] if place == 0 else photos[place - 1, module]
        return found

    def set_point(self, point: tuple[int, int] | None) -> None:
        """Read a bar, or none."""
        if point != self.point:
            self.point = point
            self.pointed.emit(point)
            self._say()
            self.update()

    def told(self, point: tuple[int, int]) -> str:
        """Return a bar in words: whose it is, and its four shares."""
        assert self.answer is not None
        module, place = point
        whose = CHANNELS if place == 0 else self.names[place - 1]
        shares = zip(self.answer.branches, self.shares(module, place), strict=True)
        told = ", ".join(f"{branch} {percent(share)}" for branch, share in shares)
        return f"{self.answer.modules[module]}, {whose}: {told}"

    def _say(self) -> None:
        self.setAccessibleDescription(self.told(self.point) if self._readable() else "")

    def _readable(self) -> bool:
        return self.answer is not None and self.point is not None

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint axis, bars and names."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(theme.current().panel))
        if self.answer is not None:
            self.paint(painter, self.bars(), theme.current(), theme.font("small"))
            if self.point is not None:
                self._mark(painter, self.bars().bar(*self.point))
        painter.end()

    def paint(self, painter: QPainter, bars: Bars, colours: theme.Theme, font: QFont) -> None:
        """Paint the chart with any colours and font, on any device."""
        painter.setFont(font)
        self._axis(painter, bars, colours)
        for module in range(bars.modules):
            for place in range(bars.photos + 1):
                self._bar(painter, bars, module, place, colours)
            self._names(painter, bars, module, colours)

    def _axis(self, painter: QPainter, bars: Bars, colours: theme.Theme) -> None:
        line = QFontMetricsF(painter.font()).height()
        for tick in TICKS:
            y = bars.area.bottom() - tick * bars.area.height()
            painter.setPen(QPen(QColor(colours.border), 1))
            painter.drawLine(QPointF(bars.area.left(), y), QPointF(bars.area.right(), y))
            painter.setPen(QColor(colours.muted))
            box = QRectF(0, y - line / 2, bars.area.left() - 6, line)
            box.moveTop(max(0.0, box.top()))
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, flags, percent(tick))

    def _bar(
        self, painter: QPainter, bars: Bars, module: int, place: int, colours: theme.Theme
    ) -> None:
        assert self.answer is not None
        below = 0.0
        shares = self.shares(module, place)
        for branch, share in zip(self.answer.branches, shares, strict=True):
            part = bars.part(module, place, below, float(share))
            below += float(share)
            colour = QColor(theme.BRANCH[branch])
            if place == 0:  # what there is, not what is active: outlined
                self._outline(painter, part, colour, colours)
            else:
                painter.fillRect(part, colour)
                painter.setPen(QPen(QColor(colours.panel), 1))
                painter.drawLine(part.topLeft(), part.topRight())

    def _outline(
        self, painter: QPainter, part: QRectF, colour: QColor, colours: theme.Theme
    ) -> None:
        pale = QColor(colour)
        pale.setAlpha(70)
        painter.fillRect(part, QColor(colours.panel))
        painter.fillRect(part, pale)
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(part.adjusted(0.75, 0.75, -0.75, -0.75))

    def _names(self, painter: QPainter, bars: Bars, module: int, colours: theme.Theme) -> None:
        """Write the module below its bars, and the photos' letters where there is room."""
        assert self.answer is not None
        metrics = QFontMetricsF(painter.font())
        line, box = metrics.height(), bars.module(module)
        painter.setPen(QColor(colours.muted))
        if bars.width >= metrics.horizontalAdvance("M"):
            for place in range(1, bars.photos + 1):
                bar = bars.bar(module, place)
                under = QRectF(bar.left() - 4, bar.bottom() + 2, bar.width() + 8, line)
                painter.drawText(under, Qt.AlignmentFlag.AlignCenter, chr(64 + place))
        painter.setPen(QColor(colours.text))
        name = self.answer.modules[module].removeprefix("inception")
        under = QRectF(box.left() - 8, box.bottom() + 2 + line, box.width() + 16, line)
        painter.drawText(under, Qt.AlignmentFlag.AlignCenter, name)

    def _mark(self, painter: QPainter, bar: QRectF) -> None:
        colours = theme.current()
        colour = colours.accent if self.hasFocus() else colours.text
        painter.setPen(QPen(QColor(colour), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar.adjusted(-2, -2, 2, 2))

    # --- by hand ---------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the bar under the pointer."""
        self.set_point(self.bars().at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Stop reading when the pointer leaves."""
        if not self.hasFocus():
            self.set_point(None)

    def event(self, event: QEvent) -> bool:
        """Tell the bar's numbers where the pointer rests."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = self.bars().at(QPointF(event.pos())) if self.answer is not None else None
            QToolTip.showText(event.globalPos(), self.told(at) if at else "", self)
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step from bar to bar; with Ctrl from module to module."""
        if self.answer is None or event.key() not in (*_KEYS, Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
            return
        each, last = self.photos + 1, len(self.answer.modules) * (self.photos + 1) - 1
        now = -1 if self.point is None else self.point[0] * each + self.point[1]
        far = each if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 1
        step = _KEYS.get(Qt.Key(event.key()), 0)
        place = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}.get(
            Qt.Key(event.key()), now + far * step
        )
        self.set_point(divmod(min(last, max(0, place)), each))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show which bar the keys are on."""
        if self.point is None and self.answer is not None:
            self.set_point((0, 0))
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Weaken the mark."""
        self.update()
        super().focusOutEvent(event)
