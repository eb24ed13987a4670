"""The score of a photo of which parts are hidden: replaced by the baseline's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inception_viewer.googlenet.architecture import GoogLeNet, memory_format

from . import baselines
from .many import batch_size
from .result import Result, completeness_error, degenerate, to_numpy
from .score import Score
from .segments import Segments, describe, segments
from .task import Task

Doubles = NDArray[np.float64]
Kept = NDArray[np.bool_]
"""Which superpixels are the photo's, (N, segments); the others are the baseline's."""
OnBatch = Callable[[int], None]
"""Told after every batch how many photos are done; raises to cancel."""


AT_ONCE = 20
"""Photos of 224x224 pixels that are run at once without gradients (see ``batch_size``)."""


class Hidden:
    """A photo whose superpixels can be hidden, and the score of what is left.

    Parameters
    ----------
    net
        In evaluation mode.
    x, baseline
        What conv1 receives for the photo and for what hides it, (3, H, W).
    segments
        The superpixel of every pixel, (H, W).
    score
        What is watched.
    about
        Sentences that begin the note: what the superpixels and the baseline are.
    """

    def __init__(
        self,
        net: GoogLeNet,
        x: Tensor,
        baseline: Tensor,
        segments: Segments,
        score: Score,
        about: str = "",
    ) -> None:
        self._net, self._x, self._baseline, self._score = net, x, baseline, score
        self._about = about
        self._at = torch.tensor(segments, device=x.device)
        self.segments = segments
        self.count = int(segments.max()) + 1
        self.batch = batch_size(x.shape[-2], x.shape[-1], x.device.type, at_224=AT_ONCE)
        self.forwards = 0

    def ends(self) -> tuple[float, float]:
        """Return the scores of the photo and of the baseline alone."""
        all_, none = self.scores(np.array([[True], [False]]).repeat(self.count, 1))
        return float(all_), float(none)

    def scores(self, kept: Kept, on_batch: OnBatch = lambda done: None) -> Doubles:
        """Return the score (N,) of each choice of superpixels (N, segments)."""
        found: list[Doubles] = []
        for first in range(0, len(kept), self.batch):
            found.append(self._scores(kept[first : first + self.batch]))
            on_batch(min(first + self.batch, len(kept)))
        return np.concatenate(found) if found else np.empty(0)

    def _scores(self, kept: Kept) -> Doubles:
        self.forwards += len(kept)
        with torch.inference_mode():
            shown = torch.tensor(kept, device=self._x.device)[:, self._at]
            photos = torch.where(shown[:, None], self._x, self._baseline)
            photos = photos.contiguous(memory_format=memory_format(photos.device))
            values: Doubles = self._score.of_input(self._net, photos).cpu().double().numpy()
        return values

    def result(
        self, values: Doubles, ends: tuple[float, float], note: str = "", *, complete: bool = False
    ) -> Result:
        """Return superpixels' values (segments,) as a map: each spread over its own pixels.

        A superpixel's share of the map adds up to its value, so that the map adds up to what
        all of them add up to.

        Parameters
        ----------
        ends
            Scores of the photo and of the baseline.
        note
            What else to know.
        complete
            Whether the values promise to add up to their difference.
        """
        pixels = np.bincount(self.segments.ravel(), minlength=self.count)
        map_ = torch.tensor((values / pixels)[self.segments])
        raw = (map_ / 3).expand(3, -1, -1)
        error = completeness_error(raw, ends[0] - ends[1]) if complete else None
        shown = to_numpy(map_)
        return Result(
            to_numpy(raw),
            shown,
            error,
            degenerate(shown),
            " ".join(filter(None, (self._about, note))),
            score=ends[0],
            baseline_score=ends[1],
            forwards=self.forwards,
        )


def of_task(task: Task) -> Hidden:
    """Return a task's photo, divided into the superpixels that its settings ask for."""
    found = segments(task.array, task.preprocessing, task.settings)
    about = (
        describe(found, task.settings),
        baselines.describe(task.preprocessing, task.settings),
    )
    return Hidden(
        task.net,
        task.received(task.array),
        task.received(baselines.of_task(task)),
        found,
        task.score,
        " ".join(about),
    )


def random_source(task: Task) -> np.random.Generator:
    """Return where a task's random choices come from: the same seed, the same choices."""
    return np.random.default_rng(int(task.settings["seed"]))
