"""Questions about how far an attribution can be trusted.

As all questions and answers they are plain frozen values, without torch or Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from .questions import Attribution, Floats, Provenance, Question

MeasureName: TypeAlias = Literal[
    "deletion", "insertion", "road", "infidelity", "sensitivity_max", "randomisation"
]


@dataclass(frozen=True)
class Measure:
    """A way of grading a map.

    Attributes
    ----------
    name, title
        What :class:`Grade` takes; what people read.
    explanation
        Two sentences: what is done, and what the number means.
    paper
        Author, title, year and where to find it.
    better
        Which end of its scale speaks for the map.
    unit
        What the number counts: ``"area"``, ``"rank correlation"``, ….
    forwards, backwards
        About what it costs, in passes over single photos; what computing the attribution
        again costs comes on top ``explanations`` times.
    explanations
        How often the attribution is computed anew.
    """

    name: MeasureName
    title: str
    explanation: str
    paper: str
    better: Literal["higher", "lower"]
    unit: str
    forwards: int
    backwards: int = 0
    explanations: int = 0


@dataclass(frozen=True)
class Grade(Question):
    """Grade an attribution's map; answered by :class:`GradeAnswer`.

    Attributes
    ----------
    attribution
        Whose map; it is computed unless it is known already.
    measure
        One of :data:`MeasureName`.
    seed
        Of what is drawn at random.
    """

    attribution: Attribution
    measure: MeasureName
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Curve:
    """A line to draw.

    Attributes
    ----------
    x, y
        (points,) each; ``x`` is a share of the photo's pixels, or of the network's layers.
    area
        Under the line, by the trapezoid rule with ``x`` scaled to [0, 1]; None where it
        means nothing.
    """

    x: Floats
    y: Floats
    area: float | None = None


@dataclass(frozen=True, eq=False)
class GradeAnswer:
    """How a map fared.

    Attributes
    ----------
    value
        The grade, in the measure's own unit; not a number where none can be given.
    sentence
        What that means, for people who have not read the paper.
    curves
        By name (``"this map"``, ``"a random order"``), empty where there is none to draw.
    labels
        Names of the places on the x axis (layers, from the top), or none.
    note
        What else to know, or ``""``.
    """

    question: Grade
    value: float
    sentence: str
    provenance: Provenance
    curves: Mapping[str, Curve] = field(default_factory=lambda: MappingProxyType({}))
    labels: tuple[str, ...] = ()
    note: str = ""
    partial: bool = False
