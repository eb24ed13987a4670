"""Published checkpoints by their names: the catalogue, the question, the command."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import file_server as fs
import pytest
import torch
from file_server import Served
from getting_site import (
    CUT,
    names,
    own_caches,
    served_file,
    target_folder,
)

import inception_viewer as iv
from inception_viewer import cli
from inception_viewer.checkpoints import catalogue
from inception_viewer.checkpoints.catalogue import PUBLISHED, Published, locate
from inception_viewer.checkpoints.digests import matches
from inception_viewer.checkpoints.getting.get import get
from inception_viewer.commands.get import Lines
from inception_viewer.errors import CheckpointError
from inception_viewer.questions import GetCheckpoint, Received
from inception_viewer.runner import Cancelled, Done, Failed, Partial, Runner

__all__ = ["own_caches", "served_file", "target_folder"]
"""Fixtures."""


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


@pytest.fixture
def runner() -> Iterator[Runner]:
    """A runner with the real worker."""
    made = Runner()
    yield made
    assert made.close()


# --- the catalogue -----------------------------------------------------------------------


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


# --- the question ------------------------------------------------------------------------


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
    kept = folder / f"{listed.file}.part"

    def interrupt() -> None:
        """Once it stalls, which a slow machine may take a while to reach."""
        while not kept.is_file() or kept.stat().st_size < CUT:
            time.sleep(0.02)
        time.sleep(0.3)
        signal.pthread_kill(main, signal.SIGINT)

    # A shell that runs the tests in the background has them ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt).start()
        assert cli.main(["get", "torchvision", "--to", str(folder)]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert "The same command goes on from there." in capsys.readouterr().err
    assert kept.stat().st_size == CUT


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
