"""What is to be known of every photo of the tray: what the heads answer, what they see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inception_viewer.grid_questions import Picture, PictureAnswer
from inception_viewer.questions import Glance, Predictions, frozen_array

from .predictions import predictions_of

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress


def answer(question: Glance, lab: Lab, progress: Progress) -> Predictions:
    """Answer a :class:`Glance`; the trace is kept, so looking closer later costs little."""
    trace = lab.trace(question.scene, progress.lane, report=progress)
    info = lab.info(question.scene.checkpoint)
    return predictions_of(trace, info, question.scene.image)


def picture(question: Picture, lab: Lab, progress: Progress) -> PictureAnswer:
    """Answer a :class:`Picture`: the network runs only where an attack is among the edits."""
    input_ = lab.prepare(question.scene, progress)
    return PictureAnswer(question.scene, frozen_array(input_.picture))
