"""Commands: what opens and closes checkpoints and photos, and chooses the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inception_viewer.errors import ImageError
from inception_viewer.images.sources import find, named
from inception_viewer.questions import (
    CheckpointInfo,
    ForgetImage,
    ImageInfo,
    Machine,
    OpenCheckpoint,
    OpenedImages,
    OpenImages,
    SwitchDevice,
    WarmUp,
)

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress


def warm_up(question: WarmUp, lab: Lab, progress: Progress) -> Machine:
    """Answer :class:`WarmUp`: by now everything is imported."""
    return lab.machine


def switch_device(question: SwitchDevice, lab: Lab, progress: Progress) -> Machine:
    """Answer :class:`SwitchDevice`."""
    lab.switch_device(question.device)
    return lab.machine


def open_checkpoint(question: OpenCheckpoint, lab: Lab, progress: Progress) -> CheckpointInfo:
    """Answer :class:`OpenCheckpoint`; the folded network is built along with it."""
    info = lab.open_checkpoint(question.source)
    lab.network(info.fingerprint, progress.lane)
    return info


def open_images(question: OpenImages, lab: Lab, progress: Progress) -> OpenedImages:
    """Answer :class:`OpenImages`: what cannot be read is said, the rest is opened.

    Partial answers hold all photos opened so far.
    """
    found = find(question.sources)
    images: list[ImageInfo] = []
    failures = list(found.failures)
    for place, source in enumerate(found.sources):
        try:
            images.append(lab.open_image(source))
        except ImageError as error:
            failures.append((named(source).name, str(error)))
        if len(found.sources) > 1:
            so_far = OpenedImages(tuple(images), tuple(failures))
            text = f"{place + 1} of {len(found.sources)} photos"
            progress((place + 1) / len(found.sources), so_far, text)
    return OpenedImages(tuple(images), tuple(failures))


def forget_image(question: ForgetImage, lab: Lab, progress: Progress) -> None:
    """Answer :class:`ForgetImage`."""
    lab.forget_image(question.image)
