"""What the heads said before the picture was painted over, or the network touched.

The predictions mark it beside each bar. It is asked for once for each scene, and what came
of the last one is kept: while a brush or a slider moves, the original does not change.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from ..intervention_words import before_words, scene_words
from ..questions import Glance, Predictions, Scene
from ..runner import Done, Outcome, Partial, Runner
from .frames import Frame, Frames
from .main_window import MainWindow

KEY = "untouched"


class Ghosts(QObject):
    """Gives the predictions view the original values of what is shown."""

    def __init__(self, runner: Runner, window: MainWindow, frames: Frames) -> None:
        super().__init__(window)
        self._runner, self._window, self._frames = runner, window, frames
        self._known: tuple[Scene, Predictions] | None = None
        self._asked: Scene | None = None
        frames.switched.connect(self._take_frame)

    def _take_frame(self, frame: Frame | None) -> None:
        found = self._original(frame) if frame is not None else None
        if frame is None:
            self._window.predictions.set_untouched(None)
        else:
            self._tell(frame, found)

    def _tell(self, frame: Frame, found: Predictions | None) -> None:
        words, done = before_words(frame.scene), scene_words(frame.scene)
        self._window.predictions.set_untouched(found, words, done)

    def _original(self, frame: Frame) -> Predictions | None:
        """Return the answers to what is shown as it was; None if it is, or while unknown."""
        scene = frame.scene
        wanted = original(scene)
        if wanted == scene:
            self._known = scene, frame.overview.predictions
            return None
        if self._kept(wanted) is None and self._asked != wanted:
            self._asked = wanted
            self._runner.live(KEY, Glance(wanted), self._take)
        return self._kept(wanted)  # an answer in the cache is here by now

    def _kept(self, scene: Scene) -> Predictions | None:
        return self._known[1] if self._known is not None and self._known[0] == scene else None

    def _take(self, outcome: Outcome) -> None:
        frame, scene = self._frames.frame, self._asked
        if scene is None or outcome.question != Glance(scene) or isinstance(outcome, Partial):
            return
        self._asked = None
        if not isinstance(outcome, Done):
            return
        self._known = scene, outcome.answer
        if frame is not None and frame.scene != scene and original(frame.scene) == scene:
            self._tell(frame, outcome.answer)


def original(scene: Scene) -> Scene:
    """Return a scene with its photo and network as they are."""
    return replace(scene, edits=(), interventions=())
