"""What comparisons say: sentences, and tables as rows; neither torch nor Qt is imported."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .comparison_questions import (
    PROFILE_MEASURES,
    BranchProfileAnswer,
    Doubles,
    GroupsAnswer,
    ProfileMeasure,
)

Row = tuple[str | int | float, ...]
STEADY = 0.6
"""Spearman's rank correlation of nine values with their order that chance reaches in one of
twenty cases (one-sided)."""
LARGE = ("3x3", "5x5")
"""The branches whose share the paper expects to grow (section 4)."""


# --- branch profile ------------------------------------------------------------------


@dataclass(frozen=True)
class Growth:
    """How a share changes with depth.

    Attributes
    ----------
    first, last
        In the first and the last module.
    correlation
        Spearman's, of the share with the depth of the module, in [-1, 1]; 0 where it is constant.
    """

    first: float
    last: float
    correlation: float

    @property
    def verdict(self) -> str:
        """``"grows"``, ``"falls"`` or ``"neither grows nor falls steadily"``."""
        if abs(self.correlation) < STEADY:
            return "neither grows nor falls steadily"
        return "grows" if self.correlation > 0 else "falls"


def large_shares(answer: BranchProfileAnswer, measure: ProfileMeasure) -> Doubles:
    """Return the share of 3x3 and 5x5 together in each module, averaged over the photos."""
    places = [answer.branches.index(branch) for branch in LARGE]
    found: Doubles = answer.shares[measure][:, :, places].sum(-1).mean(0)
    return found


def growth(shares: Doubles) -> Growth:
    """Return how shares by module change with depth."""
    return Growth(float(shares[0]), float(shares[-1]), spearman(shares))


def spearman(values: Doubles) -> float:
    """Return the rank correlation of values with their order; 0 where they are all equal."""
    ranks = _ranks(values)
    depth = np.arange(len(values), dtype=np.float64)
    x, y = ranks - ranks.mean(), depth - depth.mean()
    size = math.sqrt(float((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / size if size else 0.0


def _ranks(values: Doubles) -> Doubles:
    """Return ranks from 0; equal values share the mean of theirs."""
    below = (values[:, None] > values).sum(1)
    equal = (values[:, None] == values).sum(1)
    found: Doubles = below + (equal - 1) / 2.0
    return found


def growth_sentence(answer: BranchProfileAnswer, measure: ProfileMeasure) -> str:
    """Say whether the share of 3x3 and 5x5 grows with depth, as the paper expects."""
    found = growth(large_shares(answer, measure))
    table = growth(_large_channels(answer))
    count = len(answer.question.scenes)
    whose = "this photo" if count == 1 else f"these {count} photos"
    yes = "As the paper expects (section 4)" if found.verdict == "grows" else (
        "Unlike the paper's expectation (section 4)"
    )  # fmt: skip
    return (
        f"{yes}, the share of 3x3 and 5x5 {found.verdict} with depth for {whose}: by "
        f"{PROFILE_MEASURES[measure]} it goes from {percent(found.first)} in 3a to "
        f"{percent(found.last)} in 5b (rank correlation {signed(found.correlation)}); their share "
        f"of the channels goes from {percent(table.first)} to {percent(table.last)} "
        f"({signed(table.correlation)})."
    )


def _large_channels(answer: BranchProfileAnswer) -> Doubles:
    places = [answer.branches.index(branch) for branch in LARGE]
    found: Doubles = answer.channels[:, places].sum(-1)
    return found


def percent(share: float) -> str:
    """Return ``"62 %"``."""
    return f"{100 * share:.0f} %"


def signed(value: float) -> str:
    """Return a correlation or an effect with its sign: ``"+0.35"``, ``"−1.20"``."""
    if not math.isfinite(value):
        return "not a number"
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")


def profile_rows(answer: BranchProfileAnswer, names: Sequence[str]) -> tuple[Row, ...]:
    """Return a table with one line for each photo, module and branch, its heading first.

    Parameters
    ----------
    answer
        The profile.
    names
        Of the photos, in the order of the question's scenes.
    """
    measures = list(PROFILE_MEASURES)
    heading = (
        *("photo", "image", "module", "branch", "share_of_channels"),
        *(f"share_of_{measure}" for measure in measures),
        *("mean", "norm", "active"),
    )
    rows: list[Row] = [heading]
    for photo, name in enumerate(names):
        for i, module in enumerate(answer.modules):
            for j, branch in enumerate(answer.branches):
                shares = (float(answer.shares[one][photo, i, j]) for one in measures)
                sizes = (answer.mean, answer.norm, answer.active)
                rows.append(
                    (
                        *(name, answer.question.scenes[photo].image, module, branch),
                        *(float(answer.channels[i, j]), *shares),
                        *(float(one[photo, i, j]) for one in sizes),
                    )
                )
    return tuple(rows)


# --- groups --------------------------------------------------------------------------


SIGNIFICANT = 0.05


def groups_sentence(answer: GroupsAnswer, first: str, second: str) -> str:
    """Say what was compared, and how much of it tells the groups apart."""
    n = tuple(len(answer.photos[name]) for name in (first, second))
    counts = f"{first} ({n[0]} photos) against {second} ({n[1]})"
    found = answer.separations[first, second].values()
    so_far = "so far, " if answer.partial else ""
    looked_at = next(iter(found)).looked_at if found else 0
    apart = sum(int((one.p_value < SIGNIFICANT).sum()) for one in found)
    return (
        f"{counts}: {so_far}{apart} of {looked_at} channels tell them apart (Welch's t-test, "
        f"p under {SIGNIFICANT:g} after Holm's correction for all {looked_at})."
    )


def units_of(answer: GroupsAnswer, unit: str) -> tuple[str, ...]:
    """Return what was compared of a unit: itself, or the branches of a module; none if neither."""
    if unit in answer.units:
        return (unit,)
    outputs = (f"{unit}/{output}" for output in ("1x1", "3x3", "5x5", "pool_proj"))
    return tuple(one for one in outputs if one in answer.units)


def best_channels(
    answer: GroupsAnswer, first: str, second: str, units: Sequence[str] = (), most: int = 200
) -> list[tuple[str, int, float, float]]:
    """Return the channels of the largest effects: (unit, channel, Cohen's d, corrected p).

    Parameters
    ----------
    answer
        The comparison.
    first, second
        Two of its groups, in its order.
    units
        Whose channels; none stands for the whole network.
    most
        How many.
    """
    if not units:
        return answer.best(first, second, most=most)
    found = [row for unit in units for row in answer.best(first, second, unit, most)]
    return sorted(found, key=lambda row: -abs(row[2]))[:most]


def typical(answer: GroupsAnswer, group: str, unit: str, channel: int, most: int = 3) -> list[str]:
    """Return the photos of a group whose mean activation is nearest to the group's."""
    values = answer.pooled[group][unit][:, channel].astype(np.float64)
    order = np.argsort(np.abs(values - values.mean()), kind="stable")[:most]
    return [answer.photos[group][place] for place in order]


def group_rows(answer: GroupsAnswer) -> tuple[Row, ...]:
    """Return a table with one line for each pair of groups, unit and channel, its heading first.

    Of a partial answer they are of the photos so far.
    """
    heading = (
        *("first", "second", "unit", "channel", "cohens_d", "p_corrected", "looked_at"),
        *("n_first", "n_second", "mean_first", "sd_first", "mean_second", "sd_second"),
    )
    rows: list[Row] = [heading]
    for (first, second), of_units in answer.separations.items():
        for unit, one in of_units.items():
            columns = (
                *(answer.mean(first, unit), answer.spread(first, unit)),
                *(answer.mean(second, unit), answer.spread(second, unit)),
            )
            for channel in range(len(one.effect)):
                effect, p = float(one.effect[channel]), float(one.p_value[channel])
                figures = (float(column[channel]) for column in columns)
                rows.append(
                    (first, second, unit, channel, effect, p, one.looked_at, *one.n, *figures)
                )
    return tuple(rows)
