"""``inception-viewer evaluate``: how good a checkpoint is on labelled photos."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from inception_viewer.folder_questions import (
    Calibration,
    Evaluate,
    EvaluationAnswer,
    HeadEvaluation,
    Mistake,
    Share,
)
from inception_viewer.runner import Cancel

from .progress import FAILED, ConsoleProgress, ask, failure, say, show

SHOWN = 5
"""Lines of each list that people see; the JSON has all."""


def run(options: argparse.Namespace) -> int:
    """Evaluate, print the numbers and return the exit code."""
    progress = ConsoleProgress(sys.stderr)

    def question(checkpoint: str) -> Evaluate:
        return Evaluate(
            checkpoint,
            options.folder,
            list_file=options.list or "",
            csv=options.csv or "",
            bins=options.bins,
            worst=options.worst,
        )

    try:
        answer = ask(options.checkpoint, options.device, question, progress)
    except Cancel:
        say("stopped; nothing was written.")
        return 128 + progress.received
    except Exception as error:
        say(failure(error))
        return FAILED
    if options.json:
        text = json.dumps(as_json(answer), indent=2, ensure_ascii=False, allow_nan=False)
    else:
        text = as_text(answer)
    return 0 if show(text) else FAILED


# --- for people ----------------------------------------------------------------------


def as_text(answer: EvaluationAnswer) -> str:
    """Return the numbers in lines."""
    classes = int((answer.count > 0).sum())
    lines = [f"{answer.photos:,} photos of {classes} of {len(answer.classes)} classes"]
    for name, head in answer.heads.items():
        mean = answer.mean_per_class(name)
        lines.append(
            f"{name:5} {_state(head)}first {_share(head.top1)}, among five {_share(head.top5)},"
            f" mean per class {mean:.1%}, calibration error"
            f" {head.calibration.expected_error:.1%}"
        )
    if "main" in answer.heads:
        lines += _worst(answer, answer.heads["main"])
    lines += [_left_out(name, n, reason) for name, n, reason in _reasons(answer)]
    if answer.unreadable_count:
        lines.append(f"{answer.unreadable_count} photos could not be read:")
        lines += [f"  {problem}" for _, problem in answer.unreadable[:SHOWN]]
        if answer.unreadable_count > SHOWN:
            lines.append("  …")
    return "\n".join(lines)


def _state(head: HeadEvaluation) -> str:
    return "" if head.state == "trained" else f"({head.state}) "


def _share(share: Share) -> str:
    low, high = share.interval
    return f"{share.value:.1%} ({low:.1%} to {high:.1%})"


def _worst(answer: EvaluationAnswer, head: HeadEvaluation) -> list[str]:
    lines = []
    confusions = head.confusion.worst(SHOWN)
    if confusions:
        lines.append("commonest confusions of the main head:")
        lines += [
            f"  “{answer.classes[was]}” taken for “{answer.classes[said]}”: {count}"
            for was, said, count in confusions
        ]
    if head.mistakes:
        lines.append("surest mistakes of the main head:")
        lines += [
            f"  {m.path}: said “{answer.classes[m.said]}” {m.probability:.0%},"
            f" was “{answer.classes[m.was]}” {m.probability_of_truth:.0%}"
            for m in head.mistakes[:SHOWN]
        ]
    return lines


def _reasons(answer: EvaluationAnswer) -> list[tuple[str, int, str]]:
    return [(left.name, left.photos, left.reason) for left in answer.left_out]


def _left_out(name: str, photos: int, reason: str) -> str:
    plural = "photo" if photos == 1 else "photos"
    return f"left out: “{name}” ({photos} {plural}): {reason}"


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
