"""What fitting heads to a folder would take: how many photos, how long, how much memory."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from inception_viewer.folder_questions import FitPlan, PlanFit
from inception_viewer.images.batches import batch_size
from inception_viewer.training.features import bytes_per_photo, compute_features, draw
from inception_viewer.training.fitting import candidates, check_enough, kept_apart, work

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

BATCHES = 3
"""How many batches the time of a photo is measured on; the first one only warms up."""
STARTING = 3.0
"""Seconds in which the program that fits the heads loads PyTorch and the checkpoint."""


def answer(question: PlanFit, lab: Lab, progress: Progress) -> FitPlan:
    """Answer a :class:`PlanFit` question: a few forward passes on photos that would be used.

    Raises
    ------
    FitError, LabelledError
        If the folder does not do.
    QuestionError
        If the checkpoint is not open.
    """
    fit = question.fit
    net = lab.network(fit.checkpoint, progress.lane)
    classes = lab.info(fit.checkpoint).classes
    found = candidates(fit, classes, lambda _: progress(0.0, None, "looking for photos"))
    check_enough(fit, len(found.paths))
    places = draw(found.paths, fit.most, fit.seed)
    check_enough(fit, len(places))
    preprocessing = fit.preprocessing or lab.truth(fit.checkpoint).preprocessing
    size = batch_size(preprocessing, lab.device)
    watch = _Watch(progress, min(len(places), BATCHES * size))
    chosen = [found.paths[place] for place in places[: BATCHES * size]]
    compute_features(net, chosen, None, preprocessing, watch)
    used = len(places)
    return FitPlan(
        question=question,
        found=len(found.paths),
        used=used,
        validation=kept_apart(fit, used),
        targets=found.learned,
        labelled=found.labels is not None,
        left_out=found.left_out,
        seconds=STARTING + work(fit, used) * watch.seconds_a_photo,
        feature_bytes=used * bytes_per_photo(net),
    )


class _Watch:
    """Takes the time of each batch, without that which telling about it took."""

    def __init__(self, progress: Progress, count: int) -> None:
        self._progress, self._count = progress, count
        self._done, self._since = 0, time.perf_counter()
        self._times: list[float] = []

    def __call__(self, done: int) -> None:
        now = time.perf_counter()
        if done > self._done:
            self._times.append((now - self._since) / (done - self._done))
        self._done = done
        self._progress(min(1.0, done / self._count), None, "measuring")
        self._since = time.perf_counter()

    @property
    def seconds_a_photo(self) -> float:
        """The mean of the batches after the first, which also loads what it needs."""
        later = self._times[1:] or self._times
        return sum(later) / len(later) if later else 0.0
