"""What every attribution method returns, and the check that it means anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from inception_viewer.questions import Floats, frozen_array

ALL_ZERO = "The map is zero everywhere: the class does not depend on what it covers."
NOT_FINITE = (
    "The map holds values that are not finite, so nothing can be read from it; "
    "the weights or the photo's preprocessing are to blame."
)


@dataclass(frozen=True, eq=False)
class Result:
    """An attribution.

    Attributes
    ----------
    raw
        (3, H, W) with respect to what conv1 receives, or (C, h, w) of a layer; signed.
    map
        (H, W) at the input's size.
    completeness_error
        See :func:`completeness_error`; None where the method promises nothing, or so far.
    degenerate
        Why the map should not be read, or ``""``.
    note
        What else to know, or ``""``.
    score, baseline_score
        F(x) and F(b), where they were computed.
    conserved
        Share of F(x) that the relevance at the input adds up to (LRP), else None.
    forwards, backwards
        Passes that it took, counted in photos.
    """

    raw: Floats
    map: Floats
    completeness_error: float | None = None
    degenerate: str = ""
    note: str = ""
    score: float | None = None
    baseline_score: float | None = None
    conserved: float | None = None
    forwards: int = 0
    backwards: int = 0


Report = Callable[[float, Result | None, str], None]
"""``report(fraction, partial result or None, text)``; it raises to cancel."""


def silent(fraction: float, result: Result | None, text: str) -> None:
    """Report to nobody."""


def to_numpy(tensor: Tensor) -> Floats:
    """Return the values as a read-only float32 array in C order."""
    array: Floats = np.array(tensor.detach().cpu().numpy(), dtype=np.float32, order="C")
    frozen_array(array)
    return array


def whole(raw: Tensor, note: str = "") -> Result:
    """Return the result for attributions (3, H, W) of the pixels; its map sums the channels."""
    map_ = to_numpy(raw.sum(0))
    return Result(to_numpy(raw), map_, degenerate=degenerate(map_), note=note)


def partial(total: Tensor, count: int) -> Result | None:
    """Return the mean so far of attributions (3, H, W) that ``total`` sums, or None at first."""
    return whole(total / count) if count else None


def degenerate(map_: Floats, all_zero: str = ALL_ZERO) -> str:
    """Return why the map should not be read, or ``""``.

    ``all_zero`` is the sentence for a map without any value but zero.
    """
    if not np.isfinite(map_).all():
        return NOT_FINITE
    return "" if map_.any() else all_zero


def completeness_error(attributions: Tensor, difference: float) -> float:
    """Return how far attributions are from adding up, as a share.

    |sum - (F(x) - F(b))| / max(|F(x) - F(b)|, 0.1): below a tenth of a logit the difference
    itself is too small to be divided by. NaN if the attributions are not finite.

    Parameters
    ----------
    attributions
        Any shape; summed in float64.
    difference
        F(x) - F(b), in logits.
    """
    # Metal has no float64, so the sum is made by the processor.
    total = float(attributions.detach().cpu().double().sum())
    return abs(total - difference) / max(abs(difference), 0.1)
