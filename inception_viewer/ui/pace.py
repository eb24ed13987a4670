"""Gestures under way: the session follows as fast as it is answered and no faster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from ..session import Session, State
from .frames import Frames

Value = TypeVar("Value")


class Pace(Generic[Value]):
    """Of one kind of gesture: a slider that moves, a brush that paints.

    While one answer is on its way the newest value waits, so that no answer is lost to the
    next. Undo goes back to before the first change, not to a part of the gesture.

    Parameters
    ----------
    session
        What changes.
    frames
        Whether the last change is answered.
    change
        Returns a state with the value; with True the gesture goes on.
    """

    def __init__(
        self, session: Session, frames: Frames, change: Callable[[State, Value, bool], State]
    ) -> None:
        self._session, self._frames, self._change = session, frames, change
        self.newest: Value | None = None
        """What the gesture under way last told; None while there is none."""
        self._waiting: Value | None = None
        self._stepped = False

    @property
    def is_ahead(self) -> bool:
        """Whether there is a value that the session does not have yet."""
        return self._waiting is not None

    def take(self, value: Value, ended: bool) -> None:
        """Follow a gesture; a value that ended it is the session's at once."""
        first = self.newest is None
        if first:
            self._stepped = False
        self.newest = None if ended else value
        if first or ended or self._frames.settled:
            self._waiting = None
            self._update(value, moving=not ended)
        else:
            self._waiting = value

    def go_on(self) -> None:
        """Give the session what was told while the last answer was on its way."""
        value, self._waiting = self._waiting, None
        if value is not None and self.newest is not None:
            self._update(value, moving=True)

    def drop(self) -> None:
        """Forget the gesture: what it was about has gone."""
        self.newest = self._waiting = None

    def _update(self, value: Value, *, moving: bool) -> None:
        before = self._session.state
        after = self._session.update(
            lambda state: self._change(state, value, moving), undoable=not self._stepped
        )
        self._stepped = self._stepped or after != before
