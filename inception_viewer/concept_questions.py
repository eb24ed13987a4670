"""Questions about concepts that are given by example, such as whether stripes make a zebra.

As all questions and answers they are plain frozen values, without torch or Qt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from .questions import Preprocessing, Provenance, Question

SIGNIFICANT = 0.05
"""The chance of error up to which a concept is called significant, after the correction."""
FEW = 20
"""Photos below which a direction is hardly to be trusted."""
NEAR_CHANCE = 0.6
"""Accuracy on examples held out below which a direction means nothing."""
LEAST = 4
"""Photos of a folder without which nothing can be computed."""


@dataclass(frozen=True)
class Concept:
    """A concept by example: what it is called, and a folder of photos that show it."""

    name: str
    folder: str


@dataclass(frozen=True)
class TestConcepts(Question):
    """Whether a class rests on concepts (TCAV); answered by :class:`ConceptAnswer`.

    Attributes
    ----------
    checkpoint
        Fingerprint of an open checkpoint.
    unit
        Any unit on the head's way, without the head's logits themselves.
    head, target
        Whose logit: a head's name, and the index of a class.
    concepts
        Each with its folder of photos, searched to any depth.
    random
        A folder of photos of anything else: what concepts are told from.
    photos
        A folder of photos of the class.
    runs
        How many times the random photos are drawn, and the classifier is trained.
    most
        Photos of each folder that are used at most, drawn by the seed; of the random folder
        three times as many.
    seed
        Of every draw.
    preprocessing
        How photos become inputs; None for the checkpoint's own.
    together
        How many such questions are asked together, as of several units: the correction for
        testing often counts the concepts of all of them.
    """

    cached: ClassVar[bool] = False  # what lies in the folders may change
    __test__: ClassVar[bool] = False  # a question, not a test of pytest's

    checkpoint: str
    unit: str
    head: str
    target: int
    concepts: tuple[Concept, ...]
    random: str
    photos: str
    runs: int = 10
    most: int = 150
    seed: int = 0
    preprocessing: Preprocessing | None = None
    together: int = 1


@dataclass(frozen=True)
class ConceptResult:
    """What one concept does to the class.

    Attributes
    ----------
    name
        The concept's.
    scores
        The TCAV score of each run: the share of the class's photos whose logit rises when the
        unit's activation moves towards the concept.
    p_value
        Chance of scores that differ as much from those of random directions if the concept
        meant nothing: two-sided t-test of Welch, times the number of concepts, and of questions
        asked together (Bonferroni).
        Not a number while there are too few runs.
    accuracy
        Of the classifier on examples it was not trained on, mean over the runs; 0.5 is chance.
    photos
        How many examples were read.
    note
        What else to know (few photos, accuracy near chance), or ``""``.
    sentence
        What it means, for people who have not read the paper.
    """

    name: str
    scores: tuple[float, ...]
    p_value: float
    accuracy: float
    photos: int
    note: str = ""
    sentence: str = ""

    @property
    def score(self) -> float:
        """The mean of the scores."""
        return mean(self.scores)

    @property
    def spread(self) -> float:
        """Their standard deviation."""
        return spread(self.scores)


@dataclass(frozen=True, eq=False)
class ConceptAnswer:
    """Whether a class rests on concepts.

    Attributes
    ----------
    concepts
        In the order asked for; while ``partial`` with the runs so far.
    random_scores
        TCAV scores of directions that tell one draw of random photos from another.
    target_name
        The class.
    photos, random_photos
        How many photos of the class and of anything else were read.
    unreadable
        (path, one sentence) of photos that could not be read, the first hundred of them.
    note
        What else to know, or ``""``.
    """

    question: TestConcepts
    concepts: tuple[ConceptResult, ...]
    random_scores: tuple[float, ...]
    target_name: str
    photos: int
    random_photos: int
    provenance: Provenance
    unreadable: tuple[tuple[str, str], ...] = ()
    note: str = ""
    partial: bool = False

    @property
    def random_score(self) -> float:
        """The mean of the random directions' scores."""
        return mean(self.random_scores)

    @property
    def random_spread(self) -> float:
        """Their standard deviation."""
        return spread(self.random_scores)


def mean(values: tuple[float, ...]) -> float:
    """Return the mean; not a number of nothing."""
    return math.fsum(values) / len(values) if values else math.nan


def spread(values: tuple[float, ...]) -> float:
    """Return the sample's standard deviation; not a number below two values."""
    if len(values) < 2:
        return math.nan
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))
