"""The input of the photo looked at: what sliders and attacks make of it becomes the scene.

While a slider moves the scene follows as fast as it is answered and no faster (:mod:`pace`).
An adversarial step is made in the queue of jobs, with progress, before the scene is looked at
with it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from ..changed_inputs import (
    attack_in,
    attack_on,
    changed_input,
    distort,
    mislead,
    without_attack,
)
from ..edit_questions import Adversarial, Distortion
from ..grid_questions import Picture, PictureAnswer
from ..intervention_words import scene_words
from ..lru import Lru
from ..questions import Glance, Pixels, Predictions, Scene
from ..runner import Cancelled, Done, Failed, Outcome, Partial, Runner, Ticket
from ..session import Session, State
from .frames import Frame, Frames
from .ghosts import original
from .intervene.input_snippet import changed_input as snippet_of
from .intervene.input_words import outcome_sentence
from .main_window import MainWindow
from .pace import Pace
from .status_bar import Activity

if TYPE_CHECKING:
    from .intervene.input_page import InputPage

KEPT = 8 << 20
"""Bytes of pictures before something was done to them."""


class InputRunning(QObject):
    """Keeps the Input page and the session in step."""

    key = "mislead"
    """The status bar's."""

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, frames: Frames
    ) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self._frames = frames
        self._page: InputPage = window.intervene.input
        self._place: Place | None = None
        """What the newest slider is of."""
        self._pace: Pace[Distortion] = Pace(
            session, frames, lambda state, value, moving: distort(state, value, moving=moving)
        )
        self._ticket: tuple[Ticket, Adversarial] | None = None
        self._token = object()
        """Of the newest attack: what an earlier one still delivers is dropped."""
        self._pictures: Lru[Scene, Pixels] = Lru(KEPT, lambda kept: kept.nbytes)
        self._before: dict[Scene, Predictions] = {}
        """What the heads said before the newest attack."""
        self._known: object = None
        self._connect()
        self._show_state(session.state)
        self._take_frame(frames.frame)

    def _connect(self) -> None:
        page = self._page
        page.moved.connect(self.move)
        page.misled.connect(self.mislead)
        page.taken_back.connect(self.take_back)
        page.cancelled.connect(self.cancel)
        page.shown.connect(self._catch_up)
        self._frames.switched.connect(self._take_frame)

    # --- what is looked at -----------------------------------------------------------

    def follow(self, old: State, new: State) -> None:
        """Follow what is open and done; let go of what has gone."""
        if self._pace.newest is not None and place_of(new) != self._place:
            self._pace.drop()
            self._page.drop()
            self._session.update(
                lambda state: replace(state, stroking=False, picture_moves=False), undoable=False
            )
        if self._ticket is not None and _asked(new, self._ticket[1]) != self._ticket[0].question:
            self.cancel()
        self._show_state(new)
        if old.stroking and not new.stroking and self._frames.settled:
            self._take_frame(self._frames.frame)

    def _show_state(self, state: State) -> None:
        info = state.open_checkpoint
        if info is None:
            return
        known = info.fingerprint, info.classes, tuple(info.heads.items())
        if known != self._known:
            self._known = known
            self._page.set_network(info.classes, info.heads)
        if not self._pace.is_ahead:  # else the slider is ahead
            distortion = changed_input(state, state.image).distortion
            self._page.set_input(distortion, attack_on(state, state.image))

    # --- sliders ---------------------------------------------------------------------

    def move(self, distortion: Distortion, ended: bool) -> None:
        """Follow a slider; undo goes back to before the first of its moves."""
        self._place = place_of(self._session.state)
        self._pace.take(distortion, ended)

    # --- the adversarial step --------------------------------------------------------

    def mislead(self, attack: Adversarial) -> None:
        """Make an adversarial step, and look at the photo with it once it is made."""
        question = _asked(self._session.state, attack)
        if question is None or self._ticket is not None:
            return
        self._page.attack.say("")
        self._progress(0.0, None)
        # Known before it is asked: an answer in the cache comes before ``submit`` returns.
        self._ticket = Ticket(question, lambda _outcome: None, "jobs"), attack
        token = self._token = object()
        take = partial(self._take_step, token)
        ticket = self._runner.submit(question, take, view=self.key)
        if self._ticket is not None:
            self._ticket = ticket, attack

    def take_back(self) -> None:
        """Show the picture before it was misled."""
        self._session.update(lambda state: mislead(state, None))

    def cancel(self) -> None:
        """Stop making an adversarial step."""
        if self._ticket is not None:
            ticket, self._ticket = self._ticket[0], None
            ticket.cancel()
            self._progress(None, None)

    def _take_step(self, token: object, outcome: Outcome) -> None:
        if self._ticket is None or token is not self._token:
            return
        if isinstance(outcome, Partial):
            self._progress(outcome.fraction, outcome.seconds_left)
            return
        attack, self._ticket = self._ticket[1], None
        self._progress(None, None)
        if isinstance(outcome, Done):
            self._session.update(lambda state: mislead(state, attack))
        elif isinstance(outcome, Failed):
            self._page.attack.say(outcome.sentence)
        elif isinstance(outcome, Cancelled):
            self._page.attack.say("Cancelled.")

    def _progress(self, fraction: float | None, left: float | None) -> None:
        self._page.attack.set_progress(fraction, left)
        activity = None
        if fraction is not None:
            activity = Activity("misleading", fraction, left, cancellable=True)
        self._window.status.set_activity(self.key, activity)

    # --- pictures --------------------------------------------------------------------

    def _take_frame(self, frame: Frame | None) -> None:
        if frame is None:
            self._page.set_pictures(None)
            self._page.tell_outcome("")
            return
        self._pictures.put(_untouched(frame.scene), frame.overview.picture)
        if self._page.isVisible():
            self._show_frame(frame)
        self._pace.go_on()

    def _catch_up(self) -> None:
        """Show what was passed over while the page was out of sight."""
        if self._frames.frame is not None:
            self._show_frame(self._frames.frame)

    def _show_frame(self, frame: Frame) -> None:
        self._show_pictures(frame)
        self._tell(frame)

    def _show_pictures(self, frame: Frame) -> None:
        scene = _untouched(frame.scene)
        wanted = original(scene), without_attack(scene)
        found = [self._pictures.get(one) for one in wanted]
        for one, picture in zip(wanted, found, strict=True):
            if picture is None:
                key = "input as it was" if one == wanted[0] else "input before misleading"
                self._page.set_pictures(None)  # before an answer in the cache, which comes at once
                self._runner.live(key, Picture(one), self._take_picture)
                return
        first, second = found
        assert first is not None
        assert second is not None
        after = frame.overview.picture if attack_in(scene) is not None else second
        seen = first, second, after
        self._page.set_pictures(seen, frame.image_name, scene_words(frame.scene), frame.scene)

    def _take_picture(self, outcome: Outcome) -> None:
        frame = self._frames.frame
        if not isinstance(outcome, Done):
            return
        answer: PictureAnswer = outcome.answer
        self._pictures.put(answer.scene, answer.picture)
        if frame is not None and self._page.isVisible():
            self._show_pictures(frame)

    def _tell(self, frame: Frame) -> None:
        """Tell what the attack did to the head's answer, once it is known."""
        attack = attack_in(frame.scene)
        before = without_attack(frame.scene)
        known = self._before.get(before)
        if attack is None:
            self._before = {frame.scene: frame.overview.predictions}
            self._page.tell_outcome("")
        elif known is None:
            self._page.tell_outcome("")
            self._runner.live("heads before misleading", Glance(before), self._take_before)
        else:
            self._page.tell_outcome(outcome_sentence(attack, known, frame.overview.predictions))

    def _take_before(self, outcome: Outcome) -> None:
        frame = self._frames.frame
        if isinstance(outcome, Done) and frame is not None:
            asked = outcome.question
            assert isinstance(asked, Glance)
            self._before = {asked.scene: outcome.answer}
            if without_attack(frame.scene) == asked.scene:
                self._tell(frame)

    @property
    def is_in_front(self) -> bool:
        """Whether the page is the one that shows."""
        return self._window.intervene.pages.currentWidget() is self._page

    def snippet(self) -> str:
        """Return lines that give what the page shows."""
        page, state = self._page, self._session.state
        return snippet_of(state, page.compared, page.shown_factor) if state.scene else ""

    def record(self) -> dict[str, Any]:
        """Return what the page shows, as ``--state-json`` writes it."""
        return {
            "sentence": self._page.sentence.text(),
            "outcome": self._page.attack.outcome.text(),
            "misleading": self._ticket is not None,
        }


Place = tuple[object, ...]
"""What a slider under way is of: the network, the photo, and how it becomes the input."""


def place_of(state: State) -> Place:
    """Return what is looked at."""
    return state.checkpoint, state.image if state.open_image is not None else "", state.made


def _asked(state: State, attack: Adversarial) -> Picture | None:
    """Return what makes an attack on what is looked at."""
    resting = replace(state, stroking=False, picture_moves=False)
    scene = mislead(resting, attack).plain_scene
    return None if scene is None else Picture(scene)


def _untouched(scene: Scene) -> Scene:
    return replace(scene, interventions=())
