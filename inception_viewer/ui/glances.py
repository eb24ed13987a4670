"""The predicted class under every thumbnail, found in the background."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from ..questions import Glance, Predictions, Scene
from ..runner import Cancelled, Done, Failed, Outcome, Runner
from ..session import Session, State
from .frames import Frame, Frames
from .main_window import MainWindow

AFTER_PAINT_MS = 30


class Glances(QObject):
    """Asks one photo at a time, so that a job somebody asked for never waits long."""

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, frames: Frames
    ) -> None:
        super().__init__(window)
        self._session, self._runner, self._tray = session, runner, window.tray
        self._frames = frames
        self._verdicts: dict[Scene, str] = {}
        self._asked: Glance | None = None

    def take_frame(self, frame: Frame | None) -> None:
        """Note what the open photo is; the others are asked about once it is painted."""
        if frame is not None:
            self._verdicts[frame.scene] = verdict(frame.overview.predictions)
        self.show()
        QTimer.singleShot(AFTER_PAINT_MS, self, self.go_on)

    def follow(self, old: State, new: State) -> None:
        """Look at photos that have come."""
        if new.images != old.images:
            kept = {image.id for image in new.images}
            self._verdicts = {s: text for s, text in self._verdicts.items() if s.image in kept}
            self.go_on()

    def show(self) -> None:
        """Put the verdicts of the open checkpoint into the tray."""
        scenes = {scene.image: scene for scene in self._scenes()}
        texts = {image: self._verdicts.get(scene, "") for image, scene in scenes.items()}
        self._tray.set_verdicts({image: text for image, text in texts.items() if text})

    def go_on(self) -> None:
        """Ask about the next photo without a verdict, once the open one is shown."""
        if self._asked is not None or not self._frames.settled or self._frames.frame is None:
            return
        for scene in self._scenes():
            if scene not in self._verdicts:
                self._asked = Glance(scene)
                self._runner.submit(self._asked, self._take, view="glance")
                return

    def _scenes(self) -> list[Scene]:
        state = self._session.state
        if state.scene is None:
            return []
        return [replace(state.scene, image=image.id) for image in state.images]

    def _take(self, outcome: Outcome) -> None:
        if outcome.question != self._asked or not isinstance(outcome, Done | Failed | Cancelled):
            return
        assert self._asked is not None
        answered = isinstance(outcome, Done)
        self._verdicts[self._asked.scene] = verdict(outcome.answer) if answered else ""
        self._asked = None
        self.show()
        self.go_on()


def verdict(predictions: Predictions) -> str:
    """Return the main head's answer in a few words: ``"cup 97 %"``."""
    _, name, probability = predictions.top("main", 1)[0]
    return f"{name} {100 * probability:.0f} %"
