"""Synthetic verdicts for window tests, made without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import ui_data

from inception_viewer.questions import CheckpointInfo, HeadState, Preprocessing
from inception_viewer.verdict_questions import (
    Convention,
    HeadVerdict,
    Suggestion,
    Sureness,
    Verdict,
)

HALF: dict[str, HeadState] = {"aux1": "untrained", "aux2": "absent", "main": "trained"}
"""One head of each kind."""
REASON = "Its classifier still is as it was initialised: PyTorch's nn.Linear."
CUT = "shorter side 256, centre 224 x 224"
OWN = Convention(f"ImageNet's mean and standard deviation, RGB; {CUT}", Preprocessing())
CAFFE = Convention(
    f"0 to 255 minus (104, 117, 123), BGR (Caffe); {CUT}",
    Preprocessing(channels="BGR", scale=1.0, mean=(104.0, 117.0, 123.0), std=(1.0, 1.0, 1.0)),
)
PLAIN = Convention(f"0 to 1, RGB; {CUT}", Preprocessing(mean=(0.0,) * 3, std=(1.0,) * 3))


def sureness(convention: Convention, information: float) -> Sureness:
    """Return answers that tell the photos apart by so many nats."""
    top = min(0.9, 0.1 + information / 3)
    return Sureness(convention, convention.preprocessing, top, 4 - information, information)


def suggestion(own: Convention = OWN, better: Convention | None = None) -> Suggestion:
    """Return what 12 photos say of ``own``, and for ``better`` if there is one."""
    nats = {one.name: 0.3 for one in (OWN, CAFFE, PLAIN)}
    nats[own.name], nats[PLAIN.name] = 0.9, 0.5
    if better is not None:
        nats[better.name] = 1.6
    measured = {one.name: sureness(one, nats[one.name]) for one in (OWN, CAFFE, PLAIN)}
    ranked = sorted(measured.values(), key=lambda one: -one.information)
    said = "12 sample photos speak for this input."
    if better is not None:
        said = f"12 sample photos speak for another input: {better.name}."
    best = None if better is None else measured[better.name]
    return Suggestion(measured[own.name], tuple(ranked), best, said, 12)


def head(name: str, state: HeadState) -> HeadVerdict:
    """Return the verdict on a head, with evidence that suits its state."""
    if state == "absent":
        return HeadVerdict(name, state, ("The file has no weights for it.",))
    if state == "untrained":
        return HeadVerdict(name, state, (REASON,), 0.02, 4.6, None if name == "main" else 1)
    said = ("The strongest direction in its classifier's weights is 1.4 times random.",)
    if state == "fitted":
        said = ("fitted here on 1,350 images.",)
    return HeadVerdict(name, state, said, 0.61, 1.9, None if name == "main" else 10)


def verdict(
    states: Mapping[str, HeadState] = ui_data.HEADS,
    told: Suggestion | None = None,
    own: Convention = OWN,
    fingerprint: str = ui_data.FINGERPRINT,
    warnings: tuple[str, ...] = (),
) -> Verdict:
    """Return a verdict on a checkpoint with such heads; ``told`` is what the samples said."""
    if told is not None and told.better is not None:
        warnings = (*warnings, told.sentence)
    return Verdict(
        phrase="torchvision, 3x3 in the “5x5” branch, batch norm, some heads",
        family="torchvision",
        recognised=("Its keys are torchvision's.", "The third branch has 3x3 kernels."),
        known_as="",
        kernel_5x5=3,
        normalisation="batch_norm",
        classes=101,
        class_source="the file itself",
        heads=tuple(head(name, states[name]) for name in ("aux1", "aux2", "main")),
        convention=own,
        parameters=10_621_391,
        multiply_adds=1_588_000_000,
        multiply_adds_main=1_582_000_000,
        fingerprint=fingerprint,
        sha256="0123456789abcdef" * 4,
        suggestion=told,
        warnings=warnings,
        metadata={"licence": "see credits"},
    )


def info(
    states: Mapping[str, HeadState] = HALF, base: CheckpointInfo | None = None
) -> CheckpointInfo:
    """Return an open checkpoint with such heads, and what was known of it at its opening."""
    made = base or ui_data.checkpoint_info()
    known = verdict(states, fingerprint=made.fingerprint)
    return replace(made, heads=dict(states), details=known, verdict=known.phrase)
