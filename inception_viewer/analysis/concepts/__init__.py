"""Testing with concept activation vectors (TCAV; Kim et al., 2018, arXiv:1711.11279).

A direction at a unit is learnt from photos that show a concept and photos of anything else; the
score is the share of a class's photos whose logit rises along it. Directions between two draws of
random photos say what scores chance gives.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inception_viewer.concept_questions import (
    LEAST,
    ConceptAnswer,
    ConceptResult,
    TestConcepts,
    mean,
)
from inception_viewer.errors import QuestionError
from inception_viewer.images.labelled import photos_in
from inception_viewer.questions import Provenance

from ..attribution.score import logit
from ..attribution.task import check_unit
from .directions import Direction, direction, tcav_score
from .reading import OnBatch, Read, activations, slopes
from .significance import note, p_value, sentence

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

RANDOM_SHARE = 3
"""So many times more random photos than others are read, that draws differ."""
KEPT_SENTENCES = 100
READING = 0.9
"""Share of the progress bar for reading photos; the classifiers take the rest."""


def answer(question: TestConcepts, lab: Lab, progress: Progress) -> ConceptAnswer:
    """Answer a :class:`TestConcepts` question; partial answers hold the runs so far.

    Raises
    ------
    QuestionError
        If the unit, head or class is not the network's, or a folder holds too few photos.
    """
    run = _Run(question, lab, _read(question, lab, progress, _folders(question)))
    for place in range(question.runs):

        def tick(share: float, place: int = place) -> None:
            done = READING + (1 - READING) * (place + share) / question.runs
            partial = run.result(partial=True) if place and not share else None
            progress(done, partial, f"run {place + 1} of {question.runs}")

        run.add(place, tick)
    return run.result()


@dataclass(frozen=True)
class _Folder:
    """A folder's photos that are to be read: what they are, in words, where, and how many."""

    words: str
    folder: str
    least: int
    paths: tuple[Path, ...] = ()

    def check(self, count: int) -> None:
        """Raise QuestionError if its photos, or those that can be read, are too few."""
        if count < self.least:
            had = f"{count} photos" if count > 1 else "a single photo" if count else "no photo"
            raise QuestionError(
                f"{self.folder} holds {had} that can be read; {self.words} are to be at least "
                f"{self.least}."
            )


def _folders(question: TestConcepts) -> tuple[_Folder, ...]:
    """Return the class's folder, the random one, and each concept's."""
    _check(question)
    wanted = [
        _Folder("photos of the class", question.photos, 1),
        # Two draws of them must differ.
        _Folder("random photos", question.random, 2 * LEAST),
    ]
    wanted += [_Folder(f"photos of “{c.name}”", c.folder, LEAST) for c in question.concepts]
    found = []
    for place, one in enumerate(wanted):
        most = question.most * (RANDOM_SHARE if place == 1 else 1)
        paths = _drawn(Path(one.folder), most, (question.seed, place))
        one.check(len(paths))
        found.append(replace(one, paths=paths))
    return tuple(found)


def _check(question: TestConcepts) -> None:
    if not question.concepts:
        raise QuestionError("Give at least one concept: a name and a folder of photos.")
    if question.runs < 1 or question.most < LEAST:
        raise QuestionError(f"“runs” is at least 1, and “most” at least {LEAST}.")
    if question.together < 1:
        raise QuestionError("“together” is at least 1.")
    if question.seed < 0:
        raise QuestionError("“seed” is at least 0.")
    names = [concept.name for concept in question.concepts]
    if len(set(names)) < len(names):
        raise QuestionError("Two concepts have the same name.")


def _drawn(folder: Path, most: int, seed: tuple[int, ...]) -> tuple[Path, ...]:
    """Return up to ``most`` photos of a folder, in its own order, or random ones of more."""
    if not folder.is_dir():
        raise QuestionError(f"{folder} is not a folder.")
    paths = photos_in(folder)
    if len(paths) <= most:
        return tuple(paths)
    kept = np.random.default_rng(seed).choice(len(paths), most, replace=False)
    return tuple(paths[place] for place in sorted(kept))


def _read(
    question: TestConcepts, lab: Lab, progress: Progress, folders: Sequence[_Folder]
) -> tuple[Read, ...]:
    """Return the slopes of the class's photos and the activations of all others."""
    net = lab.network(question.checkpoint, progress.lane)
    score = logit(net, question.head, question.target)
    unit = check_unit(net, question.unit, score)
    made = question.preprocessing or lab.info(question.checkpoint).preprocessing
    total, before = sum(len(folder.paths) for folder in folders), 0
    found: list[Read] = []
    for place, folder in enumerate(folders):
        tick = _tick(progress, before, total, folder.words)
        tick(0)
        if place:
            read = activations(net, folder.paths, made, unit, tick)
        else:
            read = slopes(net, folder.paths, made, unit, score, tick)
        folder.check(len(read.values))
        if not np.isfinite(read.values).all():
            raise QuestionError("The network's activations are not finite numbers on these photos.")
        found.append(read)
        before += len(folder.paths)
    return tuple(found)


def _tick(progress: Progress, before: int, total: int, words: str) -> OnBatch:
    def tick(done: int) -> None:
        progress(READING * (before + done) / total, None, f"{words}: {done}")

    return tick


@dataclass(eq=False)
class _Run:
    """A test under way."""

    question: TestConcepts
    lab: Lab
    read: Sequence[Read]
    started: float = field(default_factory=time.monotonic)
    chance: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = len(self.question.concepts)
        self.scores: list[list[float]] = [[] for _ in range(count)]
        self.accuracies: list[list[float]] = [[] for _ in range(count)]
        self.slopes, self.others, *self.examples = (read.values for read in self.read)

    def add(self, place: int, tick: Callable[[float], None]) -> None:
        """Make one run: draw random photos, and learn a direction for every concept."""
        generator = np.random.default_rng((self.question.seed, place))
        order = generator.permutation(len(self.others))
        # As many of each as of the concepts' examples; random directions need two draws.
        size = min(max(len(values) for values in self.examples), len(order) // 2)
        drawn, opposed = (self.others[order[i * size : (i + 1) * size]] for i in (0, 1))
        sets = [*self.examples, opposed]
        found: list[Direction] = []
        for index, values in enumerate(sets):
            tick(index / len(sets))
            found.append(direction(values, drawn, generator))
        scores = [tcav_score(self.slopes, one.vector) for one in found]
        for index in range(len(self.examples)):
            self.scores[index].append(scores[index])
            self.accuracies[index].append(found[index].accuracy)
        self.chance.append(scores[-1])

    def result(self, *, partial: bool = False) -> ConceptAnswer:
        """Return what is known so far."""
        question, info = self.question, self.lab.info(self.question.checkpoint)
        made = question.preprocessing or info.preprocessing
        seconds = time.monotonic() - self.started
        unreadable = [pair for read in self.read for pair in read.unreadable]
        untrained = info.heads.get(question.head) == "untrained"
        return ConceptAnswer(
            question,
            tuple(self._concept(place) for place in range(len(question.concepts))),
            tuple(self.chance),
            info.classes[question.target],
            len(self.slopes),
            len(self.others),
            Provenance(question.checkpoint, made, seconds, self.lab.device, question.seed),
            tuple(unreadable[:KEPT_SENTENCES]),
            f"{question.head} was never trained: these are random weights'." if untrained else "",
            partial,
        )

    def _concept(self, place: int) -> ConceptResult:
        question, chance = self.question, tuple(self.chance)
        scores = tuple(self.scores[place])
        found = ConceptResult(
            question.concepts[place].name,
            scores,
            p_value(scores, chance, len(question.concepts) * question.together),
            mean(tuple(self.accuracies[place])),
            len(self.examples[place]),
        )
        class_name = self.lab.info(question.checkpoint).classes[question.target]
        said = sentence(found, chance, class_name, question.unit)
        return replace(found, note=note(found), sentence=said)
