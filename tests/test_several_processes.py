"""Two processes against one: the same numbers to the last bit; and how they end together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.stats
import torch
from numpy.typing import NDArray
from PIL import Image
from processes import TIMEOUT, together

import inception_viewer as iv
from inception_viewer import cli
from inception_viewer.analysis import group_folders, group_state
from inception_viewer.analysis.group_state import KEPT_SENTENCES, Part
from inception_viewer.analysis.parallel import World, unchanged_device
from inception_viewer.api import Network
from inception_viewer.comparison_questions import CompareFolders, CompareGroups
from inception_viewer.errors import QuestionError
from inception_viewer.images import batches as batches_module
from inception_viewer.moments import Moments
from inception_viewer.questions import Preprocessing

GROUPS = ("thing a", "thing k")
COUNTS = (21, 18)
"""With a broken one 22 and 18 photos: five batches of eight, or three of each group."""
SMALL = Preprocessing(64, 64, "squeeze")
SCRIPT = """
import os, sys
from contextlib import redirect_stdout
from inception_viewer import cli
out, checkpoint, folder = sys.argv[1:]
groups = [f"--group={folder}/thing {letter}" for letter in "ak"]
for name, asked in {
    "evaluate": ["evaluate", checkpoint, folder, f"--csv={out}/evaluate.csv"],
    "compare": ["compare", checkpoint, *groups, f"--csv={out}/compare.csv"],
}.items():
    with open(f"{out}/{name}-{os.environ.get('RANK', '')}.json", "w") as said:
        with redirect_stdout(said):
            code = cli.main([*asked, "--json"])
    if code:
        sys.exit(code)
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def folder(picture: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders of crops; one photo is broken."""
    root, random = tmp_path_factory.mktemp("several"), np.random.default_rng(0)
    for name, count in zip(GROUPS, COUNTS, strict=True):
        (root / name).mkdir()
        for number in range(count):
            top, left = (int(random.integers(side - 80)) for side in picture.shape[:2])
            crop = np.ascontiguousarray(picture[top : top + 80, left : left + 80])
            if name == GROUPS[1]:
                crop = 255 - crop
            Image.fromarray(crop).save(root / name / f"{number:02}.png")
    (root / GROUPS[0] / "11b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return root


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Network:
    """The peer's weights, opened by us."""
    return iv.load(checkpoint)


def question(network: Network, folder: Path) -> CompareFolders:
    folders = tuple((name, str(folder / name)) for name in GROUPS)
    return CompareFolders(network.fingerprint, SMALL, folders)


# --- two processes ---------------------------------------------------------------------------


def test_torchrun_gives_the_numbers_of_one_process(
    folder: Path, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, one, two = tmp_path / "both.py", tmp_path / "one", tmp_path / "two"
    script.write_text(SCRIPT)
    one.mkdir()
    two.mkdir()
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    started = subprocess.Popen(
        [*torchrun, "--nproc-per-node=2", script, two, checkpoint, folder],
        env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())},
        stderr=subprocess.PIPE,
        text=True,
    )
    # Meanwhile, in this process, with sums only although the groups are small.
    monkeypatch.setattr(group_folders, "MOST", 5)
    monkeypatch.setattr(sys, "argv", ["both.py", str(one), str(checkpoint), str(folder)])
    exec(SCRIPT, {})
    _, err = started.communicate(timeout=TIMEOUT)
    assert started.returncode == 0, err
    assert "Traceback" not in err
    said = {path.name: path.read_bytes() for path in two.iterdir()}
    alone = {path.name: path.read_bytes() for path in one.iterdir()}
    assert said["evaluate-1.json"] == said["compare-1.json"] == b""  # the first one speaks
    assert said["evaluate.csv"] == alone["evaluate.csv"]
    assert said["evaluate.csv"].count(b"\n") == 1 + 40
    assert said["compare.csv"] == alone["compare.csv"]
    assert said["compare-0.json"] == alone["compare-.json"]
    evaluated = [json.loads(found) for found in (said["evaluate-0.json"], alone["evaluate-.json"])]
    for found in evaluated:
        del found["seconds"]
    assert evaluated[0] == evaluated[1]
    assert evaluated[0]["photos"] == 39
    assert evaluated[0]["unreadable"]["count"] == 1
    assert not list((tmp_path / "cache").rglob("*.npz"))


def test_what_fails_in_one_process_is_said_once(
    folder: Path, checkpoint: Path, tmp_path: Path
) -> None:
    asked = ["-m", "inception_viewer", "evaluate", str(checkpoint), str(folder)]
    lines = tmp_path / "photos.csv"
    first, second = together(
        [*asked, "--csv", str(lines)], [*asked[:3], str(tmp_path / "none.pth"), str(folder)]
    )
    assert (first.code, second.code) == (2, 2)
    assert first.err.startswith("inception-viewer: ")
    assert "none.pth" in first.err
    assert first.err.count("\n") == 1
    assert first.out == second.out == second.err == ""
    assert not lines.exists()


def test_photos_that_differ_and_gpus_that_fail_are_said(
    network: Network, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(1, 2)
    monkeypatch.setattr(World, "share", lambda self, said: (["another"] * 2, 8))
    quiet: Any = SimpleNamespace(lane="jobs")
    job = group_folders._Job(question(network, folder), network._lab, world, quiet)
    with pytest.raises(QuestionError, match=r"Process 1 finds other photos in .*thing a"):
        job.run()
    with (
        pytest.raises(QuestionError, match="ran out of memory in process 1, and all"),
        unchanged_device(world, "cuda"),
    ):
        raise RuntimeError("CUDA out of memory")


# --- groups of any size ----------------------------------------------------------------------


def test_sums_say_what_rows_and_scipy_say(network: Network, folder: Path) -> None:
    sums = network._answer(question(network, folder))
    rows = iv.compare_groups(network, {n: folder / n for n in GROUPS}, preprocessing=SMALL)
    assert isinstance(rows.question, CompareGroups)
    assert sums.units == rows.units
    assert [sums.count(name) for name in sums.groups] == list(COUNTS)
    assert sums.failures == rows.failures
    raw = []
    for unit in sums.units:
        ours, theirs = (rows.pooled[name][unit].astype(np.float64) for name in GROUPS)
        np.testing.assert_allclose(sums.mean(GROUPS[0], unit), ours.mean(0), rtol=1e-10)
        np.testing.assert_allclose(sums.spread(GROUPS[1], unit), theirs.std(0, ddof=1), rtol=1e-10)
        varies = ours.any(0) | theirs.any(0)
        p = scipy.stats.ttest_ind(ours[:, varies], theirs[:, varies], equal_var=False).pvalue
        raw.append(p)
        mine, other = (one.separations[GROUPS][unit] for one in (sums, rows))
        np.testing.assert_allclose(mine.effect, other.effect, rtol=1e-10)
        np.testing.assert_allclose(mine.p_value, other.p_value, rtol=1e-10)
        assert mine.n == COUNTS
    # Of the smallest p-value of all Holm's correction is its product with their number.
    found = np.concatenate([one.p_value for one in sums.separations[GROUPS].values()])
    assert found.min() == pytest.approx(np.concatenate(raw).min() * len(found), rel=1e-9)
    assert found.min() < 0.01
    best = [[row[:2] for row in one.best(*GROUPS, most=5)] for one in (sums, rows)]
    assert best[0] == best[1]


def test_asked_again_it_goes_on_to_the_same_bits(
    network: Network, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(group_folders, "batch_size", lambda *_: 3)
    fresh = network._answer(question(network, folder))
    kept = tmp_path / "cache" / "inception-viewer" / "groups"
    assert list(kept.iterdir()) == []

    def stop(fraction: float, text: str) -> None:
        if fraction >= 0.7:
            raise KeyboardInterrupt

    read = []
    decode = batches_module.decode
    monkeypatch.setattr(
        batches_module, "decode", lambda source: (read.append(source.path), decode(source))[1]
    )
    with pytest.raises(KeyboardInterrupt):
        network._answer(question(network, folder), stop)
    (state,) = kept.iterdir()
    read.clear()
    found = network._answer(question(network, folder))
    assert len(read) == 12  # 22 + 6 of 40 were done
    assert same(found, fresh)
    assert found.failures == fresh.failures
    # A state that is none is passed over.
    state.write_bytes(b"PK\x03\x04 torn")
    assert same(network._answer(question(network, folder)), fresh)


def same(found: Any, other: Any) -> bool:
    return all(
        np.array_equal(getattr(found, part)(name, unit), getattr(other, part)(name, unit))
        for part in ("mean", "spread")
        for name in GROUPS
        for unit in other.units
    )


def test_a_state_is_read_as_it_was_written_or_not_at_all(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    part, state = Part(), tmp_path / "state.npz"
    for place in range(5):
        part.tree.add(7 + place, Moments.of(random.normal(size=(3, 4))))
        part.batches += 1
    part.note((f"{number}.png", "torn") for number in range(KEPT_SENTENCES + 2))
    group_state.write(state, {"a": part, "b": Part()})
    found = group_state.read(state, ["a", "b"], 4)
    assert (found["a"].batches, found["a"].unreadable) == (5, KEPT_SENTENCES + 2)
    assert found["a"].failures == part.failures
    assert len(part.failures) == KEPT_SENTENCES
    for (node, value), (other, kept) in zip(part.tree.nodes, found["a"].tree.nodes, strict=True):
        assert (node, value.n) == (other, kept.n)
        np.testing.assert_array_equal([value.mean, value.squares], [kept.mean, kept.squares])
    assert found["b"].tree.total is None
    for names, columns in ((["b", "a"], 4), (["a", "b"], 5)):
        assert not group_state.read(state, names, columns)["a"].batches


def test_groups_that_cannot_be_compared(
    network: Network, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "one" / "a.png")
    pairs = [("a", str(folder / GROUPS[0])), ("b", str(tmp_path / "one"))]
    for folders, words in (
        (pairs[:1], "at least two groups"),
        (pairs[:1] * 2, "the same name"),
        ([(str(number), "") for number in range(21)], "21 groups; at most 20"),
        (pairs, "Fewer than two photos of “b”"),
    ):
        with pytest.raises(QuestionError, match=words):
            network._answer(CompareFolders(network.fingerprint, SMALL, tuple(folders)))
    with pytest.raises(SystemExit):
        cli.main(["evaluate", "--help"])
    assert "torchrun" in capsys.readouterr().out
