"""The ways in which GoogLeNets take their input, and which of them the samples speak for.

A file seldom says how photos became its network's input, and the wrong way is not an
error: the network answers, only worse. The arithmetic is in :mod:`.inputs`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from inception_viewer.questions import Floats, Preprocessing
from inception_viewer.verdict_questions import Convention, Suggestion, Sureness

from .head_evidence import information
from .inputs import KNOWN, channels, convention, cut_like, same_range

GAIN = 0.2
"""By how many nats the answers under another convention must be more informative.

Measured over the 8 conventions of :func:`candidates` and more, on two networks (101 classes),
each made to want each of the five of :data:`KNOWN`: under the right one the answers are more
informative than under every other, by 0.06 nats at least. On networks cut to 3, 10, 50 or 89
random classes, with the sample photos' classes or without, 2,000 in all, no right convention
was accused; seven in eight wrong ones are (with batch norm)."""
STEADY = 4.0
"""By how many standard errors, over the photos."""
KNOWING = 0.4
"""Least information of a convention worth a word, as a share of what the photos can give."""
MISFIT = 0.25
"""Nats; right conventions were found at 0.02 to 0.04, wrong ranges at 0.47 and more."""
MISFIT_RATIO = 5.0
"""How much better another convention must fit batch norm's record."""
NOT_WORSE = -0.05
"""Nats of information that a convention which fits batch norm's record may lack."""


def candidates(own: Convention) -> tuple[Convention, ...]:
    """Return what to compare: the network's own first, then others with its size and crop.

    These are the known ranges, its own range with red and blue exchanged, and its own range
    with photos cut the other way.
    """
    made = own.preprocessing
    others = [cut_like(one.preprocessing, made) for one in KNOWN if not same_range(one, own)]
    tried = [own, *(convention(other, False) for other in others)]
    exchanged = _other_order(own)
    if not any(same_range(one, exchanged) for one in tried):
        tried.append(exchanged)
    tried.append(convention(_cut_otherwise(made), own.transform_input))
    return tuple(tried)


def _other_order(own: Convention) -> Convention:
    """Return the convention in which red and blue change places, each with its numbers."""
    order, factor, offset = channels(own)
    # As plain numbers: torchvision's transform treats the first channel as red.
    std = tuple(float(1 / value) for value in factor[::-1])
    mean = tuple(float(-b / a) for a, b in zip(factor[::-1], offset[::-1], strict=True))
    made = replace(
        own.preprocessing,
        channels="BGR" if order == "RGB" else "RGB",
        scale=1.0,
        mean=(mean[0], mean[1], mean[2]),
        std=(std[0], std[1], std[2]),
    )
    return Convention(f"{own.name}, but red and blue exchanged", made)


def _cut_otherwise(made: Preprocessing) -> Preprocessing:
    if made.resize == "short_side":
        return replace(made, resize="squeeze")
    smaller = min(made.height, made.width)
    return replace(made, resize="short_side", short_side=round(smaller * 256 / 224))


# --- what the samples say ------------------------------------------------------------


def suggestion(measured: Sequence[Sureness], logits: Sequence[Floats]) -> Suggestion:
    """Say whether the samples speak for another convention than the first.

    Parameters
    ----------
    measured
        Under each convention, the network's own first.
    logits
        The main head's (photos, classes) under each.
    """
    told = [information(values) for values in logits]
    photos, classes = logits[0].shape
    order = sorted(range(len(measured)), key=lambda place: -measured[place].information)
    place = _better(measured, told, min(photos, classes))
    own, better = measured[0], None if place is None else measured[place]
    first = measured[order[0]]
    return Suggestion(
        own=own,
        ranked=tuple(measured[place] for place in order),
        better=better,
        sentence=_sentence(own, first, better, photos),
        photos=photos,
    )


def _better(
    measured: Sequence[Sureness], told: Sequence[NDArray[np.float64]], different: int
) -> int | None:
    """Return the place of the convention that is clearly better than the first, if one is."""
    own = measured[0]
    fits = [one.misfit if one.misfit is not None else 0.0 for one in measured]
    others = sorted(range(1, len(measured)), key=lambda place: -measured[place].information)
    if own.misfit is not None and own.misfit > MISFIT:
        # Batch norm recorded what it saw in training: another range it was.
        least = min(fits)
        for place in others:
            gain = measured[place].information - own.information
            near = fits[place] < own.misfit / MISFIT_RATIO and fits[place] <= 2 * least
            if near and gain > NOT_WORSE:
                return place
    enough = KNOWING * math.log(max(2, different))
    for place in others:
        if own.misfit is not None and fits[place] > 1.5 * own.misfit:
            continue
        if measured[place].information >= enough and _clearly_more(told[place], told[0]):
            return place
    return None


def _clearly_more(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether the photos' information is more on the average, and not by a few photos alone."""
    gain = one - other
    error = float(gain.std(ddof=1)) / math.sqrt(len(gain)) if len(gain) > 1 else math.inf
    mean = float(gain.mean())
    return mean >= GAIN and mean >= STEADY * error


def _sentence(own: Sureness, first: Sureness, better: Sureness | None, photos: int) -> str:
    if better is not None:
        return (
            f"{photos} sample photos speak for another input: {better.convention.name} tells them "
            f"apart by {better.information:.2f} nats (mean top probability {better.top:.0%}), "
            f"{own.convention.name} by {own.information:.2f} ({own.top:.0%})."
        )
    if first.convention == own.convention:
        return (
            f"{photos} sample photos speak for this input: the answers tell them apart by "
            f"{own.information:.2f} nats, under every other known one by less."
        )
    return (
        f"{photos} sample photos do not speak against this input: it tells them apart by "
        f"{own.information:.2f} nats, {first.convention.name} by {first.information:.2f}, which is "
        "no clear difference."
    )
