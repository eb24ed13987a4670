"""``inception-viewer compare FILE IMAGE… --with OTHER``: two checkpoints before the same photos."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import Any

from inception_viewer import comparison_words as words
from inception_viewer.analysis import answer
from inception_viewer.comparison_questions import (
    PROFILE_MEASURES,
    CheckpointsAnswer,
    CompareCheckpoints,
    ProfileMeasure,
)
from inception_viewer.lab import Lab
from inception_viewer.questions import CheckpointInfo, Scene

from .photos import opened
from .progress import ConsoleProgress


def compared(
    options: argparse.Namespace, lab: Lab, info: CheckpointInfo, progress: ConsoleProgress
) -> tuple[tuple[words.Row, ...], dict[str, Any], str]:
    """Compare an open checkpoint with ``options.other``; return table, values and text."""
    other = lab.attempt(lambda: lab.open_checkpoint(options.other), progress.notice)
    images = opened(options.images, lab, progress)
    sides = [
        tuple(Scene(one.fingerprint, image.id, one.preprocessing) for image in images)
        for one in (info, other)
    ]
    found: CheckpointsAnswer = answer(CompareCheckpoints(*sides), lab, progress)
    names, infos = [image.name for image in images], (info, other)
    return (
        words.checkpoint_rows(found, names, [one.classes for one in infos]),
        as_json(found, names, infos),
        as_text(found, infos, options.measure),
    )


def as_json(
    found: CheckpointsAnswer, names: Sequence[str], infos: Sequence[CheckpointInfo]
) -> dict[str, Any]:
    """Return a comparison as JSON-able values; what is not a number is null."""
    measures: list[ProfileMeasure] = list(PROFILE_MEASURES)  # type: ignore[arg-type]
    return {
        "checkpoints": [
            {"name": one.name, "checkpoint": one.fingerprint, "heads": dict(one.heads)}
            for one in infos
        ],
        "kinship": found.kinship,
        "matched": found.matched,
        "sentence": words.kinship_sentence(found),
        "cka": {m: value if math.isfinite(value) else None for m, value in found.cka.items()},
        "cka_note": found.cka_note,
        "differences": {m: apart for m, (apart, _) in found.differences.items()},
        "agreement": dict(found.agree),
        "photos": [
            {
                "name": name,
                "image": found.question.first[place].image,
                "tops": {
                    head: [one.classes[top] for one, top in zip(infos, tops[place], strict=True)]
                    for head, tops in found.tops.items()
                },
                "shares": {
                    measure: [profile.table(measure, place) for profile in found.profiles]
                    for measure in measures
                },
            }
            for place, name in enumerate(names)
        ],
    }


def as_text(
    found: CheckpointsAnswer, infos: Sequence[CheckpointInfo], measure: ProfileMeasure
) -> str:
    """Return the comparison as a table for people: shares are means over the photos."""
    untrained = {h for one in infos for h, state in one.heads.items() if state == "untrained"}
    said = [words.kinship_sentence(found), words.agreement_sentence(found, sorted(untrained))]
    said += [words.difference_sentence(found), found.cka_note]
    branches = found.profiles[0].branches
    lines = [f"{infos[0].name} (A) and {infos[1].name} (B), {len(found.question.first)} photos"]
    lines += [*filter(None, said), ""]
    lines.append(f"CKA, and share of {PROFILE_MEASURES[measure]} in percent")
    lines.append(f"{'':14}{'CKA':>7}" + "".join(f"{b + ' A':>9}{'B':>7}" for b in branches))
    for i, module in enumerate(found.profiles[0].modules):
        cka = found.cka[module]
        shares = [100 * profile.shares[measure][:, i].mean(0) for profile in found.profiles]
        figures = "".join(f"{a:9.1f}{b:7.1f}" for a, b in zip(*shares, strict=True))
        lines.append(f"{module:14}{f'{cka:.3f}' if math.isfinite(cka) else '–':>7}{figures}")
    return "\n".join([*lines, "", words.OVER_POSITIONS])
