"""A score's gradient with respect to the photo or to a unit, of many photos at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from inception_viewer.googlenet.architecture import INPUT, GoogLeNet, memory_format

from .score import Score


@dataclass(frozen=True, eq=False)
class Slope:
    """What came of one forward and one backward pass of N photos.

    Attributes
    ----------
    score
        (N,).
    activation
        Of the unit that the gradient is with respect to (N, …); for ``"input"`` what conv1
        receives.
    gradient
        Like ``activation``.
    """

    score: Tensor
    activation: Tensor
    gradient: Tensor


def slope(net: GoogLeNet, x: Tensor, score: Score, unit: str = INPUT) -> Slope:
    """Return the score of each photo and its gradient.

    Parameters
    ----------
    net
        Any; under other backward rules the "gradient" is what these send back.
    x
        What conv1 receives, (N, 3, H, W).
    score
        Of one photo each: no photo's score may depend on another photo.
    unit
        ``"input"``, or a unit on the way to the score.
    """
    values, kept = with_graph(net, x, score, unit)
    with torch.enable_grad():
        scores = score.read(values)
    (gradient,) = torch.autograd.grad(scores, kept, torch.ones_like(scores))
    return Slope(scores.detach(), kept.detach(), gradient)


def with_graph(net: GoogLeNet, x: Tensor, score: Score, unit: str = INPUT) -> tuple[Tensor, Tensor]:
    """Return the activation that the score reads, and the one it can be derived by.

    The graph begins at ``unit``: what lies before needs no gradient, and is computed without.
    """
    batch = as_batch(x)

    def track(name: str, value: Tensor) -> Tensor:
        return value.detach().requires_grad_() if name == unit else value

    if unit == INPUT:
        batch.requires_grad_()
    with torch.enable_grad():
        values = net.run({INPUT: batch}, {score.unit, unit} - {INPUT}, track)
    return values[score.unit], batch if unit == INPUT else values[unit]


def as_batch(x: Tensor) -> Tensor:
    """Return a copy of photos (N, 3, H, W), channels_last, that no gradient is taken of yet."""
    return x.detach().clone(memory_format=memory_format(x.device))


def sum_over_photos(batch: Tensor) -> Tensor:
    """Return the sum over the first axis.

    torch's own is twenty times slower over the batches of a channels_last tensor, where it
    walks the memory crosswise: a quarter of a step.
    """
    if batch.dim() != 4:
        return batch.sum(0)
    last = batch.permute(0, 2, 3, 1)
    return last.flatten(1).sum(0).view(last.shape[1:]).permute(2, 0, 1)
