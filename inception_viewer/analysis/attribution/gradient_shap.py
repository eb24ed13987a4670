"""GradientShap (Lundberg & Lee, 2017, arXiv:1705.07874, as Erion et al. describe it).

The expectation of (x - b) times the gradient at a random point between a random baseline b and
the photo x ("expected gradients", Erion et al., 2019, arXiv:1906.10670): integrated gradients,
averaged over baselines. Each baseline gets as many points as the next, within one, and a
baseline's points are drawn from equal parts of its way; the expectation is the same as that of
independent draws, and the map is nearer to it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .distribution import about, baselines_of
from .many import batch_size
from .result import Report, Result, completeness_error, partial, whole
from .slope import slope
from .task import Task

EXPECTED = (
    "The map adds up on the average over such draws only: this one is {error:.0%} off its sum; "
    "more samples bring it nearer."
)


def explain(task: Task, report: Report) -> Result:
    """Compute the method ``gradient_shap``."""
    x, baselines = task.received(task.array), baselines_of(task)
    samples = int(task.settings["samples"])
    chosen, at = draws(samples, len(baselines), int(task.settings["seed"]))
    size = batch_size(x.shape[1], x.shape[2], x.device.type)
    order = np.random.default_rng(0).permutation(samples)  # so that partial means are fair
    total = torch.zeros_like(x)
    for first in range(0, samples, size):
        report(first / samples, partial(total, first), f"sample {first} of {samples}")
        some = order[first : first + size]
        start = baselines[torch.from_numpy(chosen[some]).to(x.device)]
        total += _attributions(task, x - start, start, torch.from_numpy(at[some]).to(x))
    raw = total / samples
    with torch.no_grad():
        score = float(task.score.of_input(task.net, x[None])[0])
    was = _mean_score(task, baselines, chosen, report)
    error = completeness_error(raw, score - was)
    return replace(
        whole(raw, f"{about(task.settings, len(baselines))} {EXPECTED.format(error=error)}"),
        completeness_error=error,
        score=score,
        baseline_score=was,
        forwards=samples + len(np.unique(chosen)) + 1,
        backwards=samples,
    )


def draws(samples: int, baselines: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each sample's baseline, and how far it lies on the way to the photo, in [0, 1)."""
    generator = np.random.default_rng(seed)
    chosen = np.arange(samples) % baselines
    at = np.empty(samples)
    for baseline in range(baselines):
        mine = chosen == baseline
        count = int(mine.sum())
        at[mine] = (np.arange(count) + generator.random(count)) / max(count, 1)
    return chosen, at


def _attributions(task: Task, way: Tensor, start: Tensor, at: Tensor) -> Tensor:
    """Return the sum (3, H, W) of way times gradient over points on the ways (N, 3, H, W)."""
    points = torch.addcmul(start, at.view(-1, 1, 1, 1), way)
    return (way * slope(task.net, points, task.score).gradient).sum(0)


def _mean_score(task: Task, baselines: Tensor, chosen: NDArray[np.int64], report: Report) -> float:
    """Return the score at the baselines that were drawn, each as often as it was."""
    used, times = np.unique(chosen, return_counts=True)
    total, size = 0.0, batch_size(baselines.shape[2], baselines.shape[3], baselines.device.type)
    for first in range(0, len(used), size):
        report(1.0, None, "the baselines' scores")
        part = slice(first, first + size)
        some = baselines[torch.from_numpy(used[part]).to(baselines.device)]
        with torch.no_grad():
            scores = task.score.of_input(task.net, some)
        total += float((scores.cpu().double() * torch.from_numpy(times[part])).sum())
    return total / len(chosen)
