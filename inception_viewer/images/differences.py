"""What differs between two pictures, enlarged so that it can be seen; numpy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inception_viewer.questions import Pixels

GREY = 128
"""The level that stands for no difference."""
ROOM = 127
"""The largest enlarged difference, either way."""
HALF = 0.5
"""For differences too large for whole factors."""
FACTORS = (HALF, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 127.0)
"""To choose from."""


@dataclass(frozen=True)
class Difference:
    """How far two pictures are apart, in grey levels of 255.

    Attributes
    ----------
    largest
        Of any value of any colour channel.
    mean
        Of the magnitude, over all values.
    changed
        Share of the pixels of which any value differs, in [0, 1].
    """

    largest: int
    mean: float
    changed: float


def measured(before: Pixels, after: Pixels) -> Difference:
    """Return how far two pictures (height, width, 3) of one size are apart."""
    apart = np.abs(_apart(before, after))
    return Difference(
        int(apart.max(initial=0)), float(apart.mean()), float((apart > 0).any(2).mean())
    )


def fitting_factor(largest: int) -> float:
    """Return the whole factor at which a largest difference fills the scale, or :data:`HALF`."""
    if largest > ROOM:
        return HALF
    return float(ROOM // max(1, largest)) if largest else 1.0


def enlarged(before: Pixels, after: Pixels, factor: float) -> Pixels:
    """Return ``128 + factor * (after - before)`` of two pictures, cut off at 0 and 255."""
    made = GREY + np.float32(factor) * _apart(before, after)
    pixels: Pixels = np.rint(np.clip(made, 0, 255)).astype(np.uint8)
    return pixels


def _apart(before: Pixels, after: Pixels) -> NDArray[np.int16]:
    return after.astype(np.int16) - before.astype(np.int16)
