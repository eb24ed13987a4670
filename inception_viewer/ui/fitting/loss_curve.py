"""The loss of each epoch so far, as a line."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme

TITLE = "Loss of each epoch, both heads together"
EMPTY = "The line begins with the first epoch."
NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def ceiling(value: float) -> float:
    """Return the least of the round numbers that is not below ``value``; 1 of nothing."""
    if not value > 0:
        return 1.0
    power = 1.0
    while power > value:
        power /= 10
    while power * 10 < value:
        power *= 10
    return next(nice * power for nice in NICE if nice * power >= value * (1 - 1e-9))


class LossCurve(QWidget):
    """A line over the epochs, from zero up; it grows while the heads learn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(TITLE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._loss: tuple[float, ...] = ()
        self._epochs = 1
        theme.broadcast.changed.connect(self._restyle)

    def set_loss(self, loss: tuple[float, ...], epochs: int) -> None:
        """Show the loss of the epochs so far, of so many in all."""
        self._loss, self._epochs = loss, max(1, epochs, len(loss))
        said = f"{loss[-1]:.2f} after epoch {len(loss)} of {epochs}" if loss else EMPTY
        self.setAccessibleDescription(said)
        self.setToolTip(said)
        self.update()

    @property
    def top(self) -> float:
        """The upper end of the scale."""
        return ceiling(max(self._loss, default=1.0))

    def points(self, area: QRectF) -> list[QPointF]:
        """Return where each epoch's loss lies in an area."""
        along = area.width() / max(1, self._epochs - 1)
        return [
            QPointF(area.left() + place * along, area.bottom() - area.height() * loss / self.top)
            for place, loss in enumerate(self._loss)
        ]

    def sizeHint(self) -> QSize:
        """Return room for a line that can be read."""
        return QSize(320, round(144 * theme.text_scale()))

    def minimumSizeHint(self) -> QSize:
        """Return room for the title, the scale and a little of the line."""
        return QSize(160, round(88 * theme.text_scale()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint title, scale and line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small, colours = QFontMetricsF(theme.font("small")), theme.current()
        painter.setFont(theme.font("small"))
        painter.setPen(QColor(colours.muted))
        painter.drawText(QPointF(0, small.ascent()), TITLE)
        if not self._loss:
            middle = Qt.AlignmentFlag.AlignCenter
            painter.drawText(QRectF(self.rect()), middle, EMPTY)
        else:
            self._paint_line(painter, small)
        painter.end()

    def _paint_line(self, painter: QPainter, small: QFontMetricsF) -> None:
        colours, grid = theme.current(), theme.GRID
        left = small.horizontalAdvance(f"{self.top:g}") + grid
        line = small.height()
        # The last value stands beside the last point, which may be the last epoch's.
        right = small.horizontalAdvance("00.00") + grid
        area = QRectF(
            left, line + grid, self.width() - left - right, self.height() - 2 * (line + grid)
        )
        self._paint_scale(painter, area, small)
        points = self.points(area)
        painter.setPen(QPen(QColor(colours.accent), 2))
        painter.drawPolyline(QPolygonF(points))
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(points[-1], 3, 3)
        painter.setPen(QColor(colours.text))
        painter.drawText(points[-1] + QPointF(grid, small.ascent() / 2), f"{self._loss[-1]:.2f}")

    def _paint_scale(self, painter: QPainter, area: QRectF, small: QFontMetricsF) -> None:
        colours = theme.current()
        for share in (0.0, 0.5, 1.0):
            y = area.bottom() - share * area.height()
            painter.setPen(QPen(QColor(colours.border), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(colours.muted))
            text = f"{share * self.top:g}"
            x = area.left() - theme.GRID / 2 - small.horizontalAdvance(text)
            painter.drawText(QPointF(x, y + small.ascent() / 2 - 1), text)
        below = area.bottom() + theme.GRID / 2 + small.ascent()
        painter.drawText(QPointF(area.left(), below), "epoch 1")
        last = f"{self._epochs}"
        if self._epochs > 1:
            painter.drawText(QPointF(area.right() - small.horizontalAdvance(last), below), last)

    def _restyle(self, _theme: object) -> None:
        self.updateGeometry()
        self.update()
