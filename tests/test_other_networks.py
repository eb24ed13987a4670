"""Other networks are named, with what they have and what a GoogLeNet would have there.

The state dicts are torchvision's own models'; their numbers are left out, for only names and
shapes are told.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torchvision
from torch import Tensor, nn

from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.errors import CheckpointError

MODELS = {
    "resnet18": "a ResNet",
    "resnext50_32x4d": "a ResNet",
    "vgg11": "a VGG or AlexNet",
    "alexnet": "a VGG or AlexNet",
    "squeezenet1_0": "a SqueezeNet",
    "densenet121": "a DenseNet",
    "inception_v3": "an Inception v3",
    "mobilenet_v2": "a MobileNet, EfficientNet or ConvNeXt",
    "efficientnet_b0": "a MobileNet, EfficientNet or ConvNeXt",
    "shufflenet_v2_x1_0": "a ShuffleNet v2",
    "regnet_y_400mf": "a RegNet",
    "vit_b_16": "a vision transformer",
}


def named(name: str) -> dict[str, Tensor]:
    """A model's state dict, each tensor one number seen many times."""
    more = {"init_weights": False} if name in ("inception_v3", "googlenet") else {}
    # RegNet's initialisation wants numbers.
    with torch.device("cpu" if name.startswith("regnet") else "meta"):
        net: nn.Module = torchvision.models.get_model(name, weights=None, **more)
    return {key: torch.zeros(()).expand(value.shape) for key, value in net.state_dict().items()}


def sentence(path: Path, contents: object) -> str:
    torch.save(contents, path)
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    return str(caught.value).removeprefix(f"{path.name}: ")


@pytest.mark.parametrize("name", MODELS)
def test_torchvisions_other_models(name: str, tmp_path: Path) -> None:
    state = named(name)
    begin = ", ".join(f"“{key}” of shape {tuple(state[key].shape)}" for key in list(state)[:2])
    for wrapped in (state, {"state_dict": state}):
        text = sentence(tmp_path / "other.pth", wrapped)
        assert text == (
            f"This looks like {MODELS[name]}, not a GoogLeNet that can be shown: its {len(state)} "
            f"tensors begin with {begin}, where torchvision's has “conv1.conv.weight” of shape "
            "(64, 3, 7, 7), “conv1.bn.weight” of shape (64,)."
        )


def test_a_googlenet_of_other_widths_says_shapes_found_and_expected(tmp_path: Path) -> None:
    state = named("googlenet")
    state["inception4a.branch1.conv.weight"] = torch.zeros(()).expand(96, 480, 1, 1)
    assert sentence(tmp_path / "wide.pth", state) == (
        "“conv1.conv.weight” repeats its numbers (an expanded tensor); save it with .clone()."
    )
    for key in state:
        if not key.startswith("inception"):
            state[key] = state[key].clone()
    del state["inception3a.branch1.conv.weight"]
    state["inception3a.branch1.conv.weight"] = torch.zeros(48, 192, 1, 1)
    assert sentence(tmp_path / "wide.pth", state) == (
        "It looks like a torchvision-style GoogLeNet, but “inception3a.branch1.conv.weight” has "
        "shape (48, 192, 1, 1) where (64, 192, 1, 1) is expected."
    )


def test_kernels_of_no_googlenet_are_said(tmp_path: Path) -> None:
    state = named("googlenet")
    state["inception3a.branch3.1.conv.weight"] = torch.zeros(32, 16, 7, 7)
    assert sentence(tmp_path / "seven.pth", state) == (
        "It looks like a torchvision-style GoogLeNet, but the kernels of its third branch are 7x7; "
        "GoogLeNets have 3x3 or 5x5."
    )


@pytest.mark.parametrize("shape", [(), (12,), (0, 1024), (10**9, 1024)])
def test_a_classifier_that_cannot_be(shape: tuple[int, ...], tmp_path: Path) -> None:
    state = named("googlenet")
    state["fc.weight"] = torch.zeros(()).expand(shape) if shape != (0, 1024) else torch.zeros(shape)
    text = sentence(tmp_path / "odd.pth", state)
    assert f"“fc.weight” has shape {shape} where (classes, 1024) is expected" in text
