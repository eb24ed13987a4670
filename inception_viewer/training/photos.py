"""A folder of labelled photos: ``FOLDER/class/image``.

Photos are decoded once and kept squeezed to a square, which is how the network
that is trained on them will see them (its preprocessing says ``squeeze``).
"""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inception_viewer.errors import ImageError, ViewerError
from inception_viewer.images.decode import decode
from inception_viewer.images.sources import SUFFIXES
from inception_viewer.questions import ImageSource

SIDE = 256
"""Side in pixels of the squeezed photos that crops are taken from."""


class FolderError(ViewerError):
    """A folder that cannot be trained on; the message is one sentence for people."""


@dataclass(frozen=True)
class Labelled:
    """One photo's file and the index of its class."""

    path: Path
    label: int


@dataclass(frozen=True)
class Split:
    """The photos of a folder, divided into training and validation."""

    classes: tuple[str, ...]
    training: tuple[Labelled, ...]
    validation: tuple[Labelled, ...]


def scan(folder: Path, validation_share: float, seed: int) -> Split:
    """Find the photos of every class and keep a share of each apart.

    The choice depends on the file names and the seed alone, so a run that is taken
    up again, and anyone else's run, keeps the same photos apart.

    Raises
    ------
    FolderError
        If the folder has fewer than two classes, or a class holds too few photos.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder} is not a folder.")
    names = _class_folders(folder)
    if len(names) < 2:
        raise FolderError(f"{folder} holds {len(names)} class folders; at least 2 are needed.")
    training, validation = [], []
    for label, name in enumerate(names):
        files = sorted(p for p in (folder / name).rglob("*") if _is_photo(p))
        apart = max(round(len(files) * validation_share), 1) if validation_share else 0
        _check_class(folder / name, len(files), apart)
        files.sort(key=lambda path: zlib.crc32(f"{seed}/{name}/{path.name}".encode()))
        validation += [Labelled(path, label) for path in files[:apart]]
        training += [Labelled(path, label) for path in files[apart:]]
    return Split(tuple(names), tuple(training), tuple(validation))


def unsorted(folder: Path) -> list[Labelled]:
    """Return every photo in a folder and the folders in it, under the label -1.

    Raises
    ------
    FolderError
        If there is none.
    """
    found = sorted(path for path in folder.rglob("*") if _is_photo(path))
    if not found:
        raise FolderError(f"There are no photos in {folder}.")
    return [Labelled(path, -1) for path in found]


def _is_photo(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def _class_folders(folder: Path) -> list[str]:
    try:
        return sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name[0] != ".")
    except OSError as error:
        raise FolderError(f"{folder} cannot be read: {error.strerror}.") from error


def _check_class(folder: Path, count: int, apart: int) -> None:
    if count > apart:
        return
    if count == 0:
        raise FolderError(f"The class “{folder.name}” is empty: no photos in {folder}.")
    plural = "photo" if count == 1 else "photos"
    raise FolderError(
        f"The class “{folder.name}” holds {count} {plural}, of which {apart} would be kept apart;"
        " it needs more."
    )


@dataclass
class Photos:
    """Decoded, squeezed photos, in a store bounded in bytes; threads may share it.

    Attributes
    ----------
    limit
        Bytes that decoded photos may take; beyond it the oldest is dropped.
    skipped
        Files that could not be decoded, with the reason.
    """

    limit: int = 3 << 30
    skipped: dict[Path, str] = field(default_factory=dict)
    _store: OrderedDict[Path, NDArray[np.uint8]] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, path: Path) -> NDArray[np.uint8] | None:
        """Return the photo (SIDE, SIDE, 3), or None where it cannot be decoded."""
        with self._lock:
            if path in self.skipped:
                return None
            pixels = self._store.get(path)
        if pixels is not None:
            return pixels
        try:
            pixels = squeezed(path)
        except ImageError as error:
            with self._lock:
                self.skipped[path] = str(error)
            return None
        self._keep(path, pixels)
        return pixels

    def _keep(self, path: Path, pixels: NDArray[np.uint8]) -> None:
        with self._lock:
            if path not in self._store:
                self._store[path] = pixels
                self._bytes += pixels.nbytes
            while self._bytes > self.limit and self._store:
                self._bytes -= self._store.popitem(last=False)[1].nbytes


def squeezed(path: Path) -> NDArray[np.uint8]:
    """Decode a photo and squeeze it to (SIDE, SIDE, 3).

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    image = Image.fromarray(decode(ImageSource(path=str(path))).pixels)
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def draw(labels: NDArray[np.int64], balance: float, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the photos of one epoch, as indices, in order.

    Parameters
    ----------
    labels
        Class of every training photo.
    balance
        0 gives a permutation; above it, a draw with replacement in which a class of n
        photos has weight n ** (1 - balance).
    """
    random = np.random.default_rng((seed, epoch))
    if balance <= 0:
        return random.permutation(len(labels))
    counts = np.bincount(labels)
    weights = counts[labels].astype(float) ** -balance
    return _systematic(weights / weights.sum(), random)


def _systematic(shares: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.int64]:
    """Draw as many as there are, each close to its share: less noise than independent draws."""
    n = len(shares)
    order = random.permutation(n)
    marks = (np.arange(n) + random.random()) / n
    drawn = order[np.searchsorted(np.cumsum(shares[order]), marks).clip(max=n - 1)]
    return random.permutation(drawn)
