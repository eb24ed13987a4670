"""The photos that a command is given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from inception_viewer.analysis import answer
from inception_viewer.errors import QuestionError
from inception_viewer.lab import Lab
from inception_viewer.questions import ImageInfo, ImageSource, OpenImages

from .progress import ConsoleProgress, say


def opened(paths: Sequence[str], lab: Lab, progress: ConsoleProgress) -> list[ImageInfo]:
    """Open photos, and folders of them, and say which could not be read.

    Raises
    ------
    QuestionError
        If none could.
    """
    sources = tuple(ImageSource(path=path, name=Path(path).name) for path in paths)
    found = answer(OpenImages(sources), lab, progress)
    for name, why in found.failures:
        say(f"{name}: {why}")
    if not found.images:
        raise QuestionError("None of the photos could be read.")
    return list(found.images)
