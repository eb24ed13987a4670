"""What ``fit-heads --json`` says, a JSON object a line: written by it, read by the window.

Neither torch nor Qt is imported.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias, TypeVar

from .fitted import KEY, read_fitted
from .folder_questions import FitHeads, FittedHeads, HeadFit, Share
from .questions import Preprocessing

NAMED = 20
"""Unreadable photos that are named with the reason; all are counted."""


@dataclass(frozen=True)
class Opened:
    """The checkpoint is open: what fit begins from."""

    fingerprint: str


@dataclass(frozen=True)
class Progressed:
    """A share done in [0, 1], the seconds left or None, and what is being done."""

    fraction: float
    seconds_left: float | None
    text: str


@dataclass(frozen=True)
class Noticed:
    """Something happened on the way that one should know; one sentence."""

    sentence: str


@dataclass(frozen=True)
class Refused:
    """It cannot be done; one sentence for people."""

    sentence: str


Told: TypeAlias = Opened | Progressed | Noticed | Refused
"""What commands tell on the way, whatever the command."""
Event: TypeAlias = Told | FittedHeads
"""A :class:`FittedHeads` is partial after each epoch."""


Answer = TypeVar("Answer")


class EventError(ValueError):
    """A line that is no event."""


# --- written -------------------------------------------------------------------------


def opened(fingerprint: str) -> dict[str, Any]:
    """Return the event of a checkpoint that is open."""
    return {"event": "opened", "fingerprint": fingerprint}


def refused(sentence: str) -> dict[str, Any]:
    """Return the event of something that cannot be done."""
    return {"event": "error", "message": sentence}


def answered(answer: FittedHeads) -> dict[str, Any]:
    """Return the event of an epoch's end, or of the end: what is known by then."""
    return {
        "event": "epoch" if answer.partial else "done",
        "path": answer.path,
        "photos": answer.photos,
        "validation": answer.validation,
        "targets": answer.targets,
        "seconds": round(answer.seconds, 1),
        "feature_bytes": answer.feature_bytes,
        "unreadable": answer.unreadable_count,
        "unreadable_photos": [list(pair) for pair in answer.unreadable[:NAMED]],
        "loss": [round(value, 4) for value in answer.loss],
        "heads": {name: _head(head) for name, head in answer.heads.items()},
        "fitted": dict(read_fitted(answer.metadata)),
    }


def _head(head: HeadFit) -> dict[str, Any]:
    shares = {name: getattr(head, name) for name in SHARES}
    return {
        "fitted": head.fitted,
        "sentence": head.sentence,
        "state_before": head.state_before,
        **{name: None if share is None else share.value for name, share in shares.items()},
        "after_interval": list(head.after.interval),
        "counts": {name: None if s is None else [s.right, s.of] for name, s in shares.items()},
    }


SHARES = ("before", "after", "chance", "accuracy_before", "accuracy")
"""A :class:`HeadFit`'s."""


def preprocessing_as_json(preprocessing: Preprocessing) -> str:
    """Return a preprocessing as ``--preprocessing`` takes it."""
    return json.dumps(asdict(preprocessing))


# --- read ----------------------------------------------------------------------------


def read(line: str, question: FitHeads) -> Event:
    """Return what a line says about the fit that was asked for.

    Raises
    ------
    EventError
        If it is no event.
    """

    def answer(said: Mapping[str, Any]) -> FittedHeads | None:
        known = said["event"] in ("epoch", "done")
        return _answer(said, question, partial=said["event"] == "epoch") if known else None

    return read_line(line, answer)


def read_line(line: str, answer: Callable[[Mapping[str, Any]], Answer | None]) -> Told | Answer:
    """Return what a line says; ``answer`` reads a command's own events, and is None for others.

    Raises
    ------
    EventError
        If it is no event.
    """
    found: Told | Answer | None
    try:
        said = json.loads(line)
        found = _told(said)
        if found is None:
            found = answer(said)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EventError(f"{error!r}") from None
    if found is None:
        raise EventError(f"the event “{said['event']}”")
    return found


def _told(said: Mapping[str, Any]) -> Told | None:
    kind = said["event"]
    if kind == "opened":
        return Opened(str(said["fingerprint"]))
    if kind == "notice":
        return Noticed(str(said["message"]))
    if kind == "error":
        return Refused(str(said["message"]))
    if kind == "progress":
        left = said["seconds_left"]
        seconds = None if left is None else float(left)
        return Progressed(float(said["fraction"]), seconds, str(said["text"]))
    return None


def _answer(said: Mapping[str, Any], question: FitHeads, *, partial: bool) -> FittedHeads:
    if said["targets"] not in ("main", "labels"):
        raise EventError(f"the targets “{said['targets']}”")
    fitted = dict(said["fitted"])
    return FittedHeads(
        question=question,
        path=str(said["path"]),
        photos=int(said["photos"]),
        validation=int(said["validation"]),
        targets=said["targets"],
        heads={str(name): _head_fit(name, head) for name, head in said["heads"].items()},
        loss=tuple(float(value) for value in said["loss"]),
        feature_bytes=int(said["feature_bytes"]),
        unreadable=tuple((str(path), str(why)) for path, why in said["unreadable_photos"]),
        unreadable_count=int(said["unreadable"]),
        seconds=float(said["seconds"]),
        partial=partial,
        metadata={KEY: json.dumps(fitted)} if fitted else {},
    )


def _head_fit(name: str, said: Mapping[str, Any]) -> HeadFit:
    shares = {key: _share(said["counts"][key]) for key in SHARES}
    after, chance = shares["after"], shares["chance"]
    if after is None or chance is None:
        raise EventError(f"{name} was not measured")
    return HeadFit(
        head=str(name),
        before=shares["before"],
        after=after,
        chance=chance,
        accuracy_before=shares["accuracy_before"],
        accuracy=shares["accuracy"],
        fitted=bool(said["fitted"]),
        state_before=said["state_before"],
    )


def _share(counts: Any) -> Share | None:
    if counts is None:
        return None
    right, of = counts
    return Share(int(right), int(of))


def preprocessing_from_json(text: str) -> Preprocessing:
    """Return the preprocessing that :func:`preprocessing_as_json` wrote.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        values = json.loads(text)
        for name in ("mean", "std"):
            red, green, blue = values[name]
            values[name] = (float(red), float(green), float(blue))
        made = Preprocessing(**values)
        sizes = (made.height, made.width, made.short_side)
        kinds = made.resize in ("squeeze", "short_side") and made.channels in ("RGB", "BGR")
        if not kinds or not all(type(size) is int and size > 0 for size in sizes):
            raise ValueError("its sizes or kinds")
        numbers = (made.scale, *made.mean, *made.std)
        if not all(map(math.isfinite, numbers)) or not made.scale or min(made.std) <= 0:
            raise ValueError("its numbers")
        return made
    except KeyError as error:
        raise ValueError(f"no preprocessing: it lacks “{error.args[0]}”") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"no preprocessing: {error}") from None
