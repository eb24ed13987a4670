"""The folded network for gradients on a processor: convolution and ReLU in one.

The values and gradients are those of the network itself. Fused, a ReLU is no pass over memory
of its own, and there are fewer places where the threads wait for each other. oneDNN's fused
convolution is no public operator of torch: where it is missing the network itself is used.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from inception_viewer.googlenet.architecture import GoogLeNet, OwnMaxPool, Unit
from inception_viewer.googlenet.packed import can_pack

from .ruled import ruled

_known: WeakKeyDictionary[GoogLeNet, GoogLeNet] = WeakKeyDictionary()


def fused(net: GoogLeNet) -> GoogLeNet:
    """Return a twin with the same values and gradients, made once, or ``net`` where none is."""
    if not can_pack(net):
        return net
    if net not in _known:
        _known[net] = ruled(net, _substitute)
    return _known[net]


def _substitute(module: nn.Module) -> nn.Module | None:
    if isinstance(module, OwnMaxPool):
        return module.pool  # nothing is hooked here, so that it needs no tensor of its own
    if isinstance(module, Unit) and not module.same:
        return _Fused(module.conv)
    return None


class _Fused(nn.Module):
    """A convolution and the ReLU behind it."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C_in, H, W) to (N, C, H', W'), after the ReLU."""
        out: Tensor = _ConvolutionReLU.apply(x, self.conv)
        return out


class _ConvolutionReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, conv: nn.Conv2d) -> Tensor:
        out: Tensor = torch.ops.mkldnn._convolution_pointwise.default(
            x, conv.weight, conv.bias, conv.padding, conv.stride, [1, 1], 1, "relu", [], ""
        )
        ctx.save_for_backward(x, out)
        ctx.conv = conv
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (x, out), conv = ctx.saved_tensors, ctx.conv
        sent = torch.ops.aten.threshold_backward(gradients[0], out, 0)
        geometry = (conv.stride, conv.padding, [1, 1], False, [0, 0], 1)
        found: Tensor = torch.ops.aten.convolution_backward(
            sent, x, conv.weight, None, *geometry, [True, False, False]
        )[0]
        return found, None
