"""Where indexes lie, and that one process alone writes each of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
import platformdirs

from inception_viewer.index_questions import BuildIndex
from inception_viewer.questions import Preprocessing

from .files import IndexFileError

SUFFIX = ".npz"
MARK = 16
"""Hex digits of a digest in a name."""


def own_folder() -> Path:
    """Return where indexes are kept that were given no other place."""
    return platformdirs.user_cache_path("inception-viewer", appauthor=False) / "indexes"


def place_for(question: BuildIndex, preprocessing: Preprocessing, folder: Path) -> Path:
    """Return the file of an index: the one that is asked for, or one of its own.

    Raises
    ------
    IndexFileError
        If the folder for those cannot be made.
    """
    if question.out:
        return Path(question.out).absolute()
    text = f"{folder}\n{preprocessing}\n{question.most}"
    mark = hashlib.sha256(os.fsencode(text)).hexdigest()[:MARK]
    place = own_folder() / f"{question.checkpoint[:MARK]}-{mark}{SUFFIX}"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexFileError(
            f"{place.parent} cannot be made: {error.strerror or error}; name a file."
        ) from error
    return place


def places(fingerprint: str) -> list[Path]:
    """Return the files of a network's indexes, the newest first."""
    dated = []
    for path in own_folder().glob(f"{fingerprint[:MARK]}-*{SUFFIX}"):
        with suppress(OSError):
            dated.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(dated, reverse=True)]


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other windows and commands from writing the same index meanwhile.

    Raises
    ------
    IndexFileError
        If one does.
    """
    mark = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()
    place = own_folder().parent / "locks" / f"{mark[:MARK]}.lock"
    lock = filelock.FileLock(place, timeout=0)
    # Without a folder of our own to lock in there is no lock; each file is still whole, for
    # it takes its place at once.
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise IndexFileError(
                f"{path} is being written already, by another window or command."
            ) from None
    try:
        yield
    finally:
        lock.release()
