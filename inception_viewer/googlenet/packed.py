"""The fast forward pass: one photo, on a CPU, every unit kept.

torch reorders a convolution's weights into oneDNN's layout at every call; for one
photo that, and fetching memory, is most of the time. :class:`Packed` derives from a
folded network what it can prepare once, and saves memory traffic:

- weights are packed for the shape they meet, and the ReLU is part of the convolution;
- the three 1x1 convolutions that read a module's input run as one;
- a branch's output becomes a view of its module's concatenation, so that its own
  memory is at hand again for the next unit;
- dense layers read their weights row by row (``addmv``), not as a matrix product.

Values equal :meth:`GoogLeNet.run`'s within rounding (1e-5 of a unit's largest value).
oneDNN's packed convolution is no public operator of torch: :func:`of` answers None
where it is missing, and the folded network itself is run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from .architecture import Classifier, Dense, GoogLeNet, OwnMaxPool, Step, Unit

Compute = Callable[..., Tensor | Sequence[Tensor]]


@dataclass(frozen=True)
class Line:
    """What is computed at once: units, what they read, how."""

    names: tuple[str, ...]
    inputs: tuple[str, ...]
    compute: Compute


class Packed:
    """A folded network prepared for one photo at a time, without gradients.

    The packed weights are copies (24 MB), made at the first run and again when the
    size of the input changes.

    Parameters
    ----------
    net
        A folded network (:func:`.architecture.fold`), float32, on the CPU.
    """

    def __init__(self, net: GoogLeNet) -> None:
        self.names = net.names
        self.lines = [line for step in net.steps for line in _lines(net, step)]

    def run(self, name: str, x: Tensor) -> dict[str, Tensor]:
        """Compute every unit for what conv1 receives.

        Parameters
        ----------
        name
            What the input is called, ``"input"``.
        x
            (1, 3, H, W), float32, channels_last.

        Returns
        -------
        dict
            Activations (1, …) by unit, the input included. Branch outputs and reductions
            are views into memory that they share.
        """
        values = {name: x}
        for line in self.lines:
            found = line.compute(*(values[read] for read in line.inputs))
            if not isinstance(found, Tensor):
                values.update(zip(line.names, found, strict=True))
                continue
            values[line.names[0]] = found
            if line.compute is _concatenate:
                sizes = [values[read].shape[1] for read in line.inputs]
                parts = found.split_with_sizes(sizes, 1)
                values.update(zip(line.inputs, parts, strict=True))
        return {unit: values[unit] for unit in (name, *self.names)}


_known: WeakKeyDictionary[GoogLeNet, Packed] = WeakKeyDictionary()


def lines(net: GoogLeNet) -> list[Line]:
    """Return what computes a network's units one after the other, the fast way if there is one."""
    fast = of(net)
    if fast is not None:
        return fast.lines
    return [Line((step.name,), step.inputs, step.module or _concatenate) for step in net.steps]


def of(net: GoogLeNet) -> Packed | None:
    """Return a network's packed form, made once; None where it has none.

    It needs a CPU, torch with oneDNN, and a folded network of float32.
    """
    if net not in _known:
        if not can_pack(net):
            return None
        _known[net] = Packed(net)
    return _known[net]


def can_pack(net: GoogLeNet) -> bool:
    """Whether the network's convolutions can be fused with what follows, here and now."""
    weight = next(net.parameters())
    plain = weight.device.type == "cpu" and weight.dtype == torch.float32
    return plain and net.variant.batch_norm_eps is None and not net.training and _works()


@cache
def _works() -> bool:
    """Whether this torch has the packed convolution, and it computes what the public one does."""
    blank = nn.Conv2d(8, 16, 3, stride=2, padding=1, device="meta")
    conv = blank.to_empty(device="cpu").requires_grad_(False)
    for parameter in conv.parameters():
        parameter.copy_(torch.linspace(-1, 1, parameter.numel()).view(parameter.shape))
    x = torch.linspace(-1, 1, 8 * 9 * 11).view(1, 8, 9, 11)
    x = x.contiguous(memory_format=torch.channels_last)
    expected = torch.relu(conv(x))
    try:
        found = _Convolutions([conv])(x)
    except (AttributeError, NotImplementedError, RuntimeError, TypeError):
        return False
    return isinstance(found, Tensor) and torch.allclose(found, expected, atol=1e-5)


SIDE_BY_SIDE = ("1x1", "3x3_reduce", "5x5_reduce")
"""The units of a module that read its input through a 1x1 convolution."""


def _lines(net: GoogLeNet, step: Step) -> list[Line]:
    """Return what computes a step; nothing for one that another line computes as well."""
    owner, _, unit = step.name.rpartition("/")
    if owner.startswith("inception") and unit in SIDE_BY_SIDE:
        if unit != SIDE_BY_SIDE[0]:
            return []
        names = tuple(f"{owner}/{other}" for other in SIDE_BY_SIDE)
        return [Line(names, step.inputs, _Convolutions([_conv(net, name) for name in names]))]
    return [Line((step.name,), step.inputs, _compute(step.module))]


def _conv(net: GoogLeNet, name: str) -> nn.Conv2d:
    module = net.by_name[name].module
    assert isinstance(module, Unit)
    return module.conv


def _compute(module: nn.Module | None) -> Compute:
    if module is None:
        return _concatenate
    if isinstance(module, Unit):
        # TensorFlow's padding depends on the input's size: conv1 pads for itself there.
        return module.forward if module.same else _Convolutions([module.conv])
    if isinstance(module, OwnMaxPool):
        return module.pool.forward
    if isinstance(module, Dense):
        dense = _row_by_row(module.linear)
        return lambda x: dense(x).relu_()
    if isinstance(module, Classifier):
        return _row_by_row(module.linear)
    return module.forward


class _Convolutions:
    """Convolutions of one input by kernels of one size, with bias and ReLU, as one."""

    def __init__(self, convs: Sequence[nn.Conv2d]) -> None:
        biases = [conv.bias for conv in convs if conv.bias is not None]
        self.weight = torch.cat([conv.weight for conv in convs]) if convs[1:] else convs[0].weight
        self.bias = torch.cat(biases) if convs[1:] else biases[0]
        self.sizes = [conv.out_channels for conv in convs]
        self.padding, self.stride = [int(p) for p in convs[0].padding], list(convs[0].stride)
        self.packed: tuple[torch.Size, Tensor] | None = None

    def __call__(self, x: Tensor) -> Tensor | Sequence[Tensor]:
        y: Tensor = torch.ops.mkldnn._convolution_pointwise.default(
            x, self._weight(x), self.bias, self.padding, self.stride, [1, 1], 1, "relu", [], ""
        )
        return y if len(self.sizes) == 1 else y.split_with_sizes(self.sizes, 1)

    def _weight(self, x: Tensor) -> Tensor:
        if len(x) > 1:  # with several photos it takes no longer to pack than to fetch
            return self._pack(x)
        if self.packed is None or self.packed[0] != x.shape:
            self.packed = x.shape, self._pack(x)
        return self.packed[1]

    def _pack(self, x: Tensor) -> Tensor:
        packed: Tensor = torch.ops.mkldnn._reorder_convolution_weight(
            self.weight, self.padding, self.stride, [1, 1], 1, list(x.shape)
        )
        return packed


def _concatenate(*branches: Tensor) -> Tensor:
    return torch.cat(branches, 1)


def _row_by_row(linear: nn.Linear) -> Callable[[Tensor], Tensor]:
    def apply(x: Tensor) -> Tensor:
        if len(x) != 1:
            return linear(x.flatten(1))  # type: ignore[no-any-return]
        return torch.addmv(linear.bias, linear.weight, x.flatten())[None]

    return apply
