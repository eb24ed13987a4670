"""What was measured so far: evaluations with what they are of, kept to be shown and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...folder_questions import EvaluationAnswer
from ...questions import CheckpointInfo, Preprocessing
from ..head_words import HeadNote, note

KEPT = 12
"""Evaluations that are kept, the newest ones."""

Numbers = NDArray[np.float64]
Key = tuple[str, str, str, Preprocessing]


@dataclass(frozen=True, eq=False)
class Measured:
    """An evaluation, and the checkpoint as it was when it was asked for.

    ``running`` is True while more is to come; a partial answer that does not run was
    stopped.
    """

    info: CheckpointInfo
    answer: EvaluationAnswer
    running: bool = False

    @property
    def key(self) -> Key:
        """What was measured on what, and how photos became inputs."""
        asked = self.answer.question
        return (
            asked.checkpoint,
            asked.folder,
            asked.list_file,
            self.answer.provenance.preprocessing,
        )

    @property
    def place(self) -> tuple[str, str]:
        """Where the photos are from: those of the same place can be compared."""
        asked = self.answer.question
        return asked.folder, asked.list_file

    @property
    def folder(self) -> str:
        """The folder's name, and the list's."""
        asked = self.answer.question
        name = Path(asked.folder).name or asked.folder
        return f"{name}, {Path(asked.list_file).name}" if asked.list_file else name

    @property
    def has_own_input(self) -> bool:
        """Whether photos became inputs as the checkpoint says itself."""
        return self.answer.provenance.preprocessing == self.info.preprocessing

    @property
    def name(self) -> str:
        """The checkpoint's name, and that its input was made another way."""
        return self.info.name if self.has_own_input else f"{self.info.name}, input changed"

    def note(self, head: str) -> HeadNote:
        """Return what is to be said of a head; its state is that of the answer."""
        state = self.answer.heads[head].state
        heads = {**self.info.heads, head: state}
        return note(replace(self.info, heads=heads), head)

    def means_something(self, head: str) -> bool:
        """Whether the head is not known to be untrained."""
        return self.answer.heads[head].state != "untrained"

    @property
    def best_head(self) -> str:
        """The deepest head that was trained, else the deepest one."""
        heads = list(self.answer.heads)
        known = [head for head in heads if self.means_something(head)]
        return (known or heads)[-1]


class Results:
    """The evaluations of this session, the oldest first."""

    def __init__(self) -> None:
        self._kept: dict[object, Measured] = {}

    @property
    def all(self) -> dict[object, Measured]:
        """All of them, by the token of their run."""
        return dict(self._kept)

    def put(self, token: object, measured: Measured) -> None:
        """Keep what one run has measured so far; ``token`` is the run's own."""
        self._kept[token] = measured

    def settle(self, token: object) -> None:
        """Note that a run has ended: what it repeats is let go, unless it got less far."""
        ended = self._kept.get(token)
        if ended is None:
            return
        ended = self._kept[token] = replace(ended, running=False)
        for other, measured in list(self._kept.items()):
            same = other is not token and measured.key == ended.key
            if same and (measured.answer.partial or not ended.answer.partial):
                del self._kept[other]
        for other in list(self._kept)[:-KEPT]:
            del self._kept[other]


def comparable(measured: Measured, results: Mapping[object, Measured]) -> dict[object, Measured]:
    """Return the other evaluations on the same photos."""
    return {
        token: one
        for token, one in results.items()
        if one is not measured and one.place == measured.place
    }


def labels(results: Sequence[Measured], *, short: bool = False) -> list[str]:
    """Return a line for each, no two the same; ``short`` leaves out the folder."""
    where = ["" if short else f" on {one.folder}" for one in results]
    plain = [f"{one.name}{at}{_extent(one)}" for one, at in zip(results, where, strict=True)]
    seen = Counter(plain)
    told: Counter[str] = Counter()
    lines = []
    for line in plain:
        told[line] += 1
        lines.append(f"{line} ({told[line]})" if seen[line] > 1 else line)
    return lines


def _extent(measured: Measured) -> str:
    if measured.running:
        return ", being measured"
    return ", stopped early" if measured.answer.partial else ""


def shares(measured: Measured, head: str) -> Numbers:
    """Return each class's share that is right (classes,), not a number without photos."""
    answer = measured.answer
    count = np.where(answer.count > 0, answer.count, np.nan)
    return np.asarray(answer.heads[head].right / count)


def differences(measured: Measured, other: Measured, head: str) -> Numbers:
    """Return by how much more of each class ``measured`` has right than ``other`` (classes,).

    Classes are matched by name; not a number where either has no photos of a class, or
    its head was never trained.
    """
    mine, nothing = shares(measured, head), np.full(len(measured.answer.classes), np.nan)
    known = head in other.answer.heads and other.means_something(head)
    if not known or not measured.means_something(head):
        return nothing
    theirs = dict(zip(other.answer.classes, shares(other, head).tolist(), strict=True))
    found = [theirs.get(name, np.nan) for name in measured.answer.classes]
    return np.asarray(mine - np.array(found))
