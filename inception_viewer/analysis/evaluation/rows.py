"""One line a photo, as CSV, written while photos are measured."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from inception_viewer.errors import ViewerError
from inception_viewer.folder_questions import Counts

from .tally import Answers


class RowsError(ViewerError):
    """A file that the lines cannot be written to; one sentence for people."""


class Rows:
    """Writes the lines.

    The columns are the photo's path, its class, and for each head the class that it said,
    that one's probability and the rank of the photo's class (1 is right); ``problem`` says
    why a photo could not be read.

    Parameters
    ----------
    writer
        Of the ``csv`` module, or None: nothing is written.
    heads, classes
        Of the network.
    """

    def __init__(self, writer: Any, heads: Sequence[str], classes: Sequence[str]) -> None:
        self._writer, self.heads, self.classes = writer, tuple(heads), classes
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

    def _write(self, row: list[str]) -> None:
        if self._writer is not None:
            self._writer.writerow(row)


@contextmanager
def open_rows(file: str, heads: Sequence[str], classes: Sequence[str]) -> Iterator[Rows]:
    """Open a file for lines, or nothing for ``""``; it takes its place once all are written.

    Raises
    ------
    RowsError
        If it cannot be written; what it held before is kept, as it is when cancelled.
    """
    if not file:
        yield Rows(None, heads, classes)
        return
    path = Path(file)
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("w", encoding="utf-8", newline="") as stream:
            yield Rows(csv.writer(stream), heads, classes)
        partial.replace(path)
    except OSError as error:
        raise RowsError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
