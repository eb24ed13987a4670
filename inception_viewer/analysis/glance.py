"""What the heads answer, and nothing else: for the photos of the tray."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inception_viewer.questions import Glance, Predictions

from .predictions import predictions_of

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress


def answer(question: Glance, lab: Lab, progress: Progress) -> Predictions:
    """Answer a :class:`Glance`; the trace is kept, so looking closer later costs little."""
    trace = lab.trace(question.scene, progress.lane)
    info = lab.info(question.scene.checkpoint)
    return predictions_of(trace, info, question.scene.image)
