"""Fitted heads are said to be, with the number of images, wherever a head is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import ui_data
from colour_networks import make_folder, make_weights

from inception_viewer import cli
from inception_viewer.checkpoints import own
from inception_viewer.fitted import fitted_heads
from inception_viewer.headline import headline
from inception_viewer.questions import CheckpointInfo
from inception_viewer.ui.attribution.form import AttributionForm
from inception_viewer.ui.head_words import annotated, annotated_maps, notes
from inception_viewer.ui.network import texts
from inception_viewer.ui.predictions.rows import as_csv, as_text, row_text
from inception_viewer.ui.predictions_view import PredictionsView

SAID = "fitted here on 1,350 images"
METADATA = {"fitted": json.dumps({"images": 1350, "heads": {"aux1": {}, "aux2": {}}})}
FITTED = {"aux1": "fitted", "aux2": "fitted", "main": "trained"}


def info_of(**heads: str) -> CheckpointInfo:
    return replace(ui_data.checkpoint_info(), heads={**FITTED, **heads}, metadata=METADATA)


def predictions_of(info: CheckpointInfo):
    return replace(ui_data.predictions(), heads=info.heads)


def test_which_heads_and_in_what_words() -> None:
    assert fitted_heads(FITTED, METADATA) == {"aux1": SAID, "aux2": SAID}
    assert fitted_heads({**FITTED, "aux1": "trained"}, METADATA) == {"aux2": SAID}
    assert fitted_heads(FITTED, {}) == {"aux1": "fitted here", "aux2": "fitted here"}
    assert fitted_heads(ui_data.checkpoint_info().heads, METADATA) == {}


# --- the window -------------------------------------------------------------------------------


def test_the_headline() -> None:
    both, one = info_of(), info_of(aux1="trained")
    assert headline(predictions_of(both), both).endswith(f" (auxiliary heads {SAID}).")
    assert headline(predictions_of(one), one).endswith(f" (aux2 {SAID}).")
    none = replace(ui_data.checkpoint_info(), metadata=METADATA)
    assert "fitted" not in headline(predictions_of(none), none)


def test_the_predictions(qtbot, light) -> None:
    view = PredictionsView()
    qtbot.addWidget(view)
    info = info_of()
    view.set_heads(notes(info))
    view.set_predictions(predictions_of(info))
    assert view.sentence.text().endswith(f". aux1 and aux2 were {SAID}.")
    view.set_heads(notes(info_of(aux2="trained")))
    assert view.sentence.text().endswith(f". aux1 was {SAID}.")
    assert SAID in view.table.head_tip("aux1")
    assert SAID not in view.table.head_tip("main")
    assert view.table._sheet.below("aux1") == "fitted here"
    view.set_heads(notes(ui_data.checkpoint_info()))
    assert "fitted" not in view.sentence.text()


def test_the_predictions_as_text() -> None:
    predictions = predictions_of(info_of(aux2="trained"))
    assert "aux1 (fitted here) " in row_text(predictions, 0)
    assert "aux2 (" not in row_text(predictions, 0)
    assert as_text(predictions, [0]).startswith("class\taux1 (fitted here)\taux2\tmain\n")
    assert as_csv(predictions, [0]).startswith("index,class,aux1_fitted_probability,")


def test_the_network_and_the_inspector() -> None:
    """The inspector shows a node's note, and the maps their group's."""
    info = info_of(aux2="trained")
    graph = annotated(info)
    facts = texts.Facts(graph)
    assert SAID in texts.tooltip(facts, "aux1/conv", None, info.heads)
    assert SAID in texts.spoken(facts, "aux1/conv", None, info.heads, None)
    for name in ("aux2/conv", "inception4a/3x3", "fc"):
        assert "fitted" not in texts.tooltip(facts, name, None, info.heads)
    assert texts.state_of(facts, "aux1/conv", info.heads) == "fitted here"
    maps = ui_data.maps("aux1/conv")
    said = annotated_maps(maps, graph)
    assert [SAID in group.note for group in said.groups] == [True] * len(maps.groups)
    other = ui_data.maps("inception4a")
    assert annotated_maps(other, graph) is other


def test_the_attribution_form(qtbot, light) -> None:
    form = AttributionForm()
    qtbot.addWidget(form)
    form.set_checkpoint(info_of(aux2="trained"))
    shown = [form.head.itemText(row) for row in range(form.head.count())]
    assert shown == ["main", "aux2", f"aux1 ({SAID})"]


# --- the command line ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("colours") / "photos")


@pytest.fixture(scope="module")
def file(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that says so of its heads."""
    weights = make_weights("batch norm", folder)
    path = tmp_path_factory.mktemp("fitted") / "mine-heads.safetensors"
    own.save(path, replace(weights, heads=FITTED, metadata={**weights.metadata, **METADATA}))
    return path


def test_inspect(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", str(file)]) == 0
    assert f"auxiliary heads {SAID}" in capsys.readouterr().out.splitlines()[0]
    assert cli.main(["inspect", str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["heads"] == FITTED
    assert any(SAID in sentence for sentence in said["evidence"]["aux1"]["sentences"])
    assert said["verdict"].endswith(f"auxiliary heads {SAID}")


def test_evaluate(file: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", str(file), str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [SAID in line for line in lines[1:4]] == [True, True, False]
    assert cli.main(["evaluate", str(file), str(folder), "--json"]) == 0
    heads = json.loads(capsys.readouterr().out)["heads"]
    assert [heads[name]["note"] for name in ("aux1", "aux2", "main")] == [SAID, SAID, ""]
    assert heads["aux1"]["state"] == "fitted"


def test_report(file: Path, folder: Path, tmp_path: Path) -> None:
    """Of the heads, and beside the attribution of one of them."""
    photo = next((folder / "red").iterdir())
    given = ["report", str(photo), "--out", str(tmp_path), "--checkpoint", str(file)]
    assert cli.main([*given, "--head", "aux1", "--method", "layer_grad_cam"]) == 0
    said = json.loads((tmp_path / "predictions.json").read_text(encoding="utf-8"))
    assert said["checkpoint"]["heads"] == FITTED
    assert SAID in said["checkpoint"]["verdict"]
    (image,) = said["images"]
    assert image["heads"]["aux1"]["note"] == SAID
    assert image["heads"]["main"]["note"] == ""
    assert f"aux1 was {SAID}." in image["attribution"]["note"]
