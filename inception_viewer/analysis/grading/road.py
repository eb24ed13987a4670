"""ROAD: remove and debias (Rong et al., 2022, arXiv:2202.00449), without retraining."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from inception_viewer.grade_measures import ROAD_SHARES

from .imputation import imputed
from .ordering import Ranks, at_random, backwards, by_map
from .subject import Doubles, Graded, Report, Subject, curve, hardly_seen

MOST, LEAST, RANDOM = "most relevant first", "least relevant first", "a random order"
TELLING = 0.05
"""Half a difference of probabilities that is worth a word."""


def road(subject: Subject, report: Report) -> Graded:
    """Grade by what removing the highest pixels does, and removing the lowest."""
    silent = subject.nothing_to_watch()
    if silent:
        return Graded(np.nan, silent)
    most = by_map(subject.map)
    orders = {
        MOST: most,
        LEAST: backwards(most),
        RANDOM: at_random(subject.map.shape, subject.seed),
    }
    whole = _whole(subject, report)
    found: dict[str, Doubles] = {name: np.array([whole]) for name in orders}
    total = len(orders) * len(ROAD_SHARES)
    # All orders of a share together, so that the curves grow side by side.
    for step, share in enumerate(ROAD_SHARES):
        for place, (name, ranks) in enumerate(orders.items()):
            done = (step * len(orders) + place) / total
            report(done, _so_far(found), f"removing {share:.0%}: {name}")
            left = _without(subject, ranks, share, report, done)
            found[name] = np.append(found[name], left)
    means = {name: float(values[1:].mean()) for name, values in found.items()}
    value = (means[LEAST] - means[MOST]) / 2
    return Graded(
        value,
        _sentence(subject, means, value),
        _so_far(found).curves,
        note=hardly_seen(subject, whole),
    )


def _whole(subject: Subject, report: Report) -> float:
    """Return the likelihood on the photo as it is."""
    value = np.empty(1)
    subject.likelihoods(
        lambda first, last: subject.photo[None], value, lambda done: report(0.0, None, "")
    )
    return float(value[0])


def _without(subject: Subject, ranks: Ranks, share: float, report: Report, done: float) -> float:
    """Return the likelihood without the first pixels of an order."""
    gone = ranks < round(share * ranks.size)
    photo = np.asarray(subject.task.array, np.float64)
    filled = torch.from_numpy(imputed(photo, gone, subject.seed)).to(subject.photo)
    value = np.empty(1)

    def picture(first: int, last: int) -> Tensor:
        return filled[None]

    subject.likelihoods(picture, value, lambda count: report(done, None, "removing"))
    return float(value[0])


def _so_far(found: dict[str, Doubles]) -> Graded:
    shares = np.array((0.0, *ROAD_SHARES))
    curves = {name: curve(shares[: len(values)], values) for name, values in found.items()}
    return Graded(np.nan, curves=MappingProxyType(curves))


def _sentence(subject: Subject, means: dict[str, float], value: float) -> str:
    if value >= TELLING:
        verdict = "the map tells what matters from what does not"
    elif value > -TELLING:
        verdict = "the map's order means no more than chance"
    else:
        verdict = "the map has it the wrong way round"
    return (
        f"Without the pixels that the map ranks highest {subject.watched} is {means[MOST]:.2f} on "
        f"average, without the lowest {means[LEAST]:.2f}, in a random order {means[RANDOM]:.2f}: "
        f"{verdict}. Half the difference, {value:.2f}, is 0.50 at best."
    )
