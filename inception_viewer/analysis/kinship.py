"""Whether the channels of two networks correspond, told from their weights alone."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from inception_viewer.comparison_questions import Kinship

SAME = 1e-3
"""How far the same weights may be apart, of a tensor's largest: half precision rounds less."""
KIN = 0.5
"""The least share of a unit's filters that must be nearest to the filter of their own number.

Of networks that were trained apart it is about one in as many as the unit has filters; one
that was trained on from the other keeps nearly all."""
OF_HEADS = ("aux1.", "aux2.", "fc.")


def kinship(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> tuple[Kinship, float]:
    """Say whether channel by channel two networks are the same, related, or neither.

    Heads are left out: they may be of other classes.

    Parameters
    ----------
    first, second
        Unfolded weights by the names of our own state dict.

    Returns
    -------
    tuple
        The verdict, and the share of all filters of the first that are nearer (by the cosine
        of their weights) to the filter of the same number in the second than to any other.
    """
    ours, theirs = _trunk(first), _trunk(second)
    if ours.keys() == theirs.keys() and all(_same(ours[name], theirs[name]) for name in ours):
        return "same", 1.0
    units = [name for name, weight in ours.items() if weight.ndim == 4]
    counts = [_nearest_to_own(ours[name], theirs.get(name)) for name in units]
    found = sum(own for own, _ in counts)
    filters = sum(every for _, every in counts)
    share = found / filters if filters else 0.0
    related = all(own >= KIN * every for own, every in counts)
    return "kin" if related and filters else "apart", share


def _trunk(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in state.items() if not name.startswith(OF_HEADS)}


def _same(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape:
        return False
    return float((one - other).abs().max()) <= SAME * float(one.abs().max())


def _nearest_to_own(one: Tensor, other: Tensor | None) -> tuple[int, int]:
    """Return how many filters are nearest to that of their own number, and of how many.

    Filters that are all zero are nearest to none and are not counted.
    """
    alive = one.flatten(1).norm(dim=1) > 0
    if other is None or one.shape != other.shape:
        return 0, int(alive.sum())
    x, y = (torch.nn.functional.normalize(weight.flatten(1), dim=1) for weight in (one, other))
    own = (x @ y.T).argmax(1) == torch.arange(len(x))
    return int((own & alive).sum()), int(alive.sum())
