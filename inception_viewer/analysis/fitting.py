"""Heads fitted to a folder: the training does the work, on the lab's network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from inception_viewer.checkpoint_questions import NameClasses
from inception_viewer.checkpoints.catalogue import NAMED
from inception_viewer.folder_questions import FitHeads, FittedHeads
from inception_viewer.training.fitting import fit

from .checkpoints import name_classes

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress


def answer(question: FitHeads, lab: Lab, progress: Progress) -> FittedHeads:
    """Answer a :class:`FitHeads` question; partial answers come after each epoch.

    The new checkpoint is a file that can be opened; what is open stays as it is.

    Raises
    ------
    FitError, LabelledError
        If the folder does not do.
    CheckpointError
        If the file cannot be written.
    QuestionError
        If the checkpoint is not open.
    """
    source = lab.info(question.checkpoint).source
    # The program's own checkpoints lie where nothing of the user's belongs.
    place = Path(f"{source}.safetensors") if source in NAMED else Path(source)
    net = lab.network(question.checkpoint, progress.lane)
    if question.names:
        name_classes(NameClasses(question.checkpoint, question.names), lab, progress)
    classes = lab.info(question.checkpoint).classes
    weights = replace(lab.truth(question.checkpoint), classes=classes)
    return fit(question, weights, net, place if source else None, progress)
