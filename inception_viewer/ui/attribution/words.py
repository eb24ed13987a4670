"""What is said about an attribution: target, completeness, time, scale; no Qt here."""

from __future__ import annotations

import math

from ...attribution_methods import DEFAULT_UNIT, METHODS, Parameter, Value
from ...edit_words import edited_words
from ...questions import AttributionAnswer
from ..progress import duration_text
from .colouring import Colouring

DOUBTFUL = 0.05
"""Completeness errors above this are called out (path methods aim below it)."""


def number(value: float) -> str:
    """Return a value with three significant digits and a true minus sign."""
    if not math.isfinite(value):
        return "not a number"
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def share(value: float) -> str:
    """Return a share in [0, 1] as a percentage with at most two significant digits."""
    if 0 < value < 0.0005:
        return "under 0.1 %"
    return f"{100 * value:.1f} %" if value < 0.1 else f"{100 * value:.0f} %"


def method_title(answer: AttributionAnswer) -> str:
    """Return the method's name as people read it."""
    known = METHODS.get(answer.question.method)
    return known.title if known else answer.question.method


def target_text(answer: AttributionAnswer) -> str:
    """Return which class of which head was explained, or which channel of which unit."""
    if answer.target < 0:
        return answer.target_name
    why = ", its top class" if answer.question.target is None else ""
    against = answer.question.against
    number = f"{answer.target}" if against is None else f"{answer.target} less {against}"
    return f"{answer.question.head}: {answer.target_name} (class {number}){why}"


def score_text(answer: AttributionAnswer) -> str:
    """Return the number that was explained, and the baseline's; ``""`` where it is not known."""
    if answer.score is None:
        return ""
    what = "activation" if answer.target < 0 else "logit"
    if answer.question.against is not None and answer.target >= 0:
        what = "difference of the logits"
    said = f"{what} {number(answer.score)}"
    if answer.baseline_score is not None:
        said += f", {number(answer.baseline_score)} on the baseline"
    return said


def completeness_text(answer: AttributionAnswer) -> str:
    """Return how far the map adds up, or that the method does not promise it to."""
    if answer.conserved is not None:
        return f"relevance conserved: {share(answer.conserved)} of the {_score_words(answer)}"
    error = answer.completeness_error
    if error is None:
        return "this method promises no completeness"
    if not math.isfinite(error):
        return "completeness could not be computed"
    what = _score_words(answer)
    said = f"completeness {share(error)}: the map's sum misses the change of the {what} by that"
    if promises_on_average(answer):
        return f"{said} share, which the method promises to be nothing only on average"
    doubt = "; too much to trust small differences" if error > DOUBTFUL else ""
    return f"{said} share{doubt}"


def promises_on_average(answer: AttributionAnswer) -> bool:
    """Whether the method adds up only on the average over its random choices."""
    known = METHODS.get(answer.question.method)
    return known is not None and known.completeness == "expected"


def _score_words(answer: AttributionAnswer) -> str:
    if answer.target < 0:
        return "activation"
    return "logit" if answer.question.against is None else "difference"


def is_doubtful(answer: AttributionAnswer) -> bool:
    """Whether the map fails its own check; one that is promised on average only is no check."""
    error = answer.completeness_error
    return error is not None and not error <= DOUBTFUL and not promises_on_average(answer)


def used_text(answer: AttributionAnswer) -> str:
    """Return method, layer and the parameters that had an effect."""
    parts = [method_title(answer)]
    known = METHODS.get(answer.question.method)
    if known is not None and known.needs_unit:
        parts.append(f"at {answer.question.unit or DEFAULT_UNIT[answer.question.head]}")
    parts += _parameters(answer)
    return ", ".join(parts)


def _parameters(answer: AttributionAnswer) -> list[str]:
    known = METHODS.get(answer.question.method)
    described = {p.name: p for p in known.parameters} if known else {}
    said = []
    for name, value in answer.parameters.items():
        parameter = described.get(name)
        if parameter is None or (
            parameter.only_with is not None
            and answer.parameters.get(parameter.only_with[0]) not in parameter.only_with[1]
        ):
            continue
        said.append(_setting(parameter, value))
    return said


def _setting(parameter: Parameter, value: Value) -> str:
    label = parameter.label[:1].lower() + parameter.label[1:]
    if parameter.is_switch:
        return label if value == "on" else f"{label}: off"
    if isinstance(value, str):
        return f"{label}: {dict(parameter.choices).get(value, value)}"
    if parameter.unit == parameter.name:
        return f"{value:g} {parameter.unit}"
    return f"{label} {value:g} {parameter.unit}".rstrip()


def caption(answer: AttributionAnswer, running: bool = True) -> str:
    """Return all of it as one paragraph; ``running`` is whether more of it will come."""
    state = "partial, more is to come" if running else "partial, stopped before its end"
    parts = [state] if answer.partial else []
    parts += [target_text(answer), edited_words(answer.question.scene)]
    if not answer.degenerate and not answer.partial:
        parts += [completeness_text(answer), score_text(answer)]
    parts += [used_text(answer), duration_text(answer.seconds)]
    if answer.note:
        parts.append(answer.note.rstrip("."))
    return " \N{MIDDLE DOT} ".join(filter(None, parts))


def scale_text(chosen: Colouring) -> str:
    """Return where the colours end and what lies past that."""
    if chosen.percentile >= 100:
        return f"Colours end at the largest magnitude, {number(chosen.limit)}."
    return (
        f"Colours end at {number(chosen.limit)}, the {chosen.percentile:g}th percentile of the "
        f"magnitude; {share(chosen.beyond)} of the positions lie beyond."
    )
