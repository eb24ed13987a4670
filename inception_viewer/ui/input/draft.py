"""An input as it is typed: texts, what is wrong with them, and the convention they mean.

No Qt here: the form shows what this decides.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ...checkpoints.inputs import KNOWN, convention, cut_like, same_range
from ...questions import Preprocessing
from ...verdict_questions import Convention

MOST = 1024
"""Pixels of an input's side; at this size one photo's activations take 270 MB."""
LONGEST = 4096
"""Pixels of the shorter side before the crop."""
FURTHEST = 1e6
"""Scale, mean and standard deviation stay within this, so that float32 holds the input."""
CHANNELS = 3
FRACTION = re.compile(r"\s*([^/]+)/([^/]+)\s*")

OWN, SAMPLES, BY_HAND = "own", "samples", "by hand"
SHORT = (
    "ImageNet's mean and std",
    "\N{MINUS SIGN}1 to 1",
    "0 to 1",
    "0 to 255 \N{MINUS SIGN} 117 (Inception 5h)",
    "BGR \N{MINUS SIGN} (104, 117, 123) (Caffe)",
)
"""Short names of the known conventions, in their order."""
CHOICES: tuple[tuple[str, str], ...] = (
    (OWN, "The checkpoint's own"),
    *((str(place), words) for place, words in enumerate(SHORT)),
    (SAMPLES, "As the samples suggest"),
    (BY_HAND, "By hand"),
)
"""What the chooser offers, as (id, words); a known convention's id is its place."""

Texts = tuple[str, str, str]


@dataclass(frozen=True)
class Fields:
    """What stands in the form."""

    channels: Literal["RGB", "BGR"]
    scale: str
    mean: Texts
    std: Texts
    height: str
    width: str
    resize: Literal["squeeze", "short_side"]
    short_side: str
    transform_input: bool


@dataclass(frozen=True)
class Draft:
    """What the fields mean.

    Attributes
    ----------
    convention
        None while a field is wrong.
    errors
        A sentence for each field that is wrong: ``"scale"``, ``"mean"``, ``"std"``, ``"size"``,
        ``"short_side"``.
    notes
        Sentences about fields that are right but may surprise.
    """

    convention: Convention | None
    errors: Mapping[str, str]
    notes: Mapping[str, str]


class _WrongError(ValueError):
    """What a field holds cannot be used; the message is the sentence beside it."""


def shown(value: float) -> str:
    """Return a number as a field shows it: ``"1/255"``, ``"0.485"``, ``"117"``."""
    if value == 1 / 255:
        return "1/255"
    return f"{value:.9g}"


def fields_of(made: Convention) -> Fields:
    """Return the texts that stand for a convention."""
    p = made.preprocessing
    return Fields(
        channels=p.channels,
        scale=shown(p.scale),
        mean=_texts(p.mean),
        std=_texts(p.std),
        height=str(p.height),
        width=str(p.width),
        resize=p.resize,
        short_side=str(p.short_side),
        transform_input=made.transform_input,
    )


def _texts(values: tuple[float, float, float]) -> Texts:
    return shown(values[0]), shown(values[1]), shown(values[2])


def read(fields: Fields, base: Convention, least: int) -> Draft:
    """Return what the fields mean, or what is wrong with them.

    Parameters
    ----------
    fields
        The texts.
    base
        What the form was filled with: a number whose text was not touched keeps all its
        digits.
    least
        Pixels that each side of the network's input must have.
    """
    errors: dict[str, str] = {}
    p = base.preprocessing
    most = max(MOST, p.height, p.width)

    def attempt(name: str, *texts: str) -> tuple[float, ...]:
        try:
            return tuple(_checked(name, _number(text), least, most) for text in texts)
        except _WrongError as error:
            errors[name] = str(error)
            return tuple(1.0 for _ in texts)

    scale = attempt("scale", fields.scale)
    mean, std = attempt("mean", *fields.mean), attempt("std", *fields.std)
    height, width = attempt("size", fields.height, fields.width)
    squeezed = fields.resize == "squeeze"
    side = (float(p.short_side),) if squeezed else attempt("short_side", fields.short_side)
    if errors:
        return Draft(None, errors, {})
    texts = fields_of(base)
    made = Preprocessing(
        height=int(height),
        width=int(width),
        resize=fields.resize,
        short_side=int(side[0]),
        channels=fields.channels,
        scale=p.scale if fields.scale == texts.scale else scale[0],
        mean=_kept(fields.mean, texts.mean, mean, p.mean),
        std=_kept(fields.std, texts.std, std, p.std),
    )
    found = convention(made, fields.transform_input)
    if replace(found, name=base.name) == base:
        found = base
    return Draft(found, {}, _notes(made))


def _kept(
    typed: Texts, before: Texts, values: tuple[float, ...], exact: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Return the numbers, exact where their text is as it was."""
    first, second, third = (
        exact[i] if typed[i] == before[i] else values[i] for i in range(CHANNELS)
    )
    return first, second, third


def _number(text: str) -> float:
    """Read ``"0.485"``, ``"0,485"``, ``"1e-3"`` or ``"1/255"``."""
    found = FRACTION.fullmatch(text)
    if found:
        above, below = _number(found[1]), _number(found[2])
        if below == 0:
            raise _WrongError(f"“{text.strip()}” divides by 0.")
        return above / below
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    if not plain:
        raise _WrongError("A number is missing.")
    try:
        return float(plain.replace(",", ".") if plain.count(",") == 1 else plain)
    except ValueError:
        raise _WrongError(f"“{text.strip()}” is no number.") from None


def _checked(name: str, value: float, least: int, most: int) -> float:
    """Return a number that its field can hold."""
    if not math.isfinite(value):
        raise _WrongError("This must be a finite number.")
    if name in ("size", "short_side"):
        return _checked_side(name, value, least, most)
    if name == "std" and value <= 0:
        raise _WrongError("A standard deviation must be above 0: it is divided by.")
    if name == "scale" and value <= 0:
        raise _WrongError("The scale must be above 0, or every photo is the same.")
    if abs(value) > FURTHEST or (name != "mean" and value < 1 / FURTHEST):
        raise _WrongError(f"This is too {'large' if abs(value) > 1 else 'small'} for an input.")
    return value


def _checked_side(name: str, value: float, least: int, most: int) -> float:
    if value != int(value):
        raise _WrongError("Pixels are whole numbers.")
    if name == "short_side":
        least, most = 1, LONGEST
    if value < least:
        words = "This network needs at least" if name == "size" else "It must have at least"
        raise _WrongError(f"{words} {least} {'pixel' if least == 1 else 'pixels'} a side.")
    if value > most:
        raise _WrongError(f"At most {most:,} pixels a side.")
    return value


def _notes(made: Preprocessing) -> dict[str, str]:
    if made.resize == "short_side" and made.short_side < max(made.height, made.width):
        return {"short_side": "Smaller than the input: what is missing around it is black."}
    return {}


# --- named conventions ---------------------------------------------------------------


def choice_of(made: Convention, own: Convention, now: str = OWN) -> str:
    """Return which entry of the chooser a convention is: ``now`` if that is right as well."""
    ids = [OWN, *(str(place) for place in range(len(KNOWN)))]
    fitting = [one for one in ids if _is(one, made, own)]
    return now if now in fitting else (*fitting, BY_HAND)[0]


def _is(choice: str, made: Convention, own: Convention) -> bool:
    if choice == OWN:
        return replace(made, name="") == replace(own, name="")
    return same_range(made, KNOWN[int(choice)])


def chosen(choice: str, own: Convention, now: Preprocessing) -> Convention:
    """Return the convention of an entry; a known one keeps the size and crop that there are.

    Not for :data:`SAMPLES` and :data:`BY_HAND`, which mean no fixed one.
    """
    if choice == OWN:
        return own
    return convention(cut_like(KNOWN[int(choice)].preprocessing, now), transform_input=False)
