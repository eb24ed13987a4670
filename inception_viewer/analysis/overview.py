"""All that one frame of the window shows of a scene, from one trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from inception_viewer.googlenet.variants import BRANCH_OUTPUT, MODULES
from inception_viewer.questions import Floats, Overview, OverviewAnswer, frozen_array

from .maps import branch_outputs, maps_of, provenance
from .predictions import predictions_of
from .trace import Trace

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress


def answer(question: Overview, lab: Lab, progress: Progress) -> OverviewAnswer:
    """Answer an :class:`Overview` question: at most one forward pass."""
    scene = question.scene
    made, info = scene.preprocessing, lab.info(scene.checkpoint)
    network = lab.graph(scene.checkpoint, made.height, made.width)
    trace = lab.trace(scene, progress.lane, keep=question.cached, report=progress)
    with torch.inference_mode():
        return OverviewAnswer(
            scene=scene,
            picture=trace.picture,
            crop=trace.crop,
            predictions=predictions_of(trace, info, scene.image),
            thumbnails=mean_maps(trace),
            largest=largest(trace),
            shares=branch_shares(trace),
            maps=maps_of(trace, scene, question.unit, lab),
            provenance=provenance(trace, scene),
            graph=None if network is info.graph else network,
        )


def mean_maps(trace: Trace) -> dict[str, Floats]:
    """Return the mean over the channels (height, width) of every unit that has a map."""
    units = [name for name in trace.names if _has_map(trace, name)]
    return {name: frozen_array(trace.tensor(name).mean(0).cpu().numpy()) for name in units}


def largest(trace: Trace) -> dict[str, float]:
    """Return every unit's largest activation (of logits: the largest logit)."""
    # amax, not max: on channels-last tensors it is 50 times faster.
    values = torch.stack([trace.tensor(name).amax() for name in trace.names]).tolist()
    return dict(zip(trace.names, values, strict=True))


def branch_shares(trace: Trace) -> dict[str, dict[str, float]]:
    """Return each branch's share of its module's summed activation.

    Activations are not negative after a ReLU, so the shares lie in [0, 1] and sum to 1;
    in a module that is dead altogether they are all 0.
    """
    modules = [module for module in MODULES if module in trace]
    sums = torch.stack(
        [trace.tensor(unit).sum() for module in modules for unit in branch_outputs(module)]
    )
    # On the processor: Metal has no float64.
    parts = sums.view(len(modules), len(BRANCH_OUTPUT)).cpu().double()
    whole = parts.sum(1, keepdim=True)
    shares = torch.where(whole > 0, parts / whole, torch.zeros_like(parts)).tolist()
    return {
        module: dict(zip(BRANCH_OUTPUT, row, strict=True))
        for module, row in zip(modules, shares, strict=True)
    }


def _has_map(trace: Trace, name: str) -> bool:
    shape = trace.tensor(name).shape
    return len(shape) == 3 and tuple(shape[1:]) != (1, 1)
