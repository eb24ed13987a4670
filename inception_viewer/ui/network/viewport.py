"""What part of the world is on the screen: a scale and a shift, as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .layout import Box

SMALLEST, LARGEST = 0.1, 6.0
"""Limits of the zoom."""


@dataclass(frozen=True)
class Viewport:
    """Screen position = world position x ``scale`` + (``dx``, ``dy``), in logical pixels."""

    scale: float = 1.0
    dx: float = 0.0
    dy: float = 0.0

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Return where a world position is on the screen."""
        return x * self.scale + self.dx, y * self.scale + self.dy

    def to_world(self, x: float, y: float) -> tuple[float, float]:
        """Return which world position is at a screen position."""
        return (x - self.dx) / self.scale, (y - self.dy) / self.scale

    def moved(self, dx: float, dy: float) -> Viewport:
        """Return the viewport with everything moved by (dx, dy) pixels."""
        return replace(self, dx=self.dx + dx, dy=self.dy + dy)

    def zoomed(self, factor: float, x: float, y: float) -> Viewport:
        """Return the viewport enlarged by ``factor`` with screen position (x, y) kept."""
        scale = min(LARGEST, max(SMALLEST, self.scale * factor))
        world = self.to_world(x, y)
        return Viewport(scale, x - world[0] * scale, y - world[1] * scale)

    def centred(self, box: Box, width: float, height: float) -> Viewport:
        """Return the viewport with ``box`` in the middle of width x height pixels."""
        x, y = box.centre
        return Viewport(self.scale, width / 2 - x * self.scale, height / 2 - y * self.scale)

    def revealing(self, box: Box, width: float, height: float, margin: float = 16.0) -> Viewport:
        """Return the viewport moved by the least that shows ``box`` (its start, if too large)."""
        left, top = self.to_screen(box.x, box.y)
        right, bottom = self.to_screen(box.right, box.bottom)
        dx = _least_shift(left, right, margin, width - margin)
        dy = _least_shift(top, bottom, margin, height - margin)
        return self.moved(dx, dy)


def fitting(
    box: Box, width: float, height: float, margin: float = 8.0, largest: float = 1.5
) -> Viewport:
    """Return the viewport that shows all of ``box``, centred, with a margin in pixels."""
    across = max(1.0, width - 2 * margin) / box.width
    down = max(1.0, height - 2 * margin) / box.height
    scale = min(across, down, largest)
    return Viewport(max(SMALLEST / 2, scale)).centred(box, width, height)


def home(
    box: Box, at: Box | None, width: float, height: float, legible: float, margin: float = 8.0
) -> Viewport:
    """Return the viewport to begin with: all of ``box`` if that is at least ``legible``.

    Where all of it would be too small to read, the scale stays at ``legible`` with ``at``
    (the selection) as near the middle as leaves no empty room at the ends.
    """
    whole = fitting(box, width, height, margin)
    if whole.scale >= legible:
        return whole
    placed = Viewport(legible).centred(at or Box(box.x, 0.0, 0.0, 0.0), width, height)
    dx = _within(placed.dx, box.x * legible, box.right * legible, width, margin)
    dy = _within(placed.dy, box.y * legible, box.bottom * legible, height, margin)
    return Viewport(legible, dx, dy)


def _within(shift: float, low: float, high: float, room: float, margin: float) -> float:
    """``shift`` limited so that (low, high) fills the room, or is centred if it is smaller."""
    if high - low <= room - 2 * margin:
        return (room - low - high) / 2
    return min(margin - low, max(room - margin - high, shift))


def _least_shift(low: float, high: float, least: float, most: float) -> float:
    if high - low > most - least or low < least:
        return 0.0 if low <= least and high >= most else least - low
    return min(0.0, most - high)
