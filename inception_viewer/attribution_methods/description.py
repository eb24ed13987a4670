"""What there is to say of an attribution method, as values: forms and help are made of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

from ..errors import QuestionError
from ..questions import Graph

Value: TypeAlias = float | int | str
Settings: TypeAlias = Mapping[str, Value]
"""A value for every parameter of a method."""
Group: TypeAlias = Literal[
    "Gradients", "Paths", "Backward rules", "Perturbations", "Layers", "Neurons"
]
"""The headings of the methods' menu."""


@dataclass(frozen=True)
class Parameter:
    """One setting of a method: what a form needs to offer it and to refuse nonsense.

    Attributes
    ----------
    name, label
        The keyword, and the words beside the field.
    kind
        ``"int"``, ``"float"``, ``"choice"`` or ``"image"``: the id of an open photo, or ``""``.
    default
        The value unless another is given.
    explanation
        One sentence for the tool tip.
    minimum, maximum
        Bounds of numbers, both included.
    unit
        ``"steps"``, ``"pixels"``, … or ``""``.
    choices
        (value, words) pairs of a ``"choice"``; one of values ``"on"`` and ``"off"`` is a
        switch, and takes True and False too.
    only_with
        (other parameter, its values) that this one matters with, or None: always.
    """

    name: str
    label: str
    kind: Literal["int", "float", "choice", "image"]
    default: Value
    explanation: str
    minimum: float = -math.inf
    maximum: float = math.inf
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    only_with: tuple[str, tuple[str, ...]] | None = None

    @property
    def is_switch(self) -> bool:
        """Whether it is simply on or off."""
        return {value for value, _ in self.choices} == {"on", "off"}

    def matters(self, settings: Settings) -> bool:
        """Whether it has any effect beside these settings."""
        return self.only_with is None or settings[self.only_with[0]] in self.only_with[1]

    def check(self, value: Any) -> Value:
        """Return the value as an int, float or string.

        Raises
        ------
        QuestionError
            If it is of another kind or out of bounds.
        """
        if self.kind == "image":
            if not isinstance(value, str):
                raise QuestionError(f"“{self.name}” is the id of an open photo, not “{value}”.")
            return value
        return self._choice(value) if self.kind == "choice" else self._number(value)

    def _choice(self, value: Any) -> str:
        if self.is_switch and isinstance(value, bool):
            return "on" if value else "off"
        values = [choice for choice, _ in self.choices]
        if value not in values:
            raise QuestionError(f"“{self.name}” is one of {', '.join(values)}, not “{value}”.")
        return str(value)

    def _number(self, value: Any) -> float | int:
        whole = self.kind == "int"
        fits = isinstance(value, Integral) if whole else isinstance(value, Real)
        if isinstance(value, bool) or not fits:
            wanted = "a whole number" if whole else "a number"
            raise QuestionError(f"“{self.name}” is {wanted}, not “{value}”.")
        if not self.minimum <= float(value) <= self.maximum:
            # Whole ones in full: “:g” makes 2.14748e+09 of the largest seed.
            low, high = (
                f"{end:.0f}" if whole else f"{end:g}" for end in (self.minimum, self.maximum)
            )
            raise QuestionError(f"“{self.name}” goes from {low} to {high}; {value} is not.")
        return int(value) if whole else float(value)


@dataclass(frozen=True)
class Cost:
    """How often a method runs the network, for one photo; the most it can come to."""

    forwards: int
    backwards: int

    def __str__(self) -> str:
        """Words for people."""
        return f"at most {self.forwards} forward and {self.backwards} backward passes"


def suits_all(graph: Graph, head: str) -> str:
    """Suit every network and head."""
    return ""


@dataclass(frozen=True)
class Method:
    """One attribution method.

    Attributes
    ----------
    name, title
        What ``iv.attribute`` takes; what people read.
    explanation
        Two sentences.
    paper
        Author, title, year and where to find it.
    target_kind
        ``"input"``: attributes a score to the pixels; ``"layer"``: to a unit's channels and
        positions, so that it needs to be told which unit; ``"neuron"``: attributes a unit's
        channel or position to the pixels.
    completeness
        Whether it promises that the attributions sum to the difference in the score:
        ``""``, ``"exact"``, or ``"expected"`` (on the average over its random choices only).
    function
        ``"file:function"`` within ``analysis/attribution``.
    cost
        From the settings to the passes it takes.
    parameters
        Its settings, in the order of the form.
    suits
        From the network's graph and a head to why the method does not fit them, or ``""``.
    group
        Under which heading menus show it.
    noise
        Whether its mean over noisy copies of the photo makes sense (noise tunnel).
    needs_answer
        Whether a neuron method asks for a head's class, too: how its score flows through the
        neuron.
    fixed_unit
        The one unit that a layer method is of, if there is no choice.
    misleads
        A sentence or two on when it misleads.
    """

    name: str
    title: str
    explanation: str
    paper: str
    target_kind: Literal["input", "layer", "neuron"]
    completeness: Literal["", "exact", "expected"]
    function: str
    cost: Callable[[Settings], Cost]
    parameters: tuple[Parameter, ...] = ()
    suits: Callable[[Graph, str], str] = suits_all
    group: Group = "Gradients"
    noise: bool = False
    needs_answer: bool = False
    fixed_unit: str = ""
    misleads: str = ""

    @property
    def explains_neuron(self) -> bool:
        """Whether it explains a unit's channel or position rather than a head's logit."""
        return self.target_kind == "neuron"

    @property
    def needs_unit(self) -> bool:
        """Whether a unit of the network has to be chosen."""
        return self.target_kind == "layer" and not self.fixed_unit

    def settings(self, given: Mapping[str, Any] | None = None) -> dict[str, Value]:
        """Return a value for every parameter: the given ones, else the defaults.

        Raises
        ------
        QuestionError
            If there is no such parameter, or a value does not fit.
        """
        given = given or {}
        known = {parameter.name for parameter in self.parameters}
        for name in given:
            if name not in known:
                there = ", ".join(sorted(known)) or "none"
                raise QuestionError(f"{self.title} has no parameter “{name}”; it has {there}.")
        return {p.name: p.check(given.get(p.name, p.default)) for p in self.parameters}
