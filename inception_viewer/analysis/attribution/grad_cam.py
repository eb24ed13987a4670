"""Grad-CAM (Selvaraju et al., 2017, arXiv:1610.02391) of any unit, for any head."""

from __future__ import annotations

from collections.abc import Collection

import torch
import torch.nn.functional as F
from torch import Tensor

from inception_viewer.googlenet.architecture import INPUT, GoogLeNet
from inception_viewer.googlenet.variants import HEADS
from inception_viewer.questions import Floats

from .result import ALL_ZERO, Report, Result, degenerate, to_numpy
from .score import Score
from .task import Task, check_has_map, check_unit

ALL_AGAINST = (
    "Nothing this unit finds speaks for the class: its evidence is all against it. "
    "Switch “Only evidence for” off to see it."
)
AUXILIARY = (
    "The dense layers of {head} weigh every position differently, and Grad-CAM averages that "
    "away: its maps are rougher here than for the main head, and often negative."
)


def explain(task: Task, report: Report) -> Result:
    """Compute the method ``layer_grad_cam``."""
    report(0.0, None, "")
    return grad_cam(
        task.net,
        task.received(task.array),
        task.unit,
        task.score,
        relu=task.settings["relu"] == "on",
    )


def grad_cam(
    net: GoogLeNet, x: Tensor, unit: str | None, score: Score, *, relu: bool = False
) -> Result:
    """Weight a unit's channels by the mean gradient of a logit, and sum them.

    Parameters
    ----------
    net
        In evaluation mode.
    x
        What conv1 receives, (3, H, W).
    unit
        Any unit with a map on the head's path; None for the last one before the head.
    score
        What is explained.
    relu
        Clip the map at zero, as the paper does. ``raw`` stays signed.

    Returns
    -------
    Result
        ``raw`` (C, h, w): each channel's activation times its weight, so that its sum over
        channels is the map at the unit's resolution, before the ReLU; ``map`` (H, W):
        enlarged to the input's size, bilinearly.

    Raises
    ------
    QuestionError
        If the network lacks the head, class or unit, the unit is not on the head's path,
        or it has no map.
    """
    unit = check_unit(net, unit, score)
    return grad_cam_of(net, x, score, (unit,), relu=relu)[unit]


def grad_cam_of(
    net: GoogLeNet, x: Tensor, score: Score, units: Collection[str], *, relu: bool = False
) -> dict[str, Result]:
    """Return what :func:`grad_cam` would of many units, from one forward and one backward pass.

    Each result counts both passes.

    Raises
    ------
    QuestionError
        As :func:`grad_cam`.
    """
    for unit in units:
        check_unit(net, unit, score)
    raws = _weighted_channels(net, x, units, score)
    return {unit: _result(raw, x, score, relu) for unit, raw in raws.items()}


def _result(raw: Tensor, x: Tensor, score: Score, relu: bool) -> Result:
    signed = raw.sum(0)
    map_ = to_numpy(enlarge(signed.relu() if relu else signed, x))
    all_zero = ALL_AGAINST if relu and bool((signed < 0).any()) else ALL_ZERO
    note = AUXILIARY.format(head=score.head) if score.head in ("aux1", "aux2") else ""
    why = degenerate(map_, all_zero)
    return Result(to_numpy(raw), map_, degenerate=why, note=note, forwards=1, backwards=1)


def grad_cam_all(
    net: GoogLeNet,
    x: Tensor,
    score: Score,
    units: Collection[str] | None = None,
    *,
    relu: bool = False,
) -> dict[str, Floats]:
    """Return the Grad-CAM map (H, W) of many units from one forward and one backward pass.

    Parameters
    ----------
    units
        None: the convolutions before the head: 57 for main, 39 for aux2, 21 for aux1.

    Raises
    ------
    QuestionError
        As :func:`grad_cam`.
    """
    chosen = convolutions(net, score) if units is None else tuple(units)
    for unit in chosen:
        check_unit(net, unit, score)
    raws = _weighted_channels(net, x, chosen, score)
    maps: dict[str, Floats] = {}
    for unit, raw in raws.items():
        signed = raw.sum(0)
        maps[unit] = to_numpy(enlarge(signed.relu() if relu else signed, x))
    return maps


def convolutions(net: GoogLeNet, score: Score) -> tuple[str, ...]:
    """Return the convolutions on the way to a score, without a head's own, in order."""
    path = [step for step, _ in net.plan({INPUT}, [score.unit])]
    return tuple(s.name for s in path if s.kind == "conv" and s.name.split("/")[0] not in HEADS)


def _weighted_channels(
    net: GoogLeNet, x: Tensor, units: Collection[str], score: Score
) -> dict[str, Tensor]:
    """Return activation times mean gradient (C, h, w) of each unit.

    The graph begins at the first of the units: what lies before needs no gradient.
    """

    def track(name: str, value: Tensor) -> Tensor:
        if name not in units:
            return value
        check_has_map(name, value)
        return value if value.requires_grad else value.detach().requires_grad_()

    with torch.enable_grad():
        batch = net.place(x.detach()[None])
        values = net.run({INPUT: batch}, [*units, score.unit], track)
        scored = score.read(values[score.unit])[0]
    gradients = torch.autograd.grad(scored, [values[unit] for unit in units])
    return {
        unit: (values[unit].detach() * gradient.mean((2, 3), keepdim=True))[0]
        for unit, gradient in zip(units, gradients, strict=True)
    }


def enlarge(map_: Tensor, x: Tensor) -> Tensor:
    """Return a unit's map (h, w) at the size of what conv1 receives (3, H, W), bilinearly."""
    size = (x.shape[-2], x.shape[-1])
    return F.interpolate(map_[None, None], size, mode="bilinear", align_corners=False)[0, 0]
