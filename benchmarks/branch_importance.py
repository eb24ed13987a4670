"""Row ``branch_importance``: ablating each of the 36 branches, against 36 forward passes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from inception_viewer.analysis.branch_importance import ablated
from inception_viewer.analysis.trace import compute

from .core import REPEATS, Row, interleave, timed
from .integrated_gradients import TARGET, opened
from .networks import torchvision_network

BUDGET = 0.15
BRANCHES = {"1x1": "branch1", "3x3": "branch2", "5x5": "branch3", "pool": "branch4"}
TOLERANCE = 1e-4
"""How far a logit may be from naive ablation's, of the largest (issue 5)."""


def row(repeats: int = REPEATS) -> Row:
    """Measure from a tensor to every branch's logits, the first forward pass included.

    The peer is torchvision's network with a hook that makes one branch's output zero.
    """
    theirs = torchvision_network()
    lab, scene = opened(theirs)
    array = lab.prepare(scene).array
    net = lab.network(scene.checkpoint, "jobs")
    x = torch.tensor(array)[None]
    places = [(module, branch) for module, _ in net.variant.table for branch in BRANCHES]

    def ours() -> dict[tuple[str, str], np.ndarray]:
        values, _ = compute(net, array)
        return dict(ablated(net, values, "main", TARGET, {}).without)

    def peer() -> dict[tuple[str, str], np.ndarray]:
        return {place: _naive(theirs, x, *place) for place in places}

    _must_agree(ours(), peer())
    figures = interleave(timed(ours), timed(peer), repeats, warm_up=1)
    return Row("branch_importance", *figures, "ms", BUDGET)


def _naive(net: nn.Module, x: Tensor, module: str, branch: str) -> np.ndarray:
    hook = net.get_submodule(f"{module}.{BRANCHES[branch]}").register_forward_hook(
        lambda _module, _inputs, output: torch.zeros_like(output)
    )
    try:
        with torch.inference_mode():
            return net(x)[0].numpy()
    finally:
        hook.remove()


def _must_agree(
    ours: dict[tuple[str, str], np.ndarray], theirs: dict[tuple[str, str], np.ndarray]
) -> None:
    """Time nothing that computes something else."""
    for place, logits in theirs.items():
        error = float(np.abs(ours[place] - logits).max() / np.abs(logits).max())
        if not error < TOLERANCE:
            raise RuntimeError(f"{place} differs from naive ablation by {error:.1e}.")
