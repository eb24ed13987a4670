"""Photos with their classes: ``FOLDER/class/image``, or a list of paths and labels."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inception_viewer.errors import ViewerError
from inception_viewer.folder_questions import LeftOut
from inception_viewer.questions import ImageSource

from .naming import ClassNames, key
from .packed_paths import PackedPaths
from .sources import SUFFIXES, find, natural

MOST = 1_000_000
"""Photos of one folder or list that are looked at."""
LARGEST_LIST = 64 << 20
"""Bytes that a list may have."""
EXAMPLES = 4
"""Names that a sentence quotes."""
LINES = 2000
"""Of a list, between two reports of how far the search is."""

Note = Callable[[float], None]
"""Told now and then the share of the search that is done; may raise to end it."""


class LabelledError(ViewerError):
    """A folder or list that no labelled photos can be taken from; one sentence for people."""


@dataclass(frozen=True)
class LabelledPhotos:
    """Photos and the index of each one's class, and what was left out."""

    paths: Sequence[Path]
    labels: tuple[int, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def digest(self) -> str:
        """Of all paths and classes in their order."""
        found = hashlib.blake2b(digest_size=32)
        for path, label in zip(self.paths, self.labels, strict=True):
            found.update(b"%s\0%d\0" % (os.fsencode(path), label))
        return found.hexdigest()


def nobody(share: float) -> None:
    """Take no note of how far the search is."""


def labelled(
    folder: str, list_file: str, classes: Sequence[str], note: Note = nobody
) -> LabelledPhotos:
    """Find the photos that a list names, or, for ``""``, those in a folder's folders.

    Raises
    ------
    LabelledError
        As :func:`from_list` and :func:`from_folders` do.
    """
    if list_file:
        return from_list(Path(list_file), Path(folder), classes, note)
    return from_folders(Path(folder), classes, note)


def from_folders(folder: Path, classes: Sequence[str], note: Note = nobody) -> LabelledPhotos:
    """Find the photos in folders that are named like a network's classes.

    Folders are named by a class, whatever the case and punctuation, by a WordNet id of
    ImageNet, or, if they all are, by the index of a class. What is named otherwise is
    left out and said.

    Raises
    ------
    LabelledError
        If there is no such folder, none of its folders is named like a class, or none
        holds photos.
    """
    folders = class_folders(folder)
    names = ClassNames(classes)
    numbered = _numbered([path.name for path in folders], names)
    paths = PackedPaths()
    labels: list[int] = []
    left_out = []
    for place, path in enumerate(folders):
        note(place / len(folders))
        files = photos_in(path)
        meant = (int(path.name),) if numbered else names.find(path.name)
        if len(meant) != 1 or not files:
            left_out.append(LeftOut(path.name, len(files), _why(path.name, meant, files)))
            continue
        paths.extend(files)
        labels += [meant[0]] * len(files)
    loose = sum(1 for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if loose:
        left_out.append(LeftOut("", loose, "they lie in no class's folder"))
    if not paths:
        raise LabelledError(_no_class(folder, folders, classes))
    return LabelledPhotos(paths, tuple(labels), tuple(left_out))


def class_folders(folder: Path) -> list[Path]:
    """Return the folders in a folder, in natural order, without hidden ones.

    Raises
    ------
    LabelledError
        If it is no folder, or cannot be read.
    """
    if not folder.is_dir():
        raise LabelledError(f"{folder} is not a folder.")
    try:
        inner = [path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."]
    except OSError as error:
        raise LabelledError(f"{folder} cannot be read: {error.strerror or error}.") from error
    return sorted(inner, key=lambda path: natural(path.name))


def photos_in(folder: Path) -> list[Path]:
    """Return the photos in a folder, to any depth, in natural order."""
    return [Path(source.path) for source in find([ImageSource(path=str(folder))], MOST).sources]


def from_list(
    file: Path, folder: Path, classes: Sequence[str], note: Note = nobody
) -> LabelledPhotos:
    """Read a list of photos: a path and a label per line, as ImageNet's ``val.txt``.

    A path is taken from ``folder`` unless it is absolute; a label is the index of a class
    of this network, its name or a WordNet id. They stand apart by a tab or by spaces; empty
    lines and those that begin with ``#`` are passed over. A line without a class that the
    network knows is left out and said.

    Raises
    ------
    LabelledError
        If the list cannot be read, or no line names a photo and a class.
    """
    names = ClassNames(classes)
    paths = PackedPaths()
    labels: list[int] = []
    unknown: dict[str, int] = {}
    lines = _lines(file)
    for place, line in enumerate(lines):
        if place % LINES == 0:
            note(place / len(lines))
        path, label, meant = _parted(line, names)
        if len(meant) != 1:
            unknown[label] = unknown.get(label, 0) + 1
        elif len(paths) < MOST:
            paths.extend([folder / path])
            labels.append(meant[0])
    if not paths:
        example = f", such as “{next(iter(unknown))}”" if unknown else ""
        raise LabelledError(
            f"{file.name} names no photo with a class of this network{example}; each line is to"
            " be a path and the index or name of a class."
        )
    left_out = [LeftOut(label, n, "no class of this network") for label, n in unknown.items()]
    return LabelledPhotos(paths, tuple(labels), tuple(left_out))


def _lines(file: Path) -> list[str]:
    try:
        if file.stat().st_size > LARGEST_LIST:
            raise LabelledError(f"{file.name} is no list of photos: it has over 64 MB.")
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LabelledError(f"{file} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError:
        raise LabelledError(f"{file.name} is no list of photos: it is not text.") from None
    return [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]


def _parted(line: str, names: ClassNames) -> tuple[str, str, tuple[int, ...]]:
    """Return the path, the label and the classes that the label may mean.

    Both may hold spaces: the longest label that means a class is the label.
    """
    if "\t" in line:
        path, _, label = line.rpartition("\t")
        return path.strip(), label.strip(), _meant(label, names)
    words = line.split(" ")
    for begin in range(1, len(words)):
        label = " ".join(words[begin:])
        meant = _meant(label, names)
        if meant:
            return " ".join(words[:begin]).strip(), label, meant
    return line, words[-1], ()


def _meant(label: str, names: ClassNames) -> tuple[int, ...]:
    label = label.strip()
    meant = names.find(label)
    if not meant and label.isascii() and label.isdecimal() and int(label) < len(names.classes):
        return (int(label),)
    return meant


def _numbered(folders: Sequence[str], names: ClassNames) -> bool:
    """Whether all folders are named by the index of a class, and none by a class's name."""
    return bool(folders) and all(
        name.isascii()
        and name.isdecimal()
        and int(name) < len(names.classes)
        and not names.find(name)
        for name in folders
    )


def _why(name: str, meant: tuple[int, ...], files: Sequence[Path]) -> str:
    if len(meant) > 1:
        return f"{len(meant)} classes of this network are named so"
    if not meant:
        return "no class of this network is named so" if key(name) else "it has no name to compare"
    return "it holds no photos"


def _no_class(folder: Path, folders: Sequence[Path], classes: Sequence[str]) -> str:
    wanted = _quoted(classes)
    if not folders:
        return f"{folder} holds no folders named by the network's classes ({wanted})."
    given = _quoted([path.name for path in folders])
    return (
        f"None of the {len(folders)} folders in {folder} ({given}) holds photos and is named like"
        f" a class of this network ({wanted})."
    )


def _quoted(names: Sequence[str]) -> str:
    more = ", …" if len(names) > EXAMPLES else ""
    return ", ".join(f"“{name}”" for name in names[:EXAMPLES]) + more
