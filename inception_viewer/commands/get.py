"""``inception-viewer get``: terms and source first, then the download, then the path."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import monotonic
from typing import TextIO

from inception_viewer.checkpoints.catalogue import PUBLISHED, Published, published
from inception_viewer.checkpoints.getting.downloader import megabytes
from inception_viewer.checkpoints.getting.get import get
from inception_viewer.errors import CheckpointError
from inception_viewer.questions import Received

FAILED = 2
INTERRUPTED = 130
TERMINAL_SECONDS = 0.2
SHARE = 0.1
"""Where nobody watches, a line comes at each tenth."""


def run(options: argparse.Namespace) -> int:
    """Get a checkpoint and print its path; without a name, list what there is.

    Returns the exit code; what goes wrong is one sentence on stderr.
    """
    if not options.name:
        for entry in PUBLISHED:
            print(f"{entry.name}\n{_terms(entry, entry.path)}")
        return 0
    try:
        entry = published(options.name)
        target = Path(options.to).expanduser().absolute() / entry.file if options.to else entry.path
        print(_terms(entry, target), file=sys.stderr)
        got = get(entry, options.to or "", Lines(sys.stderr))
    except CheckpointError as error:
        print(f"inception-viewer: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from there.", file=sys.stderr)
        return INTERRUPTED
    if not got.fetched:
        print("It is there already.", file=sys.stderr)
    print(got.path)
    return 0


def _terms(entry: Published, target: Path) -> str:
    rows = (
        ("what", f"{entry.title}: {entry.about}"),
        ("size", f"about {megabytes(entry.size)}"),
        ("licence", f"{entry.licence} ({entry.licence_url})"),
        ("source", entry.page),
        ("from", entry.url),
        ("to", str(target)),
    )
    return "".join(f"  {label:8} {words}\n" for label, words in rows).rstrip("\n")


class Lines:
    """Tells how far it is: one line that changes, or on a file one at each tenth."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._live = stream, stream.isatty()
        self._last, self._tenth, self._note = float("-inf"), -1, ""

    def __call__(self, received: Received) -> None:
        """Take in a report."""
        if received.note not in ("", "checking", self._note):
            self._note = received.note
            self._write(received.note, end="\n")
        tenth = int(received.received / received.total / SHARE)
        if self._live and monotonic() - self._last >= TERMINAL_SECONDS and tenth < 10:
            self._last = monotonic()
            self._write(words(received), end="")
        elif tenth > self._tenth and (not self._live or tenth == 10):
            self._write(words(received), end="\n")
        self._tenth = tenth

    def _write(self, line: str, end: str) -> None:
        start = "\r\x1b[K" if self._live else ""
        self._stream.write(f"{start}{line}{end}")
        self._stream.flush()


def words(received: Received) -> str:
    """Return ``"31.2 of 52.1 MB, 60 %, 12 s left"``."""
    share = min(100, 100 * received.received // received.total)
    have = f"{received.received / 1e6:.1f} of {megabytes(received.total)}, {share} %"
    if received.seconds_left is None or share == 100:
        return have
    return f"{have}, {received.seconds_left:.0f} s left"
