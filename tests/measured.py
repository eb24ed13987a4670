"""What running networks say of costs and receptive fields, to hold formulas against.

Multiply-adds are counted by PyTorch; a receptive field is where a gradient arrives.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import (
    INPUT,
    Classifier,
    Dense,
    GoogLeNet,
    OwnMaxPool,
    Unit,
    empty,
    module_path,
)
from inception_viewer.googlenet.same_padding import SameMaxPool2d, pad_same
from inception_viewer.questions import ReceptiveField

Size = tuple[int, int]
Span = tuple[int, int, int, int]
"""First and last row, first and last column, all included."""

FLOOR_POOLS = tuple(variants.Pool(3, 2, ceil_mode=False) for _ in range(4))
FAMILIES = {
    "torchvision": variants.torchvision(),
    "paper": variants.paper(101),
    "lrn": variants.paper(1000, batch_norm=False),
    "floor": replace(variants.paper(7), pools=FLOOR_POOLS),
    "main only": replace(variants.paper(7), heads=("main",)),
    "inception5h": variants.inception5h(),
}


@cache
def meta_net(family: str) -> GoogLeNet:
    """The network of a family, without storage."""
    return empty(FAMILIES[family])


def multiply_adds(family: str, size: Size) -> tuple[dict[str, int], int]:
    """Half the flops that PyTorch counts for every unit, and for the whole network."""
    net = meta_net(family)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net(torch.empty(1, 3, *size, device="meta"))
    flops = counter.get_flop_counts()
    counted = {
        name: sum(flops.get(f"GoogLeNet.{module_path(name)}", {}).values()) // 2
        for name in net.names
    }
    return counted, counter.get_total_flops() // 2


# --- where a gradient arrives ----------------------------------------------------------------


@cache
def linear_net(family: str) -> GoogLeNet:
    """The same wiring with one channel a unit, all weights positive, and average pools.

    Then a position's gradient is positive exactly on the pixels it can see. Average pools
    have the max pools' windows; in float64 nothing underflows.
    """
    net = empty(replace(FAMILIES[family].folded(), transform_input=False))
    for step in net.steps:
        module = step.module
        if isinstance(module, Unit):
            module.conv = _one_channel(module.conv, channels(net, step.inputs[0]))
        elif isinstance(module, Dense | Classifier):
            module.linear = _one_feature(_features(net, step.inputs[0]))
        elif isinstance(module, OwnMaxPool):
            module.pool = _average(module.pool)
    return net.double().requires_grad_(False)


class SameAverage(nn.Module):
    """An average pool with the windows of TensorFlow's ``SAME``; what it pads counts as zeros."""

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.window = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """Average (N, C, H, W)."""
        return functional.avg_pool2d(pad_same(x, *self.window), *self.window)


def _average(pool: nn.MaxPool2d | SameMaxPool2d) -> nn.Module:
    if isinstance(pool, SameMaxPool2d):
        return SameAverage(pool.kernel_size, pool.stride)
    return nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode)


def channels(net: GoogLeNet, name: str) -> int:
    """How many channels a unit of the linear network has: modules four, other units one."""
    while name != INPUT and net.by_name[name].kind in ("max_pool", "avg_pool", "lrn"):
        (name,) = net.by_name[name].inputs  # these keep their number
    if name == INPUT:
        return 3
    return 4 if net.by_name[name].module is None else 1


def _features(net: GoogLeNet, name: str) -> int:
    """What a dense layer reads: one value, the global average, or a head's 4x4 positions."""
    if name == "avgpool":
        return channels(net, name)
    return 16 if net.by_name[name].kind == "conv" else 1


def _one_channel(conv: nn.Conv2d, channels_in: int) -> nn.Conv2d:
    new = nn.Conv2d(channels_in, 1, conv.kernel_size, conv.stride, conv.padding, bias=False)
    new.weight.data.fill_(1 / new.weight.numel())
    return new


def _one_feature(features: int) -> nn.Linear:
    new = nn.Linear(features, 1, bias=False)
    new.weight.data.fill_(1 / features)
    return new


def linear_run(family: str, size: Size) -> tuple[Tensor, dict[str, Tensor]]:
    """An input of ones, and every unit's value (1, channels, height, width) that it leads to."""
    net = linear_net(family)
    x = torch.ones(1, 3, *size, dtype=torch.float64, requires_grad=True)
    values = net.run({INPUT: x}, net.names)
    return x, {n: v if v.ndim == 4 else v[..., None, None] for n, v in values.items()}


def seen(value: Tensor, x: Tensor, row: int, column: int) -> Span:
    """Where in the input one position's gradient arrives; a rectangle without holes."""
    (gradient,) = torch.autograd.grad(value[0, :, row, column].sum(), x, retain_graph=True)
    support = gradient[0].sum(0) > 0
    rows, columns = support.any(1).nonzero().flatten(), support.any(0).nonzero().flatten()
    first, last, left, right = int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
    assert support[first : last + 1, left : right + 1].all()
    assert int(support.sum()) == (last + 1 - first) * (right + 1 - left)
    return first, last, left, right


def spans(field: ReceptiveField, place: tuple[int, int], size: Size) -> Span:
    """What a formula's field says that :func:`seen` should find."""
    rows = field.span(place[0], size[0], axis=0)
    return (*rows, *field.span(place[1], size[1], axis=1))
