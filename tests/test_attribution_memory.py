"""What every method takes at its defaults on the demo: memory over idle, and flat over many runs.

``python -m pytest -m slow -k attribution_memory`` measures all of them anew, which takes most
of an hour on two cores; plain ``pytest`` checks what it stored, and measures one.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import results

from benchmarks.memory import GROWTH, PEAK, SOME, Taken, main, measure, table
from inception_viewer.attribution_methods import METHODS, names

NAME = "attribution_memory"
ATTRIBUTION = "inception_viewer/analysis/attribution"
SIZING = (
    "deep_lift", "front", "fused", "gradient_shap", "guided", "hidden", "integrated_gradients",
    "layer_paths", "many", "noise", "occlusion", "rates", "relevance", "rescale", "ruled",
    "saliency", "shapley", "slope", "strips",
)  # fmt: skip
"""The files that size batches, and those that say what is kept of one."""
needs_linux = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="Linux says what was taken"
)


def store(rows: list[Taken]) -> None:
    """Keep what was measured, with the files that it depends on."""
    files = [f"{ATTRIBUTION}/{file}.py" for file in SIZING]
    found = {row.method: asdict(row) for row in rows}
    results.write(NAME, found, [*files, "benchmarks/memory.py", "assets/demo.safetensors"])


def check(rows: dict[str, Any]) -> None:
    assert tuple(rows) == names()
    for name, row in rows.items():
        assert 1e6 < row["peak"] < PEAK == 1.5e9, name
        assert row["growth"] < GROWTH, name
        assert row["runs"] >= SOME, name
        assert row["same"], name
        assert row["degenerate"] == "", name
        method = METHODS[name]
        cost = method.cost(method.settings())
        assert row["forwards"] <= cost.forwards, name
        assert row["backwards"] <= cost.backwards, name
        if method.completeness == "exact":
            assert row["completeness_error"] < 0.05, name


@pytest.mark.slow
@needs_linux
def test_attribution_memory_is_bounded_and_flat() -> None:
    rows = [measure(name) for name in names()]
    check({row.method: asdict(row) for row in rows})
    store(rows)


def test_the_stored_memory_of_every_method_is_within_its_bound() -> None:
    check(results.read(NAME)["found"])


@needs_linux
def test_one_method_is_measured_again() -> None:
    now, stored = measure("lrp", 3), results.read(NAME)["found"]["lrp"]
    assert now.runs == 3
    assert now.within
    assert now.same
    assert now.peak > 1e6
    assert (now.forwards, now.backwards) == (stored["forwards"], stored["backwards"])
    assert now.conserved == pytest.approx(stored["conserved"], abs=1e-3)


def test_the_table_says_what_is_over_a_bound(capsys: pytest.CaptureFixture[str]) -> None:
    row = Taken("saliency", 0.12, 1, 1, None, None, "", "", 700_000_000, 113_000_000, 100, 0, True)
    assert table([row]).splitlines()[2].split(" | ") == [
        "| `saliency`", "0.12", "1", "1", "", "113 MB", "100", "+0.0 MB |",
    ]  # fmt: skip
    fat = Taken("lime", 3, 301, 0, 0.25, None, "", "", 0, int(2e9), 20, int(9e7), False)
    assert not fat.within
    assert "2000 MB" in table([fat])
    assert "**over** **differs**" in table([fat])
    assert "25.00%" in table([fat])
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "python -m benchmarks.memory" in capsys.readouterr().out
