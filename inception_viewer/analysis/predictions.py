"""The three heads' answers."""

from __future__ import annotations

from inception_viewer.questions import CheckpointInfo, Predictions

from .trace import Trace


def predictions_of(trace: Trace, info: CheckpointInfo, image: str) -> Predictions:
    """Return the heads' logits and probabilities from a trace."""
    return Predictions(
        classes=info.classes,
        logits=dict(trace.logits),
        probabilities=dict(trace.probabilities),
        heads=dict(info.heads),
        image=image,
    )
