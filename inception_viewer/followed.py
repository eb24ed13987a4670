"""Classes whose probabilities stay in sight, by checkpoint; neither torch nor Qt is imported."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TypeAlias

MOST_FOLLOWED = 5
Followed: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
"""Pairs of a checkpoint's fingerprint and indices of its classes, in the order they were chosen."""


def followed_of(followed: Followed, checkpoint: str) -> tuple[int, ...]:
    """Return the classes that are followed of a checkpoint."""
    return dict(followed).get(checkpoint, ())


def following(followed: Followed, checkpoint: str, classes: Sequence[int]) -> Followed:
    """Follow these classes of a checkpoint, each once, the first few of them."""
    kept = tuple(dict.fromkeys(classes))[:MOST_FOLLOWED]
    rest = tuple(one for one in followed if one[0] != checkpoint)
    return (*rest, (checkpoint, kept)) if kept else rest


def still_open(followed: Followed, checkpoints: Set[str]) -> Followed:
    """Drop the classes of checkpoints that are closed."""
    return tuple(one for one in followed if one[0] in checkpoints)
