"""A downloader for pooch that goes on where it was cut off, reports, and can be left."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from inception_viewer import __version__
from inception_viewer.checkpoints.catalogue import Published, by_hand
from inception_viewer.checkpoints.digests import matches
from inception_viewer.errors import CheckpointError
from inception_viewer.questions import Received

from . import troubles
from .pace import Pace
from .part import Note, Part, validator_of, write
from .transfer import END, Head, Transfer
from .troubles import AttemptError

Report = Callable[[Received], None]
"""Told often, also while nothing comes; whatever it raises ends the download."""

TICK = 0.1
"""Seconds after which a report comes even if no bytes do."""


@dataclass(frozen=True)
class Patience:
    """When to give up.

    Attributes
    ----------
    tries
        Connections made in all.
    silence
        Seconds without a byte after which a connection is given up.
    pause
        Seconds before the second try, doubled before each further one.
    """

    tries: int = 5
    silence: float = 30.0
    pause: float = 1.0


class Downloader:
    """What ``pooch.retrieve`` calls to bring a file.

    Bytes go to a :class:`Part` beside the target. A later call goes on from there if the
    server says that it still has the same file, and starts over if not. Only what has the
    published digest is handed over to pooch.

    Parameters
    ----------
    entry
        What to get.
    target
        Where it is to lie in the end.
    report
        Told how far it is.
    patience
        When to give up.
    """

    def __init__(self, entry: Published, target: Path, report: Report, patience: Patience) -> None:
        self._entry, self._target, self._patience = entry, target, patience
        self._part = Part(target, entry.url)
        self._report, self._pace = report, Pace()
        self._received, self._total, self._note = 0, entry.size, ""
        self._stated = 0
        self._inherited = self._part.resumable() is not None

    def __call__(self, url: str, output_file: str, pooch: Any, check_only: bool = False) -> None:
        """Bring ``url`` to ``output_file``, as pooch wants it.

        Raises
        ------
        CheckpointError
            In a sentence, if it cannot be had.
        """
        # An older part may be of a file that the address no longer has: then once more, anew.
        if not self._brings_the_file() and not (self._inherited and self._brings_the_file()):
            host = troubles.host_of(self._entry.url)
            raise CheckpointError(
                f"What {host} sent is not the file that was published (its "
                f"{self._entry.digest.partition(':')[0]} differs), so nothing of it was kept."
            )
        os.replace(self._part.path, output_file)
        self._part.forget_note()

    def _brings_the_file(self) -> bool:
        """Whether the part, once filled, is the published file; any other is thrown away."""
        self._bring()
        self._note = "checking"
        right = matches(self._part.path, self._entry.digest, self._tell)
        if not right:
            self._part.forget()
        return right

    # --- attempts ---

    def _bring(self) -> None:
        """Fill the part, in as many attempts as patience allows."""
        for attempt in range(1, self._patience.tries + 1):
            try:
                self._attempt()
                return
            except AttemptError as trouble:
                if not trouble.again or attempt == self._patience.tries:
                    raise self._told(trouble, attempt) from None
                self._note = f"{trouble.words}; try {attempt + 1} of {self._patience.tries}"
            self._wait(self._patience.pause * 2 ** (attempt - 1))

    def _told(self, trouble: AttemptError, attempts: int) -> CheckpointError:
        times = f", {attempts} times" if attempts > 1 else ""
        words = trouble.words + times
        if self._part.resumable():
            words += f"; {megabytes(self._part.size)} are kept, and the next try goes on from there"
        end = "" if words.endswith("?") else "."
        how = f" {by_hand(self._entry, self._target)}" if trouble.by_hand else ""
        return CheckpointError(f"{words}{end}{how}")

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._tell()
            time.sleep(min(TICK, left))

    def _attempt(self) -> None:
        """Make one connection and read it to its end."""
        note = self._part.resumable()
        have = self._part.size if note else 0
        if note and note.total and have == note.total:
            return
        headers = {
            "User-Agent": f"inception-viewer/{__version__}",
            "Accept-Encoding": "identity",  # lengths and ranges are those of the file itself
        }
        if note:
            headers |= {"Range": f"bytes={have}-", "If-Range": note.validator}
        self._received = have
        self._pace.restart()
        with Transfer(self._entry.url, headers, self._patience.silence) as transfer:
            head = self._head(transfer)
            with self._open(head, note, have) as file:
                self._read(transfer, file)
                os.fsync(file.fileno())

    def _head(self, transfer: Transfer) -> Head:
        head = self._next(transfer)
        assert isinstance(head, Head)
        return head

    def _open(self, head: Head, note: Note | None, have: int) -> BinaryIO:
        """Open the part where the answer begins: at its end, or anew."""
        if head.status == 206 and note:
            if _continues(head, note, have):
                self._stated, self._total = note.total, note.total or self._entry.size
                return self._part.go_on()
            self._part.forget()
            raise AttemptError("The file on the server has changed", again=True)
        if head.status == 416:
            self._part.forget()
            raise AttemptError("The file on the server has changed", again=True)
        if head.status != 200:
            raise troubles.of_status(head.status, self._entry.url)
        self._stated = _number(head.headers.get("Content-Length", ""))
        self._check_kind(head)
        self._received, self._total = 0, self._stated or self._entry.size
        self._inherited = False
        return self._part.begin(validator_of(head.headers), self._stated)

    def _check_kind(self, head: Head) -> None:
        """Turn away what cannot be the file before it is fetched: a login page, say."""
        if self._stated and not self._entry.fits(self._stated):
            html = "html" in head.headers.get("Content-Type", "")
            raise AttemptError(
                f"{troubles.host_of(head.url)} offers {'a web page' if html else 'a file'} of "
                f"{self._stated:,} bytes, but the published file has about {self._entry.size:,}",
                again=False,
            )

    def _read(self, transfer: Transfer, file: BinaryIO) -> None:
        limit = max(self._total, round(self._entry.size * 1.02))
        while (item := self._next(transfer)) != END:
            assert isinstance(item, bytes)
            if self._received + len(item) > limit:
                file.truncate(0)
                raise AttemptError(
                    f"{troubles.host_of(self._entry.url)} sends more than the published file has",
                    again=False,
                )
            write(file, item)
            self._received += len(item)
            self._note = ""
            self._pace.note(self._received)
            self._tell()
        # A server that states no length, or sends less than it has of a range, just ends.
        if self._received != (self._stated or self._received) or not self._fits():
            raise AttemptError(f"{troubles.host_of(self._entry.url)} ended too early", again=True)

    def _fits(self) -> bool:
        return self._entry.fits(self._received)

    def _next(self, transfer: Transfer) -> Head | bytes | str:
        """Return the next item, reporting while it is waited for."""
        deadline = time.monotonic() + self._patience.silence
        while (item := transfer.next(TICK)) is None:
            self._tell()
            if time.monotonic() > deadline:
                raise troubles.silent(self._entry.url)
        if isinstance(item, Exception):
            raise troubles.of_request(item, self._entry.url) from item
        return item

    def _tell(self) -> None:
        left = self._pace.seconds_left(self._total)
        self._report(Received(self._received, self._total, left, self._note))


def _continues(head: Head, note: Note, have: int) -> bool:
    """Whether a partial answer begins at our end, in the file that our part is of."""
    said = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", head.headers.get("Content-Range", ""))
    if said is None or int(said[1]) != have:
        return False
    same_length = said[3] == "*" or not note.total or int(said[3]) == note.total
    return same_length and validator_of(head.headers) in ("", note.validator)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0


def megabytes(size: int) -> str:
    """Return ``"52.1 MB"``; a megabyte is a million bytes, as on the shop's label."""
    return f"{size / 1e6:.1f} MB"
