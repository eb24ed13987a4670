"""What is written on, beside and about a unit, and from which zoom on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from ...questions import Graph, HeadState, Node, OverviewAnswer
from ..head_words import WORDS
from .layout import modules_of

SHAPE_FROM, KERNEL_FROM, COSTS_FROM = 0.7, 1.0, 1.35
"""Effective zoom (scale over text size) from which shape, kernel and costs are written."""

KINDS = {
    "input": "what conv1 receives",
    "conv": "convolution, then ReLU",
    "max_pool": "max pool",
    "lrn": "local response normalisation",
    "concat": "Inception module: its branches' outputs, concatenated",
    "avg_pool": "average pool",
    "dense": "fully connected, then ReLU",
    "classifier": "classifier: one logit per class",
}
HEAD_WORDS: Mapping[HeadState, str] = {
    state: words for state, words in WORDS.items() if state not in ("trained", "absent")
}


@dataclass(frozen=True)
class Facts:
    """A graph prepared for writing about it: nodes by name, inputs, totals of modules."""

    graph: Graph
    nodes: Mapping[str, Node] = field(init=False)
    channels_in: Mapping[str, int] = field(init=False)
    totals: Mapping[str, tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        nodes = {node.name: node for node in self.graph.nodes}
        read = {target: nodes[source].shape[0] for source, target in self.graph.edges}
        totals = {}
        for module in modules_of(self.graph):
            units = [node for node in self.graph.nodes if node.group == module]
            totals[module] = (
                sum(node.parameters for node in units),
                sum(node.multiply_adds for node in units),
            )
        for name, value in (("nodes", nodes), ("channels_in", read), ("totals", totals)):
            object.__setattr__(self, name, value)

    def costs(self, name: str) -> tuple[int, int]:
        """Return parameters and multiply-adds; of a module those of all its units."""
        node = self.nodes[name]
        return self.totals.get(name, (node.parameters, node.multiply_adds))

    def head(self, node: Node) -> str:
        """Return the head that a unit belongs to, or ``""``."""
        if node.kind == "classifier" and not node.group:
            return "main"
        return "" if node.group in self.totals else node.group


def level_of_detail(scale: float, text_scale: float = 1.0) -> int:
    """Return 0 (blocks), 1 (and shapes), 2 (and kernels) or 3 (and costs)."""
    effective = scale / text_scale
    return sum(effective >= least for least in (SHAPE_FROM, KERNEL_FROM, COSTS_FROM))


def count(number: int) -> str:
    """Return a count with three figures: ``"999"``, ``"12.3 K"``, ``"128 M"``, ``"1.58 G"``."""
    value = float(number)
    for unit in ("", " K", " M", " G"):
        if value < 999.5 or unit == " G":
            digits = 0 if not unit or value >= 99.95 else 1 if value >= 9.995 else 2
            return f"{value:.{digits}f}{unit}"
        value /= 1000
    raise AssertionError("unreachable")


def per_cent(share: float) -> str:
    """Return a share in [0, 1] as ``"42 %"``; ``"<1 %"`` where it is small but not nothing."""
    if 0 < share < 0.005:
        return "<1 %"
    return f"{100 * share:.0f} %"


def shape(node: Node) -> str:
    """Return ``"192 × 28 × 28"``, or ``"1024 values"`` where there is no map."""
    channels, height, width = node.shape
    if node.kind == "classifier":
        return f"{channels} classes"
    if (height, width) == (1, 1):
        return f"{channels} values"
    return f"{channels} × {height} × {width}"


def labels(node: Node) -> tuple[str, ...]:
    """Return the unit's name for a box, from the longest to the shortest."""
    group, _, unit = node.name.partition("/")
    if node.kind == "concat":
        short = group.removeprefix("inception")
        return f"Inception {short}", short
    if node.name == "avgpool":
        return "global average pool", "avgpool"
    if not node.branch:
        stem = () if node.group else (node.name.replace("/", " "),)
        return (*stem, unit or group)
    if node.kind == "max_pool":
        return "max pool", unit
    if unit == node.branch == "5x5" and node.kernel != 5:
        return f"5x5: really {node.kernel}x{node.kernel}", f"5x5 ({node.kernel}x{node.kernel})"
    return unit.replace("_", " "), unit.split("_")[-1]


def window(node: Node, channels_in: int) -> str:
    """Return ``"3×3, 96 → 128"`` for a convolution, ``"3×3, stride 2"`` for a pool."""
    if not node.kernel:
        return f"{channels_in} → {node.shape[0]}" if node.parameters else ""
    words = [f"{node.kernel}×{node.kernel}"]
    if node.stride > 1:
        words.append(f"stride {node.stride}")
    if node.kind == "conv":
        words.append(f"{channels_in} → {node.shape[0]}")
    return ", ".join(words)


def details(facts: Facts, name: str, level: int) -> tuple[str, ...]:
    """Return the lines written on a unit's box at a level of detail, the name left out."""
    node = facts.nodes[name]
    lines = [shape(node)] if level >= 1 else []
    if level >= 2:
        lines.append(window(node, facts.channels_in.get(name, 0)))
    parameters, multiply_adds = facts.costs(name)
    if level >= 3 and parameters:
        lines += [f"{count(parameters)} parameters", f"{count(multiply_adds)} multiply-adds"]
    return tuple(line for line in lines if line)


def _sees(node: Node) -> str:
    field_ = node.field
    if field_.stride == 0:
        return "the whole input"
    return f"{field_.size} × {field_.size} input pixels, every {field_.stride}"


def rows(facts: Facts, name: str) -> list[tuple[str, str]]:
    """Return all that is known of a unit as (label, value) pairs."""
    node = facts.nodes[name]
    parameters, multiply_adds = facts.costs(name)
    made = [("output", shape(node))]
    if words := window(node, facts.channels_in.get(name, 0)):
        made.append(("window" if node.kernel else "features", words))
    if parameters:
        made.append(("parameters", count(parameters)))
        made.append(("multiply-adds", count(multiply_adds)))
    return [*made, ("sees", _sees(node))]


def kind(node: Node) -> str:
    """Return what a unit is, in words."""
    if node.name == "avgpool":
        return "global average pool: one value per channel, in place of large dense layers"
    if node.name.endswith("_reduce") or (node.branch and node.name.endswith("_proj")):
        return "1×1 convolution that reduces the channels, then ReLU"
    return KINDS.get(node.kind, node.kind)


def state_of(facts: Facts, name: str, heads: Mapping[str, HeadState]) -> str:
    """Return the word for the head that a unit belongs to ("untrained"), or ``""``."""
    head = facts.head(facts.nodes[name])
    return HEAD_WORDS.get(heads[head], "") if head in heads else ""


def verdict(facts: Facts, name: str, overview: OverviewAnswer | None) -> tuple[str, float] | None:
    """Return a classifier's top class and its probability for the photo, if there is one."""
    head = facts.head(facts.nodes[name])
    if overview is None or facts.nodes[name].kind != "classifier":
        return None
    if head not in overview.predictions.probabilities:
        return None
    _, word, probability = overview.predictions.top(head, 1)[0]
    return word, probability


def tooltip(
    facts: Facts, name: str, overview: OverviewAnswer | None, heads: Mapping[str, HeadState]
) -> str:
    """Return the rich text shown while the pointer rests on a unit."""
    node = facts.nodes[name]
    word = state_of(facts, name, heads)
    head = f"<b>{escape(name)}</b>{f' ({word})' if word else ''}<br>{escape(kind(node))}"
    cells = "".join(
        f"<tr><td>{escape(label)}&nbsp;&nbsp;</td><td>{escape(value)}</td></tr>"
        for label, value in rows(facts, name) + _measured(facts, name, overview, heads)
    )
    note = f"<p>{escape(node.note)}</p>" if node.note else ""
    return f"{head}<table>{cells}</table>{note}"


def _measured(
    facts: Facts, name: str, overview: OverviewAnswer | None, heads: Mapping[str, HeadState]
) -> list[tuple[str, str]]:
    if overview is None:
        return []
    made = []
    if name in overview.thumbnails and overview.thumbnails[name].size > 1:
        top = float(overview.thumbnails[name].max())
        made.append(("picture", f"mean of its channels, 0 to its own maximum {top:.3g}"))
    for branch, share in overview.shares.get(name, {}).items():
        made.append((f"{branch} branch", f"{per_cent(share)} of the module's activation"))
    answer = verdict(facts, name, overview)
    if answer and heads.get(facts.head(facts.nodes[name])) != "untrained":
        made.append(("top class", f"{answer[0]}, {per_cent(answer[1])}"))
    return made


def spoken(
    facts: Facts,
    name: str,
    overview: OverviewAnswer | None,
    heads: Mapping[str, HeadState],
    opened: bool | None,
) -> str:
    """Return one sentence about a unit for a screen reader; ``opened`` None: no module."""
    node = facts.nodes[name]
    words = [name, kind(node), *(f"{label} {value}" for label, value in rows(facts, name))]
    words += [f"{label} {value}" for label, value in _measured(facts, name, overview, heads)]
    if opened is not None:
        words.append("open" if opened else "closed")
    words += [word for word in (state_of(facts, name, heads), node.note) if word]
    return ", ".join(words).rstrip(".") + "."
