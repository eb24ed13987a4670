"""What tells groups of photos apart, channel by channel."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from inception_viewer.comparison_questions import (
    CompareGroups,
    Group,
    GroupsAnswer,
)
from inception_viewer.errors import QuestionError
from inception_viewer.moments import Moments
from inception_viewer.questions import Floats, Provenance, Scene

from . import pooling
from .pooling import Pooled, by_unit
from .separating import separations

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
    return GroupsAnswer(
        question,
        pooled,
        {name: tuple(one.photos) for name, one in rows.items()},
        {name: tuple(found.predicted for found in one.found) for name, one in rows.items()},
        tuple(failures),
        provenance,
        separations({name: moments(rows) for name, rows in pooled.items()}),
        partial,
    )


def _stacked(found: Sequence[Pooled]) -> dict[str, Floats]:
    return by_unit(np.stack([one.row for one in found]), found[0].widths)


def moments(pooled: Mapping[str, Floats]) -> dict[str, Moments]:
    """Return the moments of each unit's channels, from rows by unit (photos, channels)."""
    # One by one: copies of all at once leave holes in the memory.
    return {unit: Moments.of(rows) for unit, rows in pooled.items()}
