"""One forward pass that keeps everything."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from inception_viewer.googlenet import packed
from inception_viewer.googlenet.architecture import INPUT, LOGITS, GoogLeNet
from inception_viewer.googlenet.variants import HEADS
from inception_viewer.questions import Floats, Pixels

Crop = tuple[float, float, float, float]


class Trace(Mapping[str, Floats]):
    """Every activation of one photo in one network, by unit name.

    ``trace["inception4a/3x3"]`` is float32 (channels, height, width), after its ReLU;
    dense layers and logits are (features,), ``avgpool`` is (channels, 1, 1). The arrays
    are read-only views of the network's own output, made when they are asked for: they
    are laid out with the channels last, so use ``numpy.ascontiguousarray`` before
    handing one to code that needs C order.

    Attributes
    ----------
    names
        Every unit, in the order of computation.
    picture
        The exact picture that the network sees (height, width, 3), uint8 RGB.
    crop
        (left, top, right, bottom) of that picture on the upright photo, in its pixels.
    classes
        Class names, in the order of the logits.
    fingerprint
        Of the checkpoint.
    seconds
        What the forward pass took.
    device
        Where it ran.
    """

    def __init__(
        self,
        values: Mapping[str, Tensor],
        *,
        picture: Pixels,
        crop: Crop,
        classes: tuple[str, ...],
        fingerprint: str,
        seconds: float,
        device: str,
    ) -> None:
        self._values = values
        self._arrays: dict[str, Floats] = {}
        self.names = tuple(name for name in values if name != INPUT)
        self.picture, self.crop, self.classes = picture, crop, classes
        self.fingerprint, self.seconds, self.device = fingerprint, seconds, device

    def named(self, classes: tuple[str, ...]) -> Trace:
        """Return the trace with its classes called otherwise; the arrays are shared."""
        if classes == self.classes:
            return self
        other = copy.copy(self)
        other.classes = classes
        return other

    def __getitem__(self, name: str) -> Floats:
        """Return a unit's activation; KeyError, naming similar units, if there is none."""
        found = self._arrays.get(name)
        if found is None:
            found = self._batch(name).numpy(force=True)[0]
            found.setflags(write=False)
            self._arrays[name] = found
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def tensor(self, name: str) -> Tensor:
        """Return a unit's activation as a tensor, where it was computed (an inference tensor)."""
        return self._batch(name)[0]

    @property
    def batches(self) -> Mapping[str, Tensor]:
        """Every unit's activation as the network gave it, (1, …), and ``"input"``."""
        return self._values

    def _batch(self, name: str) -> Tensor:
        try:
            return self._values[name]
        except KeyError:
            raise KeyError(f"{name!r} is no unit of this network; see .names") from None

    @property
    def input(self) -> Floats:
        """Exactly what conv1 receives, float32 (3, height, width)."""
        return self[INPUT]

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads that the network has, in the order of depth."""
        return tuple(head for head in HEADS if LOGITS[head] in self._values)

    @cached_property
    def logits(self) -> Mapping[str, Floats]:
        """Each head's logits, float32 (classes,)."""
        return {head: self[LOGITS[head]] for head in self.heads}

    @cached_property
    def probabilities(self) -> Mapping[str, Floats]:
        """Each head's softmax, float32 (classes,), summing to 1."""
        return {head: softmax(values) for head, values in self.logits.items()}

    def top(self, head: str = "main", k: int = 5) -> list[tuple[str, float]]:
        """Return the ``k`` likeliest classes of a head as (name, probability), best first."""
        values = self.probabilities[head]
        order = np.argsort(-values, kind="stable")[:k]
        return [(self.classes[index], float(values[index])) for index in order]

    @property
    def nbytes(self) -> int:
        """What the activations take, in bytes; units may share memory."""
        storages = (value.untyped_storage() for value in self._values.values())
        return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())

    def __repr__(self) -> str:
        name, probability = self.top("main", 1)[0]
        return f"<Trace of {len(self.names)} units, {name!r} {probability:.0%}>"


def softmax(logits: Floats) -> Floats:
    """Return the probabilities of logits (classes,), computed in float64."""
    shifted = np.exp(logits.astype(np.float64) - float(logits.max()))
    values: Floats = (shifted / shifted.sum()).astype(np.float32)
    values.setflags(write=False)
    return values


def compute(net: GoogLeNet, array: Floats) -> tuple[dict[str, Tensor], float]:
    """Run the network once and keep every unit.

    Parameters
    ----------
    net
        The network, on its device; the folded one is the fast one.
    array
        Preprocessed input (3, height, width), float32.

    Returns
    -------
    dict, float
        Activations (1, …) by unit, with ``"input"`` for what conv1 receives; seconds.
    """
    started = time.perf_counter()
    with torch.inference_mode():
        # The copy also takes the array out of its owner's hands: it may be read-only.
        x = net.transform(net.place(torch.tensor(array[None])))
        fast = packed.of(net)
        values = fast.run(INPUT, x) if fast else {INPUT: x, **net.run({INPUT: x}, net.names)}
    if net.device.type == "cuda":
        torch.cuda.synchronize(net.device)
    return values, time.perf_counter() - started
