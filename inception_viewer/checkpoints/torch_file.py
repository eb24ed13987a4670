"""PyTorch's files: what ``torch.save`` and TorchScript write, read without PyTorch's loader.

PyTorch's own loader would call functions that the file names (or, kept to a list of them,
trust the sizes that it declares). Here the pickle inside is read as data
(:mod:`.pickle_values`), and tensors are stretches of the file (:mod:`.stored`).

Layout: pytorch/pytorch, ``torch/serialization.py`` (``_save``, ``_legacy_save``) and
``torch/csrc/jit/serialization``.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from inception_viewer.errors import CheckpointError

from . import torchscript, wrappers
from .pickle_values import Made, Name, Persistent, read_pickle
from .plain_file import PlainFile
from .stored import Odd, Stored
from .torch_values import STORAGES, Locate, Storage, tensor
from .wrappers import Found
from .zip_directory import CUT_SHORT, Record, content_start, inflated, read_directory

LARGEST_PICKLE = 64 << 20
"""Bytes of the pickle inside; a GoogLeNet's has 50,000."""

LONGEST_CODE = 1 << 20
"""Characters of a TorchScript class that are looked at; GoogLeNet's has under 10,000."""

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
"""What ``torch.save`` pickled first before PyTorch 1.6."""

OBJECTS = (
    "The file holds Python objects (a whole pickled model?) instead of plain weights; "
    "save the model's state_dict() instead."
)
"""What is said of a pickle that only code could read."""

OTHER_ARCHIVES = (
    (r"\.data/extern_modules$", "a torch.package, which holds a program"),
    (r"(^|/)archive_format$|^[^/]+/data/weights/|serialized_exported_program", "a torch.export"),
    (r"^model\.weights\.h5$", "a Keras file"),
    (r"\.npy$", "a NumPy archive (.npz)"),
    (r"/model\.json$", "a TorchScript program of before PyTorch 1.0's format"),
)
"""Records of zip archives that are no checkpoints here, and what they tell."""


def read(file: PlainFile, start: bytes) -> Found:
    """Return the tensors of a ``.pth`` or ``.pt`` file, where they lie in it.

    Parameters
    ----------
    file
        The file.
    start
        Its first bytes.

    Raises
    ------
    CheckpointError
        If it is damaged, holds no tensors by name, or only a pickled object.
    """
    if start.startswith(b"PK"):
        return _read_archive(file)
    front = file.read(0, LARGEST_PICKLE)
    value, at = read_pickle(front)
    if value == LEGACY_MAGIC:
        return _read_legacy(file, front, at)
    raise CheckpointError(_without_tensors(value))


# --- archives ----------------------------------------------------------------------------


def _read_archive(file: PlainFile) -> Found:
    records = read_directory(file)
    main = [name for name in records if re.fullmatch(r"[^/]+/data\.pkl", name)]
    if len(main) != 1 or any(name.endswith("/.data/extern_modules") for name in records):
        raise CheckpointError(_other_archive(records))
    prefix = main[0].removesuffix("data.pkl")
    if _content(file, records.get(f"{prefix}byteorder")).strip() == b"big":
        raise CheckpointError(
            "The file was saved on a big-endian machine; save it on a little-endian one."
        )
    value, _ = read_pickle(_content(file, records[main[0]]))
    locate = _Records(file, records, f"{prefix}data/")
    if f"{prefix}constants.pkl" not in records:
        return _found(value, locate)
    constants = any(name.startswith(f"{prefix}constants/") for name in records)
    code = _code(file, records, prefix, value)
    return torchscript.weights(value, locate, code, frozen=constants)


def _code(file: PlainFile, records: Mapping[str, Record], prefix: str, module: Any) -> str:
    """Return the text of a TorchScript module's class, to look at; empty if there is none."""
    if not isinstance(module, Made) or not isinstance(module.by, Name):
        return ""
    record = records.get(f"{prefix}code/{module.by.module.replace('.', '/')}.py")
    return "" if record is None else inflated(file, record, LONGEST_CODE).decode(errors="replace")


def _content(file: PlainFile, record: Record | None) -> bytes:
    """Return a small record's bytes."""
    if record is None:
        return b""
    if not record.plain or record.size > LARGEST_PICKLE:
        raise CheckpointError(_not_plain(record))
    return file.read(content_start(file, record), record.size)


def _not_plain(record: Record) -> str:
    if record.plain:
        return "The file is damaged: it holds far more objects than a checkpoint."
    return f"“{record.name}” in it is compressed, as torch.save leaves none; save it anew."


class _Records:
    """Finds an archive's storages by their keys."""

    def __init__(self, file: PlainFile, records: Mapping[str, Record], folder: str) -> None:
        self._file, self._records, self._folder = file, records, folder

    def __call__(self, key: str) -> Storage | None:
        record = self._records.get(self._folder + key)
        if record is None:
            return None
        if not record.plain:
            raise CheckpointError(_not_plain(record))
        # Where PyTorch was told not to count check sums it writes 0.
        return Storage(content_start(self._file, record), record.size, record.crc or None)


def _other_archive(records: Mapping[str, Record]) -> str:
    for pattern, what in OTHER_ARCHIVES:
        if any(re.search(pattern, name) for name in records):
            return f"This is {what}, not a checkpoint; save the model's state_dict() instead."
    for name in records:
        suffix = PurePosixPath(name).suffix
        if suffix in (".pth", ".pt", ".safetensors", ".caffemodel", ".pb"):
            return f"This is a zip archive that holds “{name[:100]}”; unpack it first."
    return "This is a zip archive, but none of PyTorch's: it has no data.pkl."


# --- before PyTorch 1.6 ------------------------------------------------------------------


def _read_legacy(file: PlainFile, front: bytes, at: int) -> Found:
    """Read version, machine, value and keys; then count and numbers of each key."""
    values = []
    for _ in range(4):
        value, at = read_pickle(front, at)
        values.append(value)
    machine, value, keys = values[1:]
    if isinstance(machine, dict) and machine.get("little_endian") is False:
        raise CheckpointError(
            "The file was saved on a big-endian machine; save it on a little-endian one."
        )
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise CheckpointError(CUT_SHORT)
    return _found(value, _stretches(file, keys, _widths(value), at).get)


def _widths(value: Any) -> dict[str, int]:
    """Return the bytes of one number of each storage that a value names, by its key."""
    found: dict[str, int] = {}
    for identity in wrappers.every(value, Persistent):
        named = identity.identity
        if isinstance(named, tuple) and len(named) > 2 and isinstance(named[1], Name):
            dtype = STORAGES.get(named[1].name)
            if isinstance(named[2], str) and dtype is not None:
                found.setdefault(named[2], dtype.itemsize)
    return found


def _stretches(
    file: PlainFile, keys: list[str], widths: Mapping[str, int], at: int
) -> dict[str, Storage]:
    found: dict[str, Storage] = {}
    for key in keys:
        head = file.read(at, 8)
        if len(head) < 8 or key in found:
            raise CheckpointError(CUT_SHORT)
        size = struct.unpack("<q", head)[0] * widths.get(key, 1)
        if not 0 <= size <= file.size - at - 8:
            raise CheckpointError(CUT_SHORT)
        found[key] = Storage(at + 8, size)
        at += 8 + size
    if at != file.size:
        raise CheckpointError("The file is damaged: something follows its end; copy it again.")
    return found


# --- both --------------------------------------------------------------------------------


def _found(value: Any, locate: Locate) -> Found:
    def stored(candidate: Any) -> Stored | Odd | None:
        return tensor(candidate, locate)

    found = wrappers.find(value, stored)
    if found is None:
        raise CheckpointError(_without_tensors(value))
    return found


def _without_tensors(value: Any) -> str:
    """Return why nothing was found: a pickled object, NumPy arrays, or nothing by name."""
    made = wrappers.every(value, Made)
    if any(isinstance(one.state, dict) and "_parameters" in one.state for one in made):
        return OBJECTS
    modules = {one.by.module for one in made if isinstance(one.by, Name)}
    if "torch.storage" in modules:
        return (
            "The file was written by pickle itself; save the model's state_dict() with torch.save."
        )
    if any(module.startswith("numpy") for module in modules):
        return "The file holds NumPy arrays instead of tensors; save the model's state_dict()."
    if made and "torch._utils" not in modules:
        return OBJECTS
    return "The file holds no weights by name; save the model's state_dict()."
