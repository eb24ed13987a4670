"""Asking for attributions: when, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from ..checkpoint_changes import use_attribution
from ..explained_words import AS_IT_IS, class_words
from ..questions import Attribution, AttributionAnswer, Scene
from ..runner import Cancelled, Done, Failed, Outcome, Partial, Runner, Ticket
from ..session import AttributionSettings, Session, State
from .frames import Frame, Frames
from .main_window import MainWindow
from .status_bar import Activity

CHEAP = ("layer_grad_cam",)
"""Methods of one backward pass: computed without being asked for."""
KEY = "attribution"
UNTOUCHED = AS_IT_IS


class Attributing(QObject):
    """Keeps the attribution view on what the session looks at."""

    failed = Signal(object)
    changed = Signal()

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, frames: Frames
    ) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self._frames, self._view = frames, window.attribution
        self._ticket: Ticket | None = None
        self._token = object()
        """Of the newest asking: what an earlier one still delivers is dropped."""
        self.answer: AttributionAnswer | None = None
        self._view.settings_changed.connect(self._set)
        self._view.asked.connect(self.ask)
        self._view.cancelled.connect(self.cancel)
        window.tabs.currentChanged.connect(lambda _tab: self._ask_if_cheap())
        frames.switched.connect(self._take_frame)

    @property
    def running(self) -> bool:
        """Whether an attribution waits or is under way."""
        return self._ticket is not None

    def follow(self, old: State, new: State) -> None:
        """Follow the settings; the scene is followed frame by frame."""
        if new.machine != old.machine:
            self._view.set_machine_ready(new.machine is not None)
        if new.images != old.images:
            self._view.form.set_photos([(image.id, image.name) for image in new.images])
        if new.channel != old.channel:
            self._view.set_channel(new.channel)
        if new.attribution != old.attribution:
            self._view.set_settings(new.attribution)
            self._window.predictions.set_selected(new.attribution.target)
            if new.scene is not None and self._frames.settled:
                self._retarget()
        elif old.stroking and not new.stroking and self._frames.settled:
            self._retarget()

    def ask(self) -> None:
        """Compute what the settings say, unless it is being computed."""
        question = self._question()
        if question is None or (self._ticket and self._ticket.question == question):
            return
        self._drop()
        known = self._runner.cache.get(question)
        if known is not None:
            self._show(known)
            return
        self._view.set_progress(0.0, None)
        self._status(Activity(_name(question), 0.0, None, cancellable=True))
        token = self._token = object()
        self._ticket = self._runner.submit(question, partial(self._take, token), view=KEY)

    def cancel(self) -> None:
        """Take back what is being computed; what was shown stays."""
        if self._ticket is not None:
            self._drop()
            self.changed.emit()

    def _question(self) -> Attribution | None:
        question = self._session.state.attribution_question
        frame = self._frames.frame
        there = frame is not None and question is not None and question.scene == _plain(frame.scene)
        return question if there else None

    def _set(self, settings: AttributionSettings) -> None:
        self._session.update(lambda state: use_attribution(state, settings))

    def _take_frame(self, frame: Frame | None) -> None:
        self._view.set_checkpoint(self._session.state.open_checkpoint)
        self._view.set_photo(frame.overview.picture if frame else None)
        self._view.set_predictions(frame.overview.predictions if frame else None)
        self._retarget()

    def _retarget(self) -> None:
        """Show the answer to the present question if it is known, and else none."""
        question = self._question()
        if self._ticket is not None and self._ticket.question != question:
            self._drop()
        known = self._runner.cache.get(question) if question else None
        self._show(known)
        if known is None:
            self._ask_if_cheap()

    def _ask_if_cheap(self) -> None:
        question = self._question()
        visible = self._window.tabs.currentWidget() is self._view
        idle = self.answer is None and not self._session.state.stroking
        if question and visible and question.method in CHEAP and idle:
            self.ask()

    def _take(self, token: object, outcome: Outcome) -> None:
        if token is not self._token or outcome.question != self._question():
            return
        if isinstance(outcome, Partial):
            self._progress(outcome)
            return
        self._end()
        if isinstance(outcome, Done):
            self._show(outcome.answer)
        elif isinstance(outcome, Failed):
            self._view.set_failure(outcome.sentence)
            self.failed.emit(outcome)
        elif isinstance(outcome, Cancelled):
            self.changed.emit()

    def _progress(self, outcome: Partial) -> None:
        if self._ticket is None or self._ticket.stop.is_set():
            return
        self._view.set_progress(outcome.fraction, outcome.seconds_left)
        name = _name(outcome.question)
        activity = Activity(name, outcome.fraction, outcome.seconds_left, cancellable=True)
        self._status(activity)
        if outcome.answer is not None:
            self._show(outcome.answer)

    def _show(self, answer: AttributionAnswer | None) -> None:
        if answer is None and self.answer is None:
            return
        self.answer = answer = self._noted(self._named(answer))
        self._view.set_result(answer)
        self.changed.emit()

    def _named(self, answer: AttributionAnswer | None) -> AttributionAnswer | None:
        """Return an answer with its class's name as it is by now: names can be changed."""
        info = self._session.state.open_checkpoint
        if answer is None or info is None or info.fingerprint != answer.question.scene.checkpoint:
            return answer
        if answer.target < 0:  # a channel is explained, no class
            return answer
        words = class_words(answer.question, answer.target, info.classes)
        return replace(answer, target_name=words)

    def _noted(self, answer: AttributionAnswer | None) -> AttributionAnswer | None:
        """Say that what is touched in the other views is not taken into account."""
        if answer is None or not self._session.state.interventions:
            return answer
        return replace(answer, note=f"{answer.note} {UNTOUCHED}".strip())

    def _drop(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
        self._end()

    def _end(self) -> None:
        self._ticket, self._token = None, object()
        self._view.set_progress(None, None)
        self._status(None)

    def _status(self, activity: Activity | None) -> None:
        self._window.status.set_activity(KEY, activity)


def _plain(scene: Scene) -> Scene:
    """Return a scene in front of the network as it is: that is what can be explained."""
    return replace(scene, interventions=())


def _name(question: object) -> str:
    assert isinstance(question, Attribution)
    name = question.method.removeprefix("layer_").replace("_", " ")
    return f"{name.replace('grad cam', 'Grad-CAM')} of {question.head}"
