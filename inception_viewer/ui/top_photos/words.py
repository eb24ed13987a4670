"""What is said of an index and of a channel's top photos."""

from __future__ import annotations

from pathlib import Path

from ...index_questions import IndexInfo, TopPhoto, TopPhotosAnswer
from ...questions import Graph, Node
from ..inspector.facts import KINDS
from .tile_paint import figure

NONE = (
    "Which photos excite this channel most? Index a folder of photos once, and every channel's"
    " top photos are known."
)
LOOKING = "Looking for an index\N{HORIZONTAL ELLIPSIS}"
FIRST = "The first photos show here once they have been looked at."
WHOLE = (
    "The receptive field covers the whole picture here: the tiles are the whole pictures, and"
    " the small square is the position."
)
LARGE = (
    "The receptive field is larger than the picture here: the tiles are what of the picture it"
    " covers."
)
OTHER_INPUT = (
    "This index was made with another input than the one in use: the activations are those of"
    " its input."
)

TOUCHED = "What is done to units is left out here: these are the network's own activations."

PASSING = ("max_pool", "avg_pool", "lrn", "concat")
"""Kinds of units whose channels are those of what they are made from, one by one."""


def name_of(info: IndexInfo) -> str:
    """Return what an index is called: its folder's name."""
    return Path(info.folder).name or info.folder


def entry(info: IndexInfo) -> str:
    """Return an index's line in the chooser."""
    return f"{name_of(info)}: {_amount(info)}"


def _amount(info: IndexInfo) -> str:
    if info.complete:
        return f"{info.photos:,} {_photos(info.photos)}"
    return f"{info.photos:,} of {info.found:,} photos"


def _photos(count: int) -> str:
    return "photo" if count == 1 else "photos"


def about(answer: TopPhotosAnswer) -> str:
    """Return which photos these are the top ones of."""
    info, count = answer.info, len(answer.photos)
    among = f"{_amount(info)} in “{name_of(info)}”"
    if not count:
        return f"None of the {among} excites this channel."
    if count < info.most and info.photos > count:
        return f"Only {count} of the {among} {'excites' if count == 1 else 'excite'} this channel."
    unread = f"; {info.unreadable:,} could not be read" if info.unreadable else ""
    return f"The strongest {f'{count} ' if count > 1 else ''}of {among}{unread}."


def stopped(info: IndexInfo) -> str:
    """Return that an index is not finished."""
    left = info.found - info.photos - info.unreadable
    return f"Stopped with {left:,} {_photos(left)} to go."


def building(text: str) -> str:
    """Return how far an indexing is."""
    return f"Being indexed: {text}." if text else "Being indexed."


def photo(one: TopPhoto, place: int, count: int) -> str:
    """Return what is read aloud of a tile."""
    said = f"{place + 1} of {count}: {Path(one.path).name}, activation {figure(one.activation)}"
    row, column = one.position
    return f"{said} at row {row}, column {column}" + (f"; {one.problem}" if one.problem else "")


def note(answer: TopPhotosAnswer, node: Node | None) -> str:
    """Return what is special about these tiles, or ``""``."""
    shown = [one for one in answer.photos if one.picture is not None]
    if not shown:
        return ""
    if all(_whole(one) for one in shown):
        return WHOLE
    extent = max(max(one.picture.shape[:2]) for one in shown if one.picture is not None)
    large = node is not None and (node.field.stride == 0 or node.field.size >= extent)
    return LARGE if large else ""


def _whole(one: TopPhoto) -> bool:
    assert one.picture is not None
    height, width = one.picture.shape[:2]
    return one.box == (0, 0, width, height)


def instead(node: Node, channel: int, graph: Graph) -> tuple[str, tuple[str, int] | None]:
    """Return what to choose in the place of a channel that has no top photos.

    Returns
    -------
    sentence, channel
        The latter is (unit, index) of a convolution's; None where there is none.
    """
    kind = KINDS.get(node.kind, node.kind)
    said = f"Top photos are those of convolutions; {node.name} is a {kind}."
    if node.kind == "input":
        said = "Top photos are those of convolutions; this is the input."
    made_from = _source(node.name, channel, graph)
    if made_from is not None:
        return f"{said} This channel is made from the one below.", made_from
    unit = _convolution(node.name, graph)
    return (f"{said} Choose {unit}.", (unit, 0)) if unit else (said, None)


def _source(unit: str, channel: int, graph: Graph) -> tuple[str, int] | None:
    """Return the convolution's channel that pools and concatenations made this one from."""
    nodes = {node.name: node for node in graph.nodes}
    while nodes[unit].kind != "conv":
        before = [a for a, b in graph.edges if b == unit]
        if nodes[unit].kind not in PASSING or not before:
            return None
        for unit in before:
            if channel < nodes[unit].shape[0]:
                break
            channel -= nodes[unit].shape[0]
    return unit, channel


def _convolution(name: str, graph: Graph) -> str:
    """Return the nearest convolution that a unit is made from, else one made from it."""
    kinds = {node.name: node.kind for node in graph.nodes}
    for into, out_of in ((1, 0), (0, 1)):
        reached, seen = [name], {name}
        while reached:
            here = reached.pop(0)
            if kinds.get(here) == "conv":
                return here
            nearer = [edge[out_of] for edge in graph.edges if edge[into] == here]
            reached += [one for one in nearer if one not in seen]
            seen.update(nearer)
    return ""
