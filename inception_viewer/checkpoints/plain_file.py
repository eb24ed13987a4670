"""Bytes out of a file at given places, and never out of anything that is no plain file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from inception_viewer.errors import CheckpointError

# A pipe that nobody writes to must not hold us up; text mode must not change bytes.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

Identity = tuple[int, int, int, int]


@dataclass(frozen=True)
class PlainFile:
    """A file on disk, opened anew for each piece that is read of it.

    So nothing stays open, a file that shrinks while it is read gives an error instead of
    ending the process (as a mapped one would), and one that was replaced is noticed.

    Attributes
    ----------
    path
        Where it is.
    size
        Bytes.
    identity
        Device, inode, size and time of the last change.
    """

    path: Path
    size: int
    identity: Identity

    def read(self, start: int, count: int) -> bytes:
        """Return ``count`` bytes from ``start``, fewer only where the file ends.

        Raises
        ------
        CheckpointError
            If it cannot be read or has changed.
        """
        start = min(max(0, start), self.size)
        count = max(0, min(count, self.size - start))
        with self._opened() as file:
            file.seek(start)
            return file.read(count)

    def fill(self, target: memoryview, start: int) -> None:
        """Read as many bytes as ``target`` has, from ``start``.

        Raises
        ------
        CheckpointError
            If there are not so many, it cannot be read or has changed.
        """
        with self._opened() as file:
            file.seek(min(start, self.size))
            if file.readinto(target) != len(target):  # type: ignore[attr-defined]
                raise CheckpointError("The file is cut short; download or copy it again.")

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        with opened(self.path) as (file, about):
            if _identity(about) != self.identity:
                raise CheckpointError("The file was changed while it was read; open it again.")
            yield file


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, os.stat_result]]:
    """Open a plain file for reading.

    Raises
    ------
    CheckpointError
        If there is none, it cannot be read or is something else; also where reading fails.
    """
    try:
        with os.fdopen(os.open(path, FLAGS), "rb") as file:
            about = os.fstat(file.fileno())
            for is_kind, what in KINDS:
                if is_kind(about.st_mode):
                    raise CheckpointError(f"This is {what}, not a checkpoint file.")
            yield file, about
    except FileNotFoundError:
        raise CheckpointError("There is no such file.") from None
    except IsADirectoryError:
        raise CheckpointError("This is a folder, not a checkpoint file.") from None
    except OSError as error:
        # A socket cannot be opened at all; Windows does not open folders.
        if error.errno in (errno.ENXIO, errno.EACCES) and not path.is_file() and path.exists():
            raise CheckpointError("This is not a plain file, so no checkpoint.") from None
        raise CheckpointError(f"The file cannot be read: {error.strerror or error}.") from None
    except ValueError:  # a zero byte in the path
        raise CheckpointError("There is no such file.") from None


def plain_file(path: Path) -> PlainFile:
    """Look at a file without reading it.

    Raises
    ------
    CheckpointError
        As :func:`opened`.
    """
    with opened(path) as (_, about):
        return PlainFile(path, about.st_size, _identity(about))


def _identity(about: os.stat_result) -> Identity:
    return about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns
