"""How good a network is: each head's answers on labelled photos, counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from inception_viewer.fitted import fitted_heads
from inception_viewer.folder_questions import Counts, Evaluate, EvaluationAnswer
from inception_viewer.googlenet.architecture import INPUT, LOGITS, GoogLeNet
from inception_viewer.googlenet.variants import HEADS
from inception_viewer.images.batches import batch_size, batches
from inception_viewer.images.labelled import LabelledError, LabelledPhotos, labelled
from inception_viewer.questions import Floats, Provenance

from .rows import Rows, open_rows
from .tally import Tally, answers

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

KEPT_SENTENCES = 1000
"""Sentences on unreadable photos that are kept; the others are counted."""
PARTIAL_EVERY = 1.0
"""Seconds between partial answers: making one takes some milliseconds."""
SEARCH_QUIET = 1.0
"""Seconds after which a search for photos is worth mentioning."""


def answer(question: Evaluate, lab: Lab, progress: Progress) -> EvaluationAnswer:
    """Answer an :class:`Evaluate` question, photo by photo; partial answers come on the way.

    Raises
    ------
    LabelledError
        If the folder or the list gives no labelled photos.
    RowsError
        If the CSV file cannot be written.
    QuestionError
        If the checkpoint is not open.
    """
    info = lab.info(question.checkpoint)
    found = labelled(question.folder, question.list_file, info.classes, _searching(progress))
    net = lab.network(question.checkpoint, progress.lane)
    heads = [head for head in HEADS if head in net.variant.heads]
    sizes = (len(info.classes), question.bins, question.worst)
    notes = fitted_heads(info.heads, info.metadata)
    tallies = {
        head: Tally(head, info.heads[head], *sizes, note=notes.get(head, "")) for head in heads
    }
    run = _Run(question, lab, found, tallies, info.classes, net.device.type)
    with open_rows(question.csv, heads, info.classes) as rows:
        run.measure(net, rows, progress)
        run.check_any()
    return run.result()


def _searching(progress: Progress) -> Callable[[float], None]:
    """Return what is told of the search for photos; of a short one there is nothing to say."""
    began = time.monotonic()

    def note(_share: float) -> None:
        if time.monotonic() - began > SEARCH_QUIET:
            progress(0.0, None, "looking into the folder")

    return note


@dataclass(eq=False)
class _Run:
    """An evaluation under way."""

    question: Evaluate
    lab: Lab
    found: LabelledPhotos
    tallies: Mapping[str, Tally]
    classes: tuple[str, ...]
    device: str
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    unreadable_count: int = 0
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.labels = np.array(self.found.labels, np.int64)
        self.count = np.zeros(len(self.classes), np.int64)
        checkpoint = self.lab.info(self.question.checkpoint).preprocessing
        self.preprocessing = self.question.preprocessing or checkpoint

    def measure(self, net: GoogLeNet, rows: Rows, progress: Progress) -> None:
        """Measure every photo."""
        paths = self.found.paths
        size = batch_size(self.preprocessing, self.device)
        done, told = 0, self.started
        with closing(batches(paths, self.preprocessing, size)) as reading:
            for batch in reading:
                for place, problem in batch.failures:
                    self._note_unreadable(place, problem, rows)
                if batch.places:
                    self._add(np.array(batch.places), logits(net, batch.array), rows)
                done += len(batch.places) + len(batch.failures)
                due = time.monotonic() - told >= PARTIAL_EVERY
                told = time.monotonic() if due else told
                partial = self.result(partial=True) if due else None
                progress(done / len(paths), partial, f"{done} of {len(paths)} photos")

    def _add(self, places: Counts, said: Mapping[str, Floats], rows: Rows) -> None:
        labels = self.labels[places]
        names = [str(self.found.paths[place]) for place in places]
        given = {head: answers(values, labels) for head, values in said.items()}
        for head, tally in self.tallies.items():
            tally.add(given[head], labels, names)
        np.add.at(self.count, labels, 1)
        rows.add(names, labels, given)

    def _note_unreadable(self, place: int, problem: str, rows: Rows) -> None:
        name = str(self.found.paths[place])
        self.unreadable_count += 1
        if len(self.unreadable) < KEPT_SENTENCES:
            self.unreadable.append((name, problem))
        rows.add_unreadable(name, self.found.labels[place], problem)

    def check_any(self) -> None:
        """Raise LabelledError if no photo could be read: there are no numbers then."""
        if not self.count.any():
            raise LabelledError(
                f"None of the {len(self.found.paths)} photos in {self.question.folder} can be"
                f" read: {self.unreadable[0][1]}"
            )

    def result(self, *, partial: bool = False) -> EvaluationAnswer:
        """Return what was counted so far."""
        seconds = time.monotonic() - self.started
        return EvaluationAnswer(
            question=self.question,
            classes=self.classes,
            count=self.count.copy(),
            found=len(self.found.paths),
            heads={head: tally.result() for head, tally in self.tallies.items()},
            left_out=self.found.left_out,
            unreadable=tuple(self.unreadable),
            unreadable_count=self.unreadable_count,
            provenance=Provenance(
                self.question.checkpoint, self.preprocessing, seconds, self.device
            ),
            partial=partial,
        )


def logits(net: GoogLeNet, array: Floats) -> dict[str, Floats]:
    """Return each head's logits (N, classes) for preprocessed photos (N, 3, H, W)."""
    heads = [head for head in HEADS if head in net.variant.heads]
    with torch.inference_mode():
        x = net.transform(net.place(torch.from_numpy(array)))
        values = net.run({INPUT: x}, [LOGITS[head] for head in heads])
    return {head: values[LOGITS[head]].cpu().numpy() for head in heads}
