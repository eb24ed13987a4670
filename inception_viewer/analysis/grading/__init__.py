"""Grades: how far a map can be trusted, one file per idea.

``inception_viewer.grade_measures`` describes the measures; each is computed by a function
here, from a :class:`~.subject.Subject` to a :class:`~.subject.Graded`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from inception_viewer import grade_measures
from inception_viewer.errors import QuestionError
from inception_viewer.grade_questions import Grade, GradeAnswer
from inception_viewer.questions import Attribution, AttributionAnswer, Notice, Provenance

from .. import attribution
from . import erasing, infidelity, randomisation, road, sensitivity
from .subject import Graded, Report, Subject

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

__all__ = ["MEASURED", "Graded", "Report", "Subject", "answer"]

MEASURED: Mapping[str, Callable[[Subject, Report], Graded]] = MappingProxyType(
    {
        "deletion": erasing.deletion,
        "insertion": erasing.insertion,
        "road": road.road,
        "infidelity": infidelity.infidelity,
        "sensitivity_max": sensitivity.sensitivity_max,
        "randomisation": randomisation.randomisation,
    }
)
"""What computes each measure."""
MAPPING = 0.1
"""Share of the progress bar for computing the map, where it is not known yet."""


def answer(question: Grade, lab: Lab, progress: Progress) -> GradeAnswer:
    """Answer a :class:`Grade` question; partial answers hold the curves so far.

    Raises
    ------
    QuestionError
        If there is no such measure, or the attribution cannot be made.
    """
    started = time.perf_counter()
    measure = grade_measures.measure(question.measure)
    if question.seed < 0:
        raise QuestionError("“seed” is at least 0.")
    known = lab.attributions.get(question.attribution)
    begin = 0.0 if known else MAPPING
    explained = known or _explained(question.attribution, lab, progress)

    def wrap(graded: Graded, *, partial: bool) -> GradeAnswer:
        scene = question.attribution.scene
        seconds = time.perf_counter() - started
        where = Provenance(
            scene.checkpoint, scene.preprocessing, seconds, lab.device, question.seed
        )
        return GradeAnswer(
            question,
            graded.value,
            graded.sentence,
            where,
            graded.curves,
            graded.labels,
            graded.note,
            partial,
        )

    def report(fraction: float, graded: Graded | None, text: str) -> None:
        partial = wrap(graded, partial=True) if graded else None
        progress(begin + (1 - begin) * fraction, partial, f"{measure.title}: {text}")

    if explained.degenerate:
        return wrap(Graded(math.nan, explained.degenerate), partial=False)
    task, explain = attribution.task_of(question.attribution, lab, progress)
    subject = Subject(task, explain, explained, question.seed)
    return wrap(MEASURED[question.measure](subject, report), partial=False)


def _explained(question: Attribution, lab: Lab, progress: Progress) -> AttributionAnswer:
    """Return the attribution, computed now; its own partial answers are nobody's business."""

    class Quiet:
        lane = progress.lane

        def __call__(self, fraction: float, answer: object = None, text: str = "") -> None:
            progress(MAPPING * fraction, None, f"the map: {text}")

        def notice(self, notice: Notice) -> None:
            progress.notice(notice)

    found = attribution.answer(question, lab, Quiet())
    lab.attributions.put(question, found)
    return found
