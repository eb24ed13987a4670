"""Answers that need files and no network: a folder's photos, thumbnails, tables written."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inception_viewer import evaluation_words
from inception_viewer.errors import ImageError, QuestionError
from inception_viewer.file_questions import (
    FindPhotos,
    FolderContents,
    LookInto,
    PhotosFound,
    Thumbnails,
    ThumbnailsAnswer,
    WriteRows,
    WriteTable,
)
from inception_viewer.images.decode import decode, thumbnail
from inception_viewer.images.labelled import labelled, photos_in
from inception_viewer.questions import ImageSource, Pixels

from .whole_table import whole_table

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress


def look_into(question: LookInto, lab: Lab, progress: Progress) -> FolderContents:
    """Answer a :class:`LookInto` question.

    Raises
    ------
    LabelledError
        If the folder or the list gives no labelled photos.
    QuestionError
        If the checkpoint is not open.
    """
    classes = lab.info(question.checkpoint).classes
    found = labelled(question.folder, question.list_file, classes, progress)
    seen = len(np.unique(found.labels))
    return FolderContents(question, len(found.paths), seen, len(classes), found.left_out)


def find_photos(question: FindPhotos, lab: Lab, progress: Progress) -> PhotosFound:
    """Answer a :class:`FindPhotos` question.

    Raises
    ------
    QuestionError
        If there is no such folder.
    """
    folder = Path(question.folder)
    if not folder.is_dir():
        raise QuestionError(f"{folder} is not a folder.")
    paths = photos_in(folder)
    shown = min(question.examples, len(paths))
    examples = [str(paths[place * len(paths) // shown]) for place in range(shown)]
    return PhotosFound(question, len(paths), tuple(examples))


def thumbnails(question: Thumbnails, lab: Lab, progress: Progress) -> ThumbnailsAnswer:
    """Answer a :class:`Thumbnails` question, photo by photo."""
    pictures: dict[str, Pixels] = {}
    failures: dict[str, str] = {}
    for place, path in enumerate(question.paths):
        partial = ThumbnailsAnswer(question, dict(pictures), dict(failures))
        progress(place / len(question.paths), partial)
        try:
            pixels = decode(ImageSource(path=path)).pixels
            pictures[path] = thumbnail(pixels, question.side)
        except ImageError as error:
            failures[path] = str(error)
    return ThumbnailsAnswer(question, pictures, failures)


def write_table(question: WriteTable, lab: Lab, progress: Progress) -> str:
    """Answer a :class:`WriteTable` question; the file takes its place once it is whole.

    Raises
    ------
    TableError
        If it cannot be written; what it held before is kept.
    """
    _write(evaluation_words.TABLES[question.table](question.answer), Path(question.path))
    return question.path


def write_rows(question: WriteRows, lab: Lab, progress: Progress) -> str:
    """Answer a :class:`WriteRows` question; the file takes its place once it is whole.

    Raises
    ------
    TableError
        If it cannot be written; what it held before is kept.
    """
    _write(question.rows, Path(question.path))
    return question.path


def _write(rows: Iterable[Sequence[str | int | float]], path: Path) -> None:
    with whole_table(path) as stream:
        csv.writer(stream).writerows(rows)
