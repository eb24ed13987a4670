"""What tells folders of any size apart: of each photo only sums are kept."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from inception_viewer.comparison_questions import CompareFolders, CompareGroups, Group, GroupsAnswer
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import GoogLeNet
from inception_viewer.images.batches import Batch, batch_size, batches
from inception_viewer.images.listing import FolderError, Listing, list_photos
from inception_viewer.images.sources import find
from inception_viewer.moments import Moments
from inception_viewer.questions import ImageSource, Preprocessing, Provenance

from . import group_state, pooling
from .group_state import KEPT_SENTENCES, Part
from .groups import MOST
from .parallel import World, several, together, unchanged_device
from .separating import separations

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

MOST_GROUPS = 20
"""Groups at most: each pair of them is compared."""
SAVE_EVERY = 30.0
"""Seconds: what is lost at most when the process is killed."""


def answer(question: CompareFolders, lab: Lab, progress: Progress) -> GroupsAnswer:
    """Answer a :class:`CompareFolders` question, without partial answers.

    Means and squares are added up along a fixed tree over each group's batches, so that they
    do not depend on how many processes there are. Under ``torchrun`` the first one has the
    answer; those of the others have no numbers.

    Raises
    ------
    FolderError
        If a folder holds no photos.
    QuestionError
        If there are fewer than two groups or more than :data:`MOST_GROUPS`, two of one name, or
        one of which fewer than two photos can be read.
    OtherFailedError
        If another process failed.
    """
    _check(question)
    with together() as world, unchanged_device(world, lab.device):
        return _Job(question, lab, world, progress).run()


def folders_question(
    checkpoint: str, preprocessing: Preprocessing, folders: Iterable[tuple[str, str]]
) -> CompareGroups | CompareFolders:
    """Return the question about (name, folder) pairs: with every photo's numbers if they are few.

    With sums only if a folder has more photos than that, or several processes work together.

    Raises
    ------
    FolderError
        If one is no folder.
    """
    pairs = tuple(folders)
    for _, folder in pairs:
        if not folder or not Path(folder).is_dir():
            raise FolderError(f"“{folder}” is not a folder.")
    every = [find([ImageSource(path=folder)], limit=MOST + 1) for _, folder in pairs]
    found = [one.sources for one in every]
    # A folder within that cannot be read is told by that answer alone, so that none is left
    # out in silence.
    locked = any(one.failures for one in every if one.sources)
    if several() or locked or any(len(photos) > MOST for photos in found):
        return CompareFolders(checkpoint, preprocessing, pairs)
    groups = [
        Group(name, paths=tuple(photo.path for photo in photos if photo.path))
        for (name, _), photos in zip(pairs, found, strict=True)
    ]
    return CompareGroups(checkpoint, preprocessing, tuple(groups))


def _check(question: CompareFolders) -> None:
    names = [name for name, _ in question.folders]
    if len(names) < 2:
        raise QuestionError("Comparing takes at least two groups of photos.")
    if len(names) > MOST_GROUPS:
        raise QuestionError(f"There are {len(names)} groups; at most {MOST_GROUPS} will do.")
    if len(set(names)) < len(names):
        raise QuestionError("Two groups have the same name; call one of them otherwise.")


@dataclass(eq=False)
class _Job:
    """A comparison under way."""

    question: CompareFolders
    lab: Lab
    world: World
    progress: Progress
    started: float = field(default_factory=time.perf_counter)

    def run(self) -> GroupsAnswer:
        """Go through this process's photos; the first one merges what all found."""
        net = self.lab.network(self.question.checkpoint, self.progress.lane)
        lists = {
            name: list_photos(Path(folder).absolute(), self._searching)
            for name, folder in self.question.folders
        }
        size = self._agreed(lists, batch_size(self.question.preprocessing, net.device.type))
        widths = pooling.widths(net)
        state = group_state.place_for(self._key(lists, size))
        parts = group_state.read(state, list(lists), sum(widths.values()))
        self._go_through(net, lists, parts, size, state)
        for others in (self.world.gather(parts) or [])[1:]:
            for name, part in parts.items():
                part.merge(others[name])
        with suppress(OSError):
            state.unlink(missing_ok=True)
        problems = [problem for photos in lists.values() for problem in photos.problems]
        return self._answer(parts, widths, problems[:KEPT_SENTENCES])

    def _searching(self, count: int) -> None:
        self.progress(0.0, None, f"looking into the folders: {count:,} photos so far")

    def _agreed(self, lists: Mapping[str, Listing], size: int) -> int:
        """Return the first process's batch size, if this one has the same photos."""
        mine = [photos.digest for photos in lists.values()]
        digests, size = self.world.share((mine, size))
        for photos, digest in zip(lists.values(), digests, strict=True):
            if photos.digest != digest:
                raise QuestionError(
                    f"Process {self.world.rank} finds other photos in {photos.folder} than the"
                    " first one does."
                )
        return size

    def _key(self, lists: Mapping[str, Listing], size: int) -> str:
        """Return what this process's state is called: the same photos in the same batches."""
        what = [self.question, [(name, photos.digest) for name, photos in lists.items()]]
        what += [size, self.lab.device, torch.__version__]
        mark = hashlib.sha256(repr(what).encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return f"{mark}.{self.world.rank}-of-{self.world.size}.npz"

    def _go_through(
        self,
        net: GoogLeNet,
        lists: Mapping[str, Listing],
        parts: Mapping[str, Part],
        size: int,
        state: Path,
    ) -> None:
        """Look at the photos of this process that are left."""
        mine = {name: self.world.part(len(photos), size) for name, photos in lists.items()}
        total, done = sum(map(len, mine.values())), 0
        saved, changed = time.monotonic(), False
        try:
            for name, photos in lists.items():
                part, begin = parts[name], mine[name].start + parts[name].batches * size
                done += min(begin, mine[name].stop) - mine[name].start
                left = photos[begin : mine[name].stop]
                with closing(batches(left, self.question.preprocessing, size)) as reading:
                    for batch in reading:
                        self.world.check()
                        number = mine[name].start // size + part.batches
                        _add(part, number, batch, left, net)
                        changed = True
                        done += len(batch.places) + len(batch.failures)
                        if time.monotonic() - saved > SAVE_EVERY:
                            group_state.write(state, parts)
                            saved, changed = time.monotonic(), False
                        self.progress(done / total, None, f"{done:,} of {total:,} photos")
        finally:
            if changed:
                group_state.write(state, parts)

    def _answer(
        self, parts: Mapping[str, Part], widths: Mapping[str, int], problems: list[tuple[str, str]]
    ) -> GroupsAnswer:
        asked, first = self.question, self.world.first
        moments = {}
        for name, part in parts.items() if first else ():
            found = part.tree.total
            if found is None or found.n < 2:
                raise QuestionError(f"Fewer than two photos of “{name}” could be read.")
            moments[name] = found.by_unit(widths)
        failures = [failure for part in parts.values() for failure in part.failures]
        seconds = time.perf_counter() - self.started
        return GroupsAnswer(
            asked, {}, {}, {},
            (*problems, *failures[:KEPT_SENTENCES]),
            Provenance(asked.checkpoint, asked.preprocessing, seconds, self.lab.device),
            separations(moments),
            partial=not first,
            moments=moments,
            unreadable_more=sum(part.unreadable for part in parts.values())
            - len(failures[:KEPT_SENTENCES]),
        )  # fmt: skip


def _add(part: Part, number: int, batch: Batch, photos: Listing, net: GoogLeNet) -> None:
    """Add a batch, and nothing where none of its photos could be read."""
    part.note((str(photos[place]), why) for place, why in batch.failures)
    rows = pooling.of_batch(net, batch.array)
    part.tree.add(number, Moments.of(rows))
    part.batches += 1
