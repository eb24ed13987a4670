"""What is done to the units of open checkpoints, and what of it can still be done."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .intervention_questions import Intervention
from .questions import CheckpointInfo

if TYPE_CHECKING:
    from .session import State


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


# --- changes -------------------------------------------------------------------------


def set_interventions(
    state: State, interventions: tuple[Intervention, ...], *, moving: bool = False
) -> State:
    """Do this, and nothing else, to the units of the checkpoint looked at.

    What does not fit its network is left out, and so are photos that are not open.
    """
    info = state.open_checkpoint
    if info is None:
        return state
    images = {image.id for image in state.images}
    fitting = tuple(one for one in interventions if has_place(info, one))
    rest = tuple(one for one in state.touched if one.checkpoint != state.checkpoint)
    made = (*rest, Touched(state.checkpoint, fitting))
    marks = {one.fingerprint for one in state.checkpoints}
    touched = still_possible(made, images, marks)
    return replace(state, touched=touched, stroking=moving, picture_moves=False)


def intervene(state: State, one: Intervention, *, moving: bool = False) -> State:
    """Do something to a unit or channels of it, in the place of what was done to the same."""
    now = state.interventions
    if any(_place(other) == _place(one) for other in now):
        made = tuple(one if _place(other) == _place(one) else other for other in now)
    else:
        made = (*now, one)
    return set_interventions(state, made, moving=moving)


def put_back(state: State, unit: str, channels: tuple[int, ...] | None = None) -> State:
    """Leave a unit or channels of it alone again."""
    rest = (one for one in state.interventions if _place(one) != (unit, channels))
    return set_interventions(state, tuple(rest))


def put_unit_back(state: State, unit: str) -> State:
    """Leave a unit alone again, with all of its channels."""
    rest = (one for one in state.interventions if one.unit != unit)
    return set_interventions(state, tuple(rest))


def _place(one: Intervention) -> tuple[str, tuple[int, ...] | None]:
    return one.unit, one.channels
