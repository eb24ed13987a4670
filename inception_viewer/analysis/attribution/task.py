"""What an attribution method is asked for, and the checks that all methods share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from inception_viewer.attribution_methods import DEFAULT_UNIT, Settings
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import INPUT, LOGITS, GoogLeNet
from inception_viewer.questions import Floats, Preprocessing

from .result import Report, Result


@dataclass(frozen=True, eq=False)
class Task:
    """One photo to be explained.

    Attributes
    ----------
    net
        The folded network, frozen and in evaluation mode.
    array
        The preprocessed photo (3, H, W), float32, before ``GoogLeNet.transform``.
    preprocessing
        What made it.
    head, target
        ``"aux1"``, ``"aux2"`` or ``"main"``, and the index of the class.
    unit
        For layer methods, or None for the head's default.
    settings
        The method's own.
    """

    net: GoogLeNet
    array: Floats
    preprocessing: Preprocessing
    head: str
    target: int
    unit: str | None
    settings: Settings

    def received(self, array: Floats) -> Tensor:
        """Return what conv1 receives for a preprocessed photo, on the network's device."""
        return self.net.transform(torch.tensor(array, device=self.net.device)[None])[0]


Explain = Callable[[Task, Report], Result]
"""What computes a method's answer."""


def check_target(net: GoogLeNet, head: str, target: int) -> None:
    """Raise QuestionError unless the network has the head and the class."""
    if head not in LOGITS:
        raise QuestionError(f"There is no head “{head}”; there are {', '.join(LOGITS)}.")
    if head not in net.variant.heads:
        present = ", ".join(net.variant.heads)
        raise QuestionError(f"This checkpoint has no head “{head}”; it has {present}.")
    if not 0 <= target < net.variant.classes:
        raise QuestionError(
            f"Class {target} is out of range: this checkpoint's go from 0 to "
            f"{net.variant.classes - 1}."
        )


def check_unit(net: GoogLeNet, unit: str | None, head: str) -> str:
    """Return the unit, the head's default for None.

    Raises
    ------
    QuestionError
        If the network has no such unit, or nothing of it reaches the head.
    """
    unit = DEFAULT_UNIT[head] if unit is None else unit
    if unit not in net.by_name:
        raise QuestionError(f"This network has no unit “{unit}”.")
    path = {step.name for step, _ in net.plan({INPUT}, [LOGITS[head]])}
    if unit not in path - {LOGITS[head]}:
        raise QuestionError(
            f"“{unit}” is not on the way to {head}: nothing it finds reaches that head's answer."
        )
    return unit


def check_has_map(unit: str, activation: Tensor) -> None:
    """Raise QuestionError unless a unit's activation (N, C, h, w) has more than one position."""
    if activation.dim() != 4 or tuple(activation.shape[-2:]) == (1, 1):
        raise QuestionError(f"“{unit}” has no map: its values belong to the whole photo.")
