"""How the lab draws maps: scale, signs, clipping, overlay, channels; numpy only.

One colour scale is the largest of the single maps' limits, so that each map ends where it
would by itself or later: nothing that shows alone is lost, and maps can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np

from ...questions import AttributionAnswer, Floats, Pixels
from ..attribution.colouring import PERCENTILE, Colouring, coloured, fitted, overlaid

Scale: TypeAlias = Literal["own", "shared"]
Channels: TypeAlias = Literal["sum", "rgb"]
PERCENTILES = (95.0, 99.0, PERCENTILE, 99.9, 100.0)
GREY = 128
"""What zero is in red, green and blue, where signs are told."""


@dataclass(frozen=True)
class Drawing:
    """What a person chose of the colours.

    Attributes
    ----------
    scale
        Each map its own limit, or one for all.
    signed
        Colours diverge around zero; else the magnitude is shown, from zero up.
    percentile
        Of the magnitude, where colours end.
    opacity
        Of the map over the photo, 0 to 1.
    overlay
        Over the photo, or the map alone.
    contours
        Whether lines are drawn on it.
    channels
        The sum over the channels, or the input's three as red, green and blue.
    """

    scale: Scale = "own"
    signed: bool = True
    percentile: float = PERCENTILE
    opacity: float = 0.8
    overlay: bool = True
    contours: bool = False
    channels: Channels = "sum"


def has_channels(answer: AttributionAnswer) -> bool:
    """Whether the map can be drawn in red, green and blue: it is of the input's pixels."""
    return answer.raw.shape == (3, *answer.map.shape)


def in_channels(answer: AttributionAnswer, drawing: Drawing) -> bool:
    """Whether it is drawn in red, green and blue."""
    return drawing.channels == "rgb" and has_channels(answer)


def channels(answer: AttributionAnswer) -> Floats:
    """Return the attributions (3, height, width) in the order red, green, blue."""
    flipped = answer.provenance.preprocessing.channels == "BGR"
    return answer.raw[::-1] if flipped else answer.raw


class Limits:
    """Where each map's colours would end by themselves; computed once for an answer."""

    def __init__(self) -> None:
        self._known: dict[str, WeakKeyDictionary[AttributionAnswer, tuple[float, ...]]] = {
            "sum": WeakKeyDictionary(),
            "rgb": WeakKeyDictionary(),
        }

    def known(self, answer: AttributionAnswer, drawing: Drawing) -> bool:
        """Whether asking costs nothing any more."""
        return answer in self._of(answer, drawing)

    def of(self, answer: AttributionAnswer, drawing: Drawing) -> float:
        """Return the magnitude at which a map's colours end; above 0."""
        known = self._of(answer, drawing)
        if answer not in known:
            rgb = in_channels(answer, drawing)
            known[answer] = _percentiles(answer.raw if rgb else answer.map)
        return known[answer][PERCENTILES.index(drawing.percentile)]

    def shared(self, answers: Iterable[AttributionAnswer], drawing: Drawing) -> float:
        """Return the largest of the limits that are known; 1 if there is none."""
        found = [self.of(answer, drawing) for answer in answers if self.known(answer, drawing)]
        return max(found, default=1.0)

    def _of(
        self, answer: AttributionAnswer, drawing: Drawing
    ) -> WeakKeyDictionary[AttributionAnswer, tuple[float, ...]]:
        return self._known["rgb" if in_channels(answer, drawing) else "sum"]


def _percentiles(values: Floats) -> tuple[float, ...]:
    magnitude = np.abs(values[np.isfinite(values)])
    if not magnitude.size:
        return (1.0,) * len(PERCENTILES)
    found = np.percentile(magnitude, PERCENTILES)
    # More zeros than a percentile leaves: the largest value is all there is to go by.
    largest = float(found[-1]) or 1.0
    return tuple(float(value) or largest for value in found)


def colouring_of(drawing: Drawing, limit: float) -> Colouring:
    """Return the colours up to a limit; what lies beyond is not counted."""
    return Colouring(drawing.signed, limit, drawing.percentile, 0.0)


def beyond(answer: AttributionAnswer, drawing: Drawing, limit: float) -> float:
    """Return the share of positions past a limit, in [0, 1]."""
    values = channels(answer) if in_channels(answer, drawing) else answer.map
    return float(np.mean(np.abs(np.nan_to_num(values)) > limit))


def composed(answer: AttributionAnswer, picture: Pixels, drawing: Drawing, limit: float) -> Pixels:
    """Return a map as a picture (height, width, 3), as it is drawn."""
    if in_channels(answer, drawing):
        return _in_colours(channels(answer), picture, drawing, limit)
    values = answer.map if drawing.signed else np.abs(answer.map)
    chosen = colouring_of(drawing, limit)
    if not drawing.overlay:
        return coloured(values, chosen)
    return overlaid(picture, values, chosen, drawing.opacity)


def _in_colours(values: Floats, picture: Pixels, drawing: Drawing, limit: float) -> Pixels:
    share = np.clip(np.nan_to_num(values / np.float32(limit)), -1, 1).transpose(1, 2, 0)
    level = GREY + 127 * share if drawing.signed else 255 * np.abs(share)
    if drawing.overlay:
        photo = fitted(picture, values.shape[1:]).astype(np.float32)
        weight = np.float32(drawing.opacity) * np.abs(share).max(axis=2, keepdims=True)
        level = photo + weight * (level - photo)
    pixels: Pixels = np.rint(level).astype(np.uint8)
    return pixels


def values_at(
    answer: AttributionAnswer, drawing: Drawing, row: float, column: float
) -> tuple[float, ...]:
    """Return what the map says at a place given as shares of its height and width."""
    height, width = answer.map.shape
    at = min(height - 1, int(row * height)), min(width - 1, int(column * width))
    if in_channels(answer, drawing):
        found = tuple(float(value) for value in channels(answer)[:, at[0], at[1]])
    else:
        found = (float(answer.map[at]),)
    return found if drawing.signed else tuple(abs(value) for value in found)
