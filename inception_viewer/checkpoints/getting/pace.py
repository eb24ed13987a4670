"""How fast bytes come, and how long the rest takes."""

from __future__ import annotations

from collections import deque
from time import monotonic

WINDOW = 5.0
"""Seconds looked back: what came earlier, or lay on the disk already, says little."""
SETTLED = 0.5
"""Seconds before which nothing is promised."""


class Pace:
    """Follows the count of bytes received."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, received: int) -> None:
        """Take in how many bytes there are by now; fewer than before starts over."""
        now = monotonic()
        if self._seen and received < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, received))
        while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW:
            self._seen.popleft()

    def seconds_left(self, total: int) -> float | None:
        """Return the seconds until ``total`` bytes are there, None while that is open."""
        if not self._seen:
            return None
        (start, first), (_, last) = self._seen[0], self._seen[-1]
        elapsed = monotonic() - start
        if elapsed < SETTLED or last == first:
            return None
        return max(0.0, (total - last) * elapsed / (last - first))

    def restart(self) -> None:
        """Forget the past: a new connection begins."""
        self._seen.clear()
