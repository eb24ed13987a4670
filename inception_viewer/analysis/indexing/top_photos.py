"""What an index knows of one channel: its photos, read again, and the places in them."""

from __future__ import annotations

import time
import zlib
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from inception_viewer.errors import ImageError, QuestionError
from inception_viewer.images.decode import decode
from inception_viewer.images.preprocess import prepare
from inception_viewer.index_questions import (
    FindIndexes,
    IndexInfo,
    TopPhoto,
    TopPhotos,
    TopPhotosAnswer,
)
from inception_viewer.questions import ImageSource, Node, Preprocessing, Provenance

from . import files, places
from .files import Index, IndexFileError
from .table import NOBODY

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

KEPT = 2
"""Indexes that are kept in memory: a few MB each, and a tenth of a second to read."""
CHANGED = "This is not the photo that was indexed: it has changed since."

Box = tuple[int, int, int, int]


def find_indexes(question: FindIndexes, lab: Lab, progress: Progress) -> tuple[IndexInfo, ...]:
    """Answer a :class:`FindIndexes` question."""
    found = []
    for path in places.places(question.checkpoint):
        with suppress(IndexFileError):
            info = files.read_info(path)
            mine = (info.fingerprint, info.preprocessing)
            if mine == (question.checkpoint, question.preprocessing):
                found.append(info)
    return tuple(found)


def top_photos(question: TopPhotos, lab: Lab, progress: Progress) -> TopPhotosAnswer:
    """Answer a :class:`TopPhotos` question.

    Raises
    ------
    IndexFileError
        If the index cannot be read.
    QuestionError
        If it was made with another network, or has no such channel.
    """
    started = time.perf_counter()
    path = Path(question.index)
    index = _index(path)
    made = index.subject.preprocessing
    if index.subject.fingerprint != question.checkpoint:
        raise QuestionError(f"{path.name} is an index made with another network.")
    row = _row(index, question)
    graph = lab.graph(question.checkpoint, made.height, made.width)
    node = graph.node(question.unit)
    photos = []
    table = index.table
    for place in range(index.subject.most):
        if table.photos[row, place] == NOBODY:
            break
        progress(place / index.subject.most)
        photos.append(_photo(index, row, place, node))
    seconds = time.perf_counter() - started
    where = Provenance(question.checkpoint, made, seconds, lab.device)
    return TopPhotosAnswer(question, index.info(path), tuple(photos), where)


def _index(path: Path) -> Index:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return files.read(path)  # says why
    return _kept(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=KEPT)
def _kept(path: Path, changed: int, size: int) -> Index:
    return files.read(path)


def _row(index: Index, question: TopPhotos) -> int:
    """Return a channel's row of the table."""
    before = 0
    for name, channels, *_ in index.subject.units:
        if name == question.unit:
            if not 0 <= question.channel < channels:
                raise QuestionError(
                    f"{name} has the channels 0 to {channels - 1}, not {question.channel}."
                )
            return before + question.channel
        before += channels
    raise QuestionError(f"There is no convolution “{question.unit}” in this index.")


def _photo(index: Index, row: int, place: int, node: Node) -> TopPhoto:
    table, made = index.table, index.subject.preprocessing
    path = Path(index.subject.folder, index.names[int(table.photos[row, place])])
    at = divmod(int(table.positions[row, place]), node.shape[2])
    box = box_of(node, at, made)
    value = float(table.values[row, place])
    try:
        prepared = prepare(decode(ImageSource(path=str(path))).pixels, made)
    except ImageError as error:
        return TopPhoto(str(path), value, at, box, None, None, str(error))
    left, top, right, bottom = box
    cut = prepared.picture[top:bottom, left:right]
    same = zlib.crc32(prepared.array.data) == int(table.sums[row, place])
    return TopPhoto(str(path), value, at, box, prepared.picture, cut, "" if same else CHANGED)


def box_of(node: Node, position: tuple[int, int], made: Preprocessing) -> Box:
    """Return (left, top, right, bottom), the last ones excluded, that a position can see."""
    top, bottom = node.field.span(position[0], made.height, 0)
    left, right = node.field.span(position[1], made.width, 1)
    return left, top, right + 1, bottom + 1
