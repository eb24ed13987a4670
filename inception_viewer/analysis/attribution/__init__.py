"""Attribution: which pixels, or which of a unit's positions, a head's answer rests on.

``inception_viewer.attribution_methods`` describes the methods; each is computed by a
function of its own file here, from a :class:`~.task.Task` to a :class:`~.result.Result`.
"""

from __future__ import annotations

import importlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from inception_viewer import attribution_methods
from inception_viewer.attribution_methods import DEFAULT_UNIT, Method, Settings
from inception_viewer.errors import QuestionError
from inception_viewer.explained_words import class_words, neuron_words
from inception_viewer.fitted import fitted_heads
from inception_viewer.googlenet.architecture import LOGITS, GoogLeNet
from inception_viewer.googlenet.targets import check_target
from inception_viewer.questions import (
    Attribution,
    AttributionAnswer,
    CheckpointInfo,
    Floats,
    Neuron,
    Provenance,
)

from .result import Result
from .score import Score, logit, neuron
from .task import Explain, Task

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
    _check_head(question, lab.network(question.scene.checkpoint, progress.lane), method)
    reason = method.suits(info.graph, question.head)
    if reason:
        raise QuestionError(reason)
    task, target, words = _task(question, lab, progress, method, settings)
    explained = (target, words)

    def wrap(result: Result, *, partial: bool) -> AttributionAnswer:
        provenance = Provenance(
            fingerprint=info.fingerprint,
            preprocessing=question.scene.preprocessing,
            seconds=time.perf_counter() - started,
            device=task.net.device.type,
            seed=_seed(method, settings),
        )
        return _answer(question, explained, settings, info, result, provenance, partial)

    def report(fraction: float, result: Result | None, text: str) -> None:
        progress(fraction, wrap(result, partial=True) if result else None, text)

    return wrap(explainer(method)(task, report), partial=False)


def task_of(question: Attribution, lab: Lab, progress: Progress) -> tuple[Task, Explain]:
    """Return what an :class:`Attribution` question comes to, and what computes it.

    For whoever asks the method again, of another photo or network.

    Raises
    ------
    QuestionError
        As :func:`answer`, but for the method's not suiting the network.
    """
    method = attribution_methods.method(question.method)
    settings = method.settings(dict(question.parameters))
    task, _, _ = _task(question, lab, progress, method, settings)
    return task, explainer(method)


def explainer(method: Method) -> Explain:
    """Return the function that computes a method; imported now, because some are slow to."""
    file, _, name = method.function.partition(":")
    function: Explain = getattr(importlib.import_module(f".{file}", __name__), name)
    return function


def _task(
    question: Attribution, lab: Lab, progress: Progress, method: Method, settings: Settings
) -> tuple[Task, int, str]:
    """Return the task, the class that it explains (-1: none), and what is explained, in words."""
    net = lab.network(question.scene.checkpoint, progress.lane)
    if question.unit is not None and question.unit not in net.by_name:
        raise QuestionError(f"This network has no unit “{question.unit}”.")
    classes = lab.info(question.scene.checkpoint).classes
    through: Score | None = None
    if question.neuron is not None or method.explains_neuron:
        chosen, score = _neuron(question, lab, progress, net)
        target, words = -1, neuron_words(chosen)
        if method.needs_answer:
            target, through = _logit(question, lab, progress, net)
            words += f", for {class_words(question, target, classes)}"
    else:
        target, score = _logit(question, lab, progress, net)
        words = class_words(question, target, classes)

    def other_photo(image: str) -> Floats:
        return lab.prepare(replace(question.scene, image=image, edits=())).array

    array = lab.prepare(question.scene).array
    made = question.scene.preprocessing
    task = Task(net, array, made, score, question.unit, settings, other_photo, through)
    return task, target, words


def _check_head(question: Attribution, net: GoogLeNet, method: Method) -> None:
    """Make sure that there is the head, before a method says why it does not suit it."""
    explains_class = question.neuron is None and not method.explains_neuron
    if explains_class or method.needs_answer or question.head not in LOGITS:
        check_target(net, question.head, 0)


def _logit(
    question: Attribution, lab: Lab, progress: Progress, net: GoogLeNet
) -> tuple[int, Score]:
    target = question.target
    check_target(net, question.head, target or 0)
    if target is None:
        logits = lab.trace(question.scene, progress.lane).logits[question.head]
        target = int(np.argmax(logits))
    return target, logit(net, question.head, target, question.against)


def _neuron(
    question: Attribution, lab: Lab, progress: Progress, net: GoogLeNet
) -> tuple[Neuron, Score]:
    wanted = question.neuron or Neuron(question.unit or DEFAULT_UNIT[question.head])
    if wanted.unit not in net.by_name:
        raise QuestionError(f"This network has no unit “{wanted.unit}”.")
    activation = lab.trace(question.scene, progress.lane)[wanted.unit]
    if wanted.channel is None:
        strongest = int(np.argmax(activation.reshape(activation.shape[0], -1).max(1)))
        wanted = replace(wanted, channel=strongest)
    return wanted, neuron(net, wanted, activation.shape)


def _seed(method: Method, settings: Settings) -> int | None:
    """Return the seed if it had any effect."""
    used = (p for p in method.parameters if p.name == "seed" and p.matters(settings))
    return next((int(settings[p.name]) for p in used), None)


def _answer(
    question: Attribution,
    explained: tuple[int, str],
    settings: Settings,
    info: CheckpointInfo,
    result: Result,
    provenance: Provenance,
    partial: bool,
) -> AttributionAnswer:
    notes = [result.note]
    target, words = explained
    head = question.head
    if target >= 0 and info.heads.get(head) == "untrained":
        notes.append(f"{head} was never trained: this explains the answer of random weights.")
    fitted = fitted_heads(info.heads, info.metadata).get(head)
    if target >= 0 and fitted:
        notes.append(f"{head} was {fitted}.")
    return AttributionAnswer(
        question=question,
        map=result.map,
        raw=result.raw,
        target=target,
        target_name=words,
        completeness_error=result.completeness_error,
        seconds=provenance.seconds,
        parameters=settings,
        provenance=provenance,
        degenerate=result.degenerate,
        note=" ".join(filter(None, notes)),
        partial=partial,
        score=result.score,
        baseline_score=result.baseline_score,
        conserved=result.conserved,
        forwards=result.forwards,
        backwards=result.backwards,
    )
