"""A worker without torch: it answers at once, slowly, or not at all, as a test says.

Photos are decoded for real; what the "network" says of one follows from its content
hash, so that a test can tell whose numbers a view shows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import ui_data
import verdict_data
from PIL import Image

from inception_viewer.errors import CheckpointError, ImageError, QuestionError
from inception_viewer.grade_questions import Grade, GradeAnswer
from inception_viewer.grid_questions import (
    GradCamOfUnits,
    GradCamsAnswer,
    Picture,
    PictureAnswer,
)
from inception_viewer.images.decode import content_id, decode, thumbnail
from inception_viewer.images.sources import find
from inception_viewer.questions import (
    Attribution,
    AttributionAnswer,
    CheckpointInfo,
    ForgetImage,
    Glance,
    HeadState,
    ImageInfo,
    ImageSource,
    Machine,
    Maps,
    OpenCheckpoint,
    OpenedImages,
    OpenImages,
    Overview,
    OverviewAnswer,
    PassingOverview,
    Predictions,
    Question,
    Scene,
    SwitchDevice,
    WarmUp,
)
from inception_viewer.verdict_questions import Convention, Judge, Verdict

DEVICES = (("cpu", "CPU (fake)"), ("cuda", "CUDA (fake)"))
STEPS = 50


@dataclass
class FakeWorker:
    """Answers like the lab would; the knobs are a test's.

    Attributes
    ----------
    hold
        While a type of question has an event here, its answers wait for it.
    failures
        An exception for a type of question, raised instead of answering.
    asked
        Every question, in the order of asking.
    heads, judged
        States of the heads of files, at their opening and (where it differs) by the samples.
    wanted
        The input that the samples speak for; None: whichever is in use.
    """

    hold: dict[type, threading.Event] = field(default_factory=dict)
    failures: dict[type, Exception] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)
    photos: dict[str, ImageInfo] = field(default_factory=dict)
    device: str = "cpu"
    heads: Mapping[str, HeadState] = field(default_factory=lambda: dict(ui_data.HEADS))
    judged: Mapping[str, HeadState] = field(default_factory=dict)
    wanted: Convention | None = None

    def let_go(self) -> None:
        """Answer what is held back, and fail no more."""
        for event in self.hold.values():
            event.set()
        self.hold.clear()
        self.failures.clear()

    def make(self) -> tuple[Callable[..., Any], FakeWorker]:
        """What the runner imports in real life."""
        return self.answer, self

    def answer(self, question: Question, lab: FakeWorker, progress: Any) -> Any:
        """Answer one question."""
        self.asked.append(question)
        event = self.hold.get(type(question))
        while event is not None and not event.wait(0.005):
            progress(0.0)
        if type(question) in self.failures:
            raise self.failures[type(question)]
        answering: dict[type, Callable[..., Any]] = {
            WarmUp: self.machine,
            SwitchDevice: self.switch,
            OpenCheckpoint: self.checkpoint,
            OpenImages: self.images,
            ForgetImage: self.forget,
            Overview: self.overview,
            PassingOverview: self.overview,
            Maps: lambda q, p: replace(ui_data.maps(q.unit), scene=q.scene),
            Glance: lambda q, p: predictions_of(q.scene),
            Attribution: self.attribution,
            GradCamOfUnits: self.grad_cams,
            Picture: lambda q, p: PictureAnswer(q.scene, ui_data.picture()),
            Grade: self.grade,
            Judge: self.judge,
        }
        return answering[type(question)](question, progress)

    def machine(self, question: Question, progress: Any) -> Machine:
        """The devices."""
        return Machine(DEVICES, self.device, "2.0 (fake)")

    def switch(self, question: SwitchDevice, progress: Any) -> Machine:
        """Another device."""
        if question.device == "auto":
            return self.machine(question, progress)
        if question.device not in dict(DEVICES):
            raise QuestionError(f"This machine has no “{question.device}”.")
        self.device = question.device
        return self.machine(question, progress)

    def checkpoint(self, question: OpenCheckpoint, progress: Any) -> CheckpointInfo:
        """A checkpoint; a file must exist, and gets a fingerprint from its name."""
        info = ui_data.checkpoint_info()
        if question.source == "demo":
            return info
        if not Path(question.source).is_file():
            raise CheckpointError(f"There is no file “{question.source}”.")
        name = Path(question.source).name
        info = replace(info, name=name, source=question.source, fingerprint=f"{name:0<64}")
        return verdict_data.info(self.heads, info)

    def judge(self, question: Judge, progress: Any) -> Verdict:
        """What the samples say: that :attr:`wanted` is better than any other input."""
        for share in (0.1, 0.6):
            progress(share)
        made = question.preprocessing
        known = {one.preprocessing: one for one in (verdict_data.CAFFE, verdict_data.PLAIN)}
        own = verdict_data.OWN if made is None else known[made]
        better = None if self.wanted in (None, own) else self.wanted
        told = verdict_data.suggestion(own, better)
        states = ui_data.HEADS if question.checkpoint == ui_data.FINGERPRINT else self.judged
        return verdict_data.verdict(states or self.heads, told, own, question.checkpoint)

    def images(self, question: OpenImages, progress: Any) -> OpenedImages:
        """Photos, decoded for real."""
        found = find(question.sources)
        images, failures = [], list(found.failures)
        for place, source in enumerate(found.sources):
            try:
                images.append(self._open(source))
            except ImageError as error:
                failures.append((source.name or source.path, str(error)))
            if len(found.sources) > 1:
                progress((place + 1) / len(found.sources), OpenedImages(tuple(images)))
        return OpenedImages(tuple(images), tuple(failures))

    def _open(self, source: ImageSource) -> ImageInfo:
        decoded = decode(source)
        mark = content_id(decoded.pixels)
        height, width, _ = decoded.pixels.shape
        info = ImageInfo(
            mark, decoded.name, source.path, height, width, thumbnail(decoded.pixels), decoded.note
        )
        self.photos[mark] = info
        return info

    def forget(self, question: ForgetImage, progress: Any) -> None:
        """Release a photo."""
        self.photos.pop(question.image, None)

    def overview(self, question: Overview, progress: Any) -> OverviewAnswer:
        """Everything, about the scene that was asked for."""
        if question.scene.image not in self.photos:
            raise QuestionError("This photo is not open any more; drop it again.")
        made = ui_data.overview(question.unit)
        scene = question.scene
        return replace(
            made,
            scene=scene,
            predictions=predictions_of(scene),
            maps=replace(made.maps, scene=scene),
            provenance=replace(made.provenance, device=self.device),
        )

    def attribution(self, question: Attribution, progress: Any) -> AttributionAnswer:
        """A map that grows in steps; Grad-CAM takes one, others fifty of 10 ms."""
        steps = 1 if question.method == "layer_grad_cam" else STEPS
        made = attribution_of(question, 0.0)
        for step in range(steps):
            if steps > 1:
                time.sleep(0.01)
            made = attribution_of(question, (step + 1) / steps)
            progress((step + 1) / steps, replace(made, partial=True))
        return made

    def grad_cams(self, question: GradCamOfUnits, progress: Any) -> GradCamsAnswer:
        """Every unit's map at once."""
        progress(0.0)
        asked = [replace(question.attribution, unit=unit) for unit in question.units]
        return GradCamsAnswer(question, tuple(attribution_of(one, 1.0) for one in asked))

    def grade(self, question: Grade, progress: Any) -> GradeAnswer:
        """A number that follows from the method's name."""
        progress(0.5)
        value = len(question.attribution.method) / 100
        return GradeAnswer(question, value, "So it is.", ui_data.provenance())


def predictions_of(scene: Scene) -> Predictions:
    """Three heads' answers that follow from the photo: :func:`top_class` wins."""
    made = ui_data.predictions()
    shift = top_class(scene) - int(np.argmax(made.logits["main"]))
    return replace(
        made,
        logits={head: np.roll(v, shift) for head, v in made.logits.items()},
        probabilities={head: np.roll(v, shift) for head, v in made.probabilities.items()},
        image=scene.image,
    )


def top_class(scene: Scene) -> int:
    """The class that the main head gives a scene."""
    return (int(scene.image[:6], 16) + int(scene.checkpoint[-1] == "0")) % len(ui_data.CLASSES)


def top_name(scene: Scene) -> str:
    """Its name."""
    return ui_data.CLASSES[top_class(scene)]


def attribution_of(question: Attribution, share: float) -> AttributionAnswer:
    """A map whose sum tells how far it is."""
    target = top_class(question.scene) if question.target is None else question.target
    return AttributionAnswer(
        question=question,
        map=np.full((224, 224), share, np.float32),
        raw=np.full((3, 224, 224), share, np.float32),
        target=target,
        target_name=ui_data.CLASSES[target],
        completeness_error=0.01,
        seconds=0.1,
        parameters={"steps": STEPS},
        provenance=ui_data.provenance(),
    )


def write_photo(path: Path, seed: int, size: tuple[int, int] = (64, 48)) -> Path:
    """Write a small photo of its own content and return its path."""
    noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    return path
