"""Which cells a choice makes of what is open; no Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ...attribution_methods import DEFAULT_UNIT, METHODS, Method, units_before
from ...lab_choice import Arrangement, Choice, Depth
from ...questions import Attribution, CheckpointInfo, Graph, Preprocessing, Scene

ARRANGEMENTS: Mapping[Arrangement, str] = MappingProxyType(
    {
        "methods": "Several methods",
        "photos": "Photos of the tray",
        "heads": "The three heads",
        "layers": "Down the layers",
    }
)
HEADS = ("aux1", "aux2", "main")
MOST_CELLS = 57
"""The most cells of an arrangement: the convolutions before the main head."""
ALONE = (
    "A channel is explained, and no head has a part in that: explain a class to compare the heads."
)


@dataclass(frozen=True)
class Place:
    """What is open.

    ``photos`` are the tray's (id, name) pairs; ``photo`` is the id of the one looked at;
    ``scenes`` are those of photos that are seen otherwise than as they are (painted over).
    """

    checkpoint: CheckpointInfo
    preprocessing: Preprocessing
    photo: str
    photos: tuple[tuple[str, str], ...]
    scenes: Mapping[str, Scene] = field(default_factory=dict)

    def scene(self, photo: str) -> Scene:
        """Return a photo in front of the network."""
        plain = Scene(self.checkpoint.fingerprint, photo, self.preprocessing)
        return self.scenes.get(photo, plain)

    def name(self, photo: str) -> str:
        """Return a photo's name."""
        return dict(self.photos).get(photo, "")


@dataclass(frozen=True)
class Cell:
    """One place of the grid.

    Attributes
    ----------
    question
        What it shows the answer to.
    title
        What tells it from its neighbours.
    photo
        The photo's name.
    arrangement
        The one it was made for.
    misfit
        Why it cannot be computed, or ``""``.
    """

    question: Attribution
    title: str
    photo: str
    arrangement: Arrangement = "methods"
    misfit: str = ""


def plan(choice: Choice, place: Place) -> tuple[Cell, ...]:
    """Return the cells of an arrangement, at most :data:`MOST_CELLS`."""
    make = {"methods": _methods, "photos": _photos, "heads": _heads, "layers": _layers}
    return tuple(make[choice.arrangement](choice, place)[:MOST_CELLS])


def misfit(method: Method, place: CheckpointInfo, question: Attribution) -> str:
    """Return why a question has no answer, as far as its descriptions tell, or ``""``."""
    asks_class = question.neuron is None or method.needs_answer
    if asks_class and place.heads.get(question.head, "absent") == "absent":
        return f"{place.name} has no head {question.head}."
    if asks_class and question.against is not None and question.against == question.target:
        return "The difference of a class and itself is zero; choose two classes."
    return method.suits(place.graph, question.head)


def question_of(choice: Choice, method: Method, scene: Scene) -> Attribution:
    """Return what a method is asked about a scene."""
    explained = choice.explained
    of_neuron = explained.kind == "neuron" or method.explains_neuron
    return Attribution(
        scene,
        method.name,
        explained.head,
        explained.target,
        choice.unit if method.needs_unit else None,
        choice.parameters.get(method.name, ()),
        explained.against if explained.kind == "difference" else None,
        explained.neuron if of_neuron else None,
    )


def layers(graph: Graph, head: str, depth: Depth) -> tuple[str, ...]:
    """Return the units down which a layer method goes, in the order of computation."""
    nodes = {node.name: node for node in graph.nodes}
    before = [nodes[name] for name in units_before(graph, head)]
    wanted = "concat" if depth == "modules" else "conv"
    return tuple(n.name for n in before if n.kind == wanted and n.group not in HEADS)


def _cell(
    choice: Choice, place: Place, method: Method, photo: str, title: str, **changes: str
) -> Cell:
    question = replace(question_of(choice, method, place.scene(photo)), **changes)
    why = misfit(method, place.checkpoint, question)
    return Cell(question, title, place.name(photo), choice.arrangement, why)


def _methods(choice: Choice, place: Place) -> list[Cell]:
    found = [METHODS[name] for name in choice.methods if name in METHODS]
    return [_cell(choice, place, method, place.photo, method.title) for method in found]


def _photos(choice: Choice, place: Place) -> list[Cell]:
    method = METHODS[choice.method]
    return [_cell(choice, place, method, photo, name) for photo, name in place.photos]


def _heads(choice: Choice, place: Place) -> list[Cell]:
    method = METHODS[choice.method]
    cells = [_cell(choice, place, method, place.photo, head, head=head) for head in HEADS]
    asks_class = not method.explains_neuron or method.needs_answer
    if choice.explained.kind == "neuron" or not asks_class:
        return [replace(cell, misfit=ALONE) for cell in cells]
    if method.needs_unit and choice.unit is not None:
        graph = place.checkpoint.graph
        return [_with_reach(cell, graph, choice.unit) for cell in cells]
    return cells


def _with_reach(cell: Cell, graph: Graph, unit: str) -> Cell:
    """Say so where the unit that was chosen is not on the way to a head."""
    head = cell.question.head
    if cell.misfit or unit in units_before(graph, head):
        return cell
    return replace(cell, misfit=f"{unit} is not on the way to {head}; {DEFAULT_UNIT[head]} is.")


def _layers(choice: Choice, place: Place) -> list[Cell]:
    method = METHODS[choice.layer_method]
    units = layers(place.checkpoint.graph, choice.explained.head, choice.depth)
    return [_cell(choice, place, method, place.photo, unit, unit=unit) for unit in units]
