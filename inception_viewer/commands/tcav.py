"""``inception-viewer tcav``: whether a class rests on concepts that are given by example."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from inception_viewer import concept_words
from inception_viewer.analysis import answer
from inception_viewer.analysis.files import write_rows
from inception_viewer.concept_questions import Concept, ConceptAnswer, TestConcepts
from inception_viewer.file_questions import WriteRows
from inception_viewer.lab import Lab

from .classes import class_index
from .progress import FAILED, ConsoleProgress, attempt, show

DEFAULT_UNIT = "inception4d"


def run(options: argparse.Namespace) -> int:
    """Test the concepts, print the numbers and return the exit code."""

    def work(progress: ConsoleProgress) -> list[ConceptAnswer]:
        answers = _ask(options, progress)
        if options.csv:
            write_rows(WriteRows(concept_words.rows(answers), options.csv), Lab(), progress)
        return answers

    answers, code = attempt(work)
    if code:
        return code
    if options.json:
        values = [as_json(one) for one in answers]
        text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
    else:
        text = concept_words.as_text(answers)
    return 0 if show(text) else FAILED


def _ask(options: argparse.Namespace, progress: ConsoleProgress) -> list[ConceptAnswer]:
    """Ask for every unit in turn."""
    with progress.stoppable():
        lab = Lab(options.device)
        info = lab.attempt(lambda: lab.open_checkpoint(options.checkpoint), progress.notice)
        target = class_index(options.target, info.classes)
        units = list(dict.fromkeys(options.units or [DEFAULT_UNIT]))
        question = TestConcepts(
            info.fingerprint,
            units[0],
            options.head,
            target,
            tuple(Concept(*_named(text)) for text in options.concepts),
            options.random,
            options.photos,
            options.runs,
            options.most,
            options.seed,
            together=len(units),
        )
        try:
            asked = (replace(question, unit=unit) for unit in units)
            return [answer(one, lab, progress) for one in asked]
        finally:
            progress.clear()


def _named(text: str) -> tuple[str, str]:
    """Return a concept's name and folder, of ``NAME=FOLDER`` or of a folder by itself."""
    name, equals, folder = text.partition("=")
    if equals and name and not Path(text).is_dir():
        return name, folder
    return Path(text).resolve().name, text


def as_json(answer: ConceptAnswer) -> dict[str, Any]:
    """Return the numbers of one unit as JSON-able values; what is not a number is null."""
    asked = answer.question
    return {
        "checkpoint": answer.provenance.fingerprint,
        "unit": asked.unit,
        "head": asked.head,
        "target": {"index": asked.target, "name": answer.target_name},
        "photos": answer.photos,
        "random_photos": answer.random_photos,
        "random_scores": list(answer.random_scores),
        "random_score": answer.random_score,
        "random_spread": _number(answer.random_spread),
        "concepts": [
            {
                "name": one.name,
                "folder": concept.folder,
                "examples": one.photos,
                "scores": list(one.scores),
                "score": one.score,
                "spread": _number(one.spread),
                "p_value": _number(one.p_value),
                "accuracy": one.accuracy,
                "verdict": concept_words.verdict(one, answer),
                "sentence": one.sentence,
                "note": one.note,
            }
            for one, concept in zip(answer.concepts, asked.concepts, strict=True)
        ],
        "runs": asked.runs,
        "most": asked.most,
        "seed": asked.seed,
        "together": asked.together,
        "preprocessing": asdict(answer.provenance.preprocessing),
        "device": answer.provenance.device,
        "seconds": round(answer.provenance.seconds, 2),
        "note": answer.note,
        "unreadable": [{"path": path, "problem": why} for path, why in answer.unreadable],
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
