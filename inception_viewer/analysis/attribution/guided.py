"""Guided backpropagation and the deconvolution network: ReLUs that send back less.

A ReLU sends the gradient back where its input was positive. The deconvolution network (Zeiler
& Fergus, 2014, arXiv:1311.2901) instead passes what is positive in the gradient, whatever the
input was; guided backpropagation (Springenberg et al., 2015, arXiv:1412.6806) asks for both.
Max pools send back to the position that won, as in the ordinary gradient (the "switches").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from inception_viewer.googlenet.architecture import GoogLeNet

from .many import Many, Tick
from .result import Report, Result
from .ruled import ruled
from .saliency import once
from .slope import slope
from .task import Task


class _Guided(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        out = x.relu()
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (out,) = ctx.saved_tensors
        sent: Tensor = gradients[0].clamp(min=0) * (out > 0)
        return sent


class _Deconvolved(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.relu()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0].clamp(min=0)


class GuidedReLU(nn.Module):
    """A ReLU that sends back what is positive, and only where its input was."""

    def forward(self, x: Tensor) -> Tensor:
        """Return max(x, 0)."""
        out: Tensor = _Guided.apply(x)
        return out


class DeconvolvedReLU(nn.Module):
    """A ReLU that sends back what is positive, whatever its input was."""

    def forward(self, x: Tensor) -> Tensor:
        """Return max(x, 0)."""
        out: Tensor = _Deconvolved.apply(x)
        return out


def guided(net: GoogLeNet) -> GoogLeNet:
    """Return a twin whose gradients are those of guided backpropagation."""
    return ruled(net, lambda module: GuidedReLU() if isinstance(module, nn.ReLU) else None)


def deconvolved(net: GoogLeNet) -> GoogLeNet:
    """Return a twin whose gradients are those of the deconvolution network."""
    return ruled(net, lambda module: DeconvolvedReLU() if isinstance(module, nn.ReLU) else None)


def guided_backprop(task: Task, report: Report) -> Result:
    """Compute the method ``guided_backprop``."""
    return _explain(guided, task, report)


def deconvolution(task: Task, report: Report) -> Result:
    """Compute the method ``deconvolution``."""
    return _explain(deconvolved, task, report)


def many_guided(task: Task) -> Many:
    """Prepare ``guided_backprop`` for many photos."""
    return _many(guided(task.net), task)


def many_deconvolution(task: Task) -> Many:
    """Prepare ``deconvolution`` for many photos."""
    return _many(deconvolved(task.net), task)


def _explain(under: Callable[[GoogLeNet], GoogLeNet], task: Task, report: Report) -> Result:
    report(0.0, None, "")
    found = slope(under(task.net), task.received(task.array)[None], task.score)
    return once(found, found.gradient[0])


def _many(net: GoogLeNet, task: Task) -> Many:
    def attribute(batch: Tensor, tick: Tick) -> Tensor:
        tick()
        return slope(net, batch, task.score).gradient

    return Many(attribute, batch=8)
