"""How a network's input was scaled in training, told from conv1's batch norm.

A state dict does not say whether its photos were normalised to ImageNet's mean and
standard deviation, scaled to -1..1 or left at 0..1. But conv1's batch norm recorded the
variance of what the kernels gave, and that follows from the kernels and the statistics
of photos: neighbouring pixels and the three colours go together closely. The ranges lie
a factor of 4 in variance apart, and the estimate is good to about 2.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

InputRange = Literal["imagenet", "signed", "unit"]
"""ImageNet's mean and standard deviation; -1..1; 0..1."""

NEIGHBOURS, COLOURS = 0.95, 0.92
"""Correlation of neighbouring pixels, and of two colours at one pixel, in photos at 224 px."""

EXPECTED: dict[InputRange, float] = {"imagenet": 0.7, "signed": -1.5, "unit": -3.6}
"""Binary logarithm of recorded over predicted variance, for photos of each range.

Predicted for a variance of 1 in the input. 0.7 was found on a GoogLeNet trained on
ImageNet-normalised photos (0.83) and on random kernels (0.55); the others follow from the
standard deviations 1/4.4 (0..1) and 2/4.4 (-1..1) in place of 1.
"""


def estimate(kernels: Tensor, variance: Tensor) -> InputRange | None:
    """Tell the input's range, or None where the statistics cannot.

    Parameters
    ----------
    kernels
        conv1's weights (channels, 3, height, width).
    variance
        Its batch norm's running variance (channels,).
    """
    if bool(torch.all(variance == 1)):  # as initialised: no photo has passed yet
        return None
    ratio = torch.log2(variance.double() / predicted_variance(kernels))
    ratio = ratio[torch.isfinite(ratio)]
    if not len(ratio):
        return None
    found = float(ratio.median())
    nearest = min(EXPECTED, key=lambda name: abs(EXPECTED[name] - found))
    return nearest if abs(EXPECTED[nearest] - found) < 2 else None


def predicted_variance(kernels: Tensor) -> Tensor:
    """Return the variance (channels,) that photos of variance 1 would give, float64."""
    height, width = kernels.shape[-2:]
    rows, columns = torch.meshgrid(
        torch.arange(height).double(), torch.arange(width).double(), indexing="ij"
    )
    places = torch.stack([rows.flatten(), columns.flatten()], 1)
    pixels = NEIGHBOURS ** torch.cdist(places, places)
    colours = torch.full((3, 3), COLOURS).double().fill_diagonal_(1.0)
    flat = kernels.double().flatten(2)
    return torch.einsum("kci,ij,cd,kdj->k", flat, pixels, colours, flat)
