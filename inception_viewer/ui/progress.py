"""How far something is, for people: 100 % is said of nothing that still runs.

The last share of a computation is in before its answer is: the answer is put together
after that, so what runs at a share of 1 is "finishing".
"""

from __future__ import annotations

import math

FULL = 1000
"""The range of the progress bars."""
MOST = 990
FINISHING = "finishing"


def is_ending(fraction: float) -> bool:
    """Whether all shares are in, rounding aside."""
    return fraction > 1 - 1e-6


def bar_value(fraction: float) -> int:
    """Return what a progress bar shows of a share in [0, 1]: 0 to 990 of 1000."""
    return min(MOST, max(0, math.floor(FULL * fraction)))


def done_text(fraction: float) -> str:
    """Return ``"42 %"``, at most ``"99 %"``; ``"finishing"`` once all shares are in."""
    if is_ending(fraction):
        return FINISHING
    return f"{min(99, round(100 * fraction))} %"


def left_text(seconds: float | None) -> str:
    """Return ``"3 s left"``, ``"2 min left"``, ``"under 1 s left"``, or ``""`` for None."""
    if seconds is None:
        return ""
    if seconds < 1:
        return "under 1 s left"
    return f"{seconds:.0f} s left" if seconds < 100 else f"{seconds / 60:.0f} min left"


def duration_text(seconds: float) -> str:
    """Return what something took: ``"16 ms"``, ``"2.4 s"``."""
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def progress_text(fraction: float, seconds: float | None) -> str:
    """Return both: ``"42 %, 3 s left"``; ``"finishing"`` says nothing of time."""
    left = "" if is_ending(fraction) else left_text(seconds)
    return ", ".join(filter(None, (done_text(fraction), left)))
