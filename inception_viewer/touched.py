"""What is done to the units of open checkpoints, and what of it can still be done."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from .intervention_questions import Intervention
from .questions import CheckpointInfo


@dataclass(frozen=True)
class Touched:
    """What is done to the units of an open checkpoint, in order."""

    checkpoint: str
    interventions: tuple[Intervention, ...]


def has_place(info: CheckpointInfo, one: Intervention) -> bool:
    """Return whether a network has the unit and the channels that an intervention is about."""
    node = next((node for node in info.graph.nodes if node.name == one.unit), None)
    if node is None or node.kind in ("input", "classifier"):
        return False
    if one.channels is None:
        return True
    return bool(one.channels) and all(0 <= c < node.shape[0] for c in one.channels)


def still_possible(
    touched: tuple[Touched, ...], images: Set[str], checkpoints: Set[str]
) -> tuple[Touched, ...]:
    """Drop what is done to checkpoints that are closed, and what needs photos that are gone."""
    left = []
    for each in touched:
        if each.checkpoint in checkpoints:
            kept = (_with_photos(one, images) for one in each.interventions)
            fitting = tuple(one for one in kept if one is not None)
            left += [Touched(each.checkpoint, fitting)] if fitting else []
    return tuple(left)


def _with_photos(one: Intervention, images: Set[str]) -> Intervention | None:
    if one.mode not in ("mean", "patch"):
        return one
    there = tuple(image for image in one.images if image in images)
    if there == one.images and there:
        return one
    return replace(one, images=there) if there and one.mode == "mean" else None
