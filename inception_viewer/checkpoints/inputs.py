"""The arithmetic of how photos become a GoogLeNet's input; neither torch nor Qt is needed.

What conv1 receives is ``a * p + c`` per channel for a photo's values p in 0..255; two
conventions with the same numbers are the same.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inception_viewer.questions import Preprocessing
from inception_viewer.verdict_questions import Convention

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's photos in 0..1, RGB (torchvision)."""
ONES = (1.0, 1.0, 1.0)

KNOWN = (
    Convention("ImageNet's mean and standard deviation, RGB", Preprocessing()),
    Convention("-1 to 1, RGB", Preprocessing(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))),
    Convention("0 to 1, RGB", Preprocessing(mean=(0.0, 0.0, 0.0), std=ONES)),
    Convention(
        "0 to 255 minus 117, RGB (Inception 5h)",
        Preprocessing(scale=1.0, mean=(117.0, 117.0, 117.0), std=ONES),
    ),
    Convention(
        "0 to 255 minus (104, 117, 123), BGR (Caffe)",
        Preprocessing(channels="BGR", scale=1.0, mean=(104.0, 117.0, 123.0), std=ONES),
    ),
)
"""The ranges and orders of the families; size and crop are the network's own."""


def channels(convention: Convention) -> tuple[str, NDArray[np.float64], NDArray[np.float64]]:
    """Return the order of channels, and what conv1 receives: factors and offsets (3,)."""
    made = convention.preprocessing
    mean, std = np.array(made.mean), np.array(made.std)
    factor, offset = made.scale / std, -mean / std
    if convention.transform_input:  # see GoogLeNet.transform
        turn = 2 * np.array(IMAGENET_STD)
        factor, offset = factor * turn, offset * turn + 2 * np.array(IMAGENET_MEAN) - 1
    return made.channels, factor, offset


def same_range(one: Convention, other: Convention) -> bool:
    """Whether conv1 receives the same numbers, to a thousandth of the range."""
    (order, factor, offset), (order2, factor2, offset2) = channels(one), channels(other)
    close = np.abs(255 * (factor - factor2)) + np.abs(offset - offset2) < 1e-3 * 255 * factor
    return order == order2 and bool(close.all())


def name_of(preprocessing: Preprocessing, transform_input: bool) -> str:
    """Return a convention's name, of the known ones or by its numbers, and how photos are cut."""
    own = Convention("", preprocessing, transform_input)
    known = next((one.name for one in KNOWN if same_range(own, one)), None)
    return f"{known or _by_numbers(own)}; {cut_words(preprocessing)}"


def _by_numbers(convention: Convention) -> str:
    order, factor, offset = channels(convention)
    ends = [f"{b:.4g} to {255 * a + b:.4g}" for a, b in zip(factor, offset, strict=True)]
    return f"{ends[0] if len(set(ends)) == 1 else ', '.join(ends)}, {order}"


def cut_words(made: Preprocessing) -> str:
    """Return how photos are cut: ``"shorter side 256, centre 224 x 224"``."""
    size = f"{made.height} x {made.width}"
    if made.resize == "squeeze":
        return f"squeezed to {size}"
    return f"shorter side {made.short_side}, centre {size}"


def convention(preprocessing: Preprocessing, transform_input: bool) -> Convention:
    """Return the convention of a network, named."""
    return Convention(name_of(preprocessing, transform_input), preprocessing, transform_input)


def cut_like(values: Preprocessing, cut: Preprocessing) -> Preprocessing:
    """Return a preprocessing with one's values and the other's size and crop."""
    return replace(
        values,
        height=cut.height,
        width=cut.width,
        resize=cut.resize,
        short_side=cut.short_side,
    )


def adapted(wanted: Convention, transform_input: bool) -> Preprocessing:
    """Return the preprocessing by which a network with this flag receives the wanted values."""
    if wanted.transform_input == transform_input:
        return wanted.preprocessing
    _, factor, offset = channels(wanted)
    if transform_input:  # undo beforehand what the network will do
        turn = 2 * np.array(IMAGENET_STD)
        factor, offset = factor / turn, (offset - 2 * np.array(IMAGENET_MEAN) + 1) / turn
    scale = wanted.preprocessing.scale
    std, mean = scale / factor, -offset * scale / factor
    return replace(
        wanted.preprocessing,
        mean=(float(mean[0]), float(mean[1]), float(mean[2])),
        std=(float(std[0]), float(std[1]), float(std[2])),
    )
