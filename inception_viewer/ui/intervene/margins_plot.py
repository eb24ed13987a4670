"""The margin of an answer while channels are put in or taken out, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme
from ..maps.restyle import refresh
from .words import signed

HEIGHT = 136
MARK = 2.5
DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)
"""Of the first and the second curve: told apart without colour."""


class MarginsPlot(QWidget):
    """Draws margins over the number of channels, with a line at zero, where the answer turns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: Mapping[str, Sequence[float]] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Margin of the answer")
        theme.broadcast.changed.connect(self._restyle)

    def set_curves(self, curves: Mapping[str, Sequence[float]]) -> None:
        """Show margins, in logits, after each step; by what is done at each."""
        self._curves = curves
        said = [
            f"{name}: from {signed(values[0])} to {signed(values[-1])} in {len(values) - 1} steps"
            for name, values in curves.items()
            if values
        ]
        self.setAccessibleDescription("; ".join(said))
        self.setToolTip("\n".join(["The class's logit less the largest other one.", *said]))
        self.updateGeometry()
        self.update()

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and highest value of the y axis; zero lies between them."""
        every = [0.0, *(value for values in self._curves.values() for value in values)]
        low, high = min(every), max(every)
        return low, high if high > low else low + 1.0

    @property
    def steps(self) -> int:
        """The largest number of channels on the x axis."""
        return max([1, *(len(values) - 1 for values in self._curves.values())])

    def plot_rect(self) -> QRectF:
        """Return where the curves run."""
        metrics = QFontMetricsF(theme.font("small"))
        left = 8 + max(metrics.horizontalAdvance(signed(value)) for value in self.bounds)
        line = metrics.height() + 2
        return QRectF(left, line / 2, max(1.0, self.width() - left - 8), HEIGHT - 1.5 * line)

    def points(self, values: Sequence[float]) -> list[QPointF]:
        """Return where a curve's points are painted."""
        box, (low, high), steps = self.plot_rect(), self.bounds, self.steps
        return [
            QPointF(
                box.left() + place / steps * box.width(),
                box.bottom() - (value - low) / (high - low) * box.height(),
            )
            for place, value in enumerate(values)
        ]

    def sizeHint(self) -> QSize:
        """Return room for the axes and a line for each curve's name."""
        line = QFontMetricsF(theme.font("small")).height() + 2
        return QSize(280, round(HEIGHT + line * len(self._curves)))

    def minimumSizeHint(self) -> QSize:
        """Return what is needed to read the curves."""
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes, the line at zero, the curves and their names."""
        if not self._curves:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("small"))
        self._paint_axes(painter)
        for place, (name, values) in enumerate(self._curves.items()):
            pen = self._pen(place)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            found = self.points(values)
            painter.drawPolyline(QPolygonF(found))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(pen.color())
            for point in found if len(found) <= 60 else found[-1:]:
                painter.drawEllipse(point, MARK, MARK)
            self._paint_name(painter, place, name)
        painter.end()

    def _pen(self, place: int) -> QPen:
        colours = theme.current()
        pen = QPen(QColor(colours.accent if place == 0 else colours.warning), 2)
        pen.setStyle(DASHES[min(place, 1)])
        return pen

    def _paint_axes(self, painter: QPainter) -> None:
        colours, box = theme.current(), self.plot_rect()
        metrics = QFontMetricsF(painter.font())
        painter.setPen(QColor(colours.border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        low, high = self.bounds
        zero = box.bottom() + low / (high - low) * box.height()
        painter.setPen(QPen(QColor(colours.muted), 1))
        painter.drawLine(QPointF(box.left(), zero), QPointF(box.right(), zero))
        taken: list[float] = []
        for text, y in (("0", zero), (signed(high), box.top()), (signed(low), box.bottom())):
            if all(abs(y - other) >= metrics.height() for other in taken):
                taken.append(y)
                place = QRectF(0, y - metrics.height() / 2, box.left() - 4, metrics.height())
                painter.drawText(place, int(Qt.AlignmentFlag.AlignRight), text)
        line = QRectF(box.left(), box.bottom() + 1, box.width(), metrics.height())
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft), "0 channels")
        painter.drawText(line, int(Qt.AlignmentFlag.AlignRight), f"{self.steps}")

    def _paint_name(self, painter: QPainter, place: int, name: str) -> None:
        metrics = QFontMetricsF(painter.font())
        line = metrics.height() + 2
        top = HEIGHT + place * line
        painter.setPen(self._pen(place))
        painter.drawLine(QPointF(4, top + line / 2), QPointF(28, top + line / 2))
        painter.setPen(QColor(theme.current().text))
        box = QRectF(34, top, self.width() - 38, line)
        elided = metrics.elidedText(name, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), elided)

    def _restyle(self, _: object = None) -> None:
        refresh(self)
