"""A checkpoint with new heads: the trunk's tensors are the very same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from torch import Tensor

from inception_viewer.checkpoints.weights import COUNTER, Weights
from inception_viewer.fitted import KEY
from inception_viewer.folder_questions import FittedHeads, HeadFit, Share
from inception_viewer.googlenet.variants import HEADS
from inception_viewer.questions import HeadState, Preprocessing

from .heads import Head


def with_fitted(
    weights: Weights, fitted: Mapping[str, Head], said: FittedHeads, preprocessing: Preprocessing
) -> Weights:
    """Return a checkpoint with some of its heads replaced or added; the others stay.

    Parameters
    ----------
    weights
        The checkpoint.
    fitted
        The heads by name, settled.
    said
        What came of the fit, for the metadata.
    preprocessing
        What the heads were fitted with.
    """
    present = {*weights.variant.heads, *fitted}
    states: dict[str, HeadState] = {**weights.heads, **dict.fromkeys(fitted, "fitted")}
    return replace(
        weights,
        variant=replace(weights.variant, heads=tuple(h for h in HEADS if h in present)),
        state={**_without(weights.state, fitted), **_tensors(fitted)},
        heads=states,
        preprocessing=preprocessing,
        metadata=_metadata(weights.metadata, fitted, said),
    )


def _without(state: Mapping[str, Tensor], heads: Mapping[str, Head]) -> dict[str, Tensor]:
    return {key: value for key, value in state.items() if key.partition(".")[0] not in heads}


def _tensors(heads: Mapping[str, Head]) -> dict[str, Tensor]:
    return {
        f"{name}.{key}": value.detach().cpu().contiguous()
        for name, head in heads.items()
        for key, value in head.state_dict().items()
        if not key.endswith(COUNTER)
    }


def _metadata(
    known: Mapping[str, str], fitted: Mapping[str, Head], said: FittedHeads
) -> dict[str, str]:
    about = {
        "images": said.photos,
        "validation": said.validation,
        "targets": said.targets,
        "epochs": said.question.epochs,
        "seed": said.question.seed,
        "date": datetime.now(UTC).date().isoformat(),
        "from": said.question.checkpoint,
        "heads": {name: _numbers(said.heads[name]) for name in fitted},
    }
    return {**known, **_accuracy(known, fitted), KEY: json.dumps(about)}


def _numbers(head: HeadFit) -> dict[str, float]:
    shares: dict[str, Share | None] = {
        "agreement": head.after,
        "agreement_before": head.before,
        "agreement_by_chance": head.chance,
        "accuracy": head.accuracy,
    }
    return {name: round(share.value, 4) for name, share in shares.items() if share is not None}


def _accuracy(known: Mapping[str, str], fitted: Mapping[str, Head]) -> dict[str, str]:
    """Return the file's own accuracy without that of the heads that it no longer holds."""
    try:
        accuracy: Any = json.loads(known.get("accuracy", ""))
    except ValueError:
        return {}
    if not isinstance(accuracy, dict):
        return {}
    kept = {head: values for head, values in accuracy.items() if head not in fitted}
    return {"accuracy": json.dumps(kept)}
