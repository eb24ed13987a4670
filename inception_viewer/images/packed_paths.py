"""Many paths in one piece of bytes: a fifth of what they take as objects."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import overload


class PackedPaths(Sequence[Path]):
    """Paths in an order, unpacked when asked for; a slice without a step shares the bytes.

    A million of ImageNet's take under 90 MB.
    """

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        self._bytes, self._ends = bytearray(), array("q")
        self._range = range(0)
        self.extend(paths)

    def extend(self, paths: Iterable[Path]) -> None:
        """Add paths at the end; not to a slice."""
        for path in paths:
            self.append(path)

    def append(self, path: Path | str) -> None:
        """Add a path at the end; not to a slice."""
        self._bytes += os.fsencode(path)
        self._ends.append(len(self._bytes))
        self._range = range(len(self._ends))

    def __len__(self) -> int:
        return len(self._range)

    @overload
    def __getitem__(self, place: int) -> Path: ...
    @overload
    def __getitem__(self, place: slice) -> PackedPaths: ...
    def __getitem__(self, place: int | slice) -> Path | PackedPaths:
        if isinstance(place, slice):
            part = PackedPaths()
            part._bytes, part._ends, part._range = self._bytes, self._ends, self._range[place]
            return part
        return Path(self.text(place))

    def text(self, place: int) -> str:
        """Return a path as it was added."""
        number = self._range[place]
        begin = self._ends[number - 1] if number else 0
        return os.fsdecode(bytes(self._bytes[begin : self._ends[number]]))
