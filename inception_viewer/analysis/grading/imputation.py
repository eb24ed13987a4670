"""Noisy linear imputation (Rong et al., 2022, arXiv:2202.00449, section 4.2).

A pixel that is gone is the weighted mean of its eight neighbours, known or gone themselves: a
linear equation each, solved for all at once. What fills the holes is as smooth as can be, so that
the network cannot tell the class from the shape of what was taken away.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu

Doubles = NDArray[np.float64]
Gone = NDArray[np.bool_]

NEIGHBOURS = tuple(
    (rows, columns, 1 / 12 if rows and columns else 1 / 6)
    for rows in (-1, 0, 1)
    for columns in (-1, 0, 1)
    if rows or columns
)
"""(rows, columns, weight): those beside a pixel count twice those across a corner."""
NOISE = 0.01
"""Standard deviation of the noise, as a share of the photo's own."""


def imputed(photo: Doubles, gone: Gone, seed: int) -> Doubles:
    """Return the photo with its holes filled in.

    Parameters
    ----------
    photo
        (C, H, W).
    gone
        (H, W): which pixels to fill in; at least one must be left.
    seed
        Of the noise, whose values belong to the pixels, whatever else is gone.
    """
    matrix, right = equations(photo, gone)
    # The matrix is symmetric and diagonally dominant, so that no pivots need be searched for:
    # a tenth of the time, and of the memory.
    solver = splu(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    noise = np.random.default_rng(seed).standard_normal(photo.shape) * photo.std() * NOISE
    filled = photo.copy()
    filled[:, gone] = solver.solve(right).T + noise[:, gone]
    return filled


def equations(photo: Doubles, gone: Gone) -> tuple[csc_matrix, Doubles]:
    """Return the equations of the pixels that are gone: a matrix (n, n) and (n, C).

    At the photo's edge the weights of the neighbours that there are count for all.
    """
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
