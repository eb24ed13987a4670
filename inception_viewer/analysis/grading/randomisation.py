"""The parameter-randomisation check (Adebayo et al., 2018, arXiv:1810.03292, section 3).

The cascade from the top down: a layer's weights are shuffled among themselves, so that they keep
their distribution, and stay shuffled while the next one's are.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor, nn

from inception_viewer.googlenet.architecture import INPUT, GoogLeNet, memory_format, twin
from inception_viewer.googlenet.variants import HEADS

from ..attribution.result import Result
from ..attribution.task import Task
from .similarity import rank_correlation, structure
from .subject import Graded, Report, Subject, curve

RANKS, SIZES, SHAPES = "rank correlation", "rank correlation of sizes", "structural similarity"
KEPT, LOST = 0.7, 0.3
"""Mean correlations from which a map is called unchanged, and up to which changed."""


def randomisation(subject: Subject, report: Report) -> Graded:
    """Grade by whether the map depends on what the network has learnt."""
    layers = stages(subject.task)
    found = np.empty((3, len(layers)))
    net, flat = subject.task.net, []
    for place, (name, units) in enumerate(layers.items()):
        known = _so_far(found[:, :place], list(layers))

        def watch(
            fraction: float,
            result: Result | None,
            text: str,
            place: int = place,
            known: Graded = known,
            name: str = name,
        ) -> None:
            report((place + fraction) / len(layers), known, f"shuffled down to {name}")

        watch(0.0, None, "")
        net = shuffled(net, units, (subject.seed, place))
        task = replace(subject.task, net=net, settings=_once(subject))
        other = subject.explain(task, watch).map
        if not np.isfinite(other).all() or not other.any():
            flat.append(name)
            other = np.zeros_like(subject.map)
        found[:, place] = _likeness(subject, other)
    return _graded(found, list(layers), flat)


def stages(task: Task) -> dict[str, list[str]]:
    """Return the layers with weights on the way to the score, from the top: name -> units.

    An Inception module is one layer, as in the paper; so is each of a head's own.
    """
    ends = [score.unit for score in (task.score, task.answer_score) if score is not None]
    found: dict[str, list[str]] = {}
    for step, _ in reversed(task.net.plan({INPUT}, ends)):
        if step.module is not None and any(True for _ in step.module.parameters()):
            module = step.name.partition("/")[0]
            whole = module.startswith("inception") and module not in HEADS
            found.setdefault(module if whole else step.name, []).append(step.name)
    return found


def shuffled(net: GoogLeNet, units: Collection[str], seed: tuple[int, ...]) -> GoogLeNet:
    """Return a twin of a network with some units' weights shuffled; ``net`` stays as it is."""
    other, generator = twin(net), np.random.default_rng(seed)
    for unit in sorted(units):
        module = other.by_name[unit].module
        assert module is not None
        for part in module.modules():
            for name, values in part.named_parameters(recurse=False):
                # A new tensor: the old one is the lab's.
                setattr(part, name, nn.Parameter(_mixed(values, generator), requires_grad=False))
    return other


def _mixed(values: Tensor, generator: np.random.Generator) -> Tensor:
    order = torch.from_numpy(generator.permutation(values.numel())).to(values.device)
    mixed = values.detach().reshape(-1)[order].reshape(values.shape)
    return (
        mixed.contiguous(memory_format=memory_format(values.device)) if values.dim() == 4 else mixed
    )


def _once(subject: Subject) -> dict[str, float | int | str]:
    """Return the settings without doubling the steps: it is not worth it for these networks."""
    settings = dict(subject.task.settings)
    return {**settings, "adapt": "off"} if "adapt" in settings else settings


def _likeness(subject: Subject, other: np.ndarray) -> tuple[float, float, float]:
    mine = subject.map
    sizes = rank_correlation(np.abs(mine), np.abs(other))
    return rank_correlation(mine, other), sizes, structure(mine, other)


def _so_far(found: np.ndarray, layers: list[str]) -> Graded:
    count = found.shape[1]
    shares = np.arange(1, count + 1) / len(layers)
    curves = {
        name: curve(shares, values)
        for name, values in zip((RANKS, SIZES, SHAPES), found, strict=True)
    }
    return Graded(np.nan, curves=MappingProxyType(curves), labels=tuple(layers[:count]))


def _graded(found: np.ndarray, layers: list[str], flat: list[str]) -> Graded:
    value, sizes = float(np.abs(found[0]).mean()), float(found[1].mean())
    note = ""
    if flat:
        note = f"The map is blank once the weights down to {flat[0]} are shuffled."
    return replace(
        _so_far(found, layers), value=value, sentence=_sentence(value, sizes, layers), note=note
    )


def _sentence(value: float, sizes: float, layers: list[str]) -> str:
    said = (
        f"While the weights are shuffled from {layers[0]} down to {layers[-1]}, the map's rank "
        f"correlation with itself is {value:.2f} on average: "
    )
    if value >= KEPT:
        return said + "it would look like this whatever the network had learnt."
    if value > LOST:
        return said + "part of it does not depend on what the network has learnt."
    if sizes >= (KEPT + LOST) / 2:
        return (
            said + f"its signs depend on what the network has learnt, but hardly where it is "
            f"strong ({sizes:.2f} without signs)."
        )
    return said + "it depends on what the network has learnt."
