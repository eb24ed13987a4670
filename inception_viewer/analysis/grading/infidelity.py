"""Infidelity (Yeh et al., 2019, arXiv:1901.09392, definition 2.1), by hiding squares.

Random squares of the photo are replaced by the mean colour, "square removal" in the paper's
section 2.2. For a map of contributions the perturbation that belongs to it is 1 on every hidden
pixel, so that it promises the sum over the square; for a map of slopes it is what the pixel loses,
so that it promises the sum of slope times loss (proposition 2.2 there). The map is scaled to fit
best, as in the authors' code and with Captum's ``normalize=True``: otherwise methods without a
scale of their own could not be compared.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inception_viewer.grade_measures import SQUARES

from .subject import Doubles, Graded, Report, Subject

SIDES = 1 / 16, 1 / 3
"""Of the squares, as shares of the photo's shorter side."""
SLOPES = frozenset(
    (
        "saliency",
        "guided_backprop",
        "deconvolution",
        "guided_grad_cam",
        "neuron_gradient",
        "neuron_guided_backprop",
        "neuron_deconvolution",
    )
)
"""Methods whose values are slopes: changes of the score for each unit of a pixel's change."""
GOOD, FAIR = 0.5, 0.15
"""Shares of what hiding does that a map must explain to be called so."""


def infidelity(subject: Subject, report: Report) -> Graded:
    """Grade by whether the map foretells what hiding a square does to the score."""
    hidden = squares(subject.map.shape, SQUARES, subject.seed)
    promised = foretold(subject, hidden)
    values = np.empty(len(hidden) + 1)
    at = torch.from_numpy(hidden).to(subject.task.device)
    photo = subject.photo

    def pictures(first: int, last: int) -> Tensor:
        # The last is the photo itself: the mean colour is the network's zero.
        copies = photo.expand(last - first, *photo.shape).clone()
        covered = at[first:last]
        copies[: len(covered)] *= ~covered[:, None]
        return copies

    def tick(done: int) -> None:
        report(done / len(values), None, f"{min(done, SQUARES)} of {SQUARES} squares")

    subject.scores(pictures, values, tick)
    loss = values[-1] - values[:-1]
    value = error(promised, loss)
    return Graded(value, _sentence(value, float((loss**2).mean())), note=_note(loss))


def squares(shape: tuple[int, ...], count: int, seed: int) -> NDArray[np.bool_]:
    """Return where random squares lie, (count, H, W), each wholly within the photo."""
    generator = np.random.default_rng(seed)
    height, width = shape
    hidden = np.zeros((count, height, width), bool)
    least, most = (max(1, round(share * min(shape))) for share in SIDES)
    for one in hidden:
        side = int(generator.integers(least, most + 1))
        top = int(generator.integers(0, height - side + 1))
        left = int(generator.integers(0, width - side + 1))
        one[top : top + side, left : left + side] = True
    return hidden


def foretold(subject: Subject, hidden: NDArray[np.bool_]) -> Doubles:
    """Return what the map promises that hiding each square takes from the score (count,)."""
    worth = subject.map.astype(np.float64)
    if _is_slope(subject):
        task = subject.task
        loss = task.received(task.array) - task.received(np.zeros_like(task.array))
        worth = (loss.cpu().numpy().astype(np.float64) * subject.answer.raw).sum(0)
    flat: Doubles = hidden.reshape(len(hidden), -1) @ worth.ravel()
    return flat


def _is_slope(subject: Subject) -> bool:
    """Whether the map's values are slopes; magnitudes are not, whatever they are made of."""
    method = str(subject.answer.parameters.get("of", subject.question.method))
    raw = subject.answer.raw
    signed = bool((raw < 0).any())
    return method in SLOPES and raw.shape == subject.task.array.shape and signed


def error(promised: Doubles, loss: Doubles) -> float:
    """Return the mean squared error of the promises, scaled to fit best."""
    own = float((promised**2).sum())
    scale = float((promised * loss).sum()) / own if own else 0.0
    return float(((scale * promised - loss) ** 2).mean())


def _note(loss: Doubles) -> str:
    if loss.any():
        return ""
    return "Hiding squares changes nothing at all, so that there is nothing to foretell."


def _sentence(value: float, nothing: float) -> str:
    share = 1 - value / nothing if nothing else 0.0
    if share >= GOOD:
        verdict = "it says well how much things matter"
    elif share >= FAIR:
        verdict = "it says roughly how much things matter"
    else:
        verdict = "do not read amounts from it"
    return (
        f"The map foretells {share:.0%} of what hiding a square of the photo does to the score "
        f"(mean squared error {value:.2g}, of a blank map {nothing:.2g}): {verdict}."
    )
