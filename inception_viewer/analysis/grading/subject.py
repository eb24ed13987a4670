"""The map that is graded: the photo, the network, and how the method is asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inception_viewer.googlenet.architecture import INPUT, memory_format
from inception_viewer.grade_questions import Curve
from inception_viewer.questions import Attribution, AttributionAnswer, Floats, frozen_array

from ..attribution.many import batch_size
from ..attribution.task import Explain, Task

Doubles = NDArray[np.float64]
Pictures = Callable[[int, int], Tensor]
"""``pictures(first, last)``: preprocessed photos (last - first, 3, H, W) of a sequence."""

AT_ONCE = 20
"""Photos of 224x224 pixels that are run at once without gradients (see ``batch_size``)."""
HARDLY_SEEN = 0.01
"""A probability below which there is hardly anything to take away."""


@dataclass(frozen=True, eq=False)
class Graded:
    """What a measure found; see :class:`~inception_viewer.grade_questions.GradeAnswer`."""

    value: float
    sentence: str = ""
    curves: Mapping[str, Curve] = field(default_factory=lambda: MappingProxyType({}))
    labels: tuple[str, ...] = ()
    note: str = ""


Report = Callable[[float, Graded | None, str], None]
"""``report(fraction, what is known so far or None, text)``; it raises to cancel."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A map, and all that is needed to put it to the test.

    Attributes
    ----------
    task
        What was explained: network, photo, score, settings. Its network is not to be changed.
    explain
        Computes the method for a task: for another photo, or another network.
    answer
        The attribution that is graded.
    seed
        Of what is drawn at random.
    """

    task: Task
    explain: Explain
    answer: AttributionAnswer
    seed: int = 0

    @property
    def question(self) -> Attribution:
        """What was asked for the map."""
        return self.answer.question

    @property
    def map(self) -> Floats:
        """The map (H, W), signed."""
        return self.answer.map

    @property
    def photo(self) -> Tensor:
        """The preprocessed photo (3, H, W), on the network's device."""
        return torch.tensor(self.task.array, device=self.task.device)

    @property
    def is_class(self) -> bool:
        """Whether a class is explained, so that there is a probability to watch."""
        return bool(self.task.score.head)

    @property
    def watched(self) -> str:
        """What :meth:`likelihoods` returns, in words."""
        if not self.is_class:
            return f"the activation of {self.task.score.words} (as a share of the photo's)"
        name, _, other = self.answer.target_name.partition(" against ")
        if self.question.against is not None:
            return f"the probability of “{name}” rather than “{other}”"
        return f"the probability of “{self.answer.target_name}”"

    def likelihoods(self, pictures: Pictures, into: Doubles, report: Callable[[int], None]) -> None:
        """Find how sure the network is of what was explained, for a sequence of photos.

        Parameters
        ----------
        pictures
            Makes the photos from first to last, a batch at a time.
        into
            (photos,), filled batch by batch: the class's probability among all classes; with
            ``against``, between the two; of a neuron its activation as a share of that on
            the photo.
        report
            Told after every batch how many are done; raises to cancel.
        """
        scale = 1.0 if self.is_class else self._on_photo()
        self._watch(lambda values: self._likelihood(values, scale), pictures, into, report)

    def scores(self, pictures: Pictures, into: Doubles, report: Callable[[int], None]) -> None:
        """Find the explained score itself: a logit, a difference of two, an activation."""
        self._watch(self.task.score.read, pictures, into, report)

    def _watch(
        self,
        read: Callable[[Tensor], Tensor],
        pictures: Pictures,
        into: Doubles,
        report: Callable[[int], None],
    ) -> None:
        net, unit = self.task.net, self.task.score.unit
        height, width = self.task.array.shape[-2:]
        size = batch_size(height, width, self.task.device.type, at_224=AT_ONCE)
        for first in range(0, len(into), size):
            last = min(first + size, len(into))
            with torch.no_grad():
                batch = net.transform(pictures(first, last))
                batch = batch.contiguous(memory_format=memory_format(batch.device))
                values = read(net.run({INPUT: batch}, [unit])[unit])
            into[first:last] = values.cpu().numpy()
            report(last)

    def _likelihood(self, values: Tensor, on_photo: float) -> Tensor:
        score = self.task.score
        if not self.is_class:
            return score.read(values) / on_photo
        if self.question.against is not None:
            return torch.sigmoid(score.read(values))
        return torch.softmax(values, 1)[:, self.answer.target]

    def _on_photo(self) -> float:
        net, score = self.task.net, self.task.score
        with torch.no_grad():
            return float(score.of_input(net, net.transform(self.photo[None]))[0])

    def nothing_to_watch(self) -> str:
        """Return why nothing can be taken away from the score, or ``""``."""
        if not self.is_class and self._on_photo() <= 0:
            return "The channel is silent on this photo, so there is nothing to take away from it."
        return ""


def curve(x: Doubles, y: Doubles, area: float | None = None) -> Curve:
    """Return a line to draw, in read-only float32."""
    across, up = (np.array(values, np.float32) for values in (x, y))
    frozen_array(across)
    frozen_array(up)
    return Curve(across, up, area)


def hardly_seen(subject: Subject, at_first: float) -> str:
    """Return a sentence for a class that the network hardly sees in the photo, or ``""``."""
    if subject.is_class and at_first < HARDLY_SEEN:
        return (
            f"The network hardly sees it in this photo ({subject.watched} is {at_first:.2g}), "
            "so the number says little."
        )
    return ""
