"""LRP for the pixels, by named composites: which rule where (:mod:`.relevance`)."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from inception_viewer.attribution_methods import Settings
from inception_viewer.attribution_methods.rules import NO_RULE_FOR_LRN
from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.architecture import GoogLeNet

from .many import Many, Tick
from .relevance import Z_PLUS, Rule, epsilon_rule, gamma_rule, relevance_network, without_bias
from .result import Report, Result
from .saliency import once
from .slope import Slope, slope
from .task import Task

BATCH = 4
UNSPARED = ("epsilon", "gamma")
"""The composites whose biases always take their share."""
LOST = "the rest went to biases on the way, batch norm's above all, as the rules have it"
INSTEAD = "with “Biases take their share” off, inputs get it"
LOST_ALL_THE_SAME = "the rest went to dense layers' biases, or to units that only their bias drives"
ADDED = "what is more was added by negative biases of dense layers"
NOTHING_TO_SHARE = "the score is zero, so there is no relevance to hand down"


def composite(settings: Settings) -> tuple[Rule, Rule]:
    """Return the rules of the convolutions and of the dense layers.

    Parameters
    ----------
    settings
        ``composite``, ``epsilon``, ``gamma`` and ``biases``, as the method ``lrp`` has them.
    """
    epsilon = epsilon_rule(float(settings["epsilon"]))
    name = settings["composite"]
    if name == "epsilon":
        return epsilon, epsilon
    if name == "gamma":
        return gamma_rule(float(settings["gamma"])), epsilon
    z_plus = Z_PLUS if settings["biases"] == "on" else without_bias(Z_PLUS)
    return z_plus, z_plus if name == "alpha1_beta0" else epsilon


def network(net: GoogLeNet, settings: Settings) -> GoogLeNet:
    """Return a twin in which activation times gradient is relevance, at every unit.

    Raises
    ------
    QuestionError
        If the network normalises its responses.
    """
    if net.variant.lrn is not None:
        raise QuestionError(NO_RULE_FOR_LRN)
    return relevance_network(net, *composite(settings))


def conserved(relevance: Tensor, score: float) -> float | None:
    """Return the share of the score that relevance, of any shape, adds up to; None of zero."""
    # Metal has no float64, so the sum is made by the processor.
    total = float(relevance.detach().cpu().double().sum())
    return total / score if score else None


def conservation(share: float | None, settings: Settings) -> str:
    """Return the sentence on the share of relevance that arrived."""
    if share is None:
        return f"Relevance conserved: none, because {NOTHING_TO_SHARE}."
    to_biases = settings["biases"] == "on" or settings["composite"] in UNSPARED
    lost = LOST if to_biases else LOST_ALL_THE_SAME
    if share > 1:
        lost = ADDED
    elif to_biases and settings["composite"] not in UNSPARED:
        lost = f"{lost} ({INSTEAD})"
    return f"Relevance conserved: {share:.1%}; {lost}."


def explain(task: Task, report: Report) -> Result:
    """Compute the method ``lrp``."""
    report(0.0, None, "")
    x = task.received(task.array)[None]
    found = slope(network(task.net, task.settings), x, task.score)
    raw = _relevance(found)[0]
    share = conserved(raw, float(found.score[0]))
    note = " ".join(filter(None, (conservation(share, task.settings), _about(task.settings))))
    return replace(once(found, raw, note), conserved=share)


def many(task: Task) -> Many:
    """Prepare ``lrp`` for many photos."""
    net = network(task.net, task.settings)

    def attribute(batch: Tensor, tick: Tick) -> Tensor:
        tick()
        return _relevance(slope(net, batch, task.score))

    return Many(attribute, batch=BATCH)


def _relevance(found: Slope) -> Tensor:
    return found.activation * found.gradient


def _about(settings: Settings) -> str:
    if settings["composite"] == "epsilon":
        return "With a small epsilon this rule equals input times gradient."
    return ""
