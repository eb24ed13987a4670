"""A cell as a picture file: sharp, as it is drawn, with its scale and what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from ...grade_questions import Measure
from .. import theme
from ..attribution.export import MARGIN, STRIP, export_font, factor
from ..attribution.scale_bar import paint_scale
from ..attribution.words import caption, number
from . import words
from .board import CellState
from .cell_paint import Style, paint_contours, paint_pixels
from .contours import contours
from .drawing import Drawing, beyond, colouring_of, composed, in_channels

WIDTH = 1320
"""Least width of the words below."""


def full_caption(
    state: CellState, drawing: Drawing, limit: float, measures: Mapping[str, Measure]
) -> str:
    """Return what stands below the picture: what it is, its scale, its grades, which weights."""
    answer = state.readable
    assert answer is not None
    past = words.share(beyond(answer, drawing, limit))
    scale = f"Colours end at {number(limit)}; {past} of the positions lie beyond."
    grades = [words.grade_text(measure, state) for measure in measures.values()]
    graded = f" {'; '.join(filter(None, grades))}." if any(grades) else ""
    weights = f"Checkpoint {answer.provenance.fingerprint[:12]}."
    left_out = f" {state.left_out}" if state.left_out else ""
    said = f"Photo {state.cell.photo}. {caption(answer)}.{left_out}"
    return f"{said} {scale}{graded} {weights}"


def picture_of(
    state: CellState, style: Style, limit: float, measures: Mapping[str, Measure]
) -> QImage | None:
    """Return a cell's picture on white with a colour bar and the caption; None without a map.

    The map starts at (MARGIN, MARGIN plus a line), each of its pixels a square of
    ``factor`` pixels where all of it shows.
    """
    answer, photo = state.readable, state.picture
    if answer is None or photo is None:
        return None
    height, width = answer.map.shape
    by = 2 * factor(width)
    font = export_font()
    metrics = QFontMetricsF(font)
    line = round(metrics.height())
    total = max(WIDTH, by * width) + 2 * MARGIN
    text = full_caption(state, style.drawing, limit, measures)
    room = QRectF(0, 0, total - 2 * MARGIN, 4000)
    said = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), text)
    bar_top = MARGIN + line + by * height + MARGIN // 2
    text_top = round(bar_top + STRIP + line + MARGIN // 2)
    bottom = text_top + int(np.ceil(said.height())) + MARGIN
    sheet = QImage(total, bottom, QImage.Format.Format_RGB32)
    sheet.fill(QColor(theme.LIGHT.panel))
    sheet.setText("Description", text)
    painter = QPainter(sheet)
    painter.setFont(font)
    painter.setPen(QColor(theme.LIGHT.text))
    title = f"{state.cell.title}{words.DOT}{words.what_text(state, style.classes)}"
    painter.drawText(MARGIN, MARGIN + line - 6, title)
    pane = QRectF(MARGIN, MARGIN + line, by * width, by * height)
    paint_pixels(painter, pane, composed(answer, photo, style.drawing, limit), style.zoom)
    if style.drawing.contours:
        paint_contours(painter, pane, contours(answer.map, style.drawing.signed), style.zoom)
    bar = QRectF(MARGIN, bar_top, by * width, STRIP + line)
    if not in_channels(answer, style.drawing):
        chosen = colouring_of(style.drawing, limit)
        paint_scale(painter, bar, chosen, theme.LIGHT.text, theme.LIGHT.border, STRIP)
    painter.setPen(QColor(theme.LIGHT.text))
    box = QRectF(MARGIN, text_top, total - 2 * MARGIN, said.height() + 4)
    painter.drawText(box, int(Qt.TextFlag.TextWordWrap), text)
    painter.end()
    return sheet


def file_name(state: CellState, classes: Sequence[str]) -> str:
    """Return a name for a cell's file, without an ending."""
    parts = (state.question.method, state.cell.title, words.what_text(state, classes))
    plain = "-".join(dict.fromkeys(parts))
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in plain)[:96]
