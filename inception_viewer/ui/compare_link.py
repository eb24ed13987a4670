"""Ties the comparisons to the session and the runner once there are any; light until then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from ..runner import Runner
from ..session import Session, State
from .frames import Frames
from .main_window import MainWindow

if TYPE_CHECKING:
    from .comparing import Comparing

KEY = "compare"
"""The status bar's key."""


class CompareLink(QObject):
    """Makes a :class:`Comparing` for the view when that is made."""

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, frames: Frames
    ) -> None:
        super().__init__(window)
        self._parts = session, runner, window, frames
        self._made: Comparing | None = None
        window.compare_tab.made.connect(self._make)
        kept = window.preferences.groups
        if kept:
            sorted_ = session.state.compared.sorted_into(kept)
            session.update(lambda now: replace(now, compared=sorted_), undoable=False)

    def _make(self, _view: object) -> None:
        from .comparing import Comparing

        self._made = Comparing(*self._parts)

    @property
    def running(self) -> Comparing:
        """What asks for the comparisons; with the view, if there was none."""
        _ = self._parts[2].compare_tab.compare
        assert self._made is not None
        return self._made

    def follow(self, old: State, new: State) -> None:
        """Follow the session; a view that comes later looks at it then."""
        if new.compared.groups != old.compared.groups:
            self._parts[2].preferences.groups = new.compared.groups
        if self._made is not None:
            self._made.follow(old, new)

    def cancel(self) -> None:
        """Take back what runs."""
        if self._made is not None:
            self._made.cancel()

    def snippet(self) -> str:
        """Return the lines that give what is compared; ``""`` while there is nothing."""
        return self._made.snippet() if self._made is not None else ""

    def record(self) -> dict[str, Any] | None:
        """Return what is compared, ready for JSON; None while there is nothing."""
        return self._made.record() if self._made is not None else None

    def forget(self) -> None:
        """Drop all answers: they would be others now."""
        if self._made is not None:
            self._made.forget()
