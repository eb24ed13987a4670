"""Crops and photometric distortion (paper, section 6; Howard, 2013)."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.BOX)
"""The paper picks the interpolation at random too."""


def random_crop(
    photo: NDArray[np.uint8], size: int, smallest: float, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Return a crop of a squeezed photo (S, S, 3), as (size, size, 3), flipped half the time.

    The crop covers ``smallest`` to 100 % of the area at aspect 3/4 to 4/3.
    """
    side = photo.shape[0]
    area = side * side * random.uniform(smallest, 1.0)
    ratio = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
    width = min(side, math.sqrt(area * ratio))
    height = min(side, math.sqrt(area / ratio))
    left = random.uniform(0, side - width)
    top = random.uniform(0, side - height)
    filter_ = FILTERS[random.integers(len(FILTERS))]
    image = Image.fromarray(photo).resize(
        (size, size), filter_, box=(left, top, left + width, top + height)
    )
    pixels = np.asarray(image)
    return pixels[:, ::-1] if random.random() < 0.5 else pixels


def distort(batch: Tensor, random: np.random.Generator, strength: float = 0.4) -> Tensor:
    """Change brightness, contrast and saturation of each photo of (N, 3, H, W) in [0, 1].

    The three are applied in a random order, each with a factor drawn uniformly from
    1 - strength to 1 + strength.
    """
    for kind in random.permutation(3):
        factors = random.uniform(1 - strength, 1 + strength, (len(batch), 1, 1, 1))
        factor = torch.from_numpy(factors.astype(np.float32))
        if kind == 0:
            other = torch.zeros(1)
        elif kind == 1:
            other = batch.mean((1, 2, 3), keepdim=True)
        else:
            other = batch.mean(1, keepdim=True)
        batch = torch.lerp(other, batch, factor).clamp_(0, 1)
    return batch


def mix(
    batch: Tensor, targets: Tensor, alpha: float, random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Blend photos and their targets (N, classes) in pairs (mixup; Zhang et al., 2018)."""
    if alpha <= 0:
        return batch, targets
    share = float(random.beta(alpha, alpha))
    partner = torch.from_numpy(random.permutation(len(batch)))
    mixed = torch.lerp(batch[partner], batch, share)
    return mixed, torch.lerp(targets[partner], targets, share)
