"""Changes to a file, drawn by hypothesis so that a failing one shrinks to its smallest."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from .originals import Original

NUMBERS = (
    0, 1, 2, 3, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
    1 << 32, 1 << 40, (1 << 62) - 1, 1 << 63, (1 << 64) - 1,
)  # fmt: skip
"""At which readers stumble."""

TOKENS = (
    b"cposix\nsystem\nX\x0b\x00\x00\x00touch evil.\x85R.",
    b"c__builtin__\neval\nX\x01\x00\x00\x001\x85R",
    b"\x8c\x08builtins\x8c\x04exec\x93\x8c\x04pass\x85R",
    b"c__builtin__\n__import__\n(X\x04\x00\x00\x00thistR",
    b"ctorch._utils\n_rebuild_tensor_v2\n",
    b"cnumpy.core.multiarray\nscalar\n",
    b"\x80\x02}q\x00.",
    b"(" * 400,
    b"]" * 400,
    b"\x85" * 400,
    b"(" + b"h\x00h\x00" * 60 + b"tq\x00" * 8,
    b"r\xff\xff\xff\x7f",
    b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"X\xff\xff\xff\xff",
    b"\x8b\xff\xff\xff\x7f",
    b"../../../../tmp/evil",
    b"/etc/passwd\0",
    b"PK\x05\x06" + bytes(18),
    b"PK\x06\x07" + b"\xff" * 16,
    b"[" * 2000,
    b'{"a":' * 300,
    b'"__metadata__":{"a":"b"},',
    b'"data_offsets":[0,18446744073709551615]',
    b'"shape":[1099511627776,1099511627776]',
    b"1e999",
    b"-1",
    b"NaN",
    b"\\ud800",
    b"\xff" * 12,
    b"\x0a" * 200,
    b"\xf3\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\xed\xa0\x80\xc0\x80",
    struct.pack("<f", float("nan")) * 2,
    struct.pack("<f", float("inf")) * 2,
    struct.pack("<f", -3e38) * 2,
)
"""What hostile and damaged files are made of."""


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes
    ----------
    kind
        A key of :data:`KINDS`, or ``"name"``.
    place, other
        Where, as any number; counted within the file's structure.
    value
        How much or what, as any number.
    """

    kind: str
    place: int
    other: int
    value: int

    def apply(self, original: Original, data: bytearray) -> None:
        """Change the bytes in place; an earlier change may have made them fewer."""
        at, other = (min(_place(original, n), len(data)) for n in (self.place, self.other))
        if self.kind == "name":
            _name(original, data, at, self.value, other)
        else:
            KINDS[self.kind](data, at, other, self.value)


def _place(original: Original, number: int) -> int:
    """Return a place in the structure: any stretch as likely, or any byte, in turn."""
    stretches, number = original.structure, number >> 1 if number & 1 else -(number >> 1)
    if number <= 0:
        left = -number % sum(end - start for start, end in stretches)
        for start, end in stretches:
            if left < end - start:
                return start + left
            left -= end - start
    start, end = stretches[number % len(stretches)]
    return start + number // len(stretches) % (end - start)


def _flip(data: bytearray, at: int, other: int, value: int) -> None:
    data[at : at + 1] = bytes([value & 255])


def _bit(data: bytearray, at: int, other: int, value: int) -> None:
    if at < len(data):
        data[at] ^= 1 << (value & 7)


def _number(data: bytearray, at: int, other: int, value: int) -> None:
    width, order = (1, 2, 4, 8)[value & 3], "<>"[value >> 2 & 1]
    number = NUMBERS[(value >> 3) % len(NUMBERS)] & ((1 << 8 * width) - 1)
    data[at : at + width] = number.to_bytes(width, "little" if order == "<" else "big")


def _cut(data: bytearray, at: int, other: int, value: int) -> None:
    del data[at:]


def _cut_anywhere(data: bytearray, at: int, other: int, value: int) -> None:
    del data[value % (len(data) + 1) :]


def _pad(data: bytearray, at: int, other: int, value: int) -> None:
    pads = (bytes(1), bytes(4096), b"\n", bytes(data[:100]), TOKENS[at % len(TOKENS)])
    data += pads[value % len(pads)]


def _delete(data: bytearray, at: int, other: int, value: int) -> None:
    del data[at : at + 1 + value % 64]


def _double(data: bytearray, at: int, other: int, value: int) -> None:
    data[at:at] = data[at : at + 1 + value % 300]


def _copy(data: bytearray, at: int, other: int, value: int) -> None:
    size = 1 + value % 64
    piece = data[other : other + size]
    data[at : at + len(piece)] = piece


def _token(data: bytearray, at: int, other: int, value: int) -> None:
    token = TOKENS[value % len(TOKENS)]
    data[at : at + (len(token) if value & 1024 else 0)] = token


def _numbers_of_weights(data: bytearray, at: int, other: int, value: int) -> None:
    place = value % (len(data) + 1)
    kind = struct.pack("<f", (float("nan"), float("inf"), -1.0, 1e38)[other % 4])
    data[place : place + 4] = kind


def _name(original: Original, data: bytearray, at: int, value: int, other: int) -> None:
    """Change every occurrence of a short stretch, as where a name is in two places."""
    piece = bytes(data[at : at + 4 + value % 12])
    if piece.strip(b"\0"):
        instead = TOKENS[other % len(TOKENS)][: len(piece)].ljust(len(piece), b"x")
        for start, end in original.structure:
            if piece in data[start:end]:
                data[start:end] = data[start:end].replace(piece, instead)


KINDS: dict[str, Callable[[bytearray, int, int, int], None]] = {
    "flip": _flip,
    "bit": _bit,
    "number": _number,
    "cut": _cut,
    "cut anywhere": _cut_anywhere,
    "pad": _pad,
    "delete": _delete,
    "double": _double,
    "copy": _copy,
    "token": _token,
    "weights": _numbers_of_weights,
}

_any_number = st.integers(0, (1 << 32) - 1)


def changes() -> st.SearchStrategy[list[Change]]:
    """Draw one to three changes."""
    one = st.builds(
        Change, st.sampled_from(["name", *sorted(KINDS)]), _any_number, _any_number, _any_number
    )
    return st.lists(one, min_size=1, max_size=3)


def changed(original: Original, made: list[Change]) -> bytearray:
    """Return a file's bytes with the changes made to them, one after the other."""
    data = bytearray(original.data)
    for change in made:
        change.apply(original, data)
    return data
