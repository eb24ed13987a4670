"""The network as data for drawing: nodes and edges, read from the loaded network."""

from __future__ import annotations

from ..questions import Graph, Node
from .architecture import INPUT, GoogLeNet, HeadPool, Step
from .cost import Cost, costs
from .same_padding import same_margins
from .variants import BRANCHES, MODULES, Variant

AUXILIARY = ("aux1", "aux2")


def graph(net: GoogLeNet, height: int, width: int) -> Graph:
    """Return the units of ``net`` and what feeds what, in the order of computation.

    The first node is ``"input"``: what conv1 receives. Units of the stem and of the
    main classifier have no group.

    Parameters
    ----------
    net
        The network whose units these are. Use the unfolded one: folding moves batch
        norm's parameters into biases.
    height, width
        Of the input, in pixels.

    Raises
    ------
    ValueError
        If the input is too small for the network.
    """
    cost = costs(net, height, width)
    start = Step(INPUT, (), "input", None)
    nodes = tuple(_node(step, cost, net.variant) for step in (start, *net.steps))
    edges = tuple((source, step.name) for step in net.steps for source in step.inputs)
    return Graph(nodes, edges, (3, height, width))


def group_of(name: str) -> str:
    """Return the Inception module or auxiliary head of a unit, or ``""``."""
    group = name.split("/")[0]
    return group if group in (*MODULES, *AUXILIARY) else ""


def branch_of(name: str) -> str:
    """Return the branch of a unit within an Inception module, or ``""``."""
    group, _, unit = name.partition("/")
    branch = unit.split("_")[0]
    return branch if group in MODULES and branch in BRANCHES else ""


def _node(step: Step, known: dict[str, Cost], variant: Variant) -> Node:
    cost = known[step.name]
    return Node(
        name=step.name,
        kind=step.kind,
        group=group_of(step.name),
        branch=branch_of(step.name),
        shape=cost.shape,
        kernel=cost.kernel,
        stride=cost.stride,
        parameters=cost.parameters,
        multiply_adds=cost.multiply_adds,
        field=cost.field,
        note=_note(step, known, variant),
    )


def _note(step: Step, known: dict[str, Cost], variant: Variant) -> str:
    """Return a sentence where a unit is not what its name or the paper says."""
    if isinstance(step.module, HeadPool):
        return _head_pool_note(step.module, known[step.inputs[0]])
    kernel = known[step.name].kernel
    if branch_of(step.name) == "5x5" and step.name.endswith("/5x5") and kernel != 5:
        return (
            f"The paper's 5x5 branch, but the kernel here is really {kernel}x{kernel}: the "
            f"{variant.name} weights were trained with that (pytorch/vision#906)."
        )
    if step.kind == "max_pool" and kernel != 3:
        return f"The window is {kernel}x{kernel} here; the paper's is 3x3."
    if variant.padding == "tensorflow" and known[step.name].stride > 1:
        return _padding_note(known[step.name], known[step.inputs[0]])
    return ""


def _padding_note(unit: Cost, source: Cost) -> str:
    _, height, width = source.shape
    rows = same_margins(height, unit.kernel, unit.stride)
    columns = same_margins(width, unit.kernel, unit.stride)
    sides = f"{rows[0]} above, {rows[1]} below, {columns[0]} left and {columns[1]} right"
    return f"TensorFlow's padding, which depends on the input's size: here {sides}."


def _head_pool_note(pool: HeadPool, source: Cost) -> str:
    _, height, width = source.shape
    if not pool.is_adaptive(height, width):
        return "The paper's window: average over 5x5 with stride 3."
    if pool.rule == "adaptive":
        return "An adaptive average pool to 4x4, in place of the paper's 5x5 with stride 3."
    return (
        "An adaptive average pool to 4x4: at this input size the paper's 5x5 with stride 3 "
        "would not give 4x4."
    )
