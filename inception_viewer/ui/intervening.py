"""Intervening: what is done to units by menu, by slider and by table becomes the scene.

While a slider moves, the scene follows as fast as it is answered and no faster (:mod:`pace`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from ..changed_inputs import leave_input
from ..intervention_questions import Intervention
from ..runner import Runner
from ..session import Session, State
from ..touched import intervene, put_back, put_unit_back, set_interventions
from .frames import Frame, Frames
from .intervene.menu import Touching, Wish
from .main_window import MainWindow
from .pace import Pace

if TYPE_CHECKING:
    from .intervene_input import InputRunning
    from .intervene_running import InterveneRunning

Interventions = tuple[Intervention, ...]


class Intervening(QObject):
    """Keeps what is touched, the views and the session in step."""

    failed = Signal(object)
    """A :class:`Failed` of a table or a search."""

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, frames: Frames
    ) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self._frames = frames
        self._made: InterveneRunning | None = None
        self._input: InputRunning | None = None
        self._pace: Pace[Intervention] = Pace(
            session, frames, lambda state, one, moving: intervene(state, one, moving=moving)
        )
        for view in (window.network, window.maps, window.inspector):
            view.wished.connect(self.take)
        window.intervene_tab.made.connect(self._make)
        frames.switched.connect(self._take_frame)
        self._show(session.state)

    def _make(self, _view: object) -> None:
        from .intervene_input import InputRunning
        from .intervene_running import InterveneRunning

        parts = self._session, self._runner, self._window, self._frames
        self._made = InterveneRunning(self, *parts)
        self._input = InputRunning(*parts)

    def follow(self, old: State, new: State) -> None:
        """Follow what is touched and open."""
        if _looked_at(new) != _looked_at(old):
            self._show(new)
        place = self._pace.newest
        gone = place is not None and not any(_same(place, one) for one in new.interventions)
        if gone or (place is not None and new.checkpoint != old.checkpoint):
            self._pace.drop()
            self._session.update(
                lambda state: set_interventions(state, state.interventions), undoable=False
            )
        if self._made is not None:
            self._made.follow(old, new)
        if self._input is not None:
            self._input.follow(old, new)

    def _show(self, state: State) -> None:
        touching = touching_of(state)
        for view in (self._window.network, self._window.maps, self._window.inspector):
            view.set_touching(touching)

    # --- what is done ---

    def take(self, wish: Wish) -> None:
        """Do what was chosen from a menu."""
        one = wish.intervention
        if wish.kind == "undo":
            self._session.update(lambda state: put_back(state, one.unit, one.channels))
        elif wish.kind == "undo_all":
            self._session.update(lambda state: put_unit_back(state, one.unit))
        else:
            self.do(one)
        if wish.kind == "adjust":
            view = self._window.intervene
            self._window.tabs.setCurrentWidget(self._window.intervene_tab)
            view.adjust(one)

    def do(self, one: Intervention) -> None:
        """Do something to a unit, in the place of what was done to the same channels."""
        self._session.update(lambda state: intervene(state, one))

    def move(self, one: Intervention, ended: bool) -> None:
        """Follow a slider; undo goes back to before the first of its moves."""
        self._pace.take(one, ended)

    def _take_frame(self, frame: Frame | None) -> None:
        if frame is not None:
            self._window.intervene_tab.show_content()
        self._pace.go_on()

    def exchange(self, old: Intervention, new: Intervention) -> None:
        """Do something else to a unit, perhaps to other channels of it, at the same turn."""

        def change(state: State) -> State:
            others = (one for one in state.interventions if not _same(one, new) or one == old)
            made = tuple(new if one == old else one for one in others)
            return set_interventions(state, made)

        self._session.update(change)

    def put_back(self, one: Intervention) -> None:
        """Leave a unit alone again."""
        self._session.update(lambda state: put_back(state, one.unit, one.channels))

    def clear(self) -> None:
        """Show the network as it is."""
        self._session.update(lambda state: set_interventions(state, ()))

    def clear_input(self) -> None:
        """Show the photo looked at as it is, but for what is painted over it."""
        self._session.update(leave_input)

    # --- tables and searches ---

    def cancel(self, key: str) -> None:
        """Take back a table, a search, or an adversarial step."""
        if self._made is not None:
            self._made.cancel(key)
        if self._input is not None and key == self._input.key:
            self._input.cancel()

    def snippet(self) -> str:
        """Return lines that give what the tab shows; ``""`` while it shows nothing of that kind."""
        if self._input is not None and self._input.is_in_front:
            return self._input.snippet()
        return self._made.snippet() if self._made is not None else ""

    def record(self) -> dict[str, Any]:
        """Return what the tab shows, as ``--state-json`` writes it."""
        if self._made is None or self._input is None:
            return {}
        return {**self._made.record(), "input": self._input.record()}


def touching_of(state: State) -> Touching:
    """Return what there is to intervene with."""
    photos = tuple((image.id, image.name) for image in state.images)
    return Touching(state.interventions, photos, state.image)


def _looked_at(state: State) -> object:
    return state.interventions, state.images, state.image


def _same(one: Intervention, other: Intervention) -> bool:
    return (one.unit, one.channels) == (other.unit, other.channels)
