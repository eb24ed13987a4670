"""Going through a folder for what excites each channel most."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inception_viewer.analysis.parallel import World, together, unchanged_device
from inception_viewer.errors import QuestionError
from inception_viewer.images.batches import Batch, batch_size, batches
from inception_viewer.images.listing import FolderError, Listing, list_photos
from inception_viewer.index_questions import BuildIndex, IndexAnswer
from inception_viewer.questions import Notice, Provenance

from . import files, places
from .files import Index, IndexFileError, Subject
from .looking import Look
from .table import NOBODY, empty

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

SAVE_EVERY = 30.0
"""Seconds: what is lost at most when the process is killed."""
FIRST_SAVE = 2.0
"""Seconds until the file is first written, so that there is something to look at; then twice
as long each time, up to :data:`SAVE_EVERY`."""
SEARCH_QUIET = 1.0
"""Seconds after which a search for photos is worth mentioning."""
FAILURES = 100
"""Photos that could not be read, whose sentences are kept; the others are counted."""
MOST = 100
"""Photos of a channel that can be kept."""


def answer(question: BuildIndex, lab: Lab, progress: Progress) -> IndexAnswer:
    """Answer a :class:`BuildIndex` question; a partial answer comes when the file was written.

    Under ``torchrun`` each process looks at its own part of the folder and keeps how far it is
    in a file of its own beside ``out``; the first one merges the parts and writes ``out``. The
    others' answers are about their own parts.

    Raises
    ------
    FolderError
        If the folder holds no photos that can be read, or is gone on the way.
    IndexFileError
        If ``out`` cannot be written, or is something else.
    QuestionError
        If the checkpoint is not open, or the question makes no sense for it.
    OtherFailedError
        If another of several processes failed or is gone.
    """
    waiting = _Waiting(progress)
    with together(waiting) as world, unchanged_device(world, lab.device), ExitStack() as stack:
        return _job(question, lab, waiting, world, stack).run()


@dataclass(eq=False)
class _Waiting:
    """Says that this process waits for others, and is stopped meanwhile by its progress."""

    progress: Progress
    share: float = 0.0

    def __call__(self) -> None:
        self.progress(self.share, None, "waiting for the other processes")


def _job(question: BuildIndex, lab: Lab, waiting: _Waiting, world: World, stack: ExitStack) -> _Job:
    """Find out what there is to do."""
    progress = waiting.progress
    if not 1 <= question.most <= MOST:
        raise QuestionError(f"Of each channel 1 to {MOST} photos can be kept, not {question.most}.")
    made = question.preprocessing or lab.info(question.checkpoint).preprocessing
    graph = lab.graph(question.checkpoint, made.height, made.width)
    look = Look(lab.network(question.checkpoint, progress.lane), graph)
    folder = Path(question.folder).absolute()
    out = places.place_for(question, made, folder)
    if world.first:
        stack.enter_context(places.alone(out))
    photos = list_photos(folder, _searching(progress))
    subject = Subject(
        question.checkpoint, made, str(folder), photos.digest, len(photos), question.most,
        look.units, 0, len(photos),
    )  # fmt: skip
    job = _Job(question, lab, waiting, world, look, photos, subject, out)
    if world.first:
        job.find_known()
    return job


def _searching(progress: Progress) -> Callable[[int], None]:
    """Return what is told of the search for photos; of a short one there is nothing to say."""
    began = time.monotonic()

    def note(count: int) -> None:
        if time.monotonic() - began > SEARCH_QUIET:
            progress(0.0, None, f"looking into the folder: {count:,} photos so far")

    return note


@dataclass(eq=False)
class _Job:
    """An index that is being made."""

    question: BuildIndex
    lab: Lab
    waiting: _Waiting
    world: World
    look: Look
    photos: Listing
    subject: Subject
    out: Path
    known: Index | None = None
    started: float = field(default_factory=time.monotonic)

    def find_known(self) -> None:
        """Read what ``out`` holds: it can be gone on with, is of other photos, or is refused."""
        if not os.path.exists(self.out):  # nor one whose name is too long: writing says so
            return
        try:
            found = files.read(self.out)
        except IndexFileError:
            if self.question.out:
                raise
            return  # one of our own, damaged: it is made anew
        if found.subject == self.subject:
            self.known = found
        elif _without_photos(found.subject) != _without_photos(self.subject):
            raise IndexFileError(
                f"{self.out} is an index of another folder, network or input, and is kept;"
                " name another file."
            )
        else:
            self._notice("are not those that were indexed; the index is made anew")

    def run(self) -> IndexAnswer:
        """Make the index, or find that it is made."""
        complete = self.known is not None and self.known.info(self.out).complete
        digest, complete = self.world.share((self.photos.digest, complete))
        self._check_same(digest)
        if complete:
            return self._answer(self.known or self._blank(self.subject))
        if self.world.size > 1:
            return self._in_parts()
        return self._answer(self._go_through(self.known or self._blank(self.subject), self.out))

    def _in_parts(self) -> IndexAnswer:
        """Look at this process's part; the first one merges all."""
        world, batch = self.world, self.world.share(self._batch)
        part = world.part(len(self.photos), batch)
        subject = replace(self.subject, begin=part.start, end=part.stop)
        state = self.out.with_name(f"{self.out.name}.{world.rank}-of-{world.size}")
        mine = self._go_through(self._part_known(state, subject), state, batch)
        parts = world.gather(mine)
        whole = mine if parts is None else merged(parts, self.subject)
        if world.first:
            files.write(whole, self.out)
        world.meet()  # what went wrong with that is raised in all of them
        with suppress(OSError):
            state.unlink(missing_ok=True)
        return self._answer(whole)

    def _part_known(self, state: Path, subject: Subject) -> Index:
        with suppress(IndexFileError):
            found = files.read(state)
            if found.subject == subject:
                return found
        return self._blank(subject)

    def _go_through(self, index: Index, state: Path, size: int = 0) -> Index:
        """Look at the photos that are left, and keep what is known in ``state``."""
        files.write(index, state, keep=False)  # a full disk is told now, not in half a minute
        begin, kept, saved, wait = index.done, index, time.monotonic(), FIRST_SAVE
        left = self.photos[begin : index.subject.end]
        try:
            with closing(batches(left, index.subject.preprocessing, size or self._batch)) as reads:
                for batch in reads:
                    index = self._step(index, batch, begin)
                    ripe = time.monotonic() - saved > wait
                    if ripe:
                        files.write(self._named(index), state)
                        kept, saved, wait = index, time.monotonic(), min(2 * wait, SAVE_EVERY)
                    self._tell(index, begin, written=ripe and state == self.out)
        finally:
            # However it ends, cancelled too: what is known is kept.
            if index is not kept:
                files.write(self._named(index), state)
        return self._named(index)

    @property
    def _batch(self) -> int:
        return batch_size(self.subject.preprocessing, self.look.net.device.type)

    def _step(self, index: Index, batch: Batch, begin: int) -> Index:
        """Return the index with a batch of the photos from ``begin``."""
        if not batch.places and not any(
            self.photos[begin + at].exists() for at, _ in batch.failures
        ):
            # Not eight damaged photos, but a folder that was moved or a disk that was taken away.
            raise FolderError(f"{self.photos.folder} is gone; what was found in it is kept.")
        table = index.table
        if batch.places:
            values, positions = self.look.at(batch.array, table.floor)
            sums = np.array([zlib.crc32(photo.data) for photo in batch.array], np.uint32)
            table = table.add(values, begin + np.array(batch.places), positions, sums)
        wrong = tuple((self.photos.name(begin + place), why) for place, why in batch.failures)
        return replace(
            index,
            table=table,
            done=index.done + len(batch.places) + len(batch.failures),
            unreadable=index.unreadable + len(wrong),
            failures=(index.failures + wrong)[:FAILURES],
        )

    def _tell(self, index: Index, begin: int, *, written: bool) -> None:
        share = (index.done - begin) / (index.subject.end - begin)
        first = index.subject.begin
        text = f"{index.done - first:,} of {index.subject.end - first:,} photos"
        self.waiting.share = share
        self.waiting.progress(share, self._answer(index, partial=True) if written else None, text)
        self.world.check()

    def _check_same(self, digest: str) -> None:
        if digest != self.photos.digest:
            raise FolderError(
                f"Process {self.world.rank} finds other photos in {self.photos.folder} than the"
                " first one does."
            )

    def _blank(self, subject: Subject) -> Index:
        return Index(subject, subject.begin, 0, (), empty(self.look.channels, subject.most), {})

    def _named(self, index: Index) -> Index:
        numbers = np.unique(index.table.photos).tolist()
        names = {number: self.photos.name(number) for number in numbers if number != NOBODY}
        return replace(index, names=names)

    def _notice(self, what: str) -> None:
        sentence = f"The photos in {self.photos.folder} {what}."
        self.waiting.progress.notice(Notice(sentence, self.lab.machine))

    def _answer(self, index: Index, *, partial: bool = False) -> IndexAnswer:
        info, folder = index.info(self.out), self.photos.folder
        failures = tuple((str(folder / name), why) for name, why in index.failures)
        if not partial and not info.photos and self.world.first:
            raise FolderError(
                f"None of the {info.found} photos in {folder} can be read: {failures[0][1]}"
            )
        seconds = time.monotonic() - self.started
        about = self.subject
        where = Provenance(about.fingerprint, about.preprocessing, seconds, self.lab.device)
        said = (*failures, *self.photos.problems)[:FAILURES]
        return IndexAnswer(self.question, info, said, where, partial)


def _without_photos(subject: Subject) -> Subject:
    """Return what an index is of, whatever the folder holds."""
    return replace(subject, digest="", found=0, begin=0, end=0)


def merged(parts: Sequence[Index], subject: Subject) -> Index:
    """Return one index of several that follow each other in the listing."""
    table = reduce(lambda first, later: first.merged(later), (part.table for part in parts))
    names = {number: name for part in parts for number, name in part.names.items()}
    best = np.unique(table.photos).tolist()
    return Index(
        subject,
        done=parts[-1].done,
        unreadable=sum(part.unreadable for part in parts),
        failures=tuple(failure for part in parts for failure in part.failures)[:FAILURES],
        table=table,
        names={number: names[number] for number in best if number != NOBODY},
    )
