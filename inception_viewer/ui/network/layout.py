"""Where everything of the network stands, left to right; numbers only, no Qt.

Lengths are world units: logical pixels at zoom 1. The trunk (stem, Inception modules,
classifier) runs along y = 0 in the order of computation. An open module is a frame of
four rows in branch order that ends in a tall box, its concatenation; a closed one is a
single box of that same name. Auxiliary heads hang below the unit that they read.

A ribbon is as thick as the channels that flow through it, so that the 1x1 reductions
of the paper (section 4) can be seen: thick in, thin after the reduction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from ...questions import Graph, Node

GAP = 17.0
"""Between neighbours on the trunk."""
WIDTHS = {
    "input": 76.0,
    "conv": 90.0,
    "max_pool": 78.0,
    "lrn": 78.0,
    "concat": 84.0,
    "avg_pool": 124.0,
    "classifier": 96.0,
}
REDUCE_WIDTH = 104.0
"""The stem's reduction has a long name."""
TRUNK_HEIGHT = 168.0
UNIT_WIDTH, UNIT_HEIGHT, ROW = 88.0, 64.0, 76.0
"""A unit of a branch, and the distance from one branch to the next."""
UNIT_GAP = 26.0
HEADER, PAD, INSET = 44.0, 12.0, 4.0
"""Of an open module: its title's height, the room around its rows, and above its output."""
ENTRY = 44.0
"""From an open module's left edge to its first units: here its input fans out."""
CONCAT_WIDTH = 116.0
HEAD_WIDTHS = {"avg_pool": 76.0, "conv": 76.0, "dense": 58.0, "classifier": 88.0}
HEAD_HEIGHT = 108.0
HEAD_GAP, HEAD_HEADER, HEAD_PAD = 10.0, 44.0, 8.0
FALL = 14.0
"""Between the trunk and a head that hangs below it."""
CHANNEL = 0.03
"""Thickness of a ribbon per channel."""
THINNEST = 1.5
CORNER = 14.0
"""How far from its right end a box lets a head's ribbon fall."""


@dataclass(frozen=True)
class Box:
    """A rectangle in world units; y grows downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The middle (x, y)."""
        return self.x + self.width / 2, self.y + self.height / 2

    def overlaps(self, other: Box) -> bool:
        """Whether the two share any area."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def contains(self, other: Box) -> bool:
        """Whether ``other`` lies within this box."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.right <= self.right
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True)
class Ribbon:
    """What flows from one box to another.

    ``branch`` is the branch it belongs to, or ``""``; ``falls`` says that it leaves
    ``start`` downwards (to a head) instead of to the right.
    """

    source: str
    target: str
    branch: str
    start: tuple[float, float]
    end: tuple[float, float]
    width: float
    falls: bool = False


@dataclass(frozen=True)
class Layout:
    """The boxes on show by unit name, frames by group, ribbons, and what bounds all.

    A closed module's box bears the name of its concatenation; its other units have
    no box, and :meth:`shown` names the box that stands for them.
    """

    boxes: Mapping[str, Box]
    frames: Mapping[str, Box]
    ribbons: tuple[Ribbon, ...]
    bounds: Box
    modules: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)

    def shown(self, unit: str) -> str:
        """Return the box that shows ``unit``: its own, or its closed module's; "" if none."""
        if unit in self.boxes:
            return unit
        group = self.groups.get(unit, "")
        return group if group in self.boxes else ""


def ribbon_width(channels: int) -> float:
    """Return the thickness of a ribbon that carries ``channels`` channels."""
    return max(THINNEST, channels * CHANNEL)


def modules_of(graph: Graph) -> tuple[str, ...]:
    """Return the names of the Inception modules: groups that end in a concatenation."""
    return tuple(node.name for node in graph.nodes if node.kind == "concat" and node.group)


def without(graph: Graph, groups: Collection[str]) -> Graph:
    """Return the graph without the units of ``groups`` (heads that are absent)."""
    nodes = tuple(node for node in graph.nodes if node.group not in groups)
    names = {node.name for node in nodes}
    edges = tuple(edge for edge in graph.edges if names.issuperset(edge))
    return Graph(nodes, edges, graph.input_shape)


def arrange(graph: Graph, opened: Collection[str] = ()) -> Layout:
    """Lay out a graph with the modules named in ``opened`` open.

    Left to right follows every edge: where one unit feeds another, its box ends
    before the other's begins. No two boxes overlap.
    """
    return _Arrangement(graph, frozenset(opened)).layout()


class _Arrangement:
    """One run of :func:`arrange`."""

    def __init__(self, graph: Graph, opened: frozenset[str]) -> None:
        self.graph, self.opened = graph, opened
        self.nodes = {node.name: node for node in graph.nodes}
        self.modules = modules_of(graph)
        self.groups = {node.name: node.group for node in graph.nodes if node.group}
        self.boxes: dict[str, Box] = {}
        self.frames: dict[str, Box] = {}
        self.on_trunk = [n.name for n in graph.nodes if not n.group or n.name in self.modules]

    def layout(self) -> Layout:
        x, gaps = 0.0, self._gaps()
        for name in self.on_trunk:
            x = self._place_on_trunk(self.nodes[name], x + gaps.get(name, GAP))
        right = float("-inf")
        for head in self._heads():
            right = self._place_head(head, right + GAP)
        # Computation order again: what steps through boxes or searches them relies on it.
        boxes = {name: self.boxes[name] for name in self.nodes if name in self.boxes}
        every = [*boxes.values(), *self.frames.values()]
        return Layout(
            boxes, self.frames, self._ribbons(), _bounds(every), self.modules, self.groups
        )

    def _place_on_trunk(self, node: Node, x: float) -> float:
        """Put a unit or module at ``x`` and return its right edge."""
        if node.name in self.modules and node.name in self.opened:
            return self._place_open(node.name, x)
        width = self._width(node.name)
        self.boxes[node.name] = Box(x, -TRUNK_HEIGHT / 2, width, TRUNK_HEIGHT)
        return x + width

    def _width(self, name: str) -> float:
        """Return how wide a unit or module of the trunk is."""
        if name in self.modules and name in self.opened:
            depth = max(len(row) for row in self._rows(name))
            return ENTRY + depth * (UNIT_WIDTH + UNIT_GAP) + CONCAT_WIDTH + PAD
        return REDUCE_WIDTH if name.endswith("reduce") else WIDTHS[self.nodes[name].kind]

    def _gaps(self) -> dict[str, float]:
        """Return the gap before each box of the trunk where it is not the usual one.

        Between the modules that two heads hang from there must be room for the first
        head, or the second head's ribbon would fall across it.
        """
        gaps = {}
        heads = self._heads()
        for head, following in pairwise(heads):
            first = self.on_trunk.index(self._trunk_anchor(head))
            last = self.on_trunk.index(self._trunk_anchor(following))
            between = self.on_trunk[first + 1 : last + 1]
            if not between:
                continue
            room = sum(self._width(name) + GAP for name in between) - 2 * CORNER - PAD
            lacking = max(0.0, self._head_width(head) - HEAD_PAD + GAP - room)
            gaps.update(dict.fromkeys(between, GAP + lacking / len(between)))
        return gaps

    def _place_open(self, module: str, x: float) -> float:
        rows = self._rows(module)
        depth = max(len(row) for row in rows)
        height = ROW * len(rows)
        pitch = UNIT_WIDTH + UNIT_GAP
        concat_x = x + ENTRY + depth * pitch
        for index, row in enumerate(rows):
            y = -height / 2 + index * ROW + (ROW - UNIT_HEIGHT) / 2
            for column, name in enumerate(row, start=depth - len(row)):
                self.boxes[name] = Box(x + ENTRY + column * pitch, y, UNIT_WIDTH, UNIT_HEIGHT)
        top = -height / 2 - HEADER
        self.boxes[module] = Box(concat_x, top + INSET, CONCAT_WIDTH, height + HEADER - INSET)
        right = concat_x + CONCAT_WIDTH + PAD
        self.frames[module] = Box(x, top, right - x, height + HEADER + PAD)
        return right

    def _rows(self, module: str) -> list[list[str]]:
        """Return a module's branches, each from its input to its output."""
        rows: dict[str, list[str]] = {}
        for node in self.graph.nodes:
            if node.group == module and node.name != module:
                rows.setdefault(node.branch, []).append(node.name)
        return list(rows.values())

    def _heads(self) -> list[str]:
        groups = dict.fromkeys(node.group for node in self.graph.nodes if node.group)
        return [group for group in groups if group not in self.modules]

    def _place_head(self, head: str, least_x: float) -> float:
        """Hang a head below what it reads, no further left than ``least_x``."""
        units = [node for node in self.graph.nodes if node.group == head]
        anchor = self._trunk_anchor(head)
        width = self._head_width(head)
        x = max(self._outline(anchor).right - HEAD_PAD, least_x)
        top = self._skyline(self._outline(anchor).x, x + width) + FALL
        self.frames[head] = Box(x, top, width, HEAD_HEADER + HEAD_HEIGHT + HEAD_PAD)
        at = x + HEAD_PAD
        for node in units:
            self.boxes[node.name] = Box(at, top + HEAD_HEADER, _unit_width(node), HEAD_HEIGHT)
            at += _unit_width(node) + HEAD_GAP
        return x + width

    def _head_width(self, head: str) -> float:
        widths = [_unit_width(node) for node in self.graph.nodes if node.group == head]
        return sum(widths) + HEAD_GAP * (len(widths) - 1) + 2 * HEAD_PAD

    def _trunk_anchor(self, head: str) -> str:
        """Return the box of the trunk that a head hangs from: what its first unit reads."""
        first = next(node.name for node in self.graph.nodes if node.group == head)
        source = next(source for source, target in self.graph.edges if target == first)
        return source if source in self.on_trunk else self.groups[source]

    def _outline(self, name: str) -> Box:
        """Return the frame of an open module, else the box."""
        return self.frames.get(name, self.boxes[name])

    def _skyline(self, left: float, right: float) -> float:
        outlines = (self._outline(name) for name in self.on_trunk)
        return max(box.bottom for box in outlines if box.x < right and left < box.right)

    def _ribbons(self) -> tuple[Ribbon, ...]:
        made: dict[tuple[str, str], Ribbon] = {}
        for source, target in self.graph.edges:
            shown = self._shown(source), self._shown(target)
            if shown[0] != shown[1] and shown not in made:
                made[shown] = self._ribbon(*shown)
        return tuple(made.values())

    def _shown(self, name: str) -> str:
        return name if name in self.boxes else self.groups[name]

    def _ribbon(self, source: str, target: str) -> Ribbon:
        start, end = self.boxes[source], self.boxes[target]
        width = ribbon_width(self.nodes[source].shape[0])
        if target not in self.on_trunk and source in self.on_trunk and not self._inside(target):
            fall = (start.right - CORNER, start.bottom)
            return Ribbon(source, target, "", fall, (end.x, end.centre[1]), width, falls=True)
        leaves = 0.0 if source in self.on_trunk else start.centre[1]
        # Into an open module's tall concatenation a branch runs straight along its row.
        arrives = leaves if target in self.frames else 0.0
        arrives = arrives if target in self.on_trunk else end.centre[1]
        branch = self.nodes[target].branch or self.nodes[source].branch
        return Ribbon(source, target, branch, (start.right, leaves), (end.x, arrives), width)

    def _inside(self, name: str) -> bool:
        """Whether a unit belongs to an Inception module."""
        return self.groups.get(name, "") in self.modules


def _unit_width(node: Node) -> float:
    return HEAD_WIDTHS[node.kind]


def _bounds(boxes: Iterable[Box]) -> Box:
    every = list(boxes)
    left, top = min(box.x for box in every), min(box.y for box in every)
    right, bottom = max(box.right for box in every), max(box.bottom for box in every)
    return Box(left, top, right - left, bottom - top)
