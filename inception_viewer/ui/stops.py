"""The order in which one steps through a network."""

from __future__ import annotations

from ..questions import Graph, Node

WITHOUT_MAP = ("input", "dense", "classifier")


def units(graph: Graph) -> list[str]:
    """Return every unit with a map, in the order of computation."""
    return [node.name for node in graph.nodes if _has_map(node)]


def stops(graph: Graph) -> list[str]:
    """Return the modules as wholes, and the units outside them, in order."""
    inside = {node.group for node in graph.nodes if node.kind == "concat"}
    return [
        node.name
        for node in graph.nodes
        if _has_map(node) and (node.kind == "concat" or node.group not in inside)
    ]


def neighbour(names: list[str], current: str, by: int) -> str:
    """Return the name ``by`` places on, around the ends.

    A unit within a module that is no stop itself counts as its module.
    """
    if current not in names:
        current = current.split("/")[0]
    place = names.index(current) if current in names else (-1 if by > 0 else 0)
    return names[(place + by) % len(names)]


def _has_map(node: Node) -> bool:
    return node.kind not in WITHOUT_MAP and node.shape[1:] != (1, 1)
