"""Many photos on their way into a network: read ahead, in batches, bounded in memory."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from inception_viewer.errors import ImageError
from inception_viewer.questions import Floats, ImageSource, Preprocessing

from .decode import decode
from .preprocess import prepare

READERS = 2
"""Threads that read the next batch while the network works on this one."""

Read = tuple[int, Floats | str]
"""A photo's place among the paths, and its input (3, H, W) or why it cannot be read."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Some photos, as a network receives them.

    Attributes
    ----------
    places
        Which of the paths they are, in order.
    array
        float32 (N, 3, H, W), preprocessed.
    failures
        (place, one sentence) of those that could not be read.
    """

    places: tuple[int, ...]
    array: Floats = field(repr=False)
    failures: tuple[tuple[int, str], ...] = ()


def batches(
    paths: Sequence[Path], preprocessing: Preprocessing, size: int
) -> Generator[Batch, None, None]:
    """Yield the photos at ``paths`` in batches of up to ``size``; each path is in one of them.

    Two batches are in memory at a time. Close the generator to end its threads early.
    """

    def read(place: int) -> Read:
        try:
            pixels = decode(ImageSource(path=str(paths[place]))).pixels
            return place, prepare(pixels, preprocessing).array
        except ImageError as error:
            return place, str(error)

    pool = ThreadPoolExecutor(READERS, "photos")

    def ask(begin: int) -> list[Future[Read]]:
        return [pool.submit(read, place) for place in range(begin, min(begin + size, len(paths)))]

    try:
        waiting = ask(0)
        for begin in range(0, len(paths), size):
            ready, waiting = waiting, ask(begin + size)
            yield _batch([future.result() for future in ready], preprocessing)
    finally:
        pool.shutdown(cancel_futures=True)


def batch_size(preprocessing: Preprocessing, device: str) -> int:
    """Return how many photos make a batch: on a CPU 8 of 224 x 224, which take under half a second.

    Whoever waits for a cancelled evaluation waits for one batch.
    """
    if device != "cpu":
        return 32
    area = preprocessing.height * preprocessing.width
    return min(32, max(1, 8 * 224 * 224 // area))


def _batch(read: Sequence[Read], preprocessing: Preprocessing) -> Batch:
    good = [(place, value) for place, value in read if not isinstance(value, str)]
    blank = np.empty((0, 3, preprocessing.height, preprocessing.width), np.float32)
    array = np.stack([value for _, value in good]) if good else blank
    failures = tuple((place, value) for place, value in read if isinstance(value, str))
    return Batch(tuple(place for place, _ in good), array, failures)
