"""Tensors that still lie in their file: kind and shape first, numbers when they are wanted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable
from zlib import crc32

import torch
from torch import Tensor

from inception_viewer.errors import CheckpointError

from .plain_file import PlainFile

MOST_AXES = 8
"""Of a weight's shape; convolutions have four."""

MOST_NUMBERS = 1 << 40
"""Far beyond any weight, and still a size that PyTorch can express."""


@dataclass(frozen=True)
class Stored:
    """Where a tensor's numbers are.

    Attributes
    ----------
    dtype
        Their kind.
    shape, strides
        In numbers; ``strides`` is None where they lie in order.
    start
        The byte of the file with the tensor's first number.
    room
        Bytes from there to the end of the storage: what may be read.
    crc
        CRC-32 of those bytes, if the file says it.
    """

    dtype: torch.dtype
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None
    start: int
    room: int
    crc: int | None = None

    def trouble(self, label: str) -> str | None:
        """Return what is impossible about it, in a sentence that calls it ``label``, or None."""
        shape, strides = self.shape, self.strides
        if len(shape) > MOST_AXES or any(n < 0 for n in shape) or math.prod(shape) > MOST_NUMBERS:
            return f"The file is damaged: “{label}” has an impossible shape."
        if strides is not None:
            if len(strides) != len(shape) or any(step < 0 for step in strides):
                return f"The file is damaged: “{label}” has impossible strides."
            if math.prod(shape) > self.span:
                return f"“{label}” repeats its numbers (an expanded tensor); save it with .clone()."
        if self.span * self.dtype.itemsize > self.room or self.start < 0:
            return f"The file is damaged: it holds too few numbers for “{label}” of shape {shape}."
        return None

    @property
    def span(self) -> int:
        """How many numbers lie between its first and its last, both counted."""
        if 0 in self.shape:
            return 0
        if self.strides is None:
            return math.prod(self.shape)
        return 1 + sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))

    def tensor(self, file: PlainFile) -> Tensor:
        """Read it: no more bytes than it spans, which lie in the file."""
        raw = torch.empty(self.span * self.dtype.itemsize, dtype=torch.uint8)
        if len(raw):
            self._fill(memoryview(raw.numpy().data), file)
        numbers = raw.view(self.dtype)
        if self.strides is None:
            return numbers.reshape(self.shape)
        return numbers.as_strided(self.shape, self.strides)

    def _fill(self, target: memoryview, file: PlainFile) -> None:
        file.fill(target, self.start)
        if self.crc is not None and len(target) == self.room and crc32(target) != self.crc:
            raise CheckpointError("The file is damaged: its check sums are wrong; copy it again.")


@dataclass(frozen=True)
class Odd:
    """A tensor that cannot be read as weights; ``kind`` says what it is (“a sparse tensor”)."""

    kind: str


class StoredTensors(Mapping[str, Tensor]):
    """A file's tensors by name, each read when it is asked for.

    Raises
    ------
    CheckpointError
        On asking for one that is no plain tensor or cannot be as it is described.
    """

    def __init__(self, file: PlainFile, found: Mapping[str, Stored | Odd]) -> None:
        self._file, self._found = file, found

    def __getitem__(self, name: str) -> Tensor:
        found = self._plain(name)
        trouble = found.trouble(readable(name))
        if trouble:
            raise CheckpointError(trouble)
        return found.tensor(self._file)

    def __contains__(self, name: object) -> bool:
        return name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return a tensor's shape as the file says it, without reading the tensor."""
        return self._plain(name).shape

    def _plain(self, name: str) -> Stored:
        found = self._found[name]
        if isinstance(found, Odd):
            raise CheckpointError(
                f"“{readable(name)}” is {found.kind}; plain float32 tensors are expected."
            )
        return found


@runtime_checkable
class _Shaped(Protocol):
    def shape(self, name: str) -> tuple[int, ...]: ...


def shape_of(tensors: Mapping[str, Tensor], name: str) -> tuple[int, ...]:
    """Return a tensor's shape, without reading its numbers where the mapping allows that."""
    return tensors.shape(name) if isinstance(tensors, _Shaped) else tuple(tensors[name].shape)


def readable(name: str, longest: int = 200) -> str:
    """Return a name fit for a sentence: what a damaged file has for one may be anything."""
    return "".join(c if c.isprintable() else "?" for c in name[:longest])
