"""What every unit costs and sees, by formula: nothing is run, any input size.

The walk is over the network's own steps, so a variant with other channels, kernels
or pools needs nothing here. Output sizes follow PyTorch's rules exactly (``ceil_mode``
drops a window that would start in the padding), and TensorFlow's under its padding.
Receptive fields follow the usual recurrence (Araujo et al., "Computing receptive fields
of convolutional neural networks", Distill 2019): with ``jump`` the distance of
neighbouring positions in input pixels, a window of ``kernel`` adds ``(kernel - 1) * jump``
to the size.

Multiply-adds are those of convolutions and linear layers; normalisation, pooling,
biases and ReLU count as none, as in the paper's Table 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import nn

from ..questions import ReceptiveField
from .architecture import (
    INPUT,
    Classifier,
    Dense,
    GoogLeNet,
    HeadPool,
    OwnMaxPool,
    Step,
    Unit,
)
from .same_padding import SameMaxPool2d, same_margins

Shape = tuple[int, int, int]

HEAD_CELLS = 4
"""Positions along each side of an auxiliary head's pool output (paper, section 5)."""


@dataclass(frozen=True)
class Cost:
    """What one unit costs and sees at one input size.

    Attributes
    ----------
    shape
        Output (channels, height, width); (features, 1, 1) for dense layers.
    kernel, stride
        Of a convolution or a pool with a fixed window; 0 elsewhere.
    weights
        Weights alone: no bias, no batch norm. What the paper's Table 1 counts.
    parameters
        Weights, biases, and batch norm's weight and bias.
    multiply_adds
        Multiplications with an addition, for one image.
    field
        Receptive field on the input.
    """

    shape: Shape
    field: ReceptiveField
    kernel: int = 0
    stride: int = 0
    weights: int = 0
    parameters: int = 0
    multiply_adds: int = 0


@dataclass(frozen=True)
class Window:
    """A sliding window: of a convolution (``ceil_mode`` False) or a pool.

    With ``same`` it is padded by TensorFlow's rule, and ``padding`` and ``ceil_mode`` say
    nothing.
    """

    kernel: int
    stride: int
    padding: int = 0
    ceil_mode: bool = False
    same: bool = False

    def count(self, length: int) -> int:
        """Return the number of positions along an axis of ``length``; at least 0."""
        if self.same:
            return -(-length // self.stride)
        room = length + 2 * self.padding - self.kernel
        if self.ceil_mode:
            room += self.stride - 1
        count = room // self.stride + 1
        if self.ceil_mode and (count - 1) * self.stride >= length + self.padding:
            count -= 1  # PyTorch drops a window that would start beyond input and left padding
        return max(0, count)

    def before(self, length: int) -> int:
        """Return how many positions are padded before an axis of ``length``."""
        return same_margins(length, self.kernel, self.stride)[0] if self.same else self.padding

    def slide(self, field: ReceptiveField, height: int, width: int) -> ReceptiveField:
        """Return the field of this window's output over (height, width) units with ``field``."""
        first = [
            field.first_centre(axis) + ((self.kernel - 1) / 2 - self.before(length)) * field.stride
            for axis, length in enumerate((height, width))
        ]
        return ReceptiveField(
            size=field.size + (self.kernel - 1) * field.stride,
            stride=field.stride * self.stride,
            offset=first[0],
            column_offset=None if first[0] == first[1] else first[1],
        )


def costs(net: GoogLeNet, height: int, width: int) -> dict[str, Cost]:
    """Return what every unit costs and sees, by name, ``"input"`` first.

    Parameters
    ----------
    net
        Any GoogLeNet, on any device (``meta`` too): only its structure is read.
    height, width
        Of the input, in pixels.

    Raises
    ------
    ValueError
        If the input is so small that a unit's output would be empty.
    """
    known = {INPUT: Cost((3, height, width), ReceptiveField(1, 1, 0.0))}
    for step in net.steps:
        cost = _cost(step, [known[name] for name in step.inputs], (height, width))
        if min(cost.shape) < 1:
            raise ValueError(
                f"An input of {height} x {width} pixels is too small for this network: "
                f"{step.name} would have no output."
            )
        known[step.name] = cost
    return known


def _cost(step: Step, inputs: list[Cost], extent: tuple[int, int]) -> Cost:
    """Return the cost of one step, given those of what it reads and the input's (height, width)."""
    first, module = inputs[0], step.module
    if module is None:
        return _concatenation(inputs)
    if isinstance(module, Unit):
        return _convolution(module, first)
    if isinstance(module, OwnMaxPool):
        return _slide(_pool_window(module.pool), first, first.shape[0])
    if isinstance(module, HeadPool):
        return _head_pool(module, first, extent)
    if isinstance(module, Dense | Classifier):
        return _linear(module.linear, extent)
    if isinstance(module, nn.AdaptiveAvgPool2d):
        return Cost((first.shape[0], 1, 1), whole_input(*extent))
    if isinstance(module, nn.LocalResponseNorm):
        return Cost(first.shape, first.field)
    raise TypeError(f"No cost formula for {step.name}, a {type(module).__name__}")


def _side(value: int | tuple[int, ...]) -> int:
    """Return the one number of a square window's size, stride or padding."""
    return value if isinstance(value, int) else value[0]


def _pool_window(pool: nn.MaxPool2d) -> Window:
    kernel, stride = _side(pool.kernel_size), _side(pool.stride)
    if isinstance(pool, SameMaxPool2d):
        return Window(kernel, stride, same=True)
    return Window(kernel, stride, _side(pool.padding), pool.ceil_mode)


def _slide(window: Window, source: Cost, channels: int) -> Cost:
    """Return shape and field of a window sliding over a unit's output."""
    _, height, width = source.shape
    shape = (channels, window.count(height), window.count(width))
    field = window.slide(source.field, height, width)
    if source.field.windows:  # uneven fields stay what they are: only 1x1 units follow them
        assert window == Window(1, 1)
        field = source.field
    return Cost(shape, field, window.kernel, window.stride)


def _convolution(unit: Unit, source: Cost) -> Cost:
    conv = unit.conv
    assert not isinstance(conv.padding, str)
    window = Window(
        _side(conv.kernel_size), _side(conv.stride), _side(conv.padding), same=unit.same
    )
    plain = _slide(window, source, conv.out_channels)
    weights = conv.in_channels * conv.out_channels * window.kernel**2
    others = conv.out_channels * ((conv.bias is not None) + 2 * (unit.bn is not None))
    return replace(
        plain,
        weights=weights,
        parameters=weights + others,
        multiply_adds=weights * plain.shape[1] * plain.shape[2],
    )


def _linear(linear: nn.Linear, extent: tuple[int, int]) -> Cost:
    weights = linear.in_features * linear.out_features
    parameters = weights + (linear.out_features if linear.bias is not None else 0)
    shape = (linear.out_features, 1, 1)
    return Cost(
        shape, whole_input(*extent), weights=weights, parameters=parameters, multiply_adds=weights
    )


def _concatenation(inputs: list[Cost]) -> Cost:
    """Add the branches' channels up; the widest field holds the others, which share its centre."""
    _, height, width = inputs[0].shape
    channels = sum(cost.shape[0] for cost in inputs)
    field = max((cost.field for cost in inputs), key=lambda field: field.size)
    return Cost((channels, height, width), field)


def whole_input(height: int, width: int) -> ReceptiveField:
    """Return the field of a unit that sees the whole input."""
    longer = max(height, width)
    return ReceptiveField(size=longer, stride=0, offset=(longer - 1) / 2)


def _head_pool(pool: HeadPool, source: Cost, extent: tuple[int, int]) -> Cost:
    channels, height, width = source.shape
    if not pool.is_adaptive(height, width):
        window = Window(_side(pool.window.kernel_size), _side(pool.window.stride))
        return _slide(window, source, channels)
    windows = (
        _adaptive_spans(source.field, 0, height, extent[0]),
        _adaptive_spans(source.field, 1, width, extent[1]),
    )
    return Cost((channels, HEAD_CELLS, HEAD_CELLS), _uneven(windows))


def _adaptive_spans(
    field: ReceptiveField, axis: int, length: int, extent: int
) -> tuple[tuple[int, int], ...]:
    """Return first and last input pixel of each cell of an adaptive pool over ``length`` positions.

    Cell ``i`` pools positions ``floor(i * length / 4)`` to ``ceil((i + 1) * length / 4) - 1``.
    """
    spans = []
    for cell in range(HEAD_CELLS):
        first = cell * length // HEAD_CELLS
        last = -(-(cell + 1) * length // HEAD_CELLS) - 1
        spans.append((field.span(first, extent, axis)[0], field.span(last, extent, axis)[1]))
    return tuple(spans)


def _uneven(
    windows: tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]],
) -> ReceptiveField:
    """Return the field of an adaptive pool: exact windows, and the nearest even numbers."""
    size = max(last - first + 1 for axis in windows for first, last in axis)
    centres = [(first + last) / 2 for first, last in windows[0]]
    stride = max(1, round((centres[-1] - centres[0]) / (len(centres) - 1)))
    return ReceptiveField(size, stride, centres[0], windows)
