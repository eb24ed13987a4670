"""How far two groups of photos lie apart, channel by channel, from their moments."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from inception_viewer.comparison_questions import Doubles, Separation
from inception_viewer.moments import Moments

Separations = dict[tuple[str, str], dict[str, Separation]]


def separations(groups: Mapping[str, Mapping[str, Moments]]) -> Separations:
    """Return how every unit's channels tell each pair of groups apart.

    Parameters
    ----------
    groups
        By name and unit, the moments of its channels.
    """
    return {
        (first, second): _of_pair(first, second, groups[first], groups[second])
        for first, second in combinations(groups, 2)
    }


def _of_pair(
    first: str, second: str, ours: Mapping[str, Moments], theirs: Mapping[str, Moments]
) -> dict[str, Separation]:
    effects = {unit: cohens_d(ours[unit], theirs[unit]) for unit in ours}
    raw = [welch(ours[unit], theirs[unit]) for unit in ours]
    ends = np.cumsum([len(effect) for effect in effects.values()])
    p_values = np.split(holm(np.concatenate(raw)), ends[:-1])
    return {
        unit: Separation(
            unit, first, second, effect, p_value,
            np.argsort(-np.abs(np.nan_to_num(effect)), kind="stable"),
            (ours[unit].n, theirs[unit].n), int(ends[-1]),
        )
        for (unit, effect), p_value in zip(effects.items(), p_values, strict=True)
    }  # fmt: skip


def cohens_d(first: Moments, second: Moments) -> Doubles:
    """Return the difference of means over the pooled standard deviation, by column.

    nan where neither group varies.
    """
    pooled = (first.squares + second.squares) / (first.n + second.n - 2)
    blank = np.full(len(pooled), np.nan)
    difference = first.mean - second.mean
    effect: Doubles = np.divide(difference, np.sqrt(pooled), out=blank, where=pooled > 0)
    return effect


def welch(first: Moments, second: Moments) -> Doubles:
    """Return the p-value of Welch's t-test by column; 1 where neither group varies."""
    from scipy.stats import ttest_ind_from_stats

    varies = (first.squares > 0) | (second.squares > 0)
    p_values = np.ones(len(varies))
    if varies.any():
        found = ttest_ind_from_stats(
            first.mean[varies], first.spread[varies], first.n,
            second.mean[varies], second.spread[varies], second.n,
            equal_var=False,
        )  # fmt: skip
        p_values[varies] = found.pvalue
    return p_values


def holm(p_values: Doubles) -> Doubles:
    """Correct p-values for their number (Holm, 1979): step down, never falling."""
    order = np.argsort(p_values, kind="stable")
    left = len(p_values) - np.arange(len(p_values))
    raised = np.minimum(1.0, np.maximum.accumulate(p_values[order] * left))
    corrected = np.empty_like(p_values)
    corrected[order] = raised
    return corrected
