"""Inception 5h with random weights, as a frozen graph: what its tests share."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow_files as files
import torch
from torch import Tensor

from inception_viewer.checkpoints import fiveh_dialect
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import GoogLeNet

STORED = Path(__file__).parent / "stored" / "inception5h_tensorflow.npz"
TOLERANCE = 1e-4


@pytest.fixture(scope="module", name="random_weights")
def random_arrays() -> dict[str, files.Array]:
    return files.weights(files.SEED)


@pytest.fixture(scope="module", name="frozen")
def frozen_graph(random_weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graphs") / "tensorflow_inception_graph.pb"
    path.write_bytes(files.graph(random_weights))
    return path


@pytest.fixture(scope="module", name="weights")
def graph_weights(frozen: Path) -> Weights:
    return read_checkpoint(frozen)


@pytest.fixture(scope="module", name="net")
def graph_net(weights: Weights) -> GoogLeNet:
    return weights.network()


def pixels(height: int, width: int) -> Tensor:
    return torch.from_numpy(files.picture(height, width)).permute(2, 0, 1)[None] - 117


BIAS = "mixed3a_1x1_b"
FLAT = tuple((name, variants.InceptionChannels(64, 2, 3, 2, 3, 2)) for name in variants.MODULES)


@functools.cache
def thin_weights() -> dict[str, files.Array]:
    """Weights of the main path under the graph's names, a few hundred thousand numbers."""
    sizes = {"conv2d0": (7, 7, 3, 64), "conv2d1": (1, 1, 64, 64), "conv2d2": (3, 3, 64, 192)}
    channels = 192
    for name, row in FLAT:
        mixed = name.replace("inception", "mixed")
        sizes |= {
            f"{mixed}_1x1": (1, 1, channels, row.one),
            f"{mixed}_3x3_bottleneck": (1, 1, channels, row.reduce3),
            f"{mixed}_3x3": (3, 3, row.reduce3, row.three),
            f"{mixed}_5x5_bottleneck": (1, 1, channels, row.reduce5),
            f"{mixed}_5x5": (5, 5, row.reduce5, row.five),
            f"{mixed}_pool_reduce": (1, 1, channels, row.pool_proj),
        }
        channels = row.total
    sizes["softmax2"] = (channels, 3)
    random = np.random.RandomState(1)
    found = {}
    for stem, size in sizes.items():
        found[f"{stem}_w"] = random.standard_normal(size).astype(np.float32)
        found[f"{stem}_b"] = random.standard_normal(size[-1]).astype(np.float32)
    return found


def constants(found: dict[str, files.Array]) -> bytes:
    return b"".join(files.constant(name, array) for name, array in found.items())


def thin_graph(replaced: bytes | None = None) -> bytes:
    """The small network as a graph; the value of one bias replaced."""
    nodes = [
        files.node(name, "Const", dtype=files.FLOAT, value=replaced)
        if name == BIAS and replaced is not None
        else files.constant(name, array)
        for name, array in thin_weights().items()
    ]
    lrns = files.Writer()
    for name in ("localresponsenorm0", "localresponsenorm1"):
        lrns.lrn(name, "input")
    return b"".join([*nodes, *lrns.nodes])


@pytest.fixture(name="thin")
def thin_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Weights:
    """The small network's weights; meanwhile the whole family has its channels."""

    def small(classes: int = 1008, heads: tuple[str, ...] = ("main",)) -> variants.Variant:
        return replace(family, classes=classes, heads=heads)

    family = replace(variants.inception5h(), table=FLAT)
    monkeypatch.setattr(fiveh_dialect.variants, "inception5h", small)
    path = tmp_path / "thin.pb"
    path.write_bytes(thin_graph())
    return read_checkpoint(path)


def to_torch(found: dict[str, files.Array], spell) -> dict[str, Tensor]:
    """The graph's weights as a state dict whose modules ``spell`` names."""
    state = {}
    for name, array in found.items():
        stem, leaf = name[:-2], {"w": "weight", "b": "bias"}[name[-1]]
        tensor = torch.from_numpy(array)
        if name in ("nn0_w", "nn1_w"):  # rows: positions, then channels; PyTorch: channels first
            tensor = tensor.reshape(16, 128, 1024).permute(2, 1, 0).reshape(1024, 2048)
        elif tensor.ndim == 2:
            tensor = tensor.T
        elif tensor.ndim == 4:
            tensor = tensor.permute(3, 2, 0, 1)
        state[f"{spell(stem)}.{leaf}"] = tensor.contiguous()
    return state


def lucent(stem: str) -> str:
    return f"{stem}_pre_activation_matmul" if "softmax" in stem else f"{stem}_pre_relu_conv"


def captum(stem: str, conv: str = "conv", fc: str = "fc1", last: str = "fc2") -> str:
    fixed = {
        "conv2d0": "conv1", "conv2d1": "conv2", "conv2d2": "conv3", "softmax2": "fc",
        "head0_bottleneck": f"aux1.{conv}", "nn0": f"aux1.{fc}", "softmax0": f"aux1.{last}",
        "head1_bottleneck": f"aux2.{conv}", "nn1": f"aux2.{fc}", "softmax1": f"aux2.{last}",
    }  # fmt: skip
    if stem in fixed:
        return fixed[stem]
    module, _, part = stem.partition("_")
    unit = part.replace("bottleneck", "reduce")
    return f"{module}.pool_proj" if part == "pool_reduce" else f"{module}.conv_{unit}"


def published_captum(stem: str) -> str:
    return captum(stem, "loss_conv", "loss_fc", "loss_classifier")
