"""How long a training run still takes."""

from __future__ import annotations

from .recipe import Recipe

MEMORY = 0.95
"""Share of the past in the running mean of a step's time."""


class Pace:
    """Follows the time of a step and estimates what is left.

    The time of a step is taken to grow with the input's area, so that the estimate
    is fair to the phases at larger sizes that are still to come.
    """

    def __init__(self, recipe: Recipe, steps_per_epoch: int) -> None:
        self.recipe, self.steps_per_epoch = recipe, steps_per_epoch
        self._per_pixel = 0.0
        self._weight = 0.0

    def note(self, seconds: float, size: int) -> None:
        """Take in the time of one step at inputs of ``size`` pixels a side."""
        self._per_pixel = MEMORY * self._per_pixel + (1 - MEMORY) * seconds / size**2
        self._weight = MEMORY * self._weight + 1 - MEMORY

    def per_step(self, size: int) -> float:
        """Return the seconds of a step at ``size``; 0 before the first."""
        return self._per_pixel / self._weight * size**2 if self._weight else 0.0

    def seconds_left(self, step: int) -> float:
        """Return the seconds from ``step`` (zero-based) to the end of the run."""
        left, begin = 0.0, 0
        for phase in self.recipe.phases:
            end = begin + phase.epochs * self.steps_per_epoch
            left += max(0, end - max(step, begin)) * self.per_step(phase.size)
            begin = end
        return left
