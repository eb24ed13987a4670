"""The cells that are on the grid, with what is known of each; no Qt here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from ...attribution_methods import METHODS
from ...changed_inputs import edit_marks
from ...explained_words import class_words
from ...grade_questions import GradeAnswer, Measure
from ...questions import Attribution, AttributionAnswer, CheckpointInfo, Pixels, Scene
from ..head_words import HeadNote, note
from .choice import Cell

Status = Literal["idle", "waiting", "running", "done", "failed", "misfit"]
CHOSEN, NAME, TIME = "chosen", "name", "time"
SORTS: Mapping[str, str] = {CHOSEN: "As chosen", NAME: "By name", TIME: "By time"}
"""Orders besides those by a measure's grade."""
UNTOUCHED, OTHER_INPUT = "as it is", "other input"
"""What tells a pinned cell from what the window looks at."""


@dataclass(eq=False)
class CellState:
    """A cell and what has become of it.

    Attributes
    ----------
    cell
        What it is.
    status
        ``"idle"``: not asked for.
    fraction, seconds_left
        While it runs.
    answer
        Partial or complete.
    picture
        What the network sees of its photo.
    sentence
        Why there is no answer.
    grades
        By measure.
    grading
        What is being graded, or why it could not be, by measure.
    pinned
        Whether it stays when the arrangement changes.
    head
        What is to be said of the head whose answer is explained; None of a channel's.
    elsewhere
        What it is of, where that is not what the window looks at: another checkpoint, …
    left_out
        What is said of interventions that are not taken into account, or ``""``.
    """

    cell: Cell
    status: Status = "idle"
    fraction: float = 0.0
    seconds_left: float | None = None
    answer: AttributionAnswer | None = None
    picture: Pixels | None = None
    sentence: str = ""
    grades: dict[str, GradeAnswer] = field(default_factory=dict)
    grading: dict[str, str] = field(default_factory=dict)
    pinned: bool = False
    head: HeadNote | None = None
    elsewhere: tuple[str, ...] = ()
    left_out: str = ""

    @property
    def question(self) -> Attribution:
        """What it shows the answer to."""
        return self.cell.question

    @property
    def complete(self) -> AttributionAnswer | None:
        """The answer, once nothing more is to come."""
        return self.answer if self.answer is not None and not self.answer.partial else None

    @property
    def readable(self) -> AttributionAnswer | None:
        """The answer, if its map means something."""
        return self.answer if self.answer is not None and not self.answer.degenerate else None

    @property
    def busy(self) -> bool:
        """Whether it waits or is being computed."""
        return self.status in ("waiting", "running")

    @property
    def explains_class(self) -> bool:
        """Whether it is about a class that a head tells, rather than a unit's channel."""
        method = METHODS[self.question.method]
        of_neuron = self.question.neuron is not None or method.explains_neuron
        return not of_neuron or method.needs_answer

    def stand(self, scene: Scene | None, info: CheckpointInfo | None) -> None:
        """Take what is to be said of its head, and of where it is from, beside a scene."""
        own = self.question.scene
        known = info is not None and self.explains_class
        self.head = note(info, self.question.head) if known and info is not None else None
        found = []
        if scene is not None and info is not None and own.checkpoint != scene.checkpoint:
            found.append(info.name)
        if scene is not None and own.image != scene.image:
            found.append(self.cell.photo)
        elif scene is not None and own.edits != scene.edits:
            found.append(edit_marks(own.edits) or UNTOUCHED)
        same_network = scene is not None and own.checkpoint == scene.checkpoint
        if same_network and scene is not None and own.preprocessing != scene.preprocessing:
            found.append(OTHER_INPUT)
        self.elsewhere = tuple(found)

    def rename(self, info: CheckpointInfo | None) -> None:
        """Call the class that was explained as it is called by now: names can be changed."""
        answer = self.answer
        if info is None or answer is None or answer.target < 0:
            return
        old, new = answer.target_name, class_words(self.question, answer.target, info.classes)
        if new == old:
            return
        self.answer = replace(answer, target_name=new)
        before, after = f"“{old}”", f"“{new}”"
        self.grades = {
            name: replace(grade, sentence=grade.sentence.replace(before, after))
            for name, grade in self.grades.items()
        }

    def forget(self) -> None:
        """Drop what is known of it, but why it cannot be computed."""
        self.answer, self.grades, self.grading = None, {}, {}
        if self.status in ("done", "failed"):
            self.status, self.sentence = "idle", ""

    def grade(self, measure: str) -> float | None:
        """Return a grade, or None while there is none or it is no number."""
        found = self.grades.get(measure)
        return found.value if found is not None and math.isfinite(found.value) else None


class Board:
    """The cells in the order of the plan; the pinned ones first."""

    def __init__(self) -> None:
        self.cells: list[CellState] = []

    def __len__(self) -> int:
        return len(self.cells)

    def find(self, question: Attribution) -> CellState | None:
        """Return the cell of a question."""
        return next((one for one in self.cells if one.question == question), None)

    def keep(self, good: Callable[[CellState], bool]) -> None:
        """Let go of the pinned cells that are not good; the others are planned anew."""
        for one in self.cells:
            one.pinned = one.pinned and good(one)

    def set_plan(self, cells: Iterable[Cell]) -> None:
        """Take another plan; pinned cells stay, and what is known of a question stays known."""
        known = {one.question: one for one in self.cells}
        kept = [one for one in self.cells if one.pinned]
        new = []
        for cell in cells:
            state = known.get(cell.question)
            if state is None:
                state = CellState(cell)
            elif not state.pinned:
                state.cell = cell
            if cell.misfit:
                state.status, state.sentence = "misfit", cell.misfit
            elif state.status == "misfit":
                state.status, state.sentence = "idle", ""
            if not state.pinned:
                new.append(state)
        self.cells = [*kept, *new]

    def ordered(self, sort: str, measures: Mapping[str, Measure]) -> list[CellState]:
        """Return the cells by name, time or a measure, the best first; the unknown come last."""
        if sort == NAME:
            return sorted(self.cells, key=lambda one: one.cell.title.lower())
        if sort == TIME:
            return sorted(self.cells, key=_seconds)
        measure = measures.get(sort)
        if measure is None:
            return list(self.cells)
        sign = -1.0 if measure.better == "higher" else 1.0

        def place(one: CellState) -> float:
            grade = one.grade(sort)
            return math.inf if grade is None else sign * grade

        return sorted(self.cells, key=place)

    @property
    def answers(self) -> list[AttributionAnswer]:
        """The complete maps that can be read."""
        return [
            one.answer
            for one in self.cells
            if one.readable is not None and one.complete is not None and one.answer is not None
        ]


def _seconds(one: CellState) -> float:
    return one.complete.seconds if one.complete is not None else math.inf
