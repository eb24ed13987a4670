"""Synthetic evaluations for tests of their window: seeded, made without torch.

The counts come from a list of (truth, said, among five, probability) of each photo, so
that a test can count them again in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import ui_data
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from inception_viewer.folder_questions import (
    Calibration,
    Confusion,
    Evaluate,
    EvaluationAnswer,
    HeadEvaluation,
    LeftOut,
    Mistake,
    Share,
)
from inception_viewer.questions import CheckpointInfo, HeadState, Provenance
from inception_viewer.ui.evaluation.results import Measured

BINS = 15
GOOD = {"aux1": 0.75, "aux2": 0.82, "main": 0.89}
"""Share that each head has right."""


@dataclass(frozen=True, eq=False)
class Said:
    """What one head said of each photo: arrays (photos,)."""

    truth: np.ndarray
    said: np.ndarray
    five: np.ndarray
    sure: np.ndarray


def said_by(head: str, truth: np.ndarray, classes: int, seed: int = 0) -> Said:
    """What a head says; its mistakes go to a neighbour more often than not."""
    random = np.random.default_rng([seed, len(head), ord(head[-1])])
    count = len(truth)
    right = random.random(count) < GOOD[head]
    near = (truth + random.integers(1, 3, count)) % classes
    far = (truth + random.integers(1, classes, count)) % classes
    wrong = np.where(random.random(count) < 0.7, near, far)
    five = right | (random.random(count) < 0.6)
    sure = np.where(right, random.beta(6, 1.2, count), random.beta(2, 2, count))
    return Said(truth, np.where(right, truth, wrong), five, sure)


def all_said(classes: int = len(ui_data.CLASSES), photos: int = 600) -> dict[str, Said]:
    """What the heads of :func:`evaluation` said."""
    truth = truths(classes, photos)
    return {head: said_by(head, truth, classes) for head in ui_data.HEADS}


def truths(classes: int, photos: int, seed: int = 0) -> np.ndarray:
    """The photos' classes; the last two classes have none."""
    return np.sort(np.random.default_rng(seed).integers(0, max(1, classes - 2), photos))


def head_evaluation(
    head: str, said: Said, classes: int, state: HeadState, folder: str
) -> HeadEvaluation:
    """A head's numbers, counted photo by photo."""
    right = said.truth == said.said
    pairs: dict[tuple[int, int], int] = {}
    for pair in zip(said.truth.tolist(), said.said.tolist(), strict=True):
        pairs[pair] = pairs.get(pair, 0) + 1
    table = np.array([(*pair, pairs[pair]) for pair in sorted(pairs)], np.int64).reshape(-1, 3)
    wrong = [
        Mistake(
            float(said.sure[i]), path_of(folder, i), int(said.truth[i]), int(said.said[i]), 0.01
        )
        for i in np.flatnonzero(~right).tolist()
    ]
    return HeadEvaluation(
        head=head,
        state=state,
        top1=Share(int(right.sum()), len(right)),
        top5=Share(int(said.five.sum()), len(right)),
        right=np.bincount(said.truth[right], minlength=classes),
        right5=np.bincount(said.truth[said.five], minlength=classes),
        confusion=Confusion(table[:, 0], table[:, 1], table[:, 2]),
        calibration=calibration(said.sure, right),
        mistakes=tuple(sorted(wrong, reverse=True)),
    )


def calibration(sure: np.ndarray, right: np.ndarray) -> Calibration:
    """The curve of some photos."""
    places = np.minimum((sure * BINS).astype(int), BINS - 1)
    count = np.bincount(places, minlength=BINS)
    filled = np.where(count > 0, count, np.nan)
    confidence = np.bincount(places, sure, BINS) / filled
    accuracy = np.bincount(places, right.astype(float), BINS) / filled
    return Calibration(count, confidence, accuracy)


def path_of(folder: str, photo: int) -> str:
    """Where a photo would be."""
    return f"{folder}/{photo}.png"


def evaluation(
    classes: tuple[str, ...] | int = ui_data.CLASSES,
    photos: int = 600,
    *,
    states: dict[str, HeadState] | None = None,
    folder: str = "/photos/of things",
    partial: bool = False,
    seed: int = 0,
    unreadable: int = 1,
) -> EvaluationAnswer:
    """An evaluation of three heads."""
    names = classes if isinstance(classes, tuple) else tuple(f"class {i}" for i in range(classes))
    truth = truths(len(names), photos, seed)
    given = states or ui_data.HEADS
    heads = {
        head: head_evaluation(
            head, said_by(head, truth, len(names), seed), len(names), given[head], folder
        )
        for head in ("aux1", "aux2", "main")
        if given[head] != "absent"
    }
    problems = tuple((f"{folder}/bad {i}.jpg", "It is cut short.") for i in range(unreadable))
    return EvaluationAnswer(
        question=Evaluate(ui_data.FINGERPRINT, folder, preprocessing=ui_data.PREPROCESSING),
        classes=names,
        count=np.bincount(truth, minlength=len(names)),
        found=photos + unreadable + (200 if partial else 0),
        heads=heads,
        left_out=(LeftOut("nobody", 3, "no class of this network is named so"),),
        unreadable=problems,
        unreadable_count=unreadable,
        provenance=Provenance(ui_data.FINGERPRINT, ui_data.PREPROCESSING, 12.5),
        partial=partial,
    )


def measured(answer: EvaluationAnswer | None = None, *, running: bool = False) -> Measured:
    """An evaluation with its checkpoint."""
    answer = answer or evaluation()
    return Measured(info_of(answer), answer, running)


def info_of(answer: EvaluationAnswer) -> CheckpointInfo:
    """The checkpoint that an answer is about."""
    heads = {head: counted.state for head, counted in answer.heads.items()}
    info = ui_data.checkpoint_info()
    mark = answer.question.checkpoint
    return replace(info, classes=answer.classes, heads={**info.heads, **heads}, fingerprint=mark)


def shown(qtbot: QtBot, widget: QWidget, size: tuple[int, int] = (1000, 600)) -> Any:
    """A widget on the screen, laid out."""
    qtbot.addWidget(widget)
    widget.resize(*size)
    widget.show()
    QApplication.processEvents()
    return widget
