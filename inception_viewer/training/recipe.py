"""How a network is trained, as a frozen value.

The defaults are the paper's (section 6: SGD with momentum 0.9, auxiliary losses
weighted 0.3, crops of 8 to 100 % of the area at aspect 3/4 to 4/3, photometric
distortion, dropout in the heads, averaged weights at the end) except the
learning rate, which falls along a cosine; ``schedule="paper"`` is the paper's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal


@dataclass(frozen=True)
class Phase:
    """A stretch of training at one input size.

    Attributes
    ----------
    size
        Side of the square input, in pixels.
    epochs
        Passes over as many photos as the training share holds.
    smallest_crop
        The least share of the photo's area that a crop may cover, in (0, 1].
    restart
        A warm restart (SGDR; Loshchilov, Hutter, 2017) before it: training goes on from
        the averaged weights without momentum, and this learning rate begins the schedule
        anew, over the epochs up to the next restart. None: goes on as it was.
    """

    size: int
    epochs: int
    smallest_crop: float = 0.08
    restart: float | None = None


@dataclass(frozen=True)
class Cycle:
    """Epochs under one run of the schedule: from ``begin`` up to ``end``, from ``peak`` down."""

    begin: int
    end: int
    peak: float


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run gives.

    Attributes
    ----------
    phases
        Sizes and epochs, in order; small inputs first cost little time.
    batch_size
        Photos a step.
    learning_rate, final_learning_rate
        Peak of the schedule after the warm-up, and its end (cosine only).
    schedule
        ``"cosine"``, or ``"paper"``: 4 % down every 8 epochs.
    warmup_epochs
        Epochs over which the learning rate rises linearly from zero.
    momentum, weight_decay
        Of SGD (Nesterov); biases and batch norm are not decayed.
    auxiliary_weight
        Weight of each auxiliary head's loss beside the main one's.
    label_smoothing, mixup
        Smoothing of the targets; alpha of mixup's beta distribution (0: none).
    balance
        0 draws photos as they are, 1 draws every class equally often.
    average_decay
        Decay a step of the running average of the weights, which is what is kept.
    validation_share
        Share of each class kept apart.
    seed
        Of the split, the weights and every random choice.
    """

    phases: tuple[Phase, ...] = (
        Phase(96, 34),
        Phase(128, 14, 0.2),
        Phase(192, 5, 0.35),
        Phase(224, 3, 0.35),
    )
    batch_size: int = 48
    learning_rate: float = 0.06
    final_learning_rate: float = 2e-4
    schedule: Literal["cosine", "paper"] = "cosine"
    warmup_epochs: float = 2.0
    momentum: float = 0.9
    weight_decay: float = 5e-4
    auxiliary_weight: float = 0.3
    label_smoothing: float = 0.1
    mixup: float = 0.1
    balance: float = 0.6
    average_decay: float = 0.999
    validation_share: float = 0.1
    seed: int = 0

    @property
    def epochs(self) -> int:
        """Epochs of all phases together."""
        return sum(phase.epochs for phase in self.phases)

    def phase_at(self, epoch: int) -> Phase:
        """Return the phase that a (zero-based) epoch belongs to."""
        for phase in self.phases:
            if epoch < phase.epochs:
                return phase
            epoch -= phase.epochs
        return self.phases[-1]

    @property
    def cycles(self) -> tuple[Cycle, ...]:
        """The runs of the schedule, one more than there are restarts."""
        cycles = [Cycle(0, 0, self.learning_rate)]
        for phase in self.phases:
            last = cycles[-1]
            if phase.restart is not None:
                cycles.append(Cycle(last.end, last.end + phase.epochs, phase.restart))
            else:
                cycles[-1] = replace(last, end=last.end + phase.epochs)
        return tuple(cycle for cycle in cycles if cycle.end > cycle.begin)

    def restarts_at(self, epoch: int) -> bool:
        """Whether a warm restart comes before a (zero-based) epoch."""
        return epoch > 0 and any(cycle.begin == epoch for cycle in self.cycles)

    def learning_rate_at(self, epoch: float) -> float:
        """Return the learning rate at a (fractional, zero-based) epoch."""
        cycle = next((c for c in self.cycles if epoch < c.end), self.cycles[-1])
        done = epoch - cycle.begin
        warm = min(1.0, (done + 1e-3) / self.warmup_epochs) if self.warmup_epochs else 1.0
        if self.schedule == "paper":
            return float(warm * cycle.peak * 0.96 ** (done // 8))
        along = min(1.0, done / (cycle.end - cycle.begin))
        span = cycle.peak - self.final_learning_rate
        return warm * (self.final_learning_rate + span * (1 + math.cos(math.pi * along)) / 2)

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as plain values, for a checkpoint's metadata."""
        return asdict(self)

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Recipe:
        """Rebuild a recipe from :meth:`as_dict`'s values."""
        phases = tuple(Phase(**phase) for phase in values["phases"])
        return Recipe(**{**values, "phases": phases})


def parse_phases(text: str) -> tuple[Phase, ...]:
    """Read phases like ``"112x60,160x24@0.25,160x12@0.25^0.02"``.

    Size x epochs @ smallest crop ^ learning rate of a warm restart; the last two may lack.

    Raises
    ------
    ValueError
        If the text is not of that form, or a number is out of range.
    """
    return tuple(_parse_phase(part.strip()) for part in text.split(","))


def _parse_phase(part: str) -> Phase:
    found = re.fullmatch(r"(\d+)x(\d+)(?:@([\d.]+))?(?:\^([\d.e-]+))?", part)
    try:
        if found is None:
            raise ValueError
        size, epochs, crop, rate = found.groups()
        phase = Phase(int(size), int(epochs), float(crop or 0.08), float(rate) if rate else None)
    except ValueError:
        raise ValueError(f"“{part}” is not SIZExEPOCHS, SIZExEPOCHS@CROP or …^RATE") from None
    if not (32 <= phase.size <= 1024 and phase.epochs > 0 and 0 < phase.smallest_crop <= 1):
        raise ValueError(f"“{part}” is out of range: size 32 to 1024, crop above 0 up to 1")
    if phase.restart is not None and not 0 < phase.restart <= 10:
        raise ValueError(f"“{part}” is out of range: a learning rate above 0 up to 10")
    return phase


def phases_text(phases: Sequence[Mapping[str, Any]]) -> str:
    """Return phases, as a checkpoint's metadata has them, in :func:`parse_phases`' words."""
    return ",".join(
        f"{phase['size']}x{phase['epochs']}@{phase['smallest_crop']:g}"
        + (f"^{phase['restart']:g}" if phase.get("restart") is not None else "")
        for phase in phases
    )
