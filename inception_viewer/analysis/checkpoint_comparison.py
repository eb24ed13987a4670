"""Two checkpoints before the same photos, by what can be compared."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor

from inception_viewer.comparison_questions import (
    BranchProfile,
    BranchProfileAnswer,
    CheckpointsAnswer,
    CompareCheckpoints,
    Doubles,
)
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import LOGITS
from inception_viewer.googlenet.variants import MODULES
from inception_viewer.questions import CheckpointInfo, Provenance, Scene

from .branch_profile import channel_shares, profile_of, sizes
from .kinship import kinship
from .trace import Trace

if TYPE_CHECKING:
    from inception_viewer.checkpoints.weights import Weights
    from inception_viewer.runner import Progress

Tops = dict[str, list[tuple[int, int]]]


class Labs(Protocol):
    """What is asked of a lab: two labs that act as one will do, too."""

    def trace(self, scene: Scene, lane: str = "live", *, keep: bool = True) -> Trace:
        """Return everything one forward pass gives for a scene."""

    def truth(self, checkpoint: str) -> Weights:
        """Return an open checkpoint's unfolded weights."""

    def info(self, checkpoint: str) -> CheckpointInfo:
        """Return what is known of an open checkpoint."""


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
        x, y = first.cpu().double(), second.cpu().double()  # Metal has no float64
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


@dataclass(eq=False)
class Pair:
    """What is gathered of both, photo by photo.

    Attributes
    ----------
    alignment
        Of each module.
    differences
        By module: the largest difference and the first's largest activation.
    sizes
        Each checkpoint's, as :func:`~.branch_profile.sizes` measures them.
    tops
        By head: the classes that either puts first.
    unlike
        Why positions do not match, or ``""``.
    shifted
        Whether both see other parts of a photo.
    """

    alignment: dict[str, Alignment] = field(
        default_factory=lambda: {module: Alignment() for module in MODULES}
    )
    differences: dict[str, tuple[float, float]] = field(default_factory=dict)
    sizes: tuple[list[Doubles], list[Doubles]] = field(default_factory=lambda: ([], []))
    tops: Tops = field(default_factory=dict)
    unlike: str = ""
    shifted: bool = False

    def add(self, one: Trace, other: Trace) -> None:
        """Take a photo into account."""
        for kept, trace in zip(self.sizes, (one, other), strict=True):
            kept.append(sizes(trace.batches))
        for head in LOGITS:
            if head in one.heads and head in other.heads:
                first, second = (int(trace.logits[head].argmax()) for trace in (one, other))
                self.tops.setdefault(head, []).append((first, second))
        self.shifted = self.shifted or not np.allclose(one.crop, other.crop, atol=0.5)
        for module in MODULES:
            self._align(module, one.tensor(module), other.tensor(module))

    def _align(self, module: str, first: Tensor, second: Tensor) -> None:
        if first.shape[1:] != second.shape[1:]:
            self.unlike = self.unlike or _unlike(module, first, second)
            return
        self.alignment[module].add(first.flatten(1).T, second.flatten(1).T)
        if first.shape == second.shape:
            apart = float((first.cpu() - second.cpu()).abs().max())
            far, largest = self.differences.get(module, (0.0, 0.0))
            self.differences[module] = max(far, apart), max(largest, float(first.max()))

    @property
    def note(self) -> str:
        """Why CKA is missing or small."""
        if self.unlike:
            return self.unlike
        return SHIFTED if self.shifted else ""


SHIFTED = (
    "The two inputs are cut from the photos in different ways: a position of one is not quite the "
    "same place in the other, and CKA is smaller for it."
)


def _unlike(module: str, first: Tensor, second: Tensor) -> str:
    sizes = (f"{x.shape[1]} x {x.shape[2]}" for x in (first, second))
    return (
        "CKA compares position by position, and the two networks see the photos at other sizes: "
        f"{module} has {next(sizes)} positions in the first and {next(sizes)} in the second."
    )


def answer(question: CompareCheckpoints, lab: Labs, progress: Progress) -> CheckpointsAnswer:
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
    marks = [scene.checkpoint for scene in pairs[0]]
    related, matched = kinship(lab.truth(marks[0]).state, lab.truth(marks[1]).state)
    found = Pair()
    device = ""
    for number, (one, other) in enumerate(pairs):
        progress(number / len(pairs), None, f"photo {number + 1} of {len(pairs)}")
        keep = len(pairs) <= FEW
        first = lab.trace(one, progress.lane, keep=keep)
        device = first.device
        found.add(first, lab.trace(other, progress.lane, keep=keep))
    seconds = time.perf_counter() - started
    made = [
        _profile(scenes, kept, lab, seconds, device)
        for scenes, kept in zip((question.first, question.second), found.sizes, strict=True)
    ]
    return CheckpointsAnswer(
        question,
        related,
        matched,
        {module: math.nan if found.unlike else a.value() for module, a in found.alignment.items()},
        found.note,
        found.differences if related != "apart" and not found.unlike else {},
        (made[0], made[1]),
        {head: tuple(tops) for head, tops in found.tops.items()},
        _agreement(found.tops, [lab.info(mark).classes for mark in marks]),
        made[0].provenance,
    )


FEW = 8
"""Photos whose traces are kept: as many as the window compares."""


def _agreement(tops: Tops, classes: Sequence[tuple[str, ...]]) -> dict[str, float | None]:
    if classes[0] != classes[1]:
        return dict.fromkeys(tops)
    return {head: float(np.mean([a == b for a, b in said])) for head, said in tops.items()}


def _profile(
    scenes: tuple[Scene, ...], kept: Sequence[Doubles], lab: Labs, seconds: float, device: str
) -> BranchProfileAnswer:
    mark, how = scenes[0].checkpoint, scenes[0].preprocessing
    channels = channel_shares(lab.truth(mark).variant)
    provenance = Provenance(mark, how, seconds, device)
    return profile_of(BranchProfile(scenes), np.stack(kept), channels, provenance)
