"""Row ``occlusion``: windows of 16x16 at a stride of 8 over one photo, against Captum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from captum.attr import Occlusion

from inception_viewer.analysis import answer
from inception_viewer.questions import Attribution

from .core import REPEATS, Row, interleave, timed
from .integrated_gradients import TARGET, Silent, black, must_agree, opened
from .networks import torchvision_network

BUDGET = 0.5
WINDOW, STRIDE = 16, 8
BATCHES = (8, 1)
"""Windows at once: Captum's default is one."""


def row(repeats: int = REPEATS) -> Row:
    """Measure our answer against the faster of Captum's default and its batches of 8."""
    theirs = torchvision_network()
    lab, scene = opened(theirs)
    x = torch.tensor(lab.prepare(scene).array)[None]
    hidden = black(scene.preprocessing).expand_as(x).contiguous()
    question = Attribution(
        scene, "occlusion", "main", TARGET, None, (("stride", STRIDE), ("window", WINDOW))
    )

    def ours() -> np.ndarray:
        return answer(question, lab, Silent()).map

    # 16 windows tell which of the two is the faster.
    few = {size: _captum(theirs, x, hidden, size, 64, 64) for size in BATCHES}
    best = min(BATCHES, key=lambda size: min(timed(few[size])() for _ in range(2)))
    peer = _captum(theirs, x, hidden, best, WINDOW, STRIDE)
    must_agree(ours(), peer()[0, 0].numpy())
    # Warm by now: each pair takes half a minute.
    figures = interleave(timed(ours), timed(peer), repeats, warm_up=0)
    note = f"peer: Captum, {'its default, one window' if best == 1 else f'{best} windows'} at once"
    return Row("occlusion", *figures, "ms", BUDGET, note)


def _captum(
    net: torch.nn.Module,
    x: torch.Tensor,
    hidden: torch.Tensor,
    size: int,
    window: int,
    stride: int,
) -> Callable[[], torch.Tensor]:
    method = Occlusion(net)

    def attribute() -> torch.Tensor:
        with torch.no_grad():
            return method.attribute(
                x,
                sliding_window_shapes=(3, window, window),
                strides=(3, stride, stride),
                baselines=hidden,
                target=TARGET,
                perturbations_per_eval=size,
            )

    return attribute
