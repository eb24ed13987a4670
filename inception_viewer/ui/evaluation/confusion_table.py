"""The confusion table as numbers to paint; no Qt here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from ...folder_questions import Counts, EvaluationAnswer

Levels = NDArray[np.uint8]
NOTHING = 0
"""The level of a row without photos: it has a colour of its own."""


@dataclass(frozen=True, eq=False)
class ConfusionTable:
    """How often each class was taken for which, of the classes that matter.

    Attributes
    ----------
    places
        The classes shown, in the order of the logits: those that have photos, and those
        that the head said (n,).
    names
        Theirs.
    counts
        (n, n); rows are the truth, columns what was said.
    totals
        Photos of each (n,).
    """

    places: Counts
    names: tuple[str, ...]
    counts: Counts
    totals: Counts

    @cached_property
    def shares(self) -> NDArray[np.float32]:
        """The counts as shares of their row (n, n); not a number in rows without photos."""
        totals = np.where(self.totals > 0, self.totals, np.nan).astype(np.float32)
        return (self.counts / totals[:, None]).astype(np.float32)

    @property
    def size(self) -> int:
        """How many classes there are along a side."""
        return len(self.places)

    def place_in(self, class_index: int) -> int:
        """Return where a class stands along a side, -1 if it is not shown."""
        found = np.flatnonzero(self.places == class_index)
        return int(found[0]) if len(found) else -1


def table_of(answer: EvaluationAnswer, head: str) -> ConfusionTable:
    """Return a head's table."""
    confusion = answer.heads[head].confusion
    matters = answer.count > 0
    matters[confusion.said] = True
    places = np.flatnonzero(matters)
    where = np.full(len(answer.classes), -1)
    where[places] = np.arange(len(places))
    counts = np.zeros((len(places), len(places)), np.int64)
    counts[where[confusion.was], where[confusion.said]] = confusion.count
    names = tuple(answer.classes[place] for place in places)
    return ConfusionTable(places, names, counts, answer.count[places])


def levels_of(table: ConfusionTable, *, mistakes_only: bool = False) -> tuple[Levels, float]:
    """Return the table's shares as levels, and the share that the highest level stands for.

    Levels are 1 to 255; :data:`NOTHING` marks rows without photos and, with
    ``mistakes_only``, the diagonal, which then does not count for the range either.
    """
    shares = table.shares
    if mistakes_only:
        shares = shares.copy()
        np.fill_diagonal(shares, np.nan)
    known = ~np.isnan(shares)
    high = float(shares[known].max(initial=0.0)) if mistakes_only else 1.0
    scaled = np.where(known, shares, 0) * (254 / (high or 1.0))
    levels = np.where(known, 1 + np.round(scaled), NOTHING).astype(np.uint8)
    return levels, high


def shrunk(levels: Levels, factor: int) -> Levels:
    """Return the levels made smaller, each block as its highest one: no confusion vanishes."""
    if factor <= 1:
        return levels
    rest = -len(levels) % factor
    padded = np.pad(levels, (0, rest), constant_values=NOTHING)
    # A reduction of a reshaped view would take ten times as long.
    rows = reduce(np.maximum, (padded[first::factor] for first in range(factor)))
    return reduce(np.maximum, (rows[:, first::factor] for first in range(factor)))
