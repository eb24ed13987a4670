"""How often each head is right, on photos that were kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from inception_viewer.errors import ImageError
from inception_viewer.googlenet.architecture import GoogLeNet, fold
from inception_viewer.images.decode import decode
from inception_viewer.images.preprocess import prepare
from inception_viewer.questions import ImageSource, Preprocessing

from .photos import Labelled, Photos

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet; what the networks trained here subtract and divide by."""
BATCH = 32

Batch = tuple[Tensor, list[int]]
"""Inputs (N, 3, H, W) and their labels."""


@dataclass(frozen=True)
class Accuracy:
    """Shares of photos whose class a head puts first, in [0, 1].

    Attributes
    ----------
    top1, mean_per_class
        By head: over all photos; the mean over the classes of each class's share.
    photos
        How many photos there were.
    confidence
        The main head's top probability of each photo, in order.
    """

    top1: dict[str, float]
    mean_per_class: dict[str, float]
    photos: int = 0
    confidence: NDArray[np.float32] = field(
        default_factory=lambda: np.empty(0, np.float32), repr=False, compare=False
    )


def evaluate(
    net: GoogLeNet,
    items: Sequence[Labelled],
    photos: Photos,
    size: int,
    device: torch.device,
) -> Accuracy:
    """Measure a network on the squeezed photos of a store: quick, for use while training."""
    return _measure(net, _stored(items, photos, size), device)


def evaluate_files(
    net: GoogLeNet,
    items: Sequence[Labelled],
    preprocessing: Preprocessing,
    device: torch.device | None = None,
) -> Accuracy:
    """Measure a network on photos from their files, through the preprocessing it is used with.

    Photos that cannot be read are left out.
    """
    return _measure(net, _from_files(items, preprocessing), device or torch.device("cpu"))


def _stored(items: Sequence[Labelled], photos: Photos, size: int) -> Iterator[Batch]:
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    for begin in range(0, len(items), BATCH):
        pairs = [(photos.get(item.path), item.label) for item in items[begin : begin + BATCH]]
        kept = [(photo, label) for photo, label in pairs if photo is not None]
        if kept:
            batch = torch.from_numpy(np.stack([photo for photo, _ in kept])).permute(0, 3, 1, 2)
            scaled = functional.interpolate(
                batch.float() / 255, (size, size), mode="bilinear", antialias=True
            )
            yield (scaled - mean) / std, [label for _, label in kept]


def _from_files(items: Sequence[Labelled], preprocessing: Preprocessing) -> Iterator[Batch]:
    for begin in range(0, len(items), BATCH):
        arrays, labels = [], []
        for item in items[begin : begin + BATCH]:
            try:
                pixels = decode(ImageSource(path=str(item.path))).pixels
            except ImageError:
                continue
            arrays.append(prepare(pixels, preprocessing).array)
            labels.append(item.label)
        if arrays:
            yield torch.from_numpy(np.stack(arrays)), labels


@torch.inference_mode()
def _measure(net: GoogLeNet, batches: Iterable[Batch], device: torch.device) -> Accuracy:
    fast = fold(net).to(device)
    answers: dict[str, list[int]] = {}
    labels: list[int] = []
    confidence: list[Tensor] = []
    for images, wanted in batches:
        labels += wanted
        outputs = fast(images.to(device, memory_format=torch.channels_last))
        confidence.append(outputs["main"].softmax(1).amax(1).cpu())
        for head, output in outputs.items():
            answers.setdefault(head, []).extend(output.argmax(1).tolist())
    right = {head: np.array(given) == np.array(labels) for head, given in answers.items()}
    return Accuracy(
        top1={head: float(hits.mean()) for head, hits in right.items()},
        mean_per_class={head: mean_per_class(hits, labels) for head, hits in right.items()},
        photos=len(labels),
        confidence=torch.cat(confidence).numpy() if confidence else np.empty(0, np.float32),
    )


def mean_per_class(right: NDArray[np.bool_], labels: Sequence[int]) -> float:
    """Return the mean over the classes of the share of each class's photos that are right."""
    of = np.array(labels)
    return float(np.mean([right[of == label].mean() for label in np.unique(of)]))
