"""Getting checkpoints, against a server on this machine that does everything that goes wrong.

What arrived is checked with hashlib, what was asked for with the server's own log.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import file_server as fs
import filelock
import pytest
import torch
from file_server import Served, serving

import inception_viewer as iv
from inception_viewer import cli
from inception_viewer.checkpoints import catalogue
from inception_viewer.checkpoints.catalogue import PUBLISHED, Published, locate
from inception_viewer.checkpoints.digests import digest_of, matches
from inception_viewer.checkpoints.getting import part
from inception_viewer.checkpoints.getting.downloader import Patience
from inception_viewer.checkpoints.getting.get import get
from inception_viewer.checkpoints.getting.pace import Pace
from inception_viewer.checkpoints.getting.transfer import CHUNK, REDIRECTS
from inception_viewer.commands.get import Lines
from inception_viewer.errors import CheckpointError
from inception_viewer.questions import GetCheckpoint, Received
from inception_viewer.runner import Cancelled, Done, Failed, Partial, Runner

CONTENT = bytes(range(251)) * 4000  # a megabyte whose every part tells its place
SIZE = len(CONTENT)
HASTY = Patience(tries=4, silence=0.6, pause=0.01)
CUT = 5 * CHUNK


class Leave(BaseException):
    """What a report raises to end a download."""


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of this machine, and caches of the test's own."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "TORCH_HOME"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def served() -> Iterator[Served]:
    """The file on a server."""
    with serving(CONTENT) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where it is to be put."""
    return tmp_path / "to"


def entry_of(served: Served, digest: str = "", size: int = SIZE, url: str = "") -> Published:
    """An entry of the catalogue for the server's file."""
    return Published(
        name="net",
        title="A net",
        about="For a test.",
        url=url or served.url,
        file="net.pth",
        digest=digest or f"sha256:{served.sha256}",
        size=size,
        licence="none",
        licence_url="",
        page="",
    )


def names(folder: Path) -> list[str]:
    """The files of a folder."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def assert_whole(folder: Path) -> None:
    """The file is there, right, and nothing else."""
    data = (folder / "net.pth").read_bytes()
    assert hashlib.sha256(data).hexdigest() == hashlib.sha256(CONTENT).hexdigest()
    assert names(folder) == ["net.pth"]


def refusal(entry: Published, folder: Path, patience: Patience = HASTY) -> str:
    """The sentence with which it fails; the file's name must not exist then."""
    with pytest.raises(CheckpointError) as caught:
        get(entry, folder, patience=patience)
    assert not (folder / "net.pth").exists()
    assert not (folder / "net.pth.new").exists()
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


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


def leave_at(count: int) -> tuple[list[float], object]:
    """A report that leaves once ``count`` bytes are there, and when it did."""
    left: list[float] = []

    def report(received: Received) -> None:
        if received.received >= count:
            left.append(time.monotonic())
            raise Leave

    return left, report


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


# --- what goes wrong -----------------------------------------------------------------------


def test_a_server_that_stalls_is_given_up_and_asked_again(served: Served, folder: Path) -> None:
    served.treatments = [fs.stall_after(CUT)]
    notes: set[str] = set()
    get(entry_of(served), folder, lambda received: notes.add(received.note), HASTY)
    assert_whole(folder)
    assert served.ranges_asked[0] == f"bytes={CUT}-"  # logged first: the other still hangs
    assert f"127.0.0.1 does not answer any more; try 2 of {HASTY.tries}" in notes


def test_a_server_that_says_nothing_is_given_up(served: Served, folder: Path) -> None:
    served.treatments = [fs.mute] * 2
    sentence = refusal(entry_of(served), folder, Patience(tries=2, silence=0.3, pause=0.01))
    assert sentence.startswith("127.0.0.1 does not answer any more, 2 times. By hand: ")


def test_wrong_bytes_are_not_kept(served: Served, folder: Path) -> None:
    served.treatments = [fs.instead(CONTENT[:-1] + b"!")]
    sentence = refusal(entry_of(served), folder)
    assert sentence == (
        "What 127.0.0.1 sent is not the file that was published (its sha256 differs), "
        "so nothing of it was kept."
    )
    assert names(folder) == []
    assert len(served.log) == 1


def test_a_login_page_is_not_taken_for_the_file(served: Served, folder: Path) -> None:
    page = b"<html>Please log in</html>"
    served.treatments = [fs.instead(page, Content_Type="text/html; charset=utf-8")]
    sentence = refusal(entry_of(served), folder)
    expected = f"127.0.0.1 offers a web page of {len(page)} bytes, but the published file has about"
    assert sentence.startswith(f"{expected} {SIZE:,}.")


def test_a_length_of_another_file_is_refused_before_it_is_read(
    served: Served, folder: Path
) -> None:
    served.content = CONTENT * 20
    sentence = refusal(entry_of(served, "sha256:" + "0" * 64), folder)
    assert f"offers a file of {20 * SIZE:,} bytes" in sentence
    assert names(folder) == []


def test_a_stream_without_end_is_stopped(served: Served, folder: Path) -> None:
    served.content = CONTENT * 20
    served.treatments = [fs.ends_after(20 * SIZE)]
    assert "sends more than the published file has" in refusal(entry_of(served), folder)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2 * SIZE


@pytest.mark.parametrize(
    ("code", "tries", "words"),
    [
        (404, 1, "127.0.0.1 does not have the file any more (404)."),
        (403, 1, "127.0.0.1 answers with an error (403, Forbidden)."),
        (500, 4, "127.0.0.1 answers with an error (500, Internal Server Error), 4 times."),
        (503, 4, "127.0.0.1 answers with an error (503, Service Unavailable), 4 times."),
        (299, 1, "127.0.0.1 answers with an error (299, unknown)."),
    ],
)
def test_errors_of_the_server(
    served: Served, folder: Path, code: int, tries: int, words: str
) -> None:
    served.treatments = [fs.status(code)] * 9
    assert refusal(entry_of(served), folder).startswith(f"{words} By hand: ")
    assert len(served.log) == tries
    assert names(folder) == []


def test_an_error_that_passes_is_waited_out(served: Served, folder: Path) -> None:
    served.treatments = [fs.status(500), fs.cut_after(CUT), fs.status(502)]
    get(entry_of(served), folder, patience=HASTY)
    assert_whole(folder)
    assert served.ranges_asked == [None, None, f"bytes={CUT}-", f"bytes={CUT}-"]


def test_redirects_are_followed_also_to_another_host_and_keep_the_range(
    served: Served, folder: Path
) -> None:
    with serving(b"") as gate:
        port = served.address.rpartition(":")[2]
        there = fs.redirect(f"http://localhost:{port}/elsewhere.bin")
        gate.treatments = [there, there]
        served.treatments = [fs.cut_after(CUT)]
        get(entry_of(served, url=gate.url), folder, patience=HASTY)
        assert [request.range for request in gate.log] == [None, f"bytes={CUT}-"]
    assert_whole(folder)
    assert [(r.target, r.range) for r in served.log] == [
        ("/elsewhere.bin", None),
        ("/elsewhere.bin", f"bytes={CUT}-"),
    ]


def test_a_circle_of_redirects_is_left(served: Served, folder: Path) -> None:
    served.treatments = [fs.redirect("/net.pth")] * 99
    assert refusal(entry_of(served), folder).startswith("127.0.0.1 redirects in circles.")
    assert len(served.log) == REDIRECTS + 1


@pytest.mark.parametrize("to", ["file:///etc/hostname", "ftp://127.0.0.1/net.pth"])
def test_a_redirect_out_of_http_is_refused(served: Served, folder: Path, to: str) -> None:
    served.treatments = [fs.redirect(to)]
    assert "redirects to an address that is not http" in refusal(entry_of(served), folder)


def test_offline_says_how_to_do_it_by_hand(served: Served, folder: Path) -> None:
    with socket.socket() as unused:  # nobody listens there
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/net.pth"
        sentence = refusal(entry_of(served, url=url), folder)
    assert sentence == (
        "127.0.0.1 cannot be reached; is this computer online? "
        f"By hand: download {url} where it can be reached and save it as {folder / 'net.pth'}"
    )


def test_a_name_that_cannot_be_found(
    served: Served, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    sentence = refusal(entry_of(served, url="http://models.example/net.pth"), folder)
    assert sentence.startswith("models.example cannot be found; is this computer online? By hand")


def test_looking_up_a_name_for_long_can_be_left(
    served: Served, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: release.wait(20))
    left, report = leave_at(0)
    with pytest.raises(Leave):
        get(entry_of(served, url="http://models.example/net.pth"), folder, report)  # type: ignore[arg-type]
    assert time.monotonic() - left[0] < 1.0
    release.set()


def test_proxies_of_the_environment_are_used(
    served: Served, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy gets the whole address; it need not exist for us."""
    monkeypatch.setenv("http_proxy", served.address)
    get(entry_of(served, url="http://models.example/net.pth"), folder)
    assert_whole(folder)
    assert [request.target for request in served.log] == ["http://models.example/net.pth"]
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    (folder / "net.pth").unlink()
    get(entry_of(served), folder)
    assert served.log[-1].target == "/net.pth"


def test_a_proxy_that_does_not_answer(
    served: Served, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    sentence = refusal(entry_of(served), folder)
    assert sentence.startswith("The proxy set for this computer does not lead to 127.0.0.1.")


# --- the disk ------------------------------------------------------------------------------


@contextmanager
def files_of_at_most(count: int) -> Iterator[None]:
    """Let the system refuse to make any file longer, as a full disk does."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_that_fills_keeps_what_it_has(served: Served, folder: Path) -> None:
    room = CUT + 1000  # so that the last write is taken in part
    with files_of_at_most(room):
        sentence = refusal(entry_of(served), folder)
    assert sentence == (
        f"The disk with {folder} is full; what has arrived is kept, and once there is room "
        "the download goes on from there."
    )
    assert (folder / "net.pth.part").read_bytes() == CONTENT[:room]
    get(entry_of(served), folder)
    assert_whole(folder)
    assert served.ranges_asked[-1] == f"bytes={room}-"


def test_a_disk_without_room_is_known_before(
    served: Served, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = SimpleNamespace(free=SIZE // 2)
    monkeypatch.setattr("shutil.disk_usage", lambda path: half)
    sentence = refusal(entry_of(served), folder)
    assert sentence.endswith("has 0.5 MB left, and 1.0 MB are needed.")
    assert served.log == []


def test_a_folder_that_cannot_be_written_to(served: Served) -> None:
    with tempfile.TemporaryDirectory(prefix="get-") as name:
        folder = Path(name) / "closed"
        folder.mkdir()
        folder.chmod(0o555)
        Path(name).chmod(0o755)
        root = os.geteuid() == 0
        if root:  # to whom nothing is closed
            os.seteuid(65534)
        try:
            sentence = refusal(entry_of(served), folder)
            deeper = refusal(entry_of(served), folder / "deeper")
        finally:
            if root:
                os.seteuid(0)
    reason = os.strerror(errno.EACCES)
    assert sentence == f"{folder} cannot be written to ({reason}); choose another folder."
    assert deeper == f"{folder / 'deeper'} cannot be written to ({reason}); choose another folder."
    assert served.log == []


def test_a_folder_that_is_a_file(served: Served, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sentence = refusal(entry_of(served), tmp_path / "file")
    assert "choose another folder" in sentence


def test_one_at_a_time(served: Served, folder: Path) -> None:
    """A second window or command must not write into the same part."""
    served.treatments = [fs.stall_after(CUT)]
    begun = threading.Event()

    def report(received: Received) -> None:
        if received.received:
            begun.set()

    first = threading.Thread(target=get, args=(entry_of(served), folder, report))
    first.start()
    assert begun.wait(10)
    with pytest.raises(CheckpointError) as caught:
        get(entry_of(served), folder)
    assert str(caught.value) == (
        "net.pth is being downloaded already, by another window or command."
    )
    assert len(served.log) == 0  # the first still hangs, and nobody else has asked
    served.released.set()
    first.join(20)
    assert_whole(folder)


def test_the_lock_is_let_go_after_a_failure(served: Served, folder: Path) -> None:
    served.treatments = [fs.status(404)]
    refusal(entry_of(served), folder)
    locks = list((catalogue.own_folder().parent / "locks").iterdir())
    assert len(locks) == 1
    filelock.FileLock(locks[0], timeout=0).acquire().lock.release()


# --- how long it takes -----------------------------------------------------------------------


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


# --- the catalogue -----------------------------------------------------------------------------


def test_torchvisions_entry_is_torchvisions_own() -> None:
    from torchvision.models import GoogLeNet_Weights

    weights = GoogLeNet_Weights.IMAGENET1K_V1
    entry = catalogue.published("torchvision")
    assert entry.url == weights.url
    assert entry.file == weights.url.rpartition("/")[2]
    # The first digits of the SHA-256 stand in the name (torch.hub's HASH_REGEX).
    prefix = torch.hub.HASH_REGEX.search(entry.file)
    assert prefix is not None
    assert entry.digest.startswith(f"sha256:{prefix.group(1)}")
    assert entry.fits(round(weights.meta["_file_size"] * 2**20))


@pytest.mark.parametrize(
    "environment",
    [{}, {"TORCH_HOME": "/srv/torch"}, {"TORCH_HOME": "~/torch"}, {"XDG_CACHE_HOME": "/srv/cache"}],
)
def test_torchvisions_folder_is_torchs_own(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert catalogue.torch_folder() == Path(torch.hub.get_dir()) / "checkpoints"


def test_every_entry_can_be_shown_and_checked() -> None:
    assert [entry.name for entry in PUBLISHED] == ["torchvision", "inception5h", "bvlc"]
    lengths = {"sha256": 64, "sha1": 40, "git-blob": 40}
    for entry in PUBLISHED:
        algorithm, _, digest = entry.digest.partition(":")
        assert len(digest) == lengths[algorithm]
        assert int(digest, 16)
        assert entry.url.startswith(("https://", "http://dl.caffe"))
        assert entry.licence
        assert entry.page.startswith("https://")
        assert entry.licence_url.startswith("https://")
        assert 50e6 < entry.size < 55e6


@pytest.fixture
def listed(served: Served, monkeypatch: pytest.MonkeyPatch) -> Published:
    """The server's file, under torchvision's name."""
    real = catalogue.published("torchvision")
    entry = Published(
        **{**vars(real), "url": served.url, "digest": f"sha256:{served.sha256}"}
        | {"size": len(served.content)}
    )
    monkeypatch.setattr(catalogue, "PUBLISHED", (entry, *PUBLISHED[1:]))
    return entry


@pytest.fixture
def real(served: Served, checkpoint: Path, request: pytest.FixtureRequest) -> Published:
    """A network that can be loaded, under torchvision's name."""
    served.content = checkpoint.read_bytes()
    made: Published = request.getfixturevalue("listed")
    return made


def test_a_named_checkpoint_is_loaded_once_it_is_there(real: Published) -> None:
    with pytest.raises(iv.CheckpointError) as caught:
        iv.load("torchvision")
    assert str(caught.value) == (
        "“torchvision” is not on this computer yet; get it with Checkpoint > Get… "
        "or: inception-viewer get torchvision"
    )
    assert not real.seems_here()
    got = get("torchvision")
    assert got.path == str(Path(torch.hub.get_dir()) / "checkpoints" / "googlenet-1378be20.pth")
    assert real.seems_here()
    net = iv.load("torchvision")
    assert (net.info.name, net.info.source, len(net.classes)) == ("torchvision", got.path, 12)
    # torch itself finds it there and downloads nothing.
    found = torch.hub.load_state_dict_from_url(
        "https://nowhere.invalid/googlenet-1378be20.pth", progress=False
    )
    assert found["conv1.conv.weight"].shape == (64, 3, 7, 7)


def test_a_damaged_file_is_not_loaded_by_its_name(listed: Published) -> None:
    path = Path(get("torchvision").path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 100)
    with pytest.raises(iv.CheckpointError, match="is damaged or another file; get it with"):
        iv.load("torchvision")


def test_the_demo_and_paths_are_located_as_before(tmp_path: Path) -> None:
    assert locate("demo")[0] == "demo"
    assert locate(tmp_path / "mine.pth") == ("mine.pth", tmp_path / "mine.pth")


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(CheckpointError) as caught:
        get("resnet")
    assert str(caught.value) == (
        "Nothing called “resnet” can be got; there are: torchvision, inception5h, bvlc."
    )


# --- the question --------------------------------------------------------------------------------


@pytest.fixture
def runner() -> Iterator[Runner]:
    """A runner with the real worker."""
    made = Runner()
    yield made
    assert made.close()


def test_the_question_reports_and_answers(listed: Published, runner: Runner, folder: Path) -> None:
    outcomes: list[object] = []
    done = threading.Event()

    def deliver(outcome: object) -> None:
        outcomes.append(outcome)
        if not isinstance(outcome, Partial):
            done.set()

    runner.submit(GetCheckpoint("torchvision", str(folder)), deliver, lane="downloads")
    assert done.wait(60)
    end = outcomes[-1]
    assert isinstance(end, Done)
    assert end.answer.path == str(folder / listed.file)
    assert matches(folder / listed.file, listed.digest)
    partials = [outcome for outcome in outcomes if isinstance(outcome, Partial)]
    assert partials
    for partial in partials:
        received = partial.answer
        assert partial.fraction == pytest.approx(received.received / received.total)


def test_taking_the_question_back_ends_it(
    listed: Published, served: Served, runner: Runner, folder: Path
) -> None:
    served.treatments = [fs.stall_after(CUT)]
    outcomes: list[object] = []
    going, done = threading.Event(), threading.Event()

    def deliver(outcome: object) -> None:
        outcomes.append(outcome)
        (going if isinstance(outcome, Partial) else done).set()

    ticket = runner.submit(GetCheckpoint("torchvision", str(folder)), deliver, lane="downloads")
    assert going.wait(60)
    asked = time.monotonic()
    ticket.cancel()
    assert done.wait(10)
    assert time.monotonic() - asked < 2.0
    assert isinstance(outcomes[-1], Cancelled)
    assert names(folder) == [f"{listed.file}.part", f"{listed.file}.part.json"]


def test_a_failure_is_a_sentence_for_people(
    listed: Published, served: Served, runner: Runner, folder: Path
) -> None:
    served.treatments = [fs.status(404)]
    failed: list[Failed] = []
    done = threading.Event()

    def deliver(outcome: object) -> None:
        if isinstance(outcome, Failed):
            failed.append(outcome)
            done.set()

    runner.submit(GetCheckpoint("torchvision", str(folder)), deliver, lane="downloads")
    assert done.wait(60)
    assert failed[0].sentence.startswith("127.0.0.1 does not have the file any more (404).")


# --- the command line --------------------------------------------------------------------


def test_the_command_shows_the_terms_first_and_prints_the_path(
    listed: Published, served: Served, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["get", "torchvision", "--to", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert out == f"{folder / listed.file}\n"
    assert matches(folder / listed.file, listed.digest)
    order = [
        err.index(words)
        for words in (listed.licence, listed.page, listed.url, str(folder), "100 %")
    ]
    assert order == sorted(order)
    assert cli.main(["get", "torchvision", "--to", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert out == f"{folder / listed.file}\n"
    assert "there already" in err
    assert len(served.log) == 1


def test_the_command_fails_with_a_sentence(
    listed: Published, served: Served, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served.treatments = [fs.status(404)]
    assert cli.main(["get", "torchvision", "--to", str(folder)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    last = err.strip().splitlines()[-1]
    assert last.startswith("inception-viewer: 127.0.0.1 does not have the file any more (404).")


def test_the_command_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["get"]) == 0
    out, _ = capsys.readouterr()
    for entry in PUBLISHED:
        for words in (entry.name, entry.title, entry.licence, entry.page):
            assert words in out


def test_interrupting_the_command_says_how_to_go_on(
    listed: Published,
    served: Served,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    served.treatments = [fs.stall_after(CUT)]
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(1.0, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    assert cli.main(["get", "torchvision", "--to", str(folder)]) == 130
    assert "The same command goes on from there." in capsys.readouterr().err
    assert (folder / f"{listed.file}.part").stat().st_size == CUT


def test_a_terminal_has_one_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("inception_viewer.commands.get.monotonic", lambda: now)
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    lines = Lines(stream)
    for count in range(0, 101, 5):
        now += 0.125  # every second report is shown
        lines(Received(count * 10**6, 100 * 10**6, 7.0))
    lines(Received(10**8, 10**8, None, "checking"))
    shown = stream.getvalue().split("\r\x1b[K")
    assert shown[0] == ""
    assert shown[1] == "0.0 of 100.0 MB, 0 %, 7 s left"
    assert shown[-1] == "100.0 of 100.0 MB, 100 %\n"
    assert len(shown) == 1 + 10 + 1
    assert stream.getvalue().count("\n") == 1


def test_the_command_needs_no_torch(tmp_path: Path) -> None:
    """It must not take seconds to say that there is no network."""
    code = (
        "import sys; from inception_viewer import cli; cli.main(['get']); "
        "import inception_viewer.checkpoints.getting.get, pooch; "
        "print({'torch', 'torchvision', 'PySide6'} & set(sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[1]
    )
    assert told.stdout.strip().endswith("set()"), told.stderr
