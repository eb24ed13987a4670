"""Whether what one of our own files says of itself can be: it may be damaged or made up.

A file's JSON could describe a network of any size, or an input of a million pixels a side;
these bounds lie far beyond anything that is a GoogLeNet, and within what a computer holds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import TypeVar, get_args

from torch import Tensor

from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet.variants import HEADS, MODULES, Variant
from inception_viewer.questions import HeadState, Preprocessing

from .stored import readable, shape_of
from .weights import MOST_CLASSES, admitted, misshapen, shapes

MOST_CHANNELS = 4096
"""Of one convolution; the paper's widest has 384."""

LARGEST_INPUT = 4096
"""Pixels of a side."""

LARGEST_NUMBER = 1e6
"""Of a mean, a scale or the numbers of a normalisation."""

Said = TypeVar("Said")


def said(
    metadata: Mapping[str, str], part: str, read: Callable[[str], Said], usual: str | None = None
) -> Said:
    """Return a part of the metadata, read and checked.

    Parameters
    ----------
    metadata
        Of the file.
    part
        Its name, for the sentence.
    read
        Makes the value of the text; raises ValueError, KeyError, TypeError or
        AttributeError where it cannot be.
    usual
        The text where the file has none; without it the part must be there.

    Raises
    ------
    CheckpointError
        If it is missing or damaged.
    """
    text = metadata.get(part, usual)
    if text is None:
        raise CheckpointError(f"What the file says about itself is damaged: no “{part}” in it.")
    try:
        return read(text)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        raise CheckpointError(
            f"What the file says about itself is damaged: its “{part}” cannot be."
        ) from None


def variant(made: Variant) -> Variant:
    """Return a variant if it can be built.

    Raises
    ------
    ValueError, TypeError, AttributeError
        If it cannot, or only on paper.
    """
    channels = [getattr(row, name) for _, row in made.table for name in row.__dataclass_fields__]
    _require(tuple(name for name, _ in made.table) == MODULES)
    _require(all(_whole(count, 1, MOST_CHANNELS) for count in channels))
    _require(_whole(made.kernel_5x5, 1, 15) and made.kernel_5x5 % 2 == 1)
    _require(len(made.pools) == 4)
    _require(all(_whole(p.kernel, 1, 9) and _whole(p.stride, 1, 4) for p in made.pools))
    _require(all(isinstance(pool.ceil_mode, bool) for pool in made.pools))
    _require(made.head_pool in ("adaptive", "paper"))
    _require(made.padding in ("symmetric", "tensorflow") and isinstance(made.transform_input, bool))
    _require("main" in made.heads and made.heads == tuple(h for h in HEADS if h in made.heads))
    _require(_whole(made.classes, 1, MOST_CLASSES) and isinstance(made.name, str))
    _require(all(_real(rate, 0, 1) for rate in (made.dropout, made.aux_dropout)))
    _require(made.batch_norm_eps is None or _real(made.batch_norm_eps, 0, 1))
    lrn = made.lrn
    if lrn is not None:
        _require(_whole(lrn.size, 1, 1000))
        _require(all(_real(n, 0, LARGEST_NUMBER) for n in (lrn.alpha, lrn.beta, lrn.k)))
    return made


def preprocessing(made: Preprocessing) -> Preprocessing:
    """Return how photos become the input, if they can.

    Raises
    ------
    ValueError, TypeError
        If they cannot.
    """
    sides = (made.height, made.width, made.short_side)
    _require(all(_whole(side, 1, LARGEST_INPUT) for side in sides))
    _require(made.resize in ("squeeze", "short_side") and made.channels in ("RGB", "BGR"))
    numbers = (made.scale, *made.mean, *made.std)
    _require(all(_real(number, -LARGEST_NUMBER, LARGEST_NUMBER) for number in numbers))
    _require(len(made.mean) == len(made.std) == 3 and made.scale > 0 and min(made.std) > 0)
    return made


def class_names(text: str) -> tuple[str, ...]:
    """Return class names, of a JSON list of strings or numbers.

    Raises
    ------
    ValueError
        If it is none.
    """
    names = json.loads(text)
    _require(isinstance(names, list) and all(isinstance(name, str | int) for name in names))
    return tuple(str(name) for name in names)


def heads(text: str) -> dict[str, HeadState]:
    """Return the heads' states, of a JSON object.

    Raises
    ------
    ValueError
        If there are states that no head can have.
    """
    states = json.loads(text)
    _require(isinstance(states, dict) and all(s in get_args(HeadState) for s in states.values()))
    return {head: states.get(head, "absent") for head in HEADS}


def state(tensors: Mapping[str, Tensor], made: Variant, what: str) -> dict[str, Tensor]:
    """Return the variant's tensors, those that the file has; shapes are checked first.

    Raises
    ------
    CheckpointError
        If one has another shape, or anything but real numbers in it.
    """
    found = {}
    for name, wanted in shapes(made).items():
        if name in tensors:
            shape = shape_of(tensors, name)
            if shape != wanted:
                raise CheckpointError(misshapen(what, name, shape, wanted))
            found[name] = admitted(tensors[name], name)
    return found


def readable_name(name: str) -> str:
    """Return a variant's name fit for a sentence."""
    return readable(name, 60)


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError


def _whole(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _real(value: object, least: float, most: float) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return math.isfinite(value) and least <= value <= most
