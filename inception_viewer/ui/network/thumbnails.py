"""Mean maps as small pictures, made when they are first painted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtGui import QImage

from ...questions import Floats, Pixels
from .. import theme

COLOURS = "viridis"


def levels(values: Floats) -> np.ndarray:
    """Return a map (height, width) as 0..255 of its own maximum; all 0 if that is not positive.

    Values that are not finite count as 0: they must not swallow the rest of the map.
    """
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    top = float(finite.max(initial=0.0))
    if top <= 0:
        return np.zeros(values.shape, np.uint8)
    scaled: np.ndarray = np.clip(np.rint(finite * (255 / top)), 0, 255).astype(np.uint8)
    return scaled


def indexed(values: Floats) -> QImage:
    """Return a map as an 8-bit indexed picture through the colour table."""
    pixels = np.ascontiguousarray(levels(values))
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, width, QImage.Format.Format_Indexed8).copy()
    image.setColorTable(theme.qt_colour_table(COLOURS))
    return image


def rgb(pixels: Pixels) -> QImage:
    """Return an RGB picture (height, width, 3) as a picture that owns its pixels."""
    packed = np.ascontiguousarray(pixels)
    height, width, _ = packed.shape
    return QImage(packed.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


class Thumbnails:
    """The pictures of one overview, each converted once, when it is asked for."""

    def __init__(self) -> None:
        self._maps: Mapping[str, Floats] = {}
        self._picture: Pixels | None = None
        self._made: dict[str, QImage | None] = {}

    def show(self, maps: Mapping[str, Floats], picture: Pixels | None) -> None:
        """Take the maps of an overview and the input picture; nothing is converted yet."""
        self._maps, self._picture = maps, picture
        self._made.clear()

    @property
    def converted(self) -> int:
        """How many pictures have been made."""
        return len(self._made)

    def image(self, unit: str) -> QImage | None:
        """Return a unit's picture, or None where it has no map of more than one value."""
        if unit not in self._made:
            self._made[unit] = self._make(unit)
        return self._made[unit]

    def _make(self, unit: str) -> QImage | None:
        if unit == "input":
            return None if self._picture is None else rgb(self._picture)
        values = self._maps.get(unit)
        if values is None or values.ndim != 2 or values.size < 2:
            return None
        return indexed(values)
