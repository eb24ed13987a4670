"""Painting over the picture: what the brush did becomes the scene that is asked about.

The view draws the stroke at once. The scene follows as fast as it is answered and no faster:
while one answer is on its way the newest stroke waits, so that no answer is lost to the next.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from ..changed_inputs import strokes_in
from ..edit_questions import BrushSettings, Distortion, Stroke
from ..edit_words import short_words
from ..painted import paint, use_brush
from ..questions import Scene
from ..session import Session, State
from .frames import Frame, Frames
from .main_window import MainWindow

Strokes = tuple[Stroke, ...]


class Painting(QObject):
    """Keeps the brush and the session in step."""

    def __init__(self, session: Session, window: MainWindow, frames: Frames) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._frames, self._view = frames, window.attribution
        self._before: Strokes | None = None
        """What was painted before the stroke under way; None while there is none."""
        self._waiting: Strokes | None = None
        """What was drawn since the scene was last asked about."""
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
            return
        scene = frame.scene
        self._go_on()
        self._view.set_painting(strokes_in(scene), short_words(scene), final=self._frames.settled)


def _picture(state: State) -> Scene | None:
    """Return the scene that is looked at, without what comes after its distortion."""
    scene = state.scene
    if scene is None:
        return None
    return replace(scene, edits=tuple(e for e in scene.edits if isinstance(e, Distortion)))
