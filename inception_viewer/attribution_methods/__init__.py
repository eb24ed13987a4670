"""What the attribution methods are, as data: forms, questions and help are made from it.

The computing functions are in ``analysis/attribution``, one file per idea; a method's
``function`` names its own, so that the window can list methods without importing torch.
A new method is one :class:`Method` in a file here and one function there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..errors import QuestionError
from ..questions import Graph
from . import gradients, layers, neurons, noise, paths, perturbations, rules
from .description import Cost, Group, Method, Parameter, Settings, Value
from .parameters import MAX_STEPS, doublings

__all__ = [
    "DEFAULT_UNIT",
    "MAX_STEPS",
    "METHODS",
    "Cost",
    "Group",
    "Method",
    "Parameter",
    "Settings",
    "Value",
    "doublings",
    "method",
    "names",
    "units_before",
]

_FAMILIES = (gradients, noise, paths, rules, perturbations, layers, neurons)

METHODS: Mapping[str, Method] = MappingProxyType(
    {one.name: one for family in _FAMILIES for one in family.METHODS}
)
"""All methods by name, in the order that menus show them."""


def names() -> tuple[str, ...]:
    """Return the methods' names, in the order that menus show them."""
    return tuple(METHODS)


def method(name: str) -> Method:
    """Return the method of that name.

    Raises
    ------
    QuestionError
        If there is none.
    """
    if name not in METHODS:
        raise QuestionError(f"There is no method “{name}”; there are {', '.join(METHODS)}.")
    return METHODS[name]


DEFAULT_UNIT = MappingProxyType(
    {"aux1": "inception4a", "aux2": "inception4d", "main": "inception5b"}
)
"""The unit that layer methods take for each head: the last with a map before it."""


def units_before(graph: Graph, head: str) -> tuple[str, ...]:
    """Return the units that a layer method can be asked for, in the order of computation.

    They have a map and lie on the way from the photo to that head's logits; there are none
    if the network lacks the head.
    """
    sources: dict[str, list[str]] = {node.name: [] for node in graph.nodes}
    for source, reader in graph.edges:
        sources.setdefault(reader, []).append(source)
    found: set[str] = set()
    waiting = list(sources.get("fc" if head == "main" else f"{head}/fc2", []))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += sources.get(name, [])
    return tuple(
        node.name
        for node in graph.nodes
        if node.name in found and node.kind != "input" and node.shape[1:] != (1, 1)
    )
