"""Frozen TensorFlow graphs (``.pb``): the constants in them are a network's weights.

A frozen graph is one ``GraphDef`` message (tensorflow/core/framework/graph.proto): nodes
with a name, an operation and attributes; weights are nodes of the operation ``Const``
whose attribute ``value`` is a ``TensorProto`` (tensor.proto). Nothing is computed and no
operation is known here but ``Const``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inception_viewer.errors import CheckpointError

from .protobuf import Message

NODES = 1
"""``GraphDef.node``."""

NAME, OPERATION, ATTRIBUTES = 1, 2, 5
"""Fields of ``NodeDef``."""

TYPES = {1: "float32", 2: "float64", 14: "bfloat16", 19: "float16"}
"""``DataType`` numbers of the kinds that weights come in, with numpy's names but one."""

OTHER_TYPES = {3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 9: "int64", 10: "bool"}
"""Kinds that a graph has for other things: shapes, axes, names; or quantised weights."""

MOST_AXES = 8
MOST_NUMBERS = 1 << 40
"""Far beyond any weight, and still a size that PyTorch can express."""

MOST_FILLED = 1 << 22
"""How many numbers may be left out at the end; the largest weight here has half as many."""


@dataclass(frozen=True, eq=False)
class Constant:
    """A node's constant, read from the file when it is asked for.

    Attributes
    ----------
    name
        The node's.
    kind
        ``"float32"``, ``"int32"``, …
    shape
        As declared; nothing is allocated by it.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    message: Message = field(repr=False)

    def tensor(self) -> Tensor:
        """Return the numbers, float32, in the file's layout.

        Where numbers are listed one by one, the last one stands for all that are left out,
        as TensorFlow reads them; one number for all takes no memory.

        Raises
        ------
        CheckpointError
            If the kind is none of weights, or the file declares another count of
            numbers than it holds.
        """
        if self.kind not in TYPES.values():
            raise CheckpointError(
                f"“{self.name}” holds {self.kind} numbers; weights are expected as float32."
            )
        raw, wanted = self.message.raw(4), math.prod(self.shape)
        if len(raw):
            width = {"float64": 8, "float32": 4}.get(self.kind, 2)
            if len(raw) != wanted * width:
                raise self._unfit(f"{len(raw):,} bytes where {wanted * width:,} are needed")
            return _from_bytes(raw, self.kind).reshape(self.shape)
        values = _listed(self.message, self.kind)
        if len(values) == 1:
            return torch.from_numpy(values).expand(self.shape)
        missing = wanted - len(values)
        if not 0 <= missing <= MOST_FILLED or (missing and not len(values)):
            raise self._unfit(f"{len(values):,} numbers")
        if missing:
            values = np.pad(values, (0, missing), "edge")
        return torch.from_numpy(values).reshape(self.shape)

    def _unfit(self, found: str) -> CheckpointError:
        return CheckpointError(
            f"The file is damaged: “{self.name}” has shape {self.shape}, but {found}."
        )


class Constants(Mapping[str, Tensor]):
    """A graph's constants of the kinds that weights have, each read when it is asked for."""

    def __init__(self, constants: Mapping[str, Constant]) -> None:
        self._constants = constants

    def __getitem__(self, name: str) -> Tensor:
        return self._constants[name].tensor()

    def __iter__(self) -> Iterator[str]:
        return iter(self._constants)

    def __len__(self) -> int:
        return len(self._constants)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return a constant's shape as the file declares it."""
        return self._constants[name].shape


@dataclass(frozen=True, eq=False)
class Graph:
    """What a frozen graph holds.

    Attributes
    ----------
    operations
        The operation of every node, by the node's name, in the file's order.
    constants
        The ``Const`` nodes.
    settings
        Per node its attributes that are one number.
    """

    operations: Mapping[str, str]
    constants: Mapping[str, Constant]
    settings: Mapping[str, Mapping[str, float]]

    def tensors(self) -> Constants:
        """Return the weights by name.

        Raises
        ------
        CheckpointError
            If there are none: then the graph was not frozen.
        """
        if not any(found.kind in TYPES.values() for found in self.constants.values()):
            raise CheckpointError(
                f"This TensorFlow graph of {len(self.operations):,} nodes holds no weights; "
                "freeze it first, so that its variables become constants."
            )
        return Constants(self.constants)


def speaks(message: Message) -> bool:
    """Whether a protobuf file is a TensorFlow graph: its first field is a node."""
    try:
        if next(iter(message.fields)) != NODES:
            return False
        node = next(message.messages(NODES))
        return bool(node.text(NAME)) and node.text(OPERATION).isidentifier()
    except (CheckpointError, StopIteration):
        return False


def read(message: Message) -> Graph:
    """Read the nodes of a graph; constants stay in the file until they are asked for.

    Raises
    ------
    CheckpointError
        If the bytes are no graph, or two nodes have one name.
    """
    operations: dict[str, str] = {}
    constants: dict[str, Constant] = {}
    settings: dict[str, Mapping[str, float]] = {}
    for node in message.messages(NODES):
        name, operation = node.text(NAME), node.text(OPERATION)
        if name in operations:
            raise CheckpointError(f"The file is damaged: the node “{name}” is in it twice.")
        operations[name] = operation
        attributes = _attributes(node)
        if operation == "Const":
            constants[name] = _constant(name, attributes.get("value"))
        else:
            settings[name] = _numbers(attributes)
    return Graph(operations, constants, settings)


def _attributes(node: Message) -> dict[str, Message]:
    """Return a node's attributes: a map is a repeated message of key and value."""
    found = {}
    for entry in node.messages(ATTRIBUTES):
        value = entry.message(2)
        if value is not None:
            found[entry.text(1)] = value
    return found


def _numbers(attributes: Mapping[str, Message]) -> dict[str, float]:
    """Return the attributes that are one number: ``AttrValue.i`` and ``.f``."""
    found: dict[str, float] = {}
    for key, value in attributes.items():
        if 4 in value:
            found[key] = value.real(4)
        elif 3 in value:
            found[key] = value.integer(3)
    return found


def _constant(name: str, value: Message | None) -> Constant:
    tensor = value.message(8) if value is not None else None
    if tensor is None:
        raise CheckpointError(f"The file is damaged: the constant “{name}” has no value.")
    number = tensor.integer(1)
    kind = TYPES.get(number) or OTHER_TYPES.get(number) or f"kind {number}"
    shape = tensor.message(2)
    sizes = [size.integer(1) for size in shape.messages(2)] if shape is not None else []
    if len(sizes) > MOST_AXES or min(sizes, default=0) < 0 or math.prod(sizes) > MOST_NUMBERS:
        raise CheckpointError(f"The file is damaged: “{name}” has an impossible shape.")
    return Constant(name, kind, tuple(sizes), tensor)


def _from_bytes(raw: memoryview, kind: str) -> Tensor:
    """Return ``tensor_content`` (little endian) as float32, copied out of the file."""
    if kind == "bfloat16":
        return torch.from_numpy(_bfloat16(np.frombuffer(raw, "<u2")))
    return torch.from_numpy(_float32(np.frombuffer(raw, np.dtype(kind).newbyteorder("<"))))


def _listed(message: Message, kind: str) -> NDArray[np.float32]:
    """Return ``float_val``, ``double_val`` or ``half_val`` as float32, copied out of the file."""
    readers: dict[str, Callable[[], NDArray[np.float32]]] = {
        "float32": lambda: _float32(message.floats(5)),
        "float64": lambda: _float32(message.doubles(6)),
        "float16": lambda: _float32(_halves(message).view(np.float16)),
        "bfloat16": lambda: _bfloat16(_halves(message)),
    }
    return readers[kind]()


def _halves(message: Message) -> NDArray[np.uint16]:
    """Return ``half_val``: 16 bits of each number in a varint."""
    return (np.array(message.integers(13), np.int64) & 0xFFFF).astype(np.uint16)


def _bfloat16(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return bfloat16 numbers, the upper halves of float32 ones."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def _float32(values: NDArray[np.floating]) -> NDArray[np.float32]:
    # Doubles beyond float32 become infinite, which is told later with the weight's name.
    with np.errstate(all="ignore"):
        return values.astype(np.float32)
