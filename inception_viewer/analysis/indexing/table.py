"""The best photos of each channel so far: added to batch by batch, merged exactly.

What comes first is settled: the larger activation, then the photo that is listed earlier.
So it does not matter in how many pieces, or by how many processes, a folder is gone through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inception_viewer.questions import Floats

NOBODY = -1
"""The photo of a place that is not taken."""


@dataclass(frozen=True, eq=False)
class Table:
    """Of every channel the photos that excite it most, the strongest first.

    All arrays are (channels, most).

    Attributes
    ----------
    values
        float32: the largest activation on the photo; 0 where there is no photo.
    photos
        int64: the photo's place in the listing, or :data:`NOBODY`.
    positions
        int32: the first position in row order that has it, row * width + column.
    sums
        uint32: CRC-32 of the photo as the network received it.
    """

    values: Floats
    photos: NDArray[np.int64]
    positions: NDArray[np.int32]
    sums: NDArray[np.uint32]

    @property
    def floor(self) -> Floats:
        """What a channel's activation has to exceed (channels,) to be among its best."""
        return self.values[:, -1]

    def add(
        self, values: Floats, photos: NDArray[Any], positions: NDArray[Any], sums: NDArray[Any]
    ) -> Table:
        """Return the table with more photos, all of them listed behind those in it.

        Parameters
        ----------
        values, positions
            (N, channels) of the N photos.
        photos, sums
            (N,), the photos in the order of the listing.
        """
        enters: NDArray[np.bool_] = np.any(values > self.floor, axis=0)
        if not enters.any():
            return self
        shape = (int(enters.sum()), len(values))
        more = Table(
            values[:, enters].T,
            np.broadcast_to(photos, shape),
            positions[:, enters].T,
            np.broadcast_to(sums, shape),
        )
        made = Table(*(array.copy() for array in self._arrays))
        best = self._of(enters).merged(more)
        for array, rows in zip(made._arrays, best._arrays, strict=True):
            array[enters] = rows
        return made

    def merged(self, later: Table) -> Table:
        """Return the best of both; ``later``'s photos are all listed behind this one's."""
        most = self.values.shape[1]
        values = np.concatenate([self.values, later.values], 1)
        # Stable: of equal values the earlier photo stays in front, empty places of this
        # table before the later one's zeros.
        order = np.argsort(-values, axis=1, kind="stable")[:, :most]
        both = zip(self._arrays, later._arrays, strict=True)
        return Table(*(np.take_along_axis(np.concatenate(p, 1), order, 1) for p in both))

    def _of(self, channels: NDArray[np.bool_]) -> Table:
        return Table(*(array[channels] for array in self._arrays))

    @property
    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return self.values, self.photos, self.positions, self.sums


def empty(channels: int, most: int) -> Table:
    """Return a table without photos: only an activation above zero gets into it."""
    shape = (channels, most)
    return Table(
        np.zeros(shape, np.float32),
        np.full(shape, NOBODY, np.int64),
        np.zeros(shape, np.int32),
        np.zeros(shape, np.uint32),
    )
