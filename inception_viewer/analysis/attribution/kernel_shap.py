"""KernelSHAP (Lundberg and Lee, 2017, arXiv:1705.07874): Shapley values by least squares.

The Shapley values are the additive model of the score over all choices of superpixels that
fits best when a choice of k out of M weighs (M - 1) / (binomial(M, k) k (M - k)), and that is
exact for none and for all of them. Choices are drawn with that probability, each together with
its complement (Covert and Lee, 2021, arXiv:2012.01536), and the two exact ends are a constraint
of the fit, not two samples of a large weight as in Captum: so the values always add up. If all
choices are no more than the samples asked for, all are taken and the values are exact.
"""

from __future__ import annotations

import math

import numpy as np

from .hidden import Doubles, Kept, of_task, random_source
from .result import Report, Result
from .task import Task


def explain(task: Task, report: Report) -> Result:
    """Compute the method ``kernel_shap``."""
    hidden = of_task(task)
    kept, weights = choices(hidden.count, int(task.settings["samples"]), random_source(task))
    ends = hidden.ends()

    def told(done: int) -> None:
        report(done / max(1, len(kept)), None, f"sample {done} of {len(kept)}")

    values = fit(kept, hidden.scores(kept, told), weights, ends)
    return hidden.result(values, ends, _note(hidden.count, kept), complete=True)


def choices(count: int, samples: int, generator: np.random.Generator) -> tuple[Kept, Doubles]:
    """Return choices of superpixels (N, count), neither none nor all, and their weights (N,).

    All of them where there are no more than ``samples``; else ``samples``, rounded up to
    pairs of a choice and its complement.
    """
    if count == 1:
        return np.zeros((0, 1), dtype=bool), np.zeros(0)
    if count < 40 and 2**count - 2 <= samples:
        bits = np.arange(1, 2**count - 1)[:, None] >> np.arange(count) & 1
        kept = bits.astype(bool)
        shown = kept.sum(1)
        return kept, np.array([_weight(count, int(k)) for k in shown])
    sizes = np.arange(1, count)
    chances = 1 / (sizes * (count - sizes))
    drawn = generator.choice(sizes, -(-samples // 2), p=chances / chances.sum())
    ranks = generator.random((len(drawn), count)).argsort(1).argsort(1)
    kept = ranks < drawn[:, None]
    both: Kept = np.stack([kept, ~kept], 1).reshape(-1, count)
    return both, np.ones(len(both))


def _weight(count: int, shown: int) -> float:
    return (count - 1) / (math.comb(count, shown) * shown * (count - shown))


def fit(kept: Kept, scores: Doubles, weights: Doubles, ends: tuple[float, float]) -> Doubles:
    """Return the values (count,) of the weighted additive fit that adds up exactly.

    An even share of the difference is taken for a start. What is left sums to zero, which
    centring each choice makes of itself: the least-squares solution of least norm has no part
    along the direction in which the centred choices do not vary.
    """
    count, difference = kept.shape[1], ends[0] - ends[1]
    even = difference / count
    if not len(kept) or not np.isfinite(scores).all() or not math.isfinite(difference):
        return np.full(count, even if not len(kept) else math.nan)
    centred = kept - kept.mean(1, keepdims=True)
    left = scores - ends[1] - kept.sum(1) * even
    root = np.sqrt(weights)
    rest: Doubles = np.linalg.lstsq(centred * root[:, None], left * root, rcond=None)[0]
    values: Doubles = even + rest
    return values


def _note(count: int, kept: Kept) -> str:
    if count < 40 and len(kept) == 2**count - 2:
        return f"All {len(kept)} choices of superpixels were tried: these are the exact values."
    note = f"{len(kept)} of the choices of superpixels were tried; other seeds give other values."
    if len(kept) < 2 * count:
        note += " So few hardly tell them apart: take more samples."
    return note
