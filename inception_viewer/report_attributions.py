"""The attributions of a report: what is asked for, and what is written of the answers."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import api, attribution_methods, drawings
from .attribution_methods import METHODS
from .errors import QuestionError
from .images.decode import Decoded
from .questions import AttributionAnswer, Floats, Pixels

PICTURE = "attribution.png"
"""The picture of a report with one method; with several each has its method's name in it."""
ARRAYS = "attributions.npz"
"""Each method's ``map``, under its name, and ``raw``, under ``name.raw``."""
DEFAULT = "integrated_gradients"


@dataclass(frozen=True)
class Choice:
    """What is to be explained, as :func:`inception_viewer.attribute` takes it."""

    methods: tuple[str, ...] = (DEFAULT,)
    head: str = "main"
    target: int | str | None = None
    unit: str | None = None
    against: int | str | None = None
    channel: int | None = None
    position: tuple[int, int] | None = None

    def ask(self, net: api.Network, photo: Decoded, method: str) -> AttributionAnswer:
        """Explain a photo by one of the methods."""
        layer = attribution_methods.method(method).target_kind == "layer"
        return api.attribute(
            net,
            photo.pixels,
            method=method,
            head=self.head,
            target=self.target,
            unit=self.unit,
            against=self.against,
            # Among several methods, those of layers explain the class all the same.
            channel=None if layer and self.methods[1:] else self.channel,
            position=None if layer and self.methods[1:] else self.position,
        )


def choice(options: argparse.Namespace) -> Choice:
    """Return what a command line asks for.

    Raises
    ------
    QuestionError
        If there is no such method.
    """
    names = [name.strip() for name in (options.methods or options.method).split(",")]
    for name in names:
        attribution_methods.method(name)
    return Choice(
        tuple(dict.fromkeys(names)),
        options.head,
        _class(options.target),
        options.unit,
        _class(options.against),
        options.channel,
        options.position,
    )


def _class(named: str | None) -> int | str | None:
    return int(named) if named and named.isdecimal() else named


@dataclass(frozen=True, eq=False)
class Explained:
    """A photo's attributions: answers by method, and why the others failed."""

    answers: Mapping[str, AttributionAnswer]
    failures: Mapping[str, str]


def explain(net: api.Network, photo: Decoded, wanted: Choice) -> Explained:
    """Explain a photo by every method that is wanted.

    Raises
    ------
    QuestionError
        If none of them can.
    """
    answers: dict[str, AttributionAnswer] = {}
    failures: dict[str, str] = {}
    for method in wanted.methods:
        try:
            answers[method] = wanted.ask(net, photo, method)
        except QuestionError as error:
            failures[method] = str(error)
            if len(failures) == len(wanted.methods):
                raise
    return Explained(answers, failures)


def pictures(explained: Explained) -> dict[str, str]:
    """Return the name of each method's picture."""
    single = len(explained.answers) + len(explained.failures) == 1
    return {
        method: PICTURE if single else f"attribution_{method}.png" for method in explained.answers
    }


def save(explained: Explained, picture: Pixels, subtitle: str, folder: Path) -> None:
    """Write the pictures and the arrays.

    Parameters
    ----------
    picture
        What the network saw, (height, width, 3).
    """
    arrays: dict[str, Floats] = {}
    for method, name in pictures(explained).items():
        answer = explained.answers[method]
        arrays[method], arrays[f"{method}.raw"] = answer.map, answer.raw
        drawn = drawings.attribution(picture, answer.map, _title(answer), subtitle, _trust(answer))
        drawn.save(folder / name)
    np.savez_compressed(folder / ARRAYS, **arrays)  # type: ignore[arg-type]


def entries(explained: Explained) -> list[dict[str, Any]]:
    """Return what predictions.json says of each method."""
    answered = [_entry(answer) for answer in explained.answers.values()]
    failed = [{"method": name, "error": reason} for name, reason in explained.failures.items()]
    return answered + failed


def failures(name: str, explained: Explained) -> list[tuple[str, str]]:
    """Return (photo's name, one sentence) of every method that failed."""
    return [
        (name, f"{METHODS[method].title} of “{name}”: {reason}")
        for method, reason in explained.failures.items()
    ]


def _title(answer: AttributionAnswer) -> str:
    question = answer.question
    words = METHODS[question.method].title
    if answer.target < 0:
        return f"{words}: {answer.target_name}"
    unit = f" at {question.unit}" if question.unit else ""
    return f"{words}{unit}, {question.head} head, “{answer.target_name}”"


def _trust(answer: AttributionAnswer) -> list[str]:
    lines = [answer.degenerate, answer.note]
    if answer.completeness_error is not None:
        lines.insert(0, f"completeness error {answer.completeness_error:.2%}")
    return [line for line in lines if line]


def _entry(answer: AttributionAnswer) -> dict[str, Any]:
    question = answer.question
    return {
        "method": question.method,
        "head": question.head,
        "unit": question.unit,
        "target": answer.target,
        "class": answer.target_name,
        "against": question.against,
        "completeness_error": answer.completeness_error,
        "score": answer.score,
        "baseline_score": answer.baseline_score,
        "conserved": answer.conserved,
        "seconds": answer.seconds,
        "forwards": answer.forwards,
        "backwards": answer.backwards,
        "parameters": dict(answer.parameters),
        "degenerate": answer.degenerate,
        "note": answer.note,
    }
