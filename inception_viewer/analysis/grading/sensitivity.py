"""Sensitivity-max (Yeh et al., 2019, arXiv:1901.09392, definition 3.1)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from inception_viewer.grade_measures import EXPLANATIONS
from inception_viewer.questions import Floats

from ..attribution.result import Result
from .subject import Graded, Report, Subject

GREY_LEVEL = 1.0
"""The largest change of a pixel, of 255. Captum's radius is 0.02 of an ImageNet-normalised
photo, which is 1.1 of them; in grey levels it means the same to every checkpoint."""
STEADY, SHAKY = 0.2, 0.6
"""Shares of change up to which a map is called steady, and from which shaky."""


def sensitivity_max(subject: Subject, report: Report) -> Graded:
    """Grade by how much changes that nobody could see change the attributions."""
    raw = subject.answer.raw.astype(np.float64)
    size = float(np.linalg.norm(raw))
    generator = np.random.default_rng(subject.seed)
    worst = 0.0
    for place in range(EXPLANATIONS):
        begin, known = place / EXPLANATIONS, Graded(worst if place else np.nan)

        def watch(
            fraction: float,
            result: Result | None,
            text: str,
            begin: float = begin,
            known: Graded = known,
            number: int = place + 1,
        ) -> None:
            said = f"changed photo {number} of {EXPLANATIONS}"
            report(begin + fraction / EXPLANATIONS, known, said)

        watch(0.0, None, "")
        other = replace(subject.task, array=changed(subject, generator))
        found = subject.explain(other, watch)
        worst = max(worst, float(np.linalg.norm(found.raw - raw)) / size)
    return Graded(worst, _sentence(worst))


def changed(subject: Subject, generator: np.random.Generator) -> Floats:
    """Return the preprocessed photo with each pixel off by up to a grey level."""
    made, array = subject.task.preprocessing, subject.task.array
    radius = GREY_LEVEL * made.scale / np.array(made.std).reshape(3, 1, 1)
    noise = generator.uniform(-1.0, 1.0, array.shape) * radius
    moved: Floats = (array + noise).astype(array.dtype)
    return moved


def _sentence(value: float) -> str:
    much = "less than 1%" if value < 0.01 else f"up to {value:.0%}"
    said = (
        "When every pixel changes by at most one grey level, which nobody could see, the "
        f"attributions change by {much} of their size: "
    )
    if value <= STEADY:
        return said + "the map is steady."
    if value < SHAKY:
        return said + "its broad features are steady, its details are not."
    return said + "do not read details from this map; an average over noise would be steadier."
