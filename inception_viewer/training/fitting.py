"""Auxiliary heads for a checkpoint whose own mean nothing: from a folder to a new file."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from torch import Tensor

from inception_viewer.checkpoints.own import save
from inception_viewer.checkpoints.weights import Weights
from inception_viewer.errors import ViewerError
from inception_viewer.fit_files import place_beside
from inception_viewer.folder_questions import (
    FitHeads,
    FittedHeads,
    HeadFit,
    LeftOut,
    Share,
    Targets,
)
from inception_viewer.googlenet.architecture import GoogLeNet
from inception_viewer.googlenet.variants import HEADS, Variant
from inception_viewer.images.labelled import (
    LabelledError,
    LabelledPhotos,
    Note,
    class_folders,
    from_folders,
    nobody,
    photos_in,
)
from inception_viewer.questions import Preprocessing

from .features import AUXILIARY, Features, compute_features, draw
from .heads import Head, HeadRecipe, targets_of, top_classes, train_heads
from .merging import with_fitted
from .place import check_place

LEAST = 40
"""Photos below which nothing can be learned, or said about what was."""
LEAST_APART = 10
"""Photos that are kept apart at least."""
STEP_COST = 1.0
"""What a step of the heads' training takes, with a photo's pass through the trunk as unit.

Measured on two cores: 1,500 photos pass in 28 s, the 840 steps of 40 epochs take 17 s.
"""


class FitError(ViewerError):
    """Heads that cannot be fitted; one sentence for people."""


class Progress(Protocol):
    """What is told how far the fit is; raises to stop it."""

    def __call__(self, fraction: float, answer: FittedHeads | None = None, text: str = "") -> None:
        """Report a share done in [0, 1], optionally with what is known so far."""


def fit(
    question: FitHeads,
    weights: Weights,
    net: GoogLeNet,
    source: Path | None,
    progress: Progress,
) -> FittedHeads:
    """Fit the auxiliary heads of a checkpoint and write it, with them, as a new file.

    Parameters
    ----------
    question
        What to fit to, and how.
    weights
        The checkpoint, which is not changed.
    net
        Its network, on the device to use.
    source
        The file it came from, which the new one is written beside; None if it has none.
    progress
        Called after each batch and each step; whatever it raises stops the fit, and then
        nothing is written.

    Raises
    ------
    FitError, LabelledError
        If the folder does not do.
    CheckpointError
        If the file cannot be written.
    """
    if not question.out and source is None:
        raise FitError("This checkpoint has no file to write beside; name one to write.")
    place = Path(question.out) if question.out else place_beside((source or Path()).absolute())
    check_place(place, weights, source)
    return _Fit(question, weights, net, place, progress).run()


@dataclass(eq=False)
class _Fit:
    """A fit under way."""

    question: FitHeads
    weights: Weights
    net: GoogLeNet
    place: Path
    progress: Progress
    heads: dict[str, HeadFit] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def run(self) -> FittedHeads:
        """Do all of it."""
        self.paths, labels, self.targets = find_photos(self.question, self.weights.classes)
        self.features = self._features(labels)
        self.training, self.apart = self._divided()
        self.before = self._own_heads()
        fitted = self._trained()
        good = {name: head for name, head in fitted.items() if self.heads[name].fitted}
        if not good:
            return self._answer("")
        answer = self._answer(str(self.place))
        made = with_fitted(self.weights, good, answer, self._preprocessing())
        save(self.place, made)
        return replace(answer, metadata=made.metadata)

    def _preprocessing(self) -> Preprocessing:
        return self.question.preprocessing or self.weights.preprocessing

    @cached_property
    def _whole(self) -> float:
        return work(self.question, len(self.paths))

    def _features(self, labels: list[int] | None) -> Features:
        count, whole = len(self.paths), self._whole
        check_enough(self.question, count)
        return compute_features(
            self.net,
            self.paths,
            labels,
            self._preprocessing(),
            lambda done: self.progress(done / whole, None, f"{done} of {count} photos seen"),
        )

    def _divided(self) -> tuple[Features, Features]:
        """Return the photos to fit to, and those kept apart: the last ones of the draw."""
        count = len(self.features.paths)
        check_enough(self.question, count, self.features.unreadable_count)
        edge = count - kept_apart(self.question, count)
        return self.features.part(slice(edge)), self.features.part(slice(edge, count))

    def _own_heads(self) -> dict[str, Tensor]:
        """Return what the file's own heads say of the photos kept apart."""
        net = self.weights.network()
        own = [head for head in AUXILIARY if head in self.weights.variant.heads]
        return {name: top_classes(Head(net, name), self.apart.pooled[name]) for name in own}

    def _trained(self) -> dict[str, Head]:
        recipe = HeadRecipe(epochs=self.question.epochs, seed=self.question.seed)
        targets = targets_of(self.training, self.targets, recipe.label_share)
        count, steps = len(self.training.paths), recipe.steps(len(self.training.paths))
        seen = len(self.paths) / self._whole

        def done(step: int) -> float:
            return seen + (1 - seen) * step / steps

        def report(step: int, loss: float) -> None:
            text = f"epoch {(step - 1) * recipe.epochs // steps + 1} of {recipe.epochs}"
            self.progress(done(step), None, f"{text} on {count} photos, loss {loss:.2f}")

        def after_epoch(heads: Mapping[str, Head], loss: float) -> None:
            self.losses.append(loss)
            self._measure(heads)
            step = len(self.losses) * steps // recipe.epochs
            self.progress(done(step), self._answer("", partial=True), "")

        return train_heads(
            with_both(self.weights.variant),
            self.training,
            targets,
            recipe,
            device=self.net.device.type,
            report=report,
            after_epoch=after_epoch,
        )

    def _measure(self, heads: Mapping[str, Head]) -> None:
        for name, head in heads.items():
            said = top_classes(head, self.apart.pooled[name])
            self.heads[name] = self._head_fit(name, said)

    def _head_fit(self, name: str, said: Tensor) -> HeadFit:
        main, before = self.apart.main.argmax(1), self.before.get(name)
        labels = self.apart.labels
        usual = self.training.main.argmax(1).mode().values
        after, chance = _agreement(said, main), _agreement(usual.expand_as(main), main)
        return HeadFit(
            head=name,
            before=None if before is None else _agreement(before, main),
            after=after,
            chance=chance,
            accuracy_before=(
                None if before is None or labels is None else _agreement(before, labels)
            ),
            accuracy=None if labels is None else _agreement(said, labels),
            fitted=surely_better(after, chance),
            state_before=self.weights.heads.get(name, "absent"),
        )

    def _answer(self, path: str, *, partial: bool = False) -> FittedHeads:
        return FittedHeads(
            question=self.question,
            path=path,
            photos=len(self.training.paths),
            validation=len(self.apart.paths),
            targets=self.targets,
            heads=dict(self.heads),
            loss=tuple(self.losses),
            feature_bytes=self.features.nbytes,
            unreadable=self.features.unreadable,
            unreadable_count=self.features.unreadable_count,
            seconds=time.monotonic() - self.started,
            partial=partial,
        )


def check_enough(question: FitHeads, count: int, broken: int = 0) -> None:
    """Raise :class:`FitError` if so few photos (besides so many broken ones) teach nothing."""
    if count < LEAST:
        read = f" that can be read ({broken} cannot)" if broken else ""
        raise FitError(
            f"{question.folder} holds {count} photos{read}; to fit heads, at least"
            f" {LEAST} are needed, and several hundred to fit them well."
        )


def kept_apart(question: FitHeads, count: int) -> int:
    """Return how many of so many photos are kept apart to measure on."""
    apart = max(LEAST_APART, round(count * question.validation_share))
    return min(apart, count // 2)


def work(question: FitHeads, count: int) -> float:
    """Return what fitting to so many photos takes, with a photo's pass as unit."""
    recipe = HeadRecipe(epochs=question.epochs)
    return count + STEP_COST * recipe.steps(max(1, count - kept_apart(question, count)))


@dataclass(frozen=True)
class Candidates:
    """The photos of a folder, their classes if the folders say them, and what is learned.

    ``left_out`` holds the folders that mean no class, if any does mean one.
    """

    paths: Sequence[Path]
    labels: tuple[int, ...] | None
    learned: Targets
    left_out: tuple[LeftOut, ...] = ()


def candidates(question: FitHeads, classes: tuple[str, ...], note: Note = nobody) -> Candidates:
    """Find the photos of a folder; it has the labels only if every folder is a class, or must be.

    ``note`` is told now and then how far the search is, and may raise to end it.

    Raises
    ------
    LabelledError
        If it is no folder, or the labels are asked for and no folder is named like a class.
    """
    folder, targets = Path(question.folder), question.targets
    class_folders(folder)  # the sentence for what is no folder
    labelled: LabelledPhotos | None = None
    try:
        labelled = from_folders(folder, classes, note)
    except LabelledError:
        if targets == "labels":
            raise
    if labelled is None or (labelled.left_out and targets != "labels"):
        left_out = labelled.left_out if labelled is not None else ()
        return Candidates(tuple(photos_in(folder)), None, "main", left_out)
    learned: Targets = "main" if targets == "main" else "labels"
    return Candidates(labelled.paths, labelled.labels, learned, labelled.left_out)


def find_photos(
    question: FitHeads, classes: tuple[str, ...]
) -> tuple[list[Path], list[int] | None, Targets]:
    """Return the photos to use, their classes if the folders say them, and what to learn.

    At most ``question.most`` photos are drawn, in an order that depends on the seed.

    Raises
    ------
    LabelledError
        As :func:`candidates`.
    """
    found = candidates(question, classes)
    places = draw(found.paths, question.most, question.seed)
    chosen = None if found.labels is None else [found.labels[place] for place in places]
    return [found.paths[place] for place in places], chosen, found.learned


def with_both(variant: Variant) -> Variant:
    """Return the variant with both auxiliary heads."""
    return replace(variant, heads=HEADS)


def surely_better(after: Share, chance: Share) -> bool:
    """Whether a share is so much larger than chance that it is not by chance: at 95 %."""
    return after.interval[0] > chance.value


def _agreement(said: Tensor, wanted: Tensor) -> Share:
    return Share(int((said == wanted).sum()), len(wanted))
