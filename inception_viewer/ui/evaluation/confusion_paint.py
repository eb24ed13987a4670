"""Paints the confusion table: its cells, the marks on them, the names beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen

from .. import theme
from .confusion_table import ConfusionTable, Levels

LABEL_WIDTH = 120
"""Left of the cells, for the names, in logical pixels."""
Align = Qt.AlignmentFlag
Cell = tuple[int, int]


def image_of(levels: Levels, colour_map: str) -> QImage:
    """Return levels as a picture, a pixel a cell; where there is nothing it is grey."""
    # Rows of an indexed picture begin at multiples of four bytes.
    padded = np.pad(levels, ((0, 0), (0, -len(levels) % 4)))
    side, stride = len(levels), padded.shape[1]
    image = QImage(padded.data, side, side, stride, QImage.Format.Format_Indexed8)
    table = theme.qt_colour_table(colour_map)
    image.setColorTable([QColor(theme.current().border).rgb(), *table[1:]])
    return image.convertToFormat(QImage.Format.Format_RGB32)


@dataclass(frozen=True)
class Frame:
    """Where things are, in logical pixels.

    Attributes
    ----------
    view
        What can be seen.
    origin
        The corner of the first cell.
    cell
        Side of a cell.
    line
        Height of a line of names, and of the heading.
    """

    view: QRect
    origin: QPointF
    cell: float
    line: int

    @property
    def inside(self) -> QRectF:
        """Where the cells can be seen."""
        return QRectF(self.view).adjusted(LABEL_WIDTH, self.line + 3, 0, 0)


class MatrixBrush:
    """Paints parts of a table into a :class:`Frame`."""

    def __init__(self, painter: QPainter, frame: Frame, table: ConfusionTable) -> None:
        self.painter, self.frame, self.table = painter, frame, table
        self.colours = theme.current()

    def cells(self, image: QImage, factor: int) -> None:
        """Paint all cells as one picture, of which a pixel stands for ``factor`` cells."""
        side = self.table.size * self.frame.cell
        whole = QRectF(self.frame.origin.x(), self.frame.origin.y(), side, side)
        source = min(self.table.size / factor, image.width())
        self.painter.setClipRect(self.frame.inside)
        self.painter.drawImage(whole, image, QRectF(0, 0, source, source))
        self.painter.setPen(QPen(QColor(self.colours.border), 1))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawRect(whole)

    def mark(self, cell: Cell, colour: str, width: float) -> None:
        """Frame a cell, however small, with a line of the ground around: it shows on any colour."""
        side, origin = self.frame.cell, self.frame.origin
        rect = QRectF(origin.x() + cell[1] * side, origin.y() + cell[0] * side, side, side)
        grown = max(0.0, 6 - side) / 2
        rect.adjust(-grown, -grown, grown, grown)
        for name, thick in ((self.colours.panel, width + 2), (colour, width)):
            self.painter.setPen(QPen(QColor(name), thick))
            self.painter.drawRect(rect)

    def axes(self, selected: int) -> None:
        """Say what rows and columns are; name the rows where there is room for their names."""
        line, painter = self.frame.line, self.painter
        painter.setClipping(False)
        painter.setFont(theme.font("small"))
        painter.setPen(QColor(self.colours.muted))
        top = QRectF(LABEL_WIDTH, 0, self.frame.view.width() - LABEL_WIDTH, line)
        painter.drawText(top, Align.AlignCenter, "columns: what the head said")
        if self.frame.cell >= line:
            self._names(selected)
            return
        left = max(float(LABEL_WIDTH), self.frame.origin.x()) - line / 2 - 4
        painter.save()
        painter.translate(left, self.frame.inside.center().y())
        painter.rotate(-90)
        height = self.frame.inside.height()
        box = QRectF(-height / 2, -line / 2, height, line)
        painter.drawText(box, Align.AlignCenter, "rows: what the photo is")
        painter.restore()

    def _names(self, selected: int) -> None:
        frame, painter = self.frame, self.painter
        metrics, right = QFontMetrics(theme.font("small")), Qt.TextElideMode.ElideRight
        painter.setClipRect(QRectF(0, frame.line + 3, LABEL_WIDTH, frame.view.height()))
        first = math.floor((frame.line + 4 - frame.origin.y()) / frame.cell)
        last = math.ceil((frame.view.height() - frame.origin.y()) / frame.cell)
        for row in range(max(0, first), min(self.table.size, last)):
            text = metrics.elidedText(self.table.names[row], right, LABEL_WIDTH - 12)
            painter.setPen(QColor(self.colours.text if row == selected else self.colours.muted))
            top = frame.origin.y() + row * frame.cell
            box = QRectF(0, top, LABEL_WIDTH - 8, frame.cell)
            painter.drawText(box, Align.AlignRight | Align.AlignVCenter, text)
        painter.setClipping(False)
