"""Guided Grad-CAM (Selvaraju et al., 2017, arXiv:1610.02391): where, times what in detail."""

from __future__ import annotations

from dataclasses import replace

import torch

from .grad_cam import grad_cam
from .guided import guided
from .result import ALL_ZERO, Report, Result
from .saliency import once
from .slope import slope
from .task import Task

NOWHERE = (
    "Grad-CAM's map, clipped at zero, finds no evidence for the class anywhere, so that its "
    "product with guided backpropagation is zero. Take Grad-CAM itself, which shows evidence "
    "against, or another unit."
)


def explain(task: Task, report: Report) -> Result:
    """Compute the method ``guided_grad_cam``: guided backpropagation times the Grad-CAM map.

    The map is of ``task.unit`` (None: the last with a map before the head), clipped at zero
    and enlarged bilinearly, as in the paper.
    """
    report(0.0, None, "Grad-CAM")
    x = task.received(task.array)
    where = grad_cam(task.net, x, task.unit, task.score, relu=True)
    report(0.5, None, "guided backpropagation")
    what = slope(guided(task.net), x[None], task.score)
    raw = what.gradient[0] * torch.from_numpy(where.map.copy()).to(x)
    found = once(what, raw, where.note)
    nothing = found.degenerate == ALL_ZERO and where.degenerate
    why = NOWHERE if nothing else found.degenerate
    return replace(found, degenerate=why, forwards=2, backwards=2)
