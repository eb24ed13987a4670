"""Shapley values by sampling (Castro et al., 2009; Štrumbelj and Kononenko, 2010).

In a random order the superpixels are shown one after the other, from the baseline to the
photo; a superpixel's value is what the score gains when it is shown, on the average over
orders. Each order is run through from its other end too (antithetic sampling, Mitchell et al.,
2022, arXiv:2104.12199): what a superpixel gains as an early one and as a late one err to
opposite sides. Every order adds up to the whole difference, and so does the mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .hidden import Doubles, Hidden, OnBatch, of_task, random_source
from .result import Report, Result, silent
from .task import Task


def explain(task: Task, report: Report) -> Result:
    """Compute the method ``shapley_value_sampling``."""
    orders = int(task.settings["samples"])
    return shapley(of_task(task), orders, random_source(task), report)


@dataclass
class Mean:
    """The mean of (segments,) values and its standard error, as they come in."""

    values: list[Doubles] = field(default_factory=list)

    @property
    def mean(self) -> Doubles:
        """(segments,)."""
        mean: Doubles = np.mean(self.values, 0)
        return mean

    @property
    def standard_error(self) -> Doubles | None:
        """Of the mean, (segments,); None while there is one value."""
        if len(self.values) < 2:
            return None
        error: Doubles = np.std(self.values, 0, ddof=1) / np.sqrt(len(self.values))
        return error


@dataclass
class _Watch:
    """Passes on what is done, with the map so far."""

    report: Report
    total: int
    before: int = 0
    so_far: Result | None = None

    def __call__(self, done: int) -> None:
        """Tell how many photos of the present order were run; it raises to cancel."""
        now = self.before + done
        self.report(now / self.total, self.so_far, f"photo {now} of {self.total}")


def shapley(
    hidden: Hidden, orders: int, generator: np.random.Generator, report: Report = silent
) -> Result:
    """Estimate Shapley values from random orders, each taken from both ends.

    Parameters
    ----------
    hidden
        The photo and its superpixels.
    orders
        How many.
    generator
        Draws them.
    report
        Told after every batch, with the map that the orders so far give; raises to cancel.
    """
    ends, found = hidden.ends(), Mean()
    each = hidden.count - 1
    watch = _Watch(report, 2 * orders * each)
    for _ in range(orders):
        order = generator.permutation(hidden.count)
        gains = []
        for way in (order, order[::-1]):
            gains.append(_gains(hidden, way, ends, watch))
            watch.before += each
        found.values.append(np.mean(gains, 0))
        watch.so_far = hidden.result(found.mean, ends)
    return hidden.result(found.mean, ends, _note(found), complete=True)


def _gains(
    hidden: Hidden, order: np.ndarray, ends: tuple[float, float], on_batch: OnBatch
) -> Doubles:
    """Return what the score gains from each superpixel, shown in this order."""
    kept = np.zeros((hidden.count + 1, hidden.count), dtype=bool)
    for place, segment in enumerate(order):
        kept[place + 1 :, segment] = True
    between = hidden.scores(kept[1:-1], on_batch)
    gains = np.empty(hidden.count)
    gains[order] = np.diff([ends[1], *between, ends[0]])
    return gains


def _note(found: Mean) -> str:
    """Return a sentence on how far the sample leaves the values open."""
    error, values = found.standard_error, found.mean
    if error is None:
        return "One order tells nothing of the sampling error: take more."
    strongest = int(np.abs(values).argmax())
    return (
        f"Sampling: the standard error of a superpixel's value is {error.mean():.2g} on the "
        f"average and at most {error.max():.2g}; the strongest's value is "
        f"{values[strongest]:+.2g} ± {error[strongest]:.1g}."
    )
