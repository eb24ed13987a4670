"""Occlusion (Zeiler and Fergus, 2014, arXiv:1311.2901): hide a window, watch the score.

A pixel's value is what the score loses on the average over the windows that hide it, windows
at the far edges being cut off there, as in Captum.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import GoogLeNet, memory_format

from .baselines import describe, of_task
from .hidden import AT_ONCE, Doubles
from .many import batch_size
from .result import Report, Result, degenerate, silent, to_numpy
from .score import Score
from .strips import Strips
from .task import Task


def explain(task: Task, report: Report) -> Result:
    """Compute the method ``occlusion``."""
    return occlusion(
        task.net,
        task.received(task.array),
        task.score,
        baseline=task.received(of_task(task)),
        window=int(task.settings["window"]),
        stride=int(task.settings["stride"]),
        about=describe(task.preprocessing, task.settings),
        report=report,
    )


def occlusion(
    net: GoogLeNet,
    x: Tensor,
    score: Score,
    *,
    baseline: Tensor,
    window: int = 16,
    stride: int = 8,
    about: str = "",
    report: Report = silent,
) -> Result:
    """Slide a window over the photo and average what the score loses under it.

    Parameters
    ----------
    net
        In evaluation mode.
    x, baseline
        What conv1 receives for the photo and for what hides it, (3, H, W).
    score
        What is watched.
    window, stride
        Side of the window, and from one window to the next, in pixels.
    about
        A sentence that begins the note.
    report
        Told after every batch, with the map so far after every row of windows.

    Returns
    -------
    Result
        ``map`` (H, W): the mean loss of the windows that hide a pixel, which is Captum's
        attribution of each channel; ``raw`` (3, H, W): a third of it for every channel,
        since the three are hidden together.

    Raises
    ------
    QuestionError
        If the window is larger than the photo, or the stride than the window.
    """
    height, width = x.shape[-2:]
    _check(height, width, window, stride)
    strips, tops = Strips(net, x, score), starts(height, window, stride)
    # Strips are about half the work of a whole pass.
    most = batch_size(height, width, x.device.type, at_224=AT_ONCE * 3 // 2)
    lost, seen, done = np.zeros((height, width)), np.zeros((height, width)), 0
    total = len(tops) * len(starts(width, window, stride))
    for top in tops:
        for lefts in _even(starts(width, window, stride), most):
            scores = strips.scores(_hidden(x, baseline, top, lefts, window), top)
            for left, value in zip(lefts, scores.tolist(), strict=True):
                covered = np.s_[top : top + window, left : left + window]
                lost[covered] += strips.score - value
                seen[covered] += 1
            done += len(lefts)
            if lefts[-1] != starts(width, window, stride)[-1]:
                report(done / total, None, f"window {done} of {total}")
        so_far = _result(lost, seen, strips.score, done + 1, about)
        report(done / total, so_far if done < total else None, f"window {done} of {total}")
    return so_far


def starts(length: int, window: int, stride: int) -> list[int]:
    """Return where the windows along an axis begin; the last one may reach beyond it."""
    return [stride * index for index in range(math.ceil((length - window) / stride) + 1)]


def _check(height: int, width: int, window: int, stride: int) -> None:
    if window > min(height, width):
        raise QuestionError(
            f"A window of {window} pixels is larger than what the network sees "
            f"({width} x {height})."
        )
    if stride > window:
        raise QuestionError(
            f"With a stride of {stride} a window of {window} pixels leaves gaps; "
            "take a stride that is no larger than the window."
        )


def _even(values: list[int], most: int) -> Iterator[list[int]]:
    """Divide a list into parts of nearly the same length, none longer than ``most``."""
    parts = -(-len(values) // most)
    for part in np.array_split(np.array(values), parts):
        yield part.tolist()


def _hidden(x: Tensor, baseline: Tensor, top: int, lefts: list[int], window: int) -> Tensor:
    """Return the rows of the photo that windows hide parts of, one copy for each window."""
    rows, cover = (v[:, top : top + window].detach() for v in (x, baseline))
    copies = rows.expand(len(lefts), -1, -1, -1).clone(memory_format=memory_format(x.device))
    for copy, left in zip(copies, lefts, strict=True):
        copy[:, :, left : left + window] = cover[:, :, left : left + window]
    return copies


def _result(lost: Doubles, seen: Doubles, score: float, forwards: int, about: str) -> Result:
    """Return the map so far: zero where no window has been yet."""
    map_ = torch.tensor(lost / np.maximum(seen, 1))
    shown = to_numpy(map_)
    return Result(
        to_numpy((map_ / 3).expand(3, -1, -1)),
        shown,
        degenerate=degenerate(shown),
        note=about,
        score=score,
        forwards=forwards,
    )
