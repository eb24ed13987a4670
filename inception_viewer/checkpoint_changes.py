"""What becomes of a window's state as checkpoints are opened, looked through and closed."""

from __future__ import annotations

from dataclasses import replace

from .changed_inputs import still_changed
from .followed import following
from .lab_choice import fitting, with_target
from .questions import CheckpointInfo, Preprocessing
from .session import AttributionSettings, ChosenInput, State
from .verdict_questions import Convention


def add_checkpoint(state: State, info: CheckpointInfo) -> State:
    """Add an opened checkpoint and look at it, with its own input."""
    rest = tuple(c for c in state.checkpoints if c.fingerprint != info.fingerprint)
    looking = _turn_to(replace(state, checkpoints=(*rest, info)), info)
    return use_input(looking, None)


def look_at(state: State, checkpoint: str) -> State:
    """Look through another open checkpoint, with the input that was chosen for it."""
    info = next((c for c in state.checkpoints if c.fingerprint == checkpoint), None)
    return state if info is None or checkpoint == state.checkpoint else _turn_to(state, info)


def _turn_to(state: State, info: CheckpointInfo) -> State:
    """Look through a checkpoint; what it lacks of unit, channel and head gives way."""
    units = {node.name for node in info.graph.nodes}
    asked = state.attribution
    head = asked.head if info.heads.get(asked.head, "absent") != "absent" else "main"
    layer = asked.unit if asked.unit in units else None
    neuron = asked.neuron if asked.neuron and asked.neuron.unit in units else None
    inputs = dict(state.set_aside)
    if state.checkpoint and state.chosen_input is not None:
        inputs[state.checkpoint] = state.chosen_input
    chosen = inputs.pop(info.fingerprint, None)
    return replace(
        state,
        checkpoint=info.fingerprint,
        preprocessing=chosen.preprocessing if chosen else None,
        chosen=chosen,
        set_aside=tuple(inputs.items()),
        unit=state.unit if state.unit in units else "inception3a",
        channel=state.channel if state.channel and state.channel[0] in units else None,
        attribution=replace(asked, target=None, head=head, unit=layer, against=None, neuron=neuron),
        lab=fitting(state.lab, {h for h, s in info.heads.items() if s != "absent"}, units),
    )


def use_attribution(state: State, settings: AttributionSettings) -> State:
    """Ask for another attribution; a class that was chosen anew is the lab's, too."""
    lab = state.lab
    if settings.target != state.attribution.target:
        lab = with_target(lab, settings.target)
    return replace(state, attribution=settings, lab=lab)


def use_input(
    state: State, preprocessing: Preprocessing | None, convention: Convention | None = None
) -> State:
    """Make the input another way for the checkpoint looked at; None is its own way."""
    own = state.open_checkpoint.preprocessing if state.open_checkpoint else None
    if preprocessing is None or (preprocessing == own and convention is None):
        return replace(state, preprocessing=None, chosen=None)
    chosen = ChosenInput(preprocessing, convention)
    return replace(state, preprocessing=preprocessing, chosen=chosen)


def describe_checkpoint(state: State, info: CheckpointInfo) -> State:
    """Say other things of an open checkpoint; what is looked at, and how, stays."""
    known = tuple(info if c.fingerprint == info.fingerprint else c for c in state.checkpoints)
    return replace(state, checkpoints=known)


def close_checkpoint(state: State, checkpoint: str) -> State:
    """Take a checkpoint out; its neighbour is looked at next, and the last one stays."""
    marks = [info.fingerprint for info in state.checkpoints]
    if checkpoint not in marks or len(marks) == 1:
        return state
    place = marks.index(checkpoint)
    if state.checkpoint == checkpoint:
        state = look_at(state, marks[place + 1] if place + 1 < len(marks) else marks[place - 1])
    left = tuple(c for c in state.checkpoints if c.fingerprint != checkpoint)
    images = {image.id for image in state.images}
    marks_left = {info.fingerprint for info in left}
    return replace(
        state,
        checkpoints=left,
        changed_inputs=still_changed(state.changed_inputs, images, marks_left),
        set_aside=tuple(one for one in state.set_aside if one[0] != checkpoint),
        touched=tuple(one for one in state.touched if one.checkpoint != checkpoint),
        followed=following(state.followed, checkpoint, ()),
    )
