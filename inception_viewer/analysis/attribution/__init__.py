"""Attribution: which pixels, or which of a unit's positions, a head's answer rests on.

``inception_viewer.attribution_methods`` describes the methods; each is computed by a
function of its own file here, from a :class:`~.task.Task` to a :class:`~.result.Result`.
"""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING

import numpy as np

from inception_viewer import attribution_methods
from inception_viewer.attribution_methods import Method, Settings
from inception_viewer.errors import QuestionError
from inception_viewer.fitted import fitted_heads
from inception_viewer.questions import Attribution, AttributionAnswer, CheckpointInfo, Provenance

from .result import Result
from .task import Explain, Task, check_target

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress


def answer(question: Attribution, lab: Lab, progress: Progress) -> AttributionAnswer:
    """Answer an :class:`Attribution` question; partial answers come as they are computed.

    Raises
    ------
    QuestionError
        If there is no such method, parameter, head, class or unit, or they do not go
        together.
    """
    started = time.perf_counter()
    method = attribution_methods.method(question.method)
    settings = method.settings(dict(question.parameters))
    info = lab.info(question.scene.checkpoint)
    task = _task(question, lab, progress, settings)
    reason = method.suits(info.graph, question.head)
    if reason:
        raise QuestionError(reason)

    def wrap(result: Result, *, partial: bool) -> AttributionAnswer:
        provenance = Provenance(
            fingerprint=info.fingerprint,
            preprocessing=question.scene.preprocessing,
            seconds=time.perf_counter() - started,
            device=task.net.device.type,
            seed=_seed(method, settings),
        )
        return _answer(question, task, info, result, provenance, partial)

    def report(fraction: float, result: Result | None, text: str) -> None:
        progress(fraction, wrap(result, partial=True) if result else None, text)

    return wrap(explainer(method)(task, report), partial=False)


def explainer(method: Method) -> Explain:
    """Return the function that computes a method; imported now, because some are slow to."""
    file, _, name = method.function.partition(":")
    function: Explain = getattr(importlib.import_module(f".{file}", __name__), name)
    return function


def _task(question: Attribution, lab: Lab, progress: Progress, settings: Settings) -> Task:
    net = lab.network(question.scene.checkpoint, progress.lane)
    target = question.target
    check_target(net, question.head, target or 0)
    if target is None:
        logits = lab.trace(question.scene, progress.lane).logits[question.head]
        target = int(np.argmax(logits))
    return Task(
        net=net,
        array=lab.prepare(question.scene).array,
        preprocessing=question.scene.preprocessing,
        head=question.head,
        target=target,
        unit=question.unit,
        settings=settings,
    )


def _seed(method: Method, settings: Settings) -> int | None:
    """Return the seed if it had any effect."""
    used = (p for p in method.parameters if p.name == "seed" and p.matters(settings))
    return next((int(settings[p.name]) for p in used), None)


def _answer(
    question: Attribution,
    task: Task,
    info: CheckpointInfo,
    result: Result,
    provenance: Provenance,
    partial: bool,
) -> AttributionAnswer:
    notes = [result.note]
    if info.heads.get(task.head) == "untrained":
        notes.append(f"{task.head} was never trained: this explains the answer of random weights.")
    fitted = fitted_heads(info.heads, info.metadata).get(task.head)
    if fitted:
        notes.append(f"{task.head} was {fitted}.")
    return AttributionAnswer(
        question=question,
        map=result.map,
        raw=result.raw,
        target=task.target,
        target_name=info.classes[task.target],
        completeness_error=result.completeness_error,
        seconds=provenance.seconds,
        parameters=task.settings,
        provenance=provenance,
        degenerate=result.degenerate,
        note=" ".join(filter(None, notes)),
        partial=partial,
    )
