"""Activations and how fast they change along a way: forward-mode differentiation by hand.

Each unit's rate of change is carried along with its value: convolutions map rates as they map
values, without the bias; a ReLU lets those of active units through, a max pool those of the
winners. torch's own forward mode has one level for the whole process, which two lanes cannot
enter at once, and its first use warns.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inception_viewer.googlenet.architecture import INPUT, GoogLeNet, OwnMaxPool, Unit
from inception_viewer.googlenet.same_padding import pad_same

from .rescale import with_winners


@dataclass(frozen=True, eq=False)
class Moving:
    """A unit's activation (N, …) and its rate of change, (N, …) or one for all (1, …)."""

    value: Tensor
    rate: Tensor


def moving(net: GoogLeNet, x: Tensor, rate: Tensor, units: Collection[str]) -> dict[str, Moving]:
    """Return units' activations for photos that move, and how fast these change.

    Parameters
    ----------
    net
        In evaluation mode.
    x
        What conv1 receives, (N, 3, H, W), channels_last for speed.
    rate
        In which direction and how fast it moves, (N, 3, H, W) or (1, 3, H, W).
    units
        With a map.
    """
    values = {INPUT: Moving(x, rate)}
    with torch.no_grad():
        for step, used_up in net.plan({INPUT}, units):
            inputs = [values[name] for name in step.inputs]
            if step.module is None:
                parts = [one.value for one in inputs], [one.rate for one in inputs]
                values[step.name] = Moving(*(torch.cat(part, 1) for part in parts))
            else:
                values[step.name] = _moved(step.module, inputs[0])
            for name in used_up:
                del values[name]
    return {unit: values[unit] for unit in units}


def _moved(module: nn.Module, at: Moving) -> Moving:
    if isinstance(module, Unit):
        value = module(at.value)
        return Moving(value, _convolved(module, at.rate) * (value > 0))
    if isinstance(module, OwnMaxPool):
        value, winner = with_winners(module.pool, at.value)
        rates = at.rate.flatten(2).gather(2, winner.flatten(2))
        return Moving(value, rates.view_as(winner))
    if isinstance(module, nn.LocalResponseNorm):
        return _differentiated(module, at)
    # Average pools are linear.
    return Moving(module(at.value), module(at.rate))


def _convolved(unit: Unit, rate: Tensor) -> Tensor:
    """Apply a unit's linear part: the convolution without bias, and batch norm's scale."""
    conv = unit.conv
    if unit.same:
        rate = pad_same(rate, conv.kernel_size[0], conv.stride[0])
    out = F.conv2d(rate, conv.weight, None, conv.stride, conv.padding)
    if unit.bn is None:
        return out
    assert unit.bn.running_var is not None
    scale = unit.bn.weight * torch.rsqrt(unit.bn.running_var + unit.bn.eps)
    return out * scale.view(-1, 1, 1)


def _differentiated(module: nn.Module, at: Moving) -> Moving:
    """Move through any differentiable module: its gradient is linear in what is sent back."""
    with torch.enable_grad():
        x = at.value.detach().requires_grad_()
        out = module(x)
        sent = torch.zeros_like(out, requires_grad=True)
        (pulled,) = torch.autograd.grad(out, x, sent, create_graph=True)
        (rate,) = torch.autograd.grad(pulled, sent, at.rate.expand_as(pulled))
    return Moving(out.detach(), rate)
