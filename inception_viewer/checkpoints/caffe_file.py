"""The format of Caffe's ``.caffemodel`` files: layers with their settings and blobs.

A ``.caffemodel`` is one ``NetParameter`` message of ``caffe.proto`` (BVLC/caffe, and
NVIDIA/caffe for ``raw_data``). Layers come as ``LayerParameter`` (field 100, since 2015)
or ``V1LayerParameter`` (field 2, 2014); blobs with a ``BlobShape`` or the four old
dimensions. Nothing here knows GoogLeNet.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from inception_viewer.errors import CheckpointError

from .protobuf import BYTES, Message

NAME, LAYERS_V1, LAYERS = 1, 2, 100
"""Fields of ``NetParameter``."""

TYPES_V1 = {
    3: "Concat",
    4: "Convolution",
    5: "Data",
    6: "Dropout",
    12: "ImageData",
    14: "InnerProduct",
    15: "LRN",
    17: "Pooling",
    18: "ReLU",
    20: "Softmax",
    21: "SoftmaxWithLoss",
    22: "Split",
}
"""Numbers of ``V1LayerParameter.LayerType`` and the names that newer files have for them."""

MAX_LAYERS = 20_000
"""Caffe's deepest networks, ResNets of 152 layers, have under 1,000."""

MAX_AXES = 32
"""Caffe's own bound of a blob's dimensions."""

MAX_NAME = 200
"""Characters of a name that are kept; Caffe's longest here are about 60."""

RAW_TYPES = {0: "<f8", 1: "<f4", 2: "<f2"}
"""``Type`` of NVIDIA's Caffe: double, float, float16."""

Settings = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class _Fields:
    """Where a kind of layer message keeps what is read of it."""

    name: int
    type: int
    bottom: int
    top: int
    blobs: int
    convolution: int
    inner_product: int
    lrn: int
    pooling: int
    relu: int
    transform: int


_NEW = _Fields(1, 2, 3, 4, 7, 106, 117, 118, 121, 123, 100)
_V1 = _Fields(4, 5, 2, 3, 6, 10, 17, 18, 19, 30, 36)


class Blob:
    """An array of a layer, read when it is asked for.

    Raises
    ------
    CheckpointError
        If the file declares another count of numbers than it holds.
    """

    def __init__(self, message: Message, owner: str) -> None:
        self._message, self._owner = message, owner
        self.shape = self._declared()

    def _declared(self) -> tuple[int, ...]:
        shape = self._message.message(7)
        if shape is not None:
            sizes = tuple(shape.integers(1))
        else:  # num, channels, height, width
            sizes = tuple(self._message.integer(number) for number in (1, 2, 3, 4))
        if len(sizes) > MAX_AXES or any(size < 0 for size in sizes):
            raise CheckpointError(f"The file is damaged: “{self._owner}” has an impossible shape.")
        return sizes

    def tensor(self) -> Tensor:
        """Return the numbers, float32, copied out of the file."""
        values = self._values()
        if len(values) != math.prod(self.shape):
            raise CheckpointError(
                f"The file is damaged: “{self._owner}” has shape {self.shape}, "
                f"but {len(values):,} numbers."
            )
        # Doubles beyond float32 become infinite, signalling NaN quiet: both are told later.
        with np.errstate(all="ignore"):
            return torch.from_numpy(values.astype(np.float32)).reshape(self.shape)

    def _values(self) -> np.ndarray[tuple[int], np.dtype[np.floating]]:
        if 12 in self._message:
            kind, raw = self._message.integer(10), self._message.raw(12)
            dtype = np.dtype(RAW_TYPES.get(kind, "V1"))
            if dtype.kind == "V" or len(raw) % dtype.itemsize:
                raise CheckpointError(
                    f"“{self._owner}” holds numbers of an unknown kind (type {kind})."
                )
            return np.frombuffer(raw, dtype)
        if 8 in self._message:
            return self._message.doubles(8)
        return self._message.floats(5)


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of a Caffe network.

    Attributes
    ----------
    name, type
        As in the file; the type of a V1 layer in the newer spelling, ``""`` if not said.
    bottoms, tops
        Names of the blobs that it reads and writes.
    blobs
        Its weights and biases.
    settings
        What it says of itself, with Caffe's defaults filled in: ``kernel``, ``stride``,
        ``pad``, ``dilation``, ``group`` (convolutions), ``kernel``, ``stride``, ``pad``,
        ``method``, ``floor``, ``global`` (pools), ``size``, ``alpha``, ``beta``,
        ``within``, ``k`` (LRN), ``transpose``, ``slope``, and of data layers ``mean``,
        ``scale``, ``crop`` and ``mean_file``. Empty if the file says nothing.
    """

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    blobs: tuple[Blob, ...]
    settings: Settings = field(default_factory=dict)


class Tensors(Mapping[str, Tensor]):
    """A network's blobs by name, each read from the file when it is asked for."""

    def __init__(self, blobs: Mapping[str, Blob]) -> None:
        self._blobs = blobs

    def __getitem__(self, name: str) -> Tensor:
        return self._blobs[name].tensor()

    def __contains__(self, name: object) -> bool:
        return name in self._blobs

    def __iter__(self) -> Iterator[str]:
        return iter(self._blobs)

    def __len__(self) -> int:
        return len(self._blobs)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return a blob's shape as the file declares it."""
        return self._blobs[name].shape


@dataclass(frozen=True, eq=False)
class CaffeNet:
    """What a ``.caffemodel`` holds: the network's name and its layers, in order."""

    name: str
    layers: tuple[Layer, ...]

    def tensors(self) -> Tensors:
        """Return the blobs as ``conv1/7x7_s2.weight``, ``.bias`` and, if there are more, ``.2``.

        Raises
        ------
        CheckpointError
            If two layers of one name hold weights.
        """
        blobs: dict[str, Blob] = {}
        for layer in self.layers:
            for index, blob in enumerate(layer.blobs):
                name = f"{layer.name}.{blob_name(index)}"
                if name in blobs:
                    raise CheckpointError(f"The layer “{layer.name}” is in the file twice.")
                blobs[name] = blob
        return Tensors(blobs)


def blob_name(index: int) -> str:
    """Return what a layer's blob is called here: the first two are weights and biases."""
    return ("weight", "bias")[index] if index < 2 else str(index)


def speaks(message: Message) -> bool:
    """Whether a protobuf file is a Caffe network.

    A TensorFlow graph begins with the same field numbers, but has its nodes, many of them,
    where Caffe has the network's name; ONNX and others have a version there.
    """
    names = message.fields.get(NAME, [])
    if any(field.wire != BYTES for field in names):
        return False
    if LAYERS in message:
        return True
    if len(names) > 1:
        return False
    first = next(message.messages(LAYERS_V1), None)
    # Layers of the oldest format lie in field 1 of V1's.
    return first is not None and (_V1.name in first or 1 in first)


def read(message: Message) -> CaffeNet:
    """Read the layers of a ``.caffemodel``; the numbers stay in the file.

    Raises
    ------
    CheckpointError
        If it is damaged, has more than :data:`MAX_LAYERS` layers or is of the format
        before 2014.
    """
    count = sum(len(message.fields.get(number, ())) for number in (LAYERS, LAYERS_V1))
    if count > MAX_LAYERS:
        raise CheckpointError("The file is damaged: it holds far more layers than any network.")
    layers = [_layer(inner, _NEW) for inner in message.messages(LAYERS)]
    layers += [_layer(inner, _V1) for inner in message.messages(LAYERS_V1)]
    return CaffeNet(_name(message.text(NAME)), tuple(layers))


def _layer(message: Message, at: _Fields) -> Layer:
    if at is _V1 and 1 in message:
        raise CheckpointError(
            "This .caffemodel is of the oldest format (V0, 2013); "
            "bring it up to date with Caffe's upgrade_net_proto_binary."
        )
    name = _name(message.text(at.name))
    blobs = tuple(
        Blob(inner, f"{name}.{blob_name(index)}")
        for index, inner in enumerate(message.messages(at.blobs))
    )
    if at is _V1:
        number = message.integer(at.type)
        kind = TYPES_V1.get(number, f"layer type {number}" if number else "")
    else:
        kind = _name(message.text(at.type))
    bottoms, tops = (tuple(map(_name, message.texts(number))) for number in (at.bottom, at.top))
    return Layer(name, kind, bottoms, tops, blobs, _settings(message, at))


def _name(text: str) -> str:
    """Return a name fit for a sentence: what a damaged file has for one may be anything."""
    return "".join(c if c.isprintable() else "?" for c in text[:MAX_NAME])


def _settings(message: Message, at: _Fields) -> Settings:
    for number, reader in (
        (at.convolution, _convolution),
        (at.pooling, _pooling),
        (at.lrn, _lrn),
        (at.transform, _transform),
    ):
        inner = message.message(number)
        if inner is not None:
            return reader(inner)
    inner = message.message(at.inner_product)
    if inner is not None:
        return {"transpose": (float(inner.integer(6)),)}
    inner = message.message(at.relu)
    return {"slope": (inner.real(1),)} if inner is not None else {}


def _convolution(message: Message) -> Settings:
    return {
        "kernel": _pair(message, 4, 11, 12, 0),
        "stride": _pair(message, 6, 13, 14, 1),
        "pad": _pair(message, 3, 9, 10, 0),
        "dilation": _pair(message, 18, -1, -1, 1),
        "group": (float(message.integer(5, 1)),),
    }


def _pooling(message: Message) -> Settings:
    return {
        "kernel": _pair(message, 2, 5, 6, 0),
        "stride": _pair(message, 3, 7, 8, 1),
        "pad": _pair(message, 4, 9, 10, 0),
        "method": (float(message.integer(1)),),
        "floor": (float(message.integer(13)),),
        "global": (float(message.integer(12)),),
    }


def _lrn(message: Message) -> Settings:
    return {
        "size": (float(message.integer(1, 5)),),
        "alpha": (message.real(2, 1.0),),
        "beta": (message.real(3, 0.75),),
        "within": (float(message.integer(4)),),
        "k": (message.real(5, 1.0),),
    }


def _transform(message: Message) -> Settings:
    return {
        "scale": (message.real(1, 1.0),),
        "crop": (float(message.integer(3)),),
        "mean": tuple(float(value) for value in message.floats(5)[:4]),
        "mean_file": (float(4 in message),),
    }


def _pair(message: Message, both: int, rows: int, columns: int, default: int) -> tuple[float, ...]:
    """Return a setting's (rows, columns): given once for both, once per axis, or apart."""
    given = message.integers(both)[:2] or [default]
    return (
        float(message.integer(rows, given[0])),
        float(message.integer(columns, given[-1])),
    )
