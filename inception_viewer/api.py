"""The public Python interface: what a notebook sees.

It asks the same questions as the window, of a lab of its own, and gives the same
numbers. Photos are let go after each call, so that a loop over a folder does not grow.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from os import PathLike, fsdecode, fspath
from os.path import exists, expanduser
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import arguments, attribution_methods, grade_measures
from .analysis import answer
from .analysis.maps import first_filters
from .analysis.trace import Trace
from .attribution_methods import Method, Parameter
from .checkpoints.own import save_as
from .concept_questions import Concept, ConceptAnswer, TestConcepts
from .edit_questions import Edit
from .errors import CheckpointError, ImageError, QuestionError
from .googlenet.variants import Variant
from .grade_questions import Grade, GradeAnswer, MeasureName
from .images.decode import Decoded, decode, from_array, from_pil
from .intervention_questions import Intervention
from .lab import Lab
from .questions import (
    Attribution,
    AttributionAnswer,
    CheckpointInfo,
    Floats,
    HeadState,
    ImageSource,
    Notice,
    Preprocessing,
    Question,
    Scene,
)
from .runner import Progress

Photo: TypeAlias = str | PathLike[str] | Image.Image | NDArray[np.uint8]
"""A path, a PIL image, or a numpy array uint8 RGB (height, width, 3)."""

BASELINES = (
    ("baseline", "image", "baseline_image"),
    ("baselines", "images", "baseline_images"),
)
"""The parameters that take photos: their names, the choice meant, and where the ids go."""

Watch: TypeAlias = Callable[[float, str], None]
"""Called with the share done in [0, 1] and a few words; whatever it raises ends the work."""


def warn(notice: Notice) -> None:
    """Tell a notebook that the GPU gave out: a ``RuntimeWarning``."""
    warnings.warn(notice.sentence, RuntimeWarning, stacklevel=2)


class Network:
    """A GoogLeNet checkpoint that is open; made by :func:`load`.

    Parameters
    ----------
    lab
        What has it open.
    info
        What the lab says of it.
    tell
        Told when the GPU gives out and the network moves to the CPU.

    Attributes
    ----------
    info
        All that is known of it: verdict, heads, graph, metadata, warnings; ``info.details``
        is the whole verdict without the sample photos, which :func:`inspect` asks as well.
    """

    def __init__(
        self, lab: Lab, info: CheckpointInfo, tell: Callable[[Notice], None] = warn
    ) -> None:
        self._lab, self.info, self._tell = lab, info, tell

    @property
    def variant(self) -> Variant:
        """The architecture."""
        return self._lab.truth(self.info.fingerprint).variant

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the logits."""
        return self.info.classes

    @property
    def preprocessing(self) -> Preprocessing:
        """How a photo becomes the input; what :meth:`trace` uses unless told otherwise."""
        return self.info.preprocessing

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the unfolded weights and the architecture, 64 hex digits."""
        return self.info.fingerprint

    @property
    def heads(self) -> Mapping[str, HeadState]:
        """State of each of ``aux1``, ``aux2``, ``main``: trained, untrained, absent, …."""
        return self.info.heads

    @property
    def filters(self) -> Floats:
        """conv1's kernels (64, 7, 7, 3) as stored, float32, in the order red, green, blue."""
        return first_filters(self._lab, self.fingerprint, self.preprocessing.channels)

    @property
    def device(self) -> str:
        """Where it runs; ``"cpu"`` from then on if a GPU ran out of memory."""
        return self._lab.device

    def trace(
        self,
        image: Photo,
        *,
        preprocessing: Preprocessing | None = None,
        edits: Sequence[Edit] = (),
        interventions: Sequence[Intervention] = (),
    ) -> Trace:
        """Run one forward pass and keep everything.

        Parameters
        ----------
        image
            A path, a PIL image, or a numpy array uint8 RGB (height, width, 3).
        preprocessing
            How it becomes the input; None for the checkpoint's own.
        edits
            What is done to the photo first: at most one ``iv.Distortion``, then each
            ``iv.Brush``, then at most one ``iv.Adversarial``, whose ``target`` may be a class's
            name. What they changed is the difference of two pictures:
            ``net.trace(photo, edits=edits).picture.astype(int) - net.trace(photo).picture``.
        interventions
            What is done to units on the way. Where an intervention needs photos, its
            ``images`` may be photos as ``image`` is.

        Returns
        -------
        Trace
            Activations by unit name, ``.input``, ``.logits``, ``.top(head, k)``, ….

        Raises
        ------
        ImageError, QuestionError
            If the image cannot be read, an edit not be done, or an intervention does not fit
            the network; in one sentence.
        """
        with ExitStack() as opened:
            plain = opened.enter_context(self._scene(image, preprocessing, edits))
            asked = arguments.interventions(interventions)
            done = tuple(self._intervention(one, opened) for one in asked)
            scene = replace(plain, interventions=done)
            return self._lab.attempt(lambda: self._lab.trace(scene), self._tell)

    def save(
        self,
        path: str | PathLike[str],
        *,
        dtype: Literal["float32", "float16"] = "float32",
        preprocessing: Preprocessing | None = None,
        transform_input: bool | None = None,
        classes: Sequence[str] | None = None,
    ) -> Path:
        """Write the checkpoint as one of ours, which says everything about itself.

        Parameters
        ----------
        path
            The ``.safetensors`` to write; one that is there is replaced once all is written.
        dtype
            Of the weights in the file.
        preprocessing
            How photos become the input, from now on; None for the checkpoint's own.
        transform_input
            torchvision's flag; None for the checkpoint's own.
        classes
            Other class names, as many as there are classes; None for the checkpoint's own.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        CheckpointError
            If it cannot be written, a weight does not fit ``dtype``, or there are more or
            fewer names than classes.
        """
        target = Path(expanduser(path))
        if target.suffix != ".safetensors":
            raise CheckpointError(f"A checkpoint is saved as .safetensors, not “{target.name}”.")
        save_as(
            self._lab.truth(self.fingerprint),
            target,
            preprocessing=preprocessing,
            transform_input=transform_input,
            classes=classes,
            source=self.info.name,
            dtype=dtype,
        )
        return target

    def _intervention(self, one: Intervention, opened: ExitStack) -> Intervention:
        """Return an intervention whose photos are open as long as ``opened`` is."""
        photos = [opened.enter_context(self._scene(photo, None)) for photo in one.images]
        return replace(one, images=tuple(photo.image for photo in photos))

    def _answer(self, question: Question, progress: Watch | None = None) -> Any:
        return answer(question, self._lab, _Watched(progress, self._tell))

    @contextmanager
    def _scene(
        self,
        image: Photo,
        preprocessing: Preprocessing | None,
        edits: Sequence[Edit] = (),
    ) -> Iterator[Scene]:
        done = arguments.edits(edits, self.classes)
        made = arguments.preprocessing(preprocessing) or self.preprocessing
        opened = self._lab.add_image(_decoded(image))
        try:
            yield Scene(self.fingerprint, opened.id, made, done)
        finally:
            self._lab.forget_image(opened.id)

    def __repr__(self) -> str:
        return f"<Network {self.info.name!r}: {self.info.verdict}, {len(self.classes)} classes>"


class _Watched:
    """The progress of a question that a notebook asks."""

    lane = "jobs"

    def __init__(self, watch: Watch | None, tell: Callable[[Notice], None]) -> None:
        if watch is not None and not callable(watch):
            raise QuestionError(f"“progress” is a function that is called, not {watch!r}.")
        self._watch, self._tell = watch, tell

    def __call__(self, fraction: float, answer: Any = None, text: str = "") -> None:
        """Pass it on to whoever watches; an exception of theirs ends the work."""
        if self._watch is not None:
            self._watch(fraction, text)

    def notice(self, notice: Notice) -> None:
        """Say that the GPU gave out."""
        self._tell(notice)


def watched(net: Network, progress: Watch | None) -> Progress:
    """Return the progress of a question about a network that a notebook asks."""
    return _Watched(progress, net._tell)


def load(source: str | PathLike[str] = "demo", *, device: str = "cpu") -> Network:
    """Open a GoogLeNet checkpoint.

    Parameters
    ----------
    source
        ``"demo"``; ``"torchvision"``, ``"inception5h"`` or ``"bvlc"`` once it has been got
        (:func:`get`); or the path of a file: ``.safetensors``, ``.pth``, ``.pt``,
        ``.caffemodel`` or a frozen TensorFlow graph (``.pb``). Nothing in it is executed.
    device
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"auto"``. On CUDA, TF32 is switched off for the
        whole process, so that answers agree with the CPU's.

    Raises
    ------
    CheckpointError
        If it cannot be opened, in one sentence.
    QuestionError
        If this machine lacks the device.

    Warns
    -----
    RuntimeWarning
        If the GPU runs out of memory, here or later: the network then runs on the CPU.
    """
    return opened(source, device)


def opened(
    source: str | PathLike[str], device: str = "cpu", tell: Callable[[Notice], None] = warn
) -> Network:
    """Open a checkpoint as :func:`load` does; ``tell`` hears when the GPU gives out."""
    if not isinstance(source, str | bytes | PathLike):
        raise CheckpointError(
            f"A checkpoint is a name or the path of a file, not {type(source).__name__}."
        )
    lab = Lab(device)
    info = lab.attempt(lambda: lab.open_checkpoint(fsdecode(source)), tell)
    return Network(lab, info, tell)


def methods() -> tuple[str, ...]:
    """Return the names of the attribution methods that :func:`attribute` takes."""
    return attribution_methods.names()


def attribute(
    net: Network,
    image: Photo,
    *,
    method: str = "integrated_gradients",
    head: str = "main",
    target: int | str | None = None,
    unit: str | None = None,
    against: int | str | None = None,
    channel: int | None = None,
    position: tuple[int, int] | None = None,
    preprocessing: Preprocessing | None = None,
    edits: Sequence[Edit] = (),
    **parameters: Any,
) -> AttributionAnswer:
    """Say which pixels, or which of a unit's numbers, an answer rests on.

    Parameters
    ----------
    net
        From :func:`load`.
    image
        A path, a PIL image, or a numpy array uint8 RGB (height, width, 3).
    method
        One of :func:`methods`.
    head
        ``"aux1"``, ``"aux2"`` or ``"main"``.
    target
        A class by name or index; None for the head's top class.
    unit
        The layer, for layer methods; for others the neuron's unit. None for the method's
        default, the head's last unit with a map (``"inception5b"``).
    against
        A class by name or index whose logit is subtracted: the difference of two classes is
        explained.
    channel, position
        With either, or with a neuron method, the unit's channel is explained instead of a
        class: its activation at ``position`` (row, column), or summed over all positions.
        Without ``channel`` it is the channel that is largest on the photo.
    preprocessing
        How the image becomes the input; None for the checkpoint's own.
    edits
        What is done to the photo first, as in :meth:`Network.trace`: the picture after it is
        explained.
    **parameters
        The method's own (``steps=50``). ``baseline`` may be a photo, like ``image``, and
        ``baselines`` a list of photos, besides the names that the method lists.

    Returns
    -------
    AttributionAnswer
        ``.map`` (height, width), signed; ``.raw``; ``.completeness_error``; ….

    Raises
    ------
    ImageError, QuestionError
        If the image cannot be read; if there is no such method, head, class, unit, channel,
        position or parameter, or they do not go together.
    """
    with _asked(
        net,
        image,
        method,
        head,
        target,
        unit,
        against,
        channel,
        position,
        preprocessing,
        edits,
        parameters,
    ) as question:
        explained: AttributionAnswer = net._answer(question)
        return explained


def measures() -> tuple[str, ...]:
    """Return the names of the grades that :func:`grade` gives."""
    return grade_measures.names()


def grade(
    net: Network,
    image: Photo,
    *,
    method: str = "integrated_gradients",
    measure: str = "deletion",
    head: str = "main",
    target: int | str | None = None,
    unit: str | None = None,
    against: int | str | None = None,
    channel: int | None = None,
    position: tuple[int, int] | None = None,
    preprocessing: Preprocessing | None = None,
    edits: Sequence[Edit] = (),
    measure_seed: int = 0,
    **parameters: Any,
) -> GradeAnswer:
    """Say how far a map can be trusted.

    Parameters
    ----------
    net, image, method, head, target, unit, against, channel, position, preprocessing, edits
        Of the map, as :func:`attribute` takes them.
    measure
        One of :func:`measures`.
    measure_seed
        Of what the measure draws at random; ``seed`` is the method's own.
    **parameters
        The method's own.

    Returns
    -------
    GradeAnswer
        ``.value``, ``.sentence``, ``.curves`` by name, ….

    Raises
    ------
    ImageError, QuestionError
        As :func:`attribute`, and if there is no such measure.
    """
    grade_measures.measure(arguments.name(measure, "measure"))
    seed = arguments.count(measure_seed, "seed")
    with _asked(
        net,
        image,
        method,
        head,
        target,
        unit,
        against,
        channel,
        position,
        preprocessing,
        edits,
        parameters,
    ) as question:
        wanted = Grade(question, cast(MeasureName, measure), seed)
        found: GradeAnswer = net._answer(wanted)
        return found


def tcav(
    net: Network,
    *,
    unit: str,
    target: int | str,
    concepts: Mapping[str, str | PathLike[str]],
    random: str | PathLike[str],
    photos: str | PathLike[str],
    head: str = "main",
    runs: int = 10,
    most: int = 150,
    seed: int = 0,
    preprocessing: Preprocessing | None = None,
    together: int = 1,
) -> ConceptAnswer:
    """Say whether a class rests on concepts that are given by example (Kim et al., 2018).

    Parameters
    ----------
    net
        From :func:`load`.
    unit
        Where concepts are looked for: any unit on the head's way (``"inception4d"``).
    target
        A class by name or index.
    concepts
        From a concept's name to a folder of photos that show it.
    random
        A folder of photos of anything else; the more the better.
    photos
        A folder of photos of the class.
    head
        ``"aux1"``, ``"aux2"`` or ``"main"``.
    runs
        How many times the random photos are drawn, and the directions learnt.
    most
        Photos of each folder that are used at most; of the random one three times as many.
    seed
        Of every draw.
    preprocessing
        How photos become inputs; None for the checkpoint's own.
    together
        How many units are tested: p-values are corrected for all of them.

    Returns
    -------
    ConceptAnswer
        ``.concepts``: each with ``.score``, ``.spread``, ``.p_value``, ``.accuracy``, ….

    Raises
    ------
    QuestionError
        If there is no such unit, head or class, or a folder holds too few photos.
    """
    _opened(net)
    index = arguments.class_index(net.classes, target)
    if index is None:
        raise QuestionError("Say which class: by name or index.")
    question = TestConcepts(
        net.fingerprint,
        arguments.name(unit, "unit"),
        arguments.name(head, "head"),
        index,
        _concepts(concepts),
        arguments.folder(random, "folder of random photos"),
        arguments.folder(photos, "folder of photos of the class"),
        arguments.whole(runs, "number of runs"),
        arguments.whole(most, "number of photos"),
        arguments.whole(seed, "seed"),
        arguments.preprocessing(preprocessing),
        arguments.whole(together, "number of questions asked together"),
    )
    found: ConceptAnswer = net._answer(question)
    return found


def _concepts(concepts: Any) -> tuple[Concept, ...]:
    if not isinstance(concepts, Mapping):
        raise QuestionError(
            f"Concepts are a mapping from a name to a folder of photos, not {concepts!r}."
        )
    return tuple(
        Concept(arguments.name(name, "concept"), arguments.folder(where, f"folder of “{name}”"))
        for name, where in concepts.items()
    )


def _opened(net: Any) -> None:
    if not isinstance(net, Network):
        raise QuestionError(f"“net” is what iv.load returns, not {net!r}.")


@contextmanager
def _asked(
    net: Network,
    image: Photo,
    method: str,
    head: str,
    target: int | str | None,
    unit: str | None,
    against: int | str | None,
    channel: int | None,
    position: tuple[int, int] | None,
    preprocessing: Preprocessing | None,
    edits: Sequence[Edit],
    parameters: Mapping[str, Any],
) -> Iterator[Attribution]:
    """Make the question of :func:`attribute`'s arguments; its photos are open within."""
    _opened(net)
    described = attribution_methods.method(arguments.name(method, "method"))
    head = arguments.name(head, "head")
    if unit is not None:
        unit = arguments.name(unit, "unit")
    chosen = arguments.neuron(described, head, unit, channel, position)
    if chosen and against is not None and not described.needs_answer:
        raise QuestionError("“against” subtracts a class; a unit's channel is explained here.")
    with ExitStack() as opened:
        scene = opened.enter_context(net._scene(image, preprocessing, edits))
        settings = _settings(described, parameters, opened, net)
        yield Attribution(
            scene,
            method,
            head,
            arguments.class_index(net.classes, target),
            None if chosen else unit,
            tuple(sorted(settings.items())),
            arguments.class_index(net.classes, against),
            chosen,
        )


def _settings(
    method: Method, parameters: Mapping[str, Any], opened: ExitStack, net: Network
) -> dict[str, Any]:
    """Return the parameters, with baselines that are photos opened for as long as needed."""
    settings = dict(parameters)
    for key, chosen, ids in BASELINES:
        given = settings.get(key)
        named = next((p for p in method.parameters if p.name == key), None)
        if named is None or given is None or _is_choice(named, given):
            continue
        several = key == "baselines" and isinstance(given, list | tuple)
        photos = given if several else [given]
        scenes = [opened.enter_context(net._scene(photo, None)) for photo in photos]
        settings |= {key: chosen, ids: ",".join(scene.image for scene in scenes)}
    return settings


def _is_choice(named: Parameter, given: Any) -> bool:
    """Return whether it is one of the names; False for a photo."""
    names = [value for value, _ in named.choices]
    if not isinstance(given, str) or (given not in names and exists(given)):
        return False
    if given not in names:
        photo = "a photo or" if named.name == "baseline" else "photos or"
        raise QuestionError(f"“{named.name}” is {photo} one of {', '.join(names)}, not “{given}”.")
    return True


def _decoded(image: Photo) -> Decoded:
    if isinstance(image, np.ndarray):
        return from_array(image)
    if isinstance(image, Image.Image):
        return from_pil(image)
    if isinstance(image, str | PathLike):
        return decode(ImageSource(path=fspath(image)))
    raise ImageError(
        f"An image is a path, a PIL image or a numpy array, not {type(image).__name__}."
    )
