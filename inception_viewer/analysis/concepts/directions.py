"""Concept activation vectors (Kim et al., 2018, arXiv:1711.11279, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from .reading import Doubles

HELD_OUT = 1 / 3
"""Share of the examples that the classifier is tried on instead of trained with."""


@dataclass(frozen=True, eq=False)
class Direction:
    """The way from one set of activations to another.

    Attributes
    ----------
    vector
        (channels,), of length 1: the normal of the plane that divides them, on the side of the
        first.
    accuracy
        Share of the examples held out that lie on their own side; the mean of both sets' shares,
        so that 0.5 is chance whatever their sizes.
    """

    vector: Doubles
    accuracy: float


def direction(here: Doubles, there: Doubles, generator: np.random.Generator) -> Direction:
    """Train a linear classifier and return its normal.

    Parameters
    ----------
    here, there
        Activations (photos, channels) of the concept's examples and of others.
    generator
        Draws the examples that are held out.
    """
    parts = [_split(values, generator) for values in (here, there)]
    train, test = ([part[side] for part in parts] for side in (0, 1))
    vector, offset = separate(*train)
    sides = [
        float(((values @ vector + offset > 0) == (sign > 0)).mean())
        for values, sign in zip(test, (1, -1), strict=True)
    ]
    return Direction(vector, sum(sides) / 2)


def separate(here: Doubles, there: Doubles) -> tuple[Doubles, float]:
    """Return a dividing plane's normal, of length 1 and towards ``here``, and its offset.

    Logistic regression with scikit-learn's own regularisation, on channels of equal spread;
    both sets weigh the same.
    """
    values = np.concatenate([here, there])
    middle, scale = values.mean(0), values.std(0)
    scale[scale == 0] = 1.0
    labels = np.repeat([1, 0], [len(here), len(there)])
    found = LogisticRegression(class_weight="balanced", max_iter=1000)
    found.fit((values - middle) / scale, labels)
    normal: Doubles = found.coef_[0] / scale
    length = float(np.linalg.norm(normal)) or 1.0
    offset = float(found.intercept_[0]) - float(normal @ middle)
    return normal / length, offset / length


def tcav_score(slopes: Doubles, vector: Doubles) -> float:
    """Return the share of photos whose logit rises along a direction (section 3.4).

    Parameters
    ----------
    slopes
        The logit's gradient at the unit (photos, channels).
    """
    return float((slopes @ vector > 0).mean())


def _split(values: Doubles, generator: np.random.Generator) -> tuple[Doubles, Doubles]:
    order = generator.permutation(len(values))
    held = max(1, round(HELD_OUT * len(values)))
    return values[order[held:]], values[order[:held]]
