"""What stands above and below a cell, and what is said of it; no Qt here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ...attribution_methods import DEFAULT_UNIT, METHODS, Cost
from ...grade_questions import GradeAnswer, Measure
from ...questions import Attribution, AttributionAnswer
from ..attribution.words import DOUBTFUL, is_doubtful, number, promises_on_average, share
from ..head_words import HeadNote
from ..progress import duration_text, progress_text
from .board import CellState
from .drawing import Drawing, in_channels, values_at

DOT = " \N{MIDDLE DOT} "
BETWEEN = "  "
"""What parts the values of red, green and blue."""
WARNING = "\N{WARNING SIGN}\N{VARIATION SELECTOR-15} "
IDLE = "not computed yet"
WAITING = "waits for its turn"


def cost_text(cost: Cost) -> str:
    """Return the passes in few signs: ``"752 + 750"``, forwards and backwards."""
    return f"{cost.forwards} + {cost.backwards}" if cost.backwards else f"{cost.forwards}"


def cost_tip(cost: Cost) -> str:
    """Return the passes in words."""
    said = f"At most {_counted(cost.forwards, 'forward pass')}"
    return f"{said} and {_counted(cost.backwards, 'backward pass')} of the network."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}es"


def what_text(state: CellState, classes: Sequence[str]) -> str:
    """Return what was explained, less what the cell's title says already."""
    cell, question = state.cell, state.question
    method = METHODS[question.method]
    with_head = cell.arrangement != "heads"
    said = target_words(question, state.answer, classes, with_head)
    # What it is of comes first: where there is little room, the rest is cut short.
    parts = [at for at in state.elsewhere if at != cell.title] if state.pinned else []
    parts.append(f"{_of_head(state)}{said}")
    if cell.arrangement != "methods":
        parts.append(method.title)
    if method.needs_unit and cell.arrangement != "layers":
        parts.append(question.unit or DEFAULT_UNIT[question.head])
    return DOT.join(filter(None, parts))


def _of_head(state: CellState) -> str:
    """Return what must be known of the head before its class is read, or ``""``."""
    note = state.head
    told = note is not None and note.state in ("untrained", "fitted")
    return f"{note.short}, " if told and note is not None else ""


def marked_head(state: CellState) -> HeadNote | None:
    """Return the head whose mark stands beside the title: heads compared, or not as trained."""
    note = state.head
    if note is None or note.state == "absent":
        return None
    told = state.cell.arrangement == "heads" or note.state in ("untrained", "fitted")
    return note if told else None


def is_noise(state: CellState) -> bool:
    """Whether a head that was never trained is explained."""
    return state.head is not None and state.head.is_noise


def target_words(
    question: Attribution,
    answer: AttributionAnswer | None,
    classes: Sequence[str],
    with_head: bool = True,
) -> str:
    """Return what is explained; before there is an answer, as far as the question tells."""
    if answer is not None:
        words, of_class = answer.target_name, answer.target >= 0
    elif question.neuron is not None or METHODS[question.method].explains_neuron:
        words, of_class = _neuron_words(question), False
    else:
        words, of_class = _class_words(question, classes), True
    return f"{question.head}: {words}" if with_head and of_class else words


def _class_words(question: Attribution, classes: Sequence[str]) -> str:
    def name(index: int) -> str:
        return classes[index] if 0 <= index < len(classes) else f"class {index}"

    words = "its top class" if question.target is None else name(question.target)
    return words if question.against is None else f"{words} against {name(question.against)}"


def _neuron_words(question: Attribution) -> str:
    neuron = question.neuron
    if neuron is None or neuron.channel is None:
        unit = neuron.unit if neuron else DEFAULT_UNIT.get(question.head, "")
        return f"{unit}, its strongest channel"
    words = f"{neuron.unit}, channel {neuron.channel}"
    if neuron.position is not None:
        words += f" at row {neuron.position[0]}, column {neuron.position[1]}"
    return words


def status_text(state: CellState) -> str:
    """Return how far a cell is, or what it took."""
    if state.status == "running":
        return progress_text(state.fraction, state.seconds_left)
    if state.status in ("failed", "misfit"):
        return "failed" if state.status == "failed" else "does not fit"
    answer = state.complete
    if answer is None:
        waits = state.status == "waiting"
        return WAITING if waits else IDLE if state.answer is None else "stopped before its end"
    passes = [f"{answer.forwards} f"] if answer.forwards else []
    if answer.backwards:
        passes.append(f"{answer.backwards} b")
    return DOT.join([duration_text(answer.seconds), *([" + ".join(passes)] if passes else [])])


def compact_text(state: CellState) -> str:
    """Return what a small cell says in its one line: time, passes, and how far the check is off."""
    answer = state.complete
    if answer is None or answer.degenerate:
        return status_text(state)
    off = ""
    if answer.conserved is not None:
        off = f"{share(answer.conserved)} kept"
    elif answer.completeness_error is not None and not math.isnan(answer.completeness_error):
        off = f"{share(answer.completeness_error)} off"
    if not off:
        return status_text(state)
    passes = "+".join(str(count) for count in (answer.forwards, answer.backwards) if count)
    return DOT.join(filter(None, (duration_text(answer.seconds), passes, off)))


def check_text(state: CellState) -> str:
    """Return how the map fared at its own check, short; ``""`` where there is none."""
    answer = state.complete
    if answer is None or answer.degenerate:
        return ""
    if answer.conserved is not None:
        return f"relevance conserved: {share(answer.conserved)}"
    error = answer.completeness_error
    if error is None:
        return ""
    said = f"completeness {share(error)}" if not math.isnan(error) else "completeness unknown"
    if promises_on_average(answer):
        return f"{said}, on average only"
    return f"{WARNING}{said}" if is_doubtful(answer) else said


def fails_check(state: CellState) -> bool:
    """Whether the map misses its own check by more than :data:`DOUBTFUL`."""
    answer = state.complete
    if answer is None or answer.degenerate:
        return False
    return is_doubtful(answer)


def warning_text(state: CellState) -> str:
    """Return what a failed check means, or ``""``."""
    if not fails_check(state):
        return ""
    return (
        f"The map misses what it promises to add up to by more than {share(DOUBTFUL)}: do not "
        "trust its small differences."
    )


def grade_text(measure: Measure, state: CellState) -> str:
    """Return a grade in short: ``"Deletion 0.21"``; ``""`` where there is none."""
    grade = state.grades.get(measure.name)
    if grade is None:
        going = state.grading.get(measure.name, "")
        done = " done" if going.endswith("%") else ""
        return f"{measure.title}: {going}{done}" if going else ""
    return f"{measure.title} {number(grade.value)}"


def grade_sentence(measure: Measure, grade: GradeAnswer) -> str:
    """Return a grade with what it means."""
    unit = f" {measure.unit}" if measure.unit else ""
    said = f"{measure.title}: {number(grade.value)}{unit}, {measure.better} is better."
    return " ".join(filter(None, (said, grade.sentence, grade.note)))


def value_text(answer: AttributionAnswer, drawing: Drawing, row: float, column: float) -> str:
    """Return the value at a place given as shares of height and width."""
    found = values_at(answer, drawing, row, column)
    if in_channels(answer, drawing):
        return BETWEEN.join(f"{n} {number(v)}" for n, v in zip("RGB", found, strict=True))
    return number(found[0])


def told(state: CellState, classes: Sequence[str], measures: Mapping[str, Measure]) -> str:
    """Return all that stands around a cell, a line each: some of it may be cut short there."""
    grades = [grade_text(measure, state) for measure in measures.values()]
    lines = [
        state.cell.title, what_text(state, classes), state.head.sentence if state.head else "",
        status_text(state), check_text(state), warning_text(state), state.left_out, *grades,
    ]  # fmt: skip
    return "\n".join(filter(None, lines))


def spoken(state: CellState, classes: Sequence[str], measures: Mapping[str, Measure]) -> str:
    """Return all that stands around a cell, for screen readers."""
    grades = [grade_text(measure, state) for measure in measures.values()]
    parts = [
        "pinned" if state.pinned else "", state.cell.title, what_text(state, classes),
        state.head.sentence if state.head else "", status_text(state),
        check_text(state).removeprefix(WARNING), warning_text(state), state.left_out,
        state.sentence, state.complete.degenerate if state.complete else "", *grades,
    ]  # fmt: skip
    return ", ".join(part.rstrip(".") for part in parts if part)


def strongest(answer: AttributionAnswer, height: int, width: int) -> tuple[int, int]:
    """Return the pixel, of a picture of a size, at the largest magnitude of a map."""
    rows, columns = answer.map.shape
    row, column = divmod(int(np.argmax(np.abs(np.nan_to_num(answer.map)))), columns)
    return row * height // rows, column * width // columns
