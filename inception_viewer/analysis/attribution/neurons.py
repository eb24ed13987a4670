"""What a channel or a position of a unit sees in the photo, and what it does with it.

A neuron method is the method of the same name with the neuron's activation for a score; only
the conductance asks for both: how much of a class's score flows from each pixel through the
neuron (Dhamdhere, Sundararajan, Yan, 2018, arXiv:1805.12233).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import GoogLeNet, memory_format

from .baselines import describe, of_task
from .integrated_gradients import integrated_gradients
from .result import Report, Result, silent
from .score import Score
from .task import Task, check_unit


@dataclass(frozen=True, eq=False)
class Through(Score):
    """A score as far as it flows through a neuron.

    Its value is the neuron's activation, each number of it times the score's gradient there,
    which counts as a constant: so its gradient at the pixels is the part of the score's that
    passes the neuron. Summed over all neurons of a unit that all passes through, it is the
    score's whole gradient.

    ``unit``, ``read`` and ``words`` are the neuron's; ``answer`` is the score.
    """

    answer: Score | None = None

    def __call__(self, net: GoogLeNet, known: Mapping[str, Tensor]) -> Tensor:
        """Return the value (N,) from the activations that are known; see ``GoogLeNet.run``."""
        assert self.answer is not None
        if self.unit in known:
            known = {**known, self.unit: _with_graph(known[self.unit])}
        with torch.enable_grad():
            values = net.run(known, {self.unit, self.answer.unit}, self._track)
            scores, at = self.answer.read(values[self.answer.unit]), values[self.unit]
            (gradient,) = torch.autograd.grad(
                scores, at, torch.ones_like(scores), retain_graph=True
            )
            return self.read(gradient * at)

    def _track(self, name: str, value: Tensor) -> Tensor:
        return _with_graph(value) if name == self.unit else value


def _with_graph(value: Tensor) -> Tensor:
    """Return an activation from which on there is a graph, if there is none from before it."""
    return value if value.requires_grad else value.detach().requires_grad_()


def explain_conductance(task: Task, report: Report) -> Result:
    """Compute the method ``neuron_conductance``."""
    assert task.answer_score is not None
    return conductance(
        task.net,
        task.received(task.array),
        task.score,
        task.answer_score,
        baseline=task.received(of_task(task)),
        steps=int(task.settings["steps"]),
        about=describe(task.preprocessing, task.settings),
        report=report,
    )


def conductance(
    net: GoogLeNet,
    x: Tensor,
    neuron: Score,
    answer: Score,
    *,
    baseline: Tensor,
    steps: int = 50,
    about: str = "",
    report: Report = silent,
) -> Result:
    """Attribute to the pixels what a score gains through a neuron.

    Parameters
    ----------
    net
        In evaluation mode.
    x, baseline
        What conv1 receives, (3, H, W).
    neuron
        A unit's channel (summed over its positions) or position.
    answer
        A head's logit, or the difference of two.
    steps
        Gradients along the way from the baseline to the photo.
    about
        A sentence that begins the note.
    report
        Told after every batch, with the map so far; raises to cancel.

    Returns
    -------
    Result
        ``raw`` (3, H, W). Its sum is the neuron's part of the layer's conductance; only the
        sum over all neurons of a unit that everything passes through is known beforehand, so
        there is no completeness error. ``score`` and ``baseline_score`` are the answer's.

    Raises
    ------
    QuestionError
        If the neuron is not on the way to the answer, or is the answer.
    """
    check_unit(net, neuron.unit, answer)
    if neuron.unit == answer.unit:
        raise QuestionError(f"“{neuron.unit}” holds the answer itself; choose a unit before it.")
    through = Through(neuron.unit, neuron.read, neuron.words, neuron.head, answer)
    found = integrated_gradients(net, x, through, baseline=baseline, steps=steps, report=report)
    with torch.no_grad():
        pair = torch.stack([x, baseline]).contiguous(memory_format=memory_format(x.device))
        at_photo, at_baseline = answer.of_input(net, pair).tolist()
    carried = float(found.raw.sum(dtype="float64"))
    note = (
        f"{carried:+.3g} of the {at_photo - at_baseline:+.3g} that the photo adds to the score "
        "flow through this neuron."
    )
    return replace(
        found,
        completeness_error=None,
        note=" ".join(filter(None, (about, note))),
        score=at_photo,
        baseline_score=at_baseline,
        forwards=found.forwards + 2,
        backwards=found.backwards + 2,
    )
