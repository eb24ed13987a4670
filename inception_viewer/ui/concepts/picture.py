"""The chart as a picture file: on white, with what was tested and how far to trust it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from .. import theme
from ..attribution.export import export_font
from . import words
from .chart_data import groups_of
from .chart_paint import ChartPainter
from .tested import Tested

WIDTH, HEIGHT, MARGIN = 1600, 720, 40
WRAP = int(Qt.TextFlag.TextWordWrap)


def picture_of(tested: Tested) -> QImage:
    """Return the chart with its title above and what its bars mean below."""
    font = export_font()
    bold = QFont(font)
    bold.setBold(True)
    said = [words.head_sentence(tested), words.LEGEND]
    said += [one.sentence for one in tested.answers[0].concepts if len(tested.answers) == 1]
    said.append(f"Checkpoint {tested.info.fingerprint[:12]}.")
    text = " ".join(filter(None, said))
    metrics = QFontMetricsF(font)
    room = QRectF(0, 0, WIDTH - 2 * MARGIN, 10_000)
    line, tall = metrics.height(), metrics.boundingRect(room, WRAP, text).height()
    sheet = QImage(WIDTH, round(HEIGHT + 3 * line + tall + 3 * MARGIN), QImage.Format.Format_RGB32)
    sheet.fill(QColor(theme.LIGHT.panel))
    sheet.setText("Description", text)
    painter = QPainter(sheet)
    painter.setPen(QColor(theme.LIGHT.text))
    painter.setFont(bold)
    painter.drawText(QRectF(MARGIN, MARGIN, room.width(), line), words.heading(tested))
    painter.setFont(font)
    painter.setPen(QColor(theme.LIGHT.muted))
    painter.drawText(QRectF(MARGIN, MARGIN + line, room.width(), line), words.subheading(tested))
    chart = ChartPainter(groups_of(tested), theme.LIGHT, font, noise=tested.note.is_noise)
    top = MARGIN + 2.5 * line
    chart.paint(painter, QRectF(MARGIN, top, room.width(), HEIGHT), None, False)
    painter.setPen(QColor(theme.LIGHT.text))
    painter.drawText(QRectF(MARGIN, top + HEIGHT + line / 2, room.width(), tall + 4), WRAP, text)
    painter.end()
    return sheet
