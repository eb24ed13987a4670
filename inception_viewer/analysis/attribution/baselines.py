"""Baselines: the pictures that a photo is compared with.

All are made in the space of the preprocessed input, before ``GoogLeNet.transform``,
which is affine: blurring or filling commutes with it.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from inception_viewer.attribution_methods import Settings
from inception_viewer.errors import QuestionError
from inception_viewer.questions import Floats, Preprocessing

from .task import Task


def of_task(task: Task) -> Floats:
    """Return the baseline that a task's settings ask for, (3, H, W) as its photo."""
    if task.settings["baseline"] == "image":
        chosen = str(task.settings["baseline_image"])
        if not chosen:
            raise QuestionError("Choose the photo that is to be the baseline.")
        return task.other_photo(chosen)
    return baseline(task.array, task.preprocessing, task.settings)


def baseline(array: Floats, preprocessing: Preprocessing, settings: Settings) -> Floats:
    """Return the baseline for a preprocessed photo.

    Parameters
    ----------
    array
        Preprocessed photo (3, H, W), channels in the network's order.
    preprocessing
        What made it.
    settings
        ``baseline``: ``"black"``, pixels of 0 before mean and standard deviation;
        ``"mean"``, zeros after them; ``"blur"``, the photo under a Gaussian of ``blur``
        pixels; ``"noise"``, pixels drawn evenly from 0 to 255 with ``seed``; ``"white"``,
        pixels of 255.

    Returns
    -------
    Floats
        (3, H, W), float32.
    """
    kind = settings["baseline"]
    if kind == "mean":
        return np.zeros_like(array)
    if kind == "blur":
        sigma = float(settings["blur"])
        blurred: Floats = gaussian_filter(array, (0, sigma, sigma), mode="nearest")
        return blurred
    pixels = np.zeros(array.shape)
    if kind == "noise":
        generator = np.random.default_rng(int(settings["seed"]))
        pixels = generator.integers(0, 256, array.shape).astype(np.float64)
    elif kind == "white":
        pixels += 255
    return _normalise(pixels, preprocessing)


def black(array: Floats, preprocessing: Preprocessing) -> Floats:
    """Return the black picture for a preprocessed photo (3, H, W)."""
    return baseline(array, preprocessing, {"baseline": "black"})


def describe(preprocessing: Preprocessing, settings: Settings) -> str:
    """Return a sentence that says what the baseline is for this checkpoint."""
    kind = settings["baseline"]
    if kind == "blur":
        return f"Baseline: the photo blurred by {float(settings['blur']):g} pixels."
    if kind == "image":
        return "Baseline: another photo of the tray."
    if kind == "noise":
        return f"Baseline: random pixels, seed {settings['seed']}; other seeds give other maps."
    if kind == "mean":
        mean = [value / preprocessing.scale for value in preprocessing.mean]
        if preprocessing.channels == "BGR":
            mean.reverse()
        colour = ", ".join(f"{value:.0f}" for value in mean)
        return f"Baseline: the checkpoint's mean colour, RGB ({colour}), which it reads as zero."
    black = _normalise(np.zeros((3, 1, 1)), preprocessing).ravel()
    values = ", ".join(f"{value:.2f}" for value in black)
    return f"Baseline: black, which this checkpoint's preprocessing turns into ({values})."


def _normalise(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.float64]], how: Preprocessing
) -> Floats:
    """Return what the network receives for pixels (3, H, W), 0 to 255, in its own order."""
    mean = np.array(how.mean).reshape(3, 1, 1)
    std = np.array(how.std).reshape(3, 1, 1)
    values: Floats = ((pixels * how.scale - mean) / std).astype(np.float32)
    return values
