"""Indexes and top photos for the tests of the window, made without torch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import ui_data
from fake_worker import FakeWorker

from inception_viewer.errors import QuestionError
from inception_viewer.index_questions import (
    BuildIndex,
    FindIndexes,
    IndexAnswer,
    IndexInfo,
    TopPhoto,
    TopPhotos,
    TopPhotosAnswer,
)
from inception_viewer.questions import Preprocessing, frozen_array

REFUSED = "This index is of another checkpoint than the open one."


def info(
    path: str = "/cache/few.index", folder: str = "/photos/few", photos: int = 300, **others: Any
) -> IndexInfo:
    """An index of 300 photos, complete unless it is said otherwise."""
    made = IndexInfo(
        path, ui_data.FINGERPRINT, ui_data.PREPROCESSING, folder, photos, 300, 0, 9, 7280
    )
    return replace(made, **others)


def photo(place: int, size: int, folder: str = "/photos/few", *, gone: bool = False) -> TopPhoto:
    """The photo at a place; the last three see over the picture's edge."""
    position = (place * 3 + 2, 27 - 3 * place)
    middle = np.array([position[1], position[0]]) * 8 + 4
    left, top = (int(value) for value in np.maximum(middle - size // 2, 0))
    right, bottom = (int(value) for value in np.minimum(middle + size // 2 + 1, 224))
    path = f"{folder}/{'cup' if place % 2 else 'ewer'}/image_{place:04}.jpg"
    activation = 12.5 / (1 + 0.2 * place)
    box = (left, top, right, bottom)
    if gone:
        why = f"{Path(path).name} is not there any more."
        return TopPhoto(path, activation, position, box, None, None, why)
    picture = np.roll(ui_data.picture(), 20 * place, axis=1)
    cut = frozen_array(picture[top:bottom, left:right].copy())
    return TopPhoto(path, activation, position, box, frozen_array(picture), cut)


def answer(
    question: TopPhotos, about: IndexInfo, count: int = 9, gone: tuple[int, ...] = ()
) -> TopPhotosAnswer:
    """The top photos of a channel, at the size of its unit's receptive field."""
    size = ui_data.graph().node(question.unit).field.size
    photos = (photo(at, size, about.folder, gone=at in gone) for at in range(count))
    return TopPhotosAnswer(question, about, tuple(photos), ui_data.provenance())


def built(question: BuildIndex, photos: int, *, partial: bool) -> IndexAnswer:
    """What is known of a folder when so many photos were looked at."""
    made = question.preprocessing or Preprocessing()
    about = info(question.out or "/cache/new.index", question.folder, photos, preprocessing=made)
    return IndexAnswer(question, about, (), ui_data.provenance(), partial)


@dataclass
class IndexWorker(FakeWorker):
    """Knows some indexes of the open checkpoint; any other file is refused."""

    indexes: dict[str, IndexInfo] = field(default_factory=dict)
    files: dict[str, IndexInfo] = field(default_factory=dict)
    count: int = 9
    gone: tuple[int, ...] = ()

    def answer(self, question: Any, lab: FakeWorker, progress: Any) -> Any:
        """Answer what is asked of indexes; the rest as ever."""
        if isinstance(question, FindIndexes):
            self.asked.append(question)
            made = question.preprocessing
            return tuple(replace(one, preprocessing=made) for one in self.indexes.values())
        if isinstance(question, TopPhotos):
            self.asked.append(question)
            known = {**self.indexes, **self.files}.get(question.index)
            if known is None:
                raise QuestionError(REFUSED)
            return answer(question, known, self.count, self.gone)
        return super().answer(question, lab, progress)
