"""Whether a scene's edits can be done, and in this order; torch is not imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from inception_viewer.edit_questions import Adversarial, AttackMethod, Brush, Distortion
from inception_viewer.errors import QuestionError

from . import distortion, painting

METHODS: tuple[str, ...] = get_args(AttackMethod)
HEADS = ("aux1", "aux2", "main")
MOST_LEVELS = 64
MOST_STEPS = 100
LEAST_STEP = 0.01


def check(edits: Sequence[Any]) -> None:
    """Make sure that edits can be done.

    Raises
    ------
    QuestionError
        In one sentence, if not: a value is out of range, or they are not in the order of
        :mod:`~inception_viewer.edit_questions`.
    """
    for edit in edits:
        if isinstance(edit, Distortion):
            distortion.check(edit)
        elif isinstance(edit, Adversarial):
            _check_attack(edit)
        elif isinstance(edit, Brush):
            painting.check((edit,))
        else:
            raise QuestionError(f"An edit is a Distortion, Brush or Adversarial, not {edit!r}.")
    if not _in_order(edits):
        raise QuestionError(
            "Edits are at most one Distortion, then brushes, then at most one Adversarial."
        )


def _in_order(edits: Sequence[Any]) -> bool:
    first = edits[1:] if edits and isinstance(edits[0], Distortion) else edits
    rest = first[:-1] if first and isinstance(first[-1], Adversarial) else first
    return all(isinstance(edit, Brush) for edit in rest)


def _check_attack(attack: Adversarial) -> None:
    if attack.method not in METHODS:
        raise QuestionError(f"An attack is {' or '.join(METHODS)}, not {attack.method!r}.")
    if attack.head not in HEADS:
        raise QuestionError(f"An attack's head is one of {', '.join(HEADS)}, not {attack.head!r}.")
    _check_whole("epsilon", attack.epsilon, 1, MOST_LEVELS)
    _check_whole("steps", attack.steps, 1, MOST_STEPS)
    if attack.target is not None:
        _check_whole("target", attack.target, 0, 1 << 31)
    if not distortion.fits(attack.step, LEAST_STEP, MOST_LEVELS):
        raise QuestionError(
            f"An attack's step is from {LEAST_STEP} to {MOST_LEVELS}, not {attack.step!r}."
        )


def _check_whole(name: str, value: Any, low: int, high: int) -> None:
    if not distortion.fits(value, low, high, whole=True):
        raise QuestionError(
            f"An attack's {name} is a whole number from {low} to {high:,}, not {value!r}."
        )
