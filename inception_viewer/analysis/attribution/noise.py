"""The noise tunnel: a method's mean, mean square or variance over noisy copies of the photo.

SmoothGrad is the mean (Smilkov et al., 2017, arXiv:1706.03825), SmoothGrad-squared the mean of
the squares (Hooker et al., 2019, arXiv:1806.10758), VarGrad the variance (Adebayo et al., 2018,
arXiv:1810.03307), all of signed attributions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from inception_viewer import attribution_methods

from . import deep_lift, guided, integrated_gradients, lrp, saliency
from .many import Many, Tick, batch_size, identity
from .result import Report, Result, whole
from .slope import sum_over_photos
from .task import Task

PREPARE: dict[str, Callable[[Task], Many]] = {
    "saliency": saliency.many_saliency,
    "input_x_gradient": saliency.many_input_x_gradient,
    "integrated_gradients": integrated_gradients.many,
    "deep_lift": deep_lift.many,
    "guided_backprop": guided.many_guided,
    "deconvolution": guided.many_deconvolution,
    "lrp": lrp.many,
}
"""How each method that the tunnel takes is prepared for many photos."""


class Statistic(Protocol):
    """Something about the attributions of many photos, that grows batch by batch."""

    def add(self, batch: Tensor, tick: Tick) -> None:
        """Take in photos, as conv1 receives them, (N, 3, H, W)."""

    def value(self) -> Tensor:
        """Return the statistic of what was taken in, (3, H, W)."""


class Mean:
    """The mean, by the cheaper way where a method has one."""

    def __init__(self, many: Many) -> None:
        self._many, self._count = many, 0
        self._total: Tensor | None = None

    def add(self, batch: Tensor, tick: Tick) -> None:
        """Take in photos."""
        if self._many.total is not None:
            total = self._many.total(batch, tick)
        else:
            total = sum_over_photos(self._many.attribute(batch, tick))
        self._total = total if self._total is None else self._total + total
        self._count += len(batch)

    def value(self) -> Tensor:
        """Return the mean."""
        assert self._total is not None
        return self._many.finish(self._total / self._count)


class MeanSquare:
    """The mean of the squares."""

    def __init__(self, many: Many) -> None:
        self._mean = Mean(replace(many, attribute=self._squared, total=None, finish=identity))
        self._many = many

    def _squared(self, batch: Tensor, tick: Tick) -> Tensor:
        return self._many.attribute(batch, tick) ** 2

    def add(self, batch: Tensor, tick: Tick) -> None:
        """Take in photos."""
        self._mean.add(batch, tick)

    def value(self) -> Tensor:
        """Return the mean of the squares."""
        return self._mean.value()


class Variance:
    """The variance, by the number of photos; batches are merged as Chan et al. (1979) do."""

    def __init__(self, many: Many) -> None:
        self._many, self._count = many, 0
        self._mean: Tensor | None = None
        self._squares: Tensor | None = None

    def add(self, batch: Tensor, tick: Tick) -> None:
        """Take in photos."""
        found = self._many.attribute(batch, tick)
        mean = sum_over_photos(found) / len(found)
        squares = sum_over_photos((found - mean) ** 2)
        if self._mean is None or self._squares is None:
            self._mean, self._squares = mean, squares
        else:
            together = self._count + len(found)
            apart = mean - self._mean
            self._mean = self._mean + apart * (len(found) / together)
            self._squares = (
                self._squares + squares + apart**2 * (self._count * len(found) / together)
            )
        self._count += len(found)

    def value(self) -> Tensor:
        """Return the variance."""
        assert self._squares is not None
        return self._squares / self._count


def smooth_grad(task: Task, report: Report) -> Result:
    """Compute the method ``smooth_grad``."""
    return _tunnel(task, report, Mean)


def smooth_grad_squared(task: Task, report: Report) -> Result:
    """Compute the method ``smooth_grad_squared``."""
    return _tunnel(task, report, MeanSquare)


def var_grad(task: Task, report: Report) -> Result:
    """Compute the method ``var_grad``."""
    return _tunnel(task, report, Variance)


def noisy(x: Tensor, sigma: float, count: int, seed: int) -> Iterator[Tensor]:
    """Yield copies of a photo (3, H, W) with Gaussian noise of standard deviation ``sigma``.

    They are drawn one by one by the processor, so that they do not depend on the device nor
    on how many are computed at once.
    """
    generator = torch.Generator().manual_seed(seed)
    for _ in range(count):
        yield x + sigma * torch.randn(x.shape, generator=generator).to(x)


def spread(x: Tensor, share: float) -> float:
    """Return that share of a photo's range, as conv1 receives it."""
    return share * float(x.max() - x.min())


def _tunnel(task: Task, report: Report, statistic: Callable[[Many], Statistic]) -> Result:
    samples, seed = int(task.settings["samples"]), int(task.settings["seed"])
    many, x = _prepared(task), task.received(task.array)
    sigma = spread(x, float(task.settings["noise"]))
    copies = noisy(x, sigma, samples, seed)
    size = _even(samples, batch_size(x.shape[1], x.shape[2], x.device.type, at_224=many.batch))
    grown, batches = statistic(many), range(0, samples, size)
    for first in batches:
        so_far = whole(grown.value()) if first else None
        fraction, text = first / samples, f"sample {first} of {samples}"
        report(fraction, so_far, text)
        some = torch.stack([next(copies) for _ in range(min(size, samples - first))])
        grown.add(some, lambda: report(fraction, None, text))  # noqa: B023 (called at once)
    return replace(
        whole(grown.value(), _note(task, sigma)),
        forwards=samples * many.forwards + len(batches) * many.per_batch,
        backwards=samples * many.backwards,
    )


def _even(count: int, at_most: int) -> int:
    """Return the size of batches that are as few as can be, and none of them nearly empty."""
    return -(-count // -(-count // at_most))


def _prepared(task: Task) -> Many:
    """Return the method that is averaged, with its own default settings."""
    name = str(task.settings["of"])
    settings = attribution_methods.method(name).settings()
    return PREPARE[name](replace(task, settings=settings))


def _note(task: Task, sigma: float) -> str:
    title = attribution_methods.method(str(task.settings["of"])).title
    return (
        f"{title} of {task.settings['samples']} noisy copies, standard deviation {sigma:.2f} "
        f"in what conv1 receives, seed {task.settings['seed']}."
    )
