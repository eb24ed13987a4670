"""Inception 5h's files: every spelling is the same network, and what is said of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow_files as files
import torch
import torch.nn.functional as F
from fiveh_network import (
    captum,
    constants,
    frozen_graph,
    graph_net,
    graph_weights,
    lucent,
    published_captum,
    random_arrays,
    thin_network,
    thin_weights,
    to_torch,
)
from torch import nn
from torchvision.models import GoogLeNet_Weights

from inception_viewer.checkpoints import own
from inception_viewer.checkpoints.describe import verdict
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights, fingerprint
from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import GoogLeNet
from inception_viewer.images.preprocess import normalise

__all__ = ["frozen_graph", "graph_net", "graph_weights", "random_arrays", "thin_network"]
"""Fixtures."""


# --- the other spellings -----------------------------------------------------------------


@pytest.mark.parametrize(("spell", "prefix"), [(captum, "module."), (published_captum, "")])
def test_captums_file_is_the_graph(spell, prefix: str, random_weights, weights, tmp_path) -> None:
    path = tmp_path / "inception5h.pth"
    state = to_torch(random_weights, spell)
    assert ("aux1.loss_fc.weight" in state) is (spell is published_captum)
    torch.save({prefix + name: tensor for name, tensor in state.items()}, path)
    found = read_checkpoint(path)
    assert fingerprint(found) == fingerprint(weights)
    assert found.heads == {"aux1": "trained", "aux2": "trained", "main": "trained"}
    assert found.family == "inception5h"
    assert not found.warnings


def test_lucents_file_has_the_main_head_alone(random_weights, weights, tmp_path) -> None:
    path = tmp_path / "inception5h.pth"
    trunk = {n: a for n, a in random_weights.items() if n[:4] not in ("head", "nn0_", "nn1_")}
    trunk = {n: a for n, a in trunk.items() if n[:8] not in ("softmax0", "softmax1")}
    torch.save(to_torch(trunk, lucent), path)
    found = read_checkpoint(path)
    assert found.heads == {"aux1": "absent", "aux2": "absent", "main": "trained"}
    assert found.variant == replace(weights.variant, heads=("main",))
    assert all(torch.equal(tensor, weights.state[name]) for name, tensor in found.state.items())
    assert verdict(found).endswith("auxiliary heads absent")


def test_a_graph_imported_under_a_name_is_known(thin: Weights, tmp_path) -> None:
    path = tmp_path / "imported.pb"
    path.write_bytes(constants({f"import/{n}": a for n, a in thin_weights().items()}))
    assert fingerprint(read_checkpoint(path)) == fingerprint(thin)


def test_half_precision_and_listed_numbers_are_read(thin: Weights, tmp_path) -> None:
    """Content of half the width, of twice the width, and numbers one by one."""
    path = tmp_path / "forms.pb"
    nodes = []
    for name, array in thin_weights().items():
        if name == "mixed3a_1x1_w":
            nodes.append(files.constant(name, array.astype(np.float16)))
        elif name == "mixed3a_1x1_b":
            nodes.append(files.constant(name, array.astype(np.float16), "values"))
        elif name == "mixed3b_1x1_w":
            nodes.append(files.constant(name, array.astype(np.float64), "values"))
        else:
            nodes.append(files.constant(name, array, "values" if "4a" in name else "content"))
    path.write_bytes(b"".join(nodes))
    found = read_checkpoint(path)
    for name, tensor in thin.state.items():
        halved = name.startswith("inception3a.1x1")
        expected = tensor.half().float() if halved else tensor
        assert torch.equal(found.state[name], expected), name


@pytest.mark.usefixtures("thin")
@pytest.mark.parametrize("left", [1, 5])
def test_numbers_left_out_at_the_end_are_the_last(left: int, tmp_path) -> None:
    """TensorFlow leaves out what repeats, and reads it so."""
    path = tmp_path / "short.pb"
    short = np.arange(1, left + 1, dtype=np.float32)
    rest = {n: a for n, a in thin_weights().items() if n != "conv2d0_b"}
    value = files.data(8, files.tensor(short, "values", sizes=(64,)))
    node = files.node("conv2d0_b", "Const", dtype=files.FLOAT, value=value)
    path.write_bytes(constants(rest) + node)
    expected = [*short, *[float(left)] * (64 - left)]
    assert read_checkpoint(path).state["conv1.conv.bias"].tolist() == expected


def test_our_own_format_keeps_it(weights: Weights, net: GoogLeNet, tmp_path) -> None:
    path = tmp_path / "kept.safetensors"
    own.save(path, weights)
    found = read_checkpoint(path)
    assert found.variant == weights.variant
    assert fingerprint(found) == fingerprint(weights)
    assert (found.family, found.classes) == ("inception5h", weights.classes)
    assert found.preprocessing == weights.preprocessing


def test_an_older_file_of_ours_is_padded_symmetrically() -> None:
    said = json.loads(own.variant_to_json(variants.paper(4)))
    assert said.pop("padding") == "symmetric"
    assert own.variant_from_json(json.dumps(said)) == variants.paper(4)


# --- what is said of a file --------------------------------------------------------------


def test_the_verdict_names_and_input(weights: Weights) -> None:
    assert verdict(weights) == (
        "inception5h, true 5x5, local response normalisation, heads trained"
    )
    assert weights.variant == variants.inception5h()
    assert weights.parameters == sum(a.size for a in files.weights(0).values())
    grey = normalise(np.full((1, 1, 3), [116, 117, 119], np.uint8), weights.preprocessing)
    assert grey[:, 0, 0].tolist() == [-1.0, 0.0, 2.0]


def test_class_names_are_imagenets_in_the_order_of_2012(weights: Weights) -> None:
    names = weights.classes
    assert len(names) == 1008
    assert names[1:4] == ("kit fox", "English setter", "Siberian husky")
    assert names[1000] == "dumbbell"
    assert [name for name in names if name.startswith("dummy")] == [
        names[0],
        *names[1001:],
    ]
    assert len(set(names)) == 1008
    assert set(names[1:1001]) == set(GoogLeNet_Weights.IMAGENET1K_V1.meta["categories"])


def test_the_stored_order_agrees_with_wordnets() -> None:
    """Sorted by WordNet id the list is torchvision's."""
    path = Path(__file__).parents[1] / "assets" / "labels" / "ilsvrc2012_order.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    ordered = [line.partition(" ")[2] for line in sorted(lines)]
    assert ordered == GoogLeNet_Weights.IMAGENET1K_V1.meta["categories"]


def test_a_head_as_pytorch_initialises_it_is_untrained(random_weights, tmp_path) -> None:
    path = tmp_path / "fresh.pth"
    state = to_torch(random_weights, captum)
    torch.manual_seed(0)
    for name, layer in (("conv", nn.Conv2d(528, 128, 1)), ("fc1", nn.Linear(2048, 1024))):
        state |= {f"aux2.{name}.{leaf}": t.detach() for leaf, t in layer.named_parameters()}
    fresh = nn.Linear(1024, 1008)
    state |= {f"aux2.fc2.{leaf}": t.detach() for leaf, t in fresh.named_parameters()}
    torch.save(state, path)
    found = read_checkpoint(path)
    assert found.heads == {"aux1": "trained", "aux2": "untrained", "main": "trained"}
    assert "Never trained: aux2" in found.warnings[0]


def test_a_head_with_other_classes_is_left_out(random_weights, tmp_path) -> None:
    path = tmp_path / "other.pb"
    changed = dict(random_weights)
    changed["softmax2_w"], changed["softmax2_b"] = changed["softmax2_w"][:, :7], np.ones(7, "f4")
    changed["softmax1_w"], changed["softmax1_b"] = changed["softmax1_w"][:, :7], np.ones(7, "f4")
    path.write_bytes(constants(changed))
    path.with_suffix(".txt").write_text("\n".join("abcdefg"))
    found = read_checkpoint(path)
    assert found.heads == {"aux1": "absent", "aux2": "trained", "main": "trained"}
    assert found.warnings == ("aux1 was left out: it has 1008 classes and main 7.",)
    assert found.classes == tuple("abcdefg")


def test_heads_converted_without_reordering_are_mended(random_weights, tmp_path) -> None:
    """Told by smoothness over the map, which trained heads have."""
    right, wrong = tmp_path / "right.pth", tmp_path / "wrong.pth"
    state = to_torch(random_weights, captum)
    noise = state["aux1.fc1.weight"].reshape(1024, 128, 4, 4)
    smooth = F.avg_pool2d(F.pad(noise, (1, 1, 1, 1), mode="replicate"), 3, 1).contiguous()
    state["aux1.fc1.weight"] = smooth.reshape(1024, 2048)
    torch.save(state, right)
    state["aux1.fc1.weight"] = smooth.permute(0, 2, 3, 1).reshape(1024, 2048)
    torch.save(state, wrong)
    found, mended = read_checkpoint(right), read_checkpoint(wrong)
    assert not found.warnings
    assert "TensorFlow's order" in mended.warnings[0]
    assert fingerprint(found) == fingerprint(mended)


def test_a_graphs_own_normalisation_is_taken(frozen: Path, tmp_path) -> None:
    """A graph with a radius of 2 is run with a radius of 2, and it is said."""
    path = tmp_path / "radius.pb"
    content = frozen.read_bytes()
    radius = files.attribute("depth_radius", files.number(3, 5))
    assert content.count(radius) == 2
    path.write_bytes(content.replace(radius, files.attribute("depth_radius", files.number(3, 2))))
    found = read_checkpoint(path)
    assert found.variant.lrn is not None
    assert (found.variant.lrn.size, found.variant.lrn.k) == (5, 2.0)
    assert found.variant.lrn.alpha == pytest.approx(5e-4, rel=1e-6)
    assert "not the released graph's" in found.warnings[0]
    path.write_bytes(
        content.replace(radius, files.attribute("depth_radius", files.number(3, 2)), 1)
    )
    with pytest.raises(CheckpointError, match="two local response normalisations differ"):
        read_checkpoint(path)
