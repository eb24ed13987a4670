"""What a unit's channels and positions contribute along the way from the baseline to the photo.

Conductance (Dhamdhere, Sundararajan, Yan, 2018, arXiv:1805.12233) asks how much of what the
score gains on that way flows through each number of the unit: the integral of the score's
gradient there times the number's own rate of change. Both are computed exactly at the points
of integrated gradients, so that the error is the same as there (Captum takes differences from
one point to the next instead, with the gradient at the first of them, and needs many more).
Where all passes through the unit the sum over it is the whole gain; the four branches of a
module add up to their module, since it is their concatenation and all see the same points.

Internal influence (Leino et al., 2018, arXiv:1802.03788) is the mean gradient along the way,
not multiplied by anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import torch
from torch import Tensor

from inception_viewer.attribution_methods import doublings
from inception_viewer.googlenet.architecture import GoogLeNet, memory_format

from .baselines import describe, of_task
from .integrated_gradients import TOLERANCE, gauss_legendre, mean_gradient, steps_note
from .many import batch_size
from .onward import Onward, beside, carrier, layer_unit, of_layer
from .rates import moving
from .result import Report, Result, completeness_error, silent
from .score import Score
from .slope import slope, sum_over_photos
from .task import Task, check_has_map

Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class Doubled(Generic[Found]):
    """What came of doubling the steps.

    Attributes
    ----------
    found, error
        Of the last number of steps.
    note
        A sentence on it, or ``""``.
    steps
        Those of all attempts.
    """

    found: Found
    error: float
    note: str
    steps: int


def doubled(
    steps: int, adapt: bool, attempt: Callable[[int, int], tuple[Found, float]]
) -> Doubled[Found]:
    """Double the steps until the error is under 5 %, up to 400.

    ``attempt(steps, steps before)`` returns what it found and its completeness error.
    """
    errors: list[tuple[int, float]] = []
    tried = doublings(steps, adapt)
    for count in tried:
        found, error = attempt(count, sum(steps for steps, _ in errors))
        errors.append((count, error))
        if not error > TOLERANCE:
            break
    note = steps_note(errors, exhausted=adapt and count == tried[-1])
    return Doubled(found, error, note, sum(steps for steps, _ in errors))


@dataclass(frozen=True, eq=False)
class Way:
    """The straight way from a baseline to a photo (3, H, W each), as conv1 receives them."""

    net: GoogLeNet
    score: Score
    start: Tensor
    end: Tensor

    @property
    def batch(self) -> int:
        """Points at once."""
        return batch_size(self.end.shape[-2], self.end.shape[-1], self.end.device.type)

    def at(self, shares: Tensor) -> Tensor:
        """Return the pictures (N, 3, H, W) at shares of the way (N,)."""
        shares = shares.to(self.end).view(-1, 1, 1, 1)
        place = torch.addcmul(self.start, shares, self.end - self.start)
        return place.contiguous(memory_format=memory_format(place.device))

    def ends(self) -> tuple[float, float]:
        """Return the scores of the baseline and of the photo."""
        with torch.no_grad():
            both = self.at(torch.tensor([0.0, 1.0], dtype=torch.float64))
            at_start, at_end = self.score.of_input(self.net, both).tolist()
        return at_start, at_end

    def stretches(self, steps: int) -> Iterator[Stretch]:
        """Divide Gauss and Legendre's points into batches that spread over the whole way."""
        points, weights = (torch.tensor(values) for values in gauss_legendre(steps))
        batches, share = -(-steps // self.batch), 0.0
        for first in range(batches):
            part = slice(first, None, batches)
            share += float(weights[part].sum())
            yield Stretch(points[part], weights[part], share, first == batches - 1)


@dataclass(frozen=True, eq=False)
class Stretch:
    """A batch of points: shares of the way and weights (N,), and how much is done with it."""

    points: Tensor
    weights: Tensor
    share: float
    last: bool

    def mean(self, values: Tensor) -> Tensor:
        """Return the weighted sum of (N, C, h, w) over the points."""
        return sum_over_photos(values * self.weights.to(values).view(-1, 1, 1, 1))


def _way(task: Task) -> Way:
    start, end = task.received(of_task(task)), task.received(task.array)
    return Way(task.net, task.score, start, end)


# --- conductance -----------------------------------------------------------------------------


def explain_conductance(task: Task, report: Report) -> Result:
    """Compute the method ``layer_conductance``."""
    return conductance(
        _way(task),
        task.unit,
        steps=int(task.settings["steps"]),
        adapt=task.settings["adapt"] == "on",
        about=describe(task.preprocessing, task.settings),
        report=report,
    )


def conductance(
    way: Way,
    unit: str | None,
    *,
    steps: int = 50,
    adapt: bool = False,
    about: str = "",
    report: Report = silent,
) -> Result:
    """Attribute what the score gains along the way to a unit's numbers.

    Parameters
    ----------
    way
        Baseline, photo and score.
    unit
        Any with a map before the score; None for the head's default.
    steps
        Points of the way.
    adapt
        Double them until the completeness error is under 5 %, up to 400. A branch does not
        carry all of the gain: the error that counts is that of its module.
    about
        A sentence that begins the note.
    report
        Told after every batch, with the map so far; raises to cancel.

    Returns
    -------
    Result
        ``raw`` (C, h, w). The completeness error is None for a branch, whose note says what
        share of its module's sum it carries.
    """
    chosen = layer_unit(way.net, unit, way.score)
    whole = carrier(way.net, chosen, way.score)
    ends = way.ends()

    def attempt(count: int, before: int) -> tuple[dict[str, Tensor], float]:
        sums: dict[str, Tensor] = {}
        for stretch in way.stretches(count):
            for name, flow in _flows(way, stretch, chosen, whole).items():
                sums[name] = sums[name] + flow if name in sums else flow
            _tell(report, before, count, stretch, sums[chosen], way.end)
        return sums, completeness_error(sums[whole], ends[1] - ends[0])

    last = doubled(steps, adapt, attempt)
    carried = "" if chosen == whole else _share(chosen, whole, last.found)
    note = " ".join(filter(None, (about, carried, last.note)))
    return replace(
        of_layer(last.found[chosen], way.end, note, last.error),
        completeness_error=last.error if chosen == whole else None,
        score=ends[1],
        baseline_score=ends[0],
        forwards=2 * last.steps + 2,
        backwards=last.steps,
    )


def _flows(way: Way, stretch: Stretch, unit: str, whole: str) -> dict[str, Tensor]:
    """Return gradient times rate of change, summed over points, at a unit and what contains it."""
    units = {unit, whole, *beside(way.net, unit, way.score)}
    at = moving(way.net, way.at(stretch.points), (way.end - way.start)[None], units)
    check_has_map(unit, at[unit].value)
    known = {name: one.value for name, one in at.items() if name != whole}
    known[unit] = at[unit].value.requires_grad_()
    with torch.enable_grad():
        values = known | way.net.run(known, {whole, way.score.unit})
        scores = way.score.read(values[way.score.unit])
    names = list({unit, whole})
    gradients = torch.autograd.grad(
        scores, [values[name] for name in names], torch.ones_like(scores)
    )
    return {
        name: stretch.mean(gradient * at[name].rate)
        for name, gradient in zip(names, gradients, strict=True)
    }


def _tell(
    report: Report, before: int, count: int, stretch: Stretch, total: Tensor, x: Tensor
) -> None:
    """Report a sum over part of ``count`` points, after ``before`` points of other divisions."""
    so_far = None if stretch.last else of_layer(total / stretch.share, x)
    done = stretch.share * count
    report((before + done) / (before + count), so_far, f"step {round(done)} of {count}")


def _share(unit: str, whole: str, sums: Mapping[str, Tensor]) -> str:
    mine, all_ = (float(sums[name].cpu().double().sum()) for name in (unit, whole))
    return f"{unit} carries {mine:+.3g} of the {all_:+.3g} that flow through {whole}."


# --- internal influence ----------------------------------------------------------------------


def explain_influence(task: Task, report: Report) -> Result:
    """Compute the method ``layer_internal_influence``."""
    steps, about = int(task.settings["steps"]), describe(task.preprocessing, task.settings)
    found = internal_influence(_way(task), task.unit, steps=steps, report=report)
    return replace(found, note=about)


def internal_influence(
    way: Way, unit: str | None, *, steps: int = 50, report: Report = silent
) -> Result:
    """Return the mean gradient of the score at a unit along the way, (C, h, w)."""
    chosen = layer_unit(way.net, unit, way.score)
    total = way.end.new_zeros(())
    for stretch in way.stretches(steps):
        gradient = slope(way.net, way.at(stretch.points), way.score, chosen).gradient
        check_has_map(chosen, gradient)
        total = total + stretch.mean(gradient)
        _tell(report, 0, steps, stretch, total, way.end)
    return replace(of_layer(total, way.end), forwards=steps, backwards=steps)


# --- integrated gradients --------------------------------------------------------------------


def explain_integrated_gradients(task: Task, report: Report) -> Result:
    """Compute the method ``layer_integrated_gradients``."""
    return layer_integrated_gradients(
        _way(task),
        task.unit,
        steps=int(task.settings["steps"]),
        adapt=task.settings["adapt"] == "on",
        about=describe(task.preprocessing, task.settings),
        report=report,
    )


def layer_integrated_gradients(
    way: Way,
    unit: str | None,
    *,
    steps: int = 50,
    adapt: bool = False,
    about: str = "",
    report: Report = silent,
) -> Result:
    """Integrate along the straight way between a unit's two activations, (C, h, w).

    What passes the unit by stays as the photo has it, as in Captum: for a branch the values
    add up to what the score loses when that branch alone is as on the baseline.
    """
    chosen = layer_unit(way.net, unit, way.score)
    onward = Onward(way.net, way.end, chosen, way.score)
    end, start = onward.activation, _activation(way, chosen)
    with torch.no_grad():
        ends = onward(torch.stack([start, end])).tolist()

    def attempt(count: int, before: int) -> tuple[Tensor, float]:
        def watch(total: Tensor, share: float) -> None:
            done = round(share * count)
            so_far = of_layer((end - start) * total / share, way.end) if share < 1 - 1e-6 else None
            report((before + share * count) / (before + count), so_far, f"step {done} of {count}")

        raw = (end - start) * mean_gradient(onward, start, end, count, way.batch, watch)
        return raw, completeness_error(raw, ends[1] - ends[0])

    last = doubled(steps, adapt, attempt)
    note = " ".join(filter(None, (about, last.note)))
    return replace(
        of_layer(last.found, way.end, note, last.error),
        completeness_error=last.error,
        score=ends[1],
        baseline_score=ends[0],
        forwards=last.steps + 4,
        backwards=last.steps,
    )


def _activation(way: Way, unit: str) -> Tensor:
    """Return a unit's activation (C, h, w) on the baseline."""
    return Onward(way.net, way.start, unit, way.score).activation
