"""The networks and photos that are open, by fingerprint, and their traces.

Everything below the window asks the lab: it opens checkpoints and photos, hands out
networks (one module object per lane, sharing the tensors, because Captum hooks
modules) and keeps traces within a bound of bytes. It may be used from several
threads at once.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor

from . import samples
from .analysis.trace import Crop, Trace, compute
from .checkpoint_questions import OWN_NAMES, title_of
from .checkpoints.catalogue import NAMED, locate
from .checkpoints.describe import summary, verdict
from .checkpoints.read import read_checkpoint
from .checkpoints.verdict import Case, class_source, open_case, with_heads
from .checkpoints.verdict import verdict as full_verdict
from .checkpoints.weights import Weights, fingerprint
from .edit_questions import Adversarial, Distortion
from .errors import ImageError, QuestionError
from .googlenet.architecture import GoogLeNet, fold, memory_format, twin
from .googlenet.cost import costs
from .googlenet.graph import graph
from .googlenet.intervening import resume
from .images.decode import Decoded, content_id, decode, thumbnail
from .images.distortion import Source, distorted
from .images.edits import check
from .images.painting import painted
from .images.preprocess import Prepared, normalise, prepare
from .lru import Lru
from .machine import check_device, devices, full_precision, gave_out, release
from .questions import (
    Attribution,
    AttributionAnswer,
    CheckpointInfo,
    Floats,
    Graph,
    ImageInfo,
    ImageSource,
    Machine,
    Notice,
    Pixels,
    Scene,
)
from .touches import channel_means, check_channels, mean_of, touches
from .verdict_questions import Verdict

if TYPE_CHECKING:
    from .analysis.pooling import Pooled

TRACE_BYTES = 512 << 20
"""Bound of the kept traces: about 40 of them at 224x224."""
PIXEL_BYTES = 256 << 20
"""Bound of the kept photos; those that came from a file are read again when needed."""
SOURCE_BYTES = 256 << 20
"""Bound of the photos that are ready to be distorted: about 50 of 2 megapixels."""
MISLED_BYTES = 32 << 20
"""Bound of the pictures that attacks made, which take long: about 200 at 224x224."""
MEANS = 16
"""How many sets of photos the channel means of are kept: 60 KB each."""
GRAPHS = 8
"""How many graphs at other sizes than the checkpoints' own are kept."""

T = TypeVar("T")
Report = Callable[[float], None]
"""Told the share done in [0, 1]; may raise to end the work."""


POOLED_BYTES = 96 << 20
"""Bound of the photos' pooled activations: about 3,000 photos."""
ATTRIBUTION_BYTES = 64 << 20
"""Bound of the kept attributions, which grades begin with: about 60 at 224x224."""


@dataclass(frozen=True, eq=False)
class Input:
    """A scene's photo as the network receives it.

    Attributes
    ----------
    picture
        What the network sees (height, width, 3), uint8 RGB.
    crop
        (left, top, right, bottom) of the picture on the upright photo, in its pixels; of a
        photo that was turned or mirrored the upright box around what is seen.
    array
        Preprocessed (3, height, width), float32, before ``GoogLeNet.transform``.
    """

    picture: Pixels
    crop: Crop
    array: Floats

    @property
    def nbytes(self) -> int:
        """Bytes of both arrays."""
        return self.picture.nbytes + self.array.nbytes


class Lab:
    """Holds what is open.

    Parameters
    ----------
    device
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"auto"``.
    trace_bytes
        Bound of the traces that are kept.

    Attributes
    ----------
    pooled
        Photos as one number a channel, by scene or file; see ``analysis/pooling.py``.
    attributions
        The latest answers, by question, so that several grades begin with the same map.

    Raises
    ------
    QuestionError
        If this machine lacks the device.
    """

    def __init__(self, device: str = "cpu", trace_bytes: int = TRACE_BYTES) -> None:
        self._device = check_device(device)
        self._lock = threading.RLock()
        self._weights: dict[str, Weights] = {}
        self._cases: dict[str, Case] = {}
        self._infos: dict[str, CheckpointInfo] = {}
        self._graphs: Lru[tuple[str, int, int], Graph] = Lru(GRAPHS, lambda _graph: 1)
        self._networks: dict[tuple[str, bool], dict[str, GoogLeNet]] = {}
        self._photos: dict[str, ImageInfo] = {}
        self._encoded: dict[str, ImageSource | None] = {}
        self._pixels: Lru[str, Pixels] = Lru(PIXEL_BYTES, lambda pixels: pixels.nbytes)
        self._inputs: Lru[Scene, Input] = Lru(64 << 20, lambda input_: input_.nbytes)
        self._sources: Lru[str, Source] = Lru(SOURCE_BYTES, lambda source: source.nbytes)
        self._misled: Lru[Scene, Pixels] = Lru(MISLED_BYTES, lambda picture: picture.nbytes)
        self._traces: Lru[Scene, Trace] = Lru(trace_bytes, lambda trace: trace.nbytes)
        self._means: Lru[tuple[Scene, tuple[str, ...]], Mapping[str, Tensor]] = Lru(
            MEANS, lambda _means: 1
        )
        self.pooled: Lru[Hashable, Pooled] = Lru(POOLED_BYTES, lambda found: found.nbytes)
        self.attributions: Lru[Attribution, AttributionAnswer] = Lru(
            ATTRIBUTION_BYTES, lambda found: found.map.nbytes + found.raw.nbytes
        )

    # --- checkpoints ---

    def open_checkpoint(self, source: str | Path) -> CheckpointInfo:
        """Open ``"demo"`` or a file; opened twice it is read again and is the same.

        Raises
        ------
        CheckpointError
            If it cannot be opened; what was open stays open.
        """
        name, path = locate(source)
        weights = read_checkpoint(path)
        kept = "demo" if name == "demo" else str(path.absolute())
        return self.add_weights(weights, name, kept, path)

    def add_weights(
        self, weights: Weights, name: str, source: str = "", path: Path | None = None
    ) -> CheckpointInfo:
        """Open weights that are in memory already, from the file at ``path`` if there is one.

        Auxiliary heads that may be noise are shown the sample photos first, so that no view
        ever has them as knowledge; those of the program's own checkpoint need not be.
        """
        mark = fingerprint(weights)
        with self._lock:
            known = self._weights.get(mark)
        if known is not None:  # the same numbers: those that are here will do for both
            weights = replace(weights, state=known.state)
        case = open_case(weights, mark, path)
        said = net = None
        device = self._device
        if case.undecided and name not in NAMED:
            # The network is that of the first opening, if it is open already.
            net = self.network(mark) if mark in self._weights else self._built(weights, True)
            made = weights.preprocessing
            said = samples.answers(net, samples.pictures(made), made) or None
        weights = with_heads(weights, case.heads(said))
        info = _info(weights, full_verdict(case, said), name, source)
        with self._lock:
            self._weights[mark] = weights
            self._cases[mark] = case
            self._infos[mark] = info
            if net is not None and device == self._device:
                self._networks.setdefault((mark, True), {}).setdefault("live", net)
        return info

    def info(self, checkpoint: str) -> CheckpointInfo:
        """Return what is known of an open checkpoint.

        Raises
        ------
        QuestionError
            If it is not open.
        """
        with self._lock:
            if checkpoint not in self._infos:
                raise QuestionError("This checkpoint is not open any more; open it again.")
            return self._infos[checkpoint]

    def truth(self, checkpoint: str) -> Weights:
        """Return an open checkpoint's unfolded weights, which nothing may change."""
        with self._lock:
            self.info(checkpoint)
            return self._weights[checkpoint]

    def case(self, checkpoint: str) -> Case:
        """Return what is known of an open checkpoint without photos."""
        with self._lock:
            self.info(checkpoint)
            return self._cases[checkpoint]

    def name_classes(
        self, checkpoint: str, classes: tuple[str, ...] | None, names: str = OWN_NAMES
    ) -> CheckpointInfo:
        """Call an open checkpoint's classes otherwise; None for the file's own names.

        ``names`` says which list they are from, as ``NameClasses`` has it.
        """
        with self._lock:
            info, weights = self.info(checkpoint), self.truth(checkpoint)
            case = replace(self.case(checkpoint), named="" if classes is None else title_of(names))
            details = info.details
            if details is not None:
                source = case.named or class_source(weights, case.path)
                details = replace(details, class_source=source)
            info = replace(info, classes=classes or weights.classes, names=names, details=details)
            self._infos[checkpoint], self._cases[checkpoint] = info, case
            return info

    def close_checkpoint(self, checkpoint: str) -> None:
        """Release a checkpoint and all that was computed with it; nothing if it is not open."""
        with self._lock:
            for kept in (self._weights, self._cases, self._infos):
                kept.pop(checkpoint, None)
            for key in [key for key in self._networks if key[0] == checkpoint]:
                del self._networks[key]
        self._graphs.forget(lambda key: key[0] == checkpoint)
        self._inputs.forget(lambda scene: scene.checkpoint == checkpoint)
        self._misled.forget(lambda scene: scene.checkpoint == checkpoint)
        self._traces.forget(lambda scene: scene.checkpoint == checkpoint)
        self._means.forget(lambda key: key[0].checkpoint == checkpoint)
        self.attributions.forget(lambda question: question.scene.checkpoint == checkpoint)

    def graph(self, checkpoint: str, height: int, width: int) -> Graph:
        """Return an open checkpoint's network as it is for inputs of a size.

        Raises
        ------
        QuestionError
            If the input is too small for it.
        """
        own = self.info(checkpoint).graph
        if own.input_shape[1:] == (height, width):
            return own
        key = (checkpoint, height, width)
        found = self._graphs.get(key)
        if found is None:
            try:
                found = graph(self.truth(checkpoint).network(), height, width)
            except ValueError as error:
                raise QuestionError(str(error)) from None
            self._graphs.put(key, found)
        return found

    def network(self, checkpoint: str, lane: str = "live", *, folded: bool = True) -> GoogLeNet:
        """Return a network for a lane, on the lab's device, in evaluation mode, frozen.

        Each lane has a module object of its own, so that hooks of one do not fire in the
        other; the tensors are shared, so whoever alters weights takes a copy.

        Parameters
        ----------
        checkpoint
            Fingerprint of an open checkpoint.
        lane
            ``"live"`` or ``"jobs"``.
        folded
            Batch norm folded in and channels_last, for speed; otherwise the file's own.
        """
        with self._lock:
            mine = self._networks.setdefault((checkpoint, folded), {})
            if lane not in mine:
                other = next(iter(mine.values()), None)
                mine[lane] = twin(other) if other else self._built(self.truth(checkpoint), folded)
            return mine[lane]

    def _built(self, weights: Weights, folded: bool) -> GoogLeNet:
        net = weights.network()
        net = fold(net) if folded else net
        if self._device == "cpu":
            return net
        full_precision()
        device = torch.device(self._device)
        # The truth stays on the CPU: moving replaces the network's own parameters only.
        net = net.to(device)
        return net.to(memory_format=memory_format(device)) if folded else net

    # --- photos ---

    def open_image(self, source: ImageSource) -> ImageInfo:
        """Decode a photo and keep it.

        Raises
        ------
        ImageError
            If it cannot be read.
        """
        return self.add_image(decode(source), source)

    def add_image(self, decoded: Decoded, source: ImageSource | None = None) -> ImageInfo:
        """Keep decoded pixels; without a source they are never dropped for space."""
        pixels, mark = decoded.pixels, content_id(decoded.pixels)
        info = ImageInfo(
            id=mark,
            name=decoded.name,
            source=source.path if source else "",
            height=pixels.shape[0],
            width=pixels.shape[1],
            thumbnail=thumbnail(pixels),
            note=decoded.note,
        )
        with self._lock:
            self._photos[mark] = info
            self._encoded[mark] = source
            self._pixels.pin(frozenset(key for key, kept in self._encoded.items() if not kept))
        self._pixels.put(mark, pixels)
        return info

    def pixels(self, image: str) -> Pixels:
        """Return an open photo's upright pixels (height, width, 3).

        Raises
        ------
        QuestionError
            If it is not open.
        ImageError
            If it had to be read again and has changed or gone.
        """
        found = self._pixels.get(image)
        if found is not None:
            return found
        with self._lock:
            if image not in self._photos:
                raise QuestionError("This photo is not open any more; drop it again.")
            info, source = self._photos[image], self._encoded[image]
        assert source is not None
        pixels = decode(source).pixels
        if content_id(pixels) != image:
            raise ImageError(f"“{info.name}” has changed since it was opened; open it again.")
        self._pixels.put(image, pixels)
        return pixels

    def forget_image(self, image: str) -> None:
        """Release a photo and all that was computed for it; nothing happens if it is not open."""
        with self._lock:
            self._photos.pop(image, None)
            self._encoded.pop(image, None)
        self._pixels.forget(lambda key: key == image)
        self._sources.forget(lambda key: key == image)
        self._inputs.forget(lambda scene: scene.image == image)
        self._misled.forget(lambda scene: scene.image == image)
        self._traces.forget(lambda scene: scene.image == image)
        self.pooled.forget(lambda key: isinstance(key, Scene) and key.image == image)
        self.attributions.forget(lambda question: question.scene.image == image)

    # --- scenes ---

    def prepare(self, scene: Scene, report: Report = lambda share: None) -> Input:
        """Return a scene's photo as the network receives it, after its edits.

        Parameters
        ----------
        scene
            Its interventions do not matter: they come behind the input.
        report
            Told of an attack how far it is; may raise to end it.

        Raises
        ------
        QuestionError
            If the photo is not open any more, or an edit cannot be done.
        """
        scene = replace(scene, interventions=())
        found = self._inputs.get(scene)
        if found is None:
            check(scene.edits)
            found = self._edited(scene, report) if scene.edits else self._untouched(scene)
            self._inputs.put(scene, found)
        return found

    def _untouched(self, scene: Scene) -> Input:
        made = prepare(self.pixels(scene.image), scene.preprocessing)
        return Input(made.picture, made.crop, made.array)

    def _edited(self, scene: Scene, report: Report) -> Input:
        """Do the last edit to what those before it left, so that what is seen is received."""
        *others, last = scene.edits
        before = self.prepare(replace(scene, edits=tuple(others)), report)
        if isinstance(last, Distortion):
            known = Prepared(before.picture, before.crop, before.array)
            made = distorted(self._source(scene.image), last, scene.preprocessing, known)
            return Input(made.picture, made.crop, made.array)
        if isinstance(last, Adversarial):
            picture = self._attacked(scene, before.picture, last, report)
        else:
            picture = painted(before.picture, (last,))
        return Input(picture, before.crop, normalise(picture, scene.preprocessing))

    def _source(self, image: str) -> Source:
        found = self._sources.get(image)
        if found is None:
            found = Source(self.pixels(image))
            self._sources.put(image, found)
        return found

    def _attacked(
        self, scene: Scene, picture: Pixels, attack: Adversarial, report: Report
    ) -> Pixels:
        """Return a picture after an attack, which is made once."""
        from .googlenet.adversarial import misled  # Captum is a second of importing

        found = self._misled.get(scene)
        if found is None:
            # A module object that nobody hooks: whoever attributes may be at work meanwhile.
            with torch.inference_mode(False):
                net = self.network(scene.checkpoint, "attack")
            found = misled(picture, attack, net, scene.preprocessing, report)
            if scene.image in self._photos and scene.checkpoint in self._infos:
                self._misled.put(scene, found)
        return found

    def trace(
        self,
        scene: Scene,
        lane: str = "live",
        *,
        keep: bool = True,
        report: Report = lambda share: None,
    ) -> Trace:
        """Return everything one forward pass gives for a scene; kept, within the bound.

        Unless ``keep`` is False: then it makes no room for itself. ``report`` is told how far
        an attack among the edits is, as in :meth:`prepare`.
        """
        found = self._traces.get(scene)
        if found is None:
            made = scene.preprocessing
            self.graph(scene.checkpoint, made.height, made.width)  # says whether it is too small
            input_, device = self.prepare(scene, report), self._device
            if scene.interventions:
                values, seconds = self._intervened(scene, lane)
            else:
                values, seconds = compute(self.network(scene.checkpoint, lane), input_.array)
            found = Trace(
                values,
                picture=input_.picture,
                crop=input_.crop,
                classes=self.info(scene.checkpoint).classes,
                fingerprint=scene.checkpoint,
                seconds=seconds,
                device=device,
            )
            if keep and scene.checkpoint in self._infos:
                self._traces.put(scene, found)
        return found.named(self.info(scene.checkpoint).classes)  # perhaps otherwise since

    def _intervened(self, scene: Scene, lane: str) -> tuple[dict[str, Tensor], float]:
        """Return a scene's activations (1, …) computed from the first touched unit on."""
        before = self.trace(replace(scene, interventions=()), lane).batches

        def activations(image: str) -> Mapping[str, Tensor]:
            return self.trace(_plain(scene, image), lane).batches

        def means(images: tuple[str, ...]) -> Mapping[str, Tensor]:
            return self.channel_means(scene, images, lane)

        started = time.perf_counter()
        net = self.network(scene.checkpoint, lane)
        made = touches(net, scene.interventions, activations, means)
        for touch in made:
            check_channels(touch, before[touch.unit])
        return resume(net, before, made), time.perf_counter() - started

    def channel_means(
        self, scene: Scene, images: tuple[str, ...], lane: str = "live"
    ) -> Mapping[str, Tensor]:
        """Return the mean over open photos and all positions of every unit's channels.

        Parameters
        ----------
        scene
            Says of which network, and how photos become its input.
        images
            Photos, as they are.

        Returns
        -------
        Mapping
            (1, C, 1, 1) for a unit with a map, (1, features) for others.

        Raises
        ------
        QuestionError
            If there are no photos, or one is not open any more.
        """
        if not images:
            raise QuestionError("Choose the photos that a unit's mean is to be taken over.")
        chosen = tuple(sorted(set(images)))
        key = _plain(scene, ""), chosen
        found = self._means.get(key)
        if found is None:
            each = [
                channel_means(self.trace(_plain(scene, image), lane, keep=False).batches)
                for image in chosen
            ]
            found = mean_of(each)
            self._means.put(key, found)
        return found

    # --- device ---

    @property
    def device(self) -> str:
        """Where networks run."""
        return self._device

    def switch_device(self, device: str) -> None:
        """Run on another device from now on; traces are computed anew.

        Raises
        ------
        QuestionError
            If this machine lacks it; nothing has changed then.
        """
        self._move(check_device(device))

    @property
    def machine(self) -> Machine:
        """Where networks can run, and where they do."""
        return Machine(devices(), self._device, str(torch.__version__))

    def attempt(self, work: Callable[[], T], tell: Callable[[Notice], None]) -> T:
        """Return what ``work()`` returns; where the GPU gives out, do it again on the CPU.

        Out of memory is the usual reason. The other lane's work on the GPU goes on there; from
        now on everything new runs on the CPU.

        Parameters
        ----------
        work
            Uses the lab's networks; it takes them anew when it is called again.
        tell
            Told once for each time that the device is left.
        """
        device = self._device
        try:
            return work()
        except RuntimeError as error:
            reason = gave_out(error, device)
            if not reason:
                raise
        # Only here is the error gone, and with it what its traceback kept in the GPU's memory.
        if self._move("cpu"):
            tell(Notice(f"{reason}; the network now runs on the CPU.", self.machine))
        return work()

    def _move(self, device: str) -> bool:
        """Run on a device that is there; False if it is the one in use."""
        with self._lock:
            left, self._device = self._device, device
            if left == device:
                return False
            self._networks.clear()
            self._traces.forget()
            self._means.forget()
            self.attributions.forget()
        release(left)
        return True


def _plain(scene: Scene, image: str) -> Scene:
    """Return the scene of another photo, as it is."""
    return replace(scene, image=image, edits=(), interventions=())


def _info(weights: Weights, details: Verdict, name: str, source: str) -> CheckpointInfo:
    size, net = weights.preprocessing, weights.network()
    return CheckpointInfo(
        fingerprint=details.fingerprint,
        name=name,
        source=source,
        family=weights.family,
        verdict=verdict(weights),
        classes=weights.classes,
        preprocessing=weights.preprocessing,
        heads=weights.heads,
        graph=graph(net, size.height, size.width),
        parameters=weights.parameters,
        metadata=weights.metadata,
        warnings=details.warnings,
        variant_summary=summary(weights),
        details=details,
        least_size=_least_size(net, min(size.height, size.width)),
    )


def _least_size(net: GoogLeNet, enough: int) -> int:
    """Return how many pixels each side of an input must have, given a number that is enough."""

    def suffices(side: int) -> bool:
        try:
            costs(net, side, side)
        except ValueError:
            return False
        return True

    return 1 + bisect_left(range(1, enough), True, key=suffices)
