"""``inception-viewer evaluate``: how good a checkpoint is on labelled photos."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from inception_viewer.evaluation_words import as_text
from inception_viewer.folder_questions import (
    Calibration,
    Evaluate,
    EvaluationAnswer,
    HeadEvaluation,
    Mistake,
    Share,
)

from .progress import FAILED, ask, show
from .several import SharedProgress, attempt, speaks


def run(options: argparse.Namespace) -> int:
    """Evaluate, print the numbers and return the exit code."""

    def question(checkpoint: str) -> Evaluate:
        return Evaluate(
            checkpoint,
            options.folder,
            list_file=options.list or "",
            csv=options.csv or "",
            bins=options.bins,
            worst=options.worst,
        )

    def work(progress: SharedProgress) -> EvaluationAnswer:
        found: EvaluationAnswer = ask(options.checkpoint, options.device, question, progress)
        return found

    answer, code = attempt(work, options.device, "stopped; nothing was written.")
    if code or not speaks():
        return code
    if options.json:
        text = json.dumps(as_json(answer), indent=2, ensure_ascii=False, allow_nan=False)
    else:
        text = as_text(answer)
    return 0 if show(text) else FAILED


# --- for programs --------------------------------------------------------------------


def as_json(answer: EvaluationAnswer) -> dict[str, Any]:
    """Return all the numbers as JSON-able values; what is not a number is null."""
    values = {
        "checkpoint": answer.provenance.fingerprint,
        "folder": answer.question.folder,
        "list": answer.question.list_file or None,
        "preprocessing": asdict(answer.provenance.preprocessing),
        "device": answer.provenance.device,
        "seconds": round(answer.provenance.seconds, 2),
        "photos": answer.photos,
        "classes": list(answer.classes),
        "photos_per_class": answer.count.tolist(),
        "heads": {name: _head(answer, head) for name, head in answer.heads.items()},
        "left_out": [asdict(left) for left in answer.left_out],
        "unreadable": {
            "count": answer.unreadable_count,
            "photos": [{"path": path, "problem": why} for path, why in answer.unreadable],
        },
    }
    plain: dict[str, Any] = _plain(values)
    return plain


def _head(answer: EvaluationAnswer, head: HeadEvaluation) -> dict[str, Any]:
    confusion = head.confusion
    return {
        "state": head.state,
        "note": head.note,
        "top1": _interval(head.top1),
        "top5": _interval(head.top5),
        "mean_per_class": answer.mean_per_class(head.head),
        "right_per_class": head.right.tolist(),
        "among_five_per_class": head.right5.tolist(),
        "confusion": np.stack([confusion.was, confusion.said, confusion.count], 1).tolist(),
        "expected_calibration_error": head.calibration.expected_error,
        "calibration": _bins(head.calibration),
        "worst_mistakes": [_mistake(answer, mistake) for mistake in head.mistakes],
    }


def _bins(calibration: Calibration) -> list[dict[str, float]]:
    edges = calibration.edges.tolist()
    columns = (edges[:-1], edges[1:], calibration.count, calibration.confidence)
    names = ("from", "to", "photos", "confidence", "accuracy")
    rows = zip(*(np.asarray(c).tolist() for c in (*columns, calibration.accuracy)), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _interval(share: Share) -> dict[str, float]:
    low, high = share.interval
    return {
        "right": share.right,
        "of": share.of,
        "share": share.value,
        "low": low,
        "high": high,
    }


def _mistake(answer: EvaluationAnswer, mistake: Mistake) -> dict[str, Any]:
    return {
        "path": mistake.path,
        "said": answer.classes[mistake.said],
        "was": answer.classes[mistake.was],
        "probability": mistake.probability,
        "probability_of_truth": mistake.probability_of_truth,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
