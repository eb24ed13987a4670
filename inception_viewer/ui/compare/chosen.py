"""Which photos are compared: those selected in the tray, or those that were ticked; no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

MOST = 8
"""Photos side by side (issue 5)."""
AT_FIRST = 4


@dataclass(frozen=True)
class Chosen:
    """A choice among the photos of the tray.

    Attributes
    ----------
    present
        Ids of the tray's photos, in order.
    picked
        What was chosen, in the tray's order; None while nothing was: the first few then.
    """

    present: tuple[str, ...] = ()
    picked: tuple[str, ...] | None = None

    @property
    def photos(self) -> tuple[str, ...]:
        """The photos to compare."""
        picked = self.present[:AT_FIRST] if self.picked is None else self.picked
        return tuple(photo for photo in self.present if photo in picked)[:MOST]

    def among(self, present: Sequence[str]) -> Chosen:
        """Return the choice among other photos; one that none is left of is dropped."""
        picked = self.picked
        if picked is not None and not set(picked) & set(present):
            picked = None
        return Chosen(tuple(present), picked)

    def pick(self, photos: Sequence[str]) -> Chosen:
        """Choose these."""
        return replace(self, picked=tuple(photos)[:MOST])
