"""``inception-viewer inspect``: exactly what a checkpoint is."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from inception_viewer.runner import Cancel
from inception_viewer.verdict_questions import Judge
from inception_viewer.verdict_words import as_json, as_text

from .progress import FAILED, ConsoleProgress, ask, failure, say


def _notices(event: dict[str, Any]) -> None:
    """Tell what happened on the way, and nobody how far it is."""
    if event["event"] == "notice":
        say(event["message"])


def run(options: argparse.Namespace) -> int:
    """Judge the checkpoint, print the verdict and return the exit code."""
    # It takes seconds: where a line cannot be written over again there is nothing to tell.
    progress = ConsoleProgress(sys.stderr, None if sys.stderr.isatty() else _notices)
    try:
        verdict = ask(options.checkpoint, options.device, Judge, progress)
    except Cancel:
        return 128 + progress.received
    except Exception as error:
        say(failure(error))
        return FAILED
    if options.json:
        print(json.dumps(as_json(verdict), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print(as_text(verdict))
    return 0
