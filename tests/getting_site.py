"""What the tests of getting share: a file on a server, and where it is to go."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from file_server import Served, serving

from inception_viewer.checkpoints.catalogue import Published
from inception_viewer.checkpoints.getting.downloader import Patience
from inception_viewer.checkpoints.getting.get import get
from inception_viewer.checkpoints.getting.transfer import CHUNK
from inception_viewer.errors import CheckpointError
from inception_viewer.questions import Received

CONTENT = bytes(range(251)) * 4000  # a megabyte whose every part tells its place
SIZE = len(CONTENT)
HASTY = Patience(tries=4, silence=0.6, pause=0.01)
CUT = 5 * CHUNK


class Leave(BaseException):
    """What a report raises to end a download."""


@pytest.fixture(name="alone", autouse=True)
def own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of this machine, and caches of the test's own."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "TORCH_HOME"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(name="served")
def served_file() -> Iterator[Served]:
    """The file on a server."""
    with serving(CONTENT) as made:
        yield made


@pytest.fixture(name="folder")
def target_folder(tmp_path: Path) -> Path:
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


def leave_at(count: int) -> tuple[list[float], object]:
    """A report that leaves once ``count`` bytes are there, and when it did."""
    left: list[float] = []

    def report(received: Received) -> None:
        if received.received >= count:
            left.append(time.monotonic())
            raise Leave

    return left, report
