"""From the interventions that a scene holds to what is done to the network's units."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import get_args

import torch
from torch import Tensor

from .errors import QuestionError
from .googlenet.architecture import GoogLeNet
from .googlenet.intervening import Touch
from .intervention_questions import Intervention, InterventionMode

MODES: tuple[str, ...] = get_args(InterventionMode)
LARGEST_FACTOR = 1000
"""Either way: of more, numbers that are not finite would come."""

Activations = Callable[[str], Mapping[str, Tensor]]
"""From an open photo's id to every unit's activation (1, …), untouched."""
Means = Callable[[tuple[str, ...]], Mapping[str, Tensor]]
"""From open photos' ids to every unit's channel means, (1, C, 1, 1) or (1, features)."""


def touches(
    net: GoogLeNet, interventions: Sequence[Intervention], activations: Activations, means: Means
) -> list[Touch]:
    """Return what interventions come to, in their order.

    Raises
    ------
    QuestionError
        If there is no such unit, channel or mode, the unit is a head's logits, photos are missing,
        or the factor is no number.
    """
    return [_touch(net, one, activations, means) for one in interventions]


def _touch(net: GoogLeNet, one: Intervention, activations: Activations, means: Means) -> Touch:
    _check(net, one)
    if one.mode == "zero":
        return Touch(one.unit, one.channels)
    if one.mode == "scale":
        return Touch(one.unit, one.channels, one.factor)
    found = means(one.images) if one.mode == "mean" else activations(one.images[0])
    return Touch(one.unit, one.channels, value=found[one.unit])


def _check(net: GoogLeNet, one: Intervention) -> None:
    if one.unit not in net.by_name:
        raise QuestionError(f"This network has no unit “{one.unit}”.")
    if net.by_name[one.unit].kind == "classifier":
        raise QuestionError(f"“{one.unit}” holds the answer itself; touch a unit before it.")
    if one.mode not in MODES:
        raise QuestionError(f"A unit is touched by {', '.join(MODES)}, not by {one.mode!r}.")
    if one.mode == "scale":
        _check_factor(one.factor)
    if one.mode == "mean" and not one.images:
        raise QuestionError("Choose the photos that a unit's mean is to be taken over.")
    if one.mode == "patch" and len(one.images) != 1:
        raise QuestionError("Choose the one photo that a unit's output is to be taken from.")
    if one.channels is not None and min(one.channels, default=0) < 0:
        raise QuestionError(f"“{one.unit}” has no channel {min(one.channels)}.")


def _check_factor(factor: object) -> None:
    number = isinstance(factor, Real) and not isinstance(factor, bool)
    if not number or not abs(float(factor)) <= LARGEST_FACTOR:  # type: ignore[arg-type]
        raise QuestionError(
            f"A unit is scaled by a number up to {LARGEST_FACTOR:,}, not by {factor!r}."
        )


def check_channels(touch: Touch, x: Tensor) -> None:
    """Raise QuestionError unless a unit's activation (1, C, …) has the channels."""
    last = max(touch.channels or (0,))
    if last >= x.shape[1]:
        raise QuestionError(f"“{touch.unit}” has channels 0 to {x.shape[1] - 1}, not {last}.")


def channel_means(photo: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the mean over positions of every unit's channels.

    (1, C, 1, 1) for a unit with a map, the unit itself for others.
    """
    with torch.inference_mode():
        return {
            name: x.mean((2, 3), keepdim=True) if x.dim() == 4 else x for name, x in photo.items()
        }


def mean_of(photos: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean over photos of every unit's channel means."""
    with torch.inference_mode():
        return {name: torch.stack([one[name] for one in photos]).mean(0) for name in photos[0]}
