"""Layer-wise relevance propagation (Bach et al., 2015, doi:10.1371/journal.pone.0130140).

A convolution or dense layer hands the relevance R of its output z = w x + b down in proportion
to what each input contributes to some p that stands for z:

epsilon
    p = z, kept away from zero by epsilon.
z+ (alpha 1, beta 0)
    p = the positive contributions, w x > 0, and the positive biases.
gamma
    p = z with the positive contributions raised by the factor 1 + gamma (Montavon et al.,
    2019, doi:10.1007/978-3-030-28954-6_10).

All of it is activation times a gradient. Let g be R / z; then R of an input is
x dp/dx (g z / p): the gradient of a network in which each such layer still computes z, but
sends g z / p back through p. ReLU (where z > 0, g is kept), max pools (to the winner), average
pools (in proportion), concatenation and branches need no rule at all: their gradient is it. So
relevance at any unit is its activation times the gradient that :func:`.slope.slope` finds in
:func:`relevance_network`.

Biases take their share of the relevance with them, as in the papers' formulas and by default in
Captum and zennit, so that a composite's name means here what it means there: with batch norm
folded into them that is most of it. How much arrived is always said; under z+ they may also be
left out of p (:func:`without_bias`; zennit's ``zero_params="bias"``), and then all of it
arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inception_viewer.googlenet.architecture import GoogLeNet

from .ruled import ruled

STABILISER = 1e-6
"""Keeps the denominators of the rules other than epsilon's away from zero."""

Layer = nn.Conv2d | nn.Linear


@dataclass(frozen=True)
class Rule:
    """How a convolution or dense layer hands relevance down.

    Attributes
    ----------
    positive, negative
        From the weights to those that positive and negative inputs meet in p.
    bias
        From the biases to those in p.
    epsilon
        Added to the denominator, away from zero.
    """

    positive: Callable[[Tensor], Tensor]
    negative: Callable[[Tensor], Tensor]
    bias: Callable[[Tensor], Tensor]
    epsilon: float = STABILISER


def _same(values: Tensor) -> Tensor:
    return values


def _above(values: Tensor) -> Tensor:
    return values.clamp(min=0)


def _below(values: Tensor) -> Tensor:
    return values.clamp(max=0)


def epsilon_rule(epsilon: float) -> Rule:
    """Return the epsilon rule."""
    return Rule(_same, _same, _same, epsilon)


Z_PLUS = Rule(_above, _below, _above)
"""The z+ rule, for inputs of either sign."""


def gamma_rule(gamma: float) -> Rule:
    """Return the gamma rule, for inputs of either sign."""
    return Rule(
        lambda weight: weight + gamma * _above(weight),
        lambda weight: weight + gamma * _below(weight),
        lambda bias: bias + gamma * _above(bias),
    )


def without_bias(rule: Rule) -> Rule:
    """Return a rule whose biases take no relevance: only inputs share it."""
    return replace(rule, bias=torch.zeros_like)


def relevance_network(net: GoogLeNet, convolutions: Rule, dense: Rule) -> GoogLeNet:
    """Return a twin in which activation times gradient is relevance.

    Raises
    ------
    ValueError
        If a layer has no rule (local response normalisation).
    """

    def substitute(module: nn.Module) -> nn.Module | None:
        if isinstance(module, nn.LocalResponseNorm | nn.BatchNorm2d):
            raise ValueError(f"relevance has no rule for {type(module).__name__}")
        if isinstance(module, nn.Conv2d):
            return _Relevant(module, convolutions)
        return _Relevant(module, dense) if isinstance(module, nn.Linear) else None

    return ruled(net, substitute)


class _Relevant(nn.Module):
    """A convolution or dense layer under a rule."""

    def __init__(self, layer: Layer, rule: Rule) -> None:
        super().__init__()
        self.layer, self.rule = layer, rule
        if isinstance(layer, nn.Conv2d):
            # TensorFlow's padding is made by the unit, which asks its convolution for these.
            self.kernel_size, self.stride = layer.kernel_size, layer.stride

    def forward(self, x: Tensor) -> Tensor:
        """Map as the layer does."""
        with torch.no_grad():
            z: Tensor = self.layer(x)
        if not x.requires_grad:
            return z
        out: Tensor = _Instead.apply(z, self._substitute(x), self.rule.epsilon)
        return out

    def _substitute(self, x: Tensor) -> Tensor:
        """Return p, through which relevance goes down."""
        rule, layer = self.rule, self.layer
        assert layer.bias is not None
        weight, bias = layer.weight, rule.bias(layer.bias)
        if rule.positive is rule.negative or not bool((x.detach() < 0).any()):
            return _apply(layer, x, rule.positive(weight), bias)
        above = _apply(layer, _above(x), rule.positive(weight), bias)
        return above + _apply(layer, _below(x), rule.negative(weight), None)


class _Instead(torch.autograd.Function):
    """The value z, whose gradient goes through p in its stead."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, p: Tensor, epsilon: float) -> Tensor:
        ctx.save_for_backward(z / torch.where(p < 0, p - epsilon, p + epsilon))
        return z.view_as(z)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor, None]:
        (ratio,) = ctx.saved_tensors
        return None, gradients[0] * ratio, None


def _apply(layer: Layer, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return what the layer would give with other weights."""
    if isinstance(layer, nn.Linear):
        return F.linear(x, weight, bias)
    return F.conv2d(x, weight, bias, layer.stride, layer.padding)
