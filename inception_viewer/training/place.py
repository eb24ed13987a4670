"""Where a checkpoint with fitted heads goes: found out before the work, not after it."""

from __future__ import annotations

import os
import shutil
from itertools import count
from pathlib import Path

from inception_viewer.checkpoints.weights import Weights
from inception_viewer.errors import CheckpointError

SUFFIX = ".safetensors"
HEAD_WEIGHTS = 528 * 128 + 2049 * 1024
"""About the numbers of a head's convolution and dense layer; the classifier has 1025 a class."""


def place_beside(checkpoint: Path) -> Path:
    """Return a file beside a checkpoint that is not there yet: ``NAME-heads.safetensors``."""
    for number in count(1):
        ending = "-heads" if number == 1 else f"-heads-{number}"
        place = checkpoint.with_name(checkpoint.stem + ending + SUFFIX)
        if not place.exists():
            return place
    raise AssertionError("numbers do not end")


def check_place(place: Path, weights: Weights, source: Path | None) -> None:
    """Check that a file can be written, as far as that can be told beforehand.

    Raises
    ------
    CheckpointError
        If it is no ``.safetensors``, it is the checkpoint itself, or its folder cannot be
        written to or is too full.
    """
    if place.suffix != SUFFIX:
        raise CheckpointError(f"The fitted checkpoint is a {SUFFIX} file, not “{place.name}”.")
    if source is not None and place.exists() and source.exists() and place.samefile(source):
        raise CheckpointError(f"{place} is the checkpoint itself, which is kept; name another.")
    folder = place.parent
    if not folder.is_dir():
        raise CheckpointError(f"{folder} is not a folder; the checkpoint cannot be written there.")
    if place.is_dir() or not os.access(folder, os.W_OK):
        raise CheckpointError(f"{place} cannot be written; choose another file.")
    heads = 2 * (HEAD_WEIGHTS + 1025 * weights.variant.classes)
    needed = 4 * (sum(tensor.numel() for tensor in weights.state.values()) + heads)
    if shutil.disk_usage(folder).free < needed:
        raise CheckpointError(
            f"{place} cannot be written: its disk has less than {needed / 1e6:,.0f} MB left."
        )
