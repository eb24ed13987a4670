"""The words of the Intervene tab; no Qt here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...changed_inputs import edit_marks
from ...intervention_questions import (
    BranchImportance,
    BranchImportanceAnswer,
    DecisiveChannelsAnswer,
)
from ...intervention_words import disagreeing
from ...questions import Scene

MINUS = "\N{MINUS SIGN}"
ALL = "all"


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign: ``"+0.42"``, ``"−1.30"``, ``"0.00"``."""
    text = f"{value:+.{digits}f}"
    if not float(text):
        return text[1:]
    return text.replace("-", MINUS)


def points(value: float) -> str:
    """Return a difference of probabilities in percentage points: ``"+3.1"``, ``"−12"``."""
    shown = 100 * value
    return signed(shown, 0 if abs(shown) >= 9.95 else 1)


def short_module(module: str) -> str:
    """Return ``"4a"`` for ``"inception4a"``."""
    return module.removeprefix("inception")


def channels_text(channels: Sequence[int] | None) -> str:
    """Return channels as one writes them: ``"all"``, ``"0, 3, 5-9"``."""
    if channels is None:
        return ALL
    runs: list[list[int]] = []
    for one in sorted(channels):
        if runs and one == runs[-1][-1] + 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def channels_of(text: str, count: int) -> tuple[int, ...] | None:
    """Return the channels that a text names; None for all.

    Raises
    ------
    ValueError
        With one sentence, if it names none, or one that the unit does not have.
    """
    plain = text.strip().lower()
    if plain in ("", ALL):
        return None
    found: set[int] = set()
    for part in re.split(r"[,;\s]+", plain.replace("–", "-")):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        if match is None:
            raise ValueError(f"“{part}” is no channel; write 0, 3, 5-9, or all.")
        first, last = int(match[1]), int(match[2] or match[1])
        if max(first, last) >= count:
            raise ValueError(f"The channels are 0 to {count - 1}; there is no {max(first, last)}.")
        if first > last:
            raise ValueError(f"“{part}” goes backwards; write {last}-{first}.")
        found.update(range(first, last + 1))
    return None if len(found) == count else tuple(sorted(found))


def touched_sentence(count: int, selected: str) -> str:
    """Return what stands above the list of ``count`` interventions."""
    if not count:
        return "Nothing is touched. Right-click a unit of the network or a map, or press Add."
    what = "1 place is touched" if count == 1 else f"{count} places are touched"
    return f"{what}; the marks beside the predictions are the values before."


def aside(count: int) -> str:
    """Return that ``count`` interventions are not part of what is computed, or ``""``."""
    if not count:
        return ""
    what = "The intervention is" if count == 1 else f"The {count} interventions are"
    return f"{what} left out here: this is about the network as it is."


# --- the table of branches -----------------------------------------------------------


def what_text(question: BranchImportance) -> str:
    """Return how branches were ablated: ``"each branch set to zero, main, this photo"``."""
    how = "set to zero"
    if question.mode == "mean":
        how = f"held at its mean over {_photos(len(question.references))}"
    over = _photos(question.asked)
    if question.files is not None and question.files.group:
        over += f" of “{question.files.group}”"
    return f"each branch {how}, {question.head}, {over}{changed_text(question.scenes)}"


def changed_text(scenes: Sequence[Scene]) -> str:
    """Return what is done to photos' inputs: ``" (distorted)"``, ``" (2 changed)"`` or ``""``."""
    changed = [scene for scene in scenes if scene.edits]
    if not changed:
        return ""
    return f" ({edit_marks(changed[0].edits) if len(scenes) == 1 else f'{len(changed)} changed'})"


def class_text(answer: BranchImportanceAnswer, classes: Sequence[str]) -> str:
    """Return which class the table is about."""
    targets = set(answer.targets)
    if len(targets) == 1:
        return f"“{classes[answer.targets[0]]}”"
    return "each photo's top class"


def table_sentence(answer: BranchImportanceAnswer, classes: Sequence[str]) -> str:
    """Return what the table shows, and which branch matters most."""
    drops = [(v, m, b) for m, row in answer.logit_drop.items() for b, v in row.items()]
    most, module, branch = max(drops)
    about = class_text(answer, classes)
    said = f"What {about} loses: {what_text(answer.question)}."
    if most > 0:
        said += f" Most without {module}/{branch}: {signed(most)} of its logit."
    if answer.partial:
        said = f"{_photos(answer.photos)} of {answer.question.asked} so far. {said}"
    if answer.failures:
        (path, why), *others = answer.failures
        more = f" and {len(others)} more" if others else ""
        said += f" Left out: {Path(path).name}{more} ({why.rstrip('.')})."
    return said


def cell_sentence(answer: BranchImportanceAnswer, module: str, branch: str) -> str:
    """Return all that is known of a cell."""
    logit = answer.logit_drop[module][branch]
    share = answer.probability_drop[module][branch]
    said = f"Without {module}/{branch} the logit changes by {signed(-logit, 3)}"
    if answer.photos > 1:
        said += f" (± {answer.logit_spread[module][branch]:.3f} over {_photos(answer.photos)})"
    said += f", the probability by {points(-share)} points."
    credit = (answer.conductance or {}).get(module, {}).get(branch)
    if credit is not None:
        said += f" Conductance credits it with {signed(credit, 3)} of the logit's rise from black."
    if (module, branch) in disagreeing(answer):
        # The sentence begins with the place, which is known here.
        reason = disagreeing(answer)[module, branch].partition(": ")[2]
        said += f" They disagree: {reason}"
    return said


def cell_brief(answer: BranchImportanceAnswer, module: str, branch: str) -> str:
    """Return a cell's numbers in one line."""
    logit = answer.logit_drop[module][branch]
    share = answer.probability_drop[module][branch]
    place = f"{short_module(module)}/{branch}"
    return f"Without {place}: {signed(-logit)} logit, {points(-share)} points"


def agreement_sentence(answer: BranchImportanceAnswer) -> str:
    """Return how far ablation and conductance agree; ``""`` without conductance."""
    if answer.conductance is None:
        return ""
    count = len(answer.disagreements)
    if not count:
        return "Ablation and conductance tell the same story of every branch."
    branches = "1 branch" if count == 1 else f"{count} branches"
    return f"Ablation and conductance disagree on {branches}, marked with a corner:"


# --- decisive channels ---------------------------------------------------------------


def keeps_sentence(answer: DecisiveChannelsAnswer, classes: Sequence[str]) -> str:
    """Return what suffices for the answer."""
    name, module = classes[answer.target], answer.question.module
    if answer.keeps is None:
        return f"Not even all channels of {module} give “{name}”."
    if not answer.keeps:
        return f"“{name}” stands without any channel of {module}."
    count = _channels(len(answer.keeps))
    seen = changed_text((answer.question.scene,))
    return f"{count} of {answer.channels} keep “{name}”{seen} when all others of {module} are off."


def flips_sentence(answer: DecisiveChannelsAnswer, classes: Sequence[str]) -> str:
    """Return what the answer cannot do without."""
    name, module = classes[answer.target], answer.question.module
    if answer.flips is None or answer.becomes is None:
        return f"“{name}” stands though every channel of {module} is removed."
    count = _channels(len(answer.flips))
    return f"Without {count} of {answer.channels} it becomes “{classes[answer.becomes]}”."


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"


def others(count: int, channels: Iterable[int]) -> tuple[int, ...]:
    """Return the channels of ``count`` that are not among these."""
    kept = set(channels)
    return tuple(one for one in range(count) if one not in kept)
