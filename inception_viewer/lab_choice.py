"""What the lab shows, as a value: which methods, of what, in which arrangement."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from .questions import Neuron

Arrangement: TypeAlias = Literal["methods", "photos", "heads", "layers"]
Depth: TypeAlias = Literal["modules", "units"]
Kind: TypeAlias = Literal["class", "difference", "neuron"]
Given: TypeAlias = tuple[tuple[str, float | int | str], ...]
"""Parameters that differ from their defaults, sorted by name."""

FIRST_METHODS = (
    "saliency",
    "integrated_gradients",
    "guided_backprop",
    "lrp",
    "occlusion",
    "layer_grad_cam",
)
"""One of each kind."""


@dataclass(frozen=True)
class Explained:
    """What is explained.

    Attributes
    ----------
    kind
        A class's logit, the difference of two, or a unit's channel or position.
    head
        Whose logit.
    target, against
        Class indices; ``target`` None is each photo's own top class.
    neuron
        The channel or position; None for the strongest channel of the head's last unit.
        Neuron methods need it whatever the kind.
    """

    kind: Kind = "class"
    head: str = "main"
    target: int | None = None
    against: int | None = None
    neuron: Neuron | None = None


@dataclass(frozen=True)
class Choice:
    """All that decides which cells there are.

    Attributes
    ----------
    methods
        Of the arrangement "methods", in the order of their list.
    method
        The one method over photos or heads.
    layer_method
        The one down the layers.
    unit
        For layer methods elsewhere; None for the method's default.
    depth
        Down the layers: the modules, or every convolution.
    parameters
        By method.
    """

    arrangement: Arrangement = "methods"
    methods: tuple[str, ...] = FIRST_METHODS
    method: str = "integrated_gradients"
    layer_method: str = "layer_grad_cam"
    unit: str | None = None
    depth: Depth = "modules"
    explained: Explained = field(default_factory=Explained)
    parameters: Mapping[str, Given] = field(default_factory=dict, hash=False)

    @property
    def in_use(self) -> tuple[str, ...]:
        """The methods that the arrangement asks for."""
        if self.arrangement == "methods":
            return self.methods
        return (self.layer_method if self.arrangement == "layers" else self.method,)


def with_target(choice: Choice, target: int | None) -> Choice:
    """Return a choice that explains another class."""
    return replace(choice, explained=replace(choice.explained, target=target))


def fitting(choice: Choice, heads: Set[str], units: Set[str]) -> Choice:
    """Return a choice for another network: classes, and what it lacks of the rest, give way."""
    asked = choice.explained
    neuron = asked.neuron if asked.neuron and asked.neuron.unit in units else None
    kept = asked.kind == "neuron" and neuron is not None
    head = asked.head if asked.head in heads else "main"
    explained = Explained("neuron" if kept else "class", head, None, None, neuron)
    unit = choice.unit if choice.unit in units else None
    return replace(choice, explained=explained, unit=unit)
