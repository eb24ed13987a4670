"""The network from one unit on, and attributions of that unit."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import INPUT, GoogLeNet

from .grad_cam import enlarge
from .result import NOT_FINITE, Result, degenerate, to_numpy
from .score import Score
from .slope import as_batch
from .task import check_has_map, check_unit


class Onward:
    """The score as a function of one unit's activation.

    What passes the unit by (the other branches of its module) stays as the photo has it.

    Parameters
    ----------
    net
        In evaluation mode.
    x
        What conv1 receives for the photo, (3, H, W).
    unit
        On the way to the score, with a map.
    score
        What is asked for.

    Attributes
    ----------
    activation
        The unit's, for the photo, (C, h, w).
    """

    def __init__(self, net: GoogLeNet, x: Tensor, unit: str, score: Score) -> None:
        self._net, self._unit, self._score = net, unit, score
        with torch.no_grad():
            found = net.run({INPUT: as_batch(x[None])}, {unit, *beside(net, unit, score)})
        self.activation = found[unit][0]
        self._beside = {name: value for name, value in found.items() if name != unit}
        check_has_map(unit, found[unit])

    def __call__(self, values: Tensor) -> Tensor:
        """Return the score (N,) for activations of the unit (N, C, h, w)."""
        count = len(values)
        beside = {n: v.expand(count, *[-1] * (v.dim() - 1)) for n, v in self._beside.items()}
        return self._score(self._net, {**beside, self._unit: values})


def beside(net: GoogLeNet, unit: str, score: Score) -> set[str]:
    """Return the units that are read behind ``unit`` but do not depend on it."""
    behind, read = {unit}, set[str]()
    for step, _ in net.plan({INPUT}, [score.unit]):
        if behind & set(step.inputs):
            behind.add(step.name)
            read.update(step.inputs)
    return read - behind


def carries_all(net: GoogLeNet, unit: str, score: Score) -> bool:
    """Whether everything that reaches the score passes through the unit."""
    try:
        net.plan({unit}, [score.unit])
    except KeyError:
        return False
    return True


def carrier(net: GoogLeNet, unit: str, score: Score) -> str:
    """Return the unit itself if all passes through it, else the Inception module it belongs to."""
    return unit if carries_all(net, unit, score) else unit.split("/")[0]


def layer_unit(net: GoogLeNet, unit: str | None, score: Score) -> str:
    """Return the unit that a layer method explains, the default for None.

    Raises
    ------
    QuestionError
        If there is no such unit, or nothing of it reaches the score, or it is the score.
    """
    chosen = check_unit(net, unit, score)
    if chosen == score.unit:
        raise QuestionError(
            f"“{chosen}” is what is explained; choose a unit before it for a layer method."
        )
    return chosen


def of_layer(raw: Tensor, x: Tensor, note: str = "", error: float = 0.0) -> Result:
    """Return the result for a unit's attributions (C, h, w), enlarged to the photo's size.

    ``error`` is a completeness error: a score that is not finite need not show in the map.
    """
    map_ = to_numpy(enlarge(raw.sum(0), x))
    why = NOT_FINITE if math.isnan(error) else degenerate(map_)
    return Result(to_numpy(raw), map_, degenerate=why, note=note)
