"""Questions about files, which no network runs for: a folder's photos, thumbnails, tables.

As all questions and answers they are plain frozen values, without torch or Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from .folder_questions import EvaluationAnswer, LeftOut
from .questions import Command, Pixels, Question

Table = Literal["classes", "confusions"]


@dataclass(frozen=True)
class LookInto(Question):
    """Which labelled photos there are to measure; answered by :class:`FolderContents`.

    ``checkpoint``, ``folder`` and ``list_file`` are those of an
    :class:`~inception_viewer.folder_questions.Evaluate`.
    """

    cached: ClassVar[bool] = False  # what lies in the folder may change

    checkpoint: str
    folder: str
    list_file: str = ""


@dataclass(frozen=True)
class FolderContents:
    """What is there to be measured.

    Attributes
    ----------
    photos
        How many have a class that the network knows; whether they can be read is not known.
    classes, known
        How many classes have photos, of how many that the network knows.
    left_out
        Folders and labels that mean no class.
    """

    question: LookInto
    photos: int
    classes: int
    known: int
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class Thumbnails(Question):
    """Small pictures of photos; answered by :class:`ThumbnailsAnswer`, also in part.

    ``side`` is the longest side, in pixels.
    """

    cached: ClassVar[bool] = False  # whoever shows them keeps them

    paths: tuple[str, ...]
    side: int = 160


@dataclass(frozen=True, eq=False)
class ThumbnailsAnswer:
    """The pictures by path, and one sentence for each photo that cannot be read."""

    question: Thumbnails
    pictures: Mapping[str, Pixels]
    failures: Mapping[str, str]


@dataclass(frozen=True)
class FindPhotos(Question):
    """Which photos lie in a folder, to any depth; answered by :class:`PhotosFound`.

    ``examples`` is how many of them are named.
    """

    cached: ClassVar[bool] = False  # what lies in the folder may change

    folder: str
    examples: int = 4


@dataclass(frozen=True)
class PhotosFound:
    """How many photos there are, and the paths of some from all over the folder."""

    question: FindPhotos
    photos: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class WriteRows(Command):
    """Write rows as CSV; answered by its path."""

    rows: tuple[tuple[str | int | float, ...], ...]
    path: str


@dataclass(frozen=True)
class WriteTable(Command):
    """Write a table of an evaluation as CSV; answered by its path.

    ``table`` is ``"classes"``, a line a class, or ``"confusions"``, a line for each pair of
    classes of which one was taken for the other by a head.
    """

    answer: EvaluationAnswer
    table: Table
    path: str
