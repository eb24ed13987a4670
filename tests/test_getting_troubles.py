"""What goes wrong while a checkpoint is got: the server, the way there, the disk."""

from __future__ import annotations

import errno
import os
import signal
import socket
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

from inception_viewer.checkpoints import catalogue
from inception_viewer.checkpoints.getting.downloader import Patience
from inception_viewer.checkpoints.getting.get import get
from inception_viewer.checkpoints.getting.transfer import REDIRECTS
from inception_viewer.errors import CheckpointError
from inception_viewer.questions import Received

__all__ = ["own_caches", "served_file", "target_folder"]
"""Fixtures."""


# --- what goes wrong ---------------------------------------------------------------------


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


# --- the disk ----------------------------------------------------------------------------


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
