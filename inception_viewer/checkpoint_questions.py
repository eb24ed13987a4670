"""What can be asked of a checkpoint that is open: a preview of its input, other names, a copy.

As all questions and answers they are plain frozen values, without torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .questions import Command, Pixels, Predictions, Preprocessing, Question, Scene

Weight = Literal["float32", "float16"]
Triple = tuple[float, float, float]

OWN_NAMES = ""
"""The class list that is the file's own."""


@dataclass(frozen=True)
class ClassList:
    """Names that come with the program.

    Attributes
    ----------
    id
        What :class:`NameClasses` calls it.
    title
        For people.
    count
        How many classes a network must have for it.
    """

    id: str
    title: str
    count: int


CLASS_LISTS = (
    ClassList("imagenet", "ImageNet, in the order of torchvision and Caffe", 1000),
    ClassList("imagenet_5h", "ImageNet, in the order of Inception 5h", 1008),
    ClassList("places365", "Places365", 365),
)


def title_of(names: str) -> str:
    """Return what to call a class list: one of ours, the file's own, or a path's file name."""
    if names == OWN_NAMES:
        return "the file's own"
    known = next((one.title for one in CLASS_LISTS if one.id == names), None)
    return known or names.replace("\\", "/").rpartition("/")[2]


@dataclass(frozen=True)
class NameClasses(Command):
    """Name an open checkpoint's classes; answered by its :class:`~.questions.CheckpointInfo`.

    ``names`` is :data:`OWN_NAMES`, the id of one of :data:`CLASS_LISTS`, or the path of a list.
    Nothing is computed anew: names are no part of a scene.
    """

    checkpoint: str
    names: str


@dataclass(frozen=True)
class CloseCheckpoint(Command):
    """Release a checkpoint and all that was computed with it; answered by None."""

    checkpoint: str


@dataclass(frozen=True)
class SaveCheckpoint(Command):
    """Write an open checkpoint as one of ours; answered by :class:`SavedCheckpoint`.

    Its class names are those in use.

    Attributes
    ----------
    checkpoint
        Fingerprint of an open one.
    path
        The ``.safetensors`` to write; an existing one is replaced once all is written.
    preprocessing, transform_input
        The input, with the network's flag of that name; None for the checkpoint's own.
    weights
        How numbers are kept; float16 rounds them.
    """

    checkpoint: str
    path: str
    preprocessing: Preprocessing | None = None
    transform_input: bool | None = None
    weights: Weight = "float32"


@dataclass(frozen=True)
class SavedCheckpoint:
    """Where a checkpoint is now, and its length in bytes."""

    path: str
    size: int


@dataclass(frozen=True)
class PreviewInput(Question):
    """What would become of a photo under an input that is being edited; :class:`InputPreview`."""

    scene: Scene


@dataclass(frozen=True, eq=False)
class InputPreview:
    """A photo as the network would receive it, and what it would answer.

    Attributes
    ----------
    photo
        The whole photo, at most 480 pixels a side.
    picture, crop
        As in :class:`~.questions.OverviewAnswer`.
    minimum, mean, maximum
        Of what conv1 receives, per channel in the network's order.
    predictions
        The heads' answers.
    """

    scene: Scene
    photo: Pixels = field(repr=False)
    picture: Pixels = field(repr=False)
    crop: tuple[float, float, float, float]
    minimum: Triple
    mean: Triple
    maximum: Triple
    predictions: Predictions
