"""Which maps are compared: rows of one unit, a column for each photo; plain numpy, no Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...questions import Floats, MapGroup, MapsAnswer, Pixels

Kind = Literal["means", "strongest", "selected"]
KINDS: dict[Kind, str] = {
    "means": "Branch means",
    "strongest": "Strongest channels",
    "selected": "Selected channel",
}
STRONGEST = 8
"""Channels that "strongest" shows."""


@dataclass(frozen=True)
class Row:
    """One map of every photo.

    ``channel`` None is the mean over the unit's channels; ``branch`` is ``""`` outside modules.
    """

    unit: str
    branch: str
    channel: int | None = None

    @property
    def name(self) -> str:
        """The unit's name; within a module, the module left out."""
        return self.unit.split("/")[-1] if self.branch else self.unit

    @property
    def words(self) -> str:
        """What it is, in full."""
        if self.channel is None:
            return f"mean over the channels of {self.unit}"
        return f"{self.unit}, channel {self.channel}"


@dataclass(frozen=True, eq=False)
class Column:
    """One photo: its name, what the network says of it, what the network sees of it."""

    image: str
    name: str
    verdict: str = ""
    picture: Pixels | None = None


@dataclass(frozen=True, eq=False)
class Sheet:
    """All that is drawn.

    Attributes
    ----------
    columns, rows
        In order.
    values
        By row and column, (height, width); the photos that have no answer yet are missing.
    limits
        For each row, where its colours end; they begin at 0.
    shared
        Whether all rows have one limit.
    difference
        The columns whose difference stands in a column of its own, or None.
    """

    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    values: Mapping[tuple[int, int], Floats] | None = None
    limits: tuple[float, ...] = ()
    shared: bool = False
    difference: tuple[int, int] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the maps; those of a square where there is none yet."""
        found = next(iter((self.values or {}).values()), None)
        return (1, 1) if found is None else (found.shape[0], found.shape[1])

    @property
    def count(self) -> int:
        """Columns that are drawn, that of the difference included."""
        return len(self.columns) + (self.difference is not None)

    def cell(self, row: int, column: int) -> Floats | None:
        """Return a map, or the difference in the last column; None while it is not known."""
        values = self.values or {}
        if column < len(self.columns):
            return values.get((row, column))
        assert self.difference is not None
        first, second = (values.get((row, one)) for one in self.difference)
        return None if first is None or second is None else first - second

    def difference_limit(self, row: int) -> float:
        """Return the magnitude at which a difference's colours end: its largest, in its scale."""
        rows = range(len(self.rows)) if self.shared else (row,)
        found = [self.cell(one, len(self.columns)) for one in rows]
        return max((float(np.abs(one).max()) for one in found if one is not None), default=0.0)

    def name(self, column: int) -> str:
        """Return a column's name."""
        if column < len(self.columns):
            return self.columns[column].name
        assert self.difference is not None
        first, second = (letter(one) for one in self.difference)
        return f"{first} \N{MINUS SIGN} {second}"


def letter(column: int) -> str:
    """Return what a photo's column is called in a difference: A, B, …."""
    return chr(ord("A") + column)


def rows_of(
    answers: Sequence[MapsAnswer], kind: Kind, channel: tuple[str, int] | None
) -> tuple[Row, ...]:
    """Return the rows for photos' maps of one unit.

    The strongest channels are those of the largest mean activation, averaged over the photos;
    in the order of the branches, then of the channels.
    """
    if not answers or not answers[0].groups:
        return ()
    groups = answers[0].groups
    if kind == "means":
        return tuple(Row(group.unit, group.branch) for group in groups)
    if kind == "selected":
        known = channel is not None and any(channel[0] == group.unit for group in groups)
        return tuple(
            Row(group.unit, group.branch, channel[1])
            for group in groups
            if known and channel is not None and group.unit == channel[0]
        )
    return _strongest(answers)


def _strongest(answers: Sequence[MapsAnswer]) -> tuple[Row, ...]:
    every = [
        (np.mean([_group(one, group.unit).mean for one in answers], axis=0), group)
        for group in answers[0].groups
    ]
    found = [
        (-float(strength), place, channel)
        for place, (means, _) in enumerate(every)
        for channel, strength in enumerate(means)
    ]
    best = sorted((place, channel) for _, place, channel in sorted(found)[:STRONGEST])
    groups = [group for _, group in every]
    return tuple(Row(groups[place].unit, groups[place].branch, channel) for place, channel in best)


def _group(answer: MapsAnswer, unit: str) -> MapGroup:
    return next(group for group in answer.groups if group.unit == unit)


def values_of(answer: MapsAnswer, row: Row) -> Floats:
    """Return a row's map (height, width) of one photo."""
    maps = _group(answer, row.unit).maps
    found: Floats = maps.mean(0) if row.channel is None else maps[row.channel]
    return found


def sheet_of(
    columns: Sequence[Column],
    answers: Mapping[str, MapsAnswer],
    kind: Kind,
    channel: tuple[str, int] | None,
    shared: bool,
    difference: tuple[int, int] | None,
) -> Sheet:
    """Return what is drawn of photos' maps; ``answers`` are by the photos' ids.

    The colours of a row, or of all rows, end at the largest value in any of the photos.
    """
    known = [answers[one.image] for one in columns if one.image in answers]
    rows = rows_of(known, kind, channel)
    values = {
        (place, at): values_of(answers[column.image], row)
        for place, row in enumerate(rows)
        for at, column in enumerate(columns)
        if column.image in answers
    }
    largest = [
        max((float(v.max()) for (at, _), v in values.items() if at == place), default=0.0)
        for place in range(len(rows))
    ]
    if shared:
        largest = [max(largest, default=0.0)] * len(rows)
    fits = difference is not None and max(difference) < len(columns)
    return Sheet(tuple(columns), rows, values, tuple(largest), shared, difference if fits else None)
