"""From a table of branches to what is painted of it; no widget here."""

from __future__ import annotations

from typing import Literal

from ...intervention_questions import BranchImportanceAnswer, Table
from ...intervention_words import disagreeing
from .heat_table import Heat, Place
from .words import cell_sentence, points, signed

Shown = Literal["logit", "probability"]
TITLES = {"logit": "Logit lost without the branch", "probability": "Probability lost, in points"}
CREDIT = "Conductance: part of the logit's rise"


def lost(answer: BranchImportanceAnswer, shown: Shown) -> Heat:
    """Return what the class loses without each branch."""
    table: Table = answer.logit_drop if shown == "logit" else answer.probability_drop
    write = signed if shown == "logit" else points
    return Heat(
        TITLES[shown],
        table,
        {place: write(value) for place, value in _cells(table).items()},
        frozenset(disagreeing(answer)),
        {place: cell_sentence(answer, *place) for place in _cells(table)},
        _spreads(answer, shown) if answer.photos > 1 else {},
    )


def _spreads(answer: BranchImportanceAnswer, shown: Shown) -> dict[Place, str]:
    if shown == "logit":
        return {p: f"\N{PLUS-MINUS SIGN} {v:.2f}" for p, v in _cells(answer.logit_spread).items()}
    spread = _cells(answer.probability_spread)
    return {p: f"\N{PLUS-MINUS SIGN} {100 * v:.1f}" for p, v in spread.items()}


def credited(answer: BranchImportanceAnswer) -> Heat | None:
    """Return what layer conductance credits each branch with; None where it was not asked."""
    if answer.conductance is None:
        return None
    table = answer.conductance
    return Heat(
        CREDIT,
        table,
        {place: signed(value) for place, value in _cells(table).items()},
        frozenset(disagreeing(answer)),
        {place: cell_sentence(answer, *place) for place in _cells(table)},
    )


def _cells(table: Table) -> dict[Place, float]:
    return {(module, name): value for module, row in table.items() for name, value in row.items()}
