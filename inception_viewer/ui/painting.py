"""Painting over the picture: what the brush did becomes the scene that is asked about.

The view draws the stroke at once. The scene follows as fast as it is answered and no faster
(:mod:`pace`).
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
from .pace import Pace

Strokes = tuple[Stroke, ...]


class Painting(QObject):
    """Keeps the brush and the session in step."""

    def __init__(self, session: Session, window: MainWindow, frames: Frames) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._frames, self._view = frames, window.attribution
        self._before: Strokes = ()
        """What was painted before the newest stroke."""
        self._pace: Pace[Strokes] = Pace(
            session, frames, lambda state, wanted, moving: paint(state, wanted, stroking=moving)
        )
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
        if self._pace.newest is not None and _picture(new) != _picture(old):
            self._pace.drop()
            self._view.drop_stroke()
            self._session.update(lambda state: replace(state, stroking=False), undoable=False)

    def clear(self) -> None:
        """Show the picture as it is."""
        self._session.update(lambda state: paint(state, ()))

    # --- the stroke ---

    def _take_stroke(self, strokes: Strokes, ended: bool) -> None:
        state = self._session.state
        if state.scene is None:
            return
        if self._pace.newest is None:
            self._before = state.painting.strokes if state.painting else ()
        self._pace.take((*self._before, *strokes), ended)

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
        self._pace.go_on()
        self._view.set_painting(strokes_in(scene), short_words(scene), final=self._frames.settled)


def _picture(state: State) -> Scene | None:
    """Return the scene that is looked at, without what comes after its distortion."""
    scene = state.scene
    if scene is None:
        return None
    return replace(scene, edits=tuple(e for e in scene.edits if isinstance(e, Distortion)))
