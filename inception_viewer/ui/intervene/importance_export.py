"""The tables of branches as a picture file: on white, with their scales and what they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from .. import theme
from ..attribution.export import MARGIN, STRIP, export_font, save_picture
from ..attribution.scale_bar import paint_scale
from .heat_table import Grid, Heat, paint_heat

CELL = 96.0
ROW = 40.0
LEFT = 56.0
LEAST = 720.0
WRAP = int(Qt.TextFlag.TextWordWrap)


def picture_of(tables: Sequence[Heat], caption: str) -> QImage:
    """Return tables side by side, each over its colour bar, with the caption below."""
    font = export_font()
    metrics = QFontMetricsF(font)
    line = round(metrics.height())
    top = 2 * line + 12
    widths = [LEFT + CELL * len(one.columns) for one in tables]
    total = max(LEAST, sum(widths) + MARGIN * (len(tables) + 1))
    height = top + ROW * max(len(one.rows) for one in tables)
    room = QRectF(0, 0, total - 2 * MARGIN, 4000)
    said = metrics.boundingRect(room, WRAP, caption).height()
    bar_top = MARGIN + height + MARGIN / 2
    text_top = bar_top + STRIP + line + MARGIN
    size = round(total), round(text_top + said + MARGIN)
    sheet = QImage(*size, QImage.Format.Format_RGB32)
    sheet.fill(QColor(theme.LIGHT.panel))
    sheet.setText("Description", caption)
    painter = QPainter(sheet)
    left = float(MARGIN)
    for one, width in zip(tables, widths, strict=True):
        painter.save()
        painter.translate(left, MARGIN)
        paint_heat(painter, one, Grid(LEFT, top, CELL, ROW), theme.LIGHT, font)
        painter.restore()
        painter.setFont(font)
        bar = QRectF(left + LEFT, bar_top, width - LEFT, STRIP + line)
        colours = theme.LIGHT
        paint_scale(painter, bar, one.colouring, colours.text, colours.border, STRIP)
        left += width + MARGIN
    painter.setPen(QColor(theme.LIGHT.text))
    painter.drawText(QRectF(MARGIN, text_top, total - 2 * MARGIN, said + 4), WRAP, caption)
    painter.end()
    return sheet


def save(image: QImage, path: Path) -> str:
    """Write a picture as PNG; return why it could not be written, or ``""``."""
    try:
        save_picture(image, path)
    except OSError as error:
        return f"“{path.name}” could not be written: {error.strerror or error}."
    return ""
