"""A command: download a published checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inception_viewer.checkpoints.getting.get import get
from inception_viewer.questions import GetCheckpoint, GotCheckpoint, Received

if TYPE_CHECKING:
    from inception_viewer.lab import Lab
    from inception_viewer.runner import Progress


def get_checkpoint(question: GetCheckpoint, lab: Lab, progress: Progress) -> GotCheckpoint:
    """Answer :class:`GetCheckpoint`; taking it back ends it within a tenth of a second."""

    def report(received: Received) -> None:
        share = min(1.0, received.received / max(1, received.total))
        progress(share, received, received.note)

    return get(question.name, question.folder, report)
