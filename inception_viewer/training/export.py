"""From the state of a training run to a checkpoint that says everything about itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from inception_viewer.checkpoints.own import save
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.errors import CheckpointError
from inception_viewer.googlenet import variants
from inception_viewer.googlenet.variants import HEADS
from inception_viewer.questions import Floats, Preprocessing

from .evaluation import MEAN, STD, Accuracy, evaluate_files
from .photos import Labelled, Split
from .recipe import Recipe
from .state import check_state, read_state

COUNTER = "num_batches_tracked"
SEEN_BELOW = 0.08
"""Share of photos of known classes that fall below ``unknown_below`` without strangers."""
MOST_SEEN_BELOW = 0.10
"""Share of them that may, at most, where photos of other things are there to tell."""
LICENCE = (
    "The weights carry the terms of whoever trained them; the photos' own licences are not"
    " known to the program."
)

SQUEEZED = Preprocessing(224, 224, resize="squeeze", mean=MEAN, std=STD)
"""What a network that was trained here is used with: as it was trained."""


def export(
    state_file: Path,
    split: Split,
    out: Path,
    *,
    licence: str = LICENCE,
    notes: str = "",
    strangers: Sequence[Labelled] = (),
    device: str = "cpu",
) -> Accuracy:
    """Write a run's averaged weights as a checkpoint, float16, and measure it.

    The accuracy is that of the very numbers in the file, on the photos kept apart, decoded
    from their files and squeezed to 224 x 224 as the window does it.

    Parameters
    ----------
    state_file
        Of a run on this split, finished or not.
    split
        The folder's photos; scanned with the share and seed of the run's recipe.
    out
        The ``.safetensors`` file to write.
    licence, notes
        Kept in the file's metadata.
    strangers
        Photos of other things than the classes, by which ``unknown_below`` is chosen: the
        top probability below which a photo is probably of none of the classes.
    device
        Where to measure.

    Returns
    -------
    Accuracy
        Of each head; also in the file's metadata.

    Raises
    ------
    StateError
        If there is no such state, or it is of a run on other classes.
    CheckpointError
        If the file cannot be written.
    """
    state = read_state(state_file)
    check_state(state_file, state, split.classes)
    recipe = Recipe.from_dict(state["recipe"])
    weights = _weights(state["average"], split.classes)

    def measure(items: Sequence[Labelled]) -> Accuracy:
        return evaluate_files(weights.network(), items, SQUEEZED, torch.device(device))

    accuracy = measure(split.validation)
    metadata = {
        "recipe": json.dumps(recipe.as_dict()),
        "date": datetime.now(UTC).date().isoformat(),
        "steps": str(state["step"]),
        "accuracy": accuracy_json(accuracy),
        "validation": _validation(split, recipe),
        "licence": licence,
        **({"notes": notes} if notes else {}),
        **unknown(accuracy.confidence, measure(strangers).confidence),
    }
    _write(out, weights, metadata)
    return accuracy


def _weights(average: Mapping[str, Tensor], classes: tuple[str, ...]) -> Weights:
    """Return the averaged weights as they will be read back: rounded to float16."""
    state = {
        name: tensor.to(torch.float16).to(torch.float32).contiguous()
        for name, tensor in average.items()
        if not name.endswith(COUNTER)
    }
    return Weights(
        variant=variants.paper(len(classes)),
        state=state,
        classes=classes,
        preprocessing=SQUEEZED,
        family="paper",
        heads=dict.fromkeys(HEADS, "trained"),
    )


def _write(out: Path, weights: Weights, metadata: dict[str, str]) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(f"{out} cannot be written: {error.strerror}.") from error
    save(out, replace(weights, metadata=metadata), "float16")


def accuracy_json(accuracy: Accuracy) -> str:
    """Return each head's shares as JSON: ``{"main": {"top1": …, "mean_per_class": …}, …}``."""
    return json.dumps(
        {
            head: {
                "top1": round(accuracy.top1[head], 4),
                "mean_per_class": round(accuracy.mean_per_class[head], 4),
            }
            for head in HEADS
            if head in accuracy.top1
        }
    )


def unknown(known: Floats, strangers: Floats) -> dict[str, str]:
    """Return ``unknown_below`` and what it does, for the metadata; nothing without photos.

    It is the top probability below which a photo is probably of none of the classes: the
    one that tells photos of the classes from the strangers best (the largest difference
    of the shares below it, Youden's J), at most 10 % of the known ones lost; without
    strangers the one below which 8 % of the known ones lie.

    Parameters
    ----------
    known, strangers
        Top probabilities of photos of the classes and of other things, each (photos,).
    """
    if not known.size:
        return {}
    bound = float(np.quantile(known, SEEN_BELOW))
    if strangers.size:
        bounds = np.arange(0.01, float(np.quantile(known, MOST_SEEN_BELOW)) + 0.005, 0.01)
        gain = [(strangers < b).mean() - (known < b).mean() for b in bounds]
        bound = float(bounds[int(np.argmax(gain))])
    bound = round(bound, 2)
    words = f"{(known < bound).mean():.0%} of {known.size} photos of the classes"
    if strangers.size:
        words += f" and {(strangers < bound).mean():.0%} of {strangers.size} of other things"
    return {"unknown_below": f"{bound:.2f}", "unknown": f"{words} lie below {bound:.2f}"}


def _validation(split: Split, recipe: Recipe) -> str:
    return (
        f"{len(split.validation)} photos kept apart, {recipe.validation_share:.0%} of each class"
        f" (seed {recipe.seed}); {len(split.training)} were trained on"
    )
