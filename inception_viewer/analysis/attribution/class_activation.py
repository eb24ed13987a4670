"""Class activation mapping (Zhou et al., 2016, arXiv:1512.04150), of the main head.

Global average pooling and one linear layer follow inception5b. So a logit is its bias plus a
sum over positions and channels of weight times activation, over the number of positions:
exactly, and not an approximation as Grad-CAM is elsewhere.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inception_viewer.attribution_methods import DEFAULT_UNIT
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import INPUT, LOGITS, Classifier

from .grad_cam import enlarge
from .result import Report, Result, completeness_error, degenerate, to_numpy
from .slope import as_batch
from .task import Task

CAM_UNIT = DEFAULT_UNIT["main"]
NO_LOGIT = "Class activation mapping explains the main head's logits; a neuron has other methods."
OTHER_UNIT = (
    "Class activation mapping is of {unit}, which the main head's average pool reads; "
    "for other units take Grad-CAM."
)


def explain(task: Task, report: Report) -> Result:
    """Compute the method ``class_activation_map``.

    ``raw`` (C, h, w) adds up to the logit without its bias, whose value is ``baseline_score``.

    Raises
    ------
    QuestionError
        If another unit or a neuron is asked for.
    """
    if task.score.unit != LOGITS["main"]:
        raise QuestionError(NO_LOGIT)
    if task.unit not in (None, CAM_UNIT):
        raise QuestionError(OTHER_UNIT.format(unit=CAM_UNIT))
    report(0.0, None, "")
    x = task.received(task.array)
    with torch.no_grad():
        found = task.net.run({INPUT: as_batch(x[None])}, [CAM_UNIT, task.score.unit])
        score = float(task.score.read(found[task.score.unit])[0])
    activation = found[CAM_UNIT][0]
    weights, bias = _weights(task, activation)
    raw = activation * weights.view(-1, 1, 1) / activation[0].numel()
    map_ = to_numpy(enlarge(raw.sum(0), x))
    return Result(
        to_numpy(raw),
        map_,
        completeness_error=completeness_error(raw, score - bias),
        degenerate=degenerate(map_),
        score=score,
        baseline_score=bias,
        forwards=1,
    )


def _weights(task: Task, activation: Tensor) -> tuple[Tensor, float]:
    """Return the weight of each channel's mean (C,) in the score, and the score without any."""
    classifier = task.net.by_name["fc"].module
    assert isinstance(classifier, Classifier)
    means = torch.zeros_like(activation[:, 0, 0])[None].requires_grad_()
    with torch.enable_grad():
        bias = task.score.read(classifier(means))
    (weights,) = torch.autograd.grad(bias[0], means)
    return weights[0], float(bias.detach()[0])
