"""``inception-viewer index``: what in a folder's photos excites each channel most."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from inception_viewer import index_events
from inception_viewer.analysis.indexing import place_for
from inception_viewer.analysis.parallel import OtherFailedError, SaidByFirstError
from inception_viewer.index_questions import BuildIndex, IndexAnswer, TopPhotos, TopPhotosAnswer
from inception_viewer.lab import Lab
from inception_viewer.runner import Cancel

from .background import get_along
from .progress import FAILED, ConsoleProgress, EventProgress, ask, failure, say, show, tell_programs
from .several import joined, speaks

NAMED = 10
"""Unreadable photos that are named."""
STOPPED = "stopped; what was found is kept, and the same command goes on from there."


def run(options: argparse.Namespace) -> int:
    """Make an index, or show what it has of a channel, and return the exit code."""
    get_along(background=options.background)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        return _run(options, sys.stderr if speaks() else nowhere)


def _run(options: argparse.Namespace, people: TextIO) -> int:
    events = options.json and options.show is None
    tell = tell_programs if events and speaks() else None
    progress = EventProgress(index_events.answered, people, tell)
    try:
        if options.show is not None:
            return 0 if show(_shown(options, progress)) else FAILED
        with joined(progress, options.device):
            answer = ask(options.checkpoint, options.device, _Asking(options, progress), progress)
    except Cancel:
        if speaks():
            say(STOPPED)
        return 128 + progress.received if progress.received else FAILED
    except Exception as error:
        if not speaks() and isinstance(error, SaidByFirstError | OtherFailedError):
            return FAILED  # the first one says it
        sentence = failure(error)
        if progress.tell is not None:
            show(json.dumps(index_events.refused(sentence)))
        say(sentence)
        return FAILED
    if speaks():
        show(json.dumps(index_events.answered(answer)) if events else as_text(answer))
    return 0


class _Asking:
    """Makes the question, and tells programs that the checkpoint is open."""

    def __init__(self, options: argparse.Namespace, progress: EventProgress) -> None:
        self.options, self.progress = options, progress

    def __call__(self, checkpoint: str) -> BuildIndex:
        if self.progress.tell is not None:
            self.progress.tell(index_events.opened(checkpoint))
        return question_of(self.options, checkpoint)


def question_of(options: argparse.Namespace, checkpoint: str) -> BuildIndex:
    """Return the question that the command line asks about an open checkpoint."""
    return BuildIndex(
        checkpoint,
        options.folder,
        out=options.out or "",
        preprocessing=options.preprocessing,
        most=options.most,
    )


def as_text(answer: IndexAnswer) -> str:
    """Return what came of it in lines."""
    info = answer.info
    lines = [
        f"{info.path}: the {info.most} photos of {info.photos:,} in {info.folder} that excite each"
        f" of {info.channels:,} channels most"
    ]
    if info.unreadable:
        photos = "photo" if info.unreadable == 1 else "photos"
        lines.append(f"{info.unreadable:,} {photos} could not be read:")
    lines += [f"  {path}: {why}" for path, why in answer.failures[:NAMED]]
    if len(answer.failures) > NAMED:
        lines.append("  …")
    return _printable("\n".join(lines))


# --- what it has of a channel --------------------------------------------------------


def _shown(options: argparse.Namespace, progress: ConsoleProgress) -> str:
    unit, channel = options.show

    def question(checkpoint: str) -> TopPhotos:
        asked = question_of(options, checkpoint)
        made = asked.preprocessing or lab.info(checkpoint).preprocessing
        index = place_for(asked, made, Path(options.folder).absolute())
        return TopPhotos(str(index), checkpoint, unit, channel)

    from inception_viewer.analysis import answer

    lab = Lab(options.device)
    with progress.stoppable():
        info = lab.attempt(lambda: lab.open_checkpoint(options.checkpoint), progress.notice)
        found: TopPhotosAnswer = answer(question(info.fingerprint), lab, progress)
    progress.clear()
    if options.json:
        return json.dumps(shown_as_json(found), indent=2)
    return _printable(shown_as_text(found))


def shown_as_json(found: TopPhotosAnswer) -> dict[str, Any]:
    """Return a channel's top photos as JSON-able values."""
    return {
        "unit": found.question.unit,
        "channel": found.question.channel,
        "index": index_events.info_as_json(found.info),
        "photos": [
            {
                "path": photo.path,
                "activation": photo.activation,
                "position": list(photo.position),
                "box": list(photo.box),
                "problem": photo.problem,
            }
            for photo in found.photos
        ],
    }


def shown_as_text(found: TopPhotosAnswer) -> str:
    """Return a channel's top photos as a table for people."""
    asked, info = found.question, found.info
    far = "" if info.complete else f", of which {info.photos + info.unreadable:,} were looked at"
    lines = [
        f"{asked.unit}, channel {asked.channel}: {info.found:,} photos in {info.folder}{far}",
        f"{'activation':>10}  {'row, column':11}  {'left, top, right, bottom':24}  photo",
    ]
    for photo in found.photos:
        at, box = (", ".join(map(str, numbers)) for numbers in (photo.position, photo.box))
        problem = f"  ({photo.problem})" if photo.problem else ""
        lines.append(f"{photo.activation:10.4g}  {at:11}  {box:24}  {photo.path}{problem}")
    if not found.photos:
        lines.append("No photo excites it.")
    return "\n".join(lines)


def _printable(text: str) -> str:
    """Return a text whose names can be written, whatever bytes they are on the disk."""
    return text.encode("utf-8", "replace").decode("utf-8")
