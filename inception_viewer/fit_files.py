"""Where a checkpoint with fitted heads goes; neither torch nor Qt is needed to tell."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

SUFFIX = ".safetensors"


def place_beside(checkpoint: Path) -> Path:
    """Return a file beside a checkpoint that is not there yet: ``NAME-heads.safetensors``."""
    for number in count(1):
        ending = "-heads" if number == 1 else f"-heads-{number}"
        place = checkpoint.with_name(checkpoint.stem + ending + SUFFIX)
        if not place.exists():
            return place
    raise AssertionError("numbers do not end")


def refusal(place: Path, source: Path | None) -> str:
    """Return why a checkpoint with fitted heads cannot be written to a file, or ``""``.

    Parameters
    ----------
    place
        The file to write.
    source
        The checkpoint that it is made from, which is kept; None if it has no file.
    """
    if place.suffix != SUFFIX:
        return f"The fitted checkpoint is a {SUFFIX} file, not “{place.name}”."
    if source is not None and place.exists() and source.exists() and place.samefile(source):
        return f"{place} is the checkpoint itself, which is kept; name another."
    folder = place.parent
    if not folder.is_dir():
        return f"{folder} is not a folder; the checkpoint cannot be written there."
    if place.is_dir() or not os.access(folder, os.W_OK):
        return f"{place} cannot be written; choose another file."
    return ""


def unfinished(place: Path) -> Path:
    """Return the file that a checkpoint is written to before it gets its name."""
    return place.with_name(place.name + ".part")
