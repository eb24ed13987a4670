"""Index files: an uncompressed ``.npz`` of plain numbers, read without trusting it.

It holds the table, the names of the photos in it, and ``about``, JSON that says what it is an
index of and how far it is. The same index is the same file, byte for byte.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from inception_viewer.checkpoints.plain_file import opened
from inception_viewer.errors import CheckpointError, ViewerError
from inception_viewer.fit_events import preprocessing_from_json
from inception_viewer.index_questions import IndexInfo
from inception_viewer.questions import Preprocessing

from .table import NOBODY, Table

KIND, VERSION = "Inception Viewer index", 1
LARGEST = 128 << 20
"""Bytes that an index file may have: 100 photos of each channel are under 60 MB."""
TABLE = {"values": "<f4", "photos": "<i8", "positions": "<i4", "sums": "<u4"}
"""The arrays (channels, most)."""
ARRAYS = {**TABLE, "about": "|u1", "winners": "<i8", "names": "|u1"}
"""All arrays; ``about`` and ``names`` are text."""

Unit = tuple[str, int, int, int]


class IndexFileError(ViewerError):
    """An index that cannot be read, written or gone on with; one sentence for people."""


@dataclass(frozen=True)
class Subject:
    """What an index is of: the same subject gives the same index.

    Attributes
    ----------
    fingerprint, preprocessing
        The network, and how photos become its input.
    folder
        Whose photos.
    digest
        Of their names and sizes.
    found
        How many there are.
    most
        Photos kept of each channel.
    units
        (name, channels, height, width) of the convolutions, in the table's order.
    begin, end
        The photos that are this process's; all of them in a finished index.
    """

    fingerprint: str
    preprocessing: Preprocessing
    folder: str
    digest: str
    found: int
    most: int
    units: tuple[Unit, ...]
    begin: int
    end: int


@dataclass(frozen=True, eq=False)
class Index:
    """An index, finished or as far as it is.

    Attributes
    ----------
    subject
        What of.
    done
        The photos before this one, from ``subject.begin``, were looked at.
    unreadable, failures
        How many of them could not be read, and (name, one sentence) of the first.
    table
        The best.
    names
        Of the photos in the table, by their place in the listing; relative to the folder.
    """

    subject: Subject
    done: int
    unreadable: int
    failures: tuple[tuple[str, str], ...]
    table: Table
    names: Mapping[int, str]

    def info(self, path: str | Path) -> IndexInfo:
        """Return what this is, for people."""
        about = self.subject
        return IndexInfo(
            path=str(path),
            fingerprint=about.fingerprint,
            preprocessing=about.preprocessing,
            folder=about.folder,
            photos=self.done - about.begin - self.unreadable,
            found=about.found,
            unreadable=self.unreadable,
            most=about.most,
            channels=len(self.table.values),
        )


# --- written -------------------------------------------------------------------------


def write(index: Index, path: Path, *, keep: bool = True) -> None:
    """Write an index; the file takes its place once it is whole.

    Parameters
    ----------
    keep
        False to try only whether it can be written.

    Raises
    ------
    IndexFileError
        If it cannot be; what the file held before is kept.
    """
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("wb") as stream:
            np.savez(stream, **_arrays(index))
            stream.flush()
            os.fsync(stream.fileno())
        if keep:
            partial.replace(path)
    except OSError as error:
        raise IndexFileError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _arrays(index: Index) -> dict[str, Any]:
    winners = sorted(index.names)
    names = b"\0".join(os.fsencode(index.names[number]) for number in winners)
    about = {
        "kind": KIND,
        "version": VERSION,
        **asdict(index.subject),
        "done": index.done,
        "unreadable": index.unreadable,
        "failures": index.failures,
    }
    made = {name: getattr(index.table, name).astype(kind) for name, kind in TABLE.items()}
    made["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    made["winners"] = np.array(winners, "<i8")
    made["names"] = np.frombuffer(names, np.uint8)
    return made


# --- read ----------------------------------------------------------------------------


def read(path: Path) -> Index:
    """Read an index.

    Raises
    ------
    IndexFileError
        If there is none, it cannot be read, is something else, or is damaged.
    """
    stored = _stored(path, list(ARRAYS))
    try:
        return _index(stored)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise IndexFileError(_foreign(path)) from error


def read_info(path: Path) -> IndexInfo:
    """Return what an index is, without reading its table.

    Raises
    ------
    IndexFileError
        As :func:`read`.
    """
    try:
        about = _about(_stored(path, ["about"])["about"])
        subject = _subject(about)
        channels = sum(unit[1] for unit in subject.units)
        looked = int(about["done"]) - subject.begin - int(about["unreadable"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IndexFileError(_foreign(path)) from error
    return IndexInfo(
        str(path), subject.fingerprint, subject.preprocessing, subject.folder, looked,
        subject.found, int(about["unreadable"]), subject.most, channels,
    )  # fmt: skip


def _stored(path: Path, names: list[str]) -> dict[str, NDArray[Any]]:
    """Return some of the arrays; none is larger than the file."""
    if not os.path.exists(path):
        raise IndexFileError(f"There is no index {path}; “inception-viewer index” makes one.")
    try:
        with opened(path) as (file, status):
            content = file.read(LARGEST) if status.st_size <= LARGEST else b""
    except CheckpointError as error:  # no plain file
        raise IndexFileError(f"The index {path} cannot be read: {error}") from error
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            if set(entries) != {f"{name}.npy" for name in ARRAYS}:
                raise ValueError("of other arrays")
            return {
                name: _array(_content(archive, entries[f"{name}.npy"]), ARRAYS[name])
                for name in names
            }
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        raise IndexFileError(_foreign(path)) from error


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # What is stored as it is cannot grow: a bomb is refused before a byte of it is unpacked.
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
        raise ValueError("compressed")
    return archive.read(entry)


def _array(content: bytes, kind: str) -> NDArray[Any]:
    """Return the array in a ``.npy``, whose header has to fit what follows it."""
    stream = io.BytesIO(content)
    if npy.read_magic(stream) != (1, 0):
        raise ValueError("of another version")
    shape, in_columns, dtype = npy.read_array_header_1_0(stream)
    if dtype != np.dtype(kind) or (in_columns and len(shape) > 1):
        raise ValueError("of another type")
    return np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape)


def _about(array: NDArray[Any]) -> dict[str, Any]:
    about: dict[str, Any] = json.loads(array.tobytes())
    if about["kind"] != KIND or about["version"] != VERSION:
        raise ValueError("of another kind or version")
    return about


def _subject(about: Mapping[str, Any]) -> Subject:
    subject = Subject(
        fingerprint=str(about["fingerprint"]),
        preprocessing=preprocessing_from_json(json.dumps(about["preprocessing"])),
        folder=str(about["folder"]),
        digest=str(about["digest"]),
        found=int(about["found"]),
        most=int(about["most"]),
        units=tuple((str(name), int(c), int(h), int(w)) for name, c, h, w in about["units"]),
        begin=int(about["begin"]),
        end=int(about["end"]),
    )
    if not 0 <= subject.begin <= int(about["done"]) <= subject.end <= subject.found:
        raise ValueError("it is further than it can be")
    return subject


def _index(stored: Mapping[str, NDArray[Any]]) -> Index:
    about = _about(stored["about"])
    subject = _subject(about)
    table = Table(*(stored[name] for name in TABLE))
    texts = stored["names"].tobytes().split(b"\0") if stored["winners"].size else []
    pairs = zip(stored["winners"].tolist(), map(os.fsdecode, texts), strict=True)
    index = Index(
        subject=subject,
        done=int(about["done"]),
        unreadable=int(about["unreadable"]),
        failures=tuple((str(name), str(why)) for name, why in about["failures"]),
        table=table,
        names=dict(pairs),
    )
    _check(index)
    return index


def _check(index: Index) -> None:
    """Raise ValueError if the table cannot be what it says it is."""
    subject, table = index.subject, index.table
    channels = [unit[1] for unit in subject.units]
    shape = (sum(channels), subject.most)
    areas = np.repeat([height * width for *_, height, width in subject.units], channels)
    taken = table.photos != NOBODY
    fits = (
        all(getattr(table, name).shape == shape for name in TABLE)
        and np.isfinite(table.values).all()
        and (np.diff(table.values) <= 0).all()
        and ((table.values > 0) == taken).all()
        and ((table.positions >= 0) & (table.positions < areas[:, None])).all()
        and set(np.unique(table.photos[taken]).tolist()) == set(index.names)
        and all(subject.begin <= number < index.done for number in index.names)
        and all(_inside(name) for name in index.names.values())
    )
    if not fits:
        raise ValueError("it contradicts itself")


def _inside(name: str) -> bool:
    """Whether a name stays within the folder, so that a file from elsewhere opens nothing else."""
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and ":" not in name[:2]


def _foreign(path: Path) -> str:
    return f"{path.name} is no index of photos that this program made, or it is damaged."
