"""Which class a word of the command line means."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from inception_viewer.errors import QuestionError
from inception_viewer.images.naming import ClassNames


def class_index(text: str, classes: Sequence[str]) -> int:
    """Return the class of a name, whatever its case and punctuation, or of an index.

    Raises
    ------
    QuestionError
        If the network has no such class.
    """
    found = ClassNames(classes).find(text)
    if len(found) > 1:
        raise QuestionError(f"{len(found)} classes are named “{text}”: give an index.")
    if not found:
        with suppress(ValueError):
            found = (int(text),)
    if not found or not 0 <= found[0] < len(classes):
        raise QuestionError(f"“{text}” is no class of this network.")
    return found[0]
