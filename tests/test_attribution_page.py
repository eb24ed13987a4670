"""docs/attribution.md says what the program says, and its examples run."""

from __future__ import annotations

import json
import math
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inception_viewer import cli
from inception_viewer.attribution_methods import METHODS, doublings
from inception_viewer.grade_measures import MEASURES

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "attribution.md"
CODE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
NOT_COUNTED = {"layer_ablation"}
"""Methods whose passes are told in words."""


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script that fills the page in."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import attribution_tables

    return attribution_tables


def text() -> str:
    """The page."""
    return PAGE.read_text(encoding="utf-8")


def test_the_page_is_what_the_script_makes_of_the_descriptions(tables: Any) -> None:
    """``python docs/attribution_tables.py`` was run after a description changed."""
    assert text() == tables.updated(text())


def test_a_changed_description_changes_the_page(
    tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {**METHODS, "saliency": METHODS["deep_lift"]}
    monkeypatch.setattr(tables, "METHODS", other)
    assert tables.updated(text()) != text()


def test_every_method_grade_and_shared_setting_has_its_section(tables: Any) -> None:
    marks = set(re.findall(r"<!-- ([\w ]+): begin -->", text()))
    wanted = {f"method {name}" for name in METHODS} | {f"measure {name}" for name in MEASURES}
    wanted |= {f"settings {name}" for name in tables.SHARED} | {"overview", "measures"}
    assert marks == wanted
    for name in METHODS:
        assert text().count(f"\n`{name}`. ") == 1


def test_links_within_the_page_lead_to_headings(tables: Any) -> None:
    headings = re.findall(r"^#+ (.*)$", CODE.sub("", text()), re.MULTILINE)
    anchors = [tables.anchor(heading) for heading in headings]
    assert len(set(anchors)) == len(anchors)
    targets = re.findall(r"\]\(#([^)]+)\)", text())
    assert len(targets) > 2 * len(METHODS)
    assert set(targets) <= set(anchors)


@pytest.mark.parametrize("name", sorted(METHODS.keys() - NOT_COUNTED))
def test_the_formulas_of_the_passes_are_the_methods_own(name: str, tables: Any) -> None:
    method = METHODS[name]
    formulas = tables.FORMULAS.get(name)
    for scale in (1, 2, 3):
        changed = {
            p.name: int(p.default) * scale
            for p in method.parameters
            if p.kind == "int" and p.name in ("steps", "samples", "segments", "window", "count")
        }
        settings = method.settings({**changed, **_several(method)})
        cost = method.cost(settings)
        if formulas is None:
            assert cost == method.cost(method.settings())
            continue
        known = {**settings, "ceil": math.ceil}
        if "steps" in settings:
            tries = doublings(int(settings["steps"]), settings.get("adapt") == "on")
            known["steps"] = sum(tries)
        assert eval(formulas[0], {}, known) == cost.forwards
        assert eval(formulas[1], {}, known) == cost.backwards


def _several(method: Any) -> dict[str, str]:
    """Several baselines whose number is a setting."""
    return {"baselines": "noise"} if any(p.name == "baselines" for p in method.parameters) else {}


def test_the_measured_passes_are_at_most_the_cost(tables: Any) -> None:
    measured = json.loads((ROOT / "docs/attribution_measured.json").read_text(encoding="utf-8"))
    assert list(measured) == list(METHODS)
    for name, took in measured.items():
        cost = METHODS[name].cost(METHODS[name].settings())
        assert 0 < took["forwards"] <= cost.forwards, name
        assert took["backwards"] <= cost.backwards, name
        assert took["backwards"] or not cost.backwards, name


# --- its examples ------------------------------------------------------------------------


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the page's photos and folders of photos."""
    for name in ("panda.jpg", "cup.jpg"):
        shutil.copy(ROOT / "assets" / "samples" / name, tmp_path)
    generator = np.random.default_rng(0)
    for folder, count in {"fur": 6, "random": 16, "pandas": 2}.items():
        (tmp_path / folder).mkdir()
        for place in range(count):
            pixels = generator.integers(0, 256, (8, 8, 3), np.uint8)
            Image.fromarray(pixels).resize((96, 96)).save(tmp_path / folder / f"{place}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks(language: str) -> str:
    """The page's code in a language, one after the other."""
    return "\n".join(code for found, code in CODE.findall(text()) if found == language)


def test_the_python_of_the_page_runs(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(compile(blocks("python"), str(PAGE), "exec"), names)
    answer = names["answer"]
    assert answer.map.shape == (224, 224)
    assert answer.raw.shape == (3, 224, 224)
    assert answer.completeness_error < 1e-3
    assert answer.target_name == "panda"
    assert names["grade"].sentence
    assert len(names["tested"].concepts[0].scores) == 4
    assert "fur" in capsys.readouterr().out


def test_the_commands_of_the_page_run(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = blocks("sh").splitlines()
    assert len(lines) == 4
    for line in lines:
        assert cli.main(shlex.split(line)[1:]) == 0
    arrays = np.load(photos / "report" / "attributions.npz")
    assert set(arrays) >= {"saliency", "deep_lift.raw", "layer_grad_cam"}
    assert (photos / "difference" / "attribution.png").exists()
    told = json.loads((photos / "neuron" / "predictions.json").read_text(encoding="utf-8"))
    assert "channel 438" in json.dumps(told)
    assert "“fur”" in capsys.readouterr().out
