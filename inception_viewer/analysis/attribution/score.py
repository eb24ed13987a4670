"""The number that is explained: a logit, a difference of two, a channel or a position."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import INPUT, LOGITS, GoogLeNet
from inception_viewer.googlenet.targets import check_target
from inception_viewer.questions import Neuron


@dataclass(frozen=True, eq=False)
class Score:
    """One number a photo, read off one unit's activation.

    It holds no network, so that it can be asked of any that has the unit: the folded one,
    a copy whose ReLUs follow other rules, one whose weights were shuffled.

    Attributes
    ----------
    unit
        The unit that it reads: ``"fc"``, ``"aux1/fc2"``, ``"inception4a/3x3"``.
    read
        From that unit's activation (N, …) to (N,).
    words
        What it is: ``"logit of class 3 of main"``.
    head
        The head that is explained, or ``""``.
    """

    unit: str
    read: Callable[[Tensor], Tensor]
    words: str
    head: str = ""

    def __call__(self, net: GoogLeNet, known: Mapping[str, Tensor]) -> Tensor:
        """Return the score (N,) from the activations that are known; see ``GoogLeNet.run``."""
        if self.unit in known:
            return self.read(known[self.unit])
        return self.read(net.run(known, [self.unit])[self.unit])

    def of_input(self, net: GoogLeNet, x: Tensor) -> Tensor:
        """Return the score (N,) for what conv1 receives (N, 3, H, W)."""
        return self(net, {INPUT: x})


def logit(net: GoogLeNet, head: str, target: int, against: int | None = None) -> Score:
    """Return the score that is a head's logit of a class, or the difference of two classes'.

    Raises
    ------
    QuestionError
        If the network lacks the head or a class, or both classes are the same.
    """
    check_target(net, head, target)
    if against is None:
        words = f"logit of class {target} of {head}"
        return Score(LOGITS[head], lambda logits: logits[:, target], words, head)
    check_target(net, head, against)
    if against == target:
        raise QuestionError("The difference of a class and itself is zero; choose two classes.")
    words = f"logit of class {target} less that of class {against} of {head}"
    return Score(LOGITS[head], lambda at: at[:, target] - at[:, against], words, head)


def neuron(net: GoogLeNet, wanted: Neuron, shape: tuple[int, ...]) -> Score:
    """Return the score that is a channel of a unit, summed over its map, or one position of it.

    Parameters
    ----------
    net
        Has the unit.
    wanted
        Its channel must be given.
    shape
        Of the unit's activation: (C, h, w).

    Raises
    ------
    QuestionError
        If there is no such unit, channel or position, or the unit has no map.
    """
    unit, channel, position = wanted.unit, wanted.channel, wanted.position
    if unit not in net.by_name:
        raise QuestionError(f"This network has no unit “{unit}”.")
    if len(shape) != 3 or shape[1:] == (1, 1):
        raise QuestionError(f"“{unit}” has no map: its values belong to the whole photo.")
    channels, height, width = shape
    if channel is None or not 0 <= channel < channels:
        raise QuestionError(f"“{unit}” has channels 0 to {channels - 1}, not {channel}.")
    if position is None:
        words = f"{unit}, channel {channel}, summed over its {height} x {width} positions"
        return Score(unit, lambda at: at[:, channel].sum((1, 2)), words)
    row, column = position
    if not (0 <= row < height and 0 <= column < width):
        raise QuestionError(
            f"“{unit}” has rows 0 to {height - 1} and columns 0 to {width - 1}, "
            f"not row {row}, column {column}."
        )
    words = f"{unit}, channel {channel} at row {row}, column {column}"
    return Score(unit, lambda at: at[:, channel, row, column], words)
