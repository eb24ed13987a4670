"""The safetensors format: a JSON header that says where each tensor lies, then the numbers.

Layout: huggingface/safetensors, README "Format": eight bytes with the header's length, the
header, then the buffer, which the tensors fill without gaps or overlaps.
"""

from __future__ import annotations

import json
import math
from typing import Any

import torch

from inception_viewer.errors import CheckpointError

from .plain_file import PlainFile
from .stored import Odd, Stored, readable
from .wrappers import Found

LONGEST_HEADER = 8 << 20
"""Bytes; a GoogLeNet's header has 40,000, with 21,000 class names in it under a million."""

MOST_TENSORS = 50_000

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}

DAMAGED = "This safetensors file is damaged or cut short; download or copy it again."


def read(file: PlainFile) -> Found:
    """Read the header; the numbers stay in the file until they are asked for.

    Raises
    ------
    CheckpointError
        If it is damaged, cut short or padded, has a name twice, or two tensors overlap.
    """
    length = int.from_bytes(file.read(0, 8), "little")
    if length > min(LONGEST_HEADER, file.size - 8):
        raise CheckpointError(DAMAGED)
    header = _header(file.read(8, length))
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or len(header) > MOST_TENSORS:
        raise CheckpointError(DAMAGED)
    start, size = 8 + length, file.size - 8 - length
    stretches: list[tuple[int, int, str]] = []
    found: dict[str, Stored | Odd] = {}
    for name, entry in header.items():
        found[name], begin, end = _tensor(name, entry, start)
        stretches.append((begin, end, name))
    _check_filled(stretches, size)
    said = {key: value for key, value in metadata.items() if isinstance(value, str)}
    return Found(found, metadata=said)


def _header(raw: bytes) -> dict[str, Any]:
    try:
        header = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise CheckpointError(DAMAGED) from None
    if not isinstance(header, dict):
        raise CheckpointError(DAMAGED)
    return header


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise CheckpointError(f"The file is damaged: “{readable(key)}” is in it twice.")
        found[key] = value
    return found


def _tensor(name: str, entry: Any, start: int) -> tuple[Stored | Odd, int, int]:
    """Return a tensor, and where it begins and ends in the buffer."""
    label = readable(name)
    try:
        kind, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        whole = all(type(n) is int and 0 <= n < 1 << 62 for n in (*shape, begin, end))
    except (KeyError, TypeError, ValueError):
        raise CheckpointError(DAMAGED) from None
    if not whole or end < begin:
        raise CheckpointError(f"The file is damaged: “{label}” has an impossible shape or place.")
    dtype = DTYPES.get(kind) if isinstance(kind, str) else None
    if dtype is None:
        return Odd(f"of an unknown kind of numbers ({readable(str(kind), 20)})"), begin, end
    if len(shape) <= 8 and math.prod(shape) * dtype.itemsize != end - begin:
        raise CheckpointError(
            f"The file is damaged: “{label}” has shape {tuple(shape)}, "
            f"but {end - begin:,} bytes of {readable(kind)}."
        )
    return Stored(dtype, tuple(shape), None, start + begin, end - begin), begin, end


def _check_filled(stretches: list[tuple[int, int, str]], size: int) -> None:
    """Check that tensors lie end to end and fill the buffer, as the format wants it."""
    at = 0
    for begin, end, name in sorted(stretches):
        if end > size:
            raise CheckpointError(DAMAGED)
        if begin != at:
            how = "overlaps another tensor" if begin < at else "leaves a gap before it"
            raise CheckpointError(f"The file is damaged: “{readable(name)}” {how}.")
        at = end
    if at != size:
        raise CheckpointError(
            f"The file is damaged: {size - at:,} bytes follow its last tensor; copy it again."
        )
