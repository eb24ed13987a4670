"""Numbers and sentences about maps, as shown and as read aloud."""

from __future__ import annotations

import numpy as np

from ...questions import MapGroup
from ...session import MapScale


def number(value: float) -> str:
    """Return a value with three significant digits: ``"8.21"``, ``"0.0132"``, ``"1,250"``."""
    if not np.isfinite(value):
        return str(value)
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percent(share: float) -> str:
    """Return a share as a percentage, rounded but never to 0 or 100 unless it is that."""
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{share:.0%}".replace("%", " %")


def short_name(group: MapGroup) -> str:
    """Return ``"3x3"`` for a branch and the unit's name elsewhere."""
    return group.branch or group.unit


def channel_text(group: MapGroup, channel: int) -> str:
    """Return a channel's figures in one line."""
    start = f"{short_name(group)}, channel {channel}"
    if group.maximum[channel] <= 0:
        return f"{start}: dead, zero at every position"
    return (
        f"{start}: maximum {number(float(group.maximum[channel]))}, "
        f"mean {number(float(group.mean[channel]))}, "
        f"active at {percent(float(group.active[channel]))} of positions"
    )


def position_text(group: MapGroup, channel: int, row: int, column: int) -> str:
    """Return the value at a position and the channel's figures in one line."""
    value = number(float(group.maps[channel, row, column]))
    return (
        f"{short_name(group)}, channel {channel}: {value} at row {row}, column {column}"
        f" \N{MIDDLE DOT} maximum {number(float(group.maximum[channel]))}"
        f" \N{MIDDLE DOT} mean {number(float(group.mean[channel]))}"
    )


def count_text(channels: int, dead: int) -> str:
    """Return ``"128 channels, 12 dead"``."""
    noun = "channel" if channels == 1 else "channels"
    return f"{channels} {noun}, {dead} dead" if dead else f"{channels} {noun}"


def scale_text(scale: MapScale, unit: str, groups: int) -> str:
    """Return whose range the colours span."""
    if scale == "own":
        return "range of each map"
    if groups == 1:
        return f"range of {unit}"
    return "range of each branch" if scale == "branch" else f"range of {unit}"
