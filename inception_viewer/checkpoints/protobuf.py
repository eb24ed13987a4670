"""A reader of protobuf's wire format that trusts nothing a file declares.

It needs no schema and no protobuf package: a :class:`Message` is a span of bytes, and
whoever knows the schema asks it for a field by number and kind. Nothing is copied out of
the file's bytes until numbers are asked for; every declared length is checked against what
is left; nesting and the count of fields are bounded. Bytes are laid out as "Protocol
Buffers: Encoding" says (protobuf.dev/programming-guides/encoding).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from inception_viewer.errors import CheckpointError

from .plain_file import plain_file

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types; 3 and 4 were groups, which no format read here has."""

WIDTHS = {FIXED64: 8, FIXED32: 4}
"""Bytes of the types of fixed size."""

MAX_DEPTH = 24
"""Messages inside messages; a frozen graph or a Caffe network has under 10."""

MAX_FIELDS = 400_000
"""Fields of one file, runs counted once. Networks here have under 20,000; reading so many
takes a second or two and 100 MB."""

LARGEST = (1 << 31) - 1
"""Bytes of a message: protobuf's own bound."""

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Field:
    """One occurrence of a field, or a run of equal ones.

    Attributes
    ----------
    wire
        Wire type.
    value
        Of a varint, unsigned 64 bits; otherwise 0.
    start, end
        Where its contents lie in the file. A run of fixed-size fields is one ``Field``
        that spans them all, from the first value to the last, with the tags between.
    """

    wire: int
    value: int
    start: int
    end: int


class _Budget:
    """How many fields may still be read of a file."""

    def __init__(self, fields: int) -> None:
        self.left = fields

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise CheckpointError("The file is damaged: it holds far more fields than any network.")


class Message:
    """A span of a file, read as fields when one is first asked for.

    Absent fields give None, 0, ``""`` or nothing, as protobuf's own readers do; of a
    field that may be there once only, the last occurrence counts.

    Parameters
    ----------
    buffer
        The whole file, so that errors can say where.
    start, end
        The message's bytes in it.
    """

    def __init__(
        self,
        buffer: memoryview,
        start: int = 0,
        end: int | None = None,
        *,
        depth: int = 0,
        budget: _Budget | None = None,
    ) -> None:
        if depth > MAX_DEPTH:
            raise CheckpointError("The file is damaged: its messages are nested too deeply.")
        self.start, self.end = start, len(buffer) if end is None else end
        self._buffer, self._depth = buffer, depth
        self._budget = budget or _Budget(MAX_FIELDS)

    def __len__(self) -> int:
        return self.end - self.start

    @cached_property
    def fields(self) -> dict[int, list[Field]]:
        """Every field of this message by number, in the file's order.

        Raises
        ------
        CheckpointError
            If a tag or a length is not possible.
        """
        found: dict[int, list[Field]] = {}
        at = self.start
        while at < self.end:
            self._budget.spend()
            number, field, at = self._field(at)
            found.setdefault(number, []).append(field)
        return found

    def __contains__(self, number: int) -> bool:
        return number in self.fields

    # --- one field ---

    def integer(self, number: int, default: int = 0) -> int:
        """Return a varint as a signed 64-bit integer (int32, int64, bool, enum)."""
        fields = self._all(number, VARINT)
        return _signed(fields[-1].value) if fields else default

    def real(self, number: int, default: float = 0.0) -> float:
        """Return a ``float``."""
        fields = self._all(number, FIXED32)
        if not fields:
            return default
        return float(np.frombuffer(self._buffer, "<f4", 1, fields[-1].end - 4)[0])

    def raw(self, number: int) -> memoryview:
        """Return a ``bytes`` field, not copied; empty if it is absent."""
        fields = self._all(number, BYTES)
        return self._view(fields[-1]) if fields else self._buffer[:0]

    def text(self, number: int) -> str:
        """Return a ``string``."""
        return str(self.raw(number), "utf-8", "replace")

    def message(self, number: int) -> Message | None:
        """Return a message, or None if it is absent."""
        fields = self._all(number, BYTES)
        return self._inner(fields[-1]) if fields else None

    # --- repeated fields ---

    def messages(self, number: int) -> Iterator[Message]:
        """Return repeated messages, each read when it is asked for its fields."""
        return (self._inner(field) for field in self._all(number, BYTES))

    def texts(self, number: int) -> list[str]:
        """Return repeated strings."""
        return [str(self._view(f), "utf-8", "replace") for f in self._all(number, BYTES)]

    def integers(self, number: int) -> list[int]:
        """Return repeated varints, packed or not, as signed 64-bit integers."""
        values: list[int] = []
        for field in self._all(number, VARINT, BYTES):
            if field.wire == VARINT:
                values.append(_signed(field.value))
                continue
            at = field.start
            while at < field.end:
                self._budget.spend()
                value, at = self._varint(at, field.end)
                values.append(_signed(value))
        return values

    def floats(self, number: int) -> NDArray[np.float32]:
        """Return repeated ``float``, packed or not; a view of the file where it can be."""
        return self._numbers(number, FIXED32, np.dtype(np.float32))

    def doubles(self, number: int) -> NDArray[np.float64]:
        """Return repeated ``double``, packed or not; a view of the file where it can be."""
        return self._numbers(number, FIXED64, np.dtype(np.float64))

    def _numbers(self, number: int, wire: int, dtype: np.dtype[Number]) -> NDArray[Number]:
        little, width = dtype.newbyteorder("<"), WIDTHS[wire]
        parts: list[NDArray[Number]] = []
        for field in self._all(number, wire, BYTES):
            view = self._view(field)
            if field.wire == BYTES and len(view) % width:
                raise damaged(f"{len(view)} bytes at byte {field.start} are no whole numbers")
            if field.wire == BYTES or len(view) == width:
                parts.append(np.frombuffer(view, little))
            else:
                # From value to value lie their bytes and a tag of one byte.
                starts = np.lib.stride_tricks.sliding_window_view(
                    np.frombuffer(view, np.uint8), width
                )[:: width + 1]
                parts.append(np.ascontiguousarray(starts).view(little).reshape(-1))
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else np.empty(0, dtype)

    # --- bytes ---

    def _all(self, number: int, *wires: int) -> list[Field]:
        """Return a field's occurrences; one of another kind is none that the schema knows."""
        return [field for field in self.fields.get(number, ()) if field.wire in wires]

    def _view(self, field: Field) -> memoryview:
        return self._buffer[field.start : field.end]

    def _inner(self, field: Field) -> Message:
        return Message(
            self._buffer, field.start, field.end, depth=self._depth + 1, budget=self._budget
        )

    def _field(self, at: int) -> tuple[int, Field, int]:
        """Read the field that begins at ``at``; return its number, itself and where it ends."""
        tag, start = self._varint(at, self.end)
        number, wire = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise damaged(f"byte {at} begins no field")
        if wire == VARINT:
            value, end = self._varint(start, self.end)
            return number, Field(wire, value, start, end), end
        if wire == BYTES:
            size, start = self._varint(start, self.end)
        elif wire in WIDTHS:
            size = WIDTHS[wire]
        else:
            raise damaged(f"byte {at} begins no field")
        if size > self.end - start:
            raise damaged(
                f"byte {at} declares {size:,} bytes to come where {self.end - start:,} are left"
            )
        end = start + size
        if wire in WIDTHS and start == at + 1:
            end = self._run(at, size + 1)
        return number, Field(wire, 0, start, end), end

    def _run(self, at: int, step: int) -> int:
        """Return where a run of fields with the one-byte tag at ``at``, ``step`` apart, ends.

        Numbers that should have been packed come so: millions of fields, one after the
        other. The stretch that is compared doubles, so a run costs what it is long.
        """
        tag, length, stretch = self._buffer[at], 1, 1
        whole = (self.end - at) // step
        while length < whole:
            upto = min(whole, length + stretch)
            tags = np.frombuffer(self._buffer[at + length * step : at + upto * step], np.uint8)
            other = np.flatnonzero(tags[::step] != tag)
            if len(other):
                return at + (length + int(other[0])) * step
            length, stretch = upto, stretch * 2
        return at + length * step

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        """Read an unsigned varint; return it and where it ends."""
        value = shift = 0
        for place in range(at, min(end, at + 10)):
            byte = self._buffer[place]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF, place + 1
            shift += 7
        raise damaged(f"a number at byte {at} does not end")


def open_message(path: Path) -> Message:
    """Read a file and return it as a message.

    Raises
    ------
    CheckpointError
        If the file is empty, larger than a message can be, or cannot be read.
    """
    file = plain_file(path)
    if not file.size:
        raise CheckpointError("The file is empty.")
    if file.size > LARGEST:
        raise CheckpointError("The file is larger than the 2 GB that its format allows.")
    return Message(memoryview(file.read(0, file.size)))


def damaged(detail: str) -> CheckpointError:
    """Return the error for bytes that cannot be."""
    return CheckpointError(
        f"The file is damaged or cut short ({detail}); download or copy it again."
    )


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
