"""The one state of the window, changed in one place.

``Session.update(fn)`` replaces the frozen :class:`State`; listeners are told the old
and the new one. Undo is a list of earlier states: it goes back to what was looked at
and how; what is open (photos, checkpoints, the device) stays. No Qt, no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from psygnal import Signal

from .changed_inputs import ChangedInput, edits_after_paint, edits_before_paint, still_changed
from .edit_questions import Brush, BrushSettings, Edit
from .followed import Followed, followed_of, still_open
from .intervention_questions import Intervention
from .lab_choice import Choice
from .moved_strokes import under
from .painted import Painting, cut_of
from .photo_groups import Compared
from .questions import (
    Attribution,
    CheckpointInfo,
    ImageInfo,
    Machine,
    Neuron,
    Preprocessing,
    Scene,
)
from .touched import Touched, still_possible
from .verdict_questions import Convention

MapScale = Literal["module", "branch", "own"]
"""The range a map's colours span: shared in the module or the branch, or the map's own."""
MapSort = Literal["index", "maximum", "mean", "active"]


@dataclass(frozen=True)
class MapSettings:
    """How feature maps are drawn."""

    scale: MapScale = "module"
    sort: MapSort = "index"
    colour_map: str = "viridis"


@dataclass(frozen=True)
class AttributionSettings:
    """What the attribution view asks for.

    ``target`` None follows the head's top class; ``unit`` None is the method's default.
    ``against`` is a class whose logit is subtracted; ``neuron`` is explained in a class's place.
    """

    method: str = "layer_grad_cam"
    head: str = "main"
    target: int | None = None
    unit: str | None = None
    parameters: tuple[tuple[str, float | int | str], ...] = ()
    against: int | None = None
    neuron: Neuron | None = None


@dataclass(frozen=True)
class ChosenInput:
    """How a checkpoint's input is made, where somebody chose it.

    Attributes
    ----------
    preprocessing
        As scenes have it: for the network as it is.
    convention
        The same as it was chosen, with a ``transform_input`` of its own; None where it was
        not chosen in these terms.
    """

    preprocessing: Preprocessing
    convention: Convention | None = None


@dataclass(frozen=True)
class State:
    """Everything the window shows, as a value.

    Attributes
    ----------
    checkpoints, checkpoint
        The open checkpoints and the fingerprint of the one looked at, or ``""``.
    images, image
        The tray, in order, and the id of the photo looked at, or ``""``.
    preprocessing
        How the input is made for the checkpoint looked at; None for its own way.
    chosen
        The choice that ``preprocessing`` came from; it counts while the two agree.
    set_aside
        What was chosen for the other checkpoints, by fingerprint, for when they are looked
        at again.
    unit, channel
        The selected module or unit; the selected channel as (unit, index), or None.
    machine
        The devices, None until torch is loaded.
    brush
        How the next stroke is drawn.
    paintings
        What was painted over each photo, at most one for each way to cut it.
    changed_inputs
        What else is done to photos' inputs; those that are left alone are not in it.
    stroking
        Whether a stroke is being drawn or a slider moved: what is seen is gone in a moment.
    picture_moves
        Whether the picture is what a stroke or a slider changes, rather than the network: what
        misleads the network waits until it rests.
    touched
        What is done to the units of each checkpoint; those that are left alone are not in it.
    compared
        Which photos are side by side, and the groups that photos are sorted into.
    followed
        The classes whose probabilities stay listed, of each checkpoint.
    """

    checkpoints: tuple[CheckpointInfo, ...] = ()
    checkpoint: str = ""
    images: tuple[ImageInfo, ...] = ()
    image: str = ""
    preprocessing: Preprocessing | None = None
    chosen: ChosenInput | None = None
    set_aside: tuple[tuple[str, ChosenInput], ...] = ()
    unit: str = "inception3a"
    channel: tuple[str, int] | None = None
    maps: MapSettings = field(default_factory=MapSettings)
    attribution: AttributionSettings = field(default_factory=AttributionSettings)
    lab: Choice = field(default_factory=Choice)
    machine: Machine | None = None
    brush: BrushSettings = field(default_factory=BrushSettings)
    paintings: tuple[Painting, ...] = ()
    changed_inputs: tuple[ChangedInput, ...] = ()
    stroking: bool = False
    picture_moves: bool = False
    touched: tuple[Touched, ...] = ()
    compared: Compared = field(default_factory=Compared)
    followed: Followed = ()

    @property
    def open_checkpoint(self) -> CheckpointInfo | None:
        """The checkpoint looked at."""
        return next((c for c in self.checkpoints if c.fingerprint == self.checkpoint), None)

    @property
    def chosen_input(self) -> ChosenInput | None:
        """How the input is made for the checkpoint looked at; None for its own way."""
        if self.preprocessing is None:
            return None
        if self.chosen is not None and self.chosen.preprocessing == self.preprocessing:
            return self.chosen
        return ChosenInput(self.preprocessing)

    @property
    def open_image(self) -> ImageInfo | None:
        """The photo looked at."""
        return next((i for i in self.images if i.id == self.image), None)

    @property
    def scene(self) -> Scene | None:
        """The photo in front of the network; None until both are there."""
        return self.scene_of(self.image) if self.open_image is not None else None

    @property
    def made(self) -> Preprocessing:
        """How photos become the input now: the way that was chosen, or the checkpoint's own."""
        checkpoint = self.open_checkpoint
        return self.preprocessing or (checkpoint.preprocessing if checkpoint else Preprocessing())

    def scene_of(self, image: str) -> Scene | None:
        """Return a photo, with what is done to it, in front of the network."""
        checkpoint = self.open_checkpoint
        if checkpoint is None:
            return None
        made = self.made
        found = next((p for p in self.paintings if (p.image, p.cut) == (image, cut_of(made))), None)
        before = edits_before_paint(self, image)
        painted = (under(found.brush, before, made),) if found else ()
        edits: tuple[Edit, ...] = (*before, *painted, *edits_after_paint(self, image))
        return Scene(self.checkpoint, image, made, edits, self.interventions)

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What is done to the units of the checkpoint looked at, in order."""
        found = (one for one in self.touched if one.checkpoint == self.checkpoint)
        return next((one.interventions for one in found), ())

    @property
    def followed_classes(self) -> tuple[int, ...]:
        """The classes whose probabilities stay listed, of the checkpoint looked at."""
        return followed_of(self.followed, self.checkpoint)

    @property
    def plain_scene(self) -> Scene | None:
        """The scene in front of the network as it is, without interventions."""
        return None if self.scene is None else replace(self.scene, interventions=())

    @property
    def painting(self) -> Brush | None:
        """What is painted over the picture looked at."""
        scene = self.scene
        edits = scene.edits if scene is not None else ()
        return next((one for one in edits if isinstance(one, Brush)), None)

    @property
    def attribution_question(self) -> Attribution | None:
        """What the attribution view would ask now: it explains the network as it is."""
        scene, chosen = self.plain_scene, self.attribution
        if scene is None:
            return None
        return Attribution(
            scene,
            chosen.method,
            chosen.head,
            chosen.target,
            chosen.unit,
            chosen.parameters,
            chosen.against,
            chosen.neuron,
        )


class Session:
    """Holds the state; the only way to change it is :meth:`update`."""

    changed = Signal(State, State, reemission="queued")
    """Emitted with (old, new) after every change.

    Queued: where a listener changes the state again, everybody hears of the first change
    before the second, so that nobody is left with the older state.
    """

    def __init__(self, state: State | None = None) -> None:
        self._state = state or State()
        self._past: list[State] = []
        self._future: list[State] = []

    @property
    def state(self) -> State:
        """The present state."""
        return self._state

    def update(self, change: Callable[[State], State], *, undoable: bool = True) -> State:
        """Replace the state by ``change(state)``; nothing happens if it is the same."""
        old, new = self._state, change(self._state)
        if new == old:
            return old
        if undoable:
            self._past = [*self._past[-99:], old]
            self._future = []
        self._move_to(new)
        return new

    @property
    def can_undo(self) -> bool:
        """Whether there is something to go back to."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to go forward to."""
        return bool(self._future)

    def undo(self) -> bool:
        """Go back to what was looked at before; False if there is nothing to go back to."""
        return self._travel(self._past, self._future)

    def redo(self) -> bool:
        """Go forward again; False if there is nothing to redo."""
        return self._travel(self._future, self._past)

    def _travel(self, source: list[State], target: list[State]) -> bool:
        while source:
            reached = looked_at(source.pop(), self._state)
            if reached != self._state:
                target.append(self._state)
                self._move_to(reached)
                return True
        return False

    def _move_to(self, state: State) -> None:
        old, self._state = self._state, state
        self.changed.emit(old, state)


def looked_at(then: State, now: State) -> State:
    """Return ``then`` with what is open now.

    A photo or checkpoint that was looked at then and is not open any more gives way to
    the one looked at now.
    """
    images, checkpoints = {i.id for i in now.images}, {c.fingerprint for c in now.checkpoints}
    same_network = then.checkpoint in checkpoints or then.checkpoint == now.checkpoint
    kept = then if same_network else now
    return replace(
        then,
        images=now.images,
        checkpoints=now.checkpoints,
        machine=now.machine,
        brush=now.brush,
        paintings=tuple(one for one in then.paintings if one.image in images),
        changed_inputs=still_changed(then.changed_inputs, images, checkpoints),
        stroking=False,
        picture_moves=False,
        touched=still_possible(then.touched, images, checkpoints),
        compared=replace(then.compared, listed=now.compared.listed),
        followed=still_open(then.followed, checkpoints),
        image=then.image if then.image in images else now.image,
        checkpoint=kept.checkpoint,
        preprocessing=kept.preprocessing,
        chosen=kept.chosen,
        set_aside=tuple(one for one in kept.set_aside if one[0] in checkpoints),
        unit=kept.unit,
        channel=kept.channel,
        attribution=kept.attribution,
        lab=kept.lab,
    )


def add_images(state: State, images: tuple[ImageInfo, ...]) -> State:
    """Append photos that are not in the tray yet and look at the last one that came."""
    present = {image.id for image in state.images}
    new = {image.id: image for image in images if image.id not in present}
    shown = images[-1].id if images else state.image
    return replace(state, images=(*state.images, *new.values()), image=shown)


def remove_image(state: State, image: str) -> State:
    """Take a photo out of the tray; its neighbour is looked at next."""
    ids = [item.id for item in state.images]
    if image not in ids:
        return state
    place = ids.index(image)
    rest = tuple(item for item in state.images if item.id != image)
    shown = state.image
    if shown == image:
        shown = rest[min(place, len(rest) - 1)].id if rest else ""
    paintings = tuple(one for one in state.paintings if one.image != image)
    marks = {info.fingerprint for info in state.checkpoints}
    left = {item.id for item in rest}
    return replace(
        state,
        images=rest,
        image=shown,
        paintings=paintings,
        touched=still_possible(state.touched, left, marks),
        changed_inputs=still_changed(state.changed_inputs, left, marks),
    )
