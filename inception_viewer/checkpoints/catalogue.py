"""Checkpoints that have a name instead of a path."""

from __future__ import annotations

from pathlib import Path

from inception_viewer import paths
from inception_viewer.errors import CheckpointError

NAMED = {"demo": "demo.safetensors"}
"""Names and the assets they stand for."""


def locate(source: str | Path) -> tuple[str, Path]:
    """Return a checkpoint's name for people and its path.

    Parameters
    ----------
    source
        A name of :data:`NAMED`, or a path.

    Raises
    ------
    CheckpointError
        If a named checkpoint is not installed.
    """
    text = str(source)
    if text not in NAMED:
        path = Path(text).expanduser()
        return path.name, path
    try:
        return text, paths.asset(NAMED[text])
    except FileNotFoundError as error:
        raise CheckpointError(str(error)) from None
