"""The network behind conv1's affine part, where averaged gradients are taken back at once.

conv1 is affine until its ReLU, so the gradient at the pixels is its transpose of the gradient
there. The transpose of a mean is the mean of the transposes: where only the mean over many
photos is wanted, conv1, the layer at full resolution, is transposed once in all.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inception_viewer.googlenet.architecture import GoogLeNet, OwnMaxPool, Unit, memory_format
from inception_viewer.googlenet.same_padding import pad_same

from .fused import fused
from .score import Score


class Front:
    """Splits a score at the place between conv1's convolution (and batch norm) and its ReLU."""

    def __init__(self, net: GoogLeNet, score: Score) -> None:
        self._onward, self._score = fused(net), score
        unit = net.by_name["conv1"].module
        assert isinstance(unit, Unit)
        pool = net.by_name["pool1"].module
        assert isinstance(pool, OwnMaxPool)
        self._unit, self._pool = unit, pool.pool

    def affine(self, x: Tensor) -> Tensor:
        """Apply the affine part of conv1, (N, 3, H, W) to (N, 64, H/2, W/2)."""
        unit = self._unit
        x = x.contiguous(memory_format=memory_format(x.device))
        if unit.same:
            x = pad_same(x, unit.conv.kernel_size[0], unit.conv.stride[0])
        before: Tensor = unit.conv(x)
        return before if unit.bn is None else unit.bn(before)

    def score(self, before_relu: Tensor) -> Tensor:
        """Return the score (N,) for what conv1's ReLU receives; only its own path is run."""
        if self._score.unit == "conv1":
            return self._score(self._onward, {"conv1": self._unit.relu(before_relu)})
        # Maximum and ReLU commute, and this way the ReLU has a quarter of the work.
        known = {"pool1": self._unit.relu(self._pool(before_relu))}
        return self._score(self._onward, known)

    def back(self, mean: Tensor, x: Tensor) -> Tensor:
        """Return the gradient at a photo like ``x`` (3, H, W) for one behind conv1."""
        leaf = x.detach().clone()[None].requires_grad_()
        with torch.enable_grad():
            front = self.affine(leaf)
        # Contiguous: given one image sliced from a channels_last batch, torch 2.15's batch norm
        # (in evaluation mode, on the CPU) mistakes the layout and returns a wrong gradient.
        (gradient,) = torch.autograd.grad(front, leaf, mean[None].contiguous())
        return gradient[0]
