"""What an attribution method is asked for, and the checks that all methods share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from inception_viewer.attribution_methods import DEFAULT_UNIT, Settings
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import INPUT, GoogLeNet
from inception_viewer.questions import Floats, Preprocessing

from .result import Report, Result
from .score import Score


def no_other_photo(image: str) -> Floats:
    """Stand for the tray where there is none."""
    raise QuestionError("The photo that was chosen as a baseline is not open any more.")


@dataclass(frozen=True, eq=False)
class Task:
    """One photo to be explained.

    Attributes
    ----------
    net
        The folded network, frozen and in evaluation mode; not to be changed, nor hooked: a
        method that needs other rules makes a twin of it (``googlenet.architecture.twin``).
    array
        The preprocessed photo (3, H, W), float32, before ``GoogLeNet.transform``.
    preprocessing
        What made it.
    score
        The number to explain.
    unit
        For layer methods, or None for the head's default.
    settings
        The method's own.
    answer_score
        A head's, for methods that ask how it flows through a neuron; None for others.
    other_photo
        From the id of an open photo to its preprocessed array, for baselines.
    """

    net: GoogLeNet
    array: Floats
    preprocessing: Preprocessing
    score: Score
    unit: str | None
    settings: Settings
    other_photo: Callable[[str], Floats] = no_other_photo
    answer_score: Score | None = None

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.net.parameters()).device

    def received(self, array: Floats) -> Tensor:
        """Return what conv1 receives for a preprocessed photo, on the network's device."""
        return self.net.transform(torch.tensor(array, device=self.device)[None])[0]


Explain = Callable[[Task, Report], Result]
"""What computes a method's answer."""


def check_unit(net: GoogLeNet, unit: str | None, score: Score) -> str:
    """Return the unit, the default for None.

    Raises
    ------
    QuestionError
        If the network has no such unit, or nothing of it reaches the score.
    """
    if unit is None:
        unit = DEFAULT_UNIT.get(score.head, score.unit)
    if unit not in net.by_name:
        raise QuestionError(f"This network has no unit “{unit}”.")
    path = {step.name for step, _ in net.plan({INPUT}, [score.unit])}
    ends = {score.unit} if score.head else set()
    if unit not in path - ends:
        reached = score.head or f"“{score.unit}”"
        what = "that head's answer" if score.head else "it"
        raise QuestionError(
            f"“{unit}” is not on the way to {reached}: nothing it finds reaches {what}."
        )
    return unit


def check_has_map(unit: str, activation: Tensor) -> None:
    """Raise QuestionError unless a unit's activation (N, C, h, w) has more than one position."""
    if activation.dim() != 4 or tuple(activation.shape[-2:]) == (1, 1):
        raise QuestionError(f"“{unit}” has no map: its values belong to the whole photo.")
