"""What the window that tests concepts says; no Qt here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from ...concept_questions import FEW, LEAST, Concept, ConceptAnswer, ConceptResult
from ...concept_words import percent, score_words, verdict
from ...file_questions import PhotosFound
from ...questions import Preprocessing
from ..evaluation.words import input_made, photos
from ..progress import done_text, is_ending, left_text
from .tested import Tested

ABOUT = (
    "Does the network use stripes to see a zebra? Show it by example what you mean: a folder of "
    "photos for each concept, one of anything else, and one of the class. A direction towards "
    "the concept is learnt at a unit inside the network; the score is the share of the class’s "
    "photos whose logit rises along it, beside what random directions score (TCAV, Kim et al. "
    "2018)."
)
LEGEND = (
    "Bars: mean over the runs; dots: each run, where bars are wide; whiskers: one standard "
    "deviation. Full: differs from chance (★ p ≤ 0.05, corrected). Pale: may be chance. Hollow: "
    "the direction means nothing. Dashed: random directions."
)
NO_CHECKPOINT = "Open a checkpoint first: its units are where concepts are looked for."
RANDOM = "random directions"


def found(contents: PhotosFound, least: int) -> tuple[str, str]:
    """Return what a folder holds, and the role of the label that says so."""
    count = contents.photos
    if count < least:
        had = photos(count) if count else "No photos"
        return f"{had}: at least {least} are needed.", "error"
    if count < FEW and least > 1:
        return f"{photos(count)}: few; {FEW} or more give a steadier direction.", "warning"
    return photos(count), "muted"


def least_of(kind: str) -> int:
    """Return how many photos a folder needs: ``"concept"``, ``"random"`` or ``"class"``."""
    return {"concept": LEAST, "random": 2 * LEAST, "class": 1}[kind]


def name_of(folder: str) -> str:
    """Return what a concept is called after its folder."""
    return Path(folder).name.replace("_", " ").strip() or folder


def free_name(name: str, taken: Sequence[str]) -> str:
    """Return the name, with a number if another concept has it."""
    number, made = 2, name
    while made in taken:
        made, number = f"{name} {number}", number + 1
    return made


def input_sentence(preprocessing: Preprocessing, own: bool) -> str:
    """Return how photos become inputs."""
    return input_made(preprocessing, own)


def progress(
    fraction: float, left: float | None, text: str, unit: str, place: int, units: int
) -> str:
    """Return how far it is: ``"inception4d (2 of 9): run 3 of 10, 42 %, 12 s left"``."""
    where = f"{unit} ({place + 1} of {units})" if units > 1 else unit
    left_said = "" if is_ending(fraction) else left_text(left)
    told = ", ".join(filter(None, (text, done_text(fraction), left_said)))
    return f"{where}: {told}"


def heading(tested: Tested) -> str:
    """Return what was tested: ``"Does “zebra” rest on “stripes”?"``."""
    names = [f"“{one.name}”" for one in tested.wanted.concepts]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return f"Does “{tested.class_name}” rest on {listed}?"


def subheading(tested: Tested) -> str:
    """Return where, on how many photos and how often, and that it is not all there is."""
    answer, units = tested.answers[-1], tested.wanted.units
    where = units[0] if len(units) == 1 else f"{len(units)} modules"
    runs = answer.question.runs
    parts = [
        f"{tested.info.name}, {tested.wanted.head}, {where}",
        f"{photos(answer.photos)} of the class and {answer.random_photos:,} of anything else",
        f"{runs} {'run' if runs == 1 else 'runs'}, seed {tested.wanted.seed}",
    ]
    if answer.unreadable:
        parts.append(f"{photos(len(answer.unreadable))} could not be read")
    if tested.stopped:
        parts.append("stopped early")
    return " · ".join(parts)


def head_sentence(tested: Tested) -> str:
    """Return why nothing here means anything, or ``""``."""
    return tested.note.sentence if tested.note.is_noise else ""


def details(answer: ConceptAnswer, result: ConceptResult | None) -> str:
    """Return what the selected bar means, in sentences."""
    if result is None:
        return _about_random(answer)
    said = [result.sentence, result.note, _all_or_nothing(answer, result)]
    return " ".join(filter(None, said))


def _about_random(answer: ConceptAnswer) -> str:
    scores = score_words(answer.random_score, answer.random_spread)
    return (
        f"Moving {answer.question.unit} in directions that tell one draw of random photos from "
        f"another raises the logit on {scores} of the photos: what chance gives."
    )


def _all_or_nothing(answer: ConceptAnswer, result: ConceptResult) -> str:
    """Return why scores are 0 or 1 only, where they are."""
    scores = (*result.scores, *answer.random_scores)
    if len(scores) < 4 or answer.photos < 2 or not set(scores) <= {0.0, 1.0}:
        return ""
    return (
        f"At {answer.question.unit} all photos agree in every run: so near to the logit its "
        "slope is the same for each of them, and a score says no more than a sign."
    )


def accuracy_words(result: ConceptResult) -> str:
    """Return how well the concept is told from other photos: ``"93 %"``."""
    return percent(result.accuracy)


def spoken(unit: str, name: str, answer: ConceptAnswer, result: ConceptResult | None) -> str:
    """Return a bar for who cannot see it."""
    return f"{unit}, {name}: {details(answer, result)}"


def default_file(tested: Tested) -> str:
    """Return a name for a file of this test, without an ending."""
    plain = f"concepts {tested.class_name} {tested.info.name}"
    return "".join(c if c.isalnum() or c in " -_" else "_" for c in plain)[:96]


def with_folder(concepts: Sequence[Concept]) -> tuple[Concept, ...]:
    """Return the concepts that have a folder or a name of their own."""
    return tuple(one for one in concepts if one.folder or one.name)


def is_star(answer: ConceptAnswer, result: ConceptResult) -> bool:
    """Whether a concept is significant and its direction real."""
    return verdict(result, answer) in ("for", "against")


def finite(value: float) -> float:
    """Return a number to draw; 0 for none."""
    return value if math.isfinite(value) else 0.0


def plain(name: str) -> str:
    """Return a name's letters and digits without case: ``"Car-side"`` is ``"carside"``."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())
