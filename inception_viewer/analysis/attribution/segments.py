"""Superpixels: the parts of a photo that perturbation methods hide and show as one."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import slic

from inception_viewer.attribution_methods import Settings
from inception_viewer.questions import Floats, Pixels, Preprocessing

Segments: TypeAlias = NDArray[np.int64]
"""The superpixel that each pixel belongs to (H, W), numbered from 0 without gaps."""


def segments(array: Floats, preprocessing: Preprocessing, settings: Settings) -> Segments:
    """Divide what the network sees into superpixels.

    Parameters
    ----------
    array
        Preprocessed photo (3, H, W), channels in the network's order.
    preprocessing
        What made it.
    settings
        ``regions``: ``"slic"``, superpixels of even colour (Achanta et al., 2012: SLIC
        superpixels compared to state-of-the-art superpixel methods, IEEE TPAMI 34), or
        ``"grid"``, rectangles; ``segments``, how many at most; ``compactness``, how much
        nearness counts beside likeness.
    """
    count = int(settings["segments"])
    if settings["regions"] == "grid":
        return grid(array.shape[1], array.shape[2], count)
    picture, asked = seen(array, preprocessing), count
    found = _superpixels(picture, asked, float(settings["compactness"]))
    while found.max() >= count:
        # SLIC starts from an even grid, which can have a few more cells than were asked for.
        asked -= 1
        found = _superpixels(picture, asked, float(settings["compactness"]))
    return found


def _superpixels(picture: Pixels, count: int, compactness: float) -> Segments:
    found = slic(picture, n_segments=count, compactness=compactness, start_label=0, channel_axis=-1)
    # Numbered anew, should one have been merged away.
    numbered: Segments = np.unique(found, return_inverse=True)[1].reshape(found.shape)
    return numbered.astype(np.int64)


def grid(height: int, width: int, count: int) -> Segments:
    """Return at most ``count`` rectangles, nearly square, numbered row by row."""
    rows = min(height, count, max(1, round((count * height / width) ** 0.5)))
    columns = min(width, count // rows)
    row = np.arange(height) * rows // height
    column = np.arange(width) * columns // width
    numbered: Segments = row[:, None] * columns + column
    return numbered.astype(np.int64)


def seen(array: Floats, preprocessing: Preprocessing) -> Pixels:
    """Return the picture (H, W, 3), RGB, that a preprocessed photo (3, H, W) was made from."""
    mean = np.array(preprocessing.mean).reshape(3, 1, 1)
    std = np.array(preprocessing.std).reshape(3, 1, 1)
    values = (array * std + mean) / preprocessing.scale
    if preprocessing.channels == "BGR":
        values = values[::-1]
    picture: Pixels = values.round().clip(0, 255).astype(np.uint8).transpose(1, 2, 0)
    return picture


def describe(found: Segments, settings: Settings) -> str:
    """Return a sentence on the superpixels."""
    count = int(found.max()) + 1
    if settings["regions"] == "grid":
        return f"{count} {'region' if count == 1 else 'regions'} (a regular grid)."
    about = f"{count} {'superpixel' if count == 1 else 'superpixels'} (SLIC)"
    few = count <= int(settings["segments"]) // 2
    return f"{about}: a larger compactness gives more." if few else f"{about}."
