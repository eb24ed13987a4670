"""Several baselines at once, for methods that average over them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import Tensor, stack

from inception_viewer.attribution_methods import Settings
from inception_viewer.errors import QuestionError

from .baselines import baseline
from .task import Task

NARROWEST, WIDEST = 2.0, 40.0
"""Standard deviations of the least and the most blurred baseline, in pixels."""


def baselines_of(task: Task) -> Tensor:
    """Return what conv1 receives for the baselines that a task asks for, (N, 3, H, W).

    Raises
    ------
    QuestionError
        If they are photos, and none was chosen or one is not open any more.
    """
    if task.settings["baselines"] == "images":
        pictures = [task.other_photo(image) for image in _chosen(task.settings)]
    else:
        made = _made(task.settings)
        pictures = [baseline(task.array, task.preprocessing, one) for one in made]
    return stack([task.received(picture) for picture in pictures])


def about(settings: Settings, count: int) -> str:
    """Return a sentence that says what the baselines are."""
    kind = settings["baselines"]
    if kind == "noise":
        return f"Baselines: {count} pictures of random pixels, seed {settings['seed']}."
    if kind == "blur":
        widths = f"{NARROWEST:g} to {WIDEST:g} pixels" if count > 1 else f"{WIDEST:g} pixels"
        return f"Baselines: {count} times the photo, blurred by {widths}."
    if kind == "images":
        return f"Baselines: {count} other {'photos' if count > 1 else 'photo'}."
    return "Baselines: black, the mean colour and white."


def _made(settings: Settings) -> Iterator[Settings]:
    """Return the settings of each baseline, as :func:`.baselines.baseline` takes them."""
    count = int(settings["count"])
    if settings["baselines"] == "noise":
        # Two seeds that differ by less than the count must not share pictures.
        seeds = np.random.SeedSequence(int(settings["seed"])).generate_state(count)
        return ({"baseline": "noise", "seed": int(seed)} for seed in seeds)
    if settings["baselines"] == "blur":
        widths = np.geomspace(WIDEST, NARROWEST, count)
        return ({"baseline": "blur", "blur": float(width)} for width in widths)
    return ({"baseline": colour} for colour in ("black", "mean", "white"))


def _chosen(settings: Settings) -> list[str]:
    """Return the ids of the photos, which are separated by commas."""
    found = [image.strip() for image in str(settings["baseline_images"]).split(",")]
    if not any(found):
        raise QuestionError("Choose the photos that are to be the baselines.")
    return [image for image in found if image]
