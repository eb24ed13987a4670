"""Our own format gives back everything, and fingerprints tell checkpoints apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from oracles import (
    randomise,
)
from safetensors.torch import save_file
from torch import Tensor

from inception_viewer.checkpoints import own
from inception_viewer.checkpoints.files import read_file
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights, fingerprint
from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import empty
from inception_viewer.questions import Preprocessing

State = dict[str, Tensor]


@pytest.fixture(scope="module")
def weights(checkpoint: Path) -> Weights:
    return read_checkpoint(checkpoint)


def sentence(path: Path) -> str:
    """The one sentence with which a file is refused."""
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    text = str(caught.value)
    assert text.startswith(f"{path.name}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path.name}: ")


@pytest.fixture(scope="module")
def full(weights: Weights) -> Weights:
    """Weights that differ from every default."""
    net = empty(variants.paper(12, batch_norm=False)).to_empty(device="cpu")
    randomise(net)
    said = {"recipe": '{"epochs": 3}', "date": "2026-11-22", "licence": "MIT", "accuracy": "{}"}
    return Weights(
        variant=net.variant,
        state=dict(net.state_dict()),
        classes=tuple(f"Ding {letter} “ü”" for letter in "abcdefghijkl"),
        preprocessing=Preprocessing(
            160, 192, "squeeze", 180, "BGR", 1.0, (104.0, 117.0, 123.0), (1.0, 2.0, 3.0)
        ),
        family="paper",
        heads={"aux1": "trained", "aux2": "untrained", "main": "fitted"},
        metadata=said,
    )


def test_own_file_gives_back_everything(full: Weights, tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    own.save(path, full)
    found = read_checkpoint(path)
    for name in ("variant", "classes", "preprocessing", "family", "heads", "metadata"):
        assert getattr(found, name) == getattr(full, name), name
    assert fingerprint(found) == fingerprint(full)
    assert found.warnings == ()
    assert not list(tmp_path.glob("*.part"))


def test_half_precision_halves_the_file_and_loads_as_float32(
    weights: Weights, tmp_path: Path
) -> None:
    path = tmp_path / "half.safetensors"
    own.save(path, weights, "float16")
    found = read_checkpoint(path)
    size = path.stat().st_size
    assert size < 2 * sum(t.numel() for t in weights.state.values()) + 200_000
    for name, tensor in weights.state.items():
        assert torch.equal(found.state[name], tensor.half().float()), name
    assert fingerprint(found) != fingerprint(weights)


def test_value_beyond_half_precision_is_refused(weights: Weights, tmp_path: Path) -> None:
    state = {**weights.state, "conv1.bn.running_var": torch.full((64,), 1e6)}
    path = tmp_path / "large.safetensors"
    with pytest.raises(CheckpointError, match=r"running_var.*float32"):
        own.save(path, replace(weights, state=state), "float16")
    assert not path.exists()


def test_file_that_cannot_be_written_is_said(weights: Weights, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be written"):
        own.save(tmp_path / "no folder" / "x.safetensors", weights)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": "99"}, "later Inception Viewer"),
        ({"variant": "{}"}, "damaged"),
        ({"variant": "nonsense"}, "damaged"),
        ({"preprocessing": '{"size": 3}'}, "damaged"),
        ({"classes": '["one"]'}, "names 1 classes, but its network has 12"),
    ],
)
def test_own_file_with_damaged_metadata(
    change: dict[str, str], words: str, full: Weights, tmp_path: Path
) -> None:
    path = tmp_path / "own.safetensors"
    own.save(path, full)
    contents = read_file(path)
    save_file(dict(contents.tensors), path, {**contents.metadata, **change})
    assert words in sentence(path)


def test_variant_survives_json_for_every_family() -> None:
    for variant in (
        variants.paper(5),
        variants.paper(5, batch_norm=False),
        variants.torchvision(7),
        replace(variants.torchvision(7), heads=("main",), kernel_5x5=5),
    ):
        assert own.variant_from_json(own.variant_to_json(variant)) == variant


# --- fingerprints ------------------------------------------------------------------------


def test_fingerprint_tells_weights_names_and_architectures_apart(weights: Weights) -> None:
    same = replace(weights, state=dict(reversed(list(weights.state.items()))))
    assert fingerprint(same) == fingerprint(weights)
    assert len(fingerprint(weights)) == 64
    nudged = weights.state["fc.linear.bias"].clone()
    nudged[0] = torch.nextafter(nudged[0], torch.tensor(1e9))
    swapped = dict(weights.state)
    swapped["aux1.fc1.linear.bias"], swapped["aux2.fc1.linear.bias"] = (
        swapped["aux2.fc1.linear.bias"],
        swapped["aux1.fc1.linear.bias"],
    )
    others = [
        replace(weights, state={**weights.state, "fc.linear.bias": nudged}),
        replace(weights, state=swapped),
        replace(weights, variant=replace(weights.variant, transform_input=True)),
    ]
    marks = {fingerprint(weights), *(fingerprint(other) for other in others)}
    assert len(marks) == 4


def test_fingerprint_does_not_depend_on_the_layout_in_memory(weights: Weights) -> None:
    name = "inception3a.3x3.conv.weight"
    moved = weights.state[name].contiguous(memory_format=torch.channels_last)
    assert fingerprint(replace(weights, state={**weights.state, name: moved})) == fingerprint(
        weights
    )
