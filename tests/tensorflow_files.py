"""Frozen TensorFlow graphs of Inception 5h, written byte by byte, with random weights.

Nothing here imports the program, torch or TensorFlow: the graph's nodes are those that
people list of ``tensorflow_inception_graph.pb``, in its order and with its attributes.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

CHANNELS = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 204, 16, 48, 64),
    "4b": (508, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 48, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}
"""Per module: channels in, 1x1, 3x3 bottleneck, 3x3, 5x5 bottleneck, 5x5, pool reduce."""

POOL_BEFORE = {"3a": "maxpool1", "4a": "maxpool4", "5a": "maxpool10"}
TYPES = {"float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int64": 9, "float16": 19}


# --- protobuf's wire format ----------------------------------------------------------------


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(tag: int, value: int) -> bytes:
    return varint(tag << 3) + varint(value)


def real(tag: int, value: float) -> bytes:
    return varint(tag << 3 | 5) + struct.pack("<f", value)


def data(tag: int, value: bytes | str) -> bytes:
    value = value.encode() if isinstance(value, str) else value
    return varint(tag << 3 | 2) + varint(len(value)) + value


# --- nodes -------------------------------------------------------------------------------


def shape(sizes: Iterable[int]) -> bytes:
    return b"".join(data(2, number(1, size)) for size in sizes)


def tensor(array: Array, form: str = "content", sizes: Iterable[int] | None = None) -> bytes:
    """A ``TensorProto``: numbers as bytes (``content``), or one by one (``values``)."""
    head = number(1, TYPES[array.dtype.name])
    head += data(2, shape(array.shape if sizes is None else sizes))
    flat = array.reshape(-1)
    if form == "content":
        return head + data(4, flat.astype(flat.dtype.newbyteorder("<")).tobytes())
    if array.dtype == np.float16:
        return head + data(13, b"".join(varint(int(bits)) for bits in flat.view(np.uint16)))
    if array.dtype in (np.float32, np.float64):
        little = flat.astype(flat.dtype.newbyteorder("<")).tobytes()
        return head + data(5 if array.dtype == np.float32 else 6, little)
    return head + b"".join(number(7, int(value)) for value in flat)


def attribute(key: str, value: bytes) -> bytes:
    return data(5, data(1, key) + data(2, value))


def listed(values: Iterable[int]) -> bytes:
    return data(1, b"".join(number(3, value) for value in values))


FLOAT = number(6, 1)
SAME, VALID = data(2, "SAME"), data(2, "VALID")


def node(name: str, operation: str, inputs: Iterable[str] = (), **attributes: bytes) -> bytes:
    """A field ``node`` of a ``GraphDef``."""
    body = data(1, name) + data(2, operation) + b"".join(data(3, i) for i in inputs)
    body += data(4, "/cpu:0")
    body += b"".join(attribute(key, value) for key, value in attributes.items())
    return data(1, body)


def constant(name: str, array: Array, form: str = "content") -> bytes:
    value = data(8, tensor(array, form))
    return node(name, "Const", dtype=number(6, TYPES[array.dtype.name]), value=value)


# --- the network -------------------------------------------------------------------------


@dataclass
class Writer:
    """Collects nodes; each method adds one layer and returns the node with its output."""

    nodes: list[bytes] = field(default_factory=list)

    def add(self, name: str, operation: str, inputs: Iterable[str], **attributes: bytes) -> str:
        self.nodes.append(node(name, operation, inputs, **attributes))
        return name

    def conv(self, name: str, source: str, stride: int = 1) -> str:
        strides = listed((1, stride, stride, 1))
        conv = f"{name}_pre_relu/conv"
        self.add(
            conv, "Conv2D", (source, f"{name}_w"), T=FLOAT, strides=strides, padding=SAME,
            use_cudnn_on_gpu=number(5, 1),
        )  # fmt: skip
        self.add(f"{name}_pre_relu", "BiasAdd", (conv, f"{name}_b"), T=FLOAT)
        return self.add(name, "Relu", (f"{name}_pre_relu",), T=FLOAT)

    def pool(self, name: str, source: str, stride: int) -> str:
        sizes = {"ksize": listed((1, 3, 3, 1)), "strides": listed((1, stride, stride, 1))}
        return self.add(name, "MaxPool", (source,), T=FLOAT, padding=SAME, **sizes)

    def average(self, name: str, source: str, kernel: tuple[int, int], stride: int) -> str:
        sizes = {"ksize": listed((1, *kernel, 1)), "strides": listed((1, stride, stride, 1))}
        return self.add(name, "AvgPool", (source,), T=FLOAT, padding=VALID, **sizes)

    def lrn(self, name: str, source: str) -> str:
        numbers = {"alpha": real(4, 1e-4), "beta": real(4, 0.5), "bias": real(4, 2.0)}
        return self.add(name, "LRN", (source,), T=FLOAT, depth_radius=number(3, 5), **numbers)

    def flat(self, source: str, features: int) -> str:
        self.nodes.append(
            constant(f"{source}/reshape/shape", np.array([-1, features], np.int32), "values")
        )
        inputs = (source, f"{source}/reshape/shape")
        return self.add(f"{source}/reshape", "Reshape", inputs, T=FLOAT)

    def dense(self, name: str, source: str, features: int, weights: str) -> str:
        inputs = (self.flat(source, features), f"{weights}_w")
        self.add(f"{name}/matmul", "MatMul", inputs, T=FLOAT)
        return self.add(name, "BiasAdd", (f"{name}/matmul", f"{weights}_b"), T=FLOAT)

    def stem(self) -> str:
        at = self.conv("conv2d0", "input", 2)
        at = self.lrn("localresponsenorm0", self.pool("maxpool0", at, 2))
        at = self.conv("conv2d2", self.conv("conv2d1", at))
        return self.lrn("localresponsenorm1", at)

    def module(self, letter: str, source: str) -> str:
        mixed = f"mixed{letter}"
        one = self.conv(f"{mixed}_1x1", source)
        three = self.conv(f"{mixed}_3x3", self.conv(f"{mixed}_3x3_bottleneck", source))
        five = self.conv(f"{mixed}_5x5", self.conv(f"{mixed}_5x5_bottleneck", source))
        pool = self.conv(f"{mixed}_pool_reduce", self.pool(f"{mixed}_pool", source, 1))
        self.nodes.append(constant(f"{mixed}/concat_dim", np.array(3, np.int32), "values"))
        inputs = (f"{mixed}/concat_dim", one, three, five, pool)
        return self.add(mixed, "Concat", inputs, N=number(3, 4), T=FLOAT)

    def head(self, index: int, source: str) -> None:
        at = self.average(f"head{index}_pool", source, (5, 5), 3)
        at = self.conv(f"head{index}_bottleneck", at)
        at = self.dense(f"nn{index}_pre_relu", at, 2048, f"nn{index}")
        at = self.add(f"nn{index}", "Relu", (at,), T=FLOAT)
        at = self.dense(f"softmax{index}_pre_activation", at, 1024, f"softmax{index}")
        self.add(f"softmax{index}", "Softmax", (at,), T=FLOAT)


def weights(seed: int, classes: int = 1008) -> dict[str, Array]:
    """Random weights under the graph's names in its layout; biases and maps matter.

    For inputs from -117 to 138 the maps are large enough for LRN to change them.
    ``RandomState`` gives the same numbers with every version of numpy.
    """
    random = np.random.RandomState(seed)
    found: dict[str, Array] = {}

    def add(name: str, *sizes: int) -> None:
        scale = math.sqrt(2 / math.prod(sizes[:-1]))
        found[f"{name}_w"] = (scale * random.standard_normal(sizes)).astype(np.float32)
        found[f"{name}_b"] = random.standard_normal(sizes[-1]).astype(np.float32)

    add("conv2d0", 7, 7, 3, 64)
    add("conv2d1", 1, 1, 64, 64)
    add("conv2d2", 3, 3, 64, 192)
    for letter, (inputs, one, reduce3, three, reduce5, five, pool) in CHANNELS.items():
        add(f"mixed{letter}_1x1", 1, 1, inputs, one)
        add(f"mixed{letter}_3x3_bottleneck", 1, 1, inputs, reduce3)
        add(f"mixed{letter}_3x3", 3, 3, reduce3, three)
        add(f"mixed{letter}_5x5_bottleneck", 1, 1, inputs, reduce5)
        add(f"mixed{letter}_5x5", 5, 5, reduce5, five)
        add(f"mixed{letter}_pool_reduce", 1, 1, inputs, pool)
    for index, inputs in enumerate((508, 528)):
        add(f"head{index}_bottleneck", 1, 1, inputs, 128)
        add(f"nn{index}", 2048, 1024)
        add(f"softmax{index}", 1024, classes)
    add("softmax2", 1024, classes)
    return found


def graph(found: Mapping[str, Array], final: tuple[int, int] = (7, 7)) -> bytes:
    """The frozen graph; ``final`` is the last average pool's window, 7x7 in the true one.

    At other input sizes the true graph has no single output; there the window is the map.
    """
    placeholder = node("input", "Placeholder", dtype=FLOAT, shape=data(7, b""))
    writer = Writer([placeholder, *(constant(name, array) for name, array in found.items())])
    at = writer.stem()
    outputs = {}
    for letter in CHANNELS:
        if letter in POOL_BEFORE:
            at = writer.pool(POOL_BEFORE[letter], at, 2)
        outputs[letter] = at = writer.module(letter, at)
    average = writer.average("avgpool0", at, final, 1)
    writer.head(0, outputs["4a"])
    writer.head(1, outputs["4d"])
    logits = writer.dense("softmax2_pre_activation", average, 1024, "softmax2")
    writer.add("softmax2", "Softmax", (logits,), T=FLOAT)
    for name, source in (("output", "softmax0"), ("output1", "softmax1"), ("output2", "softmax2")):
        writer.add(name, "Identity", (source,), T=FLOAT)
    return b"".join(writer.nodes)


def nodes_of_units() -> dict[str, str]:
    """The graph's node with the activation of each of our units."""
    found = {
        "conv1": "conv2d0", "pool1": "maxpool0", "lrn1": "localresponsenorm0",
        "conv2/reduce": "conv2d1", "conv2": "conv2d2", "lrn2": "localresponsenorm1",
        "pool2": "maxpool1", "pool3": "maxpool4", "pool4": "maxpool10",
        "avgpool": "avgpool0", "fc": "softmax2_pre_activation",
    }  # fmt: skip
    parts = {
        "1x1": "1x1", "3x3_reduce": "3x3_bottleneck", "3x3": "3x3", "pool": "pool",
        "5x5_reduce": "5x5_bottleneck", "5x5": "5x5", "pool_proj": "pool_reduce",
    }  # fmt: skip
    for letter in CHANNELS:
        found[f"inception{letter}"] = f"mixed{letter}"
        found |= {f"inception{letter}/{ours}": f"mixed{letter}_{t}" for ours, t in parts.items()}
    for index, head in enumerate(("aux1", "aux2")):
        found |= {
            f"{head}/pool": f"head{index}_pool",
            f"{head}/conv": f"head{index}_bottleneck",
            f"{head}/fc1": f"nn{index}",
            f"{head}/fc2": f"softmax{index}_pre_activation",
        }
    return found


# --- what a reader makes of it -------------------------------------------------------------

SEED = 5
SIZES = ((224, 224), (231, 249), (238, 225))
"""Even and odd sides, and one of each; the heads' pools give 4x4 at all of them."""


def picture(height: int, width: int) -> Array:
    """A picture with detail of every size, (height, width, 3), 0 to 255 in whole numbers."""
    random = np.random.RandomState(height * 1000 + width)
    total = np.zeros((height, width, 3))
    for cell, share in ((64, 0.5), (16, 0.3), (4, 0.15), (1, 0.05)):
        coarse = random.randint(0, 256, (-(-height // cell), -(-width // cell), 3))
        total += share * coarse.repeat(cell, 0).repeat(cell, 1)[:height, :width]
    return np.floor(total).astype(np.float32)


def final_window(height: int, width: int) -> tuple[int, int]:
    """The size of the last map: five times halved, rounded up."""
    return -(-height // 32), -(-width // 32)


def digest(activation: Array) -> Array:
    """What is stored of an activation (channels, …), float32: a few numbers that tell it.

    Norm and largest value; for maps the mean of every row and of every column, so that
    borders show; 12 single values from all over it.
    """
    values = activation.astype(np.float64)
    whole = [np.linalg.norm(values), np.abs(values).max()]
    means = [values.mean((0, 2)), values.mean((0, 1))] if values.ndim == 3 else []
    places = np.random.RandomState(activation.size).randint(0, activation.size, 12)
    return np.concatenate([whole, *means, values.reshape(-1)[places]]).astype(np.float32)
