"""Questions about a folder of photos: how good a network is, and heads fitted to it.

As all questions and answers they are plain frozen values, without torch or Qt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .questions import Command, HeadState, Preprocessing, Provenance, Question

Counts: TypeAlias = NDArray[np.int64]
Targets = Literal["auto", "main", "labels"]
Z = 1.959963984540054
"""The normal distribution's 97.5 % quantile: intervals hold the truth 95 times in 100."""


@dataclass(frozen=True)
class Share:
    """How many of how many, with the interval in which the true share lies.

    Attributes
    ----------
    right, of
        Counts.
    """

    right: int
    of: int

    @property
    def value(self) -> float:
        """The share in [0, 1]; not a number where there is nothing to divide by."""
        return self.right / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval (1927) at 95 %; (0, 1) of nothing."""
        if not self.of:
            return 0.0, 1.0
        share, spread = self.value, Z * Z / self.of
        centre = share + spread / 2
        half = math.sqrt(spread * (share * (1 - share) + spread / 4))
        low, high = (centre - half) / (1 + spread), (centre + half) / (1 + spread)
        return max(0.0, low), min(1.0, high)


# --- how good ------------------------------------------------------------------------


@dataclass(frozen=True)
class Evaluate(Question):
    """How often each head is right on labelled photos; answered by :class:`EvaluationAnswer`.

    Attributes
    ----------
    checkpoint
        Fingerprint of an open checkpoint.
    folder
        ``FOLDER/class/image``; with a list, what its paths start from.
    list_file
        A text file with a path and a label per line, or ``""``.
    preprocessing
        How photos become inputs; None for the checkpoint's own.
    csv
        A file to write one line a photo to, or ``""``.
    bins
        Of the calibration curve.
    worst
        How many mistakes of each head are kept, the surest first.
    """

    cached: ClassVar[bool] = False  # what lies in the folder may change

    checkpoint: str
    folder: str
    list_file: str = ""
    preprocessing: Preprocessing | None = None
    csv: str = ""
    bins: int = 15
    worst: int = 50


@dataclass(frozen=True, order=True)
class Mistake:
    """A photo that a head was wrong about.

    Attributes
    ----------
    probability
        What the head gave the class that it said; mistakes sort by it.
    path
        The photo's file.
    was, said
        Indices of the photo's class and of the head's top class.
    probability_of_truth
        What the head gave the photo's class.
    """

    probability: float
    path: str
    was: int
    said: int
    probability_of_truth: float


@dataclass(frozen=True, eq=False)
class Confusion:
    """How often each class was taken for which, without the zeros.

    ``count[i]`` photos of class ``was[i]`` got ``said[i]`` as a head's top class.
    """

    was: Counts
    said: Counts
    count: Counts

    def matrix(self, classes: int) -> Counts:
        """Return the full table (classes, classes): rows are the truth, columns what was said."""
        table = np.zeros((classes, classes), np.int64)
        table[self.was, self.said] = self.count
        return table

    def worst(self, count: int) -> list[tuple[int, int, int]]:
        """Return the commonest confusions as (was, said, how often), the diagonal left out."""
        off = np.flatnonzero(self.was != self.said)
        order = off[np.argsort(-self.count[off], kind="stable")][:count]
        return [(int(self.was[i]), int(self.said[i]), int(self.count[i])) for i in order]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Whether a head is right as often as it says it is.

    Photos are sorted into equally wide bins by the top class's probability.

    Attributes
    ----------
    count
        Photos in each bin (bins,).
    confidence, accuracy
        Mean top probability and share that is right (bins,); not a number in empty bins.
    """

    count: Counts
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def edges(self) -> NDArray[np.float64]:
        """The bins' bounds (bins + 1,): a bin holds its lower one, the last one both."""
        return np.linspace(0.0, 1.0, len(self.count) + 1)

    @property
    def expected_error(self) -> float:
        """The expected calibration error: the mean gap, weighted by the photos of the bins."""
        full = self.count > 0
        if not full.any():
            return math.nan
        gaps = np.abs(self.accuracy[full] - self.confidence[full])
        return float(np.average(gaps, weights=self.count[full]))


@dataclass(frozen=True, eq=False)
class HeadEvaluation:
    """How good one head is.

    Attributes
    ----------
    state
        Whether the head was trained at all.
    top1, top5
        Of how many photos the class is the head's first, or among its first five.
    right, right5
        The same per class: counts (classes,); how many photos there are is the answer's
        ``count``.
    confusion, calibration
        Of the head's top class.
    mistakes
        The surest ones first.
    note
        ``"fitted here on 1,350 images"`` of a head that was, else ``""``.
    """

    head: str
    state: HeadState
    top1: Share
    top5: Share
    right: Counts
    right5: Counts
    confusion: Confusion
    calibration: Calibration
    mistakes: tuple[Mistake, ...]
    note: str = ""


@dataclass(frozen=True)
class LeftOut:
    """What was not measured: a folder or a label, its photos, and why (a clause)."""

    name: str
    photos: int
    reason: str


@dataclass(frozen=True, eq=False)
class EvaluationAnswer:
    """How good a network is on labelled photos.

    Attributes
    ----------
    classes
        Names, in the order of the logits.
    count
        Photos of each class that were measured (classes,).
    found
        Photos that were to be measured; less than that were while ``partial``.
    heads
        By name; heads that the network lacks are missing.
    left_out
        Folders and labels that mean no class.
    unreadable
        (path, one sentence) of photos that could not be read, the first thousand of them.
    unreadable_count
        How many those are in all.
    """

    question: Evaluate
    classes: tuple[str, ...]
    count: Counts
    found: int
    heads: Mapping[str, HeadEvaluation]
    left_out: tuple[LeftOut, ...]
    unreadable: tuple[tuple[str, str], ...]
    unreadable_count: int
    provenance: Provenance
    partial: bool = False

    @property
    def photos(self) -> int:
        """Photos that were measured."""
        return int(self.count.sum())

    def mean_per_class(self, head: str) -> float:
        """Return the mean over the classes with photos of each one's share that is right."""
        seen = self.count > 0
        if not seen.any():
            return math.nan
        return float(np.mean(self.heads[head].right[seen] / self.count[seen]))


# --- heads fitted to a folder --------------------------------------------------------


@dataclass(frozen=True)
class FitHeads(Command):
    """Fit the auxiliary heads to a folder of photos; answered by :class:`FittedHeads`.

    The trunk stays as it is. The checkpoint with the new heads is a new file.

    Attributes
    ----------
    checkpoint
        Fingerprint of an open checkpoint.
    folder
        Photos, to any depth.
    out
        The ``.safetensors`` file to write; ``""`` for one beside the checkpoint.
    targets
        ``"main"``: what the main head answers; ``"labels"``: the folders' names as well;
        ``"auto"``: the labels if every folder is named like a class, else the main head.
    most
        Photos that are used at most, drawn by the seed.
    validation_share
        Share of them kept apart to measure the agreement.
    epochs
        Passes over the others.
    seed
        Of the draw, the split, the heads' first weights and the dropout.
    preprocessing
        How photos become inputs; None for the checkpoint's own.
    names
        What the classes are called, as
        :class:`~inception_viewer.checkpoint_questions.NameClasses` has it; ``""`` for what
        they are called now.
    """

    checkpoint: str
    folder: str
    out: str = ""
    targets: Targets = "auto"
    most: int = 1500
    validation_share: float = 0.1
    epochs: int = 40
    seed: int = 0
    preprocessing: Preprocessing | None = None
    names: str = ""


@dataclass(frozen=True)
class HeadFit:
    """What fitting did to one head, on the photos kept apart.

    Attributes
    ----------
    before
        How often the file's own head agreed with the main head's top class; None where
        there was none.
    after
        How often the fitted head does.
    chance
        How often the best constant answer does: the class that the main head gives most of
        the photos that were fitted to.
    accuracy_before, accuracy
        How often the head names the photo's class, where the folders say it; else None.
    fitted
        Whether ``after`` is surely better than ``chance``: its interval lies above it. Only
        then is the head kept.
    state_before
        What the head was.
    """

    head: str
    before: Share | None
    after: Share
    chance: Share
    accuracy_before: Share | None
    accuracy: Share | None
    fitted: bool
    state_before: HeadState

    @property
    def sentence(self) -> str:
        """What happened, in one sentence."""
        after = f"{self.after.value:.0%} of {self.after.of} photos kept apart"
        if not self.fitted:
            return (
                f"{self.head} fits no better than chance: it agrees with the main head on {after},"
                f" and always naming the same class would on {self.chance.value:.0%};"
                " it was not kept."
            )
        before = f", before on {self.before.value:.0%}" if self.before else ""
        return f"{self.head} agrees with the main head on {after}{before}."

    @property
    def accuracy_sentence(self) -> str:
        """How often it names the photo's class, or ``""`` where the folders do not say it."""
        if self.accuracy is None:
            return ""
        before = self.accuracy_before
        was = f", before {before.value:.0%}" if before is not None else ""
        return f"{self.head} names the class of {self.accuracy.value:.0%} of them{was}."


@dataclass(frozen=True, eq=False)
class FittedHeads:
    """What came of fitting the auxiliary heads.

    Attributes
    ----------
    path
        The checkpoint that was written; ``""`` while partial, or if no head was fitted.
    photos, validation
        How many were fitted to, and how many kept apart.
    targets
        ``"main"`` or ``"labels"``.
    heads
        By name; empty until the first measurement.
    loss
        Mean loss of each epoch so far, both heads together.
    feature_bytes
        What the trunk's outputs took in memory.
    unreadable
        (path, one sentence) of photos that could not be read, the first thousand of them.
    """

    question: FitHeads
    path: str
    photos: int
    validation: int
    targets: str
    heads: Mapping[str, HeadFit]
    loss: tuple[float, ...]
    feature_bytes: int
    unreadable: tuple[tuple[str, str], ...]
    unreadable_count: int
    seconds: float = 0.0
    partial: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class PlanFit(Question):
    """What fitting would take, before it begins; answered by :class:`FitPlan`.

    Attributes
    ----------
    fit
        What would be asked.
    """

    cached: ClassVar[bool] = False  # what lies in the folder may change

    fit: FitHeads


@dataclass(frozen=True)
class FitPlan:
    """What fitting would take.

    Attributes
    ----------
    found, used, validation
        Photos in the folder, how many of them would be used, and how many of those kept
        apart.
    targets
        ``"main"`` or ``"labels"``: what would be learned.
    labelled
        Whether the photos' classes are known, so that the accuracy can be told.
    left_out
        Folders that mean no class, where others do.
    seconds
        About how long it takes: measured on a few of the photos.
    feature_bytes
        What the trunk's outputs take in memory.
    """

    question: PlanFit
    found: int
    used: int
    validation: int
    targets: str
    labelled: bool
    left_out: tuple[LeftOut, ...]
    seconds: float
    feature_bytes: int
