"""Scenes, questions and answers: the values that every part of the program speaks in.

A :class:`Question` is frozen and hashable; asked twice it is the same question, so
it keys caches and tells a stale outcome from a fresh one. An answer is frozen and
its arrays are read-only. Nothing here imports torch or Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .edit_questions import Edit
    from .verdict_questions import Verdict

Floats: TypeAlias = NDArray[np.float32]
Pixels: TypeAlias = NDArray[np.uint8]
"""An RGB picture (height, width, 3), 0 to 255, row 0 at the top."""

HeadState = Literal["trained", "untrained", "absent", "fitted", "unknown"]


# --- what a scene is made of ---------------------------------------------------------


@dataclass(frozen=True)
class Preprocessing:
    """How a photo becomes the network's input.

    The photo is resized, cropped, brought to the channel order, multiplied by
    ``scale`` (from 0..255), reduced by ``mean`` and divided by ``std``, per channel
    in the order the network reads them.

    Attributes
    ----------
    height, width
        Size of the input in pixels.
    resize
        ``"squeeze"``: both sides to the input's size, whatever the aspect;
        ``"short_side"``: the shorter side to ``short_side``, then a centre crop.
    short_side
        Pixels of the shorter side before the crop; used by ``"short_side"`` only.
    channels
        ``"RGB"`` or ``"BGR"``: the order in which conv1 reads them.
    scale
        Factor from 0..255; 1/255 for networks that read 0..1.
    mean, std
        Per channel, in the network's order and after ``scale``.
    """

    height: int = 224
    width: int = 224
    resize: Literal["squeeze", "short_side"] = "short_side"
    short_side: int = 256
    channels: Literal["RGB", "BGR"] = "RGB"
    scale: float = 1 / 255
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Scene:
    """One photo in front of one network: what every trace and answer is keyed by.

    Attributes
    ----------
    checkpoint
        Fingerprint of the network's weights.
    image
        Content hash of the photo's pixels.
    preprocessing
        How the photo becomes the input.
    edits
        What was done to the picture that the network sees, in order.
    interventions
        Interventions on the network, in order (later issues).
    """

    checkpoint: str
    image: str
    preprocessing: Preprocessing
    edits: tuple[Edit, ...] = ()
    interventions: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Provenance:
    """What a reader needs to trust an answer."""

    fingerprint: str
    preprocessing: Preprocessing
    seconds: float
    device: str = "cpu"
    seed: int | None = None


# --- the network as data -------------------------------------------------------------


@dataclass(frozen=True)
class ReceptiveField:
    """The input pixels a unit can see.

    Position ``i`` along an axis is centred on input pixel ``offset + i * stride`` and
    sees ``size`` pixels around it: from ``offset + i * stride - (size - 1) / 2`` to
    ``offset + i * stride + (size - 1) / 2``, both included, clipped to the input.
    ``stride`` is 0 for units that see the whole input (after global pooling).

    ``column_offset`` is the offset along the columns where it is another one than along the
    rows: TensorFlow's padding depends on each side's length.

    Adaptive pools have windows of uneven size and distance, and other ones along each
    axis: there ``windows`` holds (first, last) of every position, clipped, for the rows
    and for the columns, and ``size``, ``stride`` and ``offset`` are the nearest even ones.
    """

    size: int
    stride: int
    offset: float
    windows: tuple[tuple[tuple[int, int], ...], ...] = ()
    column_offset: float | None = None

    def first_centre(self, axis: int) -> float:
        """Return the input pixel on which position 0 is centred, along an axis."""
        if axis == 0 or self.column_offset is None:
            return self.offset
        return self.column_offset

    def span(self, position: int, extent: int, axis: int = 0) -> tuple[int, int]:
        """Return the first and last input pixel seen at ``position``, clipped to ``extent``.

        ``axis`` is 0 for rows, 1 for columns; it matters after an adaptive pool, and where
        there is a ``column_offset``.
        """
        if self.stride == 0:
            return 0, extent - 1
        if self.windows:
            return self.windows[axis][position]
        centre = self.first_centre(axis) + position * self.stride
        first, last = centre - (self.size - 1) / 2, centre + (self.size - 1) / 2
        return max(0, int(np.ceil(first))), min(extent - 1, int(np.floor(last)))


@dataclass(frozen=True)
class Node:
    """One unit of the network, as drawn.

    Attributes
    ----------
    name
        ``"inception4a/3x3"``.
    kind
        ``"input"``, ``"conv"``, ``"max_pool"``, ``"lrn"``, ``"concat"``, ``"avg_pool"``,
        ``"dense"`` or ``"classifier"``.
    group
        The Inception module or head it belongs to (``"inception4a"``, ``"aux1"``), or ``""``.
        A module's concatenation belongs to its own module.
    branch
        ``"1x1"``, ``"3x3"``, ``"5x5"``, ``"pool"`` for the units within a branch, else ``""``.
    shape
        Output (channels, height, width); (features, 1, 1) for dense layers.
    kernel, stride
        Of a convolution or pool; 0 where there is none.
    parameters, multiply_adds
        Counts, batch norm's weight and bias included in the former.
    field
        Receptive field on the input.
    note
        A sentence where the unit is not what its name says (torchvision's "5x5"), or ``""``.
    """

    name: str
    kind: str
    group: str
    branch: str
    shape: tuple[int, int, int]
    kernel: int
    stride: int
    parameters: int
    multiply_adds: int
    field: ReceptiveField
    note: str = ""


@dataclass(frozen=True)
class Graph:
    """The network's units and what feeds what, in the order of computation."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]
    input_shape: tuple[int, int, int]

    def node(self, name: str) -> Node:
        """Return the node of that name; KeyError if there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)


@dataclass(frozen=True)
class CheckpointInfo:
    """What an open checkpoint is.

    Attributes
    ----------
    fingerprint
        SHA-256 over its unfolded weights, their names and the architecture, 64 hex digits.
    name
        For people: ``"demo"`` or the file's name.
    source
        Path it was read from; what ``iv.load`` takes to load it again.
    family
        ``"torchvision"``, ``"paper"``, …
    verdict
        A short phrase: ``"paper, true 5x5, batch norm, heads trained"``.
    classes
        Class names, in the order of the logits.
    preprocessing
        The checkpoint's own.
    heads
        State of each of ``aux1``, ``aux2``, ``main``.
    graph
        At the preprocessing's input size.
    parameters
        All trainable numbers of the file's network.
    metadata
        What the file says of itself (recipe, accuracy, licence, …).
    warnings
        Sentences for people.
    variant_summary
        Lines of (label, value) describing the architecture.
    details
        The whole verdict, as far as it is known at the opening: :class:`Judge` asks for more.
    names
        The class list that ``classes`` is from, as :class:`~.checkpoint_questions.NameClasses`
        has it; ``""`` for the file's own.
    least_size
        Pixels that each side of an input must have at least.
    """

    fingerprint: str
    name: str
    source: str
    family: str
    verdict: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    heads: Mapping[str, HeadState] = field(hash=False)
    graph: Graph = field(hash=False, repr=False)
    parameters: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)
    warnings: tuple[str, ...] = ()
    variant_summary: tuple[tuple[str, str], ...] = ()
    details: Verdict | None = field(default=None, hash=False, repr=False)
    names: str = ""
    least_size: int = 1


@dataclass(frozen=True, eq=False)
class ImageInfo:
    """A photo that is open.

    Attributes
    ----------
    id
        Content hash of its pixels.
    name
        For people: the file's name, ``"pasted"``, …
    source
        Path or URL it came from, ``""`` for pasted pixels.
    height, width
        Pixels, upright (after EXIF orientation).
    thumbnail
        At most 160 pixels a side.
    note
        What decoding did that one should know (``"first of 12 frames"``, ``"alpha on white"``).
    """

    id: str
    name: str
    source: str
    height: int
    width: int
    thumbnail: Pixels = field(repr=False)
    note: str = ""


# --- questions -----------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """Something that can be asked of the lab. Subclasses are the questions there are.

    ``cached`` says whether the answer may be kept: not where asking changes the lab.
    """

    cached: ClassVar[bool] = True


@dataclass(frozen=True)
class Command(Question):
    """A question that changes the lab; its answer is never kept."""

    cached: ClassVar[bool] = False


@dataclass(frozen=True)
class WarmUp(Command):
    """Import torch and the analyses; answered by :class:`Machine`."""


@dataclass(frozen=True)
class SwitchDevice(Command):
    """Move every open network to ``device``; answered by :class:`Machine`."""

    device: str


@dataclass(frozen=True)
class OpenCheckpoint(Command):
    """Open ``"demo"`` or a file; answered by :class:`CheckpointInfo`."""

    source: str


@dataclass(frozen=True)
class GetCheckpoint(Command):
    """Download a published checkpoint, unless it is there; answered by :class:`GotCheckpoint`.

    Partial answers are :class:`Received`. ``folder`` is ``""`` for the checkpoint's own.
    """

    name: str
    folder: str = ""


@dataclass(frozen=True)
class ImageSource:
    """Where a photo is to come from: a path, or encoded bytes (paste, browser drop)."""

    path: str = ""
    data: bytes = field(default=b"", repr=False)
    name: str = ""


@dataclass(frozen=True)
class OpenImages(Command):
    """Decode photos (folders are searched); answered by :class:`OpenedImages`."""

    sources: tuple[ImageSource, ...]


@dataclass(frozen=True)
class ForgetImage(Command):
    """Release a photo and all that was computed for it; answered by None."""

    image: str


@dataclass(frozen=True)
class Overview(Question):
    """All that one frame of the window shows; answered by :class:`OverviewAnswer`.

    ``unit`` is the module or unit whose maps are wanted along with it.
    """

    scene: Scene
    unit: str


@dataclass(frozen=True)
class PassingOverview(Overview):
    """An overview of what is gone in a moment, as while a brush moves: nothing of it is kept."""

    cached: ClassVar[bool] = False


@dataclass(frozen=True)
class Maps(Question):
    """The feature maps of a module's four branches or of one unit; :class:`MapsAnswer`."""

    scene: Scene
    unit: str


@dataclass(frozen=True)
class Glance(Question):
    """Only what the heads answer, for the tray; answered by :class:`Predictions`."""

    scene: Scene


@dataclass(frozen=True)
class Neuron:
    """A number inside the network that can be explained in a class's place.

    Attributes
    ----------
    unit
        Any unit with a map: ``"inception4a/3x3"``.
    channel
        Its index, or None for the channel with the largest activation on the photo.
    position
        (row, column) in the unit's map, or None for the sum over all positions.
    """

    unit: str
    channel: int | None = None
    position: tuple[int, int] | None = None


@dataclass(frozen=True)
class Attribution(Question):
    """Which pixels a head's answer rests on; answered by :class:`AttributionAnswer`.

    Attributes
    ----------
    method
        ``"integrated_gradients"``, ``"layer_grad_cam"``, … (names of ``iv.methods()``).
    head
        ``"aux1"``, ``"aux2"`` or ``"main"``.
    target
        Class index, or None for the head's own top class.
    unit
        The layer, for layer methods; None for the method's default (``inception5b``, or
        the head's last unit with a map).
    parameters
        The method's own, sorted by name.
    against
        The class whose logit is subtracted, so that the difference of two is explained;
        None: the target's logit alone.
    neuron
        What to explain instead of a head's logit, or None. Neuron methods need one; None
        means the strongest channel of the head's last unit with a map there (inception5b).
    """

    scene: Scene
    method: str
    head: str = "main"
    target: int | None = None
    unit: str | None = None
    parameters: tuple[tuple[str, float | int | str], ...] = ()
    against: int | None = None
    neuron: Neuron | None = None


# --- answers -------------------------------------------------------------------------


@dataclass(frozen=True)
class Machine:
    """Where networks can run: (device, name for people) pairs, and the one in use."""

    devices: tuple[tuple[str, str], ...]
    device: str
    torch_version: str


@dataclass(frozen=True)
class Notice:
    """Something that happened while a question was answered, and is nobody's answer.

    Attributes
    ----------
    sentence
        For people.
    machine
        Where networks run from now on.
    """

    sentence: str
    machine: Machine


@dataclass(frozen=True)
class Received:
    """How much of a file has arrived.

    Attributes
    ----------
    received, total
        Bytes; ``total`` is the published size until the server states it.
    seconds_left
        None while it cannot be told.
    note
        What there is to say instead (``"checking"``, why it is tried again), or ``""``.
    """

    received: int
    total: int
    seconds_left: float | None = None
    note: str = ""


@dataclass(frozen=True)
class GotCheckpoint:
    """Where a published checkpoint is now; ``fetched`` is False if it was there already."""

    name: str
    path: str
    fetched: bool


@dataclass(frozen=True, eq=False)
class OpenedImages:
    """What a drop gave: the photos that were read, and why the others were not.

    ``failures`` holds (name, one sentence) pairs.
    """

    images: tuple[ImageInfo, ...]
    failures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Predictions:
    """The three heads' answers over the same classes.

    ``logits`` and ``probabilities`` map a head's name to (classes,); heads that the
    network lacks are missing. ``image`` is the content hash of the photo they are about.
    """

    classes: tuple[str, ...]
    logits: Mapping[str, Floats]
    probabilities: Mapping[str, Floats]
    heads: Mapping[str, HeadState]
    image: str = ""

    def top(self, head: str, count: int) -> list[tuple[int, str, float]]:
        """Return the ``count`` likeliest classes of a head as (index, name, probability)."""
        values = self.probabilities[head]
        order = np.argsort(-values, kind="stable")[:count]
        return [(int(i), self.classes[i], float(values[i])) for i in order]


@dataclass(frozen=True, eq=False)
class MapGroup:
    """The feature maps of one unit.

    Attributes
    ----------
    unit
        ``"inception4a/3x3"``.
    branch
        ``"1x1"``, …, or ``""`` outside an Inception module.
    maps
        (channels, height, width), after the ReLU.
    maximum, mean, active
        Per channel (channels,): largest value, mean, share of positions above zero.
    note
        A sentence where the unit is not what its name says, or ``""``.
    """

    unit: str
    branch: str
    maps: Floats
    maximum: Floats
    mean: Floats
    active: Floats
    note: str = ""


@dataclass(frozen=True, eq=False)
class MapsAnswer:
    """The maps of a module (four groups, in branch order) or of one unit (one group).

    ``groups`` is empty for units without a map, and ``note`` then says why.
    ``filters`` holds conv1's kernels (64, 7, 7, 3) as signed weights in RGB order, else None.
    """

    unit: str
    scene: Scene
    groups: tuple[MapGroup, ...]
    provenance: Provenance
    note: str = ""
    filters: Floats | None = None


@dataclass(frozen=True, eq=False)
class OverviewAnswer:
    """Everything one frame of the window shows of a scene.

    Attributes
    ----------
    picture
        The exact picture that the network sees (height, width, 3), before mean and std.
    crop
        (left, top, right, bottom) of that picture on the upright photo, in its pixels.
    predictions
        The heads' answers.
    thumbnails
        Mean map (height, width) of every unit that has one.
    largest
        Largest activation of every unit.
    shares
        For every Inception module, each branch's share of the summed activation, in [0, 1].
    maps
        Maps of the unit that was asked for.
    graph
        The network at this input's size, where that is not the checkpoint's own.
    """

    scene: Scene
    picture: Pixels
    crop: tuple[float, float, float, float]
    predictions: Predictions
    thumbnails: Mapping[str, Floats]
    largest: Mapping[str, float]
    shares: Mapping[str, Mapping[str, float]]
    maps: MapsAnswer
    provenance: Provenance
    graph: Graph | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class AttributionAnswer:
    """An attribution and how far to trust it.

    Attributes
    ----------
    map
        (height, width) at the input's size, signed.
    raw
        (3, height, width) with respect to what conv1 receives, or (channels, h, w) of a layer.
    target
        The class that was explained; -1 for a neuron's own activation.
    target_name
        What was explained, in words: ``"cup"``, ``"cup against ewer"``,
        ``"inception4a/3x3, channel 18"``.
    completeness_error
        |sum - (F(x) - F(b))| / max(|F(x) - F(b)|, 0.1), or None where the method promises none.
    parameters
        Every parameter that was used, defaults included.
    degenerate
        Why the map should not be read (all zero, not finite), or ``""``.
    note
        What else to know (``"80 steps were needed"``), or ``""``.
    partial
        Whether more is to come.
    score, baseline_score
        F(x) and F(b): what was explained, in logits (or a unit's activation), on the photo and
        on the baseline; None where they were not computed.
    conserved
        Share of F(x) that the relevance at the input adds up to (LRP), else None.
    forwards, backwards
        Passes that it took, counted in photos.
    """

    question: Attribution
    map: Floats
    raw: Floats
    target: int
    target_name: str
    completeness_error: float | None
    seconds: float
    parameters: Mapping[str, float | int | str]
    provenance: Provenance
    degenerate: str = ""
    note: str = ""
    partial: bool = False
    score: float | None = None
    baseline_score: float | None = None
    conserved: float | None = None
    forwards: int = 0
    backwards: int = 0


def frozen_array(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array, made read-only: answers are shared between threads and views."""
    array.setflags(write=False)
    return array
