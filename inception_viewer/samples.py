"""The sample photos as witnesses: what a network answers on them, under any convention.

They are twelve photos of different things, shipped with the program.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from . import paths
from .checkpoints.conventions import candidates, suggestion
from .checkpoints.head_evidence import information, log_softmax
from .checkpoints.inputs import adapted
from .errors import ViewerError
from .googlenet.architecture import GoogLeNet
from .googlenet.variants import HEADS
from .images.decode import decode
from .images.preprocess import normalise, prepare
from .questions import Floats, ImageSource, Pixels, Preprocessing
from .verdict_questions import Convention, Suggestion, Sureness

PHOTOS_AT_ONCE = 4
"""Photos in a batch, so that whoever waits for the lane waits a tenth of a second."""

SMALLEST, LARGEST = 32, 1024 * 1024
"""Pixels of an input's side, and of all of it: a file may ask for anything."""

Step = Callable[[float], None]
"""Told the share that is done; may raise to stop."""


def _silent(share: float) -> None:
    """Go on."""


def photos() -> tuple[Pixels, ...]:
    """Return the sample photos' pixels, in the order of ``samples.json``.

    Raises
    ------
    OSError, ValueError, KeyError, ViewerError
        If the program's own files are missing or damaged.
    """
    listed = json.loads(paths.asset("samples/samples.json").read_text(encoding="utf-8"))
    sources = [ImageSource(path=str(paths.asset(f"samples/{one['file']}"))) for one in listed]
    return tuple(decode(source).pixels for source in sources)


def pictures(preprocessing: Preprocessing) -> tuple[Pixels, ...]:
    """Return the samples as a network sees them (height, width, 3), before scale and mean.

    There are none if the program's own files are missing, or the input is too small for
    any GoogLeNet or larger than :data:`LARGEST`: verdicts then go without.
    """
    height, width = preprocessing.height, preprocessing.width
    if min(height, width) < SMALLEST or height * width > LARGEST:
        return ()
    # Only how photos are cut matters here, so conventions share what is kept.
    cut = Preprocessing(
        height=preprocessing.height,
        width=preprocessing.width,
        resize=preprocessing.resize,
        short_side=preprocessing.short_side,
    )
    try:
        return _pictures(cut)
    except (OSError, ValueError, KeyError, ViewerError):
        return ()


@lru_cache(maxsize=3)
def _pictures(cut: Preprocessing) -> tuple[Pixels, ...]:
    return tuple(prepare(pixels, cut).picture for pixels in photos())


def answers(
    net: GoogLeNet, cut: Sequence[Pixels], preprocessing: Preprocessing, step: Step = _silent
) -> dict[str, Floats]:
    """Return each head's logits (photos, classes); nothing at all if one is not a number.

    Parameters
    ----------
    net
        The network on its device; the folded one is the fast one.
    cut
        Photos of the input's size, from :func:`pictures`.
    preprocessing
        How their values become the input; the network's ``transform_input`` comes after it.
    step
        Called after each batch.
    """
    heads = [head for head in HEADS if head in net.variant.heads]
    parts: dict[str, list[Tensor]] = {head: [] for head in heads}
    for begin in range(0, len(cut), PHOTOS_AT_ONCE):
        arrays = _arrays(cut[begin : begin + PHOTOS_AT_ONCE], preprocessing)
        with torch.inference_mode():
            logits = net(net.place(arrays))
        for head in heads:
            parts[head].append(logits[head].float().cpu())
        step(min(1.0, (begin + PHOTOS_AT_ONCE) / len(cut)))
    if not cut or not all(bool(part.isfinite().all()) for kept in parts.values() for part in kept):
        return {}
    return {head: torch.cat(kept).numpy() for head, kept in parts.items()}


def _arrays(cut: Sequence[Pixels], preprocessing: Preprocessing) -> Tensor:
    return torch.from_numpy(np.stack([normalise(picture, preprocessing) for picture in cut]))


# --- conventions ---------------------------------------------------------------------


def suggest(
    net: GoogLeNet,
    own: Convention,
    trained: Collection[str],
    record: Mapping[str, Tensor] | None = None,
    step: Step = _silent,
) -> Suggestion | None:
    """Compare how sure a network is on the samples under each known convention.

    Parameters
    ----------
    net
        The network on its device; the folded one is the fast one.
    own
        The convention in use.
    trained
        The heads that were trained.
    record
        The unfolded network's state: conv1's kernels, and what its batch norm recorded.
    step
        Told the share that is done.

    Returns
    -------
    Suggestion or None
        None if there is no trained main head to ask, or no samples.
    """
    tried = candidates(own)
    if "main" not in trained or not pictures(own.preprocessing):
        return None
    measured, logits = [], []
    for place, convention in enumerate(tried):
        made = adapted(convention, net.variant.transform_input)
        cut = pictures(made)

        def part(share: float, place: int = place) -> None:
            step((place + share) / len(tried))

        said = answers(net, cut, made, part)
        if not said and place == 0:
            return None
        if not said:
            continue
        fit = None if record is None else misfit(net, record, cut, made)
        measured.append(_sureness(convention, made, said, trained, fit))
        logits.append(said["main"])
    return suggestion(measured, logits)


def _sureness(
    convention: Convention,
    made: Preprocessing,
    said: Mapping[str, Floats],
    trained: Collection[str],
    fit: float | None,
) -> Sureness:
    logs = log_softmax(said["main"])
    tops = [said[head].argmax(1) for head in said if head in trained]
    pairs = [float((one == other).mean()) for one, other in combinations(tops, 2)]
    return Sureness(
        convention=convention,
        preprocessing=made,
        top=float(np.exp(logs).max(1).mean()),
        entropy=float(-(np.exp(logs) * logs).sum(1).mean()),
        information=float(information(said["main"]).mean()),
        agreement=sum(pairs) / len(pairs) if pairs else None,
        misfit=fit,
    )


def misfit(
    net: GoogLeNet,
    record: Mapping[str, Tensor],
    cut: Sequence[Pixels],
    preprocessing: Preprocessing,
) -> float | None:
    """Return how far conv1's output is from what its batch norm recorded in training, in nats.

    The median over the channels of the divergence of one normal distribution from the
    other; None without batch norm, or with one that never saw a photo.
    """
    names = ("conv1.conv.weight", "conv1.bn.running_mean", "conv1.bn.running_var")
    if any(name not in record for name in names):
        return None
    kernels, mean, variance = (record[name] for name in names)
    if bool((variance == 1).all()) and bool((mean == 0).all()):
        return None
    with torch.inference_mode():
        x = net.transform(_arrays(cut, preprocessing))
        # A sample of positions: every eighth, without those that see the padding.
        seen = conv2d(x, kernels, stride=8).double()
    found, spread = seen.mean((0, 2, 3)), seen.var((0, 2, 3)).clamp(min=1e-12)
    recorded = variance.double().clamp(min=1e-12)
    ratio = spread / recorded
    divergence = (ratio + (found - mean).square() / recorded - 1 - ratio.log()) / 2
    return float(divergence.median())
