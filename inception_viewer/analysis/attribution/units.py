"""Grad-CAM of many units at once, for a grid down the layers."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from inception_viewer import attribution_methods
from inception_viewer.grid_questions import GradCamOfUnits, GradCamsAnswer
from inception_viewer.questions import AttributionAnswer, Provenance

from . import _answer, _task
from .grad_cam import grad_cam_of

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

METHOD = "layer_grad_cam"


def answer(question: GradCamOfUnits, lab: Lab, progress: Progress) -> GradCamsAnswer:
    """Answer a :class:`GradCamOfUnits` question.

    Raises
    ------
    QuestionError
        As the question of any one of the units.
    """
    started = time.perf_counter()
    progress(0.0)
    asked = replace(question.attribution, method=METHOD)
    method = attribution_methods.method(METHOD)
    settings = method.settings(dict(asked.parameters))
    info = lab.info(asked.scene.checkpoint)
    task, target, words = _task(asked, lab, progress, method, settings)
    received, relu = task.received(task.array), settings["relu"] == "on"
    found = grad_cam_of(task.net, received, task.score, question.units, relu=relu)
    seconds = (time.perf_counter() - started) / max(1, len(found))
    made = Provenance(info.fingerprint, asked.scene.preprocessing, seconds, lab.device)
    answers: list[AttributionAnswer] = []
    for unit, result in found.items():
        shared = result if not answers else replace(result, forwards=0, backwards=0)
        of_unit = replace(asked, unit=unit)
        answers.append(_answer(of_unit, (target, words), settings, info, shared, made, False))
    return GradCamsAnswer(question, tuple(answers))
