"""Tests of concepts in words and as tables: what the window and the command line say alike.

Neither torch nor Qt is imported.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from .concept_questions import NEAR_CHANCE, SIGNIFICANT, ConceptAnswer, ConceptResult

Verdict = Literal["for", "against", "chance", "doubtful", "open"]
"""What a test says: the concept speaks for or against the class; the score may be chance's; the
direction itself means nothing; not enough runs to tell."""

SHOWN = 5
"""Photos that could not be read that people see."""
NARROW = "\N{NARROW NO-BREAK SPACE}"
COLUMNS = (
    *("unit", "concept", "score", "spread", "random_score", "random_spread", "p_value"),
    *("verdict", "accuracy", "examples", "photos_of_the_class", "random_photos", "runs", "class"),
    *("head", "seed", "checkpoint"),
)
"""Of the table; each run's score follows."""
TRUST = (
    "A score is the share of the class’s photos whose logit rises when the unit’s activation "
    "moves towards the concept. It says something only if it differs from the scores of random "
    "directions more than chance allows, and if the direction itself is real: the examples that "
    "its classifier never saw must be told from other photos. Directions cut by so few photos "
    "are uncertain in the middle of the network: there even a folder of mixed photos can get "
    "a small p, because all runs share its examples. Add such a folder as a concept to see how "
    "often that happens, and believe what holds at neighbouring units and with other photos."
)
"""How far to trust a test, for people."""


def verdict(result: ConceptResult, answer: ConceptAnswer) -> Verdict:
    """Return what a concept's test says."""
    if result.accuracy < NEAR_CHANCE:
        return "doubtful"
    if math.isnan(result.p_value):
        return "open"
    if result.p_value > SIGNIFICANT:
        return "chance"
    return "for" if result.score > answer.random_score else "against"


def verdict_words(found: Verdict) -> str:
    """Return the verdict where there is little room."""
    return {
        "for": "★ speaks for the class",
        "against": "★ speaks against it",
        "chance": "may be chance",
        "doubtful": "direction means nothing",
        "open": "too few runs to tell",
    }[found]


def p_words(value: float) -> str:
    """Return a p-value: ``"< 0.001"``, ``"0.012"``, a dash for none."""
    if math.isnan(value):
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def percent(value: float) -> str:
    """Return a share in whole percent, a dash for none."""
    return f"{100 * value:.0f}{NARROW}%" if math.isfinite(value) else "–"


def score_words(score: float, spread: float) -> str:
    """Return ``"95 % ± 5 %"``; the score alone where one run has no spread."""
    if not math.isfinite(spread):
        return percent(score)
    return f"{percent(score)} ± {percent(spread)}"


def as_text(answers: Sequence[ConceptAnswer]) -> str:
    """Return tests of the same concepts at one unit or several in lines."""
    first = answers[0]
    asked = first.question
    lines = [
        f"“{first.target_name}”, {asked.head}: {first.photos} photos of the class, "
        f"{first.random_photos} of anything else, {asked.runs} runs, seed {asked.seed}"
    ]
    lines += [first.note] if first.note else []
    for answer in answers:
        lines.append(
            f"{answer.question.unit}: random directions "
            f"{score_words(answer.random_score, answer.random_spread)}"
        )
        for result in answer.concepts:
            lines.append(
                f"  {result.name}: {score_words(result.score, result.spread)}, "
                f"p {_equals(p_words(result.p_value))}, told from other photos "
                f"{percent(result.accuracy)}, {verdict_words(verdict(result, answer))}"
            )
            lines += [f"    {result.note}"] if result.note else []
    lines += _unreadable(first)
    return "\n".join(lines)


def _equals(said: str) -> str:
    return said if said[0] in "<–" else f"= {said}"


def _unreadable(answer: ConceptAnswer) -> list[str]:
    if not answer.unreadable:
        return []
    count = len(answer.unreadable)
    lines = [f"{count} {'photo' if count == 1 else 'photos'} could not be read:"]
    lines += [f"  {why}" for _, why in answer.unreadable[:SHOWN]]
    return [*lines, "  …"] if len(answer.unreadable) > SHOWN else lines


def rows(answers: Sequence[ConceptAnswer]) -> tuple[tuple[str | int | float, ...], ...]:
    """Return a heading and a line for each unit and concept, with the scores of all runs.

    The last line of each unit is that of the random directions.
    """
    runs = max(len(answer.random_scores) for answer in answers)
    found: list[tuple[str | int | float, ...]] = []
    for answer in answers:
        asked, chance = answer.question, answer.random_scores
        rest = (
            *(answer.photos, answer.random_photos, len(chance), answer.target_name),
            *(asked.head, asked.seed, answer.provenance.fingerprint),
        )
        random = (answer.random_score, answer.random_spread)
        for one in answer.concepts:
            numbers = (one.score, one.spread, *random, one.p_value)
            said = (verdict(one, answer), one.accuracy, one.photos)
            found.append((asked.unit, one.name, *numbers, *said, *rest, *one.scores))
        found.append((asked.unit, "", *random, *random, "", "random", "", "", *rest, *chance))
    heading = (*COLUMNS, *(f"run_{place + 1}" for place in range(runs)))
    return (heading, *(tuple(_plain(value) for value in row) for row in found))


def _plain(value: str | int | float) -> str | int | float:
    """Return a cell; what is not a number is left empty."""
    return "" if isinstance(value, float) and math.isnan(value) else value
