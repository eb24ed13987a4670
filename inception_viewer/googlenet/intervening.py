"""A forward pass in which some units' outputs are replaced, computed from the first of them on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from . import packed
from .architecture import GoogLeNet


@dataclass(frozen=True, eq=False)
class Touch:
    """What becomes of one unit's output.

    Attributes
    ----------
    unit
        Its name.
    channels
        Those that are touched; None for all.
    factor
        What they are multiplied by.
    value
        What is added then, (1, C, …) or broadcast to it; None for nothing. With a factor of 0
        it stands in their place.
    """

    unit: str
    channels: tuple[int, ...] | None = None
    factor: float = 0.0
    value: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Return a unit's output (N, C, …) as it is to be; ``x`` itself is left alone."""
        there = slice(None) if self.channels is None else list(self.channels)
        out = x.clone()
        # Not a product with zero: what is not finite would stay.
        changed = out[:, there] * self.factor if self.factor else out[:, there].new_zeros(())
        if self.value is not None:
            changed = changed + self.value.expand_as(x)[:, there]
        out[:, there] = changed
        return out


class Touches:
    """Several touches as the ``edit`` of :meth:`~.architecture.GoogLeNet.run`, in their order."""

    def __init__(self, touches: Sequence[Touch]) -> None:
        self._of: dict[str, list[Touch]] = {}
        for touch in touches:
            self._of.setdefault(touch.unit, []).append(touch)

    @property
    def units(self) -> Collection[str]:
        """Those that are touched."""
        return self._of.keys()

    def __call__(self, name: str, value: Tensor) -> Tensor:
        """Return a unit's output after what is done to it."""
        for touch in self._of.get(name, ()):
            value = touch(value)
        return value


def resume(
    net: GoogLeNet, values: Mapping[str, Tensor], touches: Sequence[Touch]
) -> dict[str, Tensor]:
    """Return every unit's activation when some are touched.

    Only what lies behind a touched unit is computed; the rest is that of ``values``, the same
    tensors.

    Parameters
    ----------
    net
        In evaluation mode.
    values
        Every unit's untouched activation (N, …), with the input.
    touches
        What is done, in this order.
    """
    edits = Touches(touches)
    with torch.inference_mode():
        return _resumed(packed.lines(net), dict(values), edits)


def _resumed(
    lines: list[packed.Line], found: dict[str, Tensor], edits: Touches
) -> dict[str, Tensor]:
    stale = set[str]()
    for line in lines:
        behind = not stale.isdisjoint(line.inputs)
        if behind:
            made = line.compute(*(found[read] for read in line.inputs))
            parts = [made] if isinstance(made, Tensor) else made
            found.update(zip(line.names, parts, strict=True))
            stale.update(line.names)
        for name in line.names:
            if name in edits.units:
                found[name] = edits(name, found[name])
                stale.add(name)
    return found
