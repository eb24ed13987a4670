"""One channel's maps of photos, open or not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from inception_viewer.comparison_questions import ExampleMaps, ExampleMapsAnswer
from inception_viewer.errors import ImageError, QuestionError
from inception_viewer.googlenet.architecture import INPUT
from inception_viewer.images.decode import decode
from inception_viewer.images.preprocess import prepare
from inception_viewer.questions import Floats, ImageSource, Pixels, Provenance, Scene, frozen_array

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress

Example = tuple[str, Pixels, Floats]


def answer(question: ExampleMaps, lab: Lab, progress: Progress) -> ExampleMapsAnswer:
    """Answer an :class:`ExampleMaps` question.

    Raises
    ------
    QuestionError
        If there is no such unit with a map, or no such channel.
    """
    started = time.perf_counter()
    net = lab.network(question.checkpoint, progress.lane)
    step = net.by_name.get(question.unit)
    if step is None or step.kind != "conv":
        raise QuestionError(f"This network has no convolution “{question.unit}”.")
    found: list[Example] = []
    total = max(1, len(question.photos))
    for number, one in enumerate(_each(question, lab, progress.lane)):
        progress(number / total, None, f"photo {number + 1} of {total}")
        if one is not None:
            found.append(one)
    made = Provenance(
        question.checkpoint, question.preprocessing, time.perf_counter() - started, lab.device
    )
    photos, pictures, maps = zip(*found, strict=True) if found else ((), (), ())
    return ExampleMapsAnswer(question, tuple(photos), tuple(pictures), tuple(maps), made)


def _each(question: ExampleMaps, lab: Lab, lane: str) -> Iterator[Example | None]:
    for image in question.photos.images:
        trace = lab.trace(Scene(question.checkpoint, image, question.preprocessing), lane)
        yield image, trace.picture, _channel(trace[question.unit], question)
    net = lab.network(question.checkpoint, lane)
    for path in question.photos.paths:
        try:
            pixels = decode(ImageSource(path=path)).pixels
        except ImageError:
            yield None
            continue
        made = prepare(pixels, question.preprocessing)
        with torch.inference_mode():
            x = net.transform(net.place(torch.from_numpy(made.array[None].copy())))
            values = net.run({INPUT: x}, [question.unit])[question.unit]
        maps: Floats = values[0].cpu().numpy()
        yield path, made.picture, _channel(maps, question)


def _channel(maps: Floats, question: ExampleMaps) -> Floats:
    if not 0 <= question.channel < len(maps):
        raise QuestionError(f"{question.unit} has {len(maps)} channels.")
    found: Floats = frozen_array(np.array(maps[question.channel]))
    return found
