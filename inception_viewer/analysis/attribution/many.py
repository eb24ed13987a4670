"""A method that can be asked for many photos at once: what the noise tunnel averages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

Tick = Callable[[], None]
"""Called before every pass of the network; it raises to cancel."""


def batch_size(height: int, width: int, device: str = "cpu", *, at_224: int = 10) -> int:
    """Return how many photos to compute at once: under half a second on two slow cores.

    ``at_224`` is the number at 224x224 pixels on a processor; others follow from it.
    """
    on_device = at_224 if device == "cpu" else 5 * at_224
    return max(1, on_device * 224 * 224 // (height * width))


def identity(total: Tensor) -> Tensor:
    """Return it as it is."""
    return total


@dataclass(frozen=True, eq=False)
class Many:
    """A method that was prepared for a network and a score.

    Attributes
    ----------
    attribute
        From what conv1 receives (N, 3, H, W) to each photo's attributions, the same shape.
    batch
        Photos at once at 224x224 pixels, for :func:`batch_size`.
    forwards, backwards
        Passes a photo.
    per_batch
        Forward passes more for each batch.
    total, finish
        ``finish(sum of total(x))`` is the sum of ``attribute(x)``, more cheaply, where only
        that is wanted; None: there is no such way.
    """

    attribute: Callable[[Tensor, Tick], Tensor]
    batch: int = 10
    forwards: int = 1
    backwards: int = 1
    per_batch: int = 0
    total: Callable[[Tensor, Tick], Tensor] | None = None
    finish: Callable[[Tensor], Tensor] = identity
