"""Two checkpoints before the same photos, by what can be compared."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from inception_viewer.comparison_questions import (
    BranchProfile,
    CheckpointsAnswer,
    CompareCheckpoints,
)
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import LOGITS
from inception_viewer.googlenet.variants import MODULES
from inception_viewer.questions import Provenance, Scene

from .branch_profile import channel_shares, profile_of, sizes
from .trace import Trace

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

SAME = 1e-3
"""How far activations may be apart, of a module's largest, for channels to be the same."""


class Alignment:
    """Linear centred kernel alignment of two sets of features, from sums over examples.

    Sums of products are kept, not the examples: memory does not grow with photos.
    """

    def __init__(self) -> None:
        self._count = 0
        self._sums: tuple[Tensor, Tensor] | None = None
        self._products: tuple[Tensor, Tensor, Tensor] | None = None

    def add(self, first: Tensor, second: Tensor) -> None:
        """Take examples into account, (n, features) each; features may differ in number."""
        x, y = first.double(), second.double()
        sums = x.sum(0), y.sum(0)
        products = x.T @ y, x.T @ x, y.T @ y
        if self._sums is None or self._products is None:
            self._sums, self._products = sums, products
        else:
            self._sums = self._sums[0] + sums[0], self._sums[1] + sums[1]
            a, b, c = self._products
            self._products = a + products[0], b + products[1], c + products[2]
        self._count += len(x)

    def value(self) -> float:
        """Return it, in [0, 1]; nan if one of the two does not vary."""
        assert self._sums is not None
        assert self._products is not None
        x, y = (total / self._count for total in self._sums)
        crossed, ours, theirs = self._products
        n = self._count
        crossed = crossed - n * torch.outer(x, y)
        ours, theirs = ours - n * torch.outer(x, x), theirs - n * torch.outer(y, y)
        below = float(ours.norm() * theirs.norm())
        # What rounding leaves of a constant is no variation.
        trivial = 1e-12 * float(self._products[1].norm() * self._products[2].norm())
        return float(crossed.norm() ** 2) / below if below > trivial else math.nan


def answer(question: CompareCheckpoints, lab: Lab, progress: Progress) -> CheckpointsAnswer:
    """Answer a :class:`CompareCheckpoints` question, photo by photo.

    Raises
    ------
    QuestionError
        If the photos are not the same on both sides, or there are none.
    """
    started = time.perf_counter()
    pairs = list(zip(question.first, question.second, strict=False))
    if not pairs or [s.image for s in question.first] != [s.image for s in question.second]:
        raise QuestionError("Both checkpoints must be shown the same photos, at least one.")
    alignment = {module: Alignment() for module in MODULES}
    measured: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    votes: dict[str, list[bool]] = {}
    same = True
    for number, (one, other) in enumerate(pairs):
        progress(number / len(pairs), None, f"photo {number + 1} of {len(pairs)}")
        traces = lab.trace(one, progress.lane), lab.trace(other, progress.lane)
        same = same and _align(alignment, *traces)
        for kept, trace in zip(measured, traces, strict=True):
            kept.append(sizes(trace.batches))
        _vote(votes, *traces)
    classes = [lab.info(pair.checkpoint).classes for pair in pairs[0]]
    agree = {
        head: float(np.mean(said)) if classes[0] == classes[1] else None
        for head, said in votes.items()
    }
    seconds = time.perf_counter() - started
    profiles = [
        profile_of(
            BranchProfile(scenes),
            np.stack(kept),
            channel_shares(lab.network(scenes[0].checkpoint, progress.lane)),
            _provenance(scenes[0], seconds, lab),
        )
        for scenes, kept in zip((question.first, question.second), measured, strict=True)
    ]
    return CheckpointsAnswer(
        question,
        {module: one.value() for module, one in alignment.items()},
        (profiles[0], profiles[1]),
        agree,
        same,
        _provenance(pairs[0][0], seconds, lab),
    )


def _align(alignment: Mapping[str, Alignment], one: Trace, other: Trace) -> bool:
    """Take a photo into account; return whether both have the same activations."""
    same = True
    for module, found in alignment.items():
        first, second = one.tensor(module), other.tensor(module)
        if first.shape[1:] != second.shape[1:]:
            raise QuestionError(
                f"The two checkpoints see the photos at other sizes: {module} has "
                f"{first.shape[1]} x {first.shape[2]} positions in one and "
                f"{second.shape[1]} x {second.shape[2]} in the other."
            )
        found.add(first.flatten(1).T, second.flatten(1).T)
        if first.shape != second.shape:
            same = False
            continue
        largest = float(first.abs().max())
        same = same and float((first - second).abs().max()) <= SAME * largest
    return same


def _vote(votes: dict[str, list[bool]], one: Trace, other: Trace) -> None:
    for head in LOGITS:
        if head in one.heads and head in other.heads:
            tops = [int(trace.logits[head].argmax()) for trace in (one, other)]
            votes.setdefault(head, []).append(tops[0] == tops[1])


def _provenance(scene: Scene, seconds: float, lab: Lab) -> Provenance:
    return Provenance(scene.checkpoint, scene.preprocessing, seconds, lab.device)
