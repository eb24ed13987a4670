"""What every row has in common: a fair comparison, and the figures that come of it."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

REPEATS = 15
"""Pairs of measurements, at least (DESIGN, "Budget")."""
WARM_UP = 2
"""Pairs that are thrown away: caches fill, clocks rise, libraries choose their kernels."""

Timed = Callable[[], float]
"""Does something once and returns what it took in milliseconds."""


@dataclass(frozen=True)
class Row:
    """One row of the budget.

    Attributes
    ----------
    name
        As in the budget's table.
    ratio
        Median of the pairwise ratios ours / peer; None for a row without a peer.
    ours, peer
        Medians, in ``unit``; peer is None for a row without one.
    unit
        ``"ms"``.
    budget
        At most this: of ``ratio``, or of ``ours`` in a row without a peer.
    note
        What else a reader should know, for the table.
    """

    name: str
    ratio: float | None
    ours: float
    peer: float | None
    unit: str
    budget: float
    note: str = ""

    @property
    def within(self) -> bool:
        """Whether the budget is kept."""
        return (self.ours if self.ratio is None else self.ratio) <= self.budget

    def as_json(self) -> dict[str, float | str | None]:
        """Return the row as ``--json`` prints it, without its name."""
        return {
            "ratio": self.ratio,
            "ours": self.ours,
            "peer": self.peer,
            "unit": self.unit,
            "budget": self.budget,
        }


def timed(act: Callable[[], object], clock: Callable[[], float] = perf_counter) -> Timed:
    """Return a function that acts once and returns the milliseconds it took."""

    def measure() -> float:
        started = clock()
        act()
        return 1000 * (clock() - started)

    return measure


def interleave(
    ours: Timed,
    peer: Timed,
    repeats: int = REPEATS,
    *,
    warm_up: int = WARM_UP,
    rest: Callable[[], object] = lambda: None,
) -> tuple[float, float, float]:
    """Measure by turns, ours and the peer, so that a slow moment of the machine hits both.

    Parameters
    ----------
    ours, peer
        Each measures itself (:func:`timed`), because what is timed is not always the
        whole call.
    repeats
        Pairs that count; at least one.
    warm_up
        Pairs before them that do not.
    rest
        Called before every measurement: what must be over before the clock starts.

    Returns
    -------
    float, float, float
        Median of the pairwise ratios ours / peer, median of ours, median of the peer.
    """
    pairs = []
    for turn in range(warm_up + max(1, repeats)):
        rest()
        mine = ours()
        rest()
        theirs = peer()
        if turn >= warm_up:
            pairs.append((mine, theirs))
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    return ratio, *(statistics.median(column) for column in zip(*pairs, strict=True))
