"""What a notebook hands over, checked: one sentence for whatever is of the wrong kind."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from numbers import Integral
from os import PathLike, fspath
from typing import Any

from . import attribution_methods
from .attribution_methods import Method
from .edit_questions import Adversarial, Edit
from .errors import QuestionError
from .images.edits import check
from .images.preprocess import check as check_preprocessing
from .intervention_questions import Intervention
from .questions import Neuron, Preprocessing


def said(value: Any) -> str:
    """Return a value in one short line, for a sentence about it."""
    return " ".join(reprlib.repr(value).split())


def name(value: Any, what: str) -> str:
    """Return a name of something: text, not empty."""
    if not isinstance(value, str) or not value:
        raise QuestionError(f"A {what} is given by its name, not as {said(value)}.")
    return str(value)


def whole(value: Any, what: str) -> int:
    """Return a whole number, be it Python's or numpy's."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise QuestionError(f"A {what} is a whole number, not {said(value)}.")
    return int(value)


def count(value: Any, what: str) -> int:
    """Return a whole number that is not below zero."""
    number = whole(value, what)
    if number < 0:
        raise QuestionError(f"A {what} is at least 0, not {number}.")
    return number


def within(value: Any, what: str, low: int, high: int) -> int:
    """Return a whole number from ``low`` to ``high``."""
    number = whole(value, what)
    if not low <= number <= high:
        raise QuestionError(f"A {what} is from {low:,} to {high:,}, not {number:,}.")
    return number


def folder(value: Any, what: str) -> str:
    """Return the path of a folder as text."""
    return _path(value, what, "folder")


def file(value: Any, what: str) -> str:
    """Return the path of a file as text; ``""`` and None are none."""
    return _path(value, what, "file") if value is not None and value != "" else ""


def _path(value: Any, what: str, kind: str) -> str:
    if not isinstance(value, str | PathLike) or not (path := fspath(value)):
        raise QuestionError(f"The {what} is the path of a {kind}, not {said(value)}.")
    if not isinstance(path, str) or "\0" in path:
        raise QuestionError(f"The {what} is a path as text, not {said(path)}.")
    return path


def several(value: Any, what: str) -> tuple[Any, ...]:
    """Return the things of a sequence; one alone is none, nor is what has no order."""
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | PathLike | Set | Mapping):
        raise QuestionError(f"“{what}” is a sequence, not {said(value)}.")
    return tuple(value)


def class_index(classes: Sequence[str], target: Any) -> int | None:
    """Return the index of a class that is given by name or index; None for None."""
    if target is None:
        return None
    if isinstance(target, str):
        if target not in classes:
            raise QuestionError(f"“{target}” is no class of this network; see net.classes.")
        return classes.index(target)
    if isinstance(target, bool) or not isinstance(target, Integral):
        raise QuestionError(f"A class is given by name or index, not as {said(target)}.")
    index = int(target)
    if not 0 <= index < len(classes):
        raise QuestionError(f"Class {index} is out of range: 0 to {len(classes) - 1}.")
    return index


def preprocessing(value: Any) -> Preprocessing | None:
    """Return a preprocessing, or None for the checkpoint's own."""
    if value is not None and not isinstance(value, Preprocessing):
        raise QuestionError(f"“preprocessing” is a Preprocessing, not {said(value)}.")
    if value is not None:
        check_preprocessing(value)
    return value


def edits(value: Any, classes: Sequence[str]) -> tuple[Edit, ...]:
    """Return edits as a tuple, checked; an attack's target may be given by name."""
    if not isinstance(value, Iterable) or isinstance(value, str | Set | Mapping):
        raise QuestionError(
            f"“edits” is a sequence of Distortion, Brush and Adversarial, not {said(value)}."
        )
    made = tuple(
        replace(one, target=class_index(classes, one.target))
        if isinstance(one, Adversarial)
        else one
        for one in value
    )
    check(made)
    return made


def interventions(value: Any) -> tuple[Intervention, ...]:
    """Return interventions as a tuple, their units, channels and photos of the right kind."""
    if not isinstance(value, Iterable) or isinstance(value, str | Set | Mapping):
        raise QuestionError(f"“interventions” is a sequence of Intervention, not {said(value)}.")
    return tuple(_intervention(one) for one in value)


def _intervention(one: Any) -> Intervention:
    if not isinstance(one, Intervention):
        raise QuestionError(f"An intervention is an Intervention, not {said(one)}.")
    channels = one.channels
    if channels is not None:
        channels = tuple(
            whole(channel, "channel") for channel in several(channels, "channels of a unit")
        )
    images = several(one.images, "images of an intervention")
    return replace(one, unit=name(one.unit, "unit"), channels=channels, images=images)


def neuron(method: Method, head: str, unit: str | None, channel: Any, place: Any) -> Neuron | None:
    """Return the neuron that is meant, if one is."""
    named = channel is not None or place is not None
    if method.target_kind == "layer" and named:
        raise QuestionError(
            f"{method.title} explains a class by all of a unit's channels; leave channel and "
            "position out."
        )
    if not named and (not method.explains_neuron or unit is None):
        return None
    if place is not None:
        place = position(place)
    if channel is not None:
        channel = whole(channel, "channel")
    where = unit or attribution_methods.DEFAULT_UNIT.get(head, "inception5b")
    return Neuron(where, channel, place)


def position(value: Any) -> tuple[int, int]:
    """Return a place in a unit's map, (row, column)."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise QuestionError(f"A position is a pair (row, column), not {said(value)}.")
    return whole(value[0], "row"), whole(value[1], "column")
