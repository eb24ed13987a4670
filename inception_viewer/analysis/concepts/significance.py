"""Whether a concept's scores differ from those of random directions (Kim et al., section 3.5)."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import t as student

from inception_viewer.concept_questions import (
    FEW,
    NEAR_CHANCE,
    SIGNIFICANT,
    ConceptResult,
    mean,
    spread,
)


def p_value(scores: tuple[float, ...], chance: tuple[float, ...], tests: int) -> float:
    """Return Welch's two-sided p-value, times the number of tests (Bonferroni), at most 1.

    Not a number below two scores each. Where neither varies it is 0 or 1.
    """
    if min(len(scores), len(chance)) < 2:
        return math.nan
    difference = mean(scores) - mean(chance)
    parts = [spread(values) ** 2 / len(values) for values in (scores, chance)]
    if not sum(parts):
        return 1.0 if difference == 0 else 0.0
    counts = np.array([len(scores), len(chance)])
    freedom = sum(parts) ** 2 / float((np.square(parts) / (counts - 1)).sum())
    statistic = abs(difference) / math.sqrt(sum(parts))
    return min(1.0, tests * 2 * float(student.sf(statistic, freedom)))


def note(result: ConceptResult) -> str:
    """Return what makes a concept's numbers doubtful, or ``""``."""
    said = []
    if result.photos < FEW:
        said.append(f"{result.photos} examples are few: other photos could give another direction.")
    if result.accuracy < NEAR_CHANCE:
        said.append(
            f"At this unit “{result.name}” cannot be told from other photos ({result.accuracy:.0%} "
            "of the examples held out are told, and 50% would be chance), so that the direction "
            "means nothing."
        )
    return " ".join(said)


def sentence(result: ConceptResult, chance: tuple[float, ...], class_name: str, unit: str) -> str:
    """Return what a concept's numbers mean."""
    said = (
        f"Moving {unit} towards “{result.name}” raises the logit of “{class_name}” on "
        f"{_percent(result.scores)} of its photos, moving it in random directions on "
        f"{_percent(chance)}: "
    )
    if math.isnan(result.p_value):
        return said + "with a single run nothing can be said of chance."
    told = f"(p {_p(result.p_value)})"
    if result.accuracy < NEAR_CHANCE:
        return said + "but the direction itself means nothing."
    if result.p_value > SIGNIFICANT:
        return said + f"that may be chance {told}."
    speaks = "for" if result.score > mean(chance) else "against"
    return said + f"the concept speaks {speaks} the class {told}."


def _percent(scores: tuple[float, ...]) -> str:
    if len(scores) < 2:
        return f"{mean(scores):.0%}"
    return f"{mean(scores):.0%} (± {spread(scores):.0%})"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
