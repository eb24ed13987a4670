"""Where photos stand on a map of photos: plain arithmetic, no widgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from ...comparison_questions import Doubles, PhotoMapAnswer

SIDES = ((12, 56.0), (40, 40.0), (120, 28.0))
"""Up to how many photos, of which side; beyond, :data:`LEAST`."""
LEAST = 20.0
NAMED = 40
"""Up to how many photos their classes are written below them."""


@dataclass(frozen=True, eq=False)
class Points:
    """Photos in a place, on one scale across and down, so that distances can be compared.

    Attributes
    ----------
    boxes
        A square for each photo.
    origin
        Where the mean of all photos is.
    """

    boxes: tuple[QRectF, ...]
    origin: QPointF

    def at(self, point: QPointF) -> int | None:
        """Return the photo at a point, the one on top of the others; None where there is none."""
        found = [place for place, box in enumerate(self.boxes) if box.contains(point)]
        return found[-1] if found else None

    def step(self, place: int, dx: int, dy: int) -> int:
        """Return the next photo in a direction; the same where there is none."""
        here = self.boxes[place].center()
        best, found = float("inf"), place
        for other, box in enumerate(self.boxes):
            x, y = box.center().x() - here.x(), box.center().y() - here.y()
            along, aside = x * dx + y * dy, abs(x * dy) + abs(y * dx)
            if other != place and along > 0 and aside <= 2 * along and along + aside < best:
                best, found = along + aside, other
        return found


def points_of(points: Doubles, area: QRectF) -> Points:
    """Return where photos stand in a place; ``points`` are (photos, 2), the second one upwards."""
    side = min(side_of(len(points)), max(LEAST, area.height() / 5))
    low, high = points.min(0), points.max(0)
    spread = np.maximum(high - low, 1e-12)
    room = max(1.0, area.width() - side), max(1.0, area.height() - side)
    scale = float(min(room[0] / spread[0], room[1] / spread[1]))
    if not (high > low).any():
        scale = 0.0
    middle = (low + high) / 2
    centre = area.center()

    def place(x: float, y: float) -> QPointF:
        return QPointF(
            centre.x() + (x - float(middle[0])) * scale,
            centre.y() - (y - float(middle[1])) * scale,
        )

    boxes = []
    for x, y in points.tolist():
        at = place(x, y)
        boxes.append(QRectF(round(at.x() - side / 2), round(at.y() - side / 2), side, side))
    return Points(tuple(boxes), place(0.0, 0.0))


def side_of(count: int) -> float:
    """Return the side of a photo where there are so many."""
    return next((side for most, side in SIDES if count <= most), LEAST)


def agreement(answer: PhotoMapAnswer, labels: Sequence[str]) -> tuple[int, int]:
    """Return of how many photos the nearest one has the same label, and of how many it is known.

    Photos without a label do not count, neither as photos nor as neighbours; nor do those
    whose label no other photo has.
    """
    known = [place for place, label in enumerate(labels) if label and labels.count(label) > 1]
    named = {place for place, label in enumerate(labels) if label}
    same = 0
    for place in known:
        nearest = next(one for one, _ in answer.nearest(place) if one in named)
        same += labels[nearest] == labels[place]
    return same, len(known)


def agreement_words(found: Mapping[str, tuple[int, int]]) -> str:
    """Say by module for how many photos the nearest one is of the same predicted class."""
    told = {module: one for module, one in found.items() if one[1]}
    if not told:
        return ""
    total = next(iter(told.values()))[1]
    counts = ", ".join(
        f"{module.removeprefix('inception')} {same}" for module, (same, _) in told.items()
    )
    return f"Photos whose nearest is of their own predicted class, of {total}: {counts}."
