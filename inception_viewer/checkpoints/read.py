"""Any checkpoint file in, :class:`Weights` out."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from inception_viewer.errors import CheckpointError

from . import caffe_dialect, fiveh_dialect, own, torchvision_dialect
from .files import Contents, read_file
from .weights import Weights


class Dialect(Protocol):
    """One family's way of naming its tensors: a module with these two functions."""

    def recognise(self, contents: Contents) -> bool:
        """Whether the file speaks this dialect."""

    def convert(self, contents: Contents) -> Weights:
        """Turn the file into weights; CheckpointError if it does not fit."""


DIALECTS: tuple[Dialect, ...] = (own, torchvision_dialect, caffe_dialect, fiveh_dialect)
"""Asked in this order; the first that recognises a file converts it."""

SLIM = "TF-slim's"

OTHER_NETWORKS = (
    ("layer1.0.conv1.weight", "a ResNet"),
    ("Mixed_5b.branch1x1.conv.weight", "an Inception v3"),
    ("features.denseblock1.denselayer1.conv1.weight", "a DenseNet"),
    ("features.0.weight", "a VGG or AlexNet"),
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
        Lucent as ``.pth``, ``.pt`` or ``.safetensors``; a ``.caffemodel``; a frozen TensorFlow
        graph (``.pb``). Nothing in the file is executed.

    Raises
    ------
    CheckpointError
        In one sentence that starts with the file's name.
    """
    path = Path(path).expanduser()
    try:
        contents = read_file(path)
        for dialect in DIALECTS:
            if dialect.recognise(contents):
                return dialect.convert(contents)
        raise CheckpointError(_looks_like(contents))
    except CheckpointError as error:
        raise CheckpointError(f"{path.name}: {error}") from None


def _looks_like(contents: Contents) -> str:
    for name, what in OTHER_NETWORKS:
        if any(key == name or key.endswith(("." + name, "/" + name)) for key in contents.tensors):
            return f"This looks like {what}, not a GoogLeNet that can be shown."
    first = ", ".join(f"“{name}”" for name in list(contents.tensors)[:3])
    return f"This is no GoogLeNet: its {len(contents.tensors)} tensors begin with {first}."
