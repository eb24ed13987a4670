"""Painting over the picture: what the brush did becomes the scene that is asked about.

The view draws the stroke at once. The scene follows as fast as it is answered and no faster:
while one answer is on its way the newest stroke waits, so that no answer is lost to the next.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from ..edit_questions import BrushSettings, Stroke
from ..edit_words import painted_words
from ..questions import Glance, Predictions, Scene
from ..runner import Done, Outcome, Partial, Runner
from ..session import Session, State, paint, use_brush
from .frames import Frame, Frames
from .main_window import MainWindow

KEY = "untouched"
Strokes = tuple[Stroke, ...]


class Painting(QObject):
    """Keeps the brush and the session in step."""

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, frames: Frames
    ) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self._frames, self._view = frames, window.attribution
        self._before: Strokes | None = None
        """What was painted before the stroke under way; None while there is none."""
        self._waiting: Strokes | None = None
        """What was drawn since the scene was last asked about."""
        self._untouched: tuple[Scene, Predictions] | None = None
        self._asked: Scene | None = None
        kept = window.preferences.brush
        session.update(lambda state: replace(state, brush=kept), undoable=False)
        self._view.stroked.connect(self._take_stroke)
        self._view.brush_changed.connect(self._use)
        self._view.painting_cleared.connect(self.clear)
        frames.switched.connect(self._take_frame)
        self._show_brush(session.state)

    def follow(self, old: State, new: State) -> None:
        """Follow what is painted, and lift the brush where its picture goes."""
        if (new.brush, new.painting) != (old.brush, old.painting):
            self._show_brush(new)
        if self._before is not None and _picture(new) != _picture(old):
            self._before = self._waiting = None
            self._view.drop_stroke()
            self._session.update(lambda state: replace(state, stroking=False), undoable=False)

    def clear(self) -> None:
        """Show the picture as it is."""
        self._session.update(lambda state: paint(state, ()))

    # --- the stroke ---

    def _take_stroke(self, strokes: Strokes, ended: bool) -> None:
        state = self._session.state
        first = self._before is None
        if state.scene is None:
            return
        if self._before is None:
            self._before = state.painting.strokes if state.painting else ()
        wanted = (*self._before, *strokes)
        if ended:
            self._before = None
        if first or ended or self._frames.settled:
            self._waiting = None
            # Undo goes back to what was before the stroke, not to a part of it.
            self._session.update(
                lambda state: paint(state, wanted, stroking=not ended), undoable=first
            )
        else:
            self._waiting = wanted

    def _go_on(self) -> None:
        """Ask about what was drawn while the last answer was on its way."""
        wanted, self._waiting = self._waiting, None
        if wanted is not None and self._before is not None:
            self._session.update(lambda state: paint(state, wanted, stroking=True), undoable=False)

    def _use(self, settings: BrushSettings) -> None:
        state = self._session.state
        kept = state.painting.fill if state.painting else state.brush.fill
        # The size is no step to go back by.
        self._session.update(
            lambda state: use_brush(state, settings), undoable=settings.fill != kept
        )
        self._window.preferences.brush = settings

    def _show_brush(self, state: State) -> None:
        now = state.painting
        fill = now.fill if now is not None else state.brush.fill
        self._view.set_brush(replace(state.brush, fill=fill), painted=now is not None)

    # --- the frame ---

    def _take_frame(self, frame: Frame | None) -> None:
        if frame is None:
            self._view.set_painting((), "", final=True)
            self._window.predictions.set_untouched(None)
            return
        scene = frame.scene
        self._window.predictions.set_untouched(self._untouched_of(frame))
        self._go_on()
        shown = tuple(stroke for brush in scene.edits for stroke in brush.strokes)
        self._view.set_painting(shown, painted_words(scene), final=self._frames.settled)

    def _untouched_of(self, frame: Frame) -> Predictions | None:
        """Return the heads' answers to the picture as it was; None if it is, or while unknown."""
        scene = frame.scene
        if not scene.edits:
            self._untouched = scene, frame.overview.predictions
            return None
        wanted = replace(scene, edits=())
        if self._untouched is not None and self._untouched[0] == wanted:
            return self._untouched[1]
        if self._asked != wanted:
            self._asked = wanted
            self._runner.live(KEY, Glance(wanted), self._take_untouched)
        return None

    def _take_untouched(self, outcome: Outcome) -> None:
        frame, scene = self._frames.frame, self._asked
        if scene is None or outcome.question != Glance(scene) or isinstance(outcome, Partial):
            return
        self._asked = None
        if not isinstance(outcome, Done):
            return
        self._untouched = scene, outcome.answer
        if frame is not None and frame.scene.edits and replace(frame.scene, edits=()) == scene:
            self._window.predictions.set_untouched(outcome.answer)


def _picture(state: State) -> Scene | None:
    """Return the scene that is looked at, without what is painted over it."""
    return replace(state.scene, edits=()) if state.scene is not None else None
