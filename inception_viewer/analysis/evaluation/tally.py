"""Counting answers: what is kept of each photo, so that a folder of any size fits in memory."""

from __future__ import annotations

import heapq
import operator
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inception_viewer.analysis.tree_sum import Tree
from inception_viewer.errors import QuestionError
from inception_viewer.folder_questions import (
    Calibration,
    Confusion,
    Counts,
    HeadEvaluation,
    Mistake,
    Share,
)
from inception_viewer.questions import Floats, HeadState

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answers:
    """What one head said of some photos.

    Attributes
    ----------
    said
        The top class of each (N,); of equal logits the first.
    rank
        How many classes come before the photo's own (N,): 0 is right, below 5 is among five.
    probability, probability_of_truth
        Of the top class and of the photo's own (N,).
    """

    said: Counts
    rank: Counts
    probability: Numbers
    probability_of_truth: Numbers


def answers(logits: Floats, labels: Counts) -> Answers:
    """Return what a head said, from its logits (N, classes) and the photos' classes (N,).

    Raises
    ------
    QuestionError
        If a logit is not finite: no order could be trusted.
    """
    if not np.isfinite(logits).all():
        raise QuestionError("The network's answers are not finite numbers on these photos.")
    rows, values = np.arange(len(logits)), logits.astype(np.float64)
    truth = values[rows, labels][:, None]
    earlier = np.arange(values.shape[1]) < labels[:, None]
    rank = ((values > truth) | ((values == truth) & earlier)).sum(1)
    said = values.argmax(1)
    powers = np.exp(values - values.max(1, keepdims=True))
    probabilities = powers / powers.sum(1, keepdims=True)
    return Answers(said, rank, probabilities[rows, said], probabilities[rows, labels])


class Tally:
    """One head's counts, which add up to the same whoever counted which batches.

    Parameters
    ----------
    head, state
        Which head, and whether it is trained.
    classes
        How many there are.
    bins
        Of the calibration curve.
    worst
        How many mistakes are kept.
    note
        What else there is to say of the head.
    """

    def __init__(
        self, head: str, state: HeadState, classes: int, bins: int, worst: int, note: str = ""
    ) -> None:
        self.head, self.state, self.worst, self.note = head, state, worst, note
        self.photos = 0
        self.right = np.zeros(classes, np.int64)
        self.right5 = np.zeros(classes, np.int64)
        self.pairs: Counter[tuple[int, int]] = Counter()
        self.count, self.hits = np.zeros((2, bins), np.int64)
        self.confidence: Tree[Numbers] = Tree(operator.add)
        self.mistakes: list[Mistake] = []

    def add(self, given: Answers, labels: Counts, names: list[str], batch: int) -> None:
        """Count what the head said of the photos of a batch, which may be none."""
        self.photos += len(labels)
        np.add.at(self.right, labels[given.rank == 0], 1)
        np.add.at(self.right5, labels[given.rank < 5], 1)
        self.pairs.update(zip(labels.tolist(), given.said.tolist(), strict=True))
        bins = len(self.count)
        place = np.minimum((given.probability * bins).astype(np.int64), bins - 1)
        self.count += np.bincount(place, minlength=bins)
        self.hits += np.bincount(place[given.said == labels], minlength=bins)
        sums = np.bincount(place, given.probability, bins).astype(np.float64)
        self.confidence.add(batch, sums)
        for photo in np.flatnonzero(given.said != labels):
            self._keep(
                Mistake(
                    float(given.probability[photo]),
                    names[photo],
                    int(labels[photo]),
                    int(given.said[photo]),
                    float(given.probability_of_truth[photo]),
                )
            )

    def merge(self, other: Tally) -> None:
        """Add what another process counted, of other batches."""
        self.photos += other.photos
        for mine, theirs in (
            (self.right, other.right),
            (self.right5, other.right5),
            (self.count, other.count),
            (self.hits, other.hits),
        ):
            mine += theirs
        self.pairs.update(other.pairs)
        self.confidence.put(other.confidence.nodes)
        for mistake in other.mistakes:
            self._keep(mistake)

    def _keep(self, mistake: Mistake) -> None:
        # A heap of the worst so far: its first is the mildest, which goes first.
        if len(self.mistakes) < self.worst:
            heapq.heappush(self.mistakes, mistake)
        elif self.mistakes:
            heapq.heappushpop(self.mistakes, mistake)

    def result(self) -> HeadEvaluation:
        """Return what was counted so far."""
        filled = np.where(self.count > 0, self.count, np.nan)
        confidence = self.confidence.total
        if confidence is None:
            confidence = np.zeros(len(self.count))
        pairs = sorted(self.pairs)
        table = np.array([(*pair, self.pairs[pair]) for pair in pairs], np.int64).reshape(-1, 3)
        return HeadEvaluation(
            head=self.head,
            state=self.state,
            top1=Share(int(self.right.sum()), self.photos),
            top5=Share(int(self.right5.sum()), self.photos),
            right=self.right.copy(),
            right5=self.right5.copy(),
            confusion=Confusion(table[:, 0], table[:, 1], table[:, 2]),
            calibration=Calibration(self.count.copy(), confidence / filled, self.hits / filled),
            mistakes=tuple(sorted(self.mistakes, reverse=True)),
            note=self.note,
        )
