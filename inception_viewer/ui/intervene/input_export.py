"""A picture before and after, and the difference, as one picture: on white, with a caption."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from .. import theme
from ..attribution.export import MARGIN, export_font, factor
from ..compare.saving import on_paper
from ..pictures import image_of
from .changed_pictures import Trio


def composed(trio: Trio, caption: str) -> QImage:
    """Return three pictures with their titles, each pixel a square, and the caption below."""
    height, width = trio.after.shape[:2]
    side = factor(width)
    font = export_font()
    line = round(QFontMetricsF(font).height())
    wide, high = side * width, side * height

    def paint(painter: QPainter) -> None:
        painter.setFont(font)
        painter.setPen(QColor(theme.LIGHT.text))
        pictures = (trio.before, trio.after, trio.enlarged)
        for place, (pixels, title) in enumerate(zip(pictures, trio.titles, strict=True)):
            left = place * (wide + MARGIN)
            box = QRectF(left, 0, wide, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, title)
            large = np.repeat(np.repeat(pixels, side, axis=0), side, axis=1)
            painter.drawImage(left, line + MARGIN // 4, image_of(large))

    return on_paper(3 * wide + 2 * MARGIN, line + MARGIN // 4 + high, caption, paint)
