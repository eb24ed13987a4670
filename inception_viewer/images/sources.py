"""Which photos a drop means: folders searched, ``file://`` addresses understood."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from inception_viewer.errors import ImageError
from inception_viewer.questions import ImageSource

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif")
)
"""How the names of photos end; within folders nothing else is looked at."""
LIMIT = 2_000
"""Photos that one drop may bring."""
ENTRIES = 200_000
"""Files that are looked at in search of photos, so that a dropped disk ends too."""


@dataclass(frozen=True)
class Found:
    """What a drop means.

    ``sources`` are single photos, in order; ``failures`` holds (name, one sentence)
    pairs for folders without photos, or that cannot be read, and for what was left out.
    """

    sources: tuple[ImageSource, ...]
    failures: tuple[tuple[str, str], ...] = ()


def local_path(text: str) -> Path:
    """Return the path that a path or a ``file://`` address means.

    Raises
    ------
    ImageError
        If it is an address on another computer.
    """
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]+):(?=//|/)", text)
    if scheme is None:
        return Path(text)
    parts = urlsplit(text)
    if scheme[1].lower() != "file" or parts.netloc not in ("", "localhost"):
        raise ImageError(
            f"“{text}” is an address on another computer; save the photo and open the file."
        )
    # A "?" or "#" in a badly quoted address still belongs to the file's name.
    marked = (("?", parts.query), ("#", parts.fragment))
    tail = "".join(mark + part for mark, part in marked if part)
    return Path(url2pathname(parts.path) + unquote(tail))


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sorting key by which ``cup2`` comes before ``cup10``."""
    pieces = re.split(r"([0-9]+)", name.casefold())
    return tuple((0, int(p), p) if p.isdecimal() else (1, 0, p) for p in pieces if p)


def find(sources: Iterable[ImageSource], limit: int = LIMIT) -> Found:
    """Search the folders among ``sources`` and say what was left out.

    Folders are searched to any depth, in natural order, a folder's own photos before
    those of its folders; hidden files, links to folders and what does not end like a
    photo are skipped. Anything else is kept as it is, for :func:`decode` to judge.
    """
    photos: list[ImageSource] = []
    failures: list[tuple[str, str]] = []
    for source in sources:
        before = len(photos)
        folder = _folder(source)
        if folder is None:
            photos.append(source)
            continue
        budget = limit + 1 - before
        locked: list[OSError] = []
        found = islice(_walk(folder, locked.append), max(budget, 0))
        photos += [ImageSource(path=str(path)) for path in found]
        failures += [_locked(error) for error in locked]
        if len(photos) == before and budget > 0 and not locked:
            failures.append((folder.name, f"The folder “{folder.name}” holds no photos."))
    if len(photos) > limit:
        failures.append(("", f"Only the first {limit:,} photos were taken; open the rest later."))
    return Found(tuple(photos[:limit]), tuple(failures))


def expand(sources: Iterable[ImageSource]) -> list[ImageSource]:
    """Return the single photos that ``sources`` mean; see :func:`find`."""
    return list(find(sources).sources)


def _folder(source: ImageSource) -> Path | None:
    if source.data or not source.path:
        return None
    try:
        path = local_path(source.path)
        return path if path.is_dir() else None
    except (ImageError, OSError, ValueError):
        return None


def _locked(error: OSError) -> tuple[str, str]:
    place = str(error.filename)
    return place, f"The folder “{Path(place).name}” cannot be read: {error.strerror}."


def _walk(folder: Path, wrong: Callable[[OSError], None]) -> Iterator[Path]:
    seen = 0
    for root, folders, files in os.walk(folder, onerror=wrong):
        folders[:] = sorted((f for f in folders if not f.startswith(".")), key=natural)
        for name in sorted(files, key=natural):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES:
                yield Path(root, name)
        seen += len(folders) + len(files)
        if seen > ENTRIES:
            return


def named(source: ImageSource) -> ImageSource:
    """Return the source with a name for people: its own, the file's, or “pasted”."""
    if source.name:
        return source
    name = Path(source.path).name if "://" not in source.path else ""
    if source.path and not name:
        name = unquote(source.path.rstrip("/").rpartition("/")[2])
    return replace(source, name=name or "pasted")
