"""``inception-viewer ablate --unit``: the three heads before and after an intervention."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from inception_viewer.analysis.predictions import predictions_of
from inception_viewer.intervention_questions import Intervention
from inception_viewer.intervention_words import Row, touched_words
from inception_viewer.lab import Lab
from inception_viewer.questions import CheckpointInfo, ImageInfo, Predictions, Scene

from .progress import ConsoleProgress

HEADING: Row = (
    *("photo", "image", "head", "head_state", "class"),
    *("logit_before", "logit_after", "probability_before", "probability_after"),
    *("top_before", "top_after", "intervention", "checkpoint"),
)


def intervened(
    options: argparse.Namespace,
    lab: Lab,
    info: CheckpointInfo,
    images: Sequence[ImageInfo],
    references: tuple[str, ...],
    target: int | None,
    progress: ConsoleProgress,
) -> tuple[list[Row], dict[str, Any], str]:
    """Run each photo as it is and with the units touched; return table, values and text."""
    done = tuple(
        Intervention(
            unit,
            options.mode,
            options.channels,
            options.factor if options.mode == "scale" else 0.0,
            references if options.mode == "mean" else (),
        )
        for unit in dict.fromkeys(options.units)
    )
    said = touched_words(done, most=len(done))
    rows: list[Row] = [HEADING]
    photos: list[dict[str, Any]] = []
    lines = [f"{info.name}: {said}"]
    for number, image in enumerate(images):
        progress(number / len(images), None, f"photo {number + 1} of {len(images)}")
        scene = Scene(info.fingerprint, image.id, info.preprocessing)
        before, after = _answers(lab, info, scene, done, progress)
        looked_at = before.top(options.head, 1)[0][0] if target is None else target
        heads = {h: _head(before, after, h, looked_at) for h in before.logits}
        photos.append(
            {
                "name": image.name,
                "image": image.id,
                "target": {"index": looked_at, "name": info.classes[looked_at]},
                "heads": heads,
            }
        )
        lines += ["", f"{image.name}, “{info.classes[looked_at]}”", *_lines(heads)]
        about = (image.name, image.id)
        rows += [(*about, *_row(head, one), said, info.fingerprint) for head, one in heads.items()]
    values = {"checkpoint": info.fingerprint, "interventions": said, "photos": photos}
    return rows, values, "\n".join(lines)


def _answers(
    lab: Lab,
    info: CheckpointInfo,
    scene: Scene,
    done: tuple[Intervention, ...],
    progress: ConsoleProgress,
) -> tuple[Predictions, Predictions]:
    def ask(one: Scene) -> Predictions:
        trace = lab.attempt(lambda: lab.trace(one, progress.lane, keep=False), progress.notice)
        return predictions_of(trace, info, scene.image)

    return ask(scene), ask(replace(scene, interventions=done))


def _head(before: Predictions, after: Predictions, head: str, target: int) -> dict[str, Any]:
    return {
        "state": before.heads.get(head, "unknown"),
        "class": before.classes[target],
        **{
            when: {
                "logit": float(found.logits[head][target]),
                "probability": float(found.probabilities[head][target]),
                "top": found.top(head, 1)[0][1],
            }
            for when, found in (("before", before), ("after", after))
        },
    }


def _row(head: str, one: Mapping[str, Any]) -> Row:
    numbers = (one[when][what] for what in ("logit", "probability") for when in WHEN)
    return (head, one["state"], one["class"], *numbers, *(one[when]["top"] for when in WHEN))


WHEN = ("before", "after")


def _lines(heads: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = [f"{'head':6}{'logit':>10}{'after':>10}{'percent':>10}{'after':>10}  top class"]
    for head, one in heads.items():
        logits = "".join(f"{one[when]['logit']:10.3f}" for when in WHEN)
        shares = "".join(f"{100 * one[when]['probability']:10.2f}" for when in WHEN)
        first, then = (one[when]["top"] for when in WHEN)
        said = first if first == then else f"{first}, then {then}"
        noise = " (never trained)" if one["state"] == "untrained" else ""
        lines.append(f"{head:6}{logits}{shares}  {said}{noise}")
    return lines
