"""How a network is trained, as a frozen value.

The defaults are the paper's (section 6: SGD with momentum 0.9, auxiliary losses
weighted 0.3, crops of 8 to 100 % of the area at aspect 3/4 to 4/3, photometric
distortion, dropout in the heads, averaged weights at the end) except the
learning rate, which falls along a cosine; ``schedule="paper"`` is the paper's.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
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
    """

    size: int
    epochs: int
    smallest_crop: float = 0.08


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

    def learning_rate_at(self, epoch: float) -> float:
        """Return the learning rate at a (fractional, zero-based) epoch."""
        warm = min(1.0, (epoch + 1e-3) / self.warmup_epochs) if self.warmup_epochs else 1.0
        if self.schedule == "paper":
            return float(warm * self.learning_rate * 0.96 ** (epoch // 8))
        along = min(1.0, epoch / max(self.epochs, 1e-9))
        span = self.learning_rate - self.final_learning_rate
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
    """Read phases like ``"112x60,160x24@0.25"``: size x epochs @ smallest crop.

    Raises
    ------
    ValueError
        If the text is not of that form, or a number is out of range.
    """
    phases = []
    for part in text.split(","):
        try:
            shape, _, crop = part.strip().partition("@")
            size, epochs = (int(number) for number in shape.split("x"))
            phase = Phase(size, epochs, float(crop) if crop else 0.08)
        except ValueError:
            raise ValueError(f"“{part}” is not SIZExEPOCHS or SIZExEPOCHS@CROP") from None
        if not (32 <= phase.size <= 1024 and phase.epochs > 0 and 0 < phase.smallest_crop <= 1):
            raise ValueError(f"“{part}” is out of range: size 32 to 1024, crop above 0 up to 1")
        phases.append(phase)
    return tuple(phases)
