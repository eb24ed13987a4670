"""What the evaluation window says; no Qt here."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...file_questions import FolderContents
from ...folder_questions import EvaluationAnswer, LeftOut, Mistake, Share
from ...questions import Preprocessing
from ..predictions.rows import NARROW, short_percent
from ..progress import duration_text, left_text
from .results import Measured

NAMED = 3
"""Names that a sentence quotes."""


def photos(count: int) -> str:
    """Return ``"1 photo"``, ``"8,677 photos"``."""
    return f"{count:,} {'photo' if count == 1 else 'photos'}"


def percent(value: float) -> str:
    """Return a share with a digit after the point, a dash for none."""
    return f"{100 * value:.1f}{NARROW}%" if math.isfinite(value) else "–"


def interval(share: Share) -> str:
    """Return ``"87.5 to 90.7 %"``."""
    low, high = share.interval
    return f"{100 * low:.1f} to {100 * high:.1f}{NARROW}%"


def points(difference: float) -> str:
    """Return a difference of two shares in percentage points, with its sign: ``"+1.2"``."""
    if not math.isfinite(difference):
        return "–"
    text = f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")
    return "0.0" if text[1:] == "0.0" else text


# --- before --------------------------------------------------------------------------


def found(contents: FolderContents) -> str:
    """Return what there is to measure, in one sentence."""
    known = f"{contents.known:,} classes of this network"
    if contents.classes == contents.known:
        return f"{photos(contents.photos)} in all {known}."
    return f"{photos(contents.photos)} in {contents.classes:,} of the {known}."


def left_out(rows: Sequence[LeftOut]) -> str:
    """Return what will not be measured, in one sentence, or ``""``."""
    if not rows:
        return ""
    total = sum(row.photos for row in rows)
    if len(rows) == 1:
        return f"Left out: {one_left_out(rows[0])}."
    names = ", ".join(f"“{row.name}”" for row in rows[:NAMED] if row.name)
    more = ", …" if len(rows) > NAMED else ""
    listed = f" ({names}{more})" if names else ""
    return f"Left out: {photos(total)} of {len(rows):,} others{listed}."


def one_left_out(row: LeftOut) -> str:
    """Return a folder or label, its photos and why they are not measured."""
    name = f"“{row.name}”, " if row.name else ""
    return f"{name}{photos(row.photos)}: {row.reason}"


def input_made(preprocessing: Preprocessing, own: bool) -> str:
    """Return how photos become inputs, in one sentence."""
    given = preprocessing
    fit = "squeezed" if given.resize == "squeeze" else f"short side {given.short_side}, cropped"
    how = f"{given.width} x {given.height} {given.channels}, {fit}"
    whose = "as the checkpoint says" if own else "as you changed it"
    return f"Photos become inputs {whose}: {how}."


# --- meanwhile and after -------------------------------------------------------------


def progress(text: str, answer: EvaluationAnswer | None, seconds_left: float | None) -> str:
    """Return how far it is: ``"3,120 of 8,677 photos, 24 photos a second, 3 min left"``."""
    parts = [text[:1].upper() + text[1:] if text else "Waiting for its turn"]
    if answer is not None and answer.provenance.seconds > 0:
        rate = (answer.photos + answer.unreadable_count) / answer.provenance.seconds
        parts.append(f"{rate:.0f} photos a second" if rate >= 2 else f"{rate:.1f} photos a second")
    return ", ".join(filter(None, (*parts, left_text(seconds_left))))


def extent(measured: Measured) -> str:
    """Return how much was measured, in one sentence."""
    answer = measured.answer
    seen = int((answer.count > 0).sum())
    classes = f"{seen:,} {'class' if seen == 1 else 'classes'}"
    if answer.partial and not measured.running:
        begin = f"Stopped: {answer.photos:,} of {photos(answer.found)} in {classes}"
    else:
        begin = f"{photos(answer.photos)} in {classes}"
    time = duration_text(answer.provenance.seconds)
    said = f"{begin}, measured in {time} on {answer.provenance.device.upper()}"
    if answer.unreadable_count:
        said += f"; {photos(answer.unreadable_count)} could not be read"
    aside = sum(row.photos for row in answer.left_out)
    return f"{said}; {photos(aside)} left out." if aside else f"{said}."


def title(measured: Measured) -> str:
    """Return the window's title: what was measured on what."""
    return f"{measured.name} on {measured.folder}"


def compared(measured: Measured, other: Measured) -> str:
    """Return what the difference columns are, in one sentence."""
    mine, theirs = measured.answer.photos, other.answer.photos
    same = mine == theirs and not (measured.answer.partial or other.answer.partial)
    how = f"both on {photos(mine)}" if same else f"on {mine:,} photos against {photos(theirs)}"
    return f"Differences are percentage points of top-1: {measured.name} less {other.name}, {how}."


def mistake(answer: EvaluationAnswer, one: Mistake) -> str:
    """Return ``"was ewer, said cup 97 %, gave ewer 1 %"``."""
    was, said = answer.classes[one.was], answer.classes[one.said]
    gave = short_percent(one.probability_of_truth)
    return f"was {was}, said {said} {short_percent(one.probability)}, gave {was} {gave}"


def class_summary(measured: Measured, head: str, place: int) -> str:
    """Return how a head did on one class, in one or two sentences."""
    answer, counted = measured.answer, measured.answer.heads[head]
    total, right = int(answer.count[place]), int(counted.right[place])
    name = answer.classes[place]
    said = f"{name}: {head} is right on {right:,} of {photos(total)}"
    said += f" and has it among five on {int(counted.right5[place]):,}."
    table = counted.confusion
    rows = np.flatnonzero((table.was == place) & (table.said != place))
    order = rows[np.argsort(-table.count[rows], kind="stable")]
    taken = [f"{answer.classes[table.said[i]]} ({table.count[i]})" for i in order[:NAMED]]
    if taken:
        said += f" Taken for {', '.join(taken)}{', …' if len(order) > NAMED else '.'}"
    return said


def cell(was: str, said: str, count: int, total: int) -> str:
    """Return a cell of the confusion table: ``"cup taken for ewer: 3 of 12 photos (25 %)"``."""
    if not total:
        return f"{was}: no photos of it."
    share = short_percent(count / total)
    if was == said:
        return f"{was} recognised: {count:,} of {photos(total)} ({share})."
    return f"{was} taken for {said}: {count:,} of {photos(total)} ({share})."


def bin_text(low: float, high: float, count: int, confidence: float, accuracy: float) -> str:
    """Return a bin of the calibration curve in words."""
    where = f"{100 * low:.0f} to {100 * high:.0f}{NARROW}%"
    if not count:
        return f"Said with {where}: no photos."
    sure, right = percent(confidence), percent(accuracy)
    return f"Said with {where}: {photos(count)}, {sure} sure in the mean, {right} of them right."
