"""The predicted class under every thumbnail, found in the background."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from ..changed_inputs import edit_marks
from ..intervention_words import touched_words
from ..questions import CheckpointInfo, Glance, Predictions, Scene
from ..runner import Cancelled, Done, Failed, Outcome, Runner
from ..session import Session, State
from .frames import Frame, Frames
from .ghosts import original
from .main_window import MainWindow

AFTER_PAINT_MS = 30
UNTRAINED = "head untrained"


class Glances(QObject):
    """Asks one photo at a time, so that a job somebody asked for never waits long."""

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, frames: Frames
    ) -> None:
        super().__init__(window)
        self._session, self._runner, self._tray = session, runner, window.tray
        self._frames = frames
        self._answers: dict[Scene, tuple[int, float] | None] = {}
        """The main head's top class and its probability; None where there is no answer."""
        self._asked: Glance | None = None

    def take_frame(self, frame: Frame | None) -> None:
        """Note what the open photo is; the others are asked about once it is painted."""
        if frame is not None:
            self._forget_paintings(frame.scene)
            self._answers[frame.scene] = best(frame.overview.predictions)
        self.show()
        QTimer.singleShot(AFTER_PAINT_MS, self, self.go_on)

    def follow(self, old: State, new: State) -> None:
        """Look at photos that have come."""
        if new.images != old.images:
            kept = {image.id for image in new.images}
            self._answers = {s: said for s, said in self._answers.items() if s.image in kept}
            self.go_on()

    def show(self) -> None:
        """Put the verdicts of the open checkpoint into the tray."""
        scenes = {scene.image: scene for scene in self._scenes()}
        frame = self._frames.frame
        if self._session.state.stroking and frame is not None:  # the brush is ahead of the heads
            scenes[frame.scene.image] = frame.scene
        said = {image: self._answers.get(scene) for image, scene in scenes.items()}
        info = self._session.state.open_checkpoint
        texts = {i: verdict(info, answer) for i, answer in said.items() if info and answer}
        self._tray.set_verdicts(texts)
        self._tray.set_touched(touched_words(self._session.state.interventions))
        self._tray.set_marks({i: edit_marks(scene.edits) for i, scene in scenes.items()})

    def go_on(self) -> None:
        """Ask about the next photo without a verdict, once the open one is shown."""
        if self._asked is not None or not self._frames.settled or self._frames.frame is None:
            return
        for scene in self._scenes():
            if scene not in self._answers:
                self._asked = Glance(scene)
                self._runner.submit(self._asked, self._take, view="glance")
                return

    def _scenes(self) -> list[Scene]:
        state = self._session.state
        scenes = (state.scene_of(image.id) for image in state.images if state.image)
        return [scene for scene in scenes if scene is not None]

    def _forget_paintings(self, shown: Scene) -> None:
        """Forget earlier strokes over a photo and interventions: there is no end of them."""
        plain = original(shown)
        self._answers = {
            scene: said
            for scene, said in self._answers.items()
            if scene.interventions in ((), shown.interventions)
            and (not scene.edits or original(scene) != plain)
        }

    def _take(self, outcome: Outcome) -> None:
        if outcome.question != self._asked or not isinstance(outcome, Done | Failed | Cancelled):
            return
        assert self._asked is not None
        answered = isinstance(outcome, Done)
        self._answers[self._asked.scene] = best(outcome.answer) if answered else None
        self._asked = None
        self.show()
        self.go_on()


def best(predictions: Predictions) -> tuple[int, float]:
    """Return the main head's top class and its probability."""
    index, _, probability = predictions.top("main", 1)[0]
    return index, probability


def verdict(info: CheckpointInfo, answer: tuple[int, float]) -> str:
    """Return an answer in a few words: ``"cup 97 %"``; of a head never trained there is none."""
    if info.heads.get("main") == "untrained":
        return UNTRAINED
    index, probability = answer
    return f"{info.classes[index]} {100 * probability:.0f} %"
