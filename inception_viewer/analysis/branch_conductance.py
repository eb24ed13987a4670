"""How the rise of a logit from a black picture divides among the branches of each module.

Layer conductance (Dhamdhere, Sundararajan, Yan, 2018, arXiv:1805.12233) of all branches at
once: one gradient and one rate of change serve every module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from inception_viewer.googlenet.architecture import INPUT, LOGITS, GoogLeNet
from inception_viewer.googlenet.variants import BRANCHES
from inception_viewer.intervention_questions import Table

from .attribution.layer_paths import Way
from .attribution.rates import moving
from .attribution.score import logit

STEPS = 50
"""Points of the way."""
CONTRARY = 0.1
"""The share of a module's sum of magnitudes from which a branch's sign is taken at its word."""
APART = 2
"""How many places of four the two orders must differ by."""


def branch_conductance(
    net: GoogLeNet,
    start: Tensor,
    end: Tensor,
    head: str,
    target: int,
    tell: Callable[[float], None] = lambda fraction: None,
    steps: int = STEPS,
) -> Table:
    """Return each branch's conductance, by module.

    A module's branches add up to what the logit gains from black to the photo, within the
    error of the sum over ``steps`` points; that error is the same for all modules.

    Parameters
    ----------
    net
        In evaluation mode.
    start, end
        What conv1 receives for black and for the photo, (3, H, W).
    head, target
        Whose logit.
    tell
        Told the share that is done after every batch; raises to cancel.
    """
    score = logit(net, head, target)
    way = Way(net, score, start, end)
    modules = [step.name for step, _ in net.plan({INPUT}, [LOGITS[head]]) if step.kind == "concat"]
    sums: dict[str, Tensor] = {}
    for stretch in way.stretches(steps):
        points = way.at(stretch.points)
        rates = moving(net, points, (way.end - way.start)[None], modules)
        gradients = _gradients(net, points, modules, way)
        for module in modules:
            flow = (gradients[module] * rates[module].rate).double().sum((2, 3))
            flow = (flow * stretch.weights.to(flow)[:, None]).sum(0)
            sums[module] = sums[module] + flow if module in sums else flow
        tell(stretch.share)
    return {module: _divided(net, module, sums[module]) for module in modules}


def _gradients(
    net: GoogLeNet, points: Tensor, modules: list[str], way: Way
) -> Mapping[str, Tensor]:
    """Return the score's gradient (N, C, h, w) at each module's output."""
    leaf = points.detach().requires_grad_()
    with torch.enable_grad():
        values = net.run({INPUT: leaf}, [*modules, way.score.unit])
        scores = way.score.read(values[way.score.unit])
    found = torch.autograd.grad(
        scores, [values[module] for module in modules], torch.ones_like(scores)
    )
    return dict(zip(modules, found, strict=True))


def _divided(net: GoogLeNet, module: str, by_channel: Tensor) -> dict[str, float]:
    table = dict(net.variant.table)[module]
    sizes = [table.one, table.three, table.five, table.pool_proj]
    parts = torch.split(by_channel, sizes)
    return {branch: float(part.sum()) for branch, part in zip(BRANCHES, parts, strict=True)}


def disagreements(drops: Table, conductance: Table) -> tuple[str, ...]:
    """Say of which branches the two tell different stories.

    That is: they have different signs, both of them large in their module; or the branch's
    rank among the module's four differs by two places or more.
    """
    found = []
    for module, row in conductance.items():
        lost = {branch: drops[module][branch] for branch in row}
        for branch in row:
            what = _contradiction(branch, lost, dict(row))
            if what:
                found.append(f"{module}, {branch}: {what}.")
    return tuple(found)


def _contradiction(branch: str, lost: dict[str, float], flows: dict[str, float]) -> str:
    drop, flow = lost[branch], flows[branch]
    if drop * flow < 0 and _large(branch, lost) and _large(branch, flows):
        speaks = "for" if flow > 0 else "against"
        moves = "rises" if drop < 0 else "falls"
        return f"by conductance it speaks {speaks} the class, but without it the logit {moves}"
    ranks = [sorted(table, key=lambda name: -table[name]).index(branch) for table in (lost, flows)]
    if abs(ranks[0] - ranks[1]) >= APART and _large(branch, flows):
        return (
            f"number {ranks[0] + 1} of 4 by what the class loses without it, "
            f"number {ranks[1] + 1} by conductance"
        )
    return ""


def _large(branch: str, table: dict[str, float]) -> bool:
    return abs(table[branch]) >= CONTRARY * sum(abs(value) for value in table.values())
