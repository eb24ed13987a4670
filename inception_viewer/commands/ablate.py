"""``inception-viewer ablate``: what each branch is worth, or what one intervention does."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any

from inception_viewer.analysis import answer
from inception_viewer.analysis.files import write_rows
from inception_viewer.file_questions import WriteRows
from inception_viewer.intervention_questions import (
    BranchImportance,
    BranchImportanceAnswer,
    Table,
)
from inception_viewer.intervention_words import Row, importance_rows
from inception_viewer.lab import Lab
from inception_viewer.questions import CheckpointInfo, ImageInfo, Scene

from .classes import class_index
from .intervened import intervened
from .photos import opened
from .progress import FAILED, ConsoleProgress, attempt, show

Found = tuple[Sequence[Row], dict[str, Any], str]


def run(options: argparse.Namespace) -> int:
    """Ablate, print the numbers and return the exit code."""

    def work(progress: ConsoleProgress) -> Found:
        with progress.stoppable():
            found = _asked(options, progress)
        if options.csv:
            write_rows(WriteRows(tuple(found[0]), options.csv), Lab(), progress)
        return found

    found, code = attempt(work)
    if code:
        return code
    _, values, text = found
    if options.json:
        text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
    return 0 if show(text) else FAILED


def _asked(options: argparse.Namespace, progress: ConsoleProgress) -> Found:
    lab = Lab(options.device)
    info = lab.attempt(lambda: lab.open_checkpoint(options.checkpoint), progress.notice)
    target = None if options.target is None else class_index(options.target, info.classes)
    try:
        images = opened(options.images, lab, progress)
        folder = [options.references] if options.references else []
        means = tuple(one.id for one in opened(folder, lab, progress)) if folder else ()
        scenes = tuple(Scene(info.fingerprint, one.id, info.preprocessing) for one in images)
        if options.units:
            return intervened(options, lab, info, images, means, target, progress)
        question = BranchImportance(
            scenes,
            options.head,
            target,
            options.mode,
            means,
            options.reductions,
            options.conductance,
            options.projections,
        )
        found: BranchImportanceAnswer = answer(question, lab, progress)
        return (
            importance_rows(found, info.classes),
            as_json(found, images, info),
            as_text(found, info),
        )
    finally:
        progress.clear()


def as_json(
    found: BranchImportanceAnswer, images: Sequence[ImageInfo], info: CheckpointInfo
) -> dict[str, Any]:
    """Return a table of branches as JSON-able values."""
    asked = found.question
    tables: Mapping[str, Table] = {
        "logit_drop": found.logit_drop,
        "logit_spread": found.logit_spread,
        "probability_drop": found.probability_drop,
        "probability_spread": found.probability_spread,
        "conductance": found.conductance or {},
    }
    return {
        "checkpoint": found.provenance.fingerprint,
        "head": asked.head,
        "head_state": info.heads.get(asked.head, "absent"),
        "mode": asked.mode,
        "references": len(asked.references),
        "photos": [
            {
                "name": image.name,
                "image": image.id,
                "target": {"index": target, "name": info.classes[target]},
                "logit": found.logits[place],
                "probability": found.probabilities[place],
            }
            for place, (image, target) in enumerate(zip(images, found.targets, strict=True))
        ],
        "branches": {
            module: {
                branch: {
                    name: table[module][branch]
                    for name, table in tables.items()
                    if branch in table.get(module, {})
                }
                for branch in row
            }
            for module, row in found.logit_drop.items()
        },
        "disagreements": list(found.disagreements),
    }


def as_text(found: BranchImportanceAnswer, info: CheckpointInfo) -> str:
    """Return the tables for people: logit, then probability in percent, with spreads."""
    asked, several = found.question, found.photos > 1
    same = set(found.targets)
    of = f"“{info.classes[found.targets[0]]}”" if len(same) == 1 else "each photo's top class"
    how = "set to zero" if asked.mode == "zero" else "held at its mean over the references"
    over = f", mean over {found.photos} photos ± deviation" if several else ""
    lines = [f"What {of} loses in {asked.head} when a branch is {how}{over}."]
    for title, table, spread, factor in (
        ("logit", found.logit_drop, found.logit_spread, 1.0),
        ("probability, percentage points", found.probability_drop, found.probability_spread, 100.0),
    ):
        lines += ["", *_lines(title, table, spread if several else None, factor)]
    if found.conductance:
        title = "conductance: the share of the logit's rise from a black picture"
        lines += ["", *_lines(title, found.conductance, None, 1.0)]
    return "\n".join([*lines, *([""] if found.disagreements else []), *found.disagreements])


def _lines(title: str, table: Table, spread: Table | None, factor: float) -> list[str]:
    places = list(next(iter(table.values())))
    wide = 16 if spread else 11
    lines = [title, f"{'':14}" + "".join(f"{place:>{wide}}" for place in places)]
    for module, row in table.items():
        cells = [f"{factor * value:.3f}" for value in row.values()]
        if spread is not None:
            each = (f"{factor * spread[module][place]:.3f}" for place in row)
            cells = [f"{cell} ± {one}" for cell, one in zip(cells, each, strict=True)]
        lines.append(f"{module:14}" + "".join(f"{cell:>{wide}}" for cell in cells))
    return lines
