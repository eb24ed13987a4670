"""Whether the heads are right as often as they say: a curve for each, and counts as bars."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QBrush,
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from ...folder_questions import Calibration
from .. import theme
from . import words
from .results import Measured

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
BARS_SHARE = 0.24
"""Of the height, for the counts."""
Align = Qt.AlignmentFlag
Key = Qt.Key


class CalibrationPlot(QWidget):
    """All heads' curves above, one head's counts below; arrow keys walk through the bins."""

    pointed = Signal(object)
    """The bin under the pointer or the keyboard, in a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measured: Measured | None = None
        self.head, self.bin = "", 0
        self._hovered: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Calibration curve")
        self.setMinimumSize(280, 120)
        theme.broadcast.changed.connect(self._restyle)

    def set_measured(self, measured: Measured, head: str) -> None:
        """Show an evaluation, and the counts of this head."""
        if self._measured is None:
            self.bin = len(measured.answer.heads[head].calibration.count) - 1
        self._measured, self.head = measured, head
        self.bin = min(self.bin, self.bins - 1)
        self._tell()
        self.update()

    @property
    def curve(self) -> Calibration | None:
        """The chosen head's."""
        if self._measured is None:
            return None
        return self._measured.answer.heads[self.head].calibration

    @property
    def bins(self) -> int:
        """How many there are."""
        return len(self.curve.count) if self.curve is not None else 1

    # --- geometry ---

    def plot(self) -> QRectF:
        """Return where the curves are."""
        left, bottom = self._margins()
        height = (self.height() - bottom - 2 * theme.GRID) * (1 - BARS_SHARE)
        return QRectF(left, theme.GRID, max(1, self.width() - left - 2 * theme.GRID), height)

    def bars(self) -> QRectF:
        """Return where the counts are."""
        plot, (_, bottom) = self.plot(), self._margins()
        top = plot.bottom() + theme.GRID
        return QRectF(plot.left(), top, plot.width(), max(1, self.height() - bottom - top))

    def _margins(self) -> tuple[float, float]:
        metrics = QFontMetricsF(theme.font("small"))
        left = metrics.horizontalAdvance("100 %") + metrics.height() + 2 * theme.GRID
        return left, 2 * metrics.height() + theme.GRID

    def point(self, confidence: float, accuracy: float) -> QPointF:
        """Return where a point of the curves is."""
        plot = self.plot()
        return QPointF(
            plot.left() + confidence * plot.width(), plot.bottom() - accuracy * plot.height()
        )

    def bin_at(self, x: float) -> int | None:
        """Return the bin above or below which a position across is."""
        plot = self.plot()
        if not plot.left() <= x <= plot.right():
            return None
        return min(self.bins - 1, math.floor((x - plot.left()) / plot.width() * self.bins))

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes, the curves and the counts."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), QColor(theme.current().panel))
        if self._measured is not None:
            self._paint_bin(painter)
            self._paint_axes(painter)
            for head in self._measured.answer.heads:
                self._paint_curve(painter, head)
            self._paint_counts(painter)
        painter.end()

    def _paint_bin(self, painter: QPainter) -> None:
        """Mark the bin that is told of."""
        plot, bars = self.plot(), self.bars()
        shown = self._hovered if self._hovered is not None else self.bin
        width = plot.width() / self.bins
        band = QRectF(plot.left() + shown * width, plot.top(), width, bars.bottom() - plot.top())
        painter.fillRect(band, QColor(theme.current().raised))
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.current().accent), 2))
            painter.drawRect(band.adjusted(1, 1, -1, -1))

    def _paint_axes(self, painter: QPainter) -> None:
        colours, plot, bars = theme.current(), self.plot(), self.bars()
        painter.setFont(theme.font("small"))
        line = painter.fontMetrics().height()
        for tick in TICKS:
            painter.setPen(QPen(QColor(colours.border), 1))
            at = self.point(tick, tick)
            painter.drawLine(QPointF(plot.left(), at.y()), QPointF(plot.right(), at.y()))
            painter.setPen(QColor(colours.muted))
            text = f"{tick:.0%}".replace("%", " %")
            beside = QRectF(0, at.y() - line / 2, plot.left() - 6, line)
            painter.drawText(beside, Align.AlignRight | Align.AlignVCenter, text)
            below = QRectF(at.x() - 30, bars.bottom() + 2, 60, line)
            painter.drawText(below, Align.AlignHCenter, text)
        foot = QRectF(plot.left(), bars.bottom() + 2 + line, plot.width(), line)
        painter.drawText(foot, Align.AlignHCenter, "how sure the head was of what it said")
        painter.setPen(QPen(QColor(colours.muted), 1, Qt.PenStyle.DashLine))
        painter.drawLine(self.point(0, 0), self.point(1, 1))
        painter.save()
        painter.translate(line / 2 + 2, plot.center().y())
        painter.rotate(-90)
        across = QRectF(-plot.height() / 2, -line / 2, plot.height(), line)
        painter.setPen(QColor(colours.muted))
        painter.drawText(across, Align.AlignCenter, "how often it was right")
        painter.restore()

    def _paint_curve(self, painter: QPainter, head: str) -> None:
        assert self._measured is not None
        curve, colours = self._measured.answer.heads[head].calibration, theme.current()
        noise, chosen = not self._measured.means_something(head), head == self.head
        colour = QColor(colours.muted if noise else colours.head(head))
        style = Qt.PenStyle.DotLine if noise else Qt.PenStyle.SolidLine
        places = [i for i in range(len(curve.count)) if curve.count[i]]
        points = [self.point(curve.confidence[i], curve.accuracy[i]) for i in places]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 2.5 if chosen else 1.5, style))
        painter.drawPolyline(points)
        painter.setBrush(QColor(colours.panel) if noise else colour)
        painter.setPen(QPen(colour, 1.5))
        for point in points:
            painter.drawEllipse(point, 4 if chosen else 2.5, 4 if chosen else 2.5)

    def _paint_counts(self, painter: QPainter) -> None:
        curve, colours, bars = self.curve, theme.current(), self.bars()
        assert curve is not None
        assert self._measured is not None
        noise = not self._measured.means_something(self.head)
        width, most = bars.width() / len(curve.count), int(curve.count.max(initial=1)) or 1
        brush = QBrush(QColor(colours.head(self.head)))
        if noise:
            brush = QBrush(QColor(colours.muted), Qt.BrushStyle.BDiagPattern)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(brush)
        for place, count in enumerate(curve.count.tolist()):
            height = bars.height() * count / most
            left = bars.left() + place * width
            painter.drawRect(QRectF(left + 1, bars.bottom() - height, width - 2, height))
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawLine(bars.bottomLeft(), bars.bottomRight())
        painter.setPen(QColor(colours.muted))
        text = f"photos, at most {most:,}"
        room = QRectF(bars.left() + 4, bars.top(), bars.width() - 8, bars.height())
        painter.drawText(room, Align.AlignLeft | Align.AlignTop, text)

    # --- pointer and keys ---

    def _tell(self) -> None:
        curve = self.curve
        if curve is None:
            return
        place = self._hovered if self._hovered is not None else self.bin
        said = self._sentence(curve, place)
        self.pointed.emit(f"{self.head}. {said}")
        told = self._sentence(curve, self.bin)
        if told != self.accessibleDescription():
            self.setAccessibleDescription(told)
            if self.hasFocus():
                event = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
                QAccessible.updateAccessibility(event)

    @staticmethod
    def _sentence(curve: Calibration, place: int) -> str:
        edges = curve.edges
        return words.bin_text(
            float(edges[place]),
            float(edges[place + 1]),
            int(curve.count[place]),
            float(curve.confidence[place]),
            float(curve.accuracy[place]),
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell of the bin under the pointer."""
        self._hover(self.bin_at(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        """Tell of the keyboard's bin again."""
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep the bin that was clicked."""
        found = self.bin_at(event.position().x())
        if found is not None:
            self._go_to(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk through the bins."""
        targets: dict[int, int] = {
            Key.Key_Left: self.bin - 1,
            Key.Key_Right: self.bin + 1,
            Key.Key_Home: 0,
            Key.Key_End: self.bins - 1,
        }
        if event.key() in targets:
            self._go_to(min(self.bins - 1, max(0, targets[event.key()])))
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self.update()

    def _restyle(self, _theme: object) -> None:
        self.update()

    def _hover(self, place: int | None) -> None:
        if place != self._hovered:
            self._hovered = place
            self._tell()
            self.update()

    def _go_to(self, place: int) -> None:
        self.bin = place
        self._tell()
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for curves that can be read."""
        return QSize(560, 360)
