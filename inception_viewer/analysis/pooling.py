"""Photos as one number a channel: every unit's activation averaged over its map.

That is what groups, neighbours and maps of photos are made from: 30 KB a photo, kept within a
bound, so that a comparison that is asked again goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from inception_viewer.googlenet.architecture import INPUT, LOGITS, GoogLeNet, module_path
from inception_viewer.images.batches import batch_size, batches
from inception_viewer.questions import Floats, Preprocessing, Scene, frozen_array

if TYPE_CHECKING:
    from inception_viewer.lab import Lab


@dataclass(frozen=True, eq=False)
class Pooled:
    """One photo: each convolution's channels averaged over the map, and main's top class.

    Attributes
    ----------
    row
        (channels of all convolutions,).
    widths
        How many of them each convolution has, in order.
    predicted
        Main's top class.
    """

    row: Floats
    widths: Mapping[str, int]
    predicted: int

    @property
    def values(self) -> dict[str, Floats]:
        """By unit, (channels,)."""
        return by_unit(self.row, self.widths)

    @property
    def nbytes(self) -> int:
        """Bytes of its numbers."""
        return self.row.nbytes


def by_unit(rows: Floats, widths: Mapping[str, int]) -> dict[str, Floats]:
    """Return views on the last axis, one for each unit."""
    ends = np.cumsum(list(widths.values()))
    return dict(zip(widths, np.split(rows, ends[:-1], axis=-1), strict=True))


def units(net: GoogLeNet) -> list[str]:
    """Return the units that are pooled: every convolution, in the order of computation.

    A module's output is the concatenation of its branches and needs no numbers of its own.
    """
    return [step.name for step in net.steps if step.kind == "conv"]


def of_scene(lab: Lab, scene: Scene, lane: str) -> Pooled:
    """Return an open photo's pooled activations."""
    found = lab.pooled.get(scene)
    if found is None:
        net = lab.network(scene.checkpoint, lane)
        (found,) = _pooled(net, lab.trace(scene, lane, keep=False).batches)
        lab.pooled.put(scene, found)
    return found


def of_paths(
    lab: Lab, checkpoint: str, made: Preprocessing, paths: Sequence[str], lane: str
) -> Iterator[tuple[int, Pooled | str]]:
    """Read photos in batches; yield each one's place and what is in it, or why it has nothing.

    Those that were read before come first.
    """
    net = lab.network(checkpoint, lane)
    keys = [_key(checkpoint, made, path) for path in paths]
    left = []
    for place, key in enumerate(keys):
        found = lab.pooled.get(key)
        if found is None:
            left.append(place)
        else:
            yield place, found
    files = [Path(paths[place]) for place in left]
    with closing(batches(files, made, batch_size(made, net.device.type))) as reading:
        for batch in reading:
            for at, why in batch.failures:
                yield left[at], why
            if not batch.places:
                continue
            values = _computed(net, batch.array)
            found_here = list(zip(batch.places, _pooled(net, values), strict=True))
            for at, one in found_here:  # all of them before any: whoever asks may stop at one
                lab.pooled.put(keys[left[at]], one)
            for at, one in found_here:
                yield left[at], one


def widths(net: GoogLeNet) -> dict[str, int]:
    """Return how many channels each of :func:`units` has."""
    return {name: len(net.get_parameter(f"{module_path(name)}.conv.weight")) for name in units(net)}


def of_batch(net: GoogLeNet, array: Floats) -> Floats:
    """Return the rows (photos, channels of all units) of preprocessed photos, which may be none."""
    if not len(array):
        return np.empty((0, sum(widths(net).values())), np.float32)
    return np.stack([one.row for one in _pooled(net, _computed(net, array))])


def of_module(values: Mapping[str, Floats], unit: str, outputs: Sequence[str]) -> Floats:
    """Return a unit's pooled channels; a module's are those of its branches."""
    if unit in values:
        return values[unit]
    return np.concatenate([values[f"{unit}/{output}"] for output in outputs])


def _computed(net: GoogLeNet, array: Floats) -> dict[str, Tensor]:
    with torch.inference_mode():
        x = net.transform(net.place(torch.from_numpy(array)))
        return net.run({INPUT: x}, [*units(net), LOGITS["main"]])


def _pooled(net: GoogLeNet, values: Mapping[str, Tensor]) -> list[Pooled]:
    with torch.inference_mode():
        means = {name: values[name].mean((2, 3)) for name in units(net)}
        rows = torch.cat(list(means.values()), 1).cpu().numpy()
        tops = values[LOGITS["main"]].argmax(1).tolist()
    widths = {name: mean.shape[1] for name, mean in means.items()}
    return [
        Pooled(frozen_array(row.copy()), widths, top) for row, top in zip(rows, tops, strict=True)
    ]


def _key(checkpoint: str, made: Preprocessing, path: str) -> tuple[object, ...]:
    """Return what a file's numbers are kept under; another one when the file has changed."""
    try:
        stat = Path(path).stat()
    except OSError:
        return checkpoint, made, path
    return checkpoint, made, path, stat.st_mtime_ns, stat.st_size
