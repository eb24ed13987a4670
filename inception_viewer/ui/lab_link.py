"""Ties the lab to the session and the runner once there is one; light until then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from ..runner import Runner
from ..session import Session, State
from .frames import Frames
from .main_window import MainWindow

if TYPE_CHECKING:
    from .lab_running import LabRunning


class LabLink(QObject):
    """Makes a :class:`LabRunning` for the lab when that is made."""

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, frames: Frames
    ) -> None:
        super().__init__(window)
        self._parts = session, runner, window, frames
        self._made: LabRunning | None = None
        window.lab_tab.made.connect(self._make)

    def _make(self, _lab: object) -> None:
        from .lab_running import LabRunning

        self._made = LabRunning(*self._parts)

    @property
    def running(self) -> LabRunning:
        """What asks for the lab's cells; with the lab, if there was none."""
        _ = self._parts[2].lab
        assert self._made is not None
        return self._made

    def follow(self, old: State, new: State) -> None:
        """Follow the session; a lab that comes later looks at it then."""
        if self._made is not None:
            self._made.follow(old, new)

    def forget(self) -> None:
        """Drop all answers: they would be others now."""
        if self._made is not None:
            self._made.forget()

    def empty(self) -> None:
        """Take back every job of the window."""
        if self._made is not None:
            self._made.empty()
        else:
            self._parts[1].empty()

    def record(self) -> list[dict[str, Any]]:
        """Return the cells, as ``--state-json`` writes them."""
        return self._made.record() if self._made is not None else []
