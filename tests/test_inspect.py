"""``inception-viewer inspect``: the card, the JSON, and files that are no checkpoints."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
import torch
from caffe_files import caffemodel, googlenet, random_blobs
from conftest import CLASSES
from tensorflow_files import graph
from tensorflow_files import weights as fiveh_weights
from torch import nn

from inception_viewer import cli, paths
from inception_viewer.questions import Preprocessing


def inspected(capsys: pytest.CaptureFixture[str], path: Path | str) -> dict[str, Any]:
    assert cli.main(["inspect", str(path), "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    said: dict[str, Any] = json.loads(out)
    return said


def test_the_demo(capsys: pytest.CaptureFixture[str]) -> None:
    said = inspected(capsys, "demo")
    assert said["family"] == "paper"
    assert said["kernel_5x5"] == 5
    assert said["normalisation"] == "batch_norm"
    assert said["classes"] == 101
    assert said["class_source"] == "the file itself"
    assert said["heads"] == {"aux1": "trained", "aux2": "trained", "main": "trained"}
    assert said["preprocessing"]["resize"] == "squeeze"
    assert said["preprocessing"]["transform_input"] is False
    assert {field.name for field in fields(Preprocessing)} < set(said["preprocessing"])
    data = paths.asset("demo.safetensors").read_bytes()
    assert said["sha256"] == hashlib.sha256(data).hexdigest()
    assert said["warnings"] == []
    assert said["suggestion"]["better"] is None
    assert sum(one["in_use"] for one in said["suggestion"]["ranked"]) == 1
    assert said["evidence"]["aux1"]["above_chance"] > 15


def test_a_torchvision_checkpoint(
    capsys: pytest.CaptureFixture[str], checkpoint: Path, peer: nn.Module
) -> None:
    said = inspected(capsys, checkpoint)
    assert said["family"] == "torchvision"
    assert said["kernel_5x5"] == 3
    assert said["normalisation"] == "batch_norm"
    assert said["classes"] == len(CLASSES)
    assert said["class_source"] == "twelve.txt, beside the file"
    assert said["parameters"] == sum(parameter.numel() for parameter in peer.parameters())
    assert said["sha256"] == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert said["preprocessing"] == {
        **json.loads(json.dumps(asdict(Preprocessing()))),
        "transform_input": False,
    }
    assert any("how its input is scaled" in warning for warning in said["warnings"])
    # Random numbers, which nothing says were trained: no convention is suggested for them.
    assert any("cannot be told from random numbers" in warning for warning in said["warnings"])
    assert said["suggestion"] is None


def test_a_fresh_one_and_one_without_heads(
    capsys: pytest.CaptureFixture[str], peer: nn.Module, tmp_path: Path
) -> None:
    kept = {name: t for name, t in peer.state_dict().items() if not name.startswith("aux2")}
    torch.manual_seed(0)
    fresh = nn.Linear(1024, 12)
    kept |= {"aux1.fc2.weight": fresh.weight.data, "aux1.fc2.bias": fresh.bias.data}
    torch.save(kept, tmp_path / "net.pth")
    said = inspected(capsys, tmp_path / "net.pth")
    assert said["heads"] == {"aux1": "untrained", "aux2": "absent", "main": "trained"}
    assert "Never trained: aux1; what they say means nothing." in said["warnings"]
    assert said["class_source"] == "nowhere: they are numbered"


def test_other_families(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    layers = googlenet(12)
    (tmp_path / "net.caffemodel").write_bytes(caffemodel(layers, random_blobs(layers)))
    said = inspected(capsys, tmp_path / "net.caffemodel")
    assert (said["family"], said["kernel_5x5"], said["normalisation"]) == ("bvlc", 5, "lrn")
    assert said["preprocessing"]["channels"] == "BGR"
    assert said["convention"].startswith("0 to 255 minus (104, 117, 123), BGR (Caffe)")
    (tmp_path / "net.pb").write_bytes(graph(fiveh_weights(0)))
    said = inspected(capsys, tmp_path / "net.pb")
    assert (said["family"], said["kernel_5x5"], said["normalisation"]) == ("inception5h", 5, "lrn")
    assert said["classes"] == 1008
    assert said["class_source"].startswith("Inception 5h's 1008")
    assert said["convention"].startswith("0 to 255 minus 117, RGB (Inception 5h)")


def test_the_card_says_the_same_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", "demo"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0].split(maxsplit=1) == [
        "Verdict",
        "paper, true 5x5, batch norm, heads trained",
    ]
    labels = [line.split("  ")[0] for line in lines if not line.startswith(" ")]
    assert labels == [
        "Verdict", "Recognised by", "“5x5” branch", "Normalisation", "Classes", "Head aux1",
        "Head aux2", "Head main", "Input", "Samples", "Parameters", "Multiply-adds", "SHA-256",
        "Warnings",
    ]  # fmt: skip
    assert re.search(r"Parameters +10,621,391$", out, re.MULTILINE)
    assert "12 sample photos do not speak against this input" in out


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("gone.pth", None, "gone.pth: There is no such file."),
        ("text.pth", b"just text\n", "text.pth: This is not a checkpoint but a text file."),
        ("empty.pth", b"", "empty.pth: The file is empty."),
        ("cut.safetensors", b"\x40\0\0\0\0\0\0\0{", "cut.safetensors: This safetensors file is"),
    ],
)
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_what_cannot_be_read_is_one_sentence(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: str,
    data: bytes | None,
    words: str,
    option: list[str],
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    assert cli.main(["inspect", str(tmp_path / name), *option]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"inception-viewer: {words}")
    assert err.count("\n") == 1
    assert err.endswith("\n")


def test_a_folder_and_another_network(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    torch.save({"layer1.0.conv1.weight": torch.ones(1)}, tmp_path / "resnet.pth")
    for path, words in ((tmp_path, "a folder"), (tmp_path / "resnet.pth", "looks like a ResNet")):
        assert cli.main(["inspect", str(path)]) == 2
        err = capsys.readouterr().err
        assert words in err
        assert err.count("\n") == 1


def test_help_names_it_and_it_runs_as_a_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "inception_viewer"]
    told = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert "inception-viewer inspect FILE [--json]" in told.stdout
    (tmp_path / "photo.pth").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    done = subprocess.run(
        [*command, "inspect", str(tmp_path / "photo.pth"), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "inception-viewer: photo.pth: This is not a checkpoint but a JPEG photo.\n"
    )
