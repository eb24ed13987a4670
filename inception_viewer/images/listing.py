"""The photos of a folder of any size, in a fixed order, held as one piece of bytes.

A million photos of ImageNet are 45 MB here; as paths they would be half a gigabyte.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import overload

from inception_viewer.errors import ViewerError

from .packed_paths import PackedPaths
from .sources import SUFFIXES

QUIET = 1000
"""Photos between two reports of a search."""

Note = Callable[[int], None]
"""Told now and then how many photos were found; may raise to end the search."""


class FolderError(ViewerError):
    """A folder that no photos can be taken from; one sentence for people."""


@dataclass(frozen=True, eq=False)
class Listing(Sequence[Path]):
    """Photos in a folder, in order; a slice of it, without a step, is one as well.

    Attributes
    ----------
    folder
        Where they are, to any depth.
    digest
        Of all names and sizes: what was listed again is the same, or it is not.
    problems
        (folder, one sentence) of the folders within that could not be searched.
    """

    folder: Path
    digest: str
    problems: tuple[tuple[str, str], ...]
    _names: PackedPaths = field(repr=False)

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, place: int) -> Path: ...
    @overload
    def __getitem__(self, place: slice) -> Listing: ...
    def __getitem__(self, place: int | slice) -> Path | Listing:
        if isinstance(place, slice):
            return replace(self, _names=self._names[place])
        return Path(self.folder, self.name(place))

    def name(self, place: int) -> str:
        """Return a photo's path within the folder, its parts divided by ``/``."""
        return self._names.text(place)


def nobody(count: int) -> None:
    """Take no note of how many photos were found."""


def list_photos(folder: Path, note: Note = nobody) -> Listing:
    """List the photos in a folder, to any depth.

    A folder's own photos come before those of its folders; names are in the order of their
    characters, whatever the machine. Hidden files and folders, links to folders and what does
    not end like a photo are skipped.

    Raises
    ------
    FolderError
        If there is no such folder, it cannot be read, or it holds no photos.
    """
    names = PackedPaths()
    digest = hashlib.blake2b(digest_size=32)
    problems: list[tuple[str, str]] = []
    for name, size in _walk(folder, problems):
        names.append(name)
        digest.update(b"%s\0%d\0" % (os.fsencode(name), size))
        if len(names) % QUIET == 0:
            note(len(names))
    if not names:
        raise FolderError(f"{folder} holds no photos.")
    return Listing(folder, digest.hexdigest(), tuple(problems), names)


def _walk(folder: Path, problems: list[tuple[str, str]]) -> Iterator[tuple[str, int]]:
    """Yield each photo's path within the folder and its size in bytes, -1 if it has none."""
    left = [""]
    while left:
        place = left.pop()
        try:
            files, folders = _entries(os.path.join(folder, place))
        except OSError as error:
            why = f"The folder cannot be read: {error.strerror or error}."
            if not place:
                raise FolderError(_no_folder(folder, error)) from error
            problems.append((os.path.join(folder, place), why))
            continue
        for name, size in files:
            yield place + name, size
        left += [f"{place}{name}/" for name in reversed(folders)]


def _entries(folder: str) -> tuple[list[tuple[str, int]], list[str]]:
    files: list[tuple[str, int]] = []
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES and not entry.is_dir():
                files.append((entry.name, _size(entry)))
    return sorted(files), sorted(folders)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except OSError:
        return -1


def _no_folder(folder: Path, error: OSError) -> str:
    if not folder.is_dir():
        return f"{folder} is not a folder."
    return f"{folder} cannot be read: {error.strerror or error}."
