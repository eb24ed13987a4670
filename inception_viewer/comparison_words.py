"""What comparisons say: sentences, and tables as rows; neither torch nor Qt is imported."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .comparison_questions import (
    PROFILE_MEASURES,
    BranchProfileAnswer,
    CheckpointsAnswer,
    Doubles,
    GroupsAnswer,
    PhotoMapAnswer,
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


# --- photos among each other ---------------------------------------------------------


def how_words(answer: PhotoMapAnswer) -> str:
    """Say how photos got their places, with what that depended on."""
    if answer.perplexity is None:
        return "principal components"
    seed = answer.question.seed
    return f"t-SNE (perplexity {answer.perplexity:.3g}, from PCA, seed {seed})"


# --- groups --------------------------------------------------------------------------


SIGNIFICANT = 0.05


def groups_sentence(answer: GroupsAnswer, first: str, second: str) -> str:
    """Say what was compared, and how much of it tells the groups apart."""
    n = tuple(answer.count(name) for name in (first, second))
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


# --- checkpoints ---------------------------------------------------------------------


COMPARABLE = "shares, profiles, predictions and CKA can be compared"
OTHER_CLASSES = "Their classes differ, so what they answer is not compared by name."
OVER_POSITIONS = (
    "CKA takes each position of each photo as an example: of few photos it says how alike these "
    "maps are, not how alike the networks are."
)


def kinship_sentence(answer: CheckpointsAnswer) -> str:
    """Say whether channels correspond, and how that is known."""
    if answer.kinship == "same":
        return "The same weights in two files: channels correspond."
    near = f"{percent(answer.matched)} of the filters are nearest to the filter of the same number"
    if answer.kinship == "kin":
        return f"One was trained on from the other ({near}): channels correspond."
    if answer.matched >= 0.5:
        return (
            f"Not all channels correspond ({near}, but some units are in another order or were "
            f"trained apart): {COMPARABLE}."
        )
    return f"Trained apart: channel 12 of one is not channel 12 of the other; {COMPARABLE}."


def agreement_sentence(answer: CheckpointsAnswer, untrained: Sequence[str] = ()) -> str:
    """Say how often both put the same class first; heads that were never trained are left out."""
    known = {
        head: share
        for head, share in answer.agree.items()
        if share is not None and head not in untrained
    }
    if not known:
        return "" if not answer.agree or None not in answer.agree.values() else OTHER_CLASSES
    photos = len(answer.question.first)
    if photos == 1:
        same = [head for head, share in known.items() if share]
        others = [head for head in known if head not in same]
        both = f"The same class comes first in {_listed(same)}" if same else ""
        apart = (
            f"another in {_listed(others)}"
            if same
            else f"Other classes come first in {_listed(others)}"
        )
        return f"{both}, {apart}." if same and others else f"{both or apart}."
    told = ", ".join(f"{head} {round(share * photos)} of {photos}" for head, share in known.items())
    return f"The same class comes first in: {told} photos."


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def difference_sentence(answer: CheckpointsAnswer) -> str:
    """Say where corresponding channels differ most; ``""`` where none correspond."""
    if not answer.differences:
        return ""
    module = max(answer.differences, key=lambda name: answer.differences[name][0])
    apart, largest = answer.differences[module]
    return (
        f"Channel by channel they differ most in {module}: by {apart:.3g} at most, where "
        f"activations reach {largest:.3g}."
    )


def checkpoint_rows(
    answer: CheckpointsAnswer, names: Sequence[str], classes: Sequence[Sequence[str]]
) -> tuple[Row, ...]:
    """Return a table with one line for each photo, module and branch, its heading first.

    Parameters
    ----------
    answer
        The comparison.
    names
        Of the photos, in the order of the question's scenes.
    classes
        Of either checkpoint.
    """
    measures = list(PROFILE_MEASURES)
    sides = ("first", "second")
    heading = (
        *("photo", "image", "module", "branch", "cka_of_all", "largest_difference_of_all"),
        *(f"share_of_{measure}_{side}" for measure in measures for side in sides),
        *(f"mean_{side}" for side in sides),
        *(f"{head}_{side}" for head in answer.tops for side in sides),
    )
    rows: list[Row] = [heading]
    one, other = answer.profiles
    for photo, name in enumerate(names):
        image = answer.question.first[photo].image
        said = [classes[k][top[photo][k]] for top in answer.tops.values() for k in (0, 1)]
        for i, module in enumerate(one.modules):
            apart = answer.differences.get(module, ("",))[0]
            for j, branch in enumerate(one.branches):
                at = photo, i, j
                shares = (float(p.shares[m][at]) for m in measures for p in (one, other))
                means = float(one.mean[at]), float(other.mean[at])
                about = (name, image, module, branch, answer.cka[module], apart)
                rows.append((*about, *shares, *means, *said))
    return tuple(rows)
