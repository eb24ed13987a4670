"""``inception-viewer compare``: branches over photos, groups of photos, or two checkpoints."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from inception_viewer import comparison_words as words
from inception_viewer.analysis import answer
from inception_viewer.analysis.files import write_rows
from inception_viewer.analysis.group_folders import folders_question
from inception_viewer.comparison_questions import (
    PROFILE_MEASURES,
    BranchProfile,
    BranchProfileAnswer,
    GroupsAnswer,
    ProfileMeasure,
)
from inception_viewer.errors import QuestionError
from inception_viewer.file_questions import WriteRows
from inception_viewer.lab import Lab
from inception_viewer.questions import CheckpointInfo, Scene

from .compare_checkpoints import compared
from .photos import opened
from .progress import FAILED, ConsoleProgress, say, show
from .several import SharedProgress, attempt, speaks

STOPPED = "stopped; nothing was written."
STOPPED_FOLDERS = (
    "stopped; what is known of folders of over 500 photos is kept, and the same command goes on"
    " from there."
)


def run(options: argparse.Namespace) -> int:
    """Compare, print the numbers and return the exit code."""

    def work(progress: SharedProgress) -> Found:
        found = _asked(options, progress)
        if options.csv and speaks():
            write_rows(WriteRows(found[0], options.csv), Lab(), progress)
        return found

    stopped = STOPPED_FOLDERS if options.groups else STOPPED
    found, code = attempt(work, options.device, stopped)
    if code or not speaks():
        return code
    _, values, text = found
    if options.json:
        text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
    return 0 if show(text) else FAILED


Found = tuple[tuple[words.Row, ...], dict[str, Any], str]


def _asked(options: argparse.Namespace, progress: ConsoleProgress) -> Found:
    lab = Lab(options.device)
    info = lab.attempt(lambda: lab.open_checkpoint(options.checkpoint), progress.notice)
    try:
        if options.groups:
            return _groups(options, lab, info, progress)
        if options.other:
            return compared(options, lab, info, progress)
        return _profile(options, lab, info, progress)
    finally:
        progress.clear()


# --- branch profile ------------------------------------------------------------------


def _profile(
    options: argparse.Namespace, lab: Lab, info: CheckpointInfo, progress: ConsoleProgress
) -> Found:
    images = opened(options.images, lab, progress)
    scenes = tuple(Scene(info.fingerprint, one.id, info.preprocessing) for one in images)
    found: BranchProfileAnswer = answer(BranchProfile(scenes), lab, progress)
    names = [image.name for image in images]
    return (
        words.profile_rows(found, names),
        profile_as_json(found, names),
        profile_as_text(found, names, options.measure),
    )


def profile_as_json(found: BranchProfileAnswer, names: Sequence[str]) -> dict[str, Any]:
    """Return a profile as JSON-able values."""
    channels = {
        module: dict(zip(found.branches, row.tolist(), strict=True))
        for module, row in zip(found.modules, found.channels, strict=True)
    }
    measures: list[ProfileMeasure] = list(PROFILE_MEASURES)  # type: ignore[arg-type]
    photos = [
        {
            "name": name,
            "image": found.question.scenes[place].image,
            "shares": {measure: found.table(measure, place) for measure in measures},
        }
        for place, name in enumerate(names)
    ]
    return {
        "checkpoint": found.provenance.fingerprint,
        "channels": channels,
        "photos": photos,
        "growth": {
            measure: {
                "correlation": words.growth(words.large_shares(found, measure)).correlation,
                "sentence": words.growth_sentence(found, measure),
            }
            for measure in measures
        },
    }


def profile_as_text(
    found: BranchProfileAnswer, names: Sequence[str], measure: ProfileMeasure
) -> str:
    """Return one measure's shares as a table for people, in percent."""
    heading = f"Share of {PROFILE_MEASURES[measure]} in percent"
    lines = [heading, f"{'':14}{'':24}" + "".join(f"{one:>8}" for one in found.branches)]
    for i, module in enumerate(found.modules):
        every = [("channels", found.channels[i])]
        every += [(name, found.shares[measure][at, i]) for at, name in enumerate(names)]
        for name, shares in every:
            figures = "".join(f"{100 * share:8.1f}" for share in shares)
            lines.append(f"{module:14}{name[:22]:24}{figures}")
    return "\n".join([*lines, "", words.growth_sentence(found, measure)])


# --- groups --------------------------------------------------------------------------


def _groups(
    options: argparse.Namespace, lab: Lab, info: CheckpointInfo, progress: ConsoleProgress
) -> Found:
    folders = [_named(text) for text in options.groups]
    question = folders_question(info.fingerprint, info.preprocessing, folders)
    found: GroupsAnswer = answer(question, lab, progress)
    if not speaks():
        return (), {}, ""
    units = words.units_of(found, options.unit) if options.unit else ()
    if options.unit and not units:
        raise QuestionError(f"Nothing was compared of “{options.unit}”: name a convolution.")
    for path, why in found.failures:
        say(f"{path}: {why}")
    if found.unreadable_more:
        say(f"{found.unreadable_more:,} more photos could not be read.")
    return (
        words.group_rows(found),
        groups_as_json(found, units, options.most),
        groups_as_text(found, units, options.most),
    )


def _named(text: str) -> tuple[str, str]:
    """Return the name and the folder of ``NAME=FOLDER``, or of a folder that gives its name."""
    name, equals, folder = text.partition("=")
    if not equals or not name or Path(text).is_dir():
        return Path(text).resolve().name, text
    return name, folder


def groups_as_json(found: GroupsAnswer, units: Sequence[str], most: int) -> dict[str, Any]:
    """Return a comparison as JSON-able values; what is not a number is null."""
    return {
        "checkpoint": found.provenance.fingerprint,
        "groups": {name: found.count(name) for name in found.groups},
        "unreadable": [{"path": path, "problem": why} for path, why in found.failures],
        "unreadable_more": found.unreadable_more,
        "pairs": [
            {
                "first": first,
                "second": second,
                "sentence": words.groups_sentence(found, first, second),
                "best": [
                    {
                        "unit": unit,
                        "channel": channel,
                        "effect": effect if math.isfinite(effect) else None,
                        "p_value": p,
                    }
                    for unit, channel, effect, p in words.best_channels(
                        found, first, second, units, most
                    )
                ],
            }
            for first, second in combinations(found.groups, 2)
        ],
    }


def groups_as_text(found: GroupsAnswer, units: Sequence[str], most: int) -> str:
    """Return the channels that differ most, as a table for people."""
    lines: list[str] = []
    for first, second in combinations(found.groups, 2):
        lines += [words.groups_sentence(found, first, second), ""]
        lines.append(f"{'unit':28}{'channel':>8}{'d':>9}{'p':>10}  means and deviations")
        for unit, channel, effect, p in words.best_channels(found, first, second, units, most):
            told = ", ".join(
                f"{name} {found.mean(name, unit)[channel]:.3g}"
                f" ± {found.spread(name, unit)[channel]:.3g}"
                for name in (first, second)
            )
            lines.append(f"{unit:28}{channel:8d}{effect:+9.2f}{p:10.2g}  {told}")
        lines.append("")
    return "\n".join(lines).rstrip()
