"""The batches of a run: each depends on the seed and its step alone, whatever came before."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from .augment import distort, mix, random_crop
from .evaluation import MEAN, STD
from .photos import Photos, Split, draw
from .recipe import Recipe

AHEAD = 2
"""Batches that are prepared while the network trains on one."""
SMALLEST = 2
"""Photos that a batch needs: batch norm has no variance of one."""

Batch = tuple[Tensor, Tensor]
"""Images (N, 3, S, S), normalised, and targets (N, classes)."""


class Batches:
    """Makes the batches of a run.

    Parameters
    ----------
    split
        The photos and their classes.
    recipe
        How to train.
    photos
        Where decoded photos are kept.
    """

    def __init__(self, split: Split, recipe: Recipe, photos: Photos) -> None:
        self.split, self.recipe, self.photos = split, recipe, photos
        self.labels = np.array([item.label for item in split.training])
        self.steps_per_epoch = max(1, len(split.training) // recipe.batch_size)

    def run(self, first: int, last: int) -> Generator[Batch | None, None, None]:
        """Yield the batches of the steps from ``first`` up to ``last``.

        None stands for a batch of which fewer than two photos could be read.
        """
        with ThreadPoolExecutor(2, "photos") as pool, ThreadPoolExecutor(1, "batches") as ahead:
            waiting = [
                ahead.submit(self.make, step, pool)
                for step in range(first, min(first + AHEAD, last))
            ]
            try:
                for step in range(first, last):
                    batch = waiting.pop(0).result()
                    if step + AHEAD < last:
                        waiting.append(ahead.submit(self.make, step + AHEAD, pool))
                    yield batch
            finally:
                for future in waiting:
                    future.cancel()

    def make(self, step: int, pool: ThreadPoolExecutor) -> Batch | None:
        """Make the batch of a step."""
        recipe = self.recipe
        epoch, position = divmod(step, self.steps_per_epoch)
        phase = recipe.phase_at(epoch)
        order = draw(self.labels, recipe.balance, recipe.seed, epoch)
        chosen = order[position * recipe.batch_size : (position + 1) * recipe.batch_size]

        def one(place: int) -> tuple[NDArray[np.uint8], int] | None:
            item = self.split.training[chosen[place]]
            random = np.random.default_rng((recipe.seed, step, place))
            photo = self.photos.get(item.path)
            if photo is None:
                return None
            return random_crop(photo, phase.size, phase.smallest_crop, random), item.label

        made = [item for item in pool.map(one, range(len(chosen))) if item is not None]
        if len(made) < SMALLEST:
            return None
        pixels = torch.from_numpy(np.stack([photo for photo, _ in made]))
        labels = torch.tensor([label for _, label in made])
        random = np.random.default_rng((recipe.seed, step))
        images = distort(pixels.permute(0, 3, 1, 2).float().div_(255), random)
        mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
        return mix((images - mean) / std, self._targets(labels), recipe.mixup, random)

    def _targets(self, labels: Tensor) -> Tensor:
        smooth = self.recipe.label_smoothing
        targets = functional.one_hot(labels, len(self.split.classes)).float()
        return targets * (1 - smooth) + smooth / targets.shape[1]
