"""The colours of the four branches, with their names."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme
from ..maps.restyle import refresh

SIDE = 10.0


class BranchLegend(QWidget):
    """Four swatches with names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Colours of the branches")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.broadcast.changed.connect(lambda _: refresh(self))

    def sizeHint(self) -> QSize:
        """Return room for all four."""
        metrics = QFontMetricsF(theme.font("small"))
        names = sum(metrics.horizontalAdvance(name) for name in theme.BRANCH)
        return QSize(round(names + len(theme.BRANCH) * (SIDE + 18)), round(metrics.height() + 4))

    def minimumSizeHint(self) -> QSize:
        """Return the same."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint them."""
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        x, height = 0.0, float(self.height())
        for name, colour in theme.BRANCH.items():
            painter.fillRect(QRectF(x, (height - SIDE) / 2, SIDE, SIDE), QColor(colour))
            painter.setPen(QColor(theme.current().muted))
            width = QFontMetricsF(painter.font()).horizontalAdvance(name) + 2
            box = QRectF(x + SIDE + 4, 0, width, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)
            x += SIDE + 4 + width + 12
        painter.end()
