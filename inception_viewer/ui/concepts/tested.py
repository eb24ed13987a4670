"""What is to be tested, and what has come of it."""

from __future__ import annotations

from dataclasses import dataclass

from ...attribution_methods import units_before
from ...concept_questions import Concept, ConceptAnswer, ConceptResult
from ...questions import CheckpointInfo, Graph
from ..head_words import HeadNote, note

DEFAULT_UNIT = "inception4d"


@dataclass(frozen=True)
class Wanted:
    """What the fields say; folders are ``""`` and ``target`` None until they are chosen."""

    concepts: tuple[Concept, ...] = ()
    random: str = ""
    photos: str = ""
    target: int | None = None
    head: str = "main"
    units: tuple[str, ...] = (DEFAULT_UNIT,)
    runs: int = 10
    most: int = 150
    seed: int = 0

    @property
    def obstacle(self) -> str:
        """What is missing yet, in one sentence, or ``""``."""
        if not self.concepts or not all(one.folder for one in self.concepts):
            return "Drop or choose a folder of photos for each concept."
        if not all(one.name for one in self.concepts):
            return "Give every concept a name."
        if len({one.name for one in self.concepts}) < len(self.concepts):
            return "Two concepts have the same name."
        if not self.random:
            return "Choose a folder of photos of anything else."
        if not self.photos:
            return "Choose a folder of photos of the class."
        if self.target is None:
            return "Choose the class."
        return "" if self.units else "This network lacks the head."


@dataclass(frozen=True, eq=False)
class Tested:
    """Tests of the same concepts at one unit or several, and the checkpoint as it was then.

    ``answers`` are those of ``wanted.units`` so far, in their order; the last one may be
    partial. ``running`` is True while more is to come.
    """

    info: CheckpointInfo
    wanted: Wanted
    answers: tuple[ConceptAnswer, ...]
    running: bool = False

    @property
    def note(self) -> HeadNote:
        """What is to be said of the head."""
        return note(self.info, self.wanted.head)

    @property
    def class_name(self) -> str:
        """The class."""
        return self.answers[0].target_name

    @property
    def stopped(self) -> bool:
        """Whether it ended before all of it was done."""
        done = sum(not answer.partial for answer in self.answers)
        return not self.running and done < len(self.wanted.units)

    def find(self, unit: str, concept: str) -> tuple[ConceptAnswer, ConceptResult | None] | None:
        """Return a unit's answer and a concept's result in it; None for random directions."""
        for answer in self.answers:
            if answer.question.unit == unit:
                named = (one for one in answer.concepts if one.name == concept)
                return answer, next(named, None)
        return None


def modules_before(graph: Graph, head: str) -> tuple[str, ...]:
    """Return the Inception modules on the way to a head."""
    modules = {node.name for node in graph.nodes if node.kind == "concat"}
    return tuple(unit for unit in units_before(graph, head) if unit in modules)


def default_unit(graph: Graph, head: str) -> str:
    """Return where to look first: 4d, or the deepest module on the way to a head."""
    modules = modules_before(graph, head)
    units = modules or units_before(graph, head)
    return DEFAULT_UNIT if DEFAULT_UNIT in units else (units[-1] if units else "")
