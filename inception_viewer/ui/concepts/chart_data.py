"""The bars of a chart of scores: what each shows, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from ...concept_words import Verdict, verdict
from . import words
from .tested import Tested

WIDEST_BAR = 72.0
WIDEST_PITCH = 176.0
GAP = 0.3
"""Between the bars of a unit, in bars."""
APART = 1.1
"""Between the units, in bars."""


@dataclass(frozen=True)
class Bar:
    """One bar: a concept's scores at a unit, or those of random directions.

    ``colour`` is the concept's place, -1 for random directions.
    """

    unit: str
    name: str
    scores: tuple[float, ...]
    score: float
    spread: float
    verdict: Verdict | None
    colour: int
    sentence: str

    @property
    def star(self) -> bool:
        """Whether it differs from chance and its direction is real."""
        return self.verdict in ("for", "against")

    @property
    def key(self) -> tuple[str, str]:
        """The unit, and the concept's name or ``""``."""
        return self.unit, self.name


@dataclass(frozen=True)
class Group:
    """The bars of a unit."""

    unit: str
    bars: tuple[Bar, ...]

    @property
    def random(self) -> float:
        """The random directions' score."""
        return self.bars[-1].score


def groups_of(tested: Tested) -> tuple[Group, ...]:
    """Return the bars of each unit in order; units still to come have none."""
    known = {answer.question.unit: answer for answer in tested.answers}
    made = []
    for unit in tested.wanted.units:
        answer = known.get(unit)
        if answer is None:
            made.append(Group(unit, ()))
            continue
        bars = [
            Bar(
                *(unit, one.name, one.scores, one.score, one.spread),
                verdict(one, answer),
                place,
                words.spoken(unit, one.name, answer, one),
            )
            for place, one in enumerate(answer.concepts)
        ]
        said = words.spoken(unit, words.RANDOM, answer, None)
        numbers = (answer.random_scores, answer.random_score, answer.random_spread)
        made.append(Group(unit, (*bars, Bar(unit, "", *numbers, None, -1, said))))
    return tuple(made)


@dataclass(frozen=True)
class Layout:
    """Where the bars of groups stand in ``plot``, the rectangle of the axes."""

    plot: QRectF
    groups: tuple[Group, ...]
    bars_each: int

    @property
    def bar_width(self) -> float:
        """How wide a bar is."""
        each = self.bars_each + GAP * (self.bars_each - 1) + APART
        wide = self.plot.width() / (max(1, len(self.groups)) * each)
        return min(WIDEST_BAR, wide)

    @property
    def pitch(self) -> float:
        """From one bar of a unit to the next; where there is one unit, names need the room."""
        if len(self.groups) > 1:
            return self.bar_width * (1 + GAP)
        return min(WIDEST_PITCH, self.plot.width() / self.bars_each)

    def group_box(self, place: int) -> QRectF:
        """Return where a group is."""
        each = self.plot.width() / max(1, len(self.groups))
        return QRectF(self.plot.left() + place * each, self.plot.top(), each, self.plot.height())

    def column(self, place: int, bar: int) -> QRectF:
        """Return the column that a bar stands in, over the whole height."""
        width, pitch = self.bar_width, self.pitch
        middle = self.group_box(place).center().x() + (bar - (self.bars_each - 1) / 2) * pitch
        return QRectF(middle - width / 2, self.plot.top(), width, self.plot.height())

    def y(self, score: float) -> float:
        """Return the height of a score in [0, 1]."""
        return self.plot.bottom() - min(1.0, max(0.0, score)) * self.plot.height()

    def box(self, place: int, bar: int) -> QRectF:
        """Return a bar's rectangle."""
        column = self.column(place, bar)
        column.setTop(self.y(words.finite(self.groups[place].bars[bar].score)))
        return column

    def at(self, point: QPointF) -> tuple[int, int] | None:
        """Return the (group, bar) whose column is nearest within its group, or None."""
        reach = (self.pitch - self.bar_width) / 2
        for place, group in enumerate(self.groups):
            for bar in range(len(group.bars)):
                column = self.column(place, bar).adjusted(-reach, -self.plot.top(), reach, 200)
                if column.contains(point):
                    return place, bar
        return None
