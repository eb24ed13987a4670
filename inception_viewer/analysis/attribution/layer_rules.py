"""DeepLift and LRP of a unit: what the rules send back to it, times what it holds."""

from __future__ import annotations

from dataclasses import replace

from .baselines import describe, of_task
from .deep_lift import TOLERANCE, DeepLift
from .lrp import conservation, conserved, network
from .onward import carries_all, layer_unit, of_layer
from .result import Report, Result, completeness_error
from .slope import slope
from .task import Task, check_has_map

PART = "{unit} is one of several ways to the score: it carries {carried:+.3g} of {whole:+.3g}."


def explain_deep_lift(task: Task, report: Report) -> Result:
    """Compute the method ``layer_deep_lift``: (C, h, w).

    Where everything passes through the unit, its attributions add up to the difference of the
    scores; those of branches add up to their module's.
    """
    report(0.0, None, "")
    x, baseline = task.received(task.array), task.received(of_task(task))
    unit = layer_unit(task.net, task.unit, task.score)
    found = DeepLift(task.net)(x[None], baseline[None], task.score, unit)
    check_has_map(unit, found.difference)
    raw, score, was = found.attributions[0], float(found.score[0]), float(found.reference_score[0])
    error = completeness_error(raw, score - was)
    note = describe(task.preprocessing, task.settings)
    if not (whole := carries_all(task.net, unit, task.score)):
        carried = float(raw.cpu().double().sum())
        note += " " + PART.format(unit=unit, carried=carried, whole=score - was)
    elif error > TOLERANCE:
        note += f" The map is {error:.1%} off its sum, which rounding does not explain."
    return replace(
        of_layer(raw, x, note, error),
        completeness_error=error if whole else None,
        score=score,
        baseline_score=was,
        forwards=2,
        backwards=1,
    )


def explain_lrp(task: Task, report: Report) -> Result:
    """Compute the method ``layer_lrp``: the relevance (C, h, w) that arrives at a unit."""
    report(0.0, None, "")
    x, unit = task.received(task.array), layer_unit(task.net, task.unit, task.score)
    found = slope(network(task.net, task.settings), x[None], task.score, unit)
    check_has_map(unit, found.activation)
    raw, score = (found.activation * found.gradient)[0], float(found.score[0])
    share: float | None = None
    if carries_all(task.net, unit, task.score):
        share = conserved(raw, score)
        note = conservation(share, task.settings)
    else:
        note = PART.format(unit=unit, carried=float(raw.cpu().double().sum()), whole=score)
    made = of_layer(raw, x, note)
    return replace(made, conserved=share, score=score, forwards=1, backwards=1)
