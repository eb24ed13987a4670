"""The reader of protobuf's wire format, against hand-made bytes and the format's own rules."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from caffe_files import data, integer, real, varint
from hypothesis import given, settings
from hypothesis import strategies as st

from inception_viewer.checkpoints import protobuf
from inception_viewer.checkpoints.protobuf import Message, open_message
from inception_viewer.errors import CheckpointError


def message(contents: bytes) -> Message:
    return Message(memoryview(contents))


def refusal(contents: bytes) -> str:
    with pytest.raises(CheckpointError) as caught:
        assert message(contents).fields
    return str(caught.value)


# --- what is read ------------------------------------------------------------------------


def test_example_of_the_specification() -> None:
    """protobuf.dev/programming-guides/encoding: 150 in field 1, "testing" in field 2."""
    found = message(bytes.fromhex("089601120774657374696e67"))
    assert found.integer(1) == 150
    assert found.text(2) == "testing"
    assert message(bytes.fromhex("1a03089601")).message(3).integer(1) == 150  # type: ignore[union-attr]
    assert message(bytes.fromhex("3206038e029ea705")).integers(6) == [3, 270, 86942]
    assert message(bytes.fromhex("08feffffffffffffffff01")).integer(1) == -2


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1)), st.booleans())
@settings(derandomize=True, deadline=None)
def test_integers_packed_or_not(values: list[int], packed: bool) -> None:
    if packed:
        contents = data(4, b"".join(varint(value) for value in values))
    else:
        contents = b"".join(integer(4, value) for value in values)
    assert message(contents).integers(4) == values


@pytest.mark.parametrize("count", [0, 1, 2, 3, 1000])
@pytest.mark.parametrize("kind", ["packed", "single", "both"])
def test_floats_packed_or_not_equal_what_was_written(count: int, kind: str) -> None:
    values = np.random.default_rng(count).normal(size=count).astype(np.float32)
    packed = data(5, values.tobytes())
    single = b"".join(real(5, float(value)) for value in values)
    contents = {"packed": packed, "single": single, "both": single + integer(1, 7) + packed}[kind]
    found = message(integer(9, 1) + contents + integer(1, 5)).floats(5)
    expected = np.concatenate([values, values]) if kind == "both" else values
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


def test_doubles_in_a_run() -> None:
    values = np.array([1.5, -2e300, 3.25])
    single = b"".join(varint(8 << 3 | 1) + struct.pack("<d", value) for value in values)
    np.testing.assert_array_equal(message(single).doubles(8), values)
    np.testing.assert_array_equal(message(data(8, values.tobytes())).doubles(8), values)


def test_a_run_stops_where_another_field_begins() -> None:
    contents = real(5, 1.0) + real(5, 2.0) + real(6, 3.0) + real(5, 4.0) + real(6, 5.0)
    found = message(contents)
    assert found.floats(5).tolist() == [1.0, 2.0, 4.0]
    assert found.floats(6).tolist() == [3.0, 5.0]
    assert found.real(5) == 4.0  # of a field that may be there once only, the last counts


def test_millions_of_single_floats_are_one_run() -> None:
    tagged = np.empty((2_000_000, 5), np.uint8)
    tagged[:, 0] = 5 << 3 | 5
    values = np.arange(len(tagged), dtype="<f4")
    tagged[:, 1:] = values.view(np.uint8).reshape(-1, 4)
    found = message(tagged.tobytes())
    assert len(found.fields[5]) == 1
    np.testing.assert_array_equal(found.floats(5), values)


def test_packed_numbers_are_not_copied() -> None:
    contents = data(5, np.arange(4, dtype="<f4").tobytes())
    assert not message(contents).floats(5).flags.owndata


def test_absent_fields_are_empty() -> None:
    found = message(b"")
    assert (found.integer(1), found.integer(1, 3), found.real(1, 0.75)) == (0, 3, 0.75)
    assert (found.text(1), found.message(1), found.integers(1)) == ("", None, [])
    assert list(found.messages(1)) == []
    assert found.floats(1).shape == found.doubles(1).shape == (0,)


def test_field_of_another_kind_than_the_schema_has_is_none() -> None:
    found = message(integer(1, 5))
    assert found.text(1) == ""
    assert found.message(1) is None
    assert 1 in found


def test_nothing_is_read_before_it_is_asked_for() -> None:
    broken = data(3, b"\xff\xff")
    found = message(integer(1, 5) + broken)
    assert found.integer(1) == 5
    inner = found.message(3)
    assert inner is not None
    assert len(inner) == 2
    with pytest.raises(CheckpointError):
        inner.integer(1)


def test_file_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data(2, "testing"))
    assert open_message(path).text(2) == "testing"
    path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="empty"):
        open_message(path)
    with pytest.raises(CheckpointError, match="no such file"):
        open_message(tmp_path / "none")


def test_nothing_is_read_of_a_file_larger_than_any_message(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    path.touch()
    os.truncate(path, 1 << 40)
    with pytest.raises(CheckpointError, match="larger than the 2 GB"):
        open_message(path)


# --- what is refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (b"\x0a\x05abcd", "byte 0 declares 5 bytes to come where 4 are left"),
        (b"\x08\x01\x0a\xff\xff\xff\xff\x7f", "byte 2 declares 34,359,738,367 bytes to come"),
        (b"\x0d\x01\x02\x03", "byte 0 declares 4 bytes to come where 3 are left"),
        (b"\x08", "a number at byte 1 does not end"),
        (b"\x08" + b"\x80" * 11, "a number at byte 1 does not end"),
        (b"\x00\x01", "byte 0 begins no field"),
        (b"\x0b\x0c", "byte 0 begins no field"),  # a group
        (b"\x0e\x00", "byte 0 begins no field"),
    ],
)
def test_impossible_bytes_are_one_sentence(contents: bytes, words: str) -> None:
    text = refusal(contents)
    assert text.startswith(f"The file is damaged or cut short ({words}")
    assert text.endswith("); download or copy it again.")


def test_inner_length_is_checked_against_its_own_message() -> None:
    """The inner field would fit into the file, but not into the message that holds it."""
    contents = data(1, b"\x0a\x06ab") + b"cdefgh"
    inner = message(contents[:6]).message(1)
    assert inner is not None
    with pytest.raises(CheckpointError, match="byte 2 declares 6 bytes to come where 2 are left"):
        inner.text(1)


def test_packed_numbers_must_be_whole() -> None:
    with pytest.raises(CheckpointError, match="7 bytes at byte 2 are no whole numbers"):
        message(data(5, b"1234567")).floats(5)


def test_depth_is_bounded() -> None:
    contents = b""
    for _ in range(protobuf.MAX_DEPTH + 1):
        contents = data(1, contents)
    found: Message | None = message(contents)
    for _ in range(protobuf.MAX_DEPTH):
        assert found is not None
        found = found.message(1)
    assert found is not None
    with pytest.raises(CheckpointError, match="nested too deeply"):
        found.message(1)


def test_count_of_fields_is_bounded_over_the_whole_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protobuf, "MAX_FIELDS", 100)
    assert len(message(integer(1, 1) * 100).fields[1]) == 100
    with pytest.raises(CheckpointError, match="more fields than any network"):
        assert message(integer(1, 1) * 101).fields
    inner = message(data(2, integer(1, 1) * 60) * 2)
    with pytest.raises(CheckpointError, match="more fields than any network"):
        assert [len(each.fields) for each in inner.messages(2)]
    with pytest.raises(CheckpointError, match="more fields than any network"):
        message(data(3, b"\x01" * 100)).integers(3)


def one_sentence(error: CheckpointError) -> bool:
    return str(error).endswith(".") and "\n" not in str(error)


def _walk(found: Message, depth: int = 0) -> None:
    for number, fields in found.fields.items():
        assert 0 < number < 1 << 29
        for field in fields:
            assert found.start < field.end <= found.end
        found.integer(number)
        found.text(number)
        for inner in found.messages(number) if depth < 30 else ():
            try:
                _walk(inner, depth + 1)
            except CheckpointError as error:
                assert one_sentence(error)  # noqa: PT017 - many files are fine and raise nothing
        for numbers in (found.floats, found.doubles, found.integers):
            try:
                numbers(number)
            except CheckpointError:
                continue


@given(st.binary(max_size=200))
@settings(derandomize=True, max_examples=600, deadline=None)
def test_any_bytes_are_read_or_refused(contents: bytes) -> None:
    try:
        _walk(message(contents))
    except CheckpointError as error:
        assert one_sentence(error)  # noqa: PT017 - many files are fine and raise nothing


WHOLE = b"".join(
    (
        data(1, "name"),
        data(2, data(1, integer(3, 300) + real(4, 0.5)) + data(5, np.ones(6, "<f4").tobytes())),
        integer(3, -1),
        real(5, 1.0) * 3,
        data(6, varint(7) * 4 + varint(300)),
        data(100, data(7, data(7, data(1, varint(64) + varint(3))) + integer(1, 2))),
    )
)


@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=3),
    st.integers(0, len(WHOLE)),
)
@settings(derandomize=True, max_examples=500, deadline=None)
def test_changed_messages_are_read_or_refused(changes: list[tuple[int, int]], end: int) -> None:
    changed = bytearray(WHOLE)
    for place, value in changes:
        changed[place] = value
    try:
        _walk(message(bytes(changed[:end])))
    except CheckpointError as error:
        assert one_sentence(error)  # noqa: PT017 - many files are fine and raise nothing


def test_the_message_that_is_changed_is_whole() -> None:
    found = message(WHOLE)
    _walk(found)
    assert sorted(found.fields) == [1, 2, 3, 5, 6, 100]
    assert found.floats(5).tolist() == [1.0] * 3
    assert found.integers(6) == [7, 7, 7, 7, 300]
