"""What has arrived of a file so far: ``NAME.part``, and ``NAME.part.json`` that says of what.

Without the note, or with one about another address, the part is worth nothing.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True)
class Note:
    """What the server said of the file that a part belongs to.

    ``validator`` is a strong ETag or a date of change, ``""`` if it gave neither; ``total``
    is the whole length in bytes, 0 if it did not say.
    """

    url: str
    validator: str = ""
    total: int = 0


class Part:
    """A file on its way to ``target``, in the same folder so that it can be moved at once."""

    def __init__(self, target: Path, url: str) -> None:
        self.path = target.with_name(target.name + ".part")
        self.note_path = target.with_name(target.name + ".part.json")
        self._url = url

    @property
    def size(self) -> int:
        """Bytes that are there."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def resumable(self) -> Note | None:
        """Return the note of a part that a server can be asked to go on with, else None."""
        try:
            read = json.loads(self.note_path.read_text(encoding="utf-8"))
            note = Note(str(read["url"]), str(read["validator"]), int(read["total"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        fits = note.url == self._url and note.validator and note.validator.isprintable()
        inside = not note.total or self.size <= note.total
        return note if fits and inside and self.size else None

    def begin(self, validator: str, total: int) -> BinaryIO:
        """Start over with what a server now says; returns the open file, empty."""
        file = self.path.open("wb", buffering=0)
        self.note_path.write_text(json.dumps(asdict(Note(self._url, validator, total))))
        return file

    def go_on(self) -> BinaryIO:
        """Return the open file, for what follows."""
        return self.path.open("ab", buffering=0)

    def forget(self) -> None:
        """Throw everything away."""
        self.forget_note()
        self.path.unlink(missing_ok=True)

    def forget_note(self) -> None:
        """Throw the note away, once the part has been moved."""
        with contextlib.suppress(OSError):
            self.note_path.unlink(missing_ok=True)


def write(file: BinaryIO, data: bytes) -> None:
    """Write all of it to an unbuffered file: a nearly full disk takes less than it is given."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def validator_of(headers: Mapping[str, str]) -> str:
    """Return what tells this file from a later one at the same address, or ``""``.

    Weak ETags do not promise the same bytes, so they do not serve (RFC 9110, 13.1.5).
    """
    etag = headers.get("ETag", "")
    if etag and not etag.startswith("W/"):
        return etag
    return headers.get("Last-Modified", "")
