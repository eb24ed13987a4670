"""Where the bars of a branch profile stand: plain arithmetic, no widgets."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

BETWEEN = 14.0
"""Room between two modules, at least."""
MOST = 28.0
"""Width of a bar, at most."""


@dataclass(frozen=True)
class Bars:
    """Bars side by side: for each module that of its channels, then one for each photo.

    Attributes
    ----------
    area
        What the bars fill: its bottom is a share of 0, its top one of 1.
    modules, photos
        How many.
    """

    area: QRectF
    modules: int
    photos: int

    @property
    def pitch(self) -> float:
        """From a module to the next."""
        return self.area.width() / max(1, self.modules)

    @property
    def width(self) -> float:
        """Of a bar."""
        count = self.photos + 1
        return max(2.0, min(MOST, (self.pitch - BETWEEN) / count - 1))

    def module(self, module: int) -> QRectF:
        """Return what a module's bars take up."""
        whole = (self.photos + 1) * (self.width + 1)
        left = self.area.left() + module * self.pitch + (self.pitch - whole) / 2
        return QRectF(left, self.area.top(), whole, self.area.height())

    def bar(self, module: int, place: int) -> QRectF:
        """Return a bar: place 0 is the share of channels, 1 the first photo."""
        box = self.module(module)
        left = box.left() + place * (self.width + 1)
        return QRectF(round(left), box.top(), round(self.width), box.height())

    def part(self, module: int, place: int, below: float, share: float) -> QRectF:
        """Return the part of a bar that a share takes, above those ``below`` it."""
        bar = self.bar(module, place)
        top = bar.bottom() - (below + share) * bar.height()
        return QRectF(bar.left(), top, bar.width(), share * bar.height())

    def at(self, point: QPointF) -> tuple[int, int] | None:
        """Return (module, place) of the bar at a point, or None."""
        for module in range(self.modules):
            for place in range(self.photos + 1):
                if self.bar(module, place).adjusted(-1, 0, 1, 0).contains(point):
                    return module, place
        return None
