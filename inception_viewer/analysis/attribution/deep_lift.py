"""DeepLift with the rescale rule, from one baseline or from many (DeepLiftShap).

The rules are in :mod:`.rescale`. The score is a logit, not a probability: behind a softmax the
multipliers of all classes are mixed, and the paper advises against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from inception_viewer.googlenet.architecture import INPUT, GoogLeNet

from .baselines import describe, of_task
from .distribution import about, baselines_of
from .many import Many, Tick, batch_size
from .rescale import Rescaled, rescaled
from .result import Report, Result, completeness_error, partial, whole
from .ruled import ruled
from .score import Score
from .slope import as_batch, slope
from .task import Task

BATCH = 5
"""Photos at once at 224x224 pixels, each with its reference."""
TOLERANCE = 1e-3
"""The completeness error that rounding may reach (issue 4)."""
ON_THE_AVERAGE = "The map adds up for these baselines, and for others like them on the average."


@dataclass(frozen=True, eq=False)
class Multiplied:
    """What DeepLift says of N photos and their references.

    Attributes
    ----------
    score, reference_score
        (N,), and (N,) or (1,).
    difference
        Of a unit's activation from its reference's, (N, …).
    multipliers
        Like ``difference``; their product is the attribution.
    """

    score: Tensor
    reference_score: Tensor
    difference: Tensor
    multipliers: Tensor

    @property
    def attributions(self) -> Tensor:
        """Sum, for each photo, to the difference of the scores."""
        return self.difference * self.multipliers


class DeepLift:
    """A network under the rescale rule, for as many photos as one likes.

    Parameters
    ----------
    net
        In evaluation mode; it is not changed.
    """

    def __init__(self, net: GoogLeNet) -> None:
        self._rules: list[Rescaled] = []
        self._net = ruled(net, self._substitute)

    def _substitute(self, module: nn.Module) -> nn.Module | None:
        new = rescaled(module)
        if new is not None:
            self._rules.append(new)
        return new

    def __call__(self, x: Tensor, reference: Tensor, score: Score, unit: str = INPUT) -> Multiplied:
        """Compare photos with their references; two forward passes and one backward pass.

        Parameters
        ----------
        x
            What conv1 receives, (N, 3, H, W).
        reference
            The same for the references, (N, 3, H, W) or one for all (1, 3, H, W).
        score
            What is explained.
        unit
            Whose activation is attributed to: ``"input"``, or a unit on the way to the score.
        """
        try:
            with torch.no_grad():
                at = {INPUT: as_batch(reference)}
                values = at | self._net.run(at, {score.unit, unit} - {INPUT})
                was = score.read(values[score.unit])
            found = slope(self._net, x, score, unit)
        finally:
            for rule in self._rules:
                rule.reference = None
        difference = found.activation - values[unit]
        return Multiplied(found.score, was, difference, found.gradient)


def explain(task: Task, report: Report) -> Result:
    """Compute the method ``deep_lift``."""
    report(0.0, None, "")
    baseline = task.received(of_task(task))[None]
    found = DeepLift(task.net)(task.received(task.array)[None], baseline, task.score)
    note = describe(task.preprocessing, task.settings)
    return _complete(found.attributions[0], [found], note, passes=(2, 1))


def explain_shap(task: Task, report: Report) -> Result:
    """Compute the method ``deep_lift_shap`` (Lundberg & Lee, 2017, arXiv:1705.07874).

    The mean of DeepLift's maps from several baselines adds up to the score less the mean of
    theirs, exactly; that these few stand for all baselines holds on the average only.
    """
    x, baselines = task.received(task.array), baselines_of(task)
    count, lift = len(baselines), DeepLift(task.net)
    size = batch_size(x.shape[1], x.shape[2], x.device.type, at_224=BATCH)
    compared: list[Multiplied] = []
    total = torch.zeros_like(x)
    for first in range(0, count, size):
        report(first / count, partial(total, first), f"baseline {first} of {count}")
        some = baselines[first : first + size]
        compared.append(lift(x.expand_as(some), some, task.score))
        total += compared[-1].attributions.sum(0)
    note = f"{about(task.settings, count)} {ON_THE_AVERAGE}"
    return _complete(total / count, compared, note, passes=(2 * count, count))


def many(task: Task) -> Many:
    """Prepare ``deep_lift`` for many photos."""
    baseline, lift = task.received(of_task(task))[None], DeepLift(task.net)

    def attribute(batch: Tensor, tick: Tick) -> Tensor:
        tick()
        return lift(batch, baseline, task.score).attributions

    return Many(attribute, batch=BATCH, per_batch=1)


def _complete(
    raw: Tensor, compared: Sequence[Multiplied], note: str, *, passes: tuple[int, int]
) -> Result:
    """Return the result, with its check, for attributions (3, H, W)."""
    score = float(compared[0].score[0])
    was = float(torch.cat([one.reference_score for one in compared]).double().mean())
    error = completeness_error(raw, score - was)
    if error > TOLERANCE:
        note += f" The map is {error:.1%} off its sum, which rounding does not explain."
    return replace(
        whole(raw, note),
        completeness_error=error,
        score=score,
        baseline_score=was,
        forwards=passes[0],
        backwards=passes[1],
    )
