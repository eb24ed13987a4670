"""``inception-viewer ablate``: against torchvision's own class with hooks."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import CLASSES
from numpy.typing import NDArray
from PIL import Image
from test_interventions import replaced
from torch import Tensor, nn

import inception_viewer as iv
from inception_viewer import cli


@pytest.fixture(scope="module")
def inputs(checkpoint: Path, photo: Path, folder: Path) -> dict[str, Tensor]:
    """What conv1 receives of each photo."""
    net = iv.load(checkpoint)
    paths = [photo, *sorted(folder.iterdir())]
    return {path.name: torch.tensor(net.trace(path).input)[None] for path in paths}


@pytest.fixture(scope="module")
def folder(picture: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two other photos."""
    made = tmp_path_factory.mktemp("references")
    Image.fromarray(np.ascontiguousarray(picture[::-1])).save(made / "one.png")
    Image.fromarray(255 - picture).save(made / "two.png")
    return made


def heads(peer: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Return the logits of torchvision's three heads, the auxiliary ones by their own modules."""
    kept: dict[str, Tensor] = {}
    handles = [
        peer.get_submodule(name).register_forward_hook(
            lambda _module, _inputs, output, name=name: kept.__setitem__(name, output)
        )
        for name in ("inception4a", "inception4d")
    ]
    with torch.no_grad():
        made: Any = peer(x)
        found = {
            "aux1": peer.aux1(kept["inception4a"])[0],
            "aux2": peer.aux2(kept["inception4d"])[0],
            "main": getattr(made, "logits", made)[0],
        }
    for handle in handles:
        handle.remove()
    return found


def ablate(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    """Run the command and return its JSON."""
    assert cli.main(["ablate", *map(str, words), "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_the_table_is_that_of_hooked_networks_averaged(
    peer: nn.Module,
    checkpoint: Path,
    photo: Path,
    folder: Path,
    inputs: dict[str, Tensor],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = tmp_path / "table.csv"
    options = ["--reductions", "--projections", "--target", CLASSES[3], "--csv", table]
    told = ablate(capsys, checkpoint, photo, folder, *options)
    assert [one["name"] for one in told["photos"]] == list(inputs)
    places = {
        ("inception4b", "5x5"): "inception4b.branch3",
        ("inception5a", "pool"): "inception5a.branch4",
        ("inception4e", "3x3_reduce"): "inception4e.branch2.0",
        ("inception3b", "pooled"): "inception3b.branch4.0",
    }
    for (module, branch), name in places.items():
        drops, losses = [], []
        for x in inputs.values():
            whole = heads(peer, x)["main"]
            handle = peer.get_submodule(name).register_forward_hook(
                lambda _module, _inputs, output: torch.zeros_like(output)
            )
            without = heads(peer, x)["main"]
            handle.remove()
            drops.append(float(whole[3] - without[3]))
            losses.append(float(whole.softmax(0)[3] - without.softmax(0)[3]))
        cell = told["branches"][module][branch]
        assert cell["logit_drop"] == pytest.approx(np.mean(drops), abs=1e-4)
        assert cell["logit_spread"] == pytest.approx(np.std(drops, ddof=1), abs=1e-4)
        assert cell["probability_drop"] == pytest.approx(np.mean(losses), abs=1e-4)
        assert np.abs(drops).max() > 1e-3
    pooled = told["branches"]["inception3b"]
    assert pooled["pooled"]["logit_drop"] != pytest.approx(pooled["pool"]["logit_drop"], abs=1e-3)
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 9 * 7
    cell = told["branches"]["inception3a"]["1x1"]
    assert float(rows[0]["logit_drop"]) == pytest.approx(cell["logit_drop"], abs=1e-6)


def test_three_heads_before_and_after_an_intervention(
    peer: nn.Module,
    checkpoint: Path,
    photo: Path,
    inputs: dict[str, Tensor],
    capsys: pytest.CaptureFixture[str],
) -> None:
    def halved(output: Tensor) -> Tensor:
        out = output.clone()
        out[:, [3, 5]] *= 4
        return out

    words = ["--unit", "inception4a/5x5", "--channels", "3,5", "--mode", "scale", "--factor", "4"]
    told = ablate(capsys, checkpoint, photo, *words)
    x = inputs[photo.name]
    before = heads(peer, x)
    with replaced(peer, "inception4a/5x5", halved):
        after = heads(peer, x)
    (one,) = told["photos"]
    target = one["target"]["index"]
    assert target == int(before["main"].argmax())
    assert told["interventions"] == "2 channels of inception4a/5x5 scaled by 4"
    for head, row in one["heads"].items():
        for when, logits in (("before", before[head]), ("after", after[head])):
            assert row[when]["logit"] == pytest.approx(float(logits[target]), abs=1e-4)
            share = float(logits.softmax(0)[target])
            assert row[when]["probability"] == pytest.approx(share, abs=1e-5)
            assert row[when]["top"] == CLASSES[int(logits.argmax())]
    moved = abs(float(before["main"][target] - after["main"][target]))
    assert moved > 1e-4


def test_a_mean_over_a_folder_stands_in_for_two_units(
    peer: nn.Module,
    checkpoint: Path,
    photo: Path,
    folder: Path,
    inputs: dict[str, Tensor],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    units = "inception4c/1x1", "inception4e/pool_proj"
    net = iv.load(checkpoint)
    traces = [net.trace(path) for path in sorted(folder.iterdir())]
    means = [np.mean([t[unit].mean((1, 2)) for t in traces], axis=0) for unit in units]
    stand = [torch.tensor(mean).view(1, -1, 1, 1) for mean in means]
    words = ["--mode", "mean", "--references", folder, "--target", "7", "--csv", tmp_path / "t.csv"]
    told = ablate(capsys, checkpoint, photo, "--unit", units[0], "--unit", units[1], *words)
    with (
        replaced(peer, units[0], lambda out: stand[0].expand_as(out)),
        replaced(peer, units[1], lambda out: stand[1].expand_as(out)),
    ):
        expected = heads(peer, inputs[photo.name])
    for head, row in told["photos"][0]["heads"].items():
        assert row["after"]["logit"] == pytest.approx(float(expected[head][7]), abs=1e-4)
    with (tmp_path / "t.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["head"] for row in rows] == ["aux1", "aux2", "main"]
    assert float(rows[2]["logit_after"]) == pytest.approx(float(expected["main"][7]), abs=1e-4)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--mode mean", "--references FOLDER go together"),
        ("--channels 3", "are of a --unit"),
        ("--unit a --unit b --channels 3", "of one --unit"),
        ("--unit a --conductance", "without --unit"),
        ("--factor 2", "--mode scale"),
        ("--unit a --channels x", "not a list of channels"),
    ],
)
def test_what_does_not_go_together_is_said(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["ablate", "demo", "cup.jpg", *words.split()])
    assert said in capsys.readouterr().err


def test_a_unit_and_a_channel_that_are_not_there_are_said(
    checkpoint: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["ablate", str(checkpoint), str(photo), "--unit", "inception9"]) == 2
    assert "no unit “inception9”" in capsys.readouterr().err
    line = ["ablate", str(checkpoint), str(photo), "--unit", "inception3a/5x5", "--channels", "32"]
    assert cli.main(line) == 2
    assert "32" in capsys.readouterr().err
