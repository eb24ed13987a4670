"""Pixels in the order of a map: what deletion, insertion and ROAD take away or bring back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inception_viewer.questions import Floats

Ranks = NDArray[np.int64]
"""When each pixel's turn comes (H, W): 0 is the first, H * W - 1 the last."""


def by_map(map_: Floats) -> Ranks:
    """Return the order of decreasing signed value; of equal ones, as RISE, the last comes first."""
    return _ranks(np.argsort(map_.ravel(), kind="stable")[::-1], map_.shape)


def at_random(shape: tuple[int, ...], seed: int) -> Ranks:
    """Return a random order."""
    return _ranks(np.random.default_rng(seed).permutation(int(np.prod(shape))), shape)


def backwards(ranks: Ranks) -> Ranks:
    """Return the order in which the last comes first."""
    return ranks.size - 1 - ranks


def _ranks(order: NDArray[np.intp], shape: tuple[int, ...]) -> Ranks:
    ranks = np.empty(order.size, np.int64)
    ranks[order] = np.arange(order.size)
    return ranks.reshape(shape)
