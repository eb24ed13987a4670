"""Arrays as Qt pictures."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage, QPixmap

from ..questions import Pixels


def image_of(pixels: Pixels) -> QImage:
    """Return an RGB array (height, width, 3), uint8, as a picture with memory of its own."""
    height, width, _ = pixels.shape
    rows = np.ascontiguousarray(pixels)
    return QImage(rows.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def pixmap_of(pixels: Pixels) -> QPixmap:
    """Return an RGB array as a pixmap; on the thread of the window only."""
    return QPixmap.fromImage(image_of(pixels))
