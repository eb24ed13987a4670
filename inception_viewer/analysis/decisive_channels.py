"""The fewest channels of a module that keep an answer, and the fewest whose removal flips it.

All sets of 512 channels cannot be tried. Each greedy step estimates, by one gradient, what
every channel is worth in the present state (its activation times the gradient there), tries
the most promising few truly, and takes the best. At the end every channel of the set is tried
without: what is left has none to spare.

To flip an answer one rival has to overtake it. Going after whoever is nearest at each step
wavers between rivals, so the likeliest few are each gone after on their own as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from copy import copy
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import INPUT, LOGITS, GoogLeNet
from inception_viewer.googlenet.targets import check_target
from inception_viewer.intervention_questions import DecisiveChannels, DecisiveChannelsAnswer
from inception_viewer.questions import Provenance

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

TRIED = 8
"""Channels that a greedy step tries truly: one batch."""

RIVALS = 4
"""Classes that are gone after on their own."""

Tell = Callable[[str, int], None]
"""Told what is done and how many channels are in the set; raises to cancel."""


class Margin:
    """How far a class is ahead, by which of a module's channels are there.

    Parameters
    ----------
    net
        In evaluation mode.
    module, head
        The module, and the head whose logits are read.
    activation
        The module's, (1, C, h, w).
    target
        The class.
    """

    def __init__(
        self,
        net: GoogLeNet,
        module: str,
        head: str,
        activation: Tensor,
        target: int,
    ) -> None:
        self._net, self._module, self._head = net, module, LOGITS[head]
        self._activation, self._target = activation.clone(), target
        self._rival: int | None = None
        """The class that it is ahead of; None for the nearest of all."""
        self.channels = activation.shape[1]

    def over(self, rival: int) -> Margin:
        """Return the margin over one class."""
        other = copy(self)
        other._rival = rival
        return other

    def of(self, kept: Tensor) -> Tensor:
        """Return the margins (N,) with the channels of ``kept`` (N, C), bool, there."""
        return self._ahead(self._logits(kept.to(self._activation)))

    def top(self, kept: Tensor) -> int:
        """Return the top class with the channels of ``kept`` (C,) there."""
        return int(self._logits(kept[None].to(self._activation))[0].argmax())

    def worth(self, kept: Tensor) -> Tensor:
        """Return what each channel (C,) is worth to the margin, to first order."""
        scale = kept[None].to(self._activation).requires_grad_()
        with torch.enable_grad():
            ahead = self._ahead(self._logits(scale, torch.enable_grad()))
        (gradient,) = torch.autograd.grad(ahead.sum(), scale)
        return gradient[0]

    def _logits(self, scale: Tensor, mode: torch.enable_grad | None = None) -> Tensor:
        with mode or torch.no_grad():
            scaled = self._activation * scale[:, :, None, None]
            return self._net.run({self._module: scaled}, [self._head])[self._head]

    def _ahead(self, logits: Tensor) -> Tensor:
        if self._rival is not None:
            return logits[:, self._target] - logits[:, self._rival]
        others = logits.clone()
        others[:, self._target] = -torch.inf
        return logits[:, self._target] - others.amax(1)


def answer(question: DecisiveChannels, lab: Lab, progress: Progress) -> DecisiveChannelsAnswer:
    """Answer a :class:`DecisiveChannels` question.

    Raises
    ------
    QuestionError
        If there is no such module or head, or the module comes after the head.
    """
    started = time.perf_counter()
    scene = question.scene
    net = lab.network(scene.checkpoint, progress.lane)
    _check(net, question)
    trace = lab.trace(scene, progress.lane)
    target = int(trace.logits[question.head].argmax())
    margin = Margin(net, question.module, question.head, trace.batches[question.module], target)

    def tell(part: float) -> Tell:
        def told(text: str, count: int) -> None:
            # How many it will take is not known: the bar creeps to the end of its half.
            progress(part + 0.5 * count / (count + 20), None, text)

        return told

    keeps, keep_margins = keep(margin, tell(0.0))
    likeliest = trace.logits[question.head].argsort()[::-1][1 : RIVALS + 1]
    rivals = [margin, *(margin.over(int(rival)) for rival in likeliest)]
    flips, flip_margins = fewest_flips(margin, rivals, tell(0.5))
    becomes = None if flips is None else margin.top(_without(margin.channels, flips))
    seconds = time.perf_counter() - started
    return DecisiveChannelsAnswer(
        question,
        target,
        margin.channels,
        keeps,
        flips,
        becomes,
        keep_margins,
        flip_margins,
        Provenance(scene.checkpoint, scene.preprocessing, seconds, net.device.type),
    )


def _check(net: GoogLeNet, question: DecisiveChannels) -> None:
    check_target(net, question.head, 0)
    step = net.by_name.get(question.module)
    if step is None or step.kind != "concat":
        raise QuestionError(f"“{question.module}” is no Inception module of this network.")
    before = {step.name for step, _ in net.plan({INPUT}, [LOGITS[question.head]])}
    if question.module not in before:
        raise QuestionError(f"{question.module} comes after {question.head}.")


def keep(margin: Margin, tell: Tell) -> tuple[tuple[int, ...] | None, tuple[float, ...]]:
    """Return the channels that suffice for the answer, and the margins on the way to them."""
    kept = torch.zeros(margin.channels, dtype=torch.bool)
    margins = [float(margin.of(kept[None]))]
    while margins[-1] <= 0:
        tell(f"{int(kept.sum())} channels kept", int(kept.sum()))
        step = _best(margin, kept, there=True)
        if step is None:
            return None, tuple(margins)
        kept[step[0]] = True
        margins.append(step[1])

    def ahead(sets: Sequence[Sequence[int]]) -> Tensor:
        return margin.of(torch.stack([_with(margin.channels, some) for some in sets]))

    return _pruned(_indices(kept), ahead, tell), tuple(margins)


def fewest_flips(
    margin: Margin, ways: Sequence[Margin], tell: Tell
) -> tuple[tuple[int, ...] | None, tuple[float, ...]]:
    """Return the fewest channels whose removal changes the answer, of several ways to them.

    Also the margins over the nearest rival on that way.
    """
    best: tuple[int, ...] | None = None
    margins: tuple[float, ...] = (float(margin.of(_without(margin.channels, ())[None])),)
    for way in ways:
        found, on_the_way = flip(margin, way, None if best is None else len(best), tell)
        if found is not None and (best is None or len(found) < len(best)):
            best, margins = found, on_the_way
        elif best is None:
            margins = on_the_way
    return best, margins


def flip(
    margin: Margin, way: Margin, most: int | None, tell: Tell
) -> tuple[tuple[int, ...] | None, tuple[float, ...]]:
    """Return the channels whose removal changes the answer, and the margins on the way.

    Channels are chosen by the margin that ``way`` measures. Given up, with None, at more than
    twice ``most`` channels: pruning seldom leaves out half.
    """
    kept = torch.ones(margin.channels, dtype=torch.bool)
    margins = [float(margin.of(kept[None]))]
    while margins[-1] >= 0:  # a tie is no other answer yet
        gone = margin.channels - int(kept.sum())
        tell(f"{gone} channels removed", gone)
        step = None if most is not None and gone > 2 * most else _best(way, kept, there=False)
        if step is None:
            return None, tuple(margins)
        kept[step[0]] = False
        margins.append(float(margin.of(kept[None])))

    def behind(sets: Sequence[Sequence[int]]) -> Tensor:
        states = torch.stack([_without(margin.channels, some) for some in sets])
        return -margin.of(states)

    return _pruned(_indices(~kept), behind, tell), tuple(margins)


def _best(margin: Margin, kept: Tensor, *, there: bool) -> tuple[int, float] | None:
    """Return the channel to put in or take out next and the margin then; None if none is left."""
    left = kept.logical_not() if there else kept
    if not left.any():
        return None
    worth = margin.worth(kept).cpu()
    promise = torch.where(left, worth, -torch.inf)
    tried = promise.topk(min(TRIED, int(left.sum()))).indices
    states = kept.repeat(len(tried), 1)
    states[torch.arange(len(tried)), tried] = there
    margins = margin.of(states)
    best = int(margins.argmax() if there else margins.argmin())
    return int(tried[best]), float(margins[best])


def _pruned(
    chosen: tuple[int, ...], spare: Callable[[Sequence[Sequence[int]]], Tensor], tell: Tell
) -> tuple[int, ...]:
    """Leave out the channel that is missed least until every one is needed.

    ``spare`` returns, for several sets, by how much each still does what the whole set does;
    not if that is not above 0.
    """
    left = list(chosen)
    while left:
        tell(f"{len(left)} channels, pruning", len(left))
        without = [[one for one in left if one != channel] for channel in left]
        batches = [without[first : first + TRIED] for first in range(0, len(without), TRIED)]
        reserve = torch.cat([_told(spare, some, left, tell) for some in batches])
        least = int(reserve.argmax())
        if not reserve[least] > 0:
            break
        del left[least]
    return tuple(left)


def _told(
    spare: Callable[[Sequence[Sequence[int]]], Tensor],
    some: Sequence[Sequence[int]],
    left: Sequence[int],
    tell: Tell,
) -> Tensor:
    tell(f"{len(left)} channels, pruning", len(left))
    return spare(some)


def _with(channels: int, some: Sequence[int]) -> Tensor:
    kept = torch.zeros(channels, dtype=torch.bool)
    kept[list(some)] = True
    return kept


def _without(channels: int, some: Sequence[int]) -> Tensor:
    kept = torch.ones(channels, dtype=torch.bool)
    kept[list(some)] = False
    return kept


def _indices(mask: Tensor) -> tuple[int, ...]:
    return tuple(mask.nonzero().flatten().tolist())
