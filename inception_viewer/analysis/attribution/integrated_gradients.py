"""Integrated gradients (Sundararajan, Taly, Yan, 2017, arXiv:1703.01365).

The integral is taken by Gauss and Legendre's rule, as in Captum, so that the same number
of steps gives the same map there. Its points do not nest: when the steps are doubled all
of them are new. On GoogLeNets that is still the cheaper way, because 50 of its points
nearly always suffice (they lie densest near the ends, where a photo emerging from black
changes the logit fastest), while rules that nest start further off.

conv1 is affine until its ReLU, so the straight path from baseline to photo is a straight
path after it too, and the gradient at the pixels is conv1's transpose of the averaged
gradient there (:mod:`.front`). Both are exact, and conv1, the layer at full resolution, runs
twice in all instead of once a step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from inception_viewer.attribution_methods import doublings
from inception_viewer.googlenet.architecture import GoogLeNet, memory_format

from .baselines import describe, of_task
from .front import Front
from .many import Many, Tick, batch_size
from .result import NOT_FINITE, Report, Result, completeness_error, degenerate, silent, to_numpy
from .score import Score
from .slope import sum_over_photos
from .task import Task

TOLERANCE = 0.05
"""The completeness error at which doubling the steps ends (issue 4)."""

Along = Callable[[Tensor], Tensor]
"""From a batch (N, …) to one number each (N,)."""
OnBatch = Callable[[Tensor, float], None]
"""Called with the gradient summed so far, and the share of the path it covers."""


def explain(task: Task, report: Report) -> Result:
    """Compute the method ``integrated_gradients``."""
    start = task.received(of_task(task))
    return integrated_gradients(
        task.net,
        task.received(task.array),
        task.score,
        baseline=start,
        steps=int(task.settings["steps"]),
        adapt=task.settings["adapt"] == "on",
        about=describe(task.preprocessing, task.settings),
        report=report,
    )


def many(task: Task) -> Many:
    """Prepare the method for many photos: one after the other, without doubling the steps."""
    baseline, steps = task.received(of_task(task)), int(task.settings["steps"])

    def attribute(batch: Tensor, tick: Tick) -> Tensor:
        def report(fraction: float, result: Result | None, text: str) -> None:
            tick()

        tick()
        found = [
            integrated_gradients(
                task.net, x, task.score, baseline=baseline, steps=steps, report=report
            )
            for x in batch
        ]
        return torch.stack([torch.from_numpy(one.raw.copy()).to(batch) for one in found])

    return Many(attribute, batch=1, forwards=steps + 2, backwards=steps)


def integrated_gradients(
    net: GoogLeNet,
    x: Tensor,
    score: Score,
    *,
    baseline: Tensor,
    steps: int = 50,
    adapt: bool = False,
    about: str = "",
    report: Report = silent,
) -> Result:
    """Attribute a score to the pixels.

    Parameters
    ----------
    net
        In evaluation mode; the folded one is the fast one.
    x, baseline
        What conv1 receives for the photo and the baseline, (3, H, W).
    score
        What is explained.
    steps
        Gradients along the path.
    adapt
        Double the steps until the completeness error is under 5 %, up to 400.
    about
        A sentence that begins the note.
    report
        Told after every batch, with the map so far (None once it is complete); raises to cancel.

    Returns
    -------
    Result
        ``raw`` (3, H, W): (x - b) times the averaged gradient; ``map`` its sum over channels.

    Raises
    ------
    QuestionError
        If the network lacks the head or the class.
    """
    path = _Path(net, x, baseline, score)
    size = batch_size(x.shape[-2], x.shape[-1], x.device.type)
    mean = torch.zeros_like(path.start)
    errors: list[tuple[int, float]] = []
    tried = doublings(steps, adapt)
    for count in tried:
        watch = _watch(path, mean if errors else None, tried[: len(errors) + 1], report)
        mean = mean_gradient(path.score, path.start, path.end, count, size, watch)
        raw = path.attributions(mean)
        errors.append((count, completeness_error(raw, path.difference)))
        if not errors[-1][1] > TOLERANCE:
            break
    steps_taken = steps_note(errors, exhausted=adapt and count == tried[-1])
    found = _result(raw, errors[-1][1], " ".join(filter(None, (about, steps_taken))))
    passes = sum(count for count, _ in errors)
    return replace(
        found,
        score=path.ends[0],
        baseline_score=path.ends[1],
        forwards=passes + 2,
        backwards=passes,
    )


def mean_gradient(
    score: Along,
    start: Tensor,
    end: Tensor,
    steps: int,
    batch: int = 10,
    on_batch: OnBatch = lambda total, share: None,
) -> Tensor:
    """Return the gradient of ``score`` averaged along the straight way from start to end.

    Batches are spread over the whole path, so that the sum so far over the share so far
    is an estimate from the first batch on. No graph outlives its batch.
    """
    points, weights = gauss_legendre(steps)
    total, share, way = torch.zeros_like(start), 0.0, end - start
    batches = -(-steps // batch)
    for first in range(batches):
        part = slice(first, None, batches)
        at, weight = (torch.tensor(v[part], dtype=start.dtype) for v in (points, weights))
        at, weight = at.to(start.device), weight.to(start.device)
        place = torch.addcmul(start, at.view(-1, *[1] * start.dim()), way)
        if place.dim() == 4:
            place = place.contiguous(memory_format=memory_format(place.device))
        place.requires_grad_()
        with torch.enable_grad():
            values = score(place)
        (gradient,) = torch.autograd.grad(values, place, weight)
        total += sum_over_photos(gradient)
        share += float(weights[part].sum())
        on_batch(total, share)
    return total


@lru_cache(maxsize=32)
def gauss_legendre(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points in (0, 1) and weights that sum to 1, (steps,) each, float64."""
    points, weights = np.polynomial.legendre.leggauss(steps)
    return (1 + points) / 2, weights / 2


class _Path:
    """The way from baseline to photo, laid between conv1 and its ReLU."""

    def __init__(self, net: GoogLeNet, x: Tensor, baseline: Tensor, score: Score) -> None:
        self._x, self._way = x, x - baseline
        self._front = Front(net, score)
        with torch.no_grad():
            self.end, self.start = self._front.affine(torch.stack([x, baseline]))
            at_end, at_start = self.score(torch.stack([self.end, self.start])).tolist()
        self.ends = at_end, at_start
        self.difference = at_end - at_start

    def score(self, before_relu: Tensor) -> Tensor:
        """Return the score (N,) for what conv1's ReLU receives."""
        return self._front.score(before_relu)

    def attributions(self, mean: Tensor) -> Tensor:
        """Turn the averaged gradient after conv1 into attributions (3, H, W) of the pixels."""
        return self._way * self._front.back(mean, self._x)


def _watch(path: _Path, earlier: Tensor | None, tried: list[int], report: Report) -> OnBatch:
    """Return what turns the sum so far into a partial result.

    While the steps are doubled the earlier estimate fades out as the better one comes in.
    """
    if report is silent:
        return lambda total, share: None
    before, count = sum(tried[:-1]), tried[-1]

    def watch(total: Tensor, share: float) -> None:
        so_far = total / share if earlier is None else total + (1 - share) * earlier
        fraction = (before + share * count) / (before + count)
        text = f"step {round(share * count)} of {count}"
        # The last one is the result itself, which follows at once.
        last = share > 1 - 1e-6
        report(fraction, None if last else _result(path.attributions(so_far), None, ""), text)

    return watch


def _result(raw: Tensor, error: float | None, note: str) -> Result:
    map_ = to_numpy(raw.sum(0))
    # A logit that is not finite need not show in the map: ReLUs stop its gradient.
    why = NOT_FINITE if error is not None and math.isnan(error) else degenerate(map_)
    return Result(to_numpy(raw), map_, error, why, note)


def steps_note(errors: list[tuple[int, float]], *, exhausted: bool) -> str:
    """Return a sentence on the steps that were needed, or ``""``.

    ``errors`` are the numbers of steps that were tried with their completeness errors;
    ``exhausted`` says that no more are allowed.
    """
    steps, error = errors[-1]
    if error > TOLERANCE:
        advice = "read it with care" if exhausted else "take more steps"
        return f"After {steps} steps the map is still {error:.0%} off its sum: {advice}."
    if len(errors) > 1:
        before, was = errors[-2]
        return f"{steps} steps were needed: after {before} the map was {was:.0%} off its sum."
    return ""
