"""``inception-viewer fit-heads``: auxiliary heads for a checkpoint whose own mean nothing."""

from __future__ import annotations

import argparse
import json
import sys

from inception_viewer import fit_events
from inception_viewer.fitted import fitted_phrase
from inception_viewer.folder_questions import FitHeads, FittedHeads
from inception_viewer.runner import Cancel

from .background import get_along
from .progress import (
    FAILED,
    EventProgress,
    ask,
    duration,
    failure,
    say,
    show,
    tell_programs,
)


def run(options: argparse.Namespace) -> int:
    """Fit the heads, say what came of it and return the exit code."""
    get_along(background=options.background)
    tell = tell_programs if options.json else None
    progress = EventProgress(fit_events.answered, sys.stderr, tell)

    def question(checkpoint: str) -> FitHeads:
        if options.json:
            tell_programs(fit_events.opened(checkpoint))
        return question_of(options, checkpoint)

    try:
        answer = ask(options.checkpoint, options.device, question, progress)
    except Cancel:
        say("stopped; nothing was written.")
        return 128 + progress.received if progress.received else FAILED
    except Exception as error:
        sentence = failure(error)
        if options.json:
            tell_programs(fit_events.refused(sentence))
        say(sentence)
        return FAILED
    if options.json:
        show(json.dumps(fit_events.answered(answer)))
    else:
        show(as_text(answer))
    return 0 if answer.path else FAILED


def question_of(options: argparse.Namespace, checkpoint: str) -> FitHeads:
    """Return the question that the command line asks about an open checkpoint."""
    return FitHeads(
        checkpoint,
        options.folder,
        out=options.out or "",
        targets=options.targets,
        most=options.images,
        epochs=options.epochs,
        seed=options.seed,
        validation_share=options.validation_share,
        preprocessing=options.preprocessing,
        names=options.names,
    )


def as_text(answer: FittedHeads) -> str:
    """Return what came of it in lines."""
    learned = {"main": "", "labels": " and the photos' classes"}
    lines = [
        f"fitted to the main head's answers{learned[answer.targets]} on {answer.photos:,} photos,"
        f" {answer.validation:,} kept apart, in {duration(answer.seconds)};"
        f" the trunk's outputs took {answer.feature_bytes / 1e6:,.0f} MB"
    ]
    for head in answer.heads.values():
        lines += [head.sentence, *filter(None, [head.accuracy_sentence])]
    if answer.unreadable_count:
        lines.append(f"{answer.unreadable_count} photos could not be read.")
    if answer.path:
        lines.append(f"wrote {answer.path}: {fitted_phrase(answer.metadata)}")
    else:
        lines.append("No head was fitted, and nothing was written.")
    return "\n".join(lines)
