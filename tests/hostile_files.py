"""Files that mean harm, made by hand: nothing of the program is used to make them.

Each is a state dict like torchvision's with one tensor, in PyTorch's archive or beside it,
and what its refusal must say.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Iterable, Mapping

NAME = "inception3a.branch1.conv.weight"
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


# --- pickles -----------------------------------------------------------------------------


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    size = value.bit_length() // 8 + 1
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def numbers(values: Iterable[int]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def tensor(
    shape: Iterable[int] = (64, 192, 1, 1),
    strides: Iterable[int] = (192, 1, 1, 1),
    *,
    offset: int = 0,
    count: int = 64 * 192,
    key: str = "0",
    kind: str = "FloatStorage",
) -> bytes:
    """The steps that rebuild a tensor, with whatever it claims."""
    storage = (
        b"(" + text("storage") + b"ctorch\n" + kind.encode() + b"\n" + text(key) + text("cpu")
        + number(count) + b"tQ"
    )  # fmt: skip
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset) + numbers(shape)
        + numbers(strides) + b"\x89}tR"
    )  # fmt: skip


def entry(name: str, value: bytes) -> bytes:
    return text(name) + value


def state(*entries: bytes, first: bytes = b"") -> bytes:
    """The pickle of a dictionary; ``first`` leaves nothing on the stack."""
    return b"\x80\x02" + first + b"}(" + b"".join(entries) + b"u."


def nested(step: bytes, depth: int) -> bytes:
    """A value within values: ``step`` wraps the one on top of the stack."""
    return b"N" + step * depth


def laughs(depth: int) -> bytes:
    """Tuples of the tuple before, twice: two to the power of ``depth`` things to visit."""
    return b")q\x00" + b"h\x00h\x00\x86q\x00" * depth + b"0h\x00"


# --- archives ----------------------------------------------------------------------------


def archive(
    pickled: bytes,
    records: Mapping[str, bytes] | None = None,
    method: int = STORED,
    prefix: str = "x/",
) -> bytes:
    """A zip archive like PyTorch's."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(f"{prefix}data.pkl", pickled)
        for name, data in (records or {"data/0": bytes(64 * 192 * 4)}).items():
            made.writestr(f"{prefix}{name}", data, method)
        made.writestr(f"{prefix}version", "3")
    return out.getvalue()


def patched(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def in_directory(data: bytes, record: str, field: int, value: bytes) -> bytes:
    """Change a field of a record's entry in the directory."""
    name = data.rindex(record.encode())
    return patched(data, name - 46 + field, value)


def doubled() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("x/data.pkl", state(entry(NAME, tensor())))
        made.writestr("x/data/0", bytes(64 * 192 * 4))
        made.writestr("x/data/1", bytes(64 * 192 * 4))
    return out.getvalue().replace(b"x/data/1", b"x/data/0")


def one(value: bytes = tensor(), **how: bytes) -> bytes:
    return archive(state(entry(NAME, value), **how))


EVIL = b"cposix\nsystem\n" + text("touch evil") + b"\x85R"
GOOD = one()
LACKING = "its classifier “fc.weight” is missing"
"""What is said of these files where the claim itself does no harm: they have one tensor."""

PYTORCH: dict[str, tuple[bytes, str]] = {
    "plain": (GOOD, LACKING),
    "code in place of a tensor": (one(EVIL), "Python objects"),
    "code before": (one(first=EVIL + b"0"), LACKING),
    "code as a key": (archive(state(EVIL + b"N", entry(NAME, tensor()))), LACKING),
    "code in the state": (one(tensor() + EVIL + b"b"), LACKING),
    "compressed": (
        archive(state(entry(NAME, tensor())), {"data/0": bytes(50 << 20)}, DEFLATED),
        "compressed",
    ),
    "larger than its record": (one(tensor(count=1 << 40)), LACKING),
    "beyond the file": (in_directory(GOOD, "x/data/0", 20, b"\xff\xff\xff\x7f" * 2), "cut short"),
    "elsewhere": (in_directory(GOOD, "x/data/0", 42, struct.pack("<I", 3)), "cut short"),
    "in place of another": (in_directory(GOOD, "x/data/0", 42, bytes(4)), "not where"),
    "doubled record": (doubled(), "“x/data/0” is in it twice"),
    "doubled key": (
        archive(state(entry(NAME, tensor()), entry(NAME, tensor()))),
        f"“{NAME}” is in it twice",
    ),
    "padded": (GOOD + bytes(100), "something follows its end"),
    "cut": (GOOD[:-30], "cut short"),
    "names that climb": (
        archive(state(entry(NAME, tensor())), prefix="../../../tmp/../"),
        "none of PyTorch's",
    ),
    "key that climbs": (one(tensor(key="../../../../etc/passwd")), LACKING),
    "count of records": (patched(GOOD, len(GOOD) - 12, b"\xff\xff"), "cut short"),
    "deep tuples": (one(first=nested(b"\x85", 900_000) + b"0"), LACKING),
    "deep tuples as a key": (
        archive(state(nested(b"\x85", 900_000) + b"N", entry(NAME, tensor()))),
        LACKING,
    ),
    "deep calls": (one(first=b"N" + b")R" * 450_000 + b"0"), LACKING),
    "deep lists": (archive(b"\x80\x02" + b"]" * 450_000 + b"a" * 449_999 + b"."), "no weights"),
    "deep dictionaries": (
        archive(b"\x80\x02}" + (text("a") + b"}") * 200_000 + b"s" * 200_000 + b"."),
        "no weights",
    ),
    "billion laughs": (one(first=laughs(3000) + b"0"), LACKING),
    "billion laughs as a key": (archive(state(laughs(3000) + b"N")), "no weights"),
    "billion laughs as the file": (archive(b"\x80\x02" + laughs(3000) + b"."), "no weights"),
    "far memo": (one(first=b"Nr\xff\xff\xff\x7f0"), LACKING),
    "long bytes": (one(first=b"\x8e" + struct.pack("<Q", 1 << 60)), "cut short"),
    "long text": (one(first=b"X\xff\xff\xff\xff"), "cut short"),
    "long number": (one(first=b"\x8b\xff\xff\xff\x7f"), "cut short"),
    "many marks": (archive(b"\x80\x02" + b"(" * 3_000_000), "far more objects"),
    "many things": (archive(b"\x80\x02" + b"}" * 3_000_000), "far more objects"),
    "a step of no pickle": (one(first=b"\xee"), "no step of its pickle"),
    "an empty stack": (one(first=b"0"), "damaged"),
    "itself in itself": (archive(b"\x80\x02}q\x00" + text("a") + b"h\x00s."), "no weights"),
}
"""Archives of PyTorch's kind, and what is said of them."""

ALL_SHAPES: dict[str, bytes] = {
    "strides beyond": tensor(strides=(1 << 30, 1, 1, 1)),
    "strides back": tensor(strides=(-192, 1, 1, 1)),
    "strides of zero": tensor(strides=(0, 0, 1, 1)),
    "too few strides": tensor(strides=(1, 1)),
    "offset beyond": tensor(offset=1 << 40),
    "offset back": tensor(offset=-4),
    "shape beyond": tensor((1 << 20, 1 << 19), (1 << 19, 1)),
    "shape overflowing": tensor((1 << 61, 4, 1, 1)),
    "shape negative": tensor((-64, 192, 1, 1)),
    "shape of text": tensor().replace(numbers((64, 192, 1, 1)), text("shape")),
    "storage unknown": tensor(kind="QInt8Storage"),
    "storage too small": tensor(kind="DoubleStorage"),
    "record missing": tensor(key="7"),
}
"""Tensors that claim what cannot be."""


# --- safetensors -------------------------------------------------------------------------


def safetensors(header: bytes | Mapping[str, object], data: bytes = bytes(16)) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def four(begin: int = 0, end: int = 16, shape: Iterable[int] = (4,), kind: str = "F32") -> object:
    return {"dtype": kind, "shape": list(shape), "data_offsets": [begin, end]}


SAFETENSORS: dict[str, tuple[bytes, str]] = {
    "header beyond": (b"\xff" * 7 + b"\x7f" + b"{" + bytes(50), "damaged or cut short"),
    "doubled key": (
        safetensors(b'{"a":%s,"a":%s}' % ((json.dumps(four()).encode(),) * 2)),
        "“a” is in it twice",
    ),
    "doubled within": (
        safetensors(b'{"a":{"dtype":"F32","dtype":"F16","shape":[4],"data_offsets":[0,16]}}'),
        "“dtype” is in it twice",
    ),
    "overlap": (safetensors({"a": four(), "b": four(8, 24)}, bytes(24)), "overlaps"),
    "gap": (safetensors({"a": four(), "b": four(20, 36)}, bytes(36)), "a gap"),
    "padded": (safetensors({"a": four()}, bytes(20)), "4 bytes follow its last tensor"),
    "cut": (safetensors({"a": four()}, bytes(15)), "cut short"),
    "beyond": (safetensors({"a": four(0, 1 << 40, (1 << 38,))}), "cut short"),
    "shape of another size": (safetensors({"a": four(shape=(5,))}), "but 16 bytes of F32"),
    "shape beyond": (safetensors({"a": four(shape=(1 << 40, 1 << 40))}), "but 16 bytes"),
    "shape negative": (safetensors({"a": four(shape=(-4,))}), "impossible shape or place"),
    "shape with fractions": (safetensors({"a": four(shape=(4.0,))}), "impossible shape"),  # type: ignore[arg-type]
    "backwards": (safetensors({"a": four(16, 0)}), "impossible shape or place"),
    "unknown kind": (safetensors({"a": four(kind="F4")}), "“a” is of an unknown kind"),
    "no dictionary": (safetensors(b'{"a":[1,2]}     '), "damaged"),
    "deep": (safetensors(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"), "damaged"),
    "no JSON": (safetensors(b"{" * 100), "damaged"),
    "long numbers": (safetensors(b'{"a":' + b"9" * 100_000 + b"}"), "damaged"),
    "broken text": (safetensors(b'{"\xff\xfe":1}'), "damaged"),
}
