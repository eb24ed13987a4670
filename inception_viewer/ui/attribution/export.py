"""An attribution as a picture file: sharp, with its colour bar and what it is."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from ...questions import AttributionAnswer, Pixels
from .. import theme
from ..head_words import NEVER_TRAINED
from ..pictures import image_of
from .colouring import Colouring, coloured, fitted, overlaid
from .panes import TITLES
from .scale_bar import paint_scale
from .words import caption, scale_text

LEAST = 440
"""Each picture is enlarged by a whole factor to at least about this width."""
MARGIN = 24
FONT = 20
STRIP = 20.0


def factor(width: int) -> int:
    """Return by how much each pixel is enlarged."""
    return max(1, -(-LEAST // width))


def full_caption(answer: AttributionAnswer, chosen: Colouring, warning: str = "") -> str:
    """Return what stands below the picture: all of it, and which weights."""
    fingerprint = answer.provenance.fingerprint[:12]
    said = f"{caption(answer)}. {scale_text(chosen)} Checkpoint {fingerprint}."
    # An answer may say the same in its own note.
    return said if NEVER_TRAINED in answer.note else f"{warning} {said}".strip()


def composed(
    picture: Pixels,
    answer: AttributionAnswer,
    chosen: Colouring,
    opacity: float,
    warning: str = "",
) -> QImage:
    """Return photo, map and overlay side by side, a colour bar and the caption, on white.

    The caption begins with ``warning``, if there is one.

    Each position of the map is a square of :func:`factor` pixels; the map starts at
    (2 * MARGIN + its width, MARGIN + the height of a line).
    """
    height, width = answer.map.shape
    side = factor(width)
    shown = (
        fitted(picture, answer.map.shape),
        coloured(answer.map, chosen),
        overlaid(picture, answer.map, chosen, opacity),
    )
    font, line = export_font(), round(QFontMetricsF(export_font()).height())
    total = 3 * (side * width + MARGIN) + MARGIN
    text = full_caption(answer, chosen, warning)
    words = QFontMetricsF(font).boundingRect(
        QRectF(0, 0, total - 2 * MARGIN, 4000), int(Qt.TextFlag.TextWordWrap), text
    )
    bar_top = MARGIN + line + side * height + MARGIN // 2
    text_top = round(bar_top + STRIP + line + MARGIN // 2)
    sheet = QImage(
        total, text_top + int(np.ceil(words.height())) + MARGIN, QImage.Format.Format_RGB32
    )
    sheet.fill(QColor(theme.LIGHT.panel))
    sheet.setText("Description", text)
    painter = QPainter(sheet)
    painter.setFont(font)
    for i, pixels in enumerate(shown):
        left = MARGIN + i * (side * width + MARGIN)
        painter.setPen(QColor(theme.LIGHT.text))
        painter.drawText(left, MARGIN + line - 6, TITLES[i])
        large = np.repeat(np.repeat(pixels, side, axis=0), side, axis=1)
        painter.drawImage(left, MARGIN + line, image_of(large))
    place = QRectF(MARGIN, bar_top, total - 2 * MARGIN, STRIP + line)
    paint_scale(painter, place, chosen, theme.LIGHT.text, theme.LIGHT.border, STRIP)
    painter.setPen(QColor(theme.LIGHT.text))
    box = QRectF(MARGIN, text_top, total - 2 * MARGIN, words.height() + 4)
    painter.drawText(box, int(Qt.TextFlag.TextWordWrap), text)
    painter.end()
    return sheet


def save_picture(image: QImage, path: Path) -> None:
    """Write a PNG.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    path.write_bytes(held.data())


def save_array(answer: AttributionAnswer, path: Path) -> None:
    """Write the map (height, width), float32, as ``.npy``.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    held = io.BytesIO()
    np.save(held, answer.map)
    path.write_bytes(held.getvalue())


def export_font() -> QFont:
    """Return the font of what stands beside an exported picture."""
    made = QFont(theme.font())
    made.setPixelSize(FONT)
    return made
