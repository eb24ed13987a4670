"""What is said of a head wherever one is shown: its state in words, and why.

One place, so that no view has words of its own for a head that was never trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..fitted import fitted_heads
from ..googlenet.variants import HEADS
from ..questions import CheckpointInfo, Graph, HeadState, MapsAnswer, Node

WORDS: Mapping[HeadState, str] = {
    "trained": "trained",
    "untrained": "untrained",
    "fitted": "fitted here",
    "absent": "absent",
    "unknown": "training unknown",
}
NEVER_TRAINED = "never trained"
"""By which a view knows the note of a unit that belongs to such a head."""


@dataclass(frozen=True)
class HeadNote:
    """A head's state, for people.

    Attributes
    ----------
    head
        ``"aux1"``, ``"aux2"`` or ``"main"``.
    state
        Of its training.
    words
        The state in a few words: ``"untrained"``, ``"fitted here on 1,350 images"``.
    reason
        A sentence: how that is known, or ``""``.
    """

    head: str
    state: HeadState
    words: str
    reason: str = ""

    @property
    def is_noise(self) -> bool:
        """Whether what the head says means nothing."""
        return self.state == "untrained"

    @property
    def short(self) -> str:
        """The state where there is little room; ``""`` where nothing need be said."""
        return "" if self.state == "trained" else WORDS[self.state]

    @property
    def sentence(self) -> str:
        """What is worth knowing of it, ``""`` of a trained head."""
        if self.state == "trained":
            return ""
        if self.is_noise:
            said = f"{self.head} was {NEVER_TRAINED}: what it says means nothing."
        else:
            said = f"{self.head}: {self.words}."
        # Of a fitted head the first sentence says the same again.
        more = self.reason if self.reason.rstrip(".") != self.words else ""
        return f"{said} {more}".strip()


def note(info: CheckpointInfo, head: str) -> HeadNote:
    """Return what is to be said of one head of a checkpoint."""
    state = info.heads.get(head, "absent")
    words = WORDS[state]
    if state == "fitted":
        words = fitted_heads(info.heads, info.metadata)[head]
    return HeadNote(head, state, words, _reason(info, head))


def notes(info: CheckpointInfo | None) -> dict[str, HeadNote]:
    """Return the same of all heads, in order of depth; of none without a checkpoint."""
    return {} if info is None else {head: note(info, head) for head in HEADS}


def _reason(info: CheckpointInfo, head: str) -> str:
    verdicts = info.details.heads if info.details is not None else ()
    evidence = next((one.evidence for one in verdicts if one.head == head), ())
    return evidence[0] if evidence else ""


def fitted_sentence(notes: Mapping[str, HeadNote]) -> str:
    """Return ``"aux1 and aux2 were fitted here on 1,350 images."``, or ``""``."""
    fitted = [one for one in notes.values() if one.state == "fitted"]
    if not fitted:
        return ""
    names = " and ".join(one.head for one in fitted)
    return f"{names} {'were' if len(fitted) > 1 else 'was'} {fitted[0].words}."


# --- units of a head -----------------------------------------------------------------


def head_of(node: Node) -> str:
    """Return the head that a unit belongs to, or ``""``."""
    if node.kind == "classifier" and not node.group:
        return "main"
    return node.group if node.group in HEADS else ""


def annotated(info: CheckpointInfo, network: Graph | None = None) -> Graph:
    """Return the checkpoint's graph; units of heads that are untrained or fitted say so.

    ``network`` is the graph at the input's size, where that is not the checkpoint's own.
    """
    graph = network or info.graph
    said = {h: one for h, one in notes(info).items() if one.state in ("untrained", "fitted")}
    if not said:
        return graph
    return replace(graph, nodes=tuple(_noted(node, said) for node in graph.nodes))


def _noted(node: Node, said: Mapping[str, HeadNote]) -> Node:
    found = said.get(head_of(node))
    if found is None:
        return node
    return replace(node, note=f"{node.note} {found.sentence}".strip())


def annotated_maps(answer: MapsAnswer, graph: Graph) -> MapsAnswer:
    """Return maps whose groups have the notes of their units in ``graph``."""
    said = {node.name: node.note for node in graph.nodes if node.note and head_of(node)}
    if not any(group.unit in said for group in answer.groups):
        return answer
    groups = (replace(one, note=said.get(one.unit, one.note)) for one in answer.groups)
    return replace(answer, groups=tuple(groups))
