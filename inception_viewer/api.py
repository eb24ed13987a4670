"""The public Python interface: what a notebook sees.

It asks the same questions as the window, of a lab of its own, and gives the same
numbers. Photos are let go after each call, so that a loop over a folder does not grow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike, fspath
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import attribution_methods
from .analysis import answer
from .analysis.maps import first_filters
from .analysis.trace import Trace
from .errors import ImageError, QuestionError
from .googlenet.variants import Variant
from .images.decode import Decoded, decode, from_array, from_pil
from .lab import Lab
from .questions import (
    Attribution,
    AttributionAnswer,
    CheckpointInfo,
    Floats,
    HeadState,
    ImageSource,
    Preprocessing,
    Scene,
)

Photo: TypeAlias = str | PathLike[str] | Image.Image | NDArray[np.uint8]
"""A path, a PIL image, or a numpy array uint8 RGB (height, width, 3)."""


class Network:
    """A GoogLeNet checkpoint that is open; made by :func:`load`.

    Attributes
    ----------
    info
        All that is known of it: verdict, heads, graph, metadata, warnings.
    """

    def __init__(self, lab: Lab, info: CheckpointInfo) -> None:
        self._lab, self.info = lab, info

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
        """Where it runs."""
        return self._lab.device

    def trace(self, image: Photo, *, preprocessing: Preprocessing | None = None) -> Trace:
        """Run one forward pass and keep everything.

        Parameters
        ----------
        image
            A path, a PIL image, or a numpy array uint8 RGB (height, width, 3).
        preprocessing
            How it becomes the input; None for the checkpoint's own.

        Returns
        -------
        Trace
            Activations by unit name, ``.input``, ``.logits``, ``.top(head, k)``, ….

        Raises
        ------
        ImageError
            If the image cannot be read, in one sentence.
        """
        with self._scene(image, preprocessing) as scene:
            return self._lab.trace(scene)

    @contextmanager
    def _scene(self, image: Photo, preprocessing: Preprocessing | None) -> Iterator[Scene]:
        opened = self._lab.add_image(_decoded(image))
        try:
            yield Scene(self.fingerprint, opened.id, preprocessing or self.preprocessing)
        finally:
            self._lab.forget_image(opened.id)

    def __repr__(self) -> str:
        return f"<Network {self.info.name!r}: {self.info.verdict}, {len(self.classes)} classes>"


class _Silent:
    """A progress that nobody watches."""

    lane = "jobs"

    def __call__(self, fraction: float, answer: Any = None, text: str = "") -> None:
        """Go on."""


def load(source: str | PathLike[str] = "demo", *, device: str = "cpu") -> Network:
    """Open a GoogLeNet checkpoint.

    Parameters
    ----------
    source
        ``"demo"``; ``"torchvision"``, ``"inception5h"`` or ``"bvlc"`` once it has been got
        (``inception-viewer get NAME``); or the path of a ``.safetensors``, ``.pth`` or
        ``.pt`` file. Nothing in the file is executed.
    device
        ``"cpu"``, ``"cuda"``, ``"mps"`` or ``"auto"``.

    Raises
    ------
    CheckpointError
        If it cannot be opened, in one sentence.
    QuestionError
        If this machine lacks the device.
    """
    lab = Lab(device)
    return Network(lab, lab.open_checkpoint(fspath(source)))


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
    preprocessing: Preprocessing | None = None,
    **parameters: float | int | str,
) -> AttributionAnswer:
    """Say which pixels a head's answer rests on.

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
        The layer, for layer methods; None for the method's default.
    preprocessing
        How the image becomes the input; None for the checkpoint's own.
    **parameters
        The method's own (``steps=50``).

    Returns
    -------
    AttributionAnswer
        ``.map`` (height, width), signed; ``.raw``; ``.completeness_error``; ….

    Raises
    ------
    ImageError, QuestionError
        If the image cannot be read; if there is no such method, head, class or unit.
    """
    index = _class_index(net, target)
    chosen = tuple(sorted(parameters.items()))
    with net._scene(image, preprocessing) as scene:
        question = Attribution(scene, method, head, index, unit, chosen)
        explained: AttributionAnswer = answer(question, net._lab, _Silent())
        return explained


def _class_index(net: Network, target: int | str | None) -> int | None:
    if target is None:
        return None
    if isinstance(target, str):
        if target not in net.classes:
            raise QuestionError(f"“{target}” is no class of this network; see net.classes.")
        return net.classes.index(target)
    if isinstance(target, bool) or not 0 <= int(target) < len(net.classes):
        raise QuestionError(f"Class {target} is out of range: 0 to {len(net.classes) - 1}.")
    return int(target)


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
