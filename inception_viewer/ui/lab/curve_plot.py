"""Curves of a grade, painted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...grade_questions import Curve
from .. import theme
from ..attribution.words import number
from ..maps.restyle import refresh

HEIGHT = 128
DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
"""Of the first, second and further curves: told apart without colour."""


class CurvePlot(QWidget):
    """Draws curves over shares of the photo or over layers, with their names and areas."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: Mapping[str, Curve] = {}
        self._labels: Sequence[str] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.broadcast.changed.connect(self._restyle)

    def set_curves(self, curves: Mapping[str, Curve], labels: Sequence[str]) -> None:
        """Show curves; ``labels`` name the places of the x axis, or are empty for shares."""
        self._curves, self._labels = curves, labels
        said = [
            f"{name}: from {number(float(c.y[0]))} to {number(float(c.y[-1]))}"
            + ("" if c.area is None else f", area {number(c.area)}")
            for name, c in curves.items()
            if len(c.y)
        ]
        self.setAccessibleName("Curves of the grade")
        self.setAccessibleDescription("; ".join(said))
        self.setToolTip("\n".join([*said, ", ".join(labels)]).strip())
        self.updateGeometry()
        self.update()

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and highest value of the y axis; it holds 0, and 1 for shares."""
        values = [c.y[np.isfinite(c.y)] for c in self._curves.values()]
        low = min((float(v.min(initial=0.0)) for v in values), default=0.0)
        high = max((float(v.max(initial=0.0)) for v in values), default=1.0)
        return min(0.0, low), high if high > low else low + 1.0

    def plot_rect(self) -> QRectF:
        """Return where the curves run."""
        metrics = QFontMetricsF(theme.font("small"))
        line = metrics.height() + 2
        low, high = self.bounds
        left = 4 + max(metrics.horizontalAdvance(number(v)) for v in (low, high))
        return QRectF(
            left + 4, line / 2, max(1.0, self.width() - left - 12), max(1.0, HEIGHT - 1.5 * line)
        )

    def sizeHint(self) -> QSize:
        """Return room for the axes and a line for each curve's name."""
        line = QFontMetricsF(theme.font("small")).height() + 2
        return QSize(160, round(HEIGHT + line * len(self._curves)))

    def minimumSizeHint(self) -> QSize:
        """Return the same: curves do not shrink."""
        return self.sizeHint()

    def points(self, curve: Curve) -> list[QPointF]:
        """Return where a curve's points are painted."""
        box, (low, high) = self.plot_rect(), self.bounds
        first = float(curve.x[0]) if len(curve.x) else 0.0
        extent = (float(curve.x[-1]) - first) if len(curve.x) else 1.0
        found = []
        for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True):
            if np.isfinite(y):
                across = (x - first) / (extent or 1.0)
                up = (y - low) / (high - low)
                found.append(
                    QPointF(box.left() + across * box.width(), box.bottom() - up * box.height())
                )
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes, the curves and their names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("small"))
        self._paint_axes(painter)
        for place, (name, curve) in enumerate(self._curves.items()):
            painter.setPen(self._pen(place))
            painter.drawPolyline(QPolygonF(self.points(curve)))
            self._paint_name(painter, place, name, curve)
        painter.end()

    def _pen(self, place: int) -> QPen:
        colours = theme.current()
        pen = QPen(QColor(colours.accent if place == 0 else colours.muted), 2 if place == 0 else 1)
        pen.setStyle(DASHES[min(place, 2)])
        return pen

    def _paint_axes(self, painter: QPainter) -> None:
        colours, box = theme.current(), self.plot_rect()
        painter.setPen(QColor(colours.border))
        painter.drawRect(box)
        painter.setPen(QColor(colours.muted))
        metrics = QFontMetricsF(painter.font())
        low, high = self.bounds
        for value, y in ((high, box.top()), (low, box.bottom())):
            place = QRectF(0, y - metrics.height() / 2, box.left() - 4, metrics.height())
            painter.drawText(place, int(Qt.AlignmentFlag.AlignRight), number(value))
        ends = (self._labels[0], self._labels[-1]) if self._labels else ("0 %", "100 %")
        line = QRectF(box.left(), box.bottom() + 1, box.width(), metrics.height())
        for words, side in zip(
            ends, (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), strict=True
        ):
            elided = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width() / 2 - 4)
            painter.drawText(line, int(side), elided)

    def _paint_name(self, painter: QPainter, place: int, name: str, curve: Curve) -> None:
        metrics = QFontMetricsF(painter.font())
        line = metrics.height() + 2
        top = HEIGHT + place * line
        painter.setPen(self._pen(place))
        painter.drawLine(QPointF(4, top + line / 2), QPointF(28, top + line / 2))
        painter.setPen(QColor(theme.current().text))
        words = name if curve.area is None else f"{name}, area {number(curve.area)}"
        box = QRectF(34, top, self.width() - 38, line)
        elided = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), elided)

    def _restyle(self, _: object = None) -> None:
        refresh(self)
