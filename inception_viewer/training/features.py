"""What the auxiliary heads read, computed once per photo and kept in memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from inception_viewer.googlenet.architecture import INPUT, LOGITS, GoogLeNet, HeadPool
from inception_viewer.googlenet.variants import HEAD_INPUT
from inception_viewer.images.batches import batch_size, batches
from inception_viewer.questions import Floats, Preprocessing

AUXILIARY = ("aux1", "aux2")
"""The heads that are fitted, in the order of depth."""
KEPT_SENTENCES = 1000

Report = Callable[[int], None]
"""Told how many photos are done; may raise to stop."""


@dataclass(frozen=True, eq=False)
class Features:
    """Photos as the auxiliary heads and the main head see them.

    Attributes
    ----------
    paths
        The photos that could be read (N).
    pooled
        Each auxiliary head's pooled input (N, C, 4, 4), float32, on the CPU.
    main
        The main head's logits (N, classes), float32.
    labels
        Class of each photo (N,), int64, or None where the folders do not say it.
    unreadable
        (path, one sentence) of the others, the first thousand of them.
    unreadable_count
        How many those are in all.
    """

    paths: tuple[Path, ...]
    pooled: dict[str, Tensor]
    main: Tensor
    labels: Tensor | None
    unreadable: tuple[tuple[str, str], ...] = ()
    unreadable_count: int = 0

    @property
    def nbytes(self) -> int:
        """What the tensors take: 68 KB a photo with 101 classes, 0.1 GB for 1,500."""
        tensors = (*self.pooled.values(), self.main)
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def part(self, places: slice) -> Features:
        """Return some of the photos; the tensors are views of these."""
        return replace(
            self,
            paths=self.paths[places],
            pooled={head: values[places] for head, values in self.pooled.items()},
            main=self.main[places],
            labels=None if self.labels is None else self.labels[places],
        )


def compute_features(
    net: GoogLeNet,
    paths: Sequence[Path],
    labels: Sequence[int] | None,
    preprocessing: Preprocessing,
    report: Report = lambda done: None,
) -> Features:
    """Run the trunk once on every photo and keep what the auxiliary heads read.

    Parameters
    ----------
    net
        The network, folded or not; auxiliary heads are not needed.
    paths
        Photos; those that cannot be read are left out and named.
    labels
        Class of each, or None.
    preprocessing
        How a photo becomes the input.
    report
        Called after each batch.
    """
    rows = _Rows(net, len(paths))
    kept: list[int] = []
    failures: list[tuple[str, str]] = []
    with closing(
        batches(paths, preprocessing, batch_size(preprocessing, net.device.type))
    ) as reading:
        for batch in reading:
            failures += [(str(paths[place]), problem) for place, problem in batch.failures]
            if batch.places:
                rows.add(batch.array)
                kept += batch.places
            report(len(kept) + len(failures))
    return Features(
        paths=tuple(paths[place] for place in kept),
        pooled={head: values[: len(kept)] for head, values in rows.pooled.items()},
        main=rows.main[: len(kept)],
        labels=None if labels is None else torch.tensor([labels[place] for place in kept]),
        unreadable=tuple(failures[:KEPT_SENTENCES]),
        unreadable_count=len(failures),
    )


def bytes_per_photo(net: GoogLeNet) -> int:
    """Return what the features of one photo take."""
    table = dict(net.variant.table)
    pooled = sum(16 * table[HEAD_INPUT[head]].total for head in AUXILIARY)
    return 4 * (pooled + net.variant.classes)


class _Rows:
    """Room for the features of so many photos, filled from the front."""

    def __init__(self, net: GoogLeNet, count: int) -> None:
        self.net, self.at = net, 0
        self.pool = HeadPool(net.variant)
        table = dict(net.variant.table)
        self.pooled = {
            head: torch.empty(count, table[HEAD_INPUT[head]].total, 4, 4) for head in AUXILIARY
        }
        self.main = torch.empty(count, net.variant.classes)

    @torch.inference_mode()
    def add(self, array: Floats) -> None:
        """Run preprocessed photos (N, 3, H, W) and keep what comes of them."""
        x = self.net.place(torch.from_numpy(array))
        wanted = [*(HEAD_INPUT[head] for head in AUXILIARY), LOGITS["main"]]
        values = self.net.run({INPUT: self.net.transform(x)}, wanted)
        end = self.at + len(array)
        for head, kept in self.pooled.items():
            kept[self.at : end] = self.pool(values[HEAD_INPUT[head]])
        self.main[self.at : end] = values[LOGITS["main"]]
        self.at = end


def draw(paths: Sequence[Path], most: int, seed: int) -> list[int]:
    """Return the places of at most ``most`` paths, in an order that depends on names and seed."""
    return sorted(range(len(paths)), key=lambda place: _mark(paths[place], seed))[:most]


def _mark(path: Path, seed: int) -> tuple[int, str]:
    name = f"{path.parent.name}/{path.name}"
    return zlib.crc32(f"{seed}/{name}".encode()), str(path)
