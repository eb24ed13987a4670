"""Getting about by keys and by name: which box comes next, which units match."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

from ...questions import Graph
from .layout import Layout


def find(graph: Graph, words: str) -> tuple[str, ...]:
    """Return the units whose name contains ``words``, whatever the case, in order.

    ``"4c/5x5"`` finds ``inception4c/5x5_reduce`` and ``inception4c/5x5``; a unit whose
    name ends in the words comes before the others. Nothing matches blank words.
    """
    wanted = words.strip().lower()
    if not wanted:
        return ()
    hits = [node.name for node in graph.nodes if wanted in node.name.lower()]
    return tuple(sorted(hits, key=lambda name: not name.lower().endswith(wanted)))


def step(layout: Layout, at: str, direction: str) -> str:
    """Return the box next to ``at`` to the ``"left"``, ``"right"``, ``"up"`` or ``"down"``.

    Left and right follow what feeds what, and of several the one nearest in height; up
    and down go to the nearest box above or below. ``at`` itself if there is none.
    """
    if direction in ("left", "right"):
        return _along(layout, at, forward=direction == "right")
    return _across(layout, at, 1 if direction == "down" else -1)


def _along(layout: Layout, at: str, *, forward: bool) -> str:
    best, nearest = at, float("inf")
    for ribbon in layout.ribbons:
        here, there = ribbon.source, ribbon.target
        ends = (ribbon.start, ribbon.end)
        if not forward:
            here, there, ends = there, here, ends[::-1]
        # A ribbon that falls to a head is followed downwards, not to the right.
        distance = abs(ends[1][1] - ends[0][1]) + (1e6 if ribbon.falls and forward else 0.0)
        if here == at and distance < nearest:
            best, nearest = there, distance
    return best


def _across(layout: Layout, at: str, sign: int) -> str:
    hanging = [ribbon.target for ribbon in layout.ribbons if ribbon.falls and ribbon.source == at]
    if hanging and sign > 0:
        return hanging[0]
    box = layout.boxes[at]
    best, nearest = at, float("inf")
    for name, other in layout.boxes.items():
        below = sign * (other.centre[1] - box.centre[1])
        aside = abs(other.centre[0] - box.centre[0])
        if below > 1 and below + 2 * aside < nearest:
            best, nearest = name, below + 2 * aside
    return best


def path(layout: Layout, through: str) -> frozenset[tuple[str, str]]:
    """Return the ribbons, as (source, target), that lead to the box and on from it."""
    if not through:
        return frozenset()
    forward, backward = defaultdict(list), defaultdict(list)
    for ribbon in layout.ribbons:
        forward[ribbon.source].append(ribbon.target)
        backward[ribbon.target].append(ribbon.source)
    before, after = _reached(through, backward), _reached(through, forward)
    return frozenset(
        (ribbon.source, ribbon.target)
        for ribbon in layout.ribbons
        if ribbon.target in before or ribbon.source in after
    )


def _reached(start: str, following: dict[str, list[str]]) -> set[str]:
    seen, waiting = {start}, deque([start])
    while waiting:
        for name in following[waiting.popleft()]:
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


def at(layout: Layout, x: float, y: float) -> str:
    """Return the unit at a world position, an open module for its frame, or ``""``."""
    for name, box in layout.boxes.items():
        if box.x <= x < box.right and box.y <= y < box.bottom:
            return name
    return _frame_at(layout, layout.modules, x, y)


def _frame_at(layout: Layout, groups: Iterable[str], x: float, y: float) -> str:
    for group in groups:
        box = layout.frames.get(group)
        if box and box.x <= x < box.right and box.y <= y < box.bottom:
            return group
    return ""
