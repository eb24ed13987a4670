"""From an attribution map to colours, in numpy: the screen and the exports share this.

Signed maps use the diverging table ``vik``, whose level 128 is exactly zero and whose
levels 1 and 255 are equally far from it; maps without negative values use a sequential
one from zero up. Colours end at a percentile of the magnitude, so that one stray pixel
does not leave the rest grey, and :attr:`Colouring.beyond` says how much lies past it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...questions import Floats, Pixels
from .. import theme

DIVERGING, SEQUENTIAL = "vik", "viridis"
ZERO = 128
"""The diverging table's level for zero."""
PERCENTILE = 99.5
"""Of the magnitude, where colours end by default."""


@dataclass(frozen=True)
class Colouring:
    """How values become colours.

    Attributes
    ----------
    signed
        Whether the table diverges from zero: from ``-limit`` to ``limit``, else 0 to ``limit``.
    limit
        The magnitude at which colours end; above 0.
    percentile
        The percentile of the magnitude that gave the limit; 100 is the largest.
    beyond
        Share of the positions past the limit, in [0, 1]; they get the end's colour.
    """

    signed: bool
    limit: float
    percentile: float
    beyond: float

    @property
    def table(self) -> str:
        """Name of the colour table."""
        return DIVERGING if self.signed else SEQUENTIAL

    @property
    def low(self) -> float:
        """The value at the table's lower end."""
        return -self.limit if self.signed else 0.0


def colouring(values: Floats, percentile: float = PERCENTILE) -> Colouring:
    """Choose the colouring of a map (height, width), from its finite values."""
    finite = values[np.isfinite(values)]
    magnitude = np.abs(finite)
    limit = float(np.percentile(magnitude, percentile)) if magnitude.size else 0.0
    if limit <= 0:
        # More zeros than the percentile leaves: the largest value is all there is to go by.
        limit = float(magnitude.max(initial=0.0)) or 1.0
    beyond = float(np.mean(magnitude > limit)) if magnitude.size else 0.0
    return Colouring(bool((finite < 0).any()), limit, percentile, beyond)


def levels(values: Floats, chosen: Colouring) -> NDArray[np.uint8]:
    """Return each value's index in the colour table, 0 to 255; not finite ones count as zero."""
    share = np.nan_to_num(values / np.float32(chosen.limit), nan=0.0, posinf=1.0, neginf=-1.0)
    if chosen.signed:
        found = ZERO + np.rint(127 * np.clip(share, -1, 1))
    else:
        found = np.clip(np.floor(256 * share), 0, 255)
    indices: NDArray[np.uint8] = found.astype(np.uint8)
    return indices


def coloured(values: Floats, chosen: Colouring) -> Pixels:
    """Return a map (height, width) as a picture (height, width, 3)."""
    return theme.colour_table(chosen.table)[levels(values, chosen), :3]


def overlaid(picture: Pixels, values: Floats, chosen: Colouring, opacity: float) -> Pixels:
    """Return the map laid over the photo.

    A position's share of the map's colour is ``opacity`` times its magnitude over the
    limit: where the map is zero the photo shows untouched.

    Parameters
    ----------
    picture
        (height, width, 3), brought to the map's size by its nearest pixels if it differs.
    values
        The map (height, width).
    chosen
        Its colouring.
    opacity
        0 shows the photo alone, 1 only colour where the map reaches the limit.
    """
    photo = fitted(picture, values.shape).astype(np.float32)
    share = np.nan_to_num(np.abs(values) / np.float32(chosen.limit), nan=0.0, posinf=1.0)
    weight = np.float32(opacity) * np.clip(share, 0, 1)[..., None]
    mixed = photo + weight * (coloured(values, chosen).astype(np.float32) - photo)
    pixels: Pixels = np.rint(mixed).astype(np.uint8)
    return pixels


def fitted(picture: Pixels, shape: tuple[int, ...]) -> Pixels:
    """Return a picture at another height and width, by its nearest pixels."""
    if picture.shape[:2] == shape[:2]:
        return picture
    rows, columns = (
        (2 * np.arange(size) + 1) * length // (2 * size)
        for size, length in zip(shape[:2], picture.shape[:2], strict=True)
    )
    chosen: Pixels = picture[rows[:, None], columns[None, :]]
    return chosen
