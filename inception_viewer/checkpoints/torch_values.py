"""What the pickles of PyTorch mean: which of their values are tensors.

Sources: pytorch/pytorch, ``torch/_utils.py`` (the functions that rebuild tensors),
``torch/serialization.py`` (what identifies a storage).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from .pickle_values import Made, Name, Persistent
from .stored import Odd, Stored

STORAGES = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "ByteStorage": torch.uint8,
    "CharStorage": torch.int8,
    "ShortStorage": torch.int16,
    "IntStorage": torch.int32,
    "LongStorage": torch.int64,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
    "UntypedStorage": torch.uint8,
}
"""Classes of storages, whatever their module says of the device."""

REBUILT = ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3")
"""Called with storage, offset, sizes and strides; the third with the kind of numbers too."""

WRAPPED = {
    "_rebuild_parameter": 0,
    "_rebuild_parameter_with_state": 0,
    "_rebuild_device_tensor_from_cpu_tensor": 0,
}
"""Called with a tensor, and at which place."""

ODD = {
    "_rebuild_sparse_tensor": "a sparse tensor",
    "_rebuild_sparse_csr_tensor": "a sparse tensor",
    "_rebuild_qtensor": "a quantised tensor",
    "_rebuild_nested_tensor": "a nested tensor",
    "_rebuild_meta_tensor_no_storage": "a tensor without numbers (of the device “meta”)",
    "_rebuild_device_tensor_from_numpy": "a tensor kept as a NumPy array",
    "_rebuild_xla_tensor": "a tensor kept as a NumPy array",
    "_rebuild_wrapper_subclass": "a tensor of a kind of its own",
}

DEEPEST = 4
"""Parameters of parameters; one is usual."""


@dataclass(frozen=True)
class Storage:
    """A stretch of the file: where it begins, how long it is, and its CRC-32 if known."""

    start: int
    size: int
    crc: int | None = None


Locate = Callable[[str], Storage | None]
"""Returns the storage of a key."""


def tensor(value: Any, locate: Locate) -> Stored | Odd | None:
    """Return the tensor that a value of a pickle stands for, or None if it is none."""
    for _ in range(DEEPEST):
        if not isinstance(value, Made) or not isinstance(value.by, Name):
            return None
        args = value.args if isinstance(value.args, tuple) else ()
        name = value.by.name
        if value.by.module == "torch._tensor" and name == "_rebuild_from_type_v2":
            # A subclass: the function that makes the tensor, the class, its arguments, a state.
            value = Made(args[0], args[2]) if len(args) > 2 else None
            continue
        if value.by.module.startswith("torch.distributed.") and name == "DTensor":
            return Odd("a part of a tensor that lies on several devices (DTensor)")
        if value.by.module != "torch._utils":
            return None
        if name in REBUILT:
            return _rebuilt(args, locate)
        if name in ODD:
            return Odd(ODD[name])
        if name not in WRAPPED or not args:
            return None
        value = args[WRAPPED[name]]
    return None


def _rebuilt(args: tuple[Any, ...], locate: Locate) -> Stored | Odd:
    """Describe a tensor by the arguments (storage, offset, sizes, strides, …)."""
    if len(args) < 4 or not isinstance(args[0], Persistent):
        return Odd("damaged")
    offset, sizes, strides = args[1:4]
    if not _is_size(offset) or not _are_numbers(sizes) or not _are_numbers(strides):
        return Odd("damaged")
    kind = args[6] if len(args) > 6 and isinstance(args[6], Name) else None
    found = _storage(args[0].identity, locate)
    if isinstance(found, Odd):
        return found
    storage, dtype = found
    if kind is not None:
        named = getattr(torch, kind.name, None) if kind.name.isidentifier() else None
        if not isinstance(named, torch.dtype):
            return Odd("a tensor of an unknown kind of numbers")
        dtype = named
    start = offset * dtype.itemsize
    whole = storage.crc if offset == 0 else None
    return Stored(dtype, sizes, strides, storage.start + start, storage.size - start, whole)


def _storage(identity: Any, locate: Locate) -> tuple[Storage, torch.dtype] | Odd:
    """Find a storage by ``("storage", class, key, device, count, view)``."""
    if not isinstance(identity, tuple) or len(identity) < 5 or identity[0] != "storage":
        return Odd("damaged")
    kind, key, count = identity[1], identity[2], identity[4]
    if not isinstance(kind, Name) or not isinstance(key, str) or not _is_size(count):
        return Odd("damaged")
    if kind.name.startswith("Q"):
        return Odd("a quantised tensor")
    dtype, found = STORAGES.get(kind.name), locate(key)
    if dtype is None:
        return Odd("a tensor of an unknown kind of numbers")
    if found is None:
        return Odd("missing, though the file names it")
    view = identity[5] if len(identity) > 5 else None
    if view is not None:  # a stretch of a larger storage: key, offset, count
        if not isinstance(view, tuple) or len(view) != 3 or not _is_size(view[1]):
            return Odd("damaged")
        start = view[1] * dtype.itemsize
        found = Storage(found.start + start, found.size - start)
        count = view[2] if _is_size(view[2]) else 0
    size = min(found.size, count * dtype.itemsize)
    return Storage(found.start, size, found.crc if size == found.size else None), dtype


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 62


def _are_numbers(values: Any) -> bool:
    return isinstance(values, tuple) and all(type(n) is int and abs(n) < 1 << 62 for n in values)
