"""What the attribution methods are, as data: forms, questions and help are made from it.

The computing functions are in ``analysis/attribution``, one file per idea; a method's
``function`` names its own, so that the window can list methods without importing torch.
A new method is one :class:`Method` here and one function there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from .errors import QuestionError
from .questions import Graph

Value: TypeAlias = float | int | str
Settings: TypeAlias = Mapping[str, Value]
"""A value for every parameter of a method."""

MAX_STEPS = 400
"""Where path methods stop doubling their steps."""


@dataclass(frozen=True)
class Parameter:
    """One setting of a method: what a form needs to offer it and to refuse nonsense.

    Attributes
    ----------
    name, label
        The keyword, and the words beside the field.
    kind
        ``"int"``, ``"float"`` or ``"choice"``.
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
    kind: Literal["int", "float", "choice"]
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
            raise QuestionError(
                f"“{self.name}” goes from {self.minimum:g} to {self.maximum:g}; {value} is not."
            )
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
        What it attributes to: ``"input"``, the pixels; ``"layer"``, a unit's channels and
        positions, so that it needs to be told which unit.
    completeness
        Whether it promises that the attributions sum to the difference in the logit.
    function
        ``"file:function"`` within ``analysis/attribution``.
    cost
        From the settings to the passes it takes.
    parameters
        Its settings, in the order of the form.
    suits
        From the network's graph and a head to why the method does not fit them, or ``""``.
    """

    name: str
    title: str
    explanation: str
    paper: str
    target_kind: Literal["input", "layer"]
    completeness: bool
    function: str
    cost: Callable[[Settings], Cost]
    parameters: tuple[Parameter, ...] = ()
    suits: Callable[[Graph, str], str] = suits_all

    @property
    def needs_unit(self) -> bool:
        """Whether a unit of the network has to be chosen."""
        return self.target_kind == "layer"

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
                raise QuestionError(
                    f"{self.title} has no parameter “{name}”; it has {', '.join(sorted(known))}."
                )
        return {p.name: p.check(given.get(p.name, p.default)) for p in self.parameters}


BASELINE = (
    Parameter(
        "baseline",
        "Baseline",
        "choice",
        "black",
        "The picture that stands for “nothing to see”: the map explains the difference to it.",
        choices=(
            ("black", "black"),
            ("mean", "mean colour"),
            ("blur", "the photo, blurred"),
            ("noise", "random pixels"),
        ),
    ),
    Parameter(
        "blur",
        "Blur",
        "float",
        10.0,
        "Standard deviation of the Gaussian that blurs the baseline.",
        0.5,
        100.0,
        "pixels",
        only_with=("baseline", ("blur",)),
    ),
    Parameter(
        "seed",
        "Seed",
        "int",
        0,
        "The same seed gives the same random pixels.",
        0,
        2**31 - 1,
        only_with=("baseline", ("noise",)),
    ),
)
"""The parameters of a method that compares the photo with another picture."""

STEPS = (
    Parameter(
        "steps",
        "Steps",
        "int",
        50,
        "Points on the way from the baseline to the photo; more are slower and more exact.",
        2,
        1000,
        "steps",
    ),
    Parameter(
        "adapt",
        "Double until exact",
        "choice",
        "on",
        f"Double the steps until the map adds up within 5 %, up to {MAX_STEPS} steps.",
        choices=(("on", "on"), ("off", "off")),
    ),
)
"""The parameters of a method that integrates along a path."""


def doublings(steps: int, adapt: bool) -> list[int]:
    """Return the numbers of steps that a path method tries, one after the other."""
    tried = [steps]
    while adapt and tried[-1] < MAX_STEPS:
        tried.append(min(2 * tried[-1], MAX_STEPS))
    return tried


def _path_cost(settings: Settings) -> Cost:
    points = sum(doublings(int(settings["steps"]), settings["adapt"] == "on"))
    # The logits at both ends of the path come from two forward passes more.
    return Cost(points + 2, points)


_ALL = (
    Method(
        name="integrated_gradients",
        title="Integrated gradients",
        explanation=(
            "The gradient of the class's logit is averaged along the straight way from a "
            "baseline to the photo and multiplied by their difference. The map then adds up to "
            "what the photo adds to the logit over the baseline."
        ),
        paper=(
            "Sundararajan, Taly, Yan: Axiomatic attribution for deep networks, 2017, "
            "arXiv:1703.01365"
        ),
        target_kind="input",
        completeness=True,
        function="integrated_gradients:explain",
        cost=_path_cost,
        parameters=(*STEPS, *BASELINE),
    ),
    Method(
        name="layer_grad_cam",
        title="Grad-CAM",
        explanation=(
            "Each channel of a unit is weighted by how much the class's logit rises with it on "
            "average, and the weighted maps are summed. It shows where the unit finds evidence "
            "for the class, at the unit's own resolution."
        ),
        paper=(
            "Selvaraju et al.: Grad-CAM: visual explanations from deep networks via "
            "gradient-based localization, 2017, arXiv:1610.02391"
        ),
        target_kind="layer",
        completeness=False,
        function="grad_cam:explain",
        cost=lambda settings: Cost(1, 1),
        parameters=(
            Parameter(
                "relu",
                "Only evidence for",
                "choice",
                "off",
                "On, as in the paper, evidence against the class is set to zero; off, it is "
                "kept as negative values.",
                choices=(("on", "on"), ("off", "off")),
            ),
        ),
    ),
)

METHODS: Mapping[str, Method] = MappingProxyType({one.name: one for one in _ALL})
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


# --- layers ----------------------------------------------------------------------------

DEFAULT_UNIT = MappingProxyType(
    {"aux1": "inception4a", "aux2": "inception4d", "main": "inception5b"}
)
"""The unit that layer methods take for each head: the last with a map before it."""


def layers(graph: Graph, head: str) -> tuple[str, ...]:
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
