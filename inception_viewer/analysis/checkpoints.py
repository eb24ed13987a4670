"""Commands about a checkpoint that is open: its class names, a copy on the disk, its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inception_viewer import paths
from inception_viewer.checkpoint_questions import (
    OWN_NAMES,
    CloseCheckpoint,
    NameClasses,
    SaveCheckpoint,
    SavedCheckpoint,
)
from inception_viewer.checkpoints import labels, own
from inception_viewer.checkpoints.catalogue import NAMED
from inception_viewer.checkpoints.class_lists import read_class_list
from inception_viewer.checkpoints.verdict import with_heads
from inception_viewer.errors import CheckpointError, ClassListError
from inception_viewer.questions import CheckpointInfo

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

ENDING = ".safetensors"
LISTS = {
    "imagenet": labels.imagenet_names,
    "imagenet_5h": labels.inception5h_names,
    "places365": labels.places365_names,
}
"""The names that come with the program, by the ids of ``CLASS_LISTS``."""


def name_classes(question: NameClasses, lab: Lab, progress: Progress) -> CheckpointInfo:
    """Answer :class:`NameClasses`.

    Raises
    ------
    ClassListError
        In one sentence, if the list does not fit; the names are as they were then.
    """
    count = len(lab.info(question.checkpoint).classes)
    if question.names == OWN_NAMES:
        return lab.name_classes(question.checkpoint, None)
    known = LISTS.get(question.names)
    names = known() if known else read_class_list(question.names, count)
    if len(names) != count:
        raise ClassListError(
            f"This list has {len(names):,} classes, but the network has {count:,}."
        )
    return lab.name_classes(question.checkpoint, names, question.names)


def close(question: CloseCheckpoint, lab: Lab, progress: Progress) -> None:
    """Answer :class:`CloseCheckpoint`."""
    lab.close_checkpoint(question.checkpoint)


def save(question: SaveCheckpoint, lab: Lab, progress: Progress) -> SavedCheckpoint:
    """Answer :class:`SaveCheckpoint`; the file is there whole, or as it was before.

    Raises
    ------
    CheckpointError
        In one sentence, if it cannot be written there.
    """
    info = lab.info(question.checkpoint)
    path = Path(question.path).expanduser().absolute()
    _check(path)
    weights = lab.truth(question.checkpoint)
    if info.details is not None:
        weights = with_heads(weights, info.details.heads)
    own.save_as(
        weights,
        path,
        preprocessing=question.preprocessing,
        transform_input=question.transform_input,
        classes=None if info.names == OWN_NAMES else info.classes,
        source=Path(info.source).name if info.source else info.name,
        dtype=question.weights,
        step=lambda share: progress(share, text=f"Saving {path.name}"),
    )
    return SavedCheckpoint(str(path), path.stat().st_size)


def _check(path: Path) -> None:
    """Refuse what is no place for a checkpoint of ours."""
    if path.suffix.lower() != ENDING:
        raise CheckpointError(f"“{path.name}” must end in {ENDING}.")
    if not path.parent.is_dir():
        raise CheckpointError(f"There is no folder {path.parent}.")
    if path.is_dir():
        raise CheckpointError(f"{path} is a folder.")
    for name in NAMED.values():
        try:
            shipped = path.exists() and path.samefile(paths.asset(name))
        except OSError:
            continue
        if shipped:
            raise CheckpointError(
                f"{path} came with the program and is not replaced; choose another name."
            )
