"""Each branch's share of its module, along the depth of the network."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from inception_viewer.comparison_questions import (
    PROFILE_MEASURES,
    BranchProfile,
    BranchProfileAnswer,
    Doubles,
)
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.variants import BRANCH_OUTPUT, BRANCHES, MODULES, Variant
from inception_viewer.questions import Provenance

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress


def answer(question: BranchProfile, lab: Lab, progress: Progress) -> BranchProfileAnswer:
    """Answer a :class:`BranchProfile` question, photo by photo.

    Raises
    ------
    QuestionError
        If there is no photo.
    """
    started = time.perf_counter()
    if not question.scenes:
        raise QuestionError("Choose at least one photo to compare branches for.")
    scene = question.scenes[0]
    net = lab.network(scene.checkpoint, progress.lane)
    found: list[Doubles] = []

    def wrap(partial: bool) -> BranchProfileAnswer:
        seconds = time.perf_counter() - started
        made = Provenance(scene.checkpoint, scene.preprocessing, seconds, net.device.type)
        return profile_of(question, np.stack(found), channel_shares(net.variant), made, partial)

    count = len(question.scenes)
    for number, one in enumerate(question.scenes):
        progress(number / count, wrap(True) if found else None, f"photo {number + 1} of {count}")
        found.append(sizes(lab.trace(one, progress.lane, keep=count <= 8).batches))
    return wrap(False)


def sizes(activations: Mapping[str, Tensor]) -> Doubles:
    """Return what is measured of each branch.

    Parameters
    ----------
    activations
        Of branch outputs, (1, C, h, w), none negative.

    Returns
    -------
    Doubles
        (modules, branches, 4): sum, sum of squares, how many are above zero, how many.
    """
    made = np.empty((len(MODULES), len(BRANCHES), 4))
    with torch.inference_mode():
        for row, module in enumerate(MODULES):
            for column, output in enumerate(BRANCH_OUTPUT.values()):
                x = activations[f"{module}/{output}"].double()
                above = int(torch.count_nonzero(x > 0))
                made[row, column] = float(x.sum()), float((x * x).sum()), above, x.numel()
    return made


def channel_shares(variant: Variant) -> Doubles:
    """Return each branch's share of its module's channels, (modules, branches)."""
    table = dict(variant.table)
    rows = [
        (one.one, one.three, one.five, one.pool_proj) for one in (table[name] for name in MODULES)
    ]
    counts = np.array(rows, dtype=np.float64)
    shares: Doubles = counts / counts.sum(1, keepdims=True)
    return shares


def profile_of(
    question: BranchProfile,
    measured: Doubles,
    channels: Doubles,
    provenance: Provenance,
    partial: bool = False,
) -> BranchProfileAnswer:
    """Return the answer for what was measured, (photos, modules, branches, 4)."""
    total, squares, above, count = np.moveaxis(measured, -1, 0)
    by_measure = dict(zip(PROFILE_MEASURES, (total, squares, above), strict=True))
    return BranchProfileAnswer(
        question,
        MODULES,
        BRANCHES,
        {name: _shares(values) for name, values in by_measure.items()},
        total / count,
        np.sqrt(squares),
        above / count,
        channels,
        provenance,
        partial,
    )


def _shares(values: Doubles) -> Doubles:
    whole = values.sum(-1, keepdims=True)
    shares: Doubles = np.divide(values, whole, out=np.zeros_like(values), where=whole > 0)
    return shares
