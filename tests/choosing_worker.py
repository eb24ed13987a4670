"""A worker without torch that also names classes, previews inputs, saves and closes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import ui_data
import verdict_data
from fake_worker import FakeWorker, predictions_of

from inception_viewer.checkpoint_questions import (
    CloseCheckpoint,
    InputPreview,
    NameClasses,
    PreviewInput,
    SaveCheckpoint,
    SavedCheckpoint,
)
from inception_viewer.checkpoints.class_lists import read_class_list
from inception_viewer.errors import QuestionError
from inception_viewer.images.decode import decode
from inception_viewer.images.preprocess import prepare
from inception_viewer.questions import CheckpointInfo, ImageSource, OpenCheckpoint, Question
from inception_viewer.verdict_questions import Convention, Judge, Suggestion, Sureness

LEAST = 31


@dataclass
class ChoosingWorker(FakeWorker):
    """Answers :mod:`checkpoint_questions`, too.

    Attributes
    ----------
    steps
        Reports of a saving, so that a test can cancel it.
    """

    opened: dict[str, CheckpointInfo] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    steps: int = 3

    def answer(self, question: Question, lab: FakeWorker, progress: Any) -> Any:
        """Answer one question."""
        mine = {
            NameClasses: self.name,
            CloseCheckpoint: self.close,
            PreviewInput: self.preview,
            SaveCheckpoint: self.save,
        }
        answering = mine.get(type(question))
        if answering is None:
            found = super().answer(question, lab, progress)
            if isinstance(question, OpenCheckpoint):
                found = replace(found, least_size=LEAST)
                self.opened[found.fingerprint] = found
            return found
        self.asked.append(question)
        event = self.hold.get(type(question))
        while event is not None and not event.wait(0.005):
            progress(0.0)
        if type(question) in self.failures:
            raise self.failures[type(question)]
        return answering(question, progress)  # type: ignore[operator]

    def judge(self, question: Judge, progress: Any) -> Any:
        """Rank three inputs; the samples speak for :attr:`wanted`, if there is one."""
        progress(0.5)
        own = verdict_data.OWN
        if question.preprocessing is not None:
            own = Convention("as edited", question.preprocessing)
        others = [one for one in (verdict_data.CAFFE, verdict_data.PLAIN) if one != own]
        ranked = tuple(
            Sureness(one, one.preprocessing, 0.9 - place / 10, 1.0, 1.6 - place / 10)
            for place, one in enumerate([own, *others])
        )
        better = next((one for one in ranked[1:] if one.convention == self.wanted), None)
        told = Suggestion(ranked[0], ranked, better, "12 sample photos say so.", 12)
        return verdict_data.verdict(ui_data.HEADS, told, own, question.checkpoint)

    def name(self, question: NameClasses, progress: Any) -> CheckpointInfo:
        """Other names for the classes of an open checkpoint."""
        info = self.opened[question.checkpoint]
        if not question.names:
            return info
        classes = read_class_list(question.names, len(info.classes))
        return replace(info, classes=classes, names=question.names)

    def close(self, question: CloseCheckpoint, progress: Any) -> None:
        """Release a checkpoint."""
        self.opened.pop(question.checkpoint, None)
        self.closed.append(question.checkpoint)

    def preview(self, question: PreviewInput, progress: Any) -> InputPreview:
        """What becomes of a photo, truly; the answer leans towards a class by the mean."""
        made = question.scene.preprocessing
        if made.scale > 1e5:
            raise QuestionError("Under this input the network's answers are no numbers.")
        source = self.photos[question.scene.image]
        pixels = decode(ImageSource(path=source.source)).pixels
        cut = prepare(pixels, made)
        flat = cut.array.reshape(3, -1).astype(np.float64)
        return InputPreview(
            scene=question.scene,
            photo=pixels,
            picture=cut.picture,
            crop=cut.crop,
            minimum=tuple(flat.min(1)),
            mean=tuple(flat.mean(1)),
            maximum=tuple(flat.max(1)),
            predictions=predictions_of(question.scene),
        )

    def save(self, question: SaveCheckpoint, progress: Any) -> SavedCheckpoint:
        """Write a few bytes."""
        for step in range(self.steps):
            progress(step / self.steps, text="Saving")
        Path(question.path).write_bytes(b"12345")
        return SavedCheckpoint(question.path, 5)
