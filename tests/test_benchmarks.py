"""The benchmarks' own arithmetic and output; nothing is timed here."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from benchmarks.__main__ import ROWS, main
from benchmarks.core import Row, interleave, timed

ROOT = Path(__file__).resolve().parent.parent
STUB = Row("trace", 0.43, 15.5, 36.0, "ms", 0.5)
STALL = Row("longest_stall", None, 61.0, None, "ms", 50.0, "in “drop”")


def script(values: list[float], log: list[str], name: str) -> Callable[[], float]:
    """A measurement that gives these values one after the other, and notes that it ran."""
    rest = iter(values)

    def measure() -> float:
        log.append(name)
        return next(rest)

    return measure


def test_the_ratio_is_the_median_of_the_pairs_and_not_the_ratio_of_medians() -> None:
    ours, peer = [10.0, 40.0, 30.0], [10.0, 10.0, 60.0]
    ratio, mine, theirs = interleave(script(ours, [], ""), script(peer, [], ""), 3, warm_up=0)
    assert ratio == statistics.median([1.0, 4.0, 0.5]) == 1.0
    assert (mine, theirs) == (30.0, 10.0)


def test_measurements_take_turns_and_the_first_pairs_do_not_count() -> None:
    log: list[str] = []
    ours = script([900.0, 900.0, 2.0, 2.0, 2.0], log, "A")
    peer = script([1.0, 1.0, 4.0, 4.0, 4.0], log, "B")
    found = interleave(ours, peer, 3, warm_up=2, rest=lambda: log.append("-"))
    assert found == (0.5, 2.0, 4.0)
    assert "".join(log) == "-A-B" * 5


def test_time_is_taken_in_milliseconds_around_the_act_alone() -> None:
    ticks: Iterator[float] = count(5.0, 0.25)  # a quarter of a second between any two looks
    seen: list[str] = []
    assert timed(lambda: seen.append("acted"), clock=lambda: next(ticks))() == 250.0
    assert seen == ["acted"]


def test_a_row_without_a_peer_is_held_to_its_own_figure() -> None:
    assert not STALL.within
    assert Row("longest_stall", None, 50.0, None, "ms", 50.0).within
    assert STUB.within
    assert not Row("trace", 0.51, 1.0, 2.0, "ms", 0.5).within


def test_json_is_one_object_of_rows(capsys: pytest.CaptureFixture[str]) -> None:
    asked = []

    def measure(name: str, repeats: int) -> Row:
        asked.append((name, repeats))
        return Row(name, 0.43, 15.5, 36.0, "ms", 0.5)

    assert main(["--json", "--repeats", "4"], measure) == 0
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == [name for name, _ in asked] == list(ROWS)
    assert {repeats for _, repeats in asked} == {4}
    figures = {"ratio": 0.43, "ours": 15.5, "peer": 36.0, "unit": "ms", "budget": 0.5}
    assert printed["trace"] == figures


def test_no_peer_is_null_and_one_row_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "--only", "longest_stall"], lambda name, repeats: STALL) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == {
        "longest_stall": {"ratio": None, "ours": 61.0, "peer": None, "unit": "ms", "budget": 50.0}
    }


def test_the_table_says_what_is_over_its_budget(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {"trace": STUB, "longest_stall": STALL}
    main(["--only", "longest_stall"], lambda name, repeats: rows[name])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:3] == ["longest_stall", "61.0", "ms"]
    assert "over" in lines[1]
    assert "in “drop”" in lines[1]
    main(["--only", "trace"], lambda name, repeats: rows[name])
    assert "over" not in capsys.readouterr().out


def test_a_row_that_fails_is_told_and_the_others_are_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def measure(name: str, repeats: int) -> Row:
        if name == "trace":
            raise subprocess.CalledProcessError(3, "python")
        return Row(name, 0.1, 1.0, 10.0, "ms", 0.5)

    assert main(["--json"], measure) == 1
    streams = capsys.readouterr()
    assert set(json.loads(streams.out)) == set(ROWS) - {"trace"}
    assert "trace could not be measured (exit code 3)" in streams.err


def test_every_row_has_its_file_and_the_budget_of_the_design() -> None:
    budgets = {}
    for name in ROWS:
        text = (ROOT / "benchmarks" / f"{name}.py").read_text(encoding="utf-8")
        assert "def row(repeats: int = REPEATS) -> Row:" in text
        line = next(line for line in text.splitlines() if line.startswith("BUDGET = "))
        budgets[name] = float(line.removeprefix("BUDGET = "))
    assert budgets == {
        "trace": 0.5,
        "drop_to_painted": 2.0,
        "integrated_gradients": 0.6,
        "smooth_grad": 0.6,
        "occlusion": 0.5,
        "grad_cam_all_units": 0.04,
        "branch_importance": 0.15,
        "paint_832_maps": 0.1,
        "window_on_screen": 0.5,
        "longest_stall": 50.0,
    }


def test_nothing_is_timed_that_computes_something_else() -> None:
    import numpy as np

    from benchmarks.integrated_gradients import must_agree

    map_ = np.random.default_rng(0).normal(size=(20, 20))
    must_agree(map_ * 1.001, map_)
    for other in (map_ * 1.1, -map_, map_.T, np.zeros_like(map_), map_ * np.nan):
        with pytest.raises(RuntimeError, match="differ by"):
            must_agree(other, map_)


def test_the_photos_differ_and_each_number_is_always_the_same_photo() -> None:
    import io

    from PIL import Image

    from benchmarks.photos import jpeg

    first, again, other = jpeg(11), jpeg(11), jpeg(12)
    assert first == again != other
    with Image.open(io.BytesIO(first)) as image:
        assert (image.format, image.size, image.mode) == ("JPEG", (640, 480), "RGB")
