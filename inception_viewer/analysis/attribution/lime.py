"""LIME (Ribeiro, Singh, Guestrin, 2016, arXiv:1602.04938): a linear model around the photo.

Superpixels are shown or hidden at random, each with probability 1/2. The score is fitted by a
sum over the superpixels shown (Lasso: least squares with a penalty on the absolute values, so
that superpixels that matter little get zero), in which samples near the photo weigh more:
exp(-d² / (2 w²)), d being the cosine distance between a sample's zeros and ones and the
photo's ones, w the kernel width, 0.25 as in the authors' own program. The photo itself is the
first sample, as there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.linear_model import Lasso

from .hidden import Doubles, Kept, of_task, random_source
from .result import ALL_ZERO, Report, Result
from .task import Task

PENALISED = (
    "The map is zero everywhere: the penalty outweighs what any superpixel does to the score. "
    "Take a smaller one."
)


def explain(task: Task, report: Report) -> Result:
    """Compute the method ``lime``."""
    settings = task.settings
    hidden = of_task(task)
    kept = choices(hidden.count, int(settings["samples"]), random_source(task))

    def told(done: int) -> None:
        report(done / len(kept), None, f"sample {done} of {len(kept)}")

    scores = hidden.scores(kept, told)
    weights = nearness(kept, float(settings["kernel_width"]))
    values, explained = fit(kept, scores, weights, float(settings["penalty"]))
    found = hidden.result(values, hidden.ends(), _note(values, explained))
    varies = found.degenerate == ALL_ZERO and bool(np.ptp(scores) > 0)
    return replace(found, degenerate=PENALISED) if varies else found


def choices(count: int, samples: int, generator: np.random.Generator) -> Kept:
    """Return random choices of superpixels (samples, count), the first one of them all."""
    kept: Kept = generator.random((samples, count)) < 0.5
    kept[0] = True
    return kept


def nearness(kept: Kept, width: float) -> Doubles:
    """Return how much each choice weighs, in (0, 1]: 1 for the photo itself."""
    # The cosine between zeros and ones of which k out of M are ones, and ones, is sqrt(k / M).
    distance = 1 - np.sqrt(kept.mean(1))
    weights: Doubles = np.exp(-(distance**2) / (2 * width**2))
    return weights


def fit(kept: Kept, scores: Doubles, weights: Doubles, penalty: float) -> tuple[Doubles, float]:
    """Return the superpixels' values (count,), and the share of the variation they explain.

    Both are NaN if a score is not finite.
    """
    if not np.isfinite(scores).all():
        return np.full(kept.shape[1], np.nan), np.nan
    model = Lasso(alpha=penalty, max_iter=100_000)
    model.fit(kept.astype(np.float64), scores, sample_weight=weights)
    values: Doubles = model.coef_
    rest = scores - model.predict(kept.astype(np.float64))
    total = weights @ (scores - np.average(scores, weights=weights)) ** 2
    explained = 1 - float(weights @ rest**2 / total) if total > 0 else np.nan
    return values, explained


def _note(values: Doubles, explained: float) -> str:
    if not np.isfinite(explained):
        return ""
    zero = int((values == 0).sum())
    note = f"The sum over superpixels explains {explained:.0%} of how the score varies"
    return f"{note}; {zero} of them got no weight." if zero else f"{note}."
