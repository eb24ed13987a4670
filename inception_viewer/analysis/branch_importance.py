"""What each branch is worth: every one ablated, in one growing forward pass.

A branch's output is replaced (by zeros, or by its channels' means) and the class's logit
falls. Nine modules of four branches would be 36 forward passes. What lies before a module
does not change, so it is not computed again; and what was ablated in an earlier module rides
along as a batch that grows by four at each, so that every weight is fetched once for all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from inception_viewer.errors import ImageError, QuestionError
from inception_viewer.googlenet import packed
from inception_viewer.googlenet.architecture import INPUT, LOGITS, GoogLeNet
from inception_viewer.googlenet.targets import check_target
from inception_viewer.googlenet.variants import BRANCH_OUTPUT
from inception_viewer.images.decode import decode
from inception_viewer.images.preprocess import prepare
from inception_viewer.intervention_questions import (
    BranchImportance,
    BranchImportanceAnswer,
    Table,
)
from inception_viewer.questions import Floats, ImageSource, Preprocessing, Provenance, Scene

from .attribution.baselines import black
from .branch_conductance import branch_conductance, disagreements
from .trace import compute, softmax

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

REDUCTIONS = {"3x3_reduce": ("3x3_reduce", "3x3"), "5x5_reduce": ("5x5_reduce", "5x5")}
"""By place: the 1x1 convolution that narrows what a branch reads, and the branch's output."""
PROJECTIONS = {"pooled": ("pool", "pool_proj")}
"""The same for the pool branch, whose 1x1 convolution comes last: its projection is the
branch's output, so what can be ablated besides is what the projection reads, the max pool."""

Place = tuple[str, str]
"""A module and a branch of it, or what is ablated within one."""


@dataclass(frozen=True, eq=False)
class Ablated:
    """One photo's answers: the head's logits as they are, and with each place ablated."""

    target: int
    logits: Floats
    without: Mapping[Place, Floats]

    @property
    def logit(self) -> float:
        """The class's logit as it is."""
        return float(self.logits[self.target])

    @property
    def probability(self) -> float:
        """The class's probability as it is."""
        return float(softmax(self.logits)[self.target])

    def drops(self) -> dict[Place, tuple[float, float]]:
        """Return what the class loses of logit and probability, for each place."""
        return {
            place: (
                self.logit - float(logits[self.target]),
                self.probability - float(softmax(logits)[self.target]),
            )
            for place, logits in self.without.items()
        }


def answer(question: BranchImportance, lab: Lab, progress: Progress) -> BranchImportanceAnswer:
    """Answer a :class:`BranchImportance` question; a partial answer after every photo.

    Raises
    ------
    QuestionError
        If there is no photo, or no such head or class; if means are asked for without photos.
    """
    started = time.perf_counter()
    checkpoint, made = _network(question)
    net = lab.network(checkpoint, progress.lane)
    check_target(net, question.head, question.target or 0)
    instead = _replacements(question, lab, progress)
    found: list[Ablated] = []
    credit: list[Table] = []
    failures: list[tuple[str, str]] = []

    def wrap(partial: bool) -> BranchImportanceAnswer:
        seconds = time.perf_counter() - started
        provenance = Provenance(checkpoint, made, seconds, net.device.type)
        return _averaged(question, found, credit, failures, provenance, partial)

    count = question.asked
    for number, photo in enumerate(_photos(question, lab, net, progress)):
        progress(number / count, wrap(True) if found else None, f"photo {number + 1} of {count}")
        if isinstance(photo, str):
            failures.append((_path(question, number), photo))
            continue
        values, array = photo
        one = ablated(net, values, question.head, question.target, instead, within(question))
        if question.conductance:
            start, end = _received(net, black(array, made)), _received(net, array)

            def tell(fraction: float, number: int = number) -> None:
                progress((number + fraction) / count, None, f"conductance of photo {number + 1}")

            credit.append(branch_conductance(net, start, end, question.head, one.target, tell))
        found.append(one)
    if not found:
        raise QuestionError("None of these photos could be read.")
    return wrap(False)


def _network(question: BranchImportance) -> tuple[str, Preprocessing]:
    """Return the network and the input that a question is about."""
    if question.scenes:
        return question.scenes[0].checkpoint, question.scenes[0].preprocessing
    if question.files is None or not question.files.paths:
        raise QuestionError("Choose at least one photo to ablate branches for.")
    return question.files.checkpoint, question.files.preprocessing


def _photos(
    question: BranchImportance, lab: Lab, net: GoogLeNet, progress: Progress
) -> Iterator[tuple[Mapping[str, Tensor], Floats] | str]:
    """Yield every unit's activation for each photo, and its input; or why it cannot be read."""
    for scene in question.scenes:
        scene = replace(scene, interventions=())
        trace = lab.trace(scene, progress.lane, keep=question.asked == 1)
        yield trace.batches, lab.prepare(scene).array
    files = question.files
    for path in files.paths if files is not None else ():
        assert files is not None
        try:
            array = prepare(decode(ImageSource(path=path)).pixels, files.preprocessing).array
        except ImageError as error:
            yield str(error)
            continue
        yield compute(net, array)[0], array


def _path(question: BranchImportance, number: int) -> str:
    assert question.files is not None
    return question.files.paths[number - len(question.scenes)]


def within(question: BranchImportance) -> Mapping[str, tuple[str, str]]:
    """Return what is ablated within branches, by place: the unit, and the branch's output."""
    return (REDUCTIONS if question.reductions else {}) | (
        PROJECTIONS if question.projections else {}
    )


def ablated(
    net: GoogLeNet,
    values: Mapping[str, Tensor],
    head: str,
    target: int | None,
    instead: Mapping[str, Tensor],
    within: Mapping[str, tuple[str, str]] | None = None,
) -> Ablated:
    """Ablate every branch before a head, one at a time.

    Parameters
    ----------
    net
        In evaluation mode.
    values
        Every unit's activation (1, …) for the photo, with the input.
    head, target
        Whose logits; None for the photo's top class.
    instead
        What stands in the place of a unit's output, (1, C, 1, 1); zeros for units it lacks.
    within
        What is ablated within branches as well, as :func:`within` returns it.
    """
    unit = LOGITS[head]
    logits = values[unit][0].cpu().numpy()
    chosen = int(np.argmax(logits)) if target is None else target
    with torch.inference_mode():
        places, rows = _growing(net, values, unit, instead, within or {})
    return Ablated(chosen, logits, dict(zip(places, rows.cpu().numpy(), strict=True)))


def _growing(
    net: GoogLeNet,
    values: Mapping[str, Tensor],
    wanted: str,
    instead: Mapping[str, Tensor],
    within: Mapping[str, tuple[str, str]],
) -> tuple[list[Place], Tensor]:
    """Run a batch that gains a row for each place of each module it meets."""
    needed = {step.name for step, _ in net.plan({INPUT}, [wanted])}
    places: list[Place] = []
    rows: dict[str, Tensor] = {}
    for line in packed.lines(net):
        if needed.isdisjoint(line.names):
            continue
        if places:
            made = line.compute(*(rows[read] for read in line.inputs))
            rows.update(zip(line.names, [made] if isinstance(made, Tensor) else made, strict=True))
        (name, *others) = line.names
        if others or net.by_name[name].kind != "concat":
            continue
        inputs = net.by_name[name].inputs
        new = _new_rows(net, name, inputs, values, instead, within)
        places += [(name, place) for place in new]
        grown = [*new.values()] if name not in rows else [rows[name], *new.values()]
        # A batch of one takes other ways through a network; it does not occur here.
        rows = {name: net.place(torch.cat(grown))}
    return places, rows[wanted]


def _new_rows(
    net: GoogLeNet,
    module: str,
    inputs: Sequence[str],
    values: Mapping[str, Tensor],
    instead: Mapping[str, Tensor],
    within: Mapping[str, tuple[str, str]],
) -> dict[str, Tensor]:
    """Return a module's output (1, C, h, w) with each of its branches ablated in turn."""
    parts = {name: values[name] for name in inputs}

    def with_(unit: str, value: Tensor) -> Tensor:
        return torch.cat([value if name == unit else part for name, part in parts.items()], 1)

    new: dict[str, Tensor] = {}
    for branch, output in BRANCH_OUTPUT.items():
        unit = f"{module}/{output}"
        new[branch] = with_(unit, _instead(unit, values, instead))
    for place, (inner, output) in within.items():
        narrowed = _instead(f"{module}/{inner}", values, instead)
        behind = f"{module}/{output}"
        computed = net.run({f"{module}/{inner}": narrowed}, [behind])[behind]
        new[place] = with_(behind, computed)
    return new


def _instead(unit: str, values: Mapping[str, Tensor], instead: Mapping[str, Tensor]) -> Tensor:
    if unit not in instead:
        return torch.zeros_like(values[unit])
    return instead[unit].expand_as(values[unit])


def _received(net: GoogLeNet, array: Floats) -> Tensor:
    return net.transform(net.place(torch.tensor(array)[None]))[0]


def _replacements(question: BranchImportance, lab: Lab, progress: Progress) -> Mapping[str, Tensor]:
    """Return what ablated units are set to where that is not zero: channel means (1, C, 1, 1)."""
    if question.mode == "zero":
        return {}
    checkpoint, made = _network(question)
    scene = Scene(checkpoint, "", made)
    return lab.channel_means(scene, question.references, progress.lane)


def _averaged(
    question: BranchImportance,
    found: Sequence[Ablated],
    credit: Sequence[Table],
    failures: Sequence[tuple[str, str]],
    provenance: Provenance,
    partial: bool,
) -> BranchImportanceAnswer:
    drops = [one.drops() for one in found]
    places = list(drops[0])
    # (photos, places, 2)
    numbers = np.array([[drop[place] for place in places] for drop in drops], dtype=np.float64)
    mean = numbers.mean(0)
    spread = numbers.std(0, ddof=1) if len(found) > 1 else np.zeros_like(mean)
    logit = _table(places, mean[:, 0])
    divided = _mean_table(credit) if len(credit) == len(found) and credit else None
    return BranchImportanceAnswer(
        question,
        logit,
        _table(places, mean[:, 1]),
        _table(places, spread[:, 0]),
        _table(places, spread[:, 1]),
        tuple(one.target for one in found),
        tuple(one.logit for one in found),
        tuple(one.probability for one in found),
        provenance,
        divided,
        disagreements(logit, divided) if divided else (),
        len(found),
        partial,
        tuple(failures),
    )


def _table(places: Sequence[Place], numbers: Sequence[float]) -> dict[str, dict[str, float]]:
    made: dict[str, dict[str, float]] = {}
    for (module, branch), number in zip(places, numbers, strict=True):
        made.setdefault(module, {})[branch] = float(number)
    return made


def _mean_table(tables: Sequence[Table]) -> Table:
    return {
        module: {
            branch: float(np.mean([table[module][branch] for table in tables])) for branch in row
        }
        for module, row in tables[0].items()
    }
