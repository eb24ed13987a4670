"""What ``index --json`` says, a JSON object a line: written by it, read by the window.

Neither torch nor Qt is imported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from .fit_events import (
    EventError,
    Told,
    opened,
    preprocessing_from_json,
    read_line,
    refused,
)
from .index_questions import BuildIndex, IndexAnswer, IndexInfo
from .questions import Provenance

__all__ = ["Event", "EventError", "answered", "info_as_json", "opened", "read", "refused"]

Event: TypeAlias = Told | IndexAnswer
"""An :class:`IndexAnswer` is partial each time that the file was written."""


def answered(answer: IndexAnswer) -> dict[str, Any]:
    """Return the event of a file that was written, or of the end."""
    return {
        "event": "written" if answer.partial else "done",
        "index": info_as_json(answer.info),
        "unreadable_photos": [list(pair) for pair in answer.failures],
        "seconds": round(answer.provenance.seconds, 1),
        "device": answer.provenance.device,
    }


def info_as_json(info: IndexInfo) -> dict[str, Any]:
    """Return what an index is as JSON-able values."""
    return asdict(info)


def read(line: str, question: BuildIndex) -> Event:
    """Return what a line says about the index that was asked for.

    Raises
    ------
    EventError
        If it is no event.
    """

    def answer(said: Mapping[str, Any]) -> IndexAnswer | None:
        return _answer(said, question) if said["event"] in ("written", "done") else None

    return read_line(line, answer)


def _answer(said: Mapping[str, Any], question: BuildIndex) -> IndexAnswer:
    info = _info(said["index"])
    seconds, device = float(said["seconds"]), str(said["device"])
    return IndexAnswer(
        question,
        info,
        tuple((str(path), str(why)) for path, why in said["unreadable_photos"]),
        Provenance(info.fingerprint, info.preprocessing, seconds, device),
        partial=said["event"] == "written",
    )


def _info(said: Mapping[str, Any]) -> IndexInfo:
    return IndexInfo(
        path=str(said["path"]),
        fingerprint=str(said["fingerprint"]),
        preprocessing=preprocessing_from_json(json.dumps(said["preprocessing"])),
        folder=str(said["folder"]),
        photos=int(said["photos"]),
        found=int(said["found"]),
        unreadable=int(said["unreadable"]),
        most=int(said["most"]),
        channels=int(said["channels"]),
    )
