"""Checkpoints in and out, whole and broken; torchvision's class is the oracle."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import CLASSES
from oracles import (
    MEAN,
    STD,
    batch,
    calibrate,
    our_state,
    randomise,
    relative_error,
    torchvision_activations,
    torchvision_net,
)
from safetensors.torch import save_file
from torch import Tensor, nn

from inception_viewer import paths
from inception_viewer.checkpoints import input_range, own, torchvision_dialect
from inception_viewer.checkpoints.catalogue import locate
from inception_viewer.checkpoints.describe import summary, verdict
from inception_viewer.checkpoints.labels import read_names
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights, fingerprint
from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet import variants
from inception_viewer.questions import Preprocessing

State = dict[str, Tensor]


@pytest.fixture(scope="module")
def state(peer: nn.Module) -> State:
    """The peer's state dict; tests change copies of the dictionary, never the tensors."""
    return {name: tensor.clone() for name, tensor in peer.state_dict().items()}


@pytest.fixture(scope="module")
def weights(checkpoint: Path) -> Weights:
    return read_checkpoint(checkpoint)


def written(path: Path, contents: Any) -> Path:
    torch.save(contents, path)
    return path


# --- torchvision's dialect ---------------------------------------------------------------


def test_every_tensor_arrives_under_the_name_of_its_unit(state: State, weights: Weights) -> None:
    expected = {k: v for k, v in our_state_of(state).items() if not k.endswith("tracked")}
    assert set(weights.state) == set(expected)
    assert all(torch.equal(weights.state[name], expected[name]) for name in expected)


def our_state_of(state: State) -> State:
    class Holder:
        def state_dict(self) -> State:
            return state

    return our_state(Holder())  # type: ignore[arg-type]


def test_names_go_there_and_back(state: State) -> None:
    for name in state:
        assert torchvision_dialect.theirs(torchvision_dialect.ours(name)) == name


def test_logits_of_all_heads_equal_torchvisions(peer: nn.Module, weights: Weights) -> None:
    x = batch(224, 224, count=2)
    with torch.no_grad():
        reference = torchvision_activations(peer, x)
        ours = weights.network()(x)
    for head, unit in (("aux1", "aux1/fc2"), ("aux2", "aux2/fc2"), ("main", "fc")):
        assert relative_error(ours[head], reference[unit]) < 1e-4


def test_what_is_known_of_it(weights: Weights) -> None:
    assert weights.family == weights.variant.name == "torchvision"
    assert weights.variant == variants.torchvision(12, transform_input=False)
    assert weights.classes == CLASSES
    assert weights.heads == {"aux1": "trained", "aux2": "trained", "main": "trained"}
    assert weights.preprocessing == Preprocessing()
    expected = "torchvision, 3x3 in the “5x5” branch, batch norm, heads trained"
    assert verdict(weights) == expected
    lines = dict(summary(weights))
    assert lines["Max pools"] == "3x3/2, 3x3/2, 3x3/2, 2x2/2"
    assert lines["Classes"] == "12"


def test_parameters_are_counted_as_torch_counts_them(peer: nn.Module, weights: Weights) -> None:
    assert weights.parameters == sum(p.numel() for p in peer.parameters())


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: {f"module.{k}": v for k, v in s.items()},
        lambda s: {f"_orig_mod.model.{k}": v for k, v in s.items()},
        lambda s: {"state_dict": s, "epoch": 3, "optimizer": {"state": {}}},
        lambda s: {"model": {f"module.{k}": v for k, v in s.items()}},
        lambda s: {**{f"net.{k}": v for k, v in s.items()}, "loss.weight": torch.ones(3)},
    ],
    ids=["module", "compiled", "state_dict", "both", "besides"],
)
def test_wrappers_and_prefixes_change_nothing(
    wrap: Callable[[State], Any], state: State, weights: Weights, tmp_path: Path
) -> None:
    found = read_checkpoint(written(tmp_path / "wrapped.pt", wrap(state)))
    assert fingerprint(found) == fingerprint(weights)


def test_safetensors_holds_the_same(state: State, weights: Weights, tmp_path: Path) -> None:
    path = tmp_path / "same.safetensors"
    save_file(state, path, {"classes": json.dumps(list(CLASSES))})
    found = read_checkpoint(path)
    assert fingerprint(found) == fingerprint(weights)
    assert found.classes == CLASSES


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_read_as_float32(
    dtype: torch.dtype, state: State, tmp_path: Path
) -> None:
    cast = {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}
    found = read_checkpoint(written(tmp_path / "cast.pth", cast))
    assert {tensor.dtype for tensor in found.state.values()} == {torch.float32}
    kernels = found.state["conv1.conv.weight"]
    assert torch.equal(kernels, state["conv1.conv.weight"].to(dtype).float())


@pytest.mark.parametrize("gone", [("aux1",), ("aux2",), ("aux1", "aux2")])
def test_heads_may_be_absent(gone: tuple[str, ...], state: State, tmp_path: Path) -> None:
    kept = {k: v for k, v in state.items() if not k.startswith(gone)}
    found = read_checkpoint(written(tmp_path / "few.pth", kept))
    present = tuple(head for head in variants.HEADS if head not in gone)
    assert found.variant.heads == present
    assert all((found.heads[h] == "absent") == (h in gone) for h in variants.HEADS)
    with torch.no_grad():
        assert set(found.network()(batch(64, 64, count=1))) == set(present)


def test_head_with_other_classes_is_left_out_and_said(state: State, tmp_path: Path) -> None:
    changed = {
        **state,
        "aux1.fc2.weight": torch.ones(1000, 1024),
        "aux1.fc2.bias": torch.ones(1000),
    }
    found = read_checkpoint(written(tmp_path / "tuned.pth", changed))
    assert found.heads["aux1"] == "absent"
    assert "aux1 was left out: it has 1000 classes and the main head 12." in found.warnings


def test_classifier_inside_a_sequential_is_the_classifier(
    state: State, weights: Weights, tmp_path: Path
) -> None:
    moved = {k.replace("fc.", "fc.1.") if k.startswith("fc.") else k: v for k, v in state.items()}
    found = read_checkpoint(written(tmp_path / "sequential.pth", moved))
    assert fingerprint(found) == fingerprint(weights)


def test_heads_left_as_initialised_are_untrained(tmp_path: Path) -> None:
    """Train one step with a loss on the main head alone, as torchvision's file was trained."""
    net = torchvision_net(12)
    for norm in (net.aux1.conv.bn, net.aux2.conv.bn):
        norm.reset_parameters()
    optimizer = torch.optim.SGD(net.parameters(), 0.01, weight_decay=1e-4)
    net.train()
    main = net(batch(96, 96, count=2)).logits
    main.square().mean().backward()
    optimizer.step()
    found = read_checkpoint(written(tmp_path / "main-only.pth", net.state_dict()))
    assert found.heads == {"aux1": "untrained", "aux2": "untrained", "main": "trained"}
    assert "Never trained: aux1, aux2; what they say means nothing." in found.warnings
    assert verdict(found).endswith("auxiliary heads untrained")


def test_kernel_of_the_third_branch_is_read_from_its_shape(tmp_path: Path) -> None:
    net = true_five_by_five()
    found = read_checkpoint(written(tmp_path / "five.pth", net.state_dict()))
    assert found.variant.kernel_5x5 == 5
    assert "true 5x5" in verdict(found)
    x = batch(224, 224, count=1)
    with torch.no_grad():
        assert relative_error(found.network()(x)["main"], net(x)) < 1e-4


def true_five_by_five() -> nn.Module:
    """torchvision's class with 5x5 kernels put into its third branches."""
    net = torchvision_net(7, transform_input=False)
    for module in net.modules():
        if hasattr(module, "branch3"):
            old = module.branch3[1].conv
            module.branch3[1].conv = nn.Conv2d(
                old.in_channels, old.out_channels, 5, padding=2, bias=False
            )
    randomise(net, seed=4)
    calibrate(net)
    return net.eval()


# --- what the input's range was -------------------------------------------------------------


@pytest.fixture(scope="module")
def conv1_statistics() -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """Kernels, and the variance they give on photos of some range, by torch's own batch norm."""
    conv = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
    randomise(conv, seed=2)

    def measure(x: Tensor) -> tuple[Tensor, Tensor]:
        norm = nn.BatchNorm2d(64, momentum=1.0)
        with torch.no_grad():
            norm(conv(x))
        return conv.weight.data, norm.running_var

    return measure


@pytest.mark.parametrize(
    ("scaled", "expected"),
    [
        (lambda photos: (photos - MEAN) / STD, "imagenet"),
        (lambda photos: 2 * photos - 1, "signed"),
        (lambda photos: photos, "unit"),
        (lambda photos: photos * 255, None),
    ],
    ids=["imagenet", "signed", "unit", "bytes"],
)
def test_input_range_is_told_from_batch_norm(
    conv1_statistics: Any, scaled: Callable[[Tensor], Tensor], expected: str | None
) -> None:
    photos = batch(224, 224) * STD + MEAN
    assert input_range.estimate(*conv1_statistics(scaled(photos))) == expected


def test_fresh_batch_norm_tells_nothing() -> None:
    assert input_range.estimate(torch.rand(8, 3, 7, 7), torch.ones(8)) is None


def test_range_decides_the_preprocessing_and_is_said(tmp_path: Path) -> None:
    signed = torchvision_net(12, transform_input=True)
    found = read_checkpoint(written(tmp_path / "signed.pth", signed.state_dict()))
    assert found.variant.transform_input
    assert found.preprocessing == Preprocessing()
    assert any("judged by conv1's batch norm: -1..1." in text for text in found.warnings)


def test_torchvisions_own_file_is_known_by_its_name(state: State, tmp_path: Path) -> None:
    path = written(tmp_path / "googlenet-1378be20.pth", state)
    found = read_checkpoint(path)
    assert found.variant.transform_input
    assert not any("scaled" in text for text in found.warnings)


# --- class names -----------------------------------------------------------------------------


def test_names_beside_the_file_must_fit(state: State, tmp_path: Path) -> None:
    path = written(tmp_path / "net.pth", state)
    path.with_suffix(".txt").write_text("one\ntwo\n")
    found = read_checkpoint(path)
    assert found.classes[:2] == ("class 0", "class 1")
    assert any("it has 2 and the network 12" in text for text in found.warnings)
    path.with_suffix(".json").write_text(json.dumps(list(CLASSES)))
    assert read_checkpoint(path).classes == CLASSES


@pytest.mark.parametrize(
    ("suffix", "text", "names"),
    [
        (".txt", "\ufeffcup\r\n\r\n  ewer \n", ("cup", "ewer")),
        (".json", '["cup", "ewer"]', ("cup", "ewer")),
        (".json", '{"10": "ewer", "2": "cup"}', ("cup", "ewer")),
        (".json", '{"classes": ["cup"]}', ("cup",)),
        (".json", "not json", ()),
        (".json", '{"cup": 1}', ()),
        (".json", "3", ()),
    ],
)
def test_class_files(suffix: str, text: str, names: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / f"names{suffix}"
    path.write_text(text, encoding="utf-8")
    assert read_names(path) == names


def test_class_file_in_another_encoding_is_no_reason_to_fail(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("Häuser\n".encode("latin-1"))
    assert read_names(path) == ()


def test_thousand_classes_are_imagenets(state: State, tmp_path: Path) -> None:
    thousand = {k: v for k, v in state.items() if not k.startswith("aux")}
    thousand |= {"fc.weight": torch.ones(1000, 1024), "fc.bias": torch.ones(1000)}
    found = read_checkpoint(written(tmp_path / "many.pth", thousand))
    assert found.classes[0] == "tench"
    assert found.classes[504] == "coffee mug"
    assert len(set(found.classes)) > 990


# --- names and assets --------------------------------------------------------------------


def test_demo_is_an_asset_and_anything_else_a_path(tmp_path: Path) -> None:
    name, path = locate("demo")
    assert name == "demo"
    assert path.name == "demo.safetensors"
    assert path.is_file()
    assert locate(tmp_path / "my net.pth") == ("my net.pth", tmp_path / "my net.pth")


@pytest.mark.parametrize("place", ["package", "repository"])
def test_assets_are_found_in_the_package_or_beside_it(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "repository" / "inception_viewer"
    monkeypatch.setattr(paths, "PACKAGE", package)
    home = package if place == "package" else package.parent
    (home / "assets").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"cup\.txt"):
        paths.asset("cup.txt")
    (home / "assets" / "cup.txt").write_text("x")
    assert paths.asset("cup.txt") == home / "assets" / "cup.txt"


def test_missing_demo_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "PACKAGE", tmp_path)
    with pytest.raises(CheckpointError, match=r"demo\.safetensors.*is missing"):
        locate("demo")


def test_reading_ours_does_not_import_torchvision(weights: Weights, tmp_path: Path) -> None:
    """Importing torchvision takes over a second; only ImageNet's class names need it."""
    path = tmp_path / "own.safetensors"
    own.save(path, weights)
    code = (
        "import sys; from inception_viewer.checkpoints.read import read_checkpoint;"
        f"read_checkpoint({str(path)!r}); print('torchvision' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "False"
