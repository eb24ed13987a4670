"""Row ``integrated_gradients``: 50 steps for one photo, adaptation off, against Captum."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients

from inception_viewer.analysis import answer
from inception_viewer.lab import Lab
from inception_viewer.questions import Attribution, ImageSource, Preprocessing, Scene

from .core import REPEATS, Row, interleave, timed
from .networks import save, torchvision_network
from .photos import jpeg

BUDGET = 0.6
STEPS = 50
PARAMETERS = (("adapt", "off"), ("steps", STEPS))
TARGET = 7
ROUNDING = 0.02
"""Share of the map: a ReLU at its kink turns with the last digit, and its gradient with it."""


class Silent:
    """A progress that nobody watches."""

    lane = "jobs"

    def __call__(self, fraction: float, answer: Any = None, text: str = "") -> None:
        """Go on."""


def row(repeats: int = REPEATS) -> Row:
    """Measure our answer against the faster of Captum's default and its batches of 8.

    Captum's baseline is what a black photo becomes, as ours is.
    """
    theirs = torchvision_network()
    lab, scene = opened(theirs)
    x = torch.tensor(lab.prepare(scene).array)[None]
    baseline = black(scene.preprocessing).expand_as(x).contiguous()
    question = Attribution(scene, "integrated_gradients", "main", TARGET, None, PARAMETERS)

    def ours() -> np.ndarray:
        return answer(question, lab, Silent()).map

    peers = {size: _captum(theirs, x, baseline, size) for size in (8, None)}
    best = min(peers, key=lambda size: min(timed(peers[size])() for _ in range(2)))
    must_agree(ours(), peers[best]()[0].sum(0).detach().numpy())
    # Warm by now: each pair takes seconds.
    figures = interleave(timed(ours), timed(peers[best]), repeats, warm_up=1)
    note = f"peer: Captum, {'its default, one batch' if best is None else f'batches of {best}'}"
    return Row("integrated_gradients", *figures, "ms", BUDGET, note)


def opened(net: torch.nn.Module) -> tuple[Lab, Scene]:
    """Open a network of torchvision's and a photo in a lab of their own."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab()
        info = lab.open_checkpoint(save(net, Path(folder)))
    photo = lab.open_image(ImageSource(data=jpeg(3), name="photo.jpg"))
    return lab, Scene(info.fingerprint, photo.id, info.preprocessing)


def _captum(
    net: torch.nn.Module, x: torch.Tensor, black: torch.Tensor, size: int | None
) -> Callable[[], torch.Tensor]:
    method = IntegratedGradients(net)

    def attribute() -> torch.Tensor:
        return method.attribute(
            x, baselines=black, target=TARGET, n_steps=STEPS, internal_batch_size=size
        )

    return attribute


def black(preprocessing: Preprocessing) -> torch.Tensor:
    """Return what black becomes, (1, 3, 1, 1)."""
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (preprocessing.mean, preprocessing.std))
    return -mean / std


def must_agree(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Time nothing that computes something else: it may differ by rounding, in nothing else."""
    apart = float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))
    if not apart < ROUNDING:
        raise RuntimeError(f"The two attributions differ by {apart:.1%} of their size.")
