"""What tells groups of photos apart, channel by channel."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from inception_viewer.comparison_questions import (
    CompareGroups,
    Doubles,
    Group,
    GroupsAnswer,
    Separation,
)
from inception_viewer.errors import QuestionError
from inception_viewer.questions import Floats, Provenance, Scene

from . import pooling
from .pooling import Pooled, by_unit

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

MOST = 500
"""Photos of a group (issue 5)."""
EVERY = 1.0
"""Seconds between partial answers."""


@dataclass
class _Rows:
    """What is known of one group so far."""

    photos: list[str] = field(default_factory=list)
    found: list[Pooled] = field(default_factory=list)


def answer(question: CompareGroups, lab: Lab, progress: Progress) -> GroupsAnswer:
    """Answer a :class:`CompareGroups` question; partial answers once a second.

    What was computed is kept, so that the same question goes on where it was cancelled.

    Raises
    ------
    QuestionError
        If there are fewer than two groups, two of one name, or a group of fewer than two photos
        or more than :data:`MOST`.
    """
    _check(question)
    started = time.perf_counter()
    rows = {group.name: _Rows() for group in question.groups}
    failures: list[tuple[str, str]] = []
    total = sum(len(group) for group in question.groups)
    told = started

    def wrap(partial: bool) -> GroupsAnswer:
        seconds = time.perf_counter() - started
        where = Provenance(question.checkpoint, question.preprocessing, seconds, lab.device)
        return _answer(question, rows, failures, where, partial)

    for done, (name, photo, found) in enumerate(_in_turn(question, lab, progress.lane), 1):
        if isinstance(found, str):
            failures.append((photo, found))
        else:
            rows[name].photos.append(photo)
            rows[name].found.append(found)
        now = time.perf_counter()
        ripe = now - told > EVERY and all(len(one.found) > 1 for one in rows.values())
        told = now if ripe else told
        progress(done / total, wrap(True) if ripe else None, f"photo {done} of {total}")
    for name, one in rows.items():
        if len(one.found) < 2:
            raise QuestionError(f"Fewer than two photos of “{name}” could be read.")
    return wrap(False)


def _check(question: CompareGroups) -> None:
    names = [group.name for group in question.groups]
    if len(names) < 2:
        raise QuestionError("Comparing takes at least two groups of photos.")
    if len(set(names)) < len(names):
        raise QuestionError("Two groups have the same name; call one of them otherwise.")
    for group in question.groups:
        if len(group) < 2:
            raise QuestionError(f"“{group.name}” has fewer than two photos: no spread to go by.")
        if len(group) > MOST:
            raise QuestionError(f"“{group.name}” has {len(group)} photos; at most {MOST} will do.")


def _in_turn(
    question: CompareGroups, lab: Lab, lane: str
) -> Iterator[tuple[str, str, Pooled | str]]:
    """Yield a photo of each group in turn, so that what is known early is of all of them."""
    left = {group.name: _each(group, question, lab, lane) for group in question.groups}
    while left:
        for name, photos in list(left.items()):
            found = next(photos, None)
            if found is None:
                del left[name]
            else:
                yield name, *found


def _each(
    group: Group, question: CompareGroups, lab: Lab, lane: str
) -> Iterator[tuple[str, Pooled | str]]:
    checkpoint, made = question.checkpoint, question.preprocessing
    for image in group.images:
        yield image, pooling.of_scene(lab, Scene(checkpoint, image, made), lane)
    for place, found in pooling.of_paths(lab, checkpoint, made, group.paths, lane):
        yield group.paths[place], found


def _answer(
    question: CompareGroups,
    rows: Mapping[str, _Rows],
    failures: Sequence[tuple[str, str]],
    provenance: Provenance,
    partial: bool,
) -> GroupsAnswer:
    pooled = {name: _stacked(one.found) for name, one in rows.items()}
    pairs = list(combinations(pooled, 2))
    return GroupsAnswer(
        question,
        pooled,
        {name: tuple(one.photos) for name, one in rows.items()},
        {name: tuple(found.predicted for found in one.found) for name, one in rows.items()},
        tuple(failures),
        provenance,
        {pair: separations(pooled, *pair) for pair in pairs},
        partial,
    )


def _stacked(found: Sequence[Pooled]) -> dict[str, Floats]:
    return by_unit(np.stack([one.row for one in found]), found[0].widths)


def separations(
    pooled: Mapping[str, Mapping[str, Floats]], first: str, second: str
) -> dict[str, Separation]:
    """Return how every unit's channels tell two groups apart.

    Parameters
    ----------
    pooled
        By group and unit, (photos, channels).
    """
    effects, raw = {}, {}
    for unit in pooled[first]:  # one by one: copies of all at once leave holes in the memory
        ours, theirs = (pooled[name][unit].astype(np.float64) for name in (first, second))
        effects[unit], raw[unit] = cohens_d(ours, theirs), welch(ours, theirs)
        n = len(ours), len(theirs)
    ends = np.cumsum([len(effect) for effect in effects.values()])
    p_values = np.split(holm(np.concatenate(list(raw.values()))), ends[:-1])
    return {
        unit: Separation(
            unit, first, second, effect, p_value,
            np.argsort(-np.abs(np.nan_to_num(effect)), kind="stable"), n, int(ends[-1]),
        )
        for (unit, effect), p_value in zip(effects.items(), p_values, strict=True)
    }  # fmt: skip


def cohens_d(first: Doubles, second: Doubles) -> Doubles:
    """Return the difference of means over the pooled standard deviation, by column.

    Parameters
    ----------
    first, second
        (photos, channels). nan where neither varies.
    """
    n, m = len(first), len(second)
    pooled = ((n - 1) * first.var(0, ddof=1) + (m - 1) * second.var(0, ddof=1)) / (n + m - 2)
    difference = first.mean(0) - second.mean(0)
    blank = np.full(len(pooled), np.nan)
    effect: Doubles = np.divide(difference, np.sqrt(pooled), out=blank, where=pooled > 0)
    return effect


def welch(first: Doubles, second: Doubles) -> Doubles:
    """Return the p-value of Welch's t-test by column; 1 where neither group varies."""
    from scipy.stats import ttest_ind_from_stats

    varies = (first.var(0) > 0) | (second.var(0) > 0)
    p_values = np.ones(first.shape[1])
    if varies.any():
        ours, theirs = first[:, varies], second[:, varies]
        found = ttest_ind_from_stats(
            ours.mean(0), ours.std(0, ddof=1), len(ours),
            theirs.mean(0), theirs.std(0, ddof=1), len(theirs),
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
