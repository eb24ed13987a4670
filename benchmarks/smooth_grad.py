"""Row ``smooth_grad``: saliency's mean over 25 noisy copies of one photo, against Captum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from captum.attr import NoiseTunnel, Saliency

from inception_viewer.analysis import answer
from inception_viewer.questions import Attribution

from .core import REPEATS, Row, interleave, timed
from .integrated_gradients import TARGET, Silent, must_agree, opened
from .networks import torchvision_network

BUDGET = 0.6
SAMPLES = 25
SHARE = 0.15


def row(repeats: int = REPEATS) -> Row:
    """Measure our answer against the faster of Captum's default and its batches of 8."""
    theirs = torchvision_network()
    lab, scene = opened(theirs)
    x = torch.tensor(lab.prepare(scene).array)[None]

    def ours(noise: float = SHARE) -> np.ndarray:
        parameters = (("noise", noise), ("samples", SAMPLES))
        question = Attribution(scene, "smooth_grad", "main", TARGET, None, parameters)
        return answer(question, lab, Silent()).map

    peers = {size: _captum(theirs, x, size) for size in (8, None)}
    best = min(peers, key=lambda size: min(timed(peers[size])() for _ in range(2)))
    # Each draws noise of its own; without any, both are the plain gradient: ours at what conv1
    # receives, Captum's before torchvision's transform of the input.
    plain = peers[best](0.0)[0] / _slope(theirs, x)
    must_agree(ours(0.0), plain.sum(0).detach().numpy())
    # Warm by now: each pair takes seconds.
    figures = interleave(timed(ours), timed(peers[best]), repeats, warm_up=1)
    note = f"peer: Captum, {'its default, one batch' if best is None else f'batches of {best}'}"
    return Row("smooth_grad", *figures, "ms", BUDGET, note)


def _slope(net: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return what torchvision's transform of the input multiplies each channel by, (3, 1, 1)."""
    zeros, ones = (net._transform_input(torch.full_like(x, value)) for value in (0.0, 1.0))
    return (ones - zeros)[0, :, :1, :1]


def _captum(net: torch.nn.Module, x: torch.Tensor, size: int | None) -> Callable[..., torch.Tensor]:
    tunnel = NoiseTunnel(Saliency(net))
    spread = float(x.max() - x.min())

    def attribute(noise: float = SHARE) -> torch.Tensor:
        return tunnel.attribute(
            x.clone().requires_grad_(),
            nt_type="smoothgrad",
            nt_samples=SAMPLES,
            nt_samples_batch_size=size,
            stdevs=noise * spread,
            abs=False,
            target=TARGET,
        )

    return attribute
