"""The directory of a zip archive, each of its claims checked against the file.

PyTorch's archives hold their records one after the other and uncompressed. Nothing is
unpacked here: a record is a stretch of the file. Layout: PKWARE's APPNOTE, 4.3.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from inception_viewer.errors import CheckpointError

from .plain_file import PlainFile

MOST_RECORDS = 50_000
"""A scripted GoogLeNet has under 1,000; one with an optimizer's state under 2,000."""

END, END64, LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
ENTRY, LOCAL = b"PK\x01\x02", b"PK\x03\x04"
LONGEST_COMMENT = 0xFFFF

CUT_SHORT = "The file is damaged or cut short; download or copy it again."


@dataclass(frozen=True)
class Record:
    """One entry, as the directory describes it.

    Attributes
    ----------
    name
        Its path within the archive; never used as one on disk.
    at
        Where its own header begins.
    size
        Bytes in the archive.
    plain
        Whether they are neither compressed nor encrypted.
    deflated
        Whether they are compressed in the usual way.
    crc
        CRC-32 of them.
    """

    name: str
    at: int
    size: int
    plain: bool
    deflated: bool
    crc: int


def read_directory(file: PlainFile) -> dict[str, Record]:
    """Return an archive's records by name.

    Raises
    ------
    CheckpointError
        If the archive is cut short, padded, or has two records of one name.
    """
    start, size, count = _where(file)
    if count > MOST_RECORDS or size > 400 * MOST_RECORDS:
        raise CheckpointError("The file is damaged: it holds far more records than a checkpoint.")
    found: dict[str, Record] = {}
    for record in _entries(file.read(start, size)):
        if record.name in found:
            raise CheckpointError(f"The file is damaged: “{record.name}” is in it twice.")
        if record.plain and record.at + 30 + record.size > start:
            raise CheckpointError(CUT_SHORT)
        found[record.name] = record
    if len(found) != count:
        raise CheckpointError(CUT_SHORT)
    return found


def content_start(file: PlainFile, record: Record) -> int:
    """Return where a plain record's bytes begin.

    Raises
    ------
    CheckpointError
        If its own header says otherwise than the directory, or it ends beyond the file.
    """
    called = record.name.encode()
    head = file.read(record.at, 30 + len(called))
    if len(head) < 30 or head[:4] != LOCAL:
        raise CheckpointError(CUT_SHORT)
    name, extra = struct.unpack_from("<HH", head, 26)
    start: int = record.at + 30 + name + extra
    if name != len(called) or head[30:] != called or start + record.size > file.size:
        raise CheckpointError(
            f"The file is damaged: “{record.name}” is not where its directory says."
        )
    return start


def inflated(file: PlainFile, record: Record, most: int) -> bytes:
    """Return the beginning of a record's bytes, at most so many, unpacked if need be.

    Raises
    ------
    CheckpointError
        If it cannot be unpacked.
    """
    raw = file.read(content_start(file, record), min(record.size, most))
    if not record.deflated:
        return raw if record.plain else b""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, most)
    except zlib.error:
        raise CheckpointError(CUT_SHORT) from None


def _where(file: PlainFile) -> tuple[int, int, int]:
    """Return the directory's start and size in bytes, and its count of entries."""
    tail_at = max(0, file.size - LONGEST_COMMENT - 22 - 76)
    tail = file.read(tail_at, file.size - tail_at)
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + 22:
        raise CheckpointError(CUT_SHORT)
    count, size, start, comment = struct.unpack_from("<HIIH", tail, at + 10)
    if at + 22 + comment != len(tail):
        raise CheckpointError("The file is damaged: something follows its end; copy it again.")
    end = tail_at + at
    if 0xFFFF in (count,) or 0xFFFFFFFF in (size, start) or tail[at - 20 : at - 16] == LOCATOR64:
        end, count, size, start = _where64(file, tail, at)
    if start + size > end:
        raise CheckpointError(CUT_SHORT)
    return start, size, count


def _where64(file: PlainFile, tail: bytes, at: int) -> tuple[int, int, int, int]:
    """Return the same of a large archive: where its end stands, count, size and start."""
    if at < 20 or tail[at - 20 : at - 16] != LOCATOR64:
        raise CheckpointError(CUT_SHORT)
    end = struct.unpack_from("<Q", tail, at - 12)[0]
    record = file.read(end, 56)
    if len(record) < 56 or record[:4] != END64:
        raise CheckpointError(CUT_SHORT)
    count, size, start = struct.unpack_from("<QQQ", record, 32)
    return int(end), count, size, start


def _entries(directory: bytes) -> Iterator[Record]:
    at = 0
    while at + 46 <= len(directory):
        if directory[at : at + 4] != ENTRY:
            raise CheckpointError(CUT_SHORT)
        flags, method = struct.unpack_from("<HH", directory, at + 8)
        crc, packed, size, name, extra, comment = struct.unpack_from("<IIIHHH", directory, at + 16)
        offset = struct.unpack_from("<I", directory, at + 42)[0]
        end = at + 46 + name + extra
        if end + comment > len(directory):
            raise CheckpointError(CUT_SHORT)
        size, packed, offset = _large(directory[at + 46 + name : end], size, packed, offset)
        # What is unpacked must be as large as what is packed: nothing here grows.
        plain = method == 0 and not flags & 1 and packed == size
        deflated = method == 8 and not flags & 1
        text = directory[at + 46 : at + 46 + name].decode("utf-8", "replace")
        yield Record(text, offset, packed, plain, deflated, crc)
        at = end + comment


def _large(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Take the numbers that do not fit into 32 bits from the field with ID 1."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            field = extra[at + 4 : at + 4 + length]
            numbers = iter(struct.unpack_from(f"<{len(field) // 8}Q", field))
            size, packed, offset = (
                next(numbers, value) if value == 0xFFFFFFFF else value
                for value in (size, packed, offset)
            )
            break
        at += 4 + length
    return size, packed, offset
