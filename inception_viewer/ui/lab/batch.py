"""How long many questions take together, from what those so far took; no Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from ...attribution_methods import METHODS, Cost
from ...grade_measures import MEASURES
from ...grade_questions import Grade
from ...grid_questions import GradCamOfUnits
from ...questions import Attribution, Question

BACKWARD = 1.6
"""A backward pass in forward passes (measured on the demo checkpoint)."""
SURE = 0.01
"""Share of the whole before which nothing is said of the time left."""


def work(question: Question) -> float:
    """Return about how many forward passes a question is worth; at least 1."""
    if isinstance(question, Grade):
        measure = MEASURES.get(question.measure)
        if measure is None:
            return 1.0
        own = _passes(Cost(measure.forwards, measure.backwards))
        return own + measure.explanations * work(question.attribution)
    if isinstance(question, GradCamOfUnits):
        return _passes(Cost(1, 1)) + 0.1 * len(question.units)
    assert isinstance(question, Attribution)
    method = METHODS[question.method]
    settings = method.settings(dict(question.parameters))
    if "adapt" in settings:
        # At most it takes many times that; mostly the steps that were asked for are enough.
        settings["adapt"] = "off"
    return _passes(method.cost(settings))


def _passes(cost: Cost) -> float:
    return max(1.0, cost.forwards + BACKWARD * cost.backwards)


@dataclass
class _Part:
    work: float
    share: float = 0.0


class Batch:
    """Questions that are answered one after the other, and how far they are together.

    ``clock`` gives seconds; it runs from the first report on, because the lane may have had
    something else to do before.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._parts: dict[Question, _Part] = {}
        self._left: set[Question] = set()
        self._began: float | None = None

    @property
    def running(self) -> bool:
        """Whether anything is left."""
        return bool(self._left)

    @property
    def left(self) -> int:
        """How many questions are left."""
        return len(self._left)

    def add(self, question: Question) -> None:
        """Count a question in; what ended before is forgotten once all had ended."""
        if not self._left:
            self._parts, self._began = {}, None
        self._parts[question] = _Part(work(question))
        self._left.add(question)

    def report(self, question: Question, share: float) -> None:
        """Say how far a question is, 0 to 1."""
        self._start()
        if question in self._left:
            self._parts[question].share = share

    def end(self, question: Question, *, answered: bool) -> None:
        """Say that a question is done with; one that was taken back counts no more."""
        self._start()
        self._left.discard(question)
        if answered and question in self._parts:
            self._parts[question].share = 1.0
        else:
            self._parts.pop(question, None)

    @property
    def fraction(self) -> float:
        """How far all are together, 0 to 1, by their work."""
        total = sum(part.work for part in self._parts.values())
        done = sum(part.work * part.share for part in self._parts.values())
        return done / total if total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take at the pace so far; None until that can be told."""
        if self._began is None or self.fraction < SURE:
            return None
        return (self._clock() - self._began) * (1 - self.fraction) / self.fraction

    def _start(self) -> None:
        if self._began is None:
            self._began = self._clock()
