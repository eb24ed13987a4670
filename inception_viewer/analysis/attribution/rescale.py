"""DeepLift's rescale rule (Shrikumar et al., 2017, arXiv:1704.02685) for each nonlinearity.

A multiplier m says how a unit's difference from its reference, dx = x - x0, adds to the score:
what is sent back through y = f(x) is such that the sum of m dx is the sum of m dy, exactly.
Convolutions, dense layers and average pools are linear and keep their gradient. What is not:

ReLU
    dy / dx, for each value.
Max pool
    Where the photo's maximum is the larger, all of dy is due to its position; where the
    reference's is, to that one's. There dx is at least dy, so that the quotient lies in [0, 1].
    Windows overlap: what a position gets from several is added up (captum#1276).
Local response normalisation
    y = x s with s = u^-beta and u = k + alpha mean(x²) over neighbouring channels. A product's
    difference is split evenly, dy = mean(s) dx + mean(x) ds; ds = (ds / du) du; and du is the
    mean of 2 mean(x) dx. Value by value, dy / dx would be infinite where only the neighbours
    changed.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inception_viewer.googlenet.same_padding import SameMaxPool2d

from .ruled import laid_out_as

NEARLY_EQUAL = 1e-4
"""Share of a scale below which its difference quotient drowns in rounding."""


class Rescaled(nn.Module):
    """A module that, once it has seen the reference, sends multipliers back.

    Attributes
    ----------
    reference
        What it received for the reference photos; None: it will keep what it receives next.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reference: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Map as the module that it replaces; the references are one, or as many as the photos."""
        if self.reference is None:
            self.reference = x.detach()
            return self.plain(x)
        return self.ruled(x, self.reference)

    def plain(self, x: Tensor) -> Tensor:
        """Return what the replaced module does."""
        raise NotImplementedError

    def ruled(self, x: Tensor, reference: Tensor) -> Tensor:
        """Return the same with another backward rule."""
        raise NotImplementedError


def rescaled(module: nn.Module) -> Rescaled | None:
    """Return the replacement of a module that is not linear, or None."""
    if isinstance(module, nn.ReLU):
        return RescaledReLU()
    if isinstance(module, nn.MaxPool2d):
        return RescaledMaxPool(module)
    if isinstance(module, nn.LocalResponseNorm):
        return RescaledNorm(module)
    return None


class RescaledReLU(Rescaled):
    """A ReLU under the rescale rule."""

    def plain(self, x: Tensor) -> Tensor:
        """Return max(x, 0)."""
        return x.relu()

    def ruled(self, x: Tensor, reference: Tensor) -> Tensor:
        """Return max(x, 0)."""
        out: Tensor = _ReLU.apply(x, reference)
        return out


class _ReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, reference: Tensor) -> Tensor:
        ctx.save_for_backward(x, reference)
        return x.relu()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        x, reference = ctx.saved_tensors
        quotient = _quotient(x.relu() - reference.relu(), x - reference, (x > 0).to(x))
        return laid_out_as(gradients[0] * quotient, x), None


class RescaledMaxPool(Rescaled):
    """A max pool under the rescale rule."""

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self._pool = pool

    def plain(self, x: Tensor) -> Tensor:
        """Return each window's maximum."""
        pooled: Tensor = self._pool(x)
        return pooled

    def ruled(self, x: Tensor, reference: Tensor) -> Tensor:
        """Return each window's maximum."""
        out: Tensor = _MaxPool.apply(x, reference, self._pool)
        return out


class _MaxPool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, reference: Tensor, pool: nn.MaxPool2d) -> Tensor:
        (out, winner), (was, winner_was) = with_winners(pool, x), with_winners(pool, reference)
        chosen = torch.where(out >= was, winner, winner_was)
        difference = (x - reference).flatten(2).gather(2, chosen.flatten(2)).view_as(chosen)
        ctx.save_for_backward(chosen, _quotient(out - was, difference, torch.ones_like(out)), x)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        chosen, quotient, x = ctx.saved_tensors
        sent = (gradients[0] * quotient).flatten(2)
        summed = sent.new_zeros(*x.shape[:2], x[0, 0].numel())
        summed.scatter_add_(2, chosen.flatten(2), sent)
        return laid_out_as(summed.view(x.shape), x), None, None


def with_winners(pool: nn.MaxPool2d, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return each window's maximum, and where in the flattened map it is."""
    padding = pool.before(x) if isinstance(pool, SameMaxPool2d) else pool.padding
    found: tuple[Tensor, Tensor] = F.max_pool2d(
        x,
        pool.kernel_size,
        pool.stride,
        padding,
        ceil_mode=pool.ceil_mode,
        return_indices=True,
    )
    return found


class RescaledNorm(Rescaled):
    """Local response normalisation under the rule that is described above."""

    def __init__(self, norm: nn.LocalResponseNorm) -> None:
        super().__init__()
        self._norm = norm

    def plain(self, x: Tensor) -> Tensor:
        """Return the normalised activation."""
        normalised: Tensor = self._norm(x)
        return normalised

    def ruled(self, x: Tensor, reference: Tensor) -> Tensor:
        """Return the normalised activation."""
        out: Tensor = _Norm.apply(x, reference, self._norm)
        return out


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, reference: Tensor, norm: nn.LocalResponseNorm) -> Tensor:
        ctx.save_for_backward(x, reference)
        ctx.norm = norm
        out: Tensor = norm(x)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        x, reference = ctx.saved_tensors
        norm, sent = ctx.norm, gradients[0]
        before, after = norm.size // 2, (norm.size - 1) // 2
        u, u0 = (norm.k + norm.alpha * _around(v**2, before, after) for v in (x, reference))
        s, s0 = u**-norm.beta, u0**-norm.beta
        middle = (u + u0) / 2
        slope = -norm.beta * middle ** (-norm.beta - 1)
        far = (u - u0).abs() > NEARLY_EQUAL * middle
        slope = torch.where(far, _quotient(s - s0, u - u0, slope), slope)
        mean = (x + reference) / 2
        neighbours = _around(sent * mean * slope, after, before)
        summed = sent * (s + s0) / 2 + 2 * norm.alpha * mean * neighbours
        return laid_out_as(summed, x), None, None


def _around(values: Tensor, before: int, after: int) -> Tensor:
    """Return the mean over so many channels before and after each, zeros beyond the ends."""
    padded = F.pad(values.flatten(2)[:, None], (0, 0, before, after))
    mean = F.avg_pool2d(padded, (before + after + 1, 1), stride=1)
    return mean[:, 0].reshape(values.shape)


def _quotient(dividend: Tensor, divisor: Tensor, otherwise: Tensor) -> Tensor:
    """Return the quotient, and ``otherwise`` where the divisor is zero."""
    zero = divisor == 0
    return torch.where(zero, otherwise, dividend / divisor.masked_fill(zero, 1))
