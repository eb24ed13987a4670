"""Row ``grad_cam_all_units``: Grad-CAM of the main head's 57 units, against 57 calls of Captum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from captum.attr import LayerAttribution, LayerGradCam
from torch import nn

from inception_viewer.analysis.attribution.grad_cam import grad_cam_all
from inception_viewer.analysis.attribution.score import logit
from inception_viewer.googlenet.architecture import module_path

from .core import REPEATS, Row, interleave, timed
from .integrated_gradients import TARGET, must_agree, opened
from .networks import torchvision_network

BUDGET = 0.04
HEAD = "main"
UNITS = 57
BRANCHES = {
    "1x1": "branch1",
    "3x3_reduce": "branch2.0",
    "3x3": "branch2.1",
    "5x5_reduce": "branch3.0",
    "5x5": "branch3.1",
    "pool_proj": "branch4.1",
}
"""torchvision's names of a module's convolutions."""
STEM = {"conv1": "conv1", "conv2/reduce": "conv2", "conv2": "conv3"}


def row(repeats: int = REPEATS) -> Row:
    """Measure the maps of all units at the photo's size, from what conv1 receives on."""
    theirs = torchvision_network()
    lab, scene = opened(theirs)
    array = torch.tensor(lab.prepare(scene).array)[None]
    net = lab.network(scene.checkpoint)
    score, x = logit(net, HEAD, TARGET), net.transform(array)[0]

    def ours() -> dict[str, np.ndarray]:
        return grad_cam_all(net, x, score)

    found = ours()
    assert len(found) == UNITS
    calls = {unit: _captum(theirs, _layer(theirs, unit), array) for unit in found}

    def peer() -> dict[str, np.ndarray]:
        return {unit: call() for unit, call in calls.items()}

    expected = peer()
    for unit, map_ in found.items():
        must_agree(map_, expected[unit])
    figures = interleave(timed(ours), timed(peer), repeats, warm_up=1)
    note = f"peer: {len(calls)} calls of Captum, one for each unit"
    return Row("grad_cam_all_units", *figures, "ms", BUDGET, note)


def _layer(net: nn.Module, unit: str) -> nn.Module:
    """Return torchvision's module of a unit."""
    owner, _, name = unit.rpartition("/")
    path = STEM.get(unit) or f"{module_path(owner)}.{BRANCHES[name]}"
    return net.get_submodule(path)


def _captum(net: nn.Module, layer: nn.Module, x: torch.Tensor) -> Callable[[], np.ndarray]:
    method = LayerGradCam(net, layer)
    size = (x.shape[-2], x.shape[-1])

    def attribute() -> np.ndarray:
        coarse = method.attribute(x, target=TARGET)
        return LayerAttribution.interpolate(coarse, size, "bilinear")[0, 0].detach().numpy()

    return attribute
