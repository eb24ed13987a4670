"""Fits for the tests of the window that fits heads: made answers, and a child that obeys."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from inception_viewer import fit_events
from inception_viewer.folder_questions import (
    FitHeads,
    FitPlan,
    FittedHeads,
    HeadFit,
    LeftOut,
    PlanFit,
    Share,
)

APART = 150
CHILD = """\
import json, signal, sys, time
from pathlib import Path
for step in json.loads(sys.argv[1]):
    kind, value = step
    if kind == "say":
        print(value, flush=True)
    elif kind == "raw":
        sys.stdout.buffer.write(value.encode("latin-1")); sys.stdout.flush()
    elif kind == "long":
        print("x" * value, flush=True)
    elif kind == "err":
        print(value, file=sys.stderr, flush=True)
    elif kind == "file":
        Path(value).write_bytes(b"half of it")
    elif kind == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif kind == "wait":
        end = time.monotonic() + value
        while time.monotonic() < end:
            time.sleep(0.01)
    elif kind == "flood":
        while True:
            print("no event at all " * 50)
    elif kind == "exit":
        sys.exit(value)
"""
"""Does as it is told by a list of (what, with what): a child without torch."""


def head(
    name: str,
    before: int | None,
    after: int,
    *,
    fitted: bool = True,
    right: int | None = None,
    chance: int = 16,
) -> HeadFit:
    """A head's fit, in photos of 150."""
    was = None if before is None else Share(before, APART)
    return HeadFit(
        head=name,
        before=was,
        after=Share(after, APART),
        chance=Share(chance, APART),
        accuracy_before=None if right is None else was,
        accuracy=None if right is None else Share(right, APART),
        fitted=fitted,
        state_before="absent" if before is None else "untrained",
    )


def answer(
    question: FitHeads, *heads: HeadFit, path: str = "", epochs: int = 3, partial: bool = False
) -> FittedHeads:
    """What came of a fit on 1,350 photos."""
    given = heads or (head("aux1", 2, 130, right=128), head("aux2", 1, 141, right=139))
    about = {"images": 1350, "heads": {one.head: {} for one in given if one.fitted}}
    return FittedHeads(
        question=question,
        path=path,
        photos=1350,
        validation=APART,
        targets="labels",
        heads={one.head: one for one in given},
        loss=tuple(round(9.0 / (place + 1), 4) for place in range(epochs)),
        feature_bytes=100_000_000,
        unreadable=(),
        unreadable_count=0,
        seconds=46.0,
        partial=partial,
        metadata={"fitted": json.dumps(about)} if path else {},
    )


def plan(question: FitHeads, *, left_out: tuple[LeftOut, ...] = ()) -> FitPlan:
    """What it would take."""
    learned = "main" if left_out else "labels"
    return FitPlan(
        PlanFit(question), 9146, 1500, APART, learned, not left_out, left_out, 52.0, 100_000_000
    )


def said(event: dict[str, object]) -> tuple[str, str]:
    """A step in which the child says an event."""
    return "say", json.dumps(event)


def progress(fraction: float, text: str, left: float | None = 20.0) -> tuple[str, str]:
    """A step in which the child says how far it is."""
    event = {"event": "progress", "fraction": fraction, "seconds_left": left, "text": text}
    return said(event)


def opened(question: FitHeads) -> tuple[str, str]:
    """A step in which the child has opened the very checkpoint."""
    return said(fit_events.opened(question.checkpoint))


def child(*steps: tuple[str, object]) -> list[str]:
    """The program and arguments of a child that takes these steps."""
    return [sys.executable, "-I", "-c", CHILD, json.dumps(steps)]


def photos(folder: Path, count: int = 60) -> Path:
    """A folder of so many small photos, red and blue in turn."""
    from PIL import Image

    for index in range(count):
        colour = ((200, 30, 30), (30, 40, 220))[index % 2]
        place = folder / ("red", "blue")[index % 2]
        place.mkdir(parents=True, exist_ok=True)
        shade = tuple(min(255, value + index) for value in colour)
        Image.new("RGB", (48, 40), shade).save(place / f"{index}.png")
    return folder
