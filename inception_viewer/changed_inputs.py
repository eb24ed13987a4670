"""What is done to the inputs of open photos: pure functions of the session's state.

A photo's distortion is its own, whichever network looks at it; what misleads a network is of
that network, and waits for it while another is looked at. What was painted over the picture
moves along with the photo under it (see :mod:`moved_strokes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .edit_questions import Adversarial, Brush, Distortion, Edit, Stroke

if TYPE_CHECKING:
    from .questions import Scene
    from .session import State

NEUTRAL = Distortion()
"""Leaves the picture as it is."""
MARKS: Mapping[type[Edit], str] = {
    Distortion: "distorted",
    Brush: "painted",
    Adversarial: "misled",
}
"""An edit in one word."""


@dataclass(frozen=True)
class ChangedInput:
    """What is done to the input that a photo becomes.

    Attributes
    ----------
    image
        Of the photo.
    distortion
        How it is moved, turned, blurred, ….
    attacks
        What misleads which network: pairs of a checkpoint's fingerprint and an attack.
    """

    image: str
    distortion: Distortion = NEUTRAL
    attacks: tuple[tuple[str, Adversarial], ...] = ()


def effective(distortion: Distortion) -> Distortion:
    """Return a distortion without what does nothing: the place of a whole crop, an unused seed."""
    if distortion.crop >= 1:
        distortion = replace(distortion, crop_x=0.5, crop_y=0.5)
    return distortion if distortion.noise > 0 else replace(distortion, seed=0)


def changed_input(state: State, image: str) -> ChangedInput:
    """Return what is done to a photo's input; of one that is left alone, nothing."""
    found = (one for one in state.changed_inputs if one.image == image)
    return next(found, ChangedInput(image))


def attack_on(state: State, image: str) -> Adversarial | None:
    """Return what misleads the network looked at over a photo."""
    return dict(changed_input(state, image).attacks).get(state.checkpoint)


def is_changed(state: State, image: str) -> bool:
    """Whether a photo's input is changed, painting aside, for the network looked at."""
    return bool(edits_before_paint(state, image)) or attack_on(state, image) is not None


def distort(state: State, distortion: Distortion, *, moving: bool = False) -> State:
    """Distort the photo looked at; while a slider is ``moving``, what misleads waits."""
    if state.scene is None:
        return state
    made = replace(changed_input(state, state.image), distortion=distortion)
    return replace(_with(state, made), stroking=moving, picture_moves=moving)


def mislead(state: State, attack: Adversarial | None) -> State:
    """Mislead the network looked at over the photo looked at; None takes it back."""
    known = changed_input(state, state.image)
    rest = tuple(pair for pair in known.attacks if pair[0] != state.checkpoint)
    mine = () if attack is None else ((state.checkpoint, attack),)
    return _with(state, replace(known, attacks=(*rest, *mine)))


def leave_input(state: State) -> State:
    """Show the photo looked at to every network as it is, but for what is painted over it."""
    return _with(state, ChangedInput(state.image))


def edits_before_paint(state: State, image: str) -> tuple[Distortion, ...]:
    """Return what is done to a photo's picture before it is painted over."""
    made = effective(changed_input(state, image).distortion)
    return () if made == NEUTRAL else (made,)


def edits_after_paint(state: State, image: str) -> tuple[Adversarial, ...]:
    """Return what is done to a photo's picture last; nothing while the picture moves."""
    attack = attack_on(state, image)
    waits = state.stroking and state.picture_moves and image == state.image
    return () if attack is None or waits else (attack,)


def as_in(state: State, scene: Scene) -> State:
    """Distort and mislead as in a scene of the checkpoint and the photo looked at."""
    distortions = [one for one in scene.edits if isinstance(one, Distortion)]
    attacks = [one for one in scene.edits if isinstance(one, Adversarial)]
    state = distort(state, distortions[0] if distortions else NEUTRAL)
    return mislead(state, attacks[0] if attacks else None)


def still_changed(
    changed: tuple[ChangedInput, ...], images: Set[str], checkpoints: Set[str]
) -> tuple[ChangedInput, ...]:
    """Drop what is done to photos, and what misleads networks, that are open no more."""
    left = []
    for one in changed:
        attacks = tuple(pair for pair in one.attacks if pair[0] in checkpoints)
        kept = replace(one, attacks=attacks)
        if one.image in images and kept != ChangedInput(one.image):
            left.append(kept)
    return tuple(left)


def without_attack(scene: Scene) -> Scene:
    """Return a scene before it was misled."""
    kept = tuple(one for one in scene.edits if not isinstance(one, Adversarial))
    return replace(scene, edits=kept)


def attack_in(scene: Scene) -> Adversarial | None:
    """Return what misleads the network in a scene."""
    return next((one for one in scene.edits if isinstance(one, Adversarial)), None)


def distortion_in(scene: Scene) -> Distortion:
    """Return how a scene's photo is distorted."""
    return next((one for one in scene.edits if isinstance(one, Distortion)), NEUTRAL)


def is_upright(scene: Scene) -> bool:
    """Whether what the network sees is a part of the photo that is not turned or mirrored."""
    made = distortion_in(scene)
    return made.rotation == 0 and not made.mirror


def strokes_in(scene: Scene) -> tuple[Stroke, ...]:
    """Return what is painted over a scene's picture, in its pixels."""
    brushes = (one for one in scene.edits if isinstance(one, Brush))
    return tuple(stroke for brush in brushes for stroke in brush.strokes)


def edit_marks(edits: Sequence[Edit]) -> str:
    """Return a word for each kind of edit: ``"distorted, painted, misled"``, or ``""``."""
    return ", ".join(dict.fromkeys(MARKS[type(one)] for one in edits))


def _with(state: State, made: ChangedInput) -> State:
    """Put what is done to a photo in the place of what was done to it."""
    if not any(one.id == made.image for one in state.images):
        return state
    if made == changed_input(state, made.image):
        return state
    rest = tuple(one for one in state.changed_inputs if one.image != made.image)
    kept = () if made == ChangedInput(made.image) else (made,)
    return replace(state, changed_inputs=(*rest, *kept))
