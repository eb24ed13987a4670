"""Mean and spread of many rows, added up a few rows at a time; without torch or Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """What is left of rows (n, columns) when only means and variances are wanted.

    Attributes
    ----------
    n
        How many rows.
    mean
        (columns,).
    squares
        (columns,): the sum of the squared deviations from the mean.
    """

    n: int
    mean: Doubles
    squares: Doubles

    @classmethod
    def of(cls, rows: NDArray[np.floating]) -> Moments:
        """Return the moments of rows (n, columns), which may be none."""
        if not len(rows):
            return cls(0, np.zeros(rows.shape[1]), np.zeros(rows.shape[1]))
        values = rows.astype(np.float64)
        mean = values.mean(0)
        return cls(len(rows), mean, np.square(values - mean).sum(0))

    def merged(self, other: Moments) -> Moments:
        """Return the moments of both's rows (Chan, Golub and LeVeque, 1983, eq. 2.1)."""
        if not self.n or not other.n:
            return self if self.n else other
        n = self.n + other.n
        apart = other.mean - self.mean
        mean = self.mean + apart * (other.n / n)
        within = self.squares + other.squares
        return Moments(n, mean, within + np.square(apart) * (self.n * other.n / n))

    @property
    def variance(self) -> Doubles:
        """(columns,), with n - 1; nan of a single row."""
        if self.n < 2:
            return np.full(len(self.mean), np.nan)
        return self.squares / (self.n - 1)

    @property
    def spread(self) -> Doubles:
        """The standard deviation (columns,), with n - 1."""
        return np.sqrt(self.variance)

    def by_unit(self, widths: Mapping[str, int]) -> dict[str, Moments]:
        """Divide the columns among units, each so many wide."""
        ends = np.cumsum(list(widths.values()))[:-1]
        means, squares = np.split(self.mean, ends), np.split(self.squares, ends)
        return {
            unit: Moments(self.n, mean, around)
            for unit, mean, around in zip(widths, means, squares, strict=True)
        }
