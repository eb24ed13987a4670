"""Photos among each other: which are alike to a unit, and where they lie."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, get_args

import numpy as np

from inception_viewer.comparison_questions import (
    LEAST_TSNE,
    Doubles,
    MapMethod,
    PhotoMap,
    PhotoMapAnswer,
)
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.variants import BRANCH_OUTPUT
from inception_viewer.images.distortion import fits
from inception_viewer.questions import Provenance

from . import pooling

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

METHODS: tuple[str, ...] = get_args(MapMethod)
LAST_SEED = 2**32 - 1
"""Which numpy's generator takes."""


def answer(question: PhotoMap, lab: Lab, progress: Progress) -> PhotoMapAnswer:
    """Answer a :class:`PhotoMap` question.

    Raises
    ------
    QuestionError
        If there are fewer than two photos (of t-SNE: than :data:`LEAST_TSNE`), no such unit or
        method, the unit is not pooled, or t-SNE cannot take its perplexity or seed.
    """
    started = time.perf_counter()
    _check(question)
    scene = question.scenes[0]
    net = lab.network(scene.checkpoint, progress.lane)
    step = net.by_name.get(question.unit)
    if step is None:
        raise QuestionError(f"This network has no unit “{question.unit}”.")
    if step.kind not in ("conv", "concat"):
        raise QuestionError(f"Choose a convolution or a module; “{question.unit}” is neither.")
    rows = []
    for number, one in enumerate(question.scenes):
        progress(number / len(question.scenes), None, f"photo {number + 1}")
        values = pooling.of_scene(lab, one, progress.lane).values
        rows.append(pooling.of_module(values, question.unit, tuple(BRANCH_OUTPUT.values())))
    found = np.stack(rows).astype(np.float64)
    explained, perplexity = None, None
    if question.method == "pca":
        points, explained = principal(found)
    else:
        perplexity = min(question.perplexity, (len(found) - 1) / 3)
        points = neighbours_kept(found, perplexity, question.seed)
    seconds = time.perf_counter() - started
    made = Provenance(scene.checkpoint, scene.preprocessing, seconds, net.device.type)
    return PhotoMapAnswer(question, cosines(np.stack(rows)), points, explained, made, perplexity)


def _check(question: PhotoMap) -> None:
    count, method, seed = len(question.scenes), question.method, question.seed
    if method not in METHODS:
        raise QuestionError(f"Photos are laid out by {' or '.join(METHODS)}, not by {method!r}.")
    if count < 2:
        raise QuestionError("Comparing photos takes at least two of them.")
    if method == "pca":
        return
    if count < LEAST_TSNE:
        raise QuestionError(f"t-SNE takes at least {LEAST_TSNE} photos; choose PCA for fewer.")
    perplexity = question.perplexity
    if not fits(perplexity, 0, math.inf) or not perplexity:
        raise QuestionError(f"A perplexity is a number above 0, not {perplexity!r}.")
    if not fits(seed, 0, LAST_SEED, whole=True):
        raise QuestionError(f"A seed is a whole number from 0 to {LAST_SEED:,}, not {seed!r}.")


def cosines(rows: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Doubles:
    """Return the cosine of every two rows (n, n); 0 where one of them is all zeros."""
    values = rows.astype(np.float64)
    length = np.linalg.norm(values, axis=1, keepdims=True)
    unit = np.divide(values, length, out=np.zeros_like(values), where=length > 0)
    found: Doubles = np.clip(unit @ unit.T, -1, 1)
    return found


def principal(rows: Doubles) -> tuple[Doubles, tuple[float, float]]:
    """Return rows' first two principal components (n, 2), and the variance each explains.

    Signs are arbitrary in the method; here each component's largest magnitude is positive.
    """
    centred = rows - rows.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(rows), 2))
    kept = min(2, len(sizes))
    points[:, :kept] = left[:, :kept] * sizes[:kept]
    largest = points[np.abs(points).argmax(0), range(2)]
    points *= np.where(largest < 0, -1.0, 1.0)
    whole = float((sizes**2).sum())
    shares = [float(size**2) / whole if whole else 0.0 for size in (*sizes[:2], 0.0, 0.0)]
    return points, (shares[0], shares[1])


def neighbours_kept(rows: Doubles, perplexity: float, seed: int) -> Doubles:
    """Return where t-SNE puts rows (n, 2), from their principal components on; zeros if equal."""
    if not np.ptp(rows, axis=0).any():
        return np.zeros((len(rows), 2))
    from sklearn.manifold import TSNE

    made = TSNE(2, perplexity=perplexity, init="pca", random_state=seed)
    found: Doubles = made.fit_transform(rows).astype(np.float64)
    return found
