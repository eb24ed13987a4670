"""What is no GoogLeNet, or a damaged one, is refused in one sentence that says why."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.errors import CheckpointError

State = dict[str, Tensor]


@pytest.fixture(scope="module")
def state(peer: nn.Module) -> State:
    """The peer's state dict; tests change copies of the dictionary, never the tensors."""
    return {name: tensor.clone() for name, tensor in peer.state_dict().items()}


def written(path: Path, contents: Any) -> Path:
    torch.save(contents, path)
    return path


def sentence(path: Path) -> str:
    """The one sentence with which a file is refused."""
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    text = str(caught.value)
    assert text.startswith(f"{path.name}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path.name}: ")


def test_missing_tensor_is_named_as_in_the_file(state: State, tmp_path: Path) -> None:
    few = {k: v for k, v in state.items() if k != "inception4c.branch3.1.conv.weight"}
    expected = (
        "It looks like a torchvision-style GoogLeNet, "
        "but “inception4c.branch3.1.conv.weight” of shape (64, 24, 3, 3) is missing."
    )
    assert sentence(written(tmp_path / "few.pth", few)) == expected
    half = {k: v for k, v in state.items() if "inception5" not in k}
    text = sentence(written(tmp_path / "half.pth", half))
    assert "but “inception5a.branch1.conv.weight” of shape (256, 832, 1, 1), " in text
    assert "“inception5a.branch1.bn.bias” of shape (256,) and 57 more tensors are missing" in text


def test_wrong_shape_says_what_was_expected(state: State, tmp_path: Path) -> None:
    name = "inception4a.branch2.1.conv.weight"
    wrong = {**state, name: state[name][:204]}
    text = sentence(written(tmp_path / "wrong.pth", wrong))
    assert f"“{name}” has shape (204, 96, 3, 3) where (208, 96, 3, 3) is expected" in text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_not_finite_are_refused(
    value: float, state: State, tmp_path: Path
) -> None:
    damaged = state["conv2.conv.weight"].clone()
    damaged[0, 0, 0, 0] = value
    text = sentence(written(tmp_path / "nan.pth", {**state, "conv2.conv.weight": damaged}))
    assert "“conv2.conv.weight” holds 1 value that is not finite" in text


def test_negative_variance_is_refused(state: State, tmp_path: Path) -> None:
    name = "conv1.bn.running_var"
    text = sentence(written(tmp_path / "var.pth", {**state, name: -state[name]}))
    assert f"“{name}” holds negative variances" in text


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("layer1.0.conv1.weight", "a ResNet"),
        ("module.features.0.weight", "a VGG or AlexNet"),
        ("Mixed_5b.branch1x1.conv.weight", "an Inception v3"),
    ],
)
def test_other_networks_are_recognised(name: str, what: str, tmp_path: Path) -> None:
    text = sentence(
        written(tmp_path / "other.pth", {name: torch.ones(1), "fc.bias": torch.ones(2)})
    )
    assert f"This looks like {what}" in text


def test_unknown_network_shows_its_first_tensors(tmp_path: Path) -> None:
    text = sentence(written(tmp_path / "odd.pth", {"alpha": torch.ones(1), "beta": torch.ones(1)}))
    assert text == (
        "This is no GoogLeNet that is known here: its 2 tensors begin with “alpha” of shape (1,), "
        "“beta” of shape (1,), where torchvision's has “conv1.conv.weight” of shape "
        "(64, 3, 7, 7), “conv1.bn.weight” of shape (64,)."
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"class names\nof a network\n", "a text file"),
        (b"\xff\xd8\xff\xe0 some photo", "a JPEG photo"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"),
        (b"<!DOCTYPE html>", "a web page"),
        (b"\x00\x01\x02\x03", "a file of an unknown kind"),
        (b"PK\x03\x04 cut short", "damaged or cut short"),
        (b"\x80\x02garbage", "damaged"),
        (b"\xff\xff\xff\x00\x00\x00\x00\x00{", "damaged or cut short"),
    ],
)
def test_files_that_are_no_checkpoints(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "file.pth"
    path.write_bytes(data)
    assert words in sentence(path)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    assert sentence(tmp_path / "none.pth") == "There is no such file."
    assert "folder" in sentence(tmp_path)


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_truncated_files_are_said_to_be_cut_short(kind: str, state: State, tmp_path: Path) -> None:
    path = tmp_path / f"cut.{kind}"
    if kind == "pth":
        torch.save(state, path)
    else:
        save_file(state, path)
    size = path.stat().st_size
    for share in (0.9999, 0.99, 0.5, 0.1, 0.0001):
        os.truncate(path, int(size * share))
        assert "cut short" in sentence(path), share


def test_pickled_model_is_refused_without_running_it(tmp_path: Path) -> None:
    path = tmp_path / "evil.pth"
    mark = tmp_path / "it ran"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (mark,)

    path.write_bytes(pickle.dumps(Evil()))
    assert "save the model's state_dict() instead" in sentence(path)
    torch.save({"state_dict": Evil()}, path)
    assert "save the model's state_dict() instead" in sentence(path)
    assert not mark.exists()


@pytest.mark.parametrize("contents", [[1, 2], {"epoch": 3}, {"state_dict": {}}, torch.ones(3)])
def test_files_without_named_weights(contents: Any, tmp_path: Path) -> None:
    assert "no weights by name" in sentence(written(tmp_path / "odd.pth", contents))
