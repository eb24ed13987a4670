"""What options' values are, checked: each returns it or says in one clause what it is not."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..questions import Preprocessing


def position(text: str) -> tuple[int, int]:
    """Return ``ROW,COLUMN``."""
    row, _, column = text.partition(",")
    if not (row.strip().isdecimal() and column.strip().isdecimal()):
        raise argparse.ArgumentTypeError(f"“{text}” is not a row and a column, such as 3,5")
    return int(row), int(column)


def unit_and_channel(text: str) -> tuple[str, int]:
    """Return ``UNIT:CHANNEL``."""
    unit, _, channel = text.rpartition(":")
    if not unit or not channel.isdecimal():
        raise argparse.ArgumentTypeError(
            f"“{text}” is not a unit and a channel, such as inception4a/3x3:17"
        )
    return unit, int(channel)


def channels(text: str) -> tuple[int, ...]:
    """Return ``N,N,…``, each once."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"“{text}” is not a list of channels, such as 3,5")
    return tuple(dict.fromkeys(map(int, parts)))


def factor(text: str) -> float:
    """Return a factor of at least 0."""
    return _number(text, lambda value: 0 <= value < float("inf"), "a factor of at least 0")


def count(text: str) -> int:
    """Return a whole number of at least 1."""
    return int(_number(text, lambda value: value >= 1 and value == int(value), "a count"))


def bins(text: str) -> int:
    """Return how many bins a curve has."""
    wanted = "a whole number from 1 to 1000"
    return int(_number(text, lambda value: 1 <= value <= 1000 and value == int(value), wanted))


def folder(text: str) -> str:
    """Return a folder's path: nothing, as of a shell's empty variable, is not this folder."""
    if not text:
        raise argparse.ArgumentTypeError("name a folder, “.” for this one")
    return text


def batch_size(text: str) -> int:
    """Return a whole number of at least 2."""
    return int(_number(text, lambda value: value >= 2 and value == int(value), "a count above 1"))


def rate(text: str) -> float:
    """Return a number above 0."""
    return _number(text, lambda value: 0 < value < float("inf"), "a number above 0")


def share(text: str) -> float:
    """Return a share, from 0 to below 1."""
    return _number(text, lambda value: 0 <= value < 1, "a share from 0 to below 1")


def preprocessing(text: str) -> Preprocessing:
    """Return a preprocessing given as JSON."""
    from ..fit_events import preprocessing_from_json

    try:
        return preprocessing_from_json(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is {error}") from None


def _number(text: str, fits: Callable[[float], bool], wanted: str) -> float:
    try:
        value = float(text)
        fit = fits(value)
    except (ValueError, OverflowError):
        fit = False
    if not fit:
        raise argparse.ArgumentTypeError(f"“{text}” is not {wanted}")
    return value
