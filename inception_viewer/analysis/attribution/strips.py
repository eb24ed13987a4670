"""Scores of copies of one photo that differ from it in the same few rows.

A window of 16 rows reaches 11 of conv1's 112 and 5 of pool2's 28: all other rows are those of
the photo itself and need not be computed again for every copy. Each unit's rows that can have
changed are computed from a strip of its input (what changed, and as many of the photo's own
rows around it as the kernel reads), until the strip is most of the map; from there on the whole
network is run. The values are the same, within rounding: every row is computed as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inception_viewer.googlenet.architecture import (
    INPUT,
    GoogLeNet,
    OwnMaxPool,
    Step,
    Unit,
    memory_format,
)
from inception_viewer.googlenet.same_padding import SameMaxPool2d, same_margins

from .score import Score

MOST = 0.75
"""The share of a unit's rows up to which a strip is worth its copies."""


@dataclass(frozen=True, eq=False)
class Strip:
    """The rows of a unit's activation that can have changed, (N, C, rows, W), from ``first`` on."""

    first: int
    values: Tensor

    @property
    def last(self) -> int:
        """The row after its last one."""
        return self.first + self.values.shape[2]


@dataclass(frozen=True)
class Window:
    """How a convolution or max pool reads its input, padding included.

    ``margins`` are the rows before and behind and the columns before and behind that it adds,
    of value ``fill``.
    """

    kernel: int
    stride: int
    fill: float
    margins: tuple[int, int, int, int]


class Strips:
    """A photo's activations, and the scores of copies of it that differ in some rows.

    Parameters
    ----------
    net
        In evaluation mode.
    x
        What conv1 receives for the photo, (3, H, W).
    score
        What is wanted of every copy.
    """

    def __init__(self, net: GoogLeNet, x: Tensor, score: Score) -> None:
        self._net, self._score = net, score
        self._plan = [step for step, _ in net.plan({INPUT}, [score.unit])]
        batch = x.detach()[None].contiguous(memory_format=memory_format(x.device))
        with torch.inference_mode():
            names = [step.name for step in self._plan]
            self._base = {INPUT: batch, **net.run({INPUT: batch}, names)}
            self.score = float(score.read(self._base[score.unit])[0])
        self._padded: dict[str, tuple[Window, Tensor]] = {}

    def scores(self, rows: Tensor, first: int) -> Tensor:
        """Return the score (N,) of the photo with some of its rows replaced.

        Parameters
        ----------
        rows
            (N, 3, rows, W), in the place of the photo's from ``first`` on.
        """
        known = {INPUT: Strip(first, rows)}
        with torch.inference_mode():
            left = list(self._plan)
            while left and (strip := self._strip(left[0], known)) is not None:
                known[left.pop(0).name] = strip
            needed = {self._score.unit, *(name for step in left for name in step.inputs)}
            whole = {name: self._whole(name, known[name]) for name in needed & known.keys()}
            return self._score(self._net, whole)

    def _strip(self, step: Step, known: Mapping[str, Strip]) -> Strip | None:
        """Return a unit's changed rows; None where it has no strip, or it is most of the map."""
        inputs = [known[name] for name in step.inputs]
        module = step.module
        if module is None:
            return self._side_by_side(step, inputs)
        if isinstance(module, nn.LocalResponseNorm):
            return Strip(inputs[0].first, module(inputs[0].values))
        if isinstance(module, Unit | OwnMaxPool):
            return self._slid(step, module, inputs[0])
        return None

    def _side_by_side(self, step: Step, parts: list[Strip]) -> Strip:
        """Concatenate strips of different heights: the photo's own rows fill the shorter ones."""
        first, last = min(p.first for p in parts), max(p.last for p in parts)
        if all(part.first == first and part.last == last for part in parts):
            return Strip(first, torch.cat([part.values for part in parts], 1))
        out = _copies(self._base[step.name][:, :, first:last], parts[0].values.shape[0])
        channel = 0
        for part in parts:
            channels = slice(channel, channel + part.values.shape[1])
            out[:, channels, part.first - first : part.last - first] = part.values
            channel = channels.stop
        return Strip(first, out)

    def _slid(self, step: Step, module: Unit | OwnMaxPool, strip: Strip) -> Strip | None:
        """Slide a convolution's or max pool's window over the rows that can have changed."""
        window, padded = self._window(step, module)
        height = self._base[step.name].shape[2]
        top, _, left, _ = window.margins
        first = max(0, -(-(strip.first + top - window.kernel + 1) // window.stride))
        last = min(height, (strip.last - 1 + top) // window.stride + 1)
        first, last = min(first, height - 1), max(last, min(first, height - 1) + 1)
        if last - first > MOST * height:
            return None
        low, high = first * window.stride, (last - 1) * window.stride + window.kernel
        read = _copies(padded[:, :, low:high], strip.values.shape[0])
        start, stop = max(low, strip.first + top), min(high, strip.last + top)
        changed = strip.values[:, :, start - top - strip.first : stop - top - strip.first]
        read[:, :, start - low : stop - low, left : left + changed.shape[3]] = changed
        return Strip(first, _compute(module, window, read))

    def _window(self, step: Step, module: Unit | OwnMaxPool) -> tuple[Window, Tensor]:
        """Return how a step reads its input, and the photo's own input with those margins."""
        if step.name not in self._padded:
            source, out = self._base[step.inputs[0]], self._base[step.name]
            window = _window(module, source.shape[2:], out.shape[2:])
            top, bottom, left, right = window.margins
            padded = F.pad(source, (left, right, top, bottom), value=window.fill)
            self._padded[step.name] = window, padded
        return self._padded[step.name]

    def _whole(self, name: str, strip: Strip) -> Tensor:
        out = _copies(self._base[name], strip.values.shape[0])
        out[:, :, strip.first : strip.last] = strip.values
        return out


def _copies(x: Tensor, count: int) -> Tensor:
    """Return a batch of copies of (1, C, h, w), channels_last."""
    batch = x.expand(count, -1, -1, -1)
    return batch.clone(memory_format=memory_format(x.device))


def _window(module: Unit | OwnMaxPool, source: torch.Size, out: torch.Size) -> Window:
    """Return a step's window, with the margins that it needs at these sizes."""
    layer = module.conv if isinstance(module, Unit) else module.pool
    kernel, stride = _side(layer.kernel_size), _side(layer.stride)
    same = module.same if isinstance(module, Unit) else isinstance(layer, SameMaxPool2d)
    margins = []
    for length, positions in zip(source, out, strict=True):
        before = same_margins(length, kernel, stride)[0] if same else _side(layer.padding)
        margins += [before, max(0, (positions - 1) * stride + kernel - before - length)]
    top, bottom, left, right = margins
    fill = 0.0 if isinstance(module, Unit) else -torch.inf
    return Window(kernel, stride, fill, (top, bottom, left, right))


def _side(size: int | str | tuple[int, ...]) -> int:
    """Return a square window's side, which torch keeps as a number or as a pair."""
    return int(size if isinstance(size, int | str) else size[0])


def _compute(module: Unit | OwnMaxPool, window: Window, padded: Tensor) -> Tensor:
    """Apply a step to an input that has its margins already."""
    if isinstance(module, OwnMaxPool):
        return F.max_pool2d(padded, window.kernel, window.stride)
    out: Tensor = F.conv2d(padded, module.conv.weight, module.conv.bias, window.stride)
    if module.bn is not None:
        out = module.bn(out)
    activation: Tensor = module.relu(out)
    return activation
