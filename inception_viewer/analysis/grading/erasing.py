"""Deletion and insertion (Petsiuk, Das, Saenko: RISE, 2018, arXiv:1806.07421, section 4.2).

As in the authors' code: pixels change in the order of decreasing value, a row's worth of a
224x224 photo at a time; deleted ones take the network's zero (the mean colour), inserted ones
replace those of a blurred photo; the area is the trapezoid rule's over steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter
from torch import Tensor

from inception_viewer.grade_measures import ORDER_STEPS
from inception_viewer.grade_questions import Curve

from .ordering import Ranks, at_random, by_map
from .subject import Doubles, Graded, Report, Subject, curve, hardly_seen

KERNEL, SIGMA = 11, 5.0
"""The blur that insertion begins with, in pixels of the input."""
TELLING = 0.05
"""Difference of two areas, as a share of the larger of both ends, that is worth a word."""
FINE_GRAINED = (
    "Scattered holes disturb a network more than patches do, so that a random order is hard to "
    "beat for maps that are smooth; ROAD is fairer to them."
)


def deletion(subject: Subject, report: Report) -> Graded:
    """Grade by how soon the class vanishes as the map's highest pixels are deleted."""
    photo = subject.photo
    return _grade(subject, photo, torch.zeros_like(photo), report, deleting=True)


def insertion(subject: Subject, report: Report) -> Graded:
    """Grade by how soon the class appears as the map's highest pixels are put back."""
    photo = subject.photo
    return _grade(subject, blurred(photo), photo, report, deleting=False)


def _grade(
    subject: Subject, start: Tensor, finish: Tensor, report: Report, *, deleting: bool
) -> Graded:
    silent = subject.nothing_to_watch()
    if silent:
        return Graded(np.nan, silent)
    orders = {
        "this map": by_map(subject.map),
        "a random order": at_random(subject.map.shape, subject.seed),
    }
    found: dict[str, Doubles] = {}
    for place, (name, ranks) in enumerate(orders.items()):
        watch = _Watch(report, name, found, place / 2, deleting)
        found[name] = _in_order(subject, start, finish, ranks, found, watch)
    areas = {name: area(values) for name, values in found.items()}
    ends = float(found["this map"][0]), float(found["this map"][-1])
    seen = ends[0] if deleting else ends[1]
    worth = areas["this map"] - areas["a random order"]
    gain = (-worth if deleting else worth) / max(*np.abs(ends), 1e-12)
    note = [hardly_seen(subject, seen), FINE_GRAINED if gain < TELLING else ""]
    return Graded(
        areas["this map"],
        _sentence(subject, areas, gain, deleting),
        _curves(found, areas),
        note=" ".join(filter(None, note)),
    )


class _Watch:
    """Turns what was counted so far into partial answers."""

    def __init__(
        self, report: Report, name: str, found: dict[str, Doubles], begin: float, deleting: bool
    ) -> None:
        self.report, self.name, self.found, self.begin = report, name, found, begin
        self.text = "deleting" if deleting else "inserting"

    def __call__(self, so_far: Doubles, count: int) -> None:
        """Report the curve of this order so far, of ``count`` points in all."""
        share = len(so_far) / count
        known = {
            **{name: curve(_shares(len(values)), values) for name, values in self.found.items()},
            self.name: curve(_shares(count)[: len(so_far)], so_far),
        }
        partial = Graded(np.nan, curves=MappingProxyType(known))
        self.report(self.begin + share / 2, partial, f"{self.text}: {self.name}")


def _in_order(
    subject: Subject,
    start: Tensor,
    finish: Tensor,
    ranks: Ranks,
    known: dict[str, Doubles],
    watch: Callable[[Doubles, int], None],
) -> Doubles:
    """Return the likelihood after each step (steps + 1,); the ends are those of any order."""
    pixels, size = ranks.size, step_size(ranks.size)
    count = -(-pixels // size) + 1
    turn = torch.from_numpy(ranks).to(start.device)
    other = next(iter(known.values()), None)
    values = np.empty(count)
    first, last = (0, count) if other is None else (1, count - 1)
    if other is not None:
        values[[0, -1]] = other[[0, -1]]

    def pictures(begin: int, end: int) -> Tensor:
        steps = torch.arange(first + begin, first + end, device=start.device)
        changed = turn < (steps * size).view(-1, 1, 1)
        return torch.where(changed[:, None], finish, start)

    def tick(done: int) -> None:
        watch(values[: first + done], count)

    # ``values`` fills as the batches come, so that what is drawn is what is known.
    subject.likelihoods(pictures, values[first:last], tick)
    return values


def step_size(pixels: int) -> int:
    """Return how many pixels change at once: a row of 224 at 224x224."""
    return -(-pixels // ORDER_STEPS)


def area(values: Doubles) -> float:
    """Return the area under a curve of evenly spaced points, as RISE's code has it."""
    return float((values.sum() - values[0] / 2 - values[-1] / 2) / (len(values) - 1))


def blurred(photo: Tensor) -> Tensor:
    """Return RISE's blurred photo: 11x11 pixels, sigma 5, the network's zero around the photo."""
    impulse = np.zeros((KERNEL, KERNEL))
    impulse[KERNEL // 2, KERNEL // 2] = 1
    # The default edges fold the Gaussian's tails back in, so that the kernel sums to 1.
    kernel = torch.from_numpy(gaussian_filter(impulse, SIGMA)).to(photo)
    return F.conv2d(photo[:, None], kernel[None, None], padding=KERNEL // 2)[:, 0]


def _shares(count: int) -> Doubles:
    return np.linspace(0.0, 1.0, count)


def _curves(found: dict[str, Doubles], areas: dict[str, float]) -> Mapping[str, Curve]:
    return MappingProxyType(
        {name: curve(_shares(len(values)), values, areas[name]) for name, values in found.items()}
    )


def _sentence(subject: Subject, areas: dict[str, float], gain: float, deleting: bool) -> str:
    mine, chance = areas["this map"], areas["a random order"]
    doing = "deleted" if deleting else "put back"
    if gain >= TELLING:
        verdict = "the map finds what " + ("the network needs" if deleting else "is enough for it")
    elif gain > -TELLING:
        verdict = "the map does no better than chance"
    else:
        verdict = "the map does worse than chance"
    perfect = "0" if deleting else "1"
    return (
        f"While pixels are {doing} in the map's order, {subject.watched} is {mine:.2f} on "
        f"average ({perfect} would be perfect), in a random order {chance:.2f}: {verdict}."
    )
