"""Files of every dialect, changed at random, are read or refused and do no harm.

The long run is ``python -m fuzzing``; the watcher itself is tested at the end.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from fuzzing.case import Bench
from fuzzing.changes import Change, changed, changes
from fuzzing.originals import MAKERS, Original, original
from fuzzing.watcher import MOST_MEMORY, MOST_SECONDS, ROOT, Outcome, Watcher, one_sentence

CASES = 2_160
"""Of all dialects together."""

FAMILIES = {
    "own": "paper", "new": "bvlc", "half": "bvlc", "v1": "bvlc",
    "frozen": "inception5h", "lucent": "inception5h", "captum": "inception5h",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzzing")


@pytest.fixture(scope="module")
def watcher(folder: Path) -> Iterator[Watcher]:
    warm = folder / "whole.pth"
    warm.write_bytes(original("torchvision.pth", folder).data)
    (folder / "workplace").mkdir()
    with Watcher(folder / "workplace", (warm,)) as one:
        yield one


@pytest.mark.parametrize("name", MAKERS)
def test_changed_files_are_read_or_refused(name: str, watcher: Watcher, folder: Path) -> None:
    bench = Bench(original(name, folder), watcher, folder)
    whole = bench.whole()
    assert (whole.kind, whole.text) == ("weights", FAMILIES.get(name.split(".")[0], "torchvision"))
    assert whole.fault(len(bench.original.data)) is None

    @settings(
        max_examples=CASES // len(MAKERS),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(changes())
    def each(made: list[Change]) -> None:
        assert bench.run(made) is None

    each()
    assert bench.outcomes["refused"] > CASES // len(MAKERS) // 2
    assert set(bench.outcomes) <= {"weights", "refused"}
    bench.path.unlink()


# --- the fuzzer itself -------------------------------------------------------------------


def test_changes_are_the_same_each_time_and_reach_all_of_the_structure() -> None:
    data = b"head" + bytes(200) + b"middle" + bytes(300) + b"end"
    whole = Original("made up", data)
    assert whole.structure == [(0, 4), (204, 210), (510, 513)]
    places = set()
    for place in range(200):
        made = [Change("flip", place, 0, 0x21)]
        result = changed(whole, made)
        assert result == changed(whole, made)
        places |= {at for at in range(len(data)) if result[at] != data[at]}
    assert places == {*range(4), *range(204, 210), *range(510, 513)}


def test_a_case_leaves_in_the_file_what_was_to_be_read(tmp_path: Path) -> None:
    class Recorder:
        read_bytes: bytes

        def read(self, path: Path) -> Outcome:
            self.read_bytes = path.read_bytes()
            return Outcome("refused", "It is.")

    recorder = Recorder()
    whole = Original("made up", b"abc" * 300_000 + bytes(900_000) + b"xyz")
    bench = Bench(whole, recorder, tmp_path)  # type: ignore[arg-type]
    for kind, place in (("cut", 7), ("flip", 3), ("double", 1), ("pad", 0), ("flip", 4)):
        made = [Change(kind, place, 1, 33)]
        assert bench.run(made) is None
        assert recorder.read_bytes == changed(whole, made)


MISDEEDS = {
    "open('evil', 'w').close()": "open 'evil' for writing",
    "os.open('evil', os.O_CREAT | os.O_WRONLY)": "open 'evil' for writing",
    "pickle.loads(b'cposix\\nsystem\\n.')": "pickle.find_class",
    "os.system('true')": "os.system",
    "eval('1 + 1')": "compile",
    "import wave": "import",
    "subprocess.run(['true'])": "subprocess.Popen",
    "socket.socket()": "socket.",
    "os.mkdir('evil')": "os.mkdir",
}


@pytest.mark.parametrize("code", MISDEEDS)
def test_the_watcher_sees_misdeeds(code: str, tmp_path: Path) -> None:
    said = answered(code, tmp_path)
    assert any(MISDEEDS[code] in event for event in said["events"])


@pytest.mark.parametrize(
    ("code", "key", "least"),
    [
        ("x = b'1' * (700 << 20)", "memory", 690 << 20),
        ("while time.process_time() < at: 0", "seconds", 1),
    ],
)
def test_the_watcher_measures(code: str, key: str, least: float, tmp_path: Path) -> None:
    if key == "memory" and not Path("/proc/self/clear_refs").exists():
        pytest.skip("memory is measured on Linux")
    assert answered(code, tmp_path)[key] >= least


def answered(code: str, folder: Path) -> dict[str, object]:
    """What the reader reports of itself, if reading a file ran this code."""
    script = f"""
import json, os, pickle, socket, subprocess, sys, time
from fuzzing import reader
import inception_viewer.checkpoints.read as read
def misread(path):
    at = time.process_time() + 1
    {code}
read.read_checkpoint = misread
sys.addaudithook(reader.hook)
reader.idle = reader.memory("VmRSS")
print(json.dumps(reader.answer("x")))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True,
        timeout=120, env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )  # fmt: skip
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_what_counts_as_a_fault() -> None:
    assert Outcome("weights", "bvlc", 4.9, 2000 + MOST_MEMORY).fault(1000) is None
    assert Outcome("refused", "a.pth: It is empty.").fault(0) is None
    for outcome in (
        Outcome("raised", "KeyError: 'x'"),
        Outcome("died", "status -11"),
        Outcome("hung", ""),
        Outcome("weights", "bvlc", MOST_SECONDS + 0.1),
        Outcome("weights", "bvlc", 0, 2001 + MOST_MEMORY),
        Outcome("weights", "bvlc", 0, 0, ("import wave",)),
        Outcome("refused", "no full stop"),
    ):
        assert outcome.fault(1000) is not None
    for text in ("two\nlines.", "KeyError: 'x'.", "x" * 800 + ".", "<object at 0x7f>."):
        assert not one_sentence(text)


def test_a_reader_that_dies_or_hangs_is_told_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "text.pth"
    path.write_text("text")
    (tmp_path / "workplace").mkdir()
    with Watcher(tmp_path / "workplace") as watcher:
        watcher._process.kill()
        assert watcher.read(path).kind == "died"
        assert watcher.read(path).kind == "refused"
        monkeypatch.setattr("fuzzing.watcher.PATIENCE", 0.5)
        watcher._process.send_signal(signal.SIGSTOP)
        assert watcher.read(path).kind == "hung"
