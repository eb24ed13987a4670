"""``inception-viewer fit-heads``: auxiliary heads for a checkpoint whose own mean nothing."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from inception_viewer.fitted import fitted_phrase, read_fitted
from inception_viewer.folder_questions import FitHeads, FittedHeads
from inception_viewer.runner import Cancel

from .progress import FAILED, ConsoleProgress, ask, duration, failure, say, show


def run(options: argparse.Namespace) -> int:
    """Fit the heads, say what came of it and return the exit code."""
    progress = ConsoleProgress(sys.stderr, _tell if options.json else None)

    def question(checkpoint: str) -> FitHeads:
        return FitHeads(
            checkpoint,
            options.folder,
            out=options.out or "",
            targets=options.targets,
            most=options.images,
            epochs=options.epochs,
            seed=options.seed,
            validation_share=options.validation_share,
        )

    try:
        answer = ask(options.checkpoint, options.device, question, progress)
    except Cancel:
        say("stopped; nothing was written.")
        return 128 + progress.received if progress.received else FAILED
    except Exception as error:
        sentence = failure(error)
        if options.json:
            _tell({"event": "error", "message": sentence})
        say(sentence)
        return FAILED
    show(json.dumps(as_json(answer), ensure_ascii=False) if options.json else as_text(answer))
    return 0 if answer.path else FAILED


def _tell(event: dict[str, Any]) -> None:
    if not show(json.dumps(event, ensure_ascii=False)):
        raise Cancel  # nobody is left to read what would come of it


def as_text(answer: FittedHeads) -> str:
    """Return what came of it in lines."""
    learned = {"main": "", "labels": " and the photos' classes"}
    lines = [
        f"fitted to the main head's answers{learned[answer.targets]} on {answer.photos:,} photos,"
        f" {answer.validation:,} kept apart, in {duration(answer.seconds)};"
        f" the trunk's outputs took {answer.feature_bytes / 1e6:,.0f} MB"
    ]
    for head in answer.heads.values():
        lines.append(head.sentence)
        if head.accuracy is not None:
            before = head.accuracy_before
            was = f", before {before.value:.0%}" if before is not None else ""
            lines.append(f"{head.head} names the class of {head.accuracy.value:.0%} of them{was}.")
    if answer.unreadable_count:
        lines.append(f"{answer.unreadable_count} photos could not be read.")
    if answer.path:
        lines.append(f"wrote {answer.path}: {fitted_phrase(answer.metadata)}")
    else:
        lines.append("No head was fitted, and nothing was written.")
    return "\n".join(lines)


def as_json(answer: FittedHeads) -> dict[str, Any]:
    """Return what came of it as one event."""
    return {
        "event": "done",
        "path": answer.path,
        "photos": answer.photos,
        "validation": answer.validation,
        "targets": answer.targets,
        "seconds": round(answer.seconds, 1),
        "feature_bytes": answer.feature_bytes,
        "unreadable": answer.unreadable_count,
        "loss": [round(value, 4) for value in answer.loss],
        "heads": {
            name: {
                "fitted": head.fitted,
                "sentence": head.sentence,
                "before": None if head.before is None else head.before.value,
                "after": head.after.value,
                "after_interval": list(head.after.interval),
                "chance": head.chance.value,
                "accuracy_before": (
                    None if head.accuracy_before is None else head.accuracy_before.value
                ),
                "accuracy": None if head.accuracy is None else head.accuracy.value,
            }
            for name, head in answer.heads.items()
        },
        "fitted": dict(read_fitted(answer.metadata)),
    }
