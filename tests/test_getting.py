"""Getting checkpoints, against a server on this machine that does everything that goes wrong.

What arrived is checked with hashlib, what was asked for with the server's own log.
"""

from __future__ import annotations

import hashlib
import subprocess
import time
from pathlib import Path

import file_server as fs
import pytest
from file_server import Served, serving
from getting_site import (
    CONTENT,
    CUT,
    HASTY,
    SIZE,
    Leave,
    assert_whole,
    entry_of,
    leave_at,
    names,
    own_caches,
    refusal,
    served_file,
    target_folder,
)

from inception_viewer.checkpoints.digests import digest_of
from inception_viewer.checkpoints.getting import part
from inception_viewer.checkpoints.getting.downloader import Patience
from inception_viewer.checkpoints.getting.get import get
from inception_viewer.checkpoints.getting.pace import Pace
from inception_viewer.errors import CheckpointError
from inception_viewer.questions import Received

__all__ = ["own_caches", "served_file", "target_folder"]
"""Fixtures."""


# --- all well ----------------------------------------------------------------------------


def test_a_file_arrives_whole_in_one_request(served: Served, folder: Path) -> None:
    seen: list[Received] = []
    got = get(entry_of(served), folder, seen.append)
    assert (got.path, got.fetched) == (str(folder / "net.pth"), True)
    assert_whole(folder)
    assert [(r.target, r.range, r.sent) for r in served.log] == [("/net.pth", None, SIZE)]
    counts = [report.received for report in seen]
    assert counts == sorted(counts)
    assert counts[-1] == SIZE
    assert {report.total for report in seen} == {SIZE}
    assert seen[-1].note == "checking"


def test_a_file_that_is_there_is_not_asked_for_again(served: Served, folder: Path) -> None:
    get(entry_of(served), folder)
    again = get(entry_of(served), folder)
    assert (again.path, again.fetched) == (str(folder / "net.pth"), False)
    assert len(served.log) == 1


def test_another_file_in_its_place_is_replaced_only_by_the_right_one(
    served: Served, folder: Path
) -> None:
    folder.mkdir()
    (folder / "net.pth").write_bytes(b"half of it")
    served.treatments = [fs.status(404)]
    with pytest.raises(CheckpointError):
        get(entry_of(served), folder)
    assert (folder / "net.pth").read_bytes() == b"half of it"
    assert get(entry_of(served), folder).fetched
    assert_whole(folder)


@pytest.mark.parametrize("algorithm", ["sha1", "git-blob"])
def test_every_kind_of_digest_is_checked(served: Served, folder: Path, algorithm: str) -> None:
    folder.mkdir()
    (folder / "mine").write_bytes(CONTENT)
    if algorithm == "sha1":
        right = hashlib.sha1(CONTENT).hexdigest()
    else:  # git itself says
        told = subprocess.run(
            ["git", "hash-object", folder / "mine"], capture_output=True, text=True, check=True
        )
        right = told.stdout.strip()
    assert digest_of(folder / "mine", algorithm) == right
    (folder / "mine").unlink()
    wrong = f"{algorithm}:{'0' * 40}"
    assert "is not the file that was published" in refusal(entry_of(served, wrong), folder)
    get(entry_of(served, f"{algorithm}:{right}"), folder)
    assert_whole(folder)


def test_a_length_that_is_not_stated_is_no_hindrance(served: Served, folder: Path) -> None:
    served.treatments = [fs.ends_after(SIZE)]
    get(entry_of(served), folder)
    assert_whole(folder)


# --- resuming ----------------------------------------------------------------------------


def test_a_connection_that_is_cut_goes_on_where_it_was(served: Served, folder: Path) -> None:
    served.treatments = [fs.cut_after(CUT), fs.cut_after(CUT)]
    get(entry_of(served), folder, patience=HASTY)
    assert_whole(folder)
    assert served.ranges_asked == [None, f"bytes={CUT}-", f"bytes={2 * CUT}-"]
    assert [request.if_range for request in served.log] == [None, '"v1"', '"v1"']
    assert sum(request.sent for request in served.log) == SIZE


def test_tries_are_bounded_and_the_next_call_resumes(served: Served, folder: Path) -> None:
    served.treatments = [fs.cut_after(CUT)] * HASTY.tries
    sentence = refusal(entry_of(served), folder)
    assert len(served.log) == HASTY.tries
    kept = HASTY.tries * CUT
    assert f"broke off, {HASTY.tries} times; {kept / 1e6:.1f} MB are kept" in sentence
    assert f"By hand: download {served.url}" in sentence
    assert sentence.endswith(f"save it as {folder / 'net.pth'}")
    assert names(folder) == ["net.pth.part", "net.pth.part.json"]
    get(entry_of(served), folder)
    assert_whole(folder)
    assert served.ranges_asked[-1] == f"bytes={kept}-"
    assert served.log[-1].sent == SIZE - kept


def test_an_end_before_the_end_is_a_cut_too(served: Served, folder: Path) -> None:
    served.treatments = [fs.ends_after(CUT)]
    get(entry_of(served), folder, patience=HASTY)
    assert_whole(folder)
    assert served.ranges_asked == [None, f"bytes={CUT}-"]


def test_a_date_serves_where_there_is_no_etag(folder: Path) -> None:
    date = "Mon, 02 Mar 2015 10:00:00 GMT"
    with serving(CONTENT, etag=None, modified=date) as served:
        served.treatments = [fs.cut_after(CUT)]
        get(entry_of(served), folder, patience=HASTY)
        assert served.log[1].if_range == date
        assert served.log[1].range == f"bytes={CUT}-"
    assert_whole(folder)


@pytest.mark.parametrize("etag", [None, 'W/"v1"'])
def test_without_a_validator_it_starts_over(folder: Path, etag: str | None) -> None:
    with serving(CONTENT, etag=etag) as served:
        served.treatments = [fs.cut_after(CUT)]
        get(entry_of(served), folder, patience=HASTY)
        assert served.ranges_asked == [None, None]
    assert_whole(folder)


def test_a_server_without_ranges_sends_it_all_again(folder: Path) -> None:
    with serving(CONTENT, ranges=False) as served:
        served.treatments = [fs.cut_after(CUT)]
        get(entry_of(served), folder, patience=HASTY)
        assert served.log[-1].sent == SIZE
    assert_whole(folder)


@pytest.mark.parametrize("careless", [False, True])
def test_a_file_that_has_changed_meanwhile_starts_over(folder: Path, careless: bool) -> None:
    """With If-Range honoured the whole comes at once; else the new ETag gives it away."""
    with serving(CONTENT[::-1], etag='"old"') as served:
        served.treatments = [fs.cut_after(CUT)] * HASTY.tries
        refusal(entry_of(served), folder)
        served.content, served.etag = CONTENT, '"new"'
        served.treatments = [fs.unconditional] if careless else []
        get(entry_of(served), folder, patience=HASTY)
        last = HASTY.tries
        assert served.log[last].range == f"bytes={HASTY.tries * CUT}-"
        assert len(served.log) == last + (2 if careless else 1)
        assert served.log[-1].sent == SIZE
    assert_whole(folder)


def test_a_changed_file_under_the_same_etag_is_found_by_its_digest(folder: Path) -> None:
    with serving(CONTENT[::-1]) as served:
        served.treatments = [fs.cut_after(CUT)] * HASTY.tries
        refusal(entry_of(served), folder)
        served.content = CONTENT
        get(entry_of(served), folder, patience=HASTY)
        assert served.ranges_asked[-2:] == [f"bytes={HASTY.tries * CUT}-", None]
    assert_whole(folder)


def test_a_range_that_begins_elsewhere_is_not_appended(served: Served, folder: Path) -> None:
    served.treatments = [fs.cut_after(CUT), fs.wrong_range]
    get(entry_of(served), folder, patience=HASTY)
    assert_whole(folder)
    assert served.ranges_asked == [None, f"bytes={CUT}-", None]


def test_a_refused_range_starts_over(served: Served, folder: Path) -> None:
    served.treatments = [fs.cut_after(CUT), fs.status(416)]
    get(entry_of(served), folder, patience=HASTY)
    assert_whole(folder)
    assert served.ranges_asked == [None, f"bytes={CUT}-", None]


@pytest.mark.parametrize(
    "note", ["", "{", "[]", '{"url": "http://elsewhere/net.pth", "validator": "x", "total": 0}']
)
def test_a_part_of_something_else_is_not_used(served: Served, folder: Path, note: str) -> None:
    folder.mkdir()
    (folder / "net.pth.part").write_bytes(b"x" * CUT)
    (folder / "net.pth.part.json").write_text(note)
    get(entry_of(served), folder)
    assert_whole(folder)
    assert served.ranges_asked == [None]


def test_a_part_that_was_whole_already_needs_no_request(served: Served, folder: Path) -> None:
    """The run before ended between the last byte and the move."""
    folder.mkdir()
    target = folder / "net.pth"
    with part.Part(target, served.url).begin('"v1"', SIZE) as file:
        part.write(file, CONTENT)
    (folder / "net.pth.new").mkdir()
    (folder / "net.pth.new" / "net.pth").write_bytes(b"left behind")
    get(entry_of(served), folder)
    assert_whole(folder)
    assert served.log == []


# --- leaving -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("treatment", "count"), [(fs.stall_after(CUT), CUT), (fs.mute, 0), (fs.well, 2 * CUT)]
)
def test_leaving_takes_effect_at_once(
    served: Served, folder: Path, treatment: object, count: int
) -> None:
    """While it stalls, while the server says nothing at all, and in full flow."""
    served.treatments = [treatment]  # type: ignore[list-item]
    left, report = leave_at(count)
    with pytest.raises(Leave):
        get(entry_of(served), folder, report)  # type: ignore[arg-type]
    assert time.monotonic() - left[0] < 1.0
    assert not (folder / "net.pth").exists()
    served.released.set()
    get(entry_of(served), folder, patience=HASTY)
    assert_whole(folder)
    expected = f"bytes={count}-" if count else None
    assert served.ranges_asked[-1] == expected


def test_leaving_while_it_waits_to_try_again(served: Served, folder: Path) -> None:
    served.treatments = [fs.status(503)] * 2

    def report(received: Received) -> None:
        if "try 2" in received.note:
            raise Leave

    with pytest.raises(Leave):
        get(entry_of(served), folder, report, Patience(pause=60.0))
    assert len(served.log) == 1


# --- how long it takes -------------------------------------------------------------------


def test_the_time_left_follows_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("inception_viewer.checkpoints.getting.pace.monotonic", lambda: now)
    pace = Pace()
    assert pace.seconds_left(1000) is None
    pace.note(500)  # lay on the disk already
    assert pace.seconds_left(1000) is None
    for _ in range(10):
        now += 0.2
        pace.note(500 + round((now - 100) * 50))
    assert pace.seconds_left(1000) == pytest.approx((1000 - 600) / 50)
    for _ in range(60):  # from now on ten times slower: the past is forgotten
        now += 0.2
        pace.note(600 + round((now - 102) * 5))
    assert pace.seconds_left(1000) == pytest.approx((1000 - 660) / 5, rel=0.1)


def test_the_time_left_counts_only_what_this_run_brings(served: Served, folder: Path) -> None:
    """Half of it is there already, and says nothing of how fast the rest comes."""
    folder.mkdir()
    with part.Part(folder / "net.pth", served.url).begin('"v1"', SIZE) as file:
        part.write(file, CONTENT[: SIZE // 2])
    served.treatments = [fs.slowly(15, 0.1)]
    seen: list[tuple[float, Received]] = []

    def report(received: Received) -> None:
        if received.received > SIZE // 2 and not received.note:
            seen.append((time.monotonic(), received))

    get(entry_of(served), folder, report)
    (start, first), told = seen[0], [(at, r) for at, r in seen if r.seconds_left is not None]
    assert told, "a second and a half is enough to tell"
    for at, received in told:
        rate = (received.received - first.received) / (at - start)
        expected = (SIZE - received.received) / rate
        assert received.seconds_left == pytest.approx(expected, rel=0.3, abs=0.1)
