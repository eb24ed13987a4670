"""The gradient at the photo: saliency, and input times gradient."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from .front import Front
from .many import Many, Tick
from .result import Report, Result, whole
from .slope import Slope, slope, sum_over_photos
from .task import Task


def saliency(task: Task, report: Report) -> Result:
    """Compute the method ``saliency`` (Simonyan et al., 2013, arXiv:1312.6034), signed.

    The paper shows the largest magnitude over the channels; ``map`` is their signed sum, the
    answer to a grey change of each pixel, and ``raw`` holds what the paper's picture needs.
    """
    report(0.0, None, "")
    found = _slope(task)
    return once(found, found.gradient[0])


def input_x_gradient(task: Task, report: Report) -> Result:
    """Compute the method ``input_x_gradient`` (Shrikumar et al., 2016, arXiv:1605.01713).

    The input is what conv1 receives: pixels at its zero get nothing, whatever they matter.
    """
    report(0.0, None, "")
    found = _slope(task)
    return once(found, (found.activation * found.gradient)[0], ZERO_IS_MEAN)


BATCH = 13
"""Noisy copies at once at 224x224 pixels: the usual 25 take two batches."""
ZERO_IS_MEAN = (
    "Pixels are multiplied as the network receives them: those at its zero, about the mean "
    "colour, get nothing."
)


def once(found: Slope, raw: Tensor, note: str = "") -> Result:
    """Return the result of one pass for one photo, from attributions (3, H, W)."""
    return replace(whole(raw, note), score=float(found.score[0]), forwards=1, backwards=1)


def many_saliency(task: Task) -> Many:
    """Prepare ``saliency`` for many photos."""
    front, x = Front(task.net, task.score), task.received(task.array)

    def attribute(batch: Tensor, tick: Tick) -> Tensor:
        tick()
        return slope(task.net, batch, task.score).gradient

    def total(batch: Tensor, tick: Tick) -> Tensor:
        tick()
        return _summed_slope(front, batch)

    return Many(attribute, BATCH, total=total, finish=lambda summed: front.back(summed, x))


def many_input_x_gradient(task: Task) -> Many:
    """Prepare ``input_x_gradient`` for many photos."""

    def attribute(batch: Tensor, tick: Tick) -> Tensor:
        tick()
        found = slope(task.net, batch, task.score)
        return found.activation * found.gradient

    return Many(attribute)


def _slope(task: Task) -> Slope:
    return slope(task.net, task.received(task.array)[None], task.score)


def _summed_slope(front: Front, batch: Tensor) -> Tensor:
    """Return the sum over photos (N, 3, H, W) of the gradient behind conv1's affine part."""
    with torch.no_grad():
        place = front.affine(batch)
    place.requires_grad_()
    with torch.enable_grad():
        scores = front.score(place)
    (gradient,) = torch.autograd.grad(scores, place, torch.ones_like(scores))
    return sum_over_photos(gradient)
