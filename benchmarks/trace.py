"""Row ``trace``: a tensor in, every unit a readable numpy array and three heads' logits out."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch

from inception_viewer.analysis.trace import Trace, compute
from inception_viewer.googlenet.architecture import GoogLeNet
from inception_viewer.lab import Lab

from .core import REPEATS, Row, interleave, timed
from .networks import normalised, save, torchvision_network

BUDGET = 0.5


def row(repeats: int = REPEATS) -> Row:
    """Measure our traced pass against torchvision's plain forward pass, both in eager mode."""
    theirs = torchvision_network()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab()
        ours = lab.network(lab.open_checkpoint(save(theirs, Path(folder))).fingerprint)
    x = normalised(3)
    array = x[0].numpy()
    shape = {"picture": np.zeros((1, 1, 3), np.uint8), "crop": (0.0, 0.0, 1.0, 1.0)}

    def peer() -> torch.Tensor:
        with torch.inference_mode():
            return theirs(x)

    _must_agree(trace(ours, array, shape).logits["main"], peer()[0].numpy())
    figures = interleave(timed(lambda: trace(ours, array, shape)), timed(peer), repeats)
    return Row("trace", *figures, "ms", BUDGET)


def trace(net: GoogLeNet, array: np.ndarray, shape: dict) -> Trace:
    """Run the network once and make every unit and every head's logits readable in numpy."""
    values, seconds = compute(net, array)
    found = Trace(values, **shape, classes=(), fingerprint="", seconds=seconds, device="cpu")
    for name in found:
        found[name].shape  # noqa: B018  made when it is asked for
    assert len(found.logits) == 3
    return found


def _must_agree(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Time nothing that computes something else."""
    error = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    if not error < 1e-3:
        raise RuntimeError(f"The two networks differ by {error:.1e} of the largest logit.")
