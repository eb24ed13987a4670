"""Any checkpoint file in, :class:`Weights` out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Protocol

from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet import variants

from . import caffe_dialect, fiveh_dialect, own, torchvision_dialect
from .files import Contents, read_file
from .stored import readable, shape_of
from .torchvision_dialect import theirs
from .weights import Weights, shapes


class Dialect(Protocol):
    """One family's way of naming its tensors: a module with these two functions."""

    def recognise(self, contents: Contents) -> bool:
        """Whether the file speaks this dialect."""

    def convert(self, contents: Contents) -> Weights:
        """Turn the file into weights; CheckpointError if it does not fit."""


DIALECTS: tuple[Dialect, ...] = (own, torchvision_dialect, caffe_dialect, fiveh_dialect)
"""Asked in this order; the first that recognises a file converts it."""

SHOWN = 2
"""How many tensors a sentence lists of the file, and of what was expected."""

SLIM = "TF-slim's"

OTHER_NETWORKS = (
    ("layer1.0.conv1.weight", "a ResNet"),
    ("Mixed_5b.branch1x1.conv.weight", "an Inception v3"),
    ("features.denseblock1.denselayer1.conv1.weight", "a DenseNet"),
    ("features.3.squeeze.weight", "a SqueezeNet"),
    ("features.0.weight", "a VGG or AlexNet"),
    ("stage2.0.branch1.0.weight", "a ShuffleNet v2"),
    ("trunk_output.block1.block1-0.f.a.0.weight", "a RegNet"),
    ("features.0.0.weight", "a MobileNet, EfficientNet or ConvNeXt"),
    ("encoder.layers.encoder_layer_0.ln_1.weight", "a vision transformer"),
    ("blocks.0.norm1.weight", "a vision transformer"),
    ("InceptionV1/Conv2d_1a_7x7/weights", f"{SLIM} inception_v1, with batch norm"),
    ("InceptionV2/Conv2d_1a_7x7/depthwise_weights", f"{SLIM} Inception v2"),
    ("InceptionV3/Conv2d_1a_3x3/weights", f"{SLIM} Inception v3"),
    ("InceptionV4/Conv2d_1a_3x3/weights", f"{SLIM} Inception v4"),
    ("conv/conv2d_params", "TensorFlow's Inception v3 of 2015"),
    ("conv1_7x7_s2.weight", "an Inception v2 (GoogLeNet with batch norm)"),
    ("features.4.branch0.0.conv.weight", "an Inception v4"),
    ("mixed_5b.branch0.conv.weight", "an Inception-ResNet v2"),
)
"""A tensor's name and the network that it tells."""


def read_checkpoint(path: str | Path) -> Weights:
    """Read a checkpoint file of any dialect we know.

    Parameters
    ----------
    path
        A ``.safetensors`` of our own; a state dict with the names of torchvision, Captum or
        Lucent as ``.pth``, ``.pt`` (TorchScript too) or ``.safetensors``; a ``.caffemodel``; a
        frozen TensorFlow graph (``.pb``). Nothing in the file is executed.

    Raises
    ------
    CheckpointError
        In one sentence that starts with the file's name.
    """
    path = Path(os.path.expanduser(path))
    try:
        contents = read_file(path)
        for dialect in DIALECTS:
            if dialect.recognise(contents):
                return _with_notes(dialect.convert(contents), contents)
        raise CheckpointError(_looks_like(contents))
    except CheckpointError as error:
        raise CheckpointError(f"{readable(path.name)}: {error}") from None


def _with_notes(weights: Weights, contents: Contents) -> Weights:
    """Add what was found on the way to the tensors."""
    return replace(
        weights,
        evidence=(*contents.evidence, *weights.evidence),
        warnings=(*contents.warnings, *weights.warnings),
    )


def _looks_like(contents: Contents) -> str:
    """Return what the file may be instead, what it has and what it lacks: the first of each."""
    tensors = contents.tensors
    what = "This is no GoogLeNet that is known here"
    for name, network in OTHER_NETWORKS:
        if any(key == name or key.endswith(("." + name, "/" + name)) for key in tensors):
            what = f"This looks like {network}, not a GoogLeNet that can be shown"
            break
    blank = shapes(variants.torchvision())
    wanted = {theirs(name): shape for name, shape in blank.items()}
    lacking = islice(((n, shape) for n, shape in wanted.items() if n not in tensors), SHOWN)
    instead = islice(((n, shape_of(tensors, n)) for n in tensors if n not in wanted), SHOWN)
    count = "its only tensor is" if len(tensors) == 1 else f"its {len(tensors)} tensors begin with"
    return f"{what}: {count} {_listed(instead)}, where torchvision's has {_listed(lacking)}."


def _listed(tensors: Iterable[tuple[str, tuple[int, ...]]]) -> str:
    return ", ".join(f"“{readable(name, 80)}” of shape {shape}" for name, shape in tensors)
