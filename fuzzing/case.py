"""One original under changes: written, read, judged, and kept if something was wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from .changes import Change, changed
from .originals import Original
from .watcher import Outcome, Watcher

CHUNK = 1 << 18


class Bench:
    """An original in a file of its own, which every case changes and reads.

    Parameters
    ----------
    original
        What is changed.
    watcher
        What reads it.
    folder
        Where the file lies while it is read.
    """

    def __init__(self, original: Original, watcher: Watcher, folder: Path) -> None:
        self.original, self.watcher = original, watcher
        self.path = folder / f"case-{original.name}"
        self.path.write_bytes(original.data)
        self.outcomes: Counter[str] = Counter()
        self.slowest, self.largest = 0.0, 0
        self._written: bytes | bytearray = original.data

    def whole(self) -> Outcome:
        """Read the original itself."""
        return self.watcher.read(self.path)

    def run(self, made: list[Change]) -> str | None:
        """Make the changes and have the file read; return what is wrong, or None."""
        data = changed(self.original, made)
        self._write(data)
        outcome = self.watcher.read(self.path)
        self.outcomes[outcome.kind] += 1
        self.slowest = max(self.slowest, outcome.seconds)
        self.largest = max(self.largest, outcome.memory)
        return outcome.fault(len(data))

    def keep(self, made: list[Change], folder: Path) -> Path:
        """Write a failing file where it can be looked at, and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"failing-{self.original.name}"
        path.write_bytes(changed(self.original, made))
        return path

    def _write(self, data: bytearray) -> None:
        """Write what differs from what the file holds: most changes are small."""
        old, self._written = self._written, data
        with self.path.open("r+b") as file:
            for at in range(0, len(data), CHUNK):
                piece = data[at : at + CHUNK]
                if piece != old[at : at + CHUNK]:
                    file.seek(at)
                    file.write(piece)
            file.truncate(len(data))
