"""The demo's real weights, and known ways of spoiling them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.models import GoogLeNet as TorchvisionGoogLeNet

from inception_viewer import paths, samples
from inception_viewer.checkpoints.head_evidence import from_weights, judge
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.googlenet.architecture import fold

TRAINED = {"aux1": "trained", "aux2": "trained", "main": "trained"}


class Silent:
    lane = "jobs"

    def __call__(self, fraction: float, answer: object = None, text: str = "") -> None:
        assert 0 <= fraction <= 1


@pytest.fixture(scope="module", name="demo")
def demo_weights() -> Weights:
    return read_checkpoint(paths.asset("demo.safetensors"))


@pytest.fixture(scope="module", name="demo_answers")
def demo_logits(demo: Weights) -> Mapping[str, np.ndarray]:
    return answers(demo)


def answers(weights: Weights) -> Mapping[str, np.ndarray]:
    made = weights.preprocessing
    return samples.answers(fold(weights.network()), samples.pictures(made), made)


def changed(weights: Weights, change: Mapping[str, Tensor]) -> Weights:
    return replace(weights, state={**weights.state, **change})


def head_of(weights: Weights, head: str) -> dict[str, Tensor]:
    return {name: t for name, t in weights.state.items() if name.split(".")[0] == head}


def states(weights: Weights, said: Mapping[str, np.ndarray] | None = None) -> dict[str, str]:
    return {one.head: one.state for one in judge(from_weights(weights), said)}


def noise(tensor: Tensor, seed: int) -> Tensor:
    """Normal numbers with a tensor's mean and standard deviation; of its sign, if it has one."""
    made = torch.randn(tensor.shape, generator=torch.Generator().manual_seed(seed))
    made = made * tensor.std() + tensor.mean()
    return made.abs() if bool((tensor > 0).all()) else made


def shuffled(tensor: Tensor, seed: int) -> Tensor:
    """The very same numbers in another order."""
    order = torch.randperm(tensor.numel(), generator=torch.Generator().manual_seed(seed))
    return tensor.flatten()[order].reshape(tensor.shape)


def spoilt(
    weights: Weights, heads: tuple[str, ...], how: Callable[[Tensor, int], Tensor]
) -> Weights:
    parts = [head_of(weights, "fc" if head == "main" else head) for head in heads]
    tensors = {name: tensor for part in parts for name, tensor in part.items()}
    return changed(weights, {name: how(t, seed) for seed, (name, t) in enumerate(tensors.items())})


def torchvision_heads(classes: int, *, init_weights: bool) -> dict[str, Tensor]:
    """Heads as torchvision itself initialises them, by our names."""
    torch.manual_seed(1)
    net = TorchvisionGoogLeNet(num_classes=classes, aux_logits=True, init_weights=init_weights)
    fresh = {}
    for name in (n for n in net.state_dict() if n.startswith("aux") and "tracked" not in n):
        ours = re.sub(r"\.(fc[12])\.", r".\1.linear.", name)
        fresh[ours] = net.state_dict()[name]
    return fresh
