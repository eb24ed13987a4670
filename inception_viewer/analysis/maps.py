"""The feature maps of a module's four branches, or of one unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from inception_viewer.errors import QuestionError
from inception_viewer.googlenet.variants import BRANCH_OUTPUT, BRANCHES, MODULES
from inception_viewer.questions import (
    Floats,
    Graph,
    MapGroup,
    Maps,
    MapsAnswer,
    Node,
    Provenance,
    Scene,
    frozen_array,
)

from .trace import Trace

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

NO_MAP = {
    "dense": "A dense layer has no map: each of its features sees the whole photo.",
    "classifier": "The logits have no map: see them in the predictions.",
    "avg_pool": "Averaged over the whole photo: one value a channel, so there is no map.",
}


def answer(question: Maps, lab: Lab, progress: Progress) -> MapsAnswer:
    """Answer a :class:`Maps` question from the scene's trace."""
    trace = lab.trace(question.scene, progress.lane)
    return maps_of(trace, question.scene, question.unit, lab)


def maps_of(trace: Trace, scene: Scene, unit: str, lab: Lab) -> MapsAnswer:
    """Return the maps of a unit of a trace.

    For an Inception module (``"inception3a"``) these are its four branches' outputs in
    the order of the concatenation; for any other unit its own.

    Raises
    ------
    QuestionError
        If the network has no such unit.
    """
    made = scene.preprocessing
    network = lab.graph(scene.checkpoint, made.height, made.width)
    node = _node(network, unit, lab.info(scene.checkpoint).name)
    names = branch_outputs(unit) if unit in MODULES else (unit,)
    shown = node.kind not in ("dense", "classifier") and trace[unit].shape[1:] != (1, 1)
    return MapsAnswer(
        unit=unit,
        scene=scene,
        groups=tuple(_group(trace, network.node(name)) for name in names) if shown else (),
        provenance=provenance(trace, scene),
        note=node.note if shown else NO_MAP.get(node.kind, "This unit has no map."),
        filters=first_filters(lab, scene.checkpoint, scene.preprocessing.channels)
        if unit == "conv1"
        else None,
    )


def branch_outputs(module: str) -> tuple[str, ...]:
    """Return the units that are a module's branch outputs, in branch order."""
    return tuple(f"{module}/{BRANCH_OUTPUT[branch]}" for branch in BRANCHES)


def provenance(trace: Trace, scene: Scene) -> Provenance:
    """Return what a reader needs to trust an answer drawn from a trace."""
    return Provenance(trace.fingerprint, scene.preprocessing, trace.seconds, trace.device)


def _node(network: Graph, unit: str, checkpoint: str) -> Node:
    try:
        return network.node(unit)
    except KeyError:
        raise QuestionError(f"“{checkpoint}” has no unit “{unit}”.") from None


def _group(trace: Trace, node: Node) -> MapGroup:
    values = trace.tensor(node.name)
    # One pass each over the network's own layout is several times faster than numpy here.
    flat = values.flatten(1)
    maps = np.array(values.cpu().numpy(), order="C")
    return MapGroup(
        unit=node.name,
        branch=node.branch,
        maps=frozen_array(maps),
        maximum=frozen_array(flat.amax(1).cpu().numpy()),
        mean=frozen_array(flat.mean(1).cpu().numpy()),
        active=frozen_array((flat > 0).float().mean(1).cpu().numpy()),
        note=node.note,
    )


def first_filters(lab: Lab, checkpoint: str, order: str) -> Floats:
    """Return conv1's kernels (channels, height, width, 3) as stored, in RGB order.

    Parameters
    ----------
    lab
        Where the network is open.
    checkpoint
        Its fingerprint.
    order
        ``"RGB"`` or ``"BGR"``: what the network takes.
    """
    weight = lab.truth(checkpoint).state["conv1.conv.weight"]
    if order == "BGR":
        weight = weight.flip(1)
    filters: Floats = np.array(weight.permute(0, 2, 3, 1).numpy(), order="C")
    frozen_array(filters)
    return filters
