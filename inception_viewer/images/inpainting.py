"""Filling holes so that each pixel in them is the weighted mean of its eight neighbours.

The neighbours are known or in the hole themselves: a linear equation each, solved for all at
once. What fills the hole is as smooth as can be and continues what lies around it. The weights
are those of Rong et al., 2022 (arXiv:2202.00449, section 4.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix

Doubles = NDArray[np.float64]
Gone = NDArray[np.bool_]

NEIGHBOURS = tuple(
    (rows, columns, 1 / 12 if rows and columns else 1 / 6)
    for rows in (-1, 0, 1)
    for columns in (-1, 0, 1)
    if rows or columns
)
"""(rows, columns, weight): those beside a pixel count twice those across a corner."""


def continued(photo: Doubles, gone: Gone) -> Doubles:
    """Return the photo with its holes filled from around them.

    Parameters
    ----------
    photo
        (C, H, W).
    gone
        (H, W): which pixels to fill in; at least one must be left.
    """
    filled = photo.copy()
    if gone.any():
        filled[:, gone] = solution(photo, gone).T
    return filled


def solution(photo: Doubles, gone: Gone) -> Doubles:
    """Return what the pixels that are gone (n of them, row by row) should be: (n, C)."""
    # A tenth of a second of importing, which a window that is only opened need not wait for.
    from scipy.sparse.linalg import splu

    matrix, right = equations(photo, gone)
    # The matrix is symmetric and diagonally dominant, so that no pivots need be searched for:
    # a tenth of the time, and of the memory.
    solver = splu(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    found: Doubles = solver.solve(right)
    return found


def equations(photo: Doubles, gone: Gone) -> tuple[csc_matrix, Doubles]:
    """Return the equations of the pixels that are gone: a matrix (n, n) and (n, C).

    At the photo's edge the weights of the neighbours that there are count for all.
    """
    from scipy.sparse import csc_matrix

    rows, columns = np.nonzero(gone)
    count = len(rows)
    number = np.full(gone.shape, -1)
    number[rows, columns] = np.arange(count)
    weights, right = np.zeros(count), np.zeros((count, photo.shape[0]))
    entries: list[tuple[Doubles, NDArray[np.int64], NDArray[np.int64]]] = []
    for down, across, weight in NEIGHBOURS:
        at = rows + down, columns + across
        inside = np.flatnonzero(
            (at[0] >= 0) & (at[0] < gone.shape[0]) & (at[1] >= 0) & (at[1] < gone.shape[1])
        )
        beside = at[0][inside], at[1][inside]
        weights[inside] += weight
        other = number[beside]
        lost = other >= 0
        entries.append((np.full(int(lost.sum()), -weight), inside[lost], other[lost]))
        right[inside[~lost]] += weight * photo[:, beside[0][~lost], beside[1][~lost]].T
    entries.append((weights, np.arange(count), np.arange(count)))
    values, lines, places = (np.concatenate(part) for part in zip(*entries, strict=True))
    return csc_matrix((values, (lines, places)), (count, count)), right
