"""Caffe's files, written from ``caffe.proto``: networks as prototxt and as ``.caffemodel``.

BVLC's GoogLeNet is written out here anew, from ``models/bvlc_googlenet/train_val.prototxt``;
nothing is shared with the reader that is tested.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Blobs = Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
Numbers = Literal["float", "unpacked", "double", "raw half", "raw float"]

# (1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection) of every module.
TABLE = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


@dataclass(frozen=True)
class Layer:
    """A layer as a prototxt has it; ``settings`` are those of its own parameter message."""

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


# --- BVLC's GoogLeNet --------------------------------------------------------------------


def googlenet(classes: int = 1000, *, heads: bool = True) -> list[Layer]:
    """The layers of BVLC's GoogLeNet, without the data layer, losses and accuracies."""
    layers: list[Layer] = []

    def conv(name: str, source: str, relu: str, **settings: int) -> str:
        layers.append(Layer(name, "Convolution", (source,), (name,), settings))
        layers.append(Layer(relu, "ReLU", (name,), (name,)))
        return name

    def pool(name: str, source: str, **settings: Any) -> str:
        layers.append(Layer(name, "Pooling", (source,), (name,), settings))
        return name

    def lrn(name: str, source: str) -> str:
        settings = {"local_size": 5, "alpha": 0.0001, "beta": 0.75}
        layers.append(Layer(name, "LRN", (source,), (name,), settings))
        return name

    def dense(name: str, source: str, outputs: int) -> str:
        layers.append(Layer(name, "InnerProduct", (source,), (name,), {"num_output": outputs}))
        return name

    at = conv(
        "conv1/7x7_s2", "data", "conv1/relu_7x7", num_output=64, pad=3, kernel_size=7, stride=2
    )
    at = lrn("pool1/norm1", pool("pool1/3x3_s2", at, pool="MAX", kernel_size=3, stride=2))
    at = conv("conv2/3x3_reduce", at, "conv2/relu_3x3_reduce", num_output=64, kernel_size=1)
    at = conv("conv2/3x3", at, "conv2/relu_3x3", num_output=192, pad=1, kernel_size=3)
    at = pool("pool2/3x3_s2", lrn("conv2/norm2", at), pool="MAX", kernel_size=3, stride=2)
    for key, (one, reduce3, three, reduce5, five, projection) in TABLE.items():
        p = f"inception_{key}"

        def unit(
            name: str, source: str, outputs: int, kernel: int, pad: int = 0, p: str = p
        ) -> str:
            settings = {"num_output": outputs, "kernel_size": kernel}
            if pad:
                settings["pad"] = pad
            return conv(f"{p}/{name}", source, f"{p}/relu_{name}", **settings)

        parts = (
            unit("1x1", at, one, 1),
            unit("3x3", unit("3x3_reduce", at, reduce3, 1), three, 3, 1),
            unit("5x5", unit("5x5_reduce", at, reduce5, 1), five, 5, 2),
            unit(
                "pool_proj",
                pool(f"{p}/pool", at, pool="MAX", kernel_size=3, stride=1, pad=1),
                projection,
                1,
            ),
        )
        at = f"{p}/output"
        layers.append(Layer(at, "Concat", parts, (at,)))
        loss = {"4a": "loss1", "4d": "loss2"}.get(key)
        if loss and heads:
            pooled = pool(f"{loss}/ave_pool", at, pool="AVE", kernel_size=5, stride=3)
            hidden = conv(
                f"{loss}/conv", pooled, f"{loss}/relu_conv", num_output=128, kernel_size=1
            )
            dense(f"{loss}/fc", hidden, 1024)
            layers.append(Layer(f"{loss}/relu_fc", "ReLU", (f"{loss}/fc",), (f"{loss}/fc",)))
            drop = (f"{loss}/fc",)
            layers.append(Layer(f"{loss}/drop_fc", "Dropout", drop, drop, {"dropout_ratio": 0.7}))
            dense(f"{loss}/classifier", f"{loss}/fc", classes)
        if key in ("3b", "4e"):
            at = pool(
                f"pool{3 if key == '3b' else 4}/3x3_s2", at, pool="MAX", kernel_size=3, stride=2
            )
    at = pool("pool5/7x7_s1", at, pool="AVE", kernel_size=7, stride=1)
    layers.append(Layer("pool5/drop_7x7_s1", "Dropout", (at,), (at,), {"dropout_ratio": 0.4}))
    dense("loss3/classifier", at, classes)
    return layers


def data_layer(**transform: Any) -> Layer:
    """The data layer of the training network, by default with BVLC's crop and mean."""
    settings = transform or {"mirror": True, "crop_size": 224, "mean_value": (104, 117, 123)}
    return Layer("data", "Data", (), ("data", "label"), settings)


def with_splits(layers: Sequence[Layer]) -> list[Layer]:
    """What Caffe saves: a ``Split`` after every blob that several layers read."""
    result: list[Layer] = []
    current: dict[str, str] = {}  # blob: the layer that wrote it last
    readers: dict[tuple[str, str], list[str]] = {}
    for layer in layers:
        for bottom in layer.bottoms:
            readers.setdefault((bottom, current.get(bottom, "")), []).append(layer.name)
        current.update(dict.fromkeys(layer.tops, layer.name))
    given: dict[str, list[str]] = {}
    for layer in layers:
        bottoms = tuple(given[b].pop(0) if given.get(b) else b for b in layer.bottoms)
        result.append(replace(layer, bottoms=bottoms))
        for top in layer.tops:
            count = len(readers.get((top, layer.name), ()))
            given[top] = []
            if count > 1:
                stem = f"{top}_{layer.name}_0_split"
                given[top] = [f"{stem}_{i}" for i in range(count)]
                result.append(Layer(stem, "Split", (top,), tuple(given[top])))
    return result


def random_blobs(layers: Sequence[Layer], seed: int = 0) -> dict[str, Any]:
    """Weights and biases (not zero) of every convolution and inner product.

    Activations keep the size of the photo (0 to 255) up to the second normalisation, where
    it matters, and are of order 1 from the first module on.
    """
    rng = np.random.default_rng(seed)
    channels: dict[str, int] = {"data": 3}
    blobs = {}
    for layer in layers:
        inputs = sum(channels[bottom] for bottom in layer.bottoms)
        outputs = int(layer.settings.get("num_output", inputs))
        channels.update(dict.fromkeys(layer.tops, outputs))
        if layer.type in ("Convolution", "InnerProduct"):
            # The heads flatten 128 maps of 4x4.
            inputs *= 16 if layer.name.endswith("/fc") else 1
            kernel = (int(layer.settings.get("kernel_size", 0)),) * 2
            shape = (outputs, inputs, *kernel) if layer.type == "Convolution" else (outputs, inputs)
            size = (2 / np.prod(shape[1:])) ** 0.5
            size /= 100 if layer.name.startswith("inception_3a") and kernel == (1, 1) else 1
            weights = rng.normal(0, size, shape).astype(np.float32)
            blobs[layer.name] = (weights, rng.normal(0, 0.2, outputs).astype(np.float32))
    return blobs


# --- prototxt ----------------------------------------------------------------------------

MESSAGES = {
    "Convolution": "convolution_param",
    "InnerProduct": "inner_product_param",
    "Pooling": "pooling_param",
    "LRN": "lrn_param",
    "Dropout": "dropout_param",
    "Data": "transform_param",
    "ReLU": "relu_param",
}


def prototxt(layers: Sequence[Layer], size: int = 224) -> str:
    """The network's description for deployment, as Caffe and OpenCV read it."""
    lines = ['name: "GoogleNet"', 'input: "data"']
    lines += [f"input_dim: {value}" for value in (1, 3, size, size)]
    for layer in layers:
        lines += ["layer {", f'  name: "{layer.name}"', f'  type: "{layer.type}"']
        lines += [f'  bottom: "{name}"' for name in layer.bottoms]
        lines += [f'  top: "{name}"' for name in layer.tops]
        if layer.settings:
            lines.append(f"  {MESSAGES[layer.type]} {{")
            lines += [f"    {name}: {value}" for name, value in layer.settings.items()]
            lines.append("  }")
        lines.append("}")
    return "\n".join(lines) + "\n"


# --- protobuf ----------------------------------------------------------------------------


def varint(value: int) -> bytes:
    """An unsigned number, seven bits a byte."""
    out = bytearray()
    value &= (1 << 64) - 1
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def integer(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def real(number: int, value: float) -> bytes:
    return varint(number << 3 | 5) + struct.pack("<f", value)


def data(number: int, contents: bytes | str) -> bytes:
    """A string, bytes, message or packed field."""
    if isinstance(contents, str):
        contents = contents.encode()
    return varint(number << 3 | 2) + varint(len(contents)) + contents


# --- caffemodel --------------------------------------------------------------------------

V1_TYPES = {
    "Concat": 3,
    "Convolution": 4,
    "Data": 5,
    "Dropout": 6,
    "InnerProduct": 14,
    "LRN": 15,
    "Pooling": 17,
    "ReLU": 18,
    "SoftmaxWithLoss": 21,
    "Split": 22,
}
SETTINGS_FIELD = {
    # type: (LayerParameter, V1LayerParameter)
    "Convolution": (106, 10),
    "InnerProduct": (117, 17),
    "Pooling": (121, 19),
    "LRN": (118, 18),
    "Dropout": (108, 12),
    "ReLU": (123, 30),
    "Data": (100, 36),
}
SETTINGS = {
    "Convolution": {
        "num_output": 1, "pad": 3, "kernel_size": 4, "stride": 6, "group": 5, "dilation": 18,
        "pad_h": 9, "pad_w": 10, "kernel_h": 11, "kernel_w": 12, "stride_h": 13, "stride_w": 14,
    },
    "InnerProduct": {"num_output": 1, "transpose": 6},
    "Pooling": {
        "pool": 1, "kernel_size": 2, "stride": 3, "pad": 4, "global_pooling": 12, "round_mode": 13,
    },
    "LRN": {"local_size": 1, "alpha": 2, "beta": 3, "norm_region": 4, "k": 5},
    "Dropout": {"dropout_ratio": 1},
    "ReLU": {"negative_slope": 1},
    "Data": {"scale": 1, "mirror": 2, "crop_size": 3, "mean_file": 4, "mean_value": 5},
}  # fmt: skip
REALS = {"alpha", "beta", "k", "dropout_ratio", "negative_slope", "scale", "mean_value"}
ENUMS = {"MAX": 0, "AVE": 1, "STOCHASTIC": 2, "CEIL": 0, "FLOOR": 1}


def encoded_settings(layer: Layer) -> bytes:
    out = b""
    for name, value in layer.settings.items():
        number = SETTINGS[layer.type][name]
        for item in value if isinstance(value, tuple) else (value,):
            if name == "mean_file":
                out += data(number, item)
            elif name in REALS:
                out += real(number, item)
            else:
                out += integer(number, ENUMS.get(item, item))
    return out


def blob(array: NDArray[np.float32], numbers: Numbers = "float", *, old: bool = False) -> bytes:
    """A ``BlobProto``; ``old`` has num, channels, height and width for a shape."""
    flat = array.reshape(-1)
    if old:
        sizes = (1,) * (4 - array.ndim) + array.shape
        out = b"".join(integer(i, size) for i, size in enumerate(sizes, 1))
    else:
        out = data(7, data(1, b"".join(varint(size) for size in array.shape)))
    if numbers == "double":
        return out + data(8, flat.astype("<f8").tobytes())
    if numbers.startswith("raw"):
        kind, dtype = (2, "<f2") if numbers == "raw half" else (1, "<f4")
        return out + integer(10, kind) + data(12, flat.astype(dtype).tobytes())
    if numbers == "unpacked":
        tagged = np.empty((len(flat), 5), np.uint8)
        tagged[:, 0] = 5 << 3 | 5
        tagged[:, 1:] = flat.astype("<f4").view(np.uint8).reshape(-1, 4)
        return out + tagged.tobytes()
    return out + data(5, flat.astype("<f4").tobytes())


def encoded_layer(layer: Layer, blobs: Iterable[bytes], *, v1: bool) -> bytes:
    name, kind, bottom, top, inner = (4, 5, 2, 3, 6) if v1 else (1, 2, 3, 4, 7)
    out = data(name, layer.name)
    out += integer(kind, V1_TYPES[layer.type]) if v1 else data(kind, layer.type)
    out += b"".join(data(bottom, text) for text in layer.bottoms)
    out += b"".join(data(top, text) for text in layer.tops)
    out += b"".join(data(inner, encoded) for encoded in blobs)
    if layer.type in SETTINGS_FIELD:
        out += data(SETTINGS_FIELD[layer.type][v1], encoded_settings(layer))
    return data(2 if v1 else 100, out)


def caffemodel(
    layers: Sequence[Layer],
    blobs: Blobs,
    *,
    v1: bool = False,
    numbers: Numbers = "float",
    old: bool | None = None,
    name: str = "GoogleNet",
) -> bytes:
    """The bytes of a ``.caffemodel``; blobs have old shapes (by default) where layers are V1."""
    old = v1 if old is None else old
    out = data(1, name) if name else b""
    parts = [out]
    for layer in layers:
        own = [blob(array, numbers, old=old) for array in blobs.get(layer.name, ())]
        parts.append(encoded_layer(layer, own, v1=v1))
    return b"".join(parts)
