"""The worker's side: questions in, answers out.

``make_worker`` is what the runner imports on its first question. A new kind of
question is one row in the registry and one file here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from inception_viewer.errors import QuestionError
from inception_viewer.questions import (
    Attribution,
    ForgetImage,
    Glance,
    Maps,
    OpenCheckpoint,
    OpenImages,
    Overview,
    Question,
    SwitchDevice,
    WarmUp,
)

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

Answering = Callable[[Any, "Lab", "Progress"], Any]


def registry() -> dict[type[Question], Answering]:
    """Return the function that answers each type of question."""
    # Imported here: they import torch, and this package is imported to find its parts.
    from . import glance, maps, opening, overview

    return {
        WarmUp: opening.warm_up,
        SwitchDevice: opening.switch_device,
        OpenCheckpoint: opening.open_checkpoint,
        OpenImages: opening.open_images,
        ForgetImage: opening.forget_image,
        Overview: overview.answer,
        Glance: glance.answer,
        Maps: maps.answer,
        Attribution: _attribution,
    }


def _attribution(question: Attribution, lab: Lab, progress: Progress) -> Any:
    # Captum is a second more of importing, which the first photo need not wait for.
    from .attribution import answer as answering

    return answering(question, lab, progress)


def answer(question: Question, lab: Lab, progress: Progress) -> Any:
    """Answer a question with the lab's networks and photos.

    Raises
    ------
    ViewerError
        With one sentence for people, if there is no answer.
    """
    answering = registry().get(type(question))
    if answering is None:
        raise QuestionError(f"Nothing here answers a {type(question).__name__}.")
    return answering(question, lab, progress)


def make_worker(device: str = "cpu") -> tuple[Callable[[Question, Lab, Progress], Any], Lab]:
    """Return ``(answer, lab)``: what the runner's lanes work with."""
    from inception_viewer.lab import Lab

    registry()
    return answer, Lab(device)
