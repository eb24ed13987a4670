"""What would become of a photo under an input that is being edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from inception_viewer.checkpoint_questions import InputPreview, PreviewInput, Triple
from inception_viewer.errors import QuestionError
from inception_viewer.images.decode import thumbnail
from inception_viewer.questions import Floats

from .predictions import predictions_of

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

SIDE = 480
"""Pixels of the photo's longer side."""


def answer(question: PreviewInput, lab: Lab, progress: Progress) -> InputPreview:
    """Answer :class:`PreviewInput`: one forward pass, which is not kept.

    Raises
    ------
    QuestionError
        If the input is too small for the network, or its answers are no numbers.
    """
    scene = question.scene
    trace = lab.trace(scene, progress.lane, keep=False)
    if not all(np.isfinite(values).all() for values in trace.logits.values()):
        raise QuestionError("Under this input the network's answers are no numbers.")
    received = trace.input
    return InputPreview(
        scene=scene,
        photo=thumbnail(lab.pixels(scene.image), SIDE),
        picture=trace.picture,
        crop=trace.crop,
        minimum=_triple(received.min((1, 2))),
        mean=_triple(received.mean((1, 2), dtype=np.float64)),
        maximum=_triple(received.max((1, 2))),
        predictions=predictions_of(trace, lab.info(scene.checkpoint), scene.image),
    )


def _triple(values: Floats) -> Triple:
    first, second, third = (float(value) for value in values)
    return first, second, third
