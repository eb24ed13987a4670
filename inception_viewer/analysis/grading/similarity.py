"""How alike two maps are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata
from skimage.metrics import structural_similarity

from inception_viewer.questions import Floats

WINDOW = 7
"""Side of the windows in which structure is compared, in pixels."""


def rank_correlation(one: Floats, other: Floats) -> float:
    """Return Spearman's rank correlation of two maps' pixels; 0 where one of them is flat."""
    ranks = [rankdata(map_.ravel()) for map_ in (one, other)]
    first, second = (values - values.mean() for values in ranks)
    size = np.linalg.norm(first) * np.linalg.norm(second)
    return float(first @ second / size) if size else 0.0


def structure(one: Floats, other: Floats) -> float:
    """Return the structural similarity (Wang et al., 2004) of two maps scaled to [-1, 1]."""
    side = min(WINDOW, *one.shape)
    odd = side - (side + 1) % 2
    scaled = [_scaled(map_) for map_ in (one, other)]
    alike: Callable[..., float] = structural_similarity
    return float(alike(*scaled, win_size=odd, data_range=2.0))


def _scaled(map_: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    largest = float(np.abs(map_).max())
    return map_.astype(np.float64) / (largest or 1.0)
