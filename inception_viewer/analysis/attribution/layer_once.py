"""A unit's share in the answer, by one gradient or by taking its channels away."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from inception_viewer.googlenet.architecture import GoogLeNet, Unit, memory_format

from .hidden import AT_ONCE
from .many import batch_size
from .onward import Onward, layer_unit, of_layer
from .result import Report, Result, silent
from .score import Score
from .slope import slope
from .task import Task, check_has_map


def explain_gradient_x_activation(task: Task, report: Report) -> Result:
    """Compute the method ``layer_gradient_x_activation``: (C, h, w), from one pass."""
    report(0.0, None, "")
    x = task.received(task.array)
    unit = layer_unit(task.net, task.unit, task.score)
    found = slope(task.net, x[None], task.score, unit)
    check_has_map(unit, found.activation)
    raw = (found.activation * found.gradient)[0]
    score = float(found.score[0])
    return replace(of_layer(raw, x), score=score, forwards=1, backwards=1)


def explain_ablation(task: Task, report: Report) -> Result:
    """Compute the method ``layer_ablation``."""
    x, unit = task.received(task.array), layer_unit(task.net, task.unit, task.score)
    by = str(task.settings["groups"])
    return ablation(task.net, x, unit, task.score, by=by, report=report)


def ablation(
    net: GoogLeNet,
    x: Tensor,
    unit: str,
    score: Score,
    *,
    by: str = "channel",
    report: Report = silent,
) -> Result:
    """Set groups of a unit's channels to zero, one group after the other.

    Parameters
    ----------
    net
        In evaluation mode.
    x
        What conv1 receives, (3, H, W).
    unit
        With a map, before the score.
    score
        What is watched.
    by
        ``"channel"``: each by itself; ``"branch"``: the four branches of an Inception module
        (other units: all channels at once).
    report
        Told after every batch, with the map so far; raises to cancel.

    Returns
    -------
    Result
        ``raw`` (C, h, w): what the score loses without a group, spread over the group's
        numbers by how large they are (Ablation-CAM, Desai and Ramaswamy, 2020, does so for
        a channel); the sum over a group is its loss.
    """
    onward = Onward(net, x, unit, score)
    whole = onward.activation
    groups = _groups(net, unit, whole, by)
    batch = batch_size(x.shape[-2], x.shape[-1], x.device.type, at_224=AT_ONCE)
    raw = torch.zeros_like(whole)
    with torch.no_grad():
        all_ = float(onward(whole[None])[0])
        for first in range(0, len(groups), batch):
            some = groups[first : first + batch]
            copies = whole.expand(len(some), -1, -1, -1).clone(
                memory_format=memory_format(whole.device)
            )
            for copy, group in zip(copies, some, strict=True):
                copy[group] = 0
            for group, left in zip(some, onward(copies).tolist(), strict=True):
                raw[group] = (all_ - left) * whole[group] / whole[group].sum()
            done = first + len(some)
            so_far = of_layer(raw, x) if done < len(groups) else None
            report(done / len(groups), so_far, f"group {done} of {len(groups)}")
    note = _note(unit, whole, groups, by)
    return replace(of_layer(raw, x, note), score=all_, forwards=len(groups) + 2)


def _groups(net: GoogLeNet, unit: str, whole: Tensor, by: str) -> list[slice]:
    """Return the channels that go together, without groups that are zero anyway."""
    channels = len(whole)
    sizes = [1] * channels
    if by == "branch":
        step = net.by_name[unit]
        sizes = [_channels(net, name) for name in step.inputs] if step.kind == "concat" else []
        sizes = sizes or [channels]
    groups, first = [], 0
    for size in sizes:
        groups.append(slice(first, first + size))
        first += size
    return [group for group in groups if bool(whole[group].any())]


def _channels(net: GoogLeNet, unit: str) -> int:
    """Return how many channels a convolution has."""
    module = net.by_name[unit].module
    assert isinstance(module, Unit)
    return module.conv.out_channels


def _note(unit: str, whole: Tensor, groups: list[slice], by: str) -> str:
    if by == "branch" and len(groups) == 1:
        return f"{unit} has no branches: all its channels were set to zero at once."
    dead = len(whole) - int(whole.flatten(1).any(1).sum())
    return f"{dead} of {len(whole)} channels are zero on this photo anyway." if dead else ""
