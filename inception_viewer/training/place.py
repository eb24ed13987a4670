"""Whether a checkpoint with fitted heads can be written: found out before the work, not after."""

from __future__ import annotations

import shutil
from pathlib import Path

from inception_viewer.checkpoints.weights import Weights
from inception_viewer.errors import CheckpointError
from inception_viewer.fit_files import refusal

HEAD_WEIGHTS = 528 * 128 + 2049 * 1024
"""About the numbers of a head's convolution and dense layer; the classifier has 1025 a class."""


def check_place(place: Path, weights: Weights, source: Path | None) -> None:
    """Check that a file can be written, as far as that can be told beforehand.

    Raises
    ------
    CheckpointError
        If it is no ``.safetensors``, it is the checkpoint itself, or its folder cannot be
        written to or is too full.
    """
    reason = refusal(place, source)
    if reason:
        raise CheckpointError(reason)
    heads = 2 * (HEAD_WEIGHTS + 1025 * weights.variant.classes)
    needed = 4 * (sum(tensor.numel() for tensor in weights.state.values()) + heads)
    if shutil.disk_usage(place.parent).free < needed:
        raise CheckpointError(
            f"{place} cannot be written: its disk has less than {needed / 1e6:,.0f} MB left."
        )
