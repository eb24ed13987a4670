"""Synthetic answers for the lab: maps whose every pixel is known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import ui_data

from inception_viewer.attribution_methods import METHODS
from inception_viewer.grade_questions import Curve, Grade, GradeAnswer
from inception_viewer.questions import (
    Attribution,
    AttributionAnswer,
    CheckpointInfo,
    ImageInfo,
    frozen_array,
)
from inception_viewer.ui.lab.choice import Place

CUP = ui_data.CLASSES.index("cup")
OTHER = "cd" * 32
"""A second photo's id."""


def place() -> Place:
    """Two photos in the tray, the first looked at."""
    info = ui_data.checkpoint_info()
    photos = (("ab" * 32, "cup.jpg"), (OTHER, "ewer.jpg"))
    return Place(info, info.preprocessing, "ab" * 32, photos)


def half_trained() -> CheckpointInfo:
    """A checkpoint whose heads are untrained, fitted and trained."""
    heads = {"aux1": "untrained", "aux2": "fitted", "main": "trained"}
    metadata = {"fitted": json.dumps({"images": 1350})}
    return replace(ui_data.checkpoint_info(), heads=heads, metadata=metadata)


def images() -> tuple[ImageInfo, ...]:
    """The tray of :func:`place`."""
    return ui_data.photo(), ui_data.photo("ewer.jpg", OTHER)


def raw(seed: int, scale: float = 1.0) -> np.ndarray:
    """Signed attributions (3, 224, 224)."""
    rng = np.random.default_rng(seed)
    made = rng.normal(0, scale, (3, 224, 224)) * np.linspace(0.1, 1, 224)
    return frozen_array(made.astype(np.float32))


def answer(question: Attribution, scale: float = 1.0, **changes) -> AttributionAnswer:
    """An answer whose map is the sum of its channels; layers have seven by seven positions."""
    method = METHODS[question.method]
    values = raw(sum(map(ord, question.method + question.head + (question.unit or ""))), scale)
    map_ = frozen_array(values.sum(axis=0))
    if method.target_kind == "layer":
        values = frozen_array(np.ones((8, 7, 7), np.float32))
    made = AttributionAnswer(
        question, map_, values, CUP, "cup", 0.012 if method.completeness else None, 1.5,
        method.settings(dict(question.parameters)), ui_data.provenance(), forwards=52,
        backwards=50,
    )  # fmt: skip
    return replace(made, **changes)


def grade(question: Grade, value: float, **changes) -> GradeAnswer:
    """A grade with a curve."""
    x = frozen_array(np.linspace(0, 1, 5, dtype=np.float32))
    y = frozen_array(np.array([0.9, 0.5, 0.3, 0.2, 0.1], np.float32))
    curves = {"this map": Curve(x, y, value), "a random order": Curve(x, y + 0.1, value + 0.1)}
    made = GradeAnswer(question, value, "It does well.", ui_data.provenance(), curves)
    return replace(made, **changes)
