"""How good a network is: each head's answers on labelled photos, counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from inception_viewer.analysis.parallel import World, together, unchanged_device
from inception_viewer.fitted import fitted_heads
from inception_viewer.folder_questions import Evaluate, EvaluationAnswer
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

    Under ``torchrun`` each process measures its own part of the photos, and the first one
    merges them; the others' answers are partial, of their own parts.

    Raises
    ------
    LabelledError
        If the folder or the list gives no labelled photos.
    TableError
        If the CSV file cannot be written.
    QuestionError
        If the checkpoint is not open.
    OtherFailedError
        If another process failed.
    """
    with together() as world, unchanged_device(world, lab.device):
        info = lab.info(question.checkpoint)
        found = labelled(question.folder, question.list_file, info.classes, _searching(progress))
        net = lab.network(question.checkpoint, progress.lane)
        heads = [head for head in HEADS if head in net.variant.heads]
        sizes = (len(info.classes), question.bins, question.worst)
        notes = fitted_heads(info.heads, info.metadata)
        tallies = {
            head: Tally(head, info.heads[head], *sizes, note=notes.get(head, "")) for head in heads
        }
        run = _Run(question, lab, found, tallies, info.classes, net.device.type, world)
        with open_rows(question.csv, heads, info.classes, first=world.first) as rows:
            run.measure(net, rows, progress)
            run.merge(rows)
            run.check_any()
        return run.result(partial=not world.first)


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
    world: World
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    unreadable_count: int = 0
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.labels = np.array(self.found.labels, np.int64)
        self.count = np.zeros(len(self.classes), np.int64)
        checkpoint = self.lab.info(self.question.checkpoint).preprocessing
        self.preprocessing = self.question.preprocessing or checkpoint

    def measure(self, net: GoogLeNet, rows: Rows, progress: Progress) -> None:
        """Measure every photo of this process's part."""
        size = self._agreed(batch_size(self.preprocessing, self.device))
        part = self.world.part(len(self.found.paths), size)
        done, told = 0, self.started
        paths = self.found.paths[part.start : part.stop]
        with closing(batches(paths, self.preprocessing, size)) as reading:
            for number, batch in enumerate(reading, part.start // size):
                self.world.check()
                for place, problem in batch.failures:
                    self._note_unreadable(part[place], problem, rows)
                self._add(number, [part[place] for place in batch.places], net, batch.array, rows)
                done += len(batch.places) + len(batch.failures)
                due = time.monotonic() - told >= PARTIAL_EVERY
                told = time.monotonic() if due else told
                partial = self.result(partial=True) if due else None
                progress(done / len(paths), partial, f"{done} of {len(paths)} photos")

    def _agreed(self, size: int) -> int:
        """Return the first process's batch size, if this one has the same photos."""
        mine = self.found.digest if self.world.size > 1 else ""
        photos, size = self.world.share((mine, size))
        if photos != mine:
            raise LabelledError(
                f"Process {self.world.rank} finds other photos in {self.question.folder} than the"
                " first one does."
            )
        return size

    def _add(
        self, number: int, places: list[int], net: GoogLeNet, array: Floats, rows: Rows
    ) -> None:
        labels = self.labels[places]
        names = [str(self.found.paths[place]) for place in places]
        said = logits(net, array) if places else self._nothing()
        given = {head: answers(values, labels) for head, values in said.items()}
        for head, tally in self.tallies.items():
            tally.add(given[head], labels, names, number)
        np.add.at(self.count, labels, 1)
        rows.add(names, labels, given)

    def _nothing(self) -> dict[str, Floats]:
        return {head: np.empty((0, len(self.classes)), np.float32) for head in self.tallies}

    def merge(self, rows: Rows) -> None:
        """Have the first process know what all counted, and write their lines."""
        mine = (self.tallies, self.count, self.unreadable, self.unreadable_count)
        for tallies, count, unreadable, how_many in (self.world.gather(mine) or [])[1:]:
            for head, tally in self.tallies.items():
                tally.merge(tallies[head])
            self.count += count
            self.unreadable += unreadable
            self.unreadable_count += how_many
        self.unreadable = self.unreadable[:KEPT_SENTENCES]
        for piece in self.world.collect(rows.pieces()):
            rows.append(piece)

    def _note_unreadable(self, place: int, problem: str, rows: Rows) -> None:
        name = str(self.found.paths[place])
        self.unreadable_count += 1
        if len(self.unreadable) < KEPT_SENTENCES:
            self.unreadable.append((name, problem))
        rows.add_unreadable(name, self.found.labels[place], problem)

    def check_any(self) -> None:
        """Raise LabelledError if no photo could be read: there are no numbers then."""
        if self.world.first and not self.count.any():
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
