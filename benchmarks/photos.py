"""Photos that nobody has seen: random pieces of scikit-image's, pasted together."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
PIECES = 6


@cache
def _originals() -> tuple[Image.Image, ...]:
    """Return the colour photos that come with scikit-image itself: no download."""
    names = ("astronaut", "chelsea", "coffee", "rocket")
    return tuple(Image.fromarray(getattr(skimage.data, name)()) for name in names)


def photo(number: int, width: int = 640, height: int = 480) -> Pixels:
    """Return photo ``number`` (height, width, 3); different numbers look different.

    One original's crop fills it, and crops of others are pasted over: as much detail as
    any photo has.
    """
    random = np.random.default_rng(number)
    sheet = _crop(random).resize((width, height))
    for _ in range(PIECES):
        piece = _crop(random)
        size = random.integers(width // 8, width // 3), random.integers(height // 8, height // 3)
        corner = random.integers(0, width), random.integers(0, height)
        sheet.paste(piece.resize((int(size[0]), int(size[1]))), (int(corner[0]), int(corner[1])))
    return np.asarray(sheet)


def jpeg(number: int, width: int = 640, height: int = 480) -> bytes:
    """Return a photo as the bytes of a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(photo(number, width, height)).save(file, "JPEG", quality=90)
    return file.getvalue()


def _crop(random: np.random.Generator) -> Image.Image:
    originals = _originals()
    original = originals[int(random.integers(len(originals)))]
    width, height = (int(side * random.uniform(0.4, 1.0)) for side in original.size)
    left = int(random.integers(0, original.width - width + 1))
    top = int(random.integers(0, original.height - height + 1))
    return original.crop((left, top, left + width, top + height))
