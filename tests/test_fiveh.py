"""Inception 5h against TensorFlow itself, OpenCV's reader and plain functions.

What TensorFlow makes of the graphs is stored (``tests/stored/inception5h_tensorflow.npz``);
to store it anew, in an environment of its own::

    python -m venv tf && tf/bin/pip install tensorflow-cpu
    tf/bin/python tests/store_tensorflow.py
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow_files as files
import torch
import torch.nn.functional as F
from fiveh_network import (
    STORED,
    TOLERANCE,
    frozen_graph,
    graph_net,
    graph_weights,
    pixels,
    random_arrays,
    thin_network,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import MODULE_NAMES, randomise, relative_error
from torch import Tensor

from inception_viewer.checkpoints.weights import Weights
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import GoogLeNet, activations, empty, fold
from inception_viewer.googlenet.graph import graph
from inception_viewer.googlenet.same_padding import SameMaxPool2d

__all__ = ["frozen_graph", "graph_net", "graph_weights", "random_arrays", "thin_network"]
"""Fixtures."""


# --- against TensorFlow and OpenCV -------------------------------------------------------


@pytest.mark.parametrize("folded", [False, True], ids=["unfolded", "folded"])
@pytest.mark.parametrize("size", files.SIZES)
def test_every_unit_equals_tensorflows(net: GoogLeNet, size, folded: bool) -> None:
    with torch.inference_mode():
        found = activations(fold(net) if folded else net, pixels(*size))
    assert worst_difference(found, size) < TOLERANCE


def worst_difference(found: dict[str, Tensor], size: tuple[int, int]) -> float:
    """The largest relative difference from what TensorFlow gave, over all units."""
    stored = np.load(STORED)
    name = "x".join(map(str, size))
    assert set(found) == set(stored["units"])
    ends = stored[f"{name}_lengths"].cumsum()
    worst = 0.0
    parts = zip(
        stored["units"], np.split(stored[name], ends[:-1]), stored[f"{name}_shapes"], strict=True
    )
    for unit, wanted, shape in parts:
        value = found[str(unit)][0].numpy()
        assert (*value.shape, 1, 1)[:3] == tuple(shape), unit
        digest = files.digest(value)
        assert wanted[1] > 0.1, unit
        norm = abs(digest[0] - wanted[0]) / wanted[0]
        worst = max(worst, float(norm), float(np.abs(digest[1:] - wanted[1:]).max() / wanted[1]))
    return worst


@pytest.mark.parametrize(
    "change",
    [
        {"padding": "symmetric"},
        {"lrn": variants.Lrn(9, 1e-4, 0.5, 1.0)},
        {"head_pool": "adaptive"},
    ],
    ids=["padding", "Lucent's LRN", "Captum's head pool"],
)
def test_what_is_stored_tells_the_families_details(weights: Weights, change) -> None:
    """Guards the proof above: each detail matters at 224x224."""
    other = replace(weights, variant=replace(weights.variant, **change)).network()
    with torch.inference_mode():
        assert worst_difference(activations(other, pixels(224, 224)), (224, 224)) > 0.01


def test_every_value_equals_opencvs(net: GoogLeNet, frozen: Path) -> None:
    """All but the four branches, whose memory OpenCV reuses: they are in the concatenations."""
    reader = cv2.dnn.readNetFromTensorflow(str(frozen))
    reader.enableFusion(False)
    named = set(reader.getLayerNames())
    ends = ("1x1", "3x3", "5x5", "pool_proj")
    units = {}
    for unit, node in files.nodes_of_units().items():
        layer = node if node in named else f"{node}/matmul"
        if layer in named and not unit.endswith(tuple(f"/{end}" for end in ends)):
            units[unit] = layer
    assert len(units) == len(net.names) - 4 * 9
    x = pixels(224, 224)
    reader.setInput(x.numpy())
    values = reader.forward(list(units.values()))
    with torch.inference_mode():
        ours = activations(net, x)
    for unit, value in zip(units, values, strict=True):
        theirs = torch.from_numpy(value).reshape(ours[unit].shape)
        assert relative_error(ours[unit], theirs) < TOLERANCE, unit


# --- TensorFlow's padding against plain functions ----------------------------------------


def same(x: Tensor, kernel: int, stride: int, fill: float) -> Tensor:
    """Pad as TensorFlow's documentation of ``SAME`` says."""
    sides: list[int] = []
    for length in (x.shape[3], x.shape[2]):
        total = kernel - stride if length % stride == 0 else kernel - length % stride
        sides += [max(total, 0) // 2, max(total, 0) - max(total, 0) // 2]
    return F.pad(x, sides, value=fill)


def same_conv(state, x: Tensor, key: str, stride: int = 1) -> Tensor:
    weight, bias = state[f"{key}.conv.weight"], state[f"{key}.conv.bias"]
    return F.conv2d(same(x, weight.shape[-1], stride, 0.0), weight, bias, stride).clamp(min=0)


def same_pool(x: Tensor, stride: int) -> Tensor:
    return F.max_pool2d(same(x, 3, stride, -torch.inf), 3, stride)


def response(x: Tensor) -> Tensor:
    """TensorFlow's definition, with radius 5, alpha 1e-4, beta 0.5 and bias 2."""
    squares = F.pad(x.double() ** 2, (0, 0, 0, 0, 5, 5))
    around = sum(squares[:, shift : shift + x.shape[1]] for shift in range(11))
    return (x.double() / (2 + 1e-4 * around).sqrt()).float()


def same_module(state, x: Tensor, name: str) -> dict[str, Tensor]:
    out = {f"{name}/pool": same_pool(x, 1)}
    for unit in ("1x1", "3x3_reduce", "5x5_reduce"):
        out[f"{name}/{unit}"] = same_conv(state, x, f"{name}.{unit}")
    for unit in ("3x3", "5x5"):
        out[f"{name}/{unit}"] = same_conv(state, out[f"{name}/{unit}_reduce"], f"{name}.{unit}")
    out[f"{name}/pool_proj"] = same_conv(state, out[f"{name}/pool"], f"{name}.pool_proj")
    parts = [out[f"{name}/{unit}"] for unit in ("1x1", "3x3", "5x5", "pool_proj")]
    return out | {name: torch.cat(parts, 1)}


def same_activations(state, x: Tensor) -> dict[str, Tensor]:
    """Every unit of the main path, written out after the graph's nodes."""
    out = {"conv1": same_conv(state, x, "conv1", 2)}
    out["pool1"] = same_pool(out["conv1"], 2)
    out["lrn1"] = response(out["pool1"])
    out["conv2/reduce"] = same_conv(state, out["lrn1"], "conv2_reduce")
    out["conv2"] = same_conv(state, out["conv2/reduce"], "conv2")
    out["lrn2"] = response(out["conv2"])
    out["pool2"] = at = same_pool(out["lrn2"], 2)
    for name in MODULE_NAMES:
        out |= same_module(state, at, name)
        at = out[name]
        if name in ("inception3b", "inception4e"):
            pool = "pool3" if name == "inception3b" else "pool4"
            out[pool] = at = same_pool(at, 2)
    out["avgpool"] = at.mean((2, 3), keepdim=True)
    linear = state["fc.linear.weight"], state["fc.linear.bias"]
    return out | {"fc": F.linear(out["avgpool"].flatten(1), *linear)}


THIN = tuple((name, variants.InceptionChannels(12, 9, 14, 8, 11, 10)) for name in variants.MODULES)
THIN_VARIANT = replace(variants.inception5h(3, heads=("main",)), table=THIN)


@pytest.mark.parametrize("size", [(224, 257), (97, 130), (63, 61), (2, 33), (1, 1)])
def test_every_unit_equals_plain_functions(size) -> None:
    net = empty(THIN_VARIANT).to_empty(device="cpu")
    randomise(net, seed=2)
    x = 60 * torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        reference = same_activations(net.state_dict(), x)
        for ours in (activations(net, x), activations(fold(net), x)):
            assert set(ours) == set(reference)
            for name, value in reference.items():
                largest = float(value.abs().max())
                torch.testing.assert_close(ours[name], value, rtol=0, atol=TOLERANCE * largest)
    assert sum(bool(value.any()) for value in reference.values()) > 0.95 * len(reference)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.data())
def test_a_max_pool_has_tensorflows_windows(data: st.DataObject) -> None:
    kernel = data.draw(st.sampled_from([1, 3, 5, 7]))
    stride = data.draw(st.integers(1, kernel))
    size = data.draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    x = torch.randn(1, 2, *size, generator=torch.Generator().manual_seed(size[0])) - 9
    expected = F.max_pool2d(same(x, kernel, stride, -torch.inf), kernel, stride)
    assert torch.equal(SameMaxPool2d(kernel, stride)(x), expected)


def test_gradients_pass_the_padding() -> None:
    """Under gradients the pools take a copy; the values and the input's gradient are the same."""
    net = empty(THIN_VARIANT).to_empty(device="cpu")
    randomise(net, seed=2)
    x = 60 * torch.randn(1, 3, 75, 64, generator=torch.Generator().manual_seed(3))
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    net(ours)["main"].square().sum().backward()
    same_activations(net.state_dict(), theirs)["fc"].square().sum().backward()
    assert relative_error(ours.grad, theirs.grad) < 1e-3


def test_the_graph_says_how_it_is_padded_and_what_is_there() -> None:
    network = graph(empty(variants.inception5h()), 224, 225)
    note = network.node("conv1").note
    assert "2 above, 3 below, 3 left and 3 right" in note
    assert "0 above, 1 below, 1 left and 1 right" in network.node("pool1").note
    assert network.node("inception4a").shape == (508, 14, 15)
    assert network.node("inception5a/5x5_reduce").shape == (48, 7, 8)
    assert not network.node("inception3a/3x3").note
    field = network.node("conv1").field
    assert [field.first_centre(axis) for axis in (0, 1)] == [1.0, 0.0]
    assert (field.span(0, 224, 0), field.span(0, 225, 1)) == ((0, 4), (0, 3))
