"""A file of lines that takes its place once all are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from inception_viewer.errors import ViewerError


class TableError(ViewerError):
    """A table that cannot be written; one sentence for people."""


@contextmanager
def whole_table(path: Path) -> Iterator[TextIO]:
    """Open a file for lines; what it held before is kept until the block has ended well.

    Raises
    ------
    TableError
        If it cannot be written, or something else is there, such as the photo that was meant.
    """
    if _is_binary(path):
        raise TableError(f"{path} is no table but something else, and is kept; name another file.")
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        partial.replace(path)
    except OSError as error:
        raise TableError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _is_binary(path: Path) -> bool:
    """Whether a file is there that no spreadsheet made."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as stream:
            begin = stream.read(4096)
    except OSError:
        return False
    return b"\0" in begin and not begin.startswith((b"\xff\xfe", b"\xfe\xff"))
