"""TensorFlow's ``SAME`` padding, which depends on the size of the input.

For an axis of ``length`` positions TensorFlow makes ``ceil(length / stride)`` windows and
pads what they need beyond the input, half before and half behind; an odd one goes behind.
A convolution reads zeros there, a max pool nothing at all.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


def same_margins(length: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the positions that TensorFlow's ``SAME`` adds before and behind an axis.

    As many as make ``ceil(length / stride)`` windows; an odd one goes behind.
    """
    total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


def pad_same(x: Tensor, kernel: int, stride: int) -> Tensor:
    """Return (N, C, H, W) with the zeros around it that a convolution needs under ``SAME``."""
    rows, columns = (same_margins(length, kernel, stride) for length in x.shape[-2:])
    return F.pad(x, (*columns, *rows))


class SameMaxPool2d(nn.MaxPool2d):
    """A max pool under TensorFlow's ``SAME``: what it pads is never the maximum.

    PyTorch pads both sides alike, and ``ceil_mode`` adds what is missing behind; the two
    together give TensorFlow's windows, without a padded copy of the input.

    Parameters
    ----------
    kernel
        Side of the window, odd.
    stride
        At most ``kernel``.
    """

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__(kernel, stride, ceil_mode=True)
        self._window = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, ceil(H / stride), ceil(W / stride))."""
        before = self.before(x)
        return F.max_pool2d(x, self.kernel_size, self.stride, before, ceil_mode=True)

    def before(self, x: Tensor) -> list[int]:
        """Return the positions that are added before each axis of (N, C, H, W)."""
        return [same_margins(length, *self._window)[0] for length in x.shape[-2:]]
