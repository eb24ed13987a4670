"""The auxiliary heads, trained on what the frozen trunk gives.

Each head is the paper's (section 5): a 1x1 convolution of 128 filters, a dense layer of
1024, dropout, the classifier. It learns to answer as the main head does (distillation;
Hinton, Vinyals and Dean, 2015), or to name the photos' classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from inception_viewer.errors import ViewerError
from inception_viewer.googlenet.architecture import Classifier, Dense, GoogLeNet, Unit, empty
from inception_viewer.googlenet.variants import Variant

from .features import Features
from .photos import draw

SAMPLE = 256
"""Photos by which a head's first weights are scaled, and that are measured at a time."""
LEAST_STEPS = 12
"""Steps of an epoch, so that a small folder gives the optimiser enough of them."""
HIDDEN = 1024
"""Features of the heads' dense layer."""
FIRST_LOGITS = 0.1
"""Deviation of the first logits: about even odds."""
TINY = 1e-12
"""What no deviation is taken to be below: the photos may all be one colour."""

Report = Callable[[int, float], None]
"""Told the steps done and the epoch's loss so far; may raise to stop."""


class DivergedError(ViewerError):
    """The loss is no longer a number."""


@dataclass(frozen=True)
class HeadRecipe:
    """How the heads are trained: AdamW along a cosine, after a short warm-up.

    Attributes
    ----------
    epochs, batch_size
        Passes over the photos, photos a step at most.
    learning_rate, weight_decay
        The peak, and AdamW's decay of the weights (not of biases and batch norm).
    label_share
        Share of a photo's class in what is learned from labels; the rest is what the main
        head answers, which says how alike the classes are.
    balance
        0 takes the photos as they are, 1 every class equally often, by what is learned.
    seed
        Of the first weights, the order and the dropout.
    """

    epochs: int = 40
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    label_share: float = 0.5
    balance: float = 0.6
    seed: int = 0

    def steps_per_epoch(self, photos: int) -> int:
        """Return the steps of one pass over so many photos; few photos make smaller batches."""
        return min(photos, max(LEAST_STEPS, photos // self.batch_size))

    def steps(self, photos: int) -> int:
        """Return the steps of the whole training."""
        return self.epochs * self.steps_per_epoch(photos)

    def learning_rate_at(self, share: float) -> float:
        """Return the learning rate after a share of all steps, in [0, 1]."""
        warm = min(1.0, share / 0.03 + 0.02)
        return warm * self.learning_rate * (1 + math.cos(math.pi * share)) / 2


class Head(nn.Module):
    """One auxiliary head on its pooled input, sharing the modules of a network.

    Parameters
    ----------
    net
        The network that has it.
    head
        ``"aux1"`` or ``"aux2"``.

    Attributes
    ----------
    scale
        What the input is multiplied by; :meth:`settle` turns it into the weights.
    """

    def __init__(self, net: GoogLeNet, head: str) -> None:
        super().__init__()
        conv, fc1, fc2 = (net.by_name[f"{head}/{unit}"].module for unit in ("conv", "fc1", "fc2"))
        assert isinstance(conv, Unit)
        assert isinstance(fc1, Dense)
        assert isinstance(fc2, Classifier)
        self.conv, self.fc1, self.fc2 = conv, fc1, fc2
        self.scale = 1.0

    def forward(self, pooled: Tensor, keep: Tensor | None = None) -> Tensor:
        """Map (N, C, 4, 4) to logits (N, classes).

        ``keep`` (N, 1024) is what dropout leaves of the dense layer, scaled; without it
        nothing is dropped. It is drawn outside, so that a run depends on its seed alone.
        """
        hidden = self.fc1(self.conv(pooled * self.scale))
        logits: Tensor = self.fc2.linear(hidden if keep is None else hidden * keep)
        return logits

    @torch.no_grad()
    def settle(self) -> None:
        """Make the scale a part of the weights; the head answers as before."""
        self.conv.conv.weight.mul_(self.scale)
        self.scale = 1.0


def new_heads(variant: Variant, features: Features, seed: int) -> dict[str, Head]:
    """Return heads with random weights, made for the features that they are to read.

    The families' activations differ by a factor of a hundred, and Adam's steps do not
    grow with them: the heads read them scaled to unit mean square. Random weights after
    He et al. (2015); those of each layer are then scaled so that its output has unit
    variance on the photos (Mishkin and Matas, 2016).
    """
    net = empty(variant)
    generator = torch.Generator().manual_seed(seed)
    heads = {}
    for name, pooled in features.pooled.items():
        sample = pooled[:SAMPLE]
        head = Head(net, name).to_empty(device="cpu")
        head.scale = 1 / max(float(sample.square().mean().sqrt()), TINY)
        for module in head.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()
            elif isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        _spread(head, sample)
        heads[name] = head
    return heads


@torch.no_grad()
def _spread(head: Head, sample: Tensor) -> None:
    """Scale each layer so that its output has the wanted deviation on a sample of photos."""
    x = head.conv.conv(sample * head.scale)
    head.conv.conv.weight.mul_(1 / max(float(x.std()), TINY))
    head.train()
    x = head.fc1.linear(head.conv(sample * head.scale).flatten(1))
    head.fc1.linear.weight.mul_(1 / max(float(x.std()), TINY))
    x = head.fc2.linear(head.fc1(head.conv(sample * head.scale)))
    head.fc2.linear.weight.mul_(FIRST_LOGITS / max(float(x.std()), TINY))


def soft_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean over the photos of ``-sum(targets * log softmax(logits))``.

    Both are (N, classes). The gradient is ``(softmax(logits) - targets) / N``; the value
    exceeds the divergence of the two distributions by the targets' own entropy.
    """
    loss: Tensor = -(targets * logits.log_softmax(1)).sum(1).mean()
    return loss


def targets_of(features: Features, kind: str, label_share: float) -> Tensor:
    """Return the distribution (N, classes) that the heads are to learn.

    The main head's for ``"main"``; for ``"labels"`` its mean with the photos' classes, of
    which those have ``label_share``.
    """
    main = features.main.softmax(1)
    if kind == "main":
        return main
    assert features.labels is not None
    certain = nn.functional.one_hot(features.labels, main.shape[1]).float()
    return torch.lerp(main, certain, label_share)


def train_heads(
    variant: Variant,
    features: Features,
    targets: Tensor,
    recipe: HeadRecipe,
    *,
    device: str = "cpu",
    report: Report = lambda step, loss: None,
    after_epoch: Callable[[Mapping[str, Head], float], None] = lambda heads, loss: None,
) -> dict[str, Head]:
    """Train both heads and return them, in evaluation mode, on the CPU.

    Parameters
    ----------
    variant
        The network's, with both auxiliary heads.
    features
        The photos to fit to.
    targets
        What to answer (N, classes).
    recipe
        How.
    device
        Where to train.
    report
        Called after each step.
    after_epoch
        Called with the heads, in evaluation mode, and the epoch's mean loss.

    Raises
    ------
    DivergedError
        If the loss is no longer a number.
    """
    heads = new_heads(variant, features, recipe.seed)
    for head in heads.values():
        head.to(device)
    run = _Run(heads, features, targets, recipe, variant.aux_dropout)
    for epoch in range(recipe.epochs):
        loss = run.epoch(epoch, report)
        for head in heads.values():
            head.eval()
        after_epoch(heads, loss)
    for head in heads.values():
        head.cpu().eval().requires_grad_(False).settle()
    return heads


class _Run:
    """A training under way."""

    def __init__(
        self,
        heads: Mapping[str, Head],
        features: Features,
        targets: Tensor,
        recipe: HeadRecipe,
        dropout: float,
    ) -> None:
        self.heads, self.features, self.targets, self.recipe = heads, features, targets, recipe
        self.device = next(heads["aux1"].parameters()).device
        self.dropout, self.step = dropout, 0
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.optimizer = _optimizer(heads, recipe)
        self.classes = targets.argmax(1).numpy()
        self.steps_per_epoch = recipe.steps_per_epoch(len(targets))

    def epoch(self, epoch: int, report: Report) -> float:
        """Go once over the photos and return the mean loss of the two heads together."""
        for head in self.heads.values():
            head.train()
        order = torch.from_numpy(draw(self.classes, self.recipe.balance, self.recipe.seed, epoch))
        steps, total = self.steps_per_epoch, 0.0
        for place, chosen in enumerate(order.tensor_split(steps)):
            share = (epoch * steps + place) / (self.recipe.epochs * steps)
            for group in self.optimizer.param_groups:
                group["lr"] = self.recipe.learning_rate_at(share)
            total += self._step(chosen)
            self.step += 1
            report(self.step, total / (place + 1))
        return total / steps

    def _step(self, chosen: Tensor) -> float:
        targets = self.targets[chosen].to(self.device)
        losses = []
        for name, head in self.heads.items():
            pooled = self.features.pooled[name][chosen].to(self.device)
            losses.append(soft_cross_entropy(head(pooled, self._keep(len(chosen))), targets))
        loss = torch.stack(losses).sum()
        if not bool(torch.isfinite(loss)):
            raise DivergedError("The heads cannot be fitted: the loss is no longer a number.")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return float(loss.detach())

    def _keep(self, count: int) -> Tensor:
        kept = 1 - self.dropout
        mask = torch.empty(count, HIDDEN).bernoulli_(kept, generator=self.generator)
        return (mask / kept).to(self.device)


def _optimizer(heads: Mapping[str, Head], recipe: HeadRecipe) -> torch.optim.AdamW:
    parameters = [p for head in heads.values() for p in head.parameters()]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in parameters if p.ndim > 1]},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        groups, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )


@torch.no_grad()
def top_classes(head: Head, pooled: Tensor) -> Tensor:
    """Return a head's top class (N,) for pooled inputs (N, C, 4, 4), batch by batch."""
    device = next(head.parameters()).device
    parts = [head(part.to(device)).argmax(1).cpu() for part in torch.split(pooled, SAMPLE)]
    return torch.cat(parts) if parts else torch.empty(0, dtype=torch.int64)
