"""One line a photo, as CSV, written while photos are measured."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from inception_viewer.analysis.whole_table import TableError, whole_table
from inception_viewer.folder_questions import Counts

from .tally import Answers

PIECE = 1 << 20
"""Characters of lines that travel to another process at a time."""


class Rows:
    """Writes the lines.

    The columns are the photo's path, its class, and for each head the class that it said,
    that one's probability and the rank of the photo's class (1 is right); ``problem`` says
    why a photo could not be read.

    Parameters
    ----------
    stream
        A text file opened with ``newline=""``, or None: nothing is written.
    heads, classes
        Of the network.
    """

    def __init__(self, stream: TextIO | None, heads: Sequence[str], classes: Sequence[str]) -> None:
        self._stream, self.heads, self.classes = stream, tuple(heads), classes
        self._writer = csv.writer(stream) if stream is not None else None

    def add_heading(self) -> None:
        """Write what the columns are."""
        parts = ("said", "probability", "rank")
        columns = [f"{head}_{part}" for head in self.heads for part in parts]
        self._write(["path", "class", *columns, "problem"])

    def add(self, names: Sequence[str], labels: Counts, given: Mapping[str, Answers]) -> None:
        """Write a line for each photo of a batch."""
        for photo, name in enumerate(names):
            row: list[str] = [name, self.classes[labels[photo]]]
            for head in self.heads:
                said = given[head]
                row += [
                    self.classes[said.said[photo]],
                    f"{said.probability[photo]:.6f}",
                    str(said.rank[photo] + 1),
                ]
            self._write([*row, ""])

    def add_unreadable(self, name: str, label: int, problem: str) -> None:
        """Write the line of a photo that could not be read."""
        self._write([name, self.classes[label], *[""] * (3 * len(self.heads)), problem])

    def append(self, piece: bytes) -> None:
        """Write lines of another process, or a part of them."""
        if self._stream is not None:
            self._stream.write(piece.decode("utf-8"))

    def pieces(self) -> Iterator[bytes]:
        """Yield all that was written, for :meth:`append`."""
        if self._stream is not None:
            self._stream.seek(0)
            while piece := self._stream.read(PIECE):
                yield piece.encode("utf-8")

    def _write(self, row: list[str]) -> None:
        if self._writer is not None:
            self._writer.writerow(row)


@contextmanager
def open_rows(
    file: str, heads: Sequence[str], classes: Sequence[str], *, first: bool = True
) -> Iterator[Rows]:
    """Open a file for lines, or nothing for ``""``; it takes its place once all are written.

    Parameters
    ----------
    file
        The CSV file.
    heads, classes
        Of the network.
    first
        Whether this process writes the file; another one's lines wait in a temporary file
        until they are fetched, so that machines need not share a disk.

    Raises
    ------
    TableError
        If it cannot be written; what it held before is kept, as it is when cancelled.
    """
    if not file:
        yield Rows(None, heads, classes)
        return
    with whole_table(Path(file)) if first else _waiting() as stream:
        rows = Rows(stream, heads, classes)
        if first:
            rows.add_heading()
        yield rows


@contextmanager
def _waiting() -> Iterator[TextIO]:
    try:
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as stream:
            yield stream
    except OSError as error:
        place = tempfile.gettempdir()
        raise TableError(f"{place} cannot be written: {error.strerror or error}.") from error
