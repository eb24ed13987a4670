"""What the dialog says of a checkpoint that is to be saved."""

from __future__ import annotations

from pathlib import Path

from ...checkpoint_questions import OWN_NAMES, title_of
from ...questions import CheckpointInfo
from ...verdict_questions import Convention
from ..head_words import notes

ENDING = ".safetensors"
PER_NUMBER = {"float32": 4, "float16": 2}
"""Bytes."""

REPLACED = "There is a file of this name; it will be replaced."


def proposed_name(name: str) -> str:
    """Return a file name for a copy: never the name of the checkpoint's own file."""
    stem = name
    for ending in (".tar", Path(name.removesuffix(".tar")).suffix):
        stem = stem.removesuffix(ending) if ending else stem
    taken = name.lower().endswith(ENDING)
    return f"{stem or 'checkpoint'}{' copy' if taken else ''}{ENDING}"


def megabytes(numbers: int, weights: str) -> str:
    """Return about how long the file becomes: ``"52 MB"``."""
    return f"{numbers * PER_NUMBER[weights] / 1e6:,.0f} MB"


def names(info: CheckpointInfo) -> str:
    """Return whose class names are saved."""
    source = title_of(info.names)
    if info.names == OWN_NAMES and info.details is not None:
        source = info.details.class_source
    return f"{len(info.classes):,}; names from {source}"


def heads(info: CheckpointInfo) -> str:
    """Return what is said of the heads."""
    return "; ".join(f"{head} {note.words}" for head, note in notes(info).items())


def input_words(made: Convention) -> str:
    """Return an input in words, with the flag where it is on."""
    return made.name + ("; transform_input on" if made.transform_input else "")


def trouble(text: str) -> str:
    """Say what is wrong with a path, or return ``""``; the disk is only looked at."""
    if not text.strip():
        return "Say where to save it."
    path = Path(text).expanduser()
    if path.suffix.lower() != ENDING:
        return f"The name must end in {ENDING}."
    try:
        if path.is_dir():
            return "This is a folder; add a name."
        if not path.absolute().parent.is_dir():
            return f"There is no folder {path.absolute().parent}."
    except OSError as error:
        return f"This cannot be a file: {error.strerror or error}."
    return ""


def replaces(text: str) -> bool:
    """Whether there is a file at a path already."""
    try:
        return Path(text).expanduser().is_file()
    except OSError:
        return False
