"""What a unit finds in many photos, and which way a class's logit would have it move.

Activations are averaged over their map, so that a photo is one number a channel. Kim et al. take
every position by itself; of conv2 at 224x224 that is 600,000 numbers a photo, of which a few dozen
examples say nothing, and a stripe is a stripe wherever it is. A direction over channels moves every
position alike, so that the logit's slope along it is that of the gradient summed over positions.
Units without a map (pools, dense layers) are taken whole, which is Kim et al.'s way exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inception_viewer.googlenet.architecture import INPUT, GoogLeNet, memory_format
from inception_viewer.images.batches import batch_size, batches
from inception_viewer.questions import Floats, Preprocessing

from ..attribution.score import Score

Doubles = NDArray[np.float64]
OnBatch = Callable[[int], None]
"""Told after every batch how many photos are done; raises to cancel."""


@dataclass(frozen=True, eq=False)
class Read:
    """What came of some photos: (photos, channels), and (path, sentence) of the unreadable."""

    values: Doubles
    unreadable: tuple[tuple[str, str], ...] = ()


def activations(
    net: GoogLeNet, paths: Sequence[Path], made: Preprocessing, unit: str, on_batch: OnBatch
) -> Read:
    """Return a unit's activation in each photo, averaged over its map."""

    def pooled(x: Tensor) -> Tensor:
        with torch.no_grad():
            value = net.run({INPUT: x}, [unit])[unit]
        return value.mean((2, 3)) if value.dim() == 4 else value

    return _over(net, paths, made, pooled, on_batch)


def slopes(
    net: GoogLeNet,
    paths: Sequence[Path],
    made: Preprocessing,
    unit: str,
    score: Score,
    on_batch: OnBatch,
) -> Read:
    """Return the score's gradient at a unit in each photo, summed over its map."""

    def gradient(x: Tensor) -> Tensor:
        found = _gradient(net, x, unit, score)
        return found.sum((2, 3)) if found.dim() == 4 else found

    return _over(net, paths, made, gradient, on_batch)


def _gradient(net: GoogLeNet, x: Tensor, unit: str, score: Score) -> Tensor:
    kept: list[Tensor] = []

    def track(name: str, value: Tensor) -> Tensor:
        # The graph begins here: what lies before needs no gradient.
        if name != unit:
            return value
        kept.append(value.detach().requires_grad_())
        return kept[0]

    with torch.enable_grad():
        values = score.read(net.run({INPUT: x}, [score.unit], track)[score.unit])
        (found,) = torch.autograd.grad(values.sum(), kept[0])
    return found


def _over(
    net: GoogLeNet,
    paths: Sequence[Path],
    made: Preprocessing,
    compute: Callable[[Tensor], Tensor],
    on_batch: OnBatch,
) -> Read:
    """Read photos batch by batch and keep a row for each that can be read."""
    device = next(net.parameters()).device
    rows: list[Doubles] = []
    unreadable: list[tuple[str, str]] = []
    done = 0
    with closing(batches(paths, made, batch_size(made, device.type))) as reading:
        for batch in reading:
            unreadable += [(str(paths[place]), why) for place, why in batch.failures]
            if batch.places:
                rows.append(compute(_received(net, batch.array)).double().cpu().numpy())
            done += len(batch.places) + len(batch.failures)
            on_batch(done)
    values = np.concatenate(rows) if rows else np.empty((0, 0))
    return Read(values, tuple(unreadable))


def _received(net: GoogLeNet, array: Floats) -> Tensor:
    weight = next(net.parameters())
    x = torch.from_numpy(array).to(weight.device, memory_format=memory_format(weight.device))
    return net.transform(x)
