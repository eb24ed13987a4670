"""Parts of a window at work that its first paint does not need.

Each is made, and even imported, when it is first wanted; what somebody may meet without asking
for it is made as soon as the window has been painted.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from ..runner import Failed, Runner
from ..session import Session, State
from .main_window import MainWindow
from .opening import Opening

if TYPE_CHECKING:
    from .concept_testing import ConceptTesting
    from .evaluating import Evaluating
    from .fitting.fits import Fits
    from .frames import Frames
    from .getting.downloads import Downloads
    from .input.editing import InputEditing
    from .judging import Judging
    from .naming import Naming
    from .saving.saving import Saving
    from .top_photos.asking import AskingTopPhotos
    from .top_photos.indexing import Indexing

FOLLOWING = (
    *("judging", "naming", "saving", "input_editing", "evaluating", "concept_testing"),
    "top_photos",
)
"""Those that are told of the session's changes."""
CANCELLABLE = (
    *("evaluating", "concept_testing", "fits", "saving", "input_editing", "judging"),
    "indexing",
)
"""Those that run something under their ``key`` in the status bar."""


class LaterParts(QObject):
    """The parts; the controller, which is one, has what they are made of."""

    session: Session
    runner: Runner
    window: MainWindow
    frames: Frames
    opening: Opening

    def report(self, outcome: Failed) -> None:
        """Say what went wrong."""
        raise NotImplementedError

    @cached_property
    def downloads(self) -> Downloads:
        """Downloads of published checkpoints."""
        from .getting.downloads import Downloads

        made = Downloads(self.runner, self.window)
        made.failed.connect(self.report)
        made.open_requested.connect(self.opening.open_checkpoint)
        return made

    @cached_property
    def fits(self) -> Fits:
        """Fits of auxiliary heads."""
        from .fitting.fits import Fits

        made = Fits(self.session, self.runner, self.window)
        made.failed.connect(self.report)
        made.open_requested.connect(self.opening.open_checkpoint)
        return made

    @cached_property
    def judging(self) -> Judging:
        """What is said of a checkpoint once photos were shown to it."""
        from .judging import Judging

        made = Judging(self.session, self.runner, self.window, self.frames)
        made.failed.connect(self.report)
        return made

    @cached_property
    def naming(self) -> Naming:
        """What classes are called."""
        from .naming import Naming

        made = Naming(self.session, self.runner, self.window)
        made.failed.connect(self.report)
        self.opening.class_list_brought.connect(made.use)
        return made

    @cached_property
    def saving(self) -> Saving:
        """Saving the checkpoint."""
        from .saving.saving import Saving

        made = Saving(self.session, self.runner, self.window)
        made.failed.connect(self.report)
        made.open_requested.connect(self.opening.open_checkpoint)
        return made

    @cached_property
    def input_editing(self) -> InputEditing:
        """How photos become the input."""
        from .input.editing import InputEditing

        return InputEditing(self.session, self.runner, self.window)

    @cached_property
    def evaluating(self) -> Evaluating:
        """Evaluations on folders."""
        from .commands import look_at_measured
        from .evaluating import Evaluating

        made = Evaluating(self.session, self.runner, self.window)
        made.failed.connect(self.report)
        made.photo_requested.connect(lambda wanted: look_at_measured(self, wanted))
        return made

    @cached_property
    def concept_testing(self) -> ConceptTesting:
        """Tests of concepts."""
        from .concept_testing import ConceptTesting

        made = ConceptTesting(self.session, self.runner, self.window)
        made.failed.connect(self.report)
        return made

    @cached_property
    def indexing(self) -> Indexing:
        """Indexing of folders."""
        from .top_photos.indexing import Indexing

        made = Indexing(self.session, self.window)
        made.failed.connect(self.report)
        return made

    @cached_property
    def top_photos(self) -> AskingTopPhotos:
        """What excites a channel most; made when its place in the inspector comes into sight."""
        from .top_photos.asking import AskingTopPhotos

        made = AskingTopPhotos(self.session, self.runner, self.window, self.indexing)
        made.brought.connect(self.opening.take)
        return made

    # --- those that are there --------------------------------------------------------

    def make_soon_needed(self) -> None:
        """Make what shows without being asked for."""
        self.naming  # noqa: B018
        self.judging  # noqa: B018
        self.window.inspector.top_place.seen.connect(lambda: self.top_photos.seen())

    def made(self, *names: str) -> list[Any]:
        """Return those of the parts of these names that have been made."""
        return [vars(self)[name] for name in names if name in vars(self)]

    def follow_made(self, old: State, new: State) -> None:
        """Tell those that are there of a change."""
        for part in self.made(*FOLLOWING):
            part.follow(old, new)
