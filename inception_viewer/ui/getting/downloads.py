"""Downloads of published checkpoints: asked for in the dialog, run in a lane of their own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ...checkpoints import catalogue
from ...questions import GetCheckpoint, Received
from ...runner import Done, Failed, Outcome, Partial, Runner, Ticket
from ..main_window import MainWindow
from ..status_bar import Activity
from . import words

if TYPE_CHECKING:
    from ..get_dialog import GetDialog

KEY = "get "
"""How the status bar's keys of downloads begin; the checkpoint's name follows."""


class Downloads(QObject):
    """Keeps what is on its way, for the dialog and the status bar.

    A download goes on when the dialog is closed.
    """

    key = KEY
    failed = Signal(object)
    """A :class:`Failed`, if no dialog is open to tell it."""
    open_requested = Signal(object)
    """The name of a checkpoint that is here and that someone wants to look at."""

    def __init__(self, runner: Runner, window: MainWindow) -> None:
        super().__init__(window)
        self._runner, self._window = runner, window
        self._tickets: dict[str, Ticket] = {}
        self._received: dict[str, Received] = {}
        self._failures: dict[str, str] = {}
        self.dialog: GetDialog | None = None

    def show(self) -> None:
        """Show the dialog, with whatever runs."""
        if self.dialog is None:
            # Imported once somebody wants it: the first paint need not wait.
            from ..get_dialog import GetDialog

            self.dialog = GetDialog(catalogue.PUBLISHED, self._window)
            self.dialog.get_requested.connect(self.get)
            self.dialog.cancel_requested.connect(self.cancel)
            self.dialog.open_requested.connect(self.open_requested)
        self._failures.clear()
        self.dialog.show_failures({})
        self.dialog.show_progress(self._received)
        running = next(iter(self._received), "")
        self.dialog.select(running)
        self.dialog.show()
        self.dialog.activateWindow()

    def get(self, name: str) -> None:
        """Download a checkpoint; one after another, in the order of asking."""
        if name in self._tickets:
            return
        entry = catalogue.published(name)
        self._failures.pop(name, None)
        self._note(name, Received(0, entry.size, None, "waiting to begin"))
        deliver = partial(self._take, name)
        self._tickets[name] = self._runner.submit(
            GetCheckpoint(name), deliver, view=KEY + name, lane="downloads"
        )
        self._refresh()

    def cancel(self, name: str) -> None:
        """End a download; what has arrived is kept. Also takes the status bar's key."""
        ticket = self._tickets.get(name.removeprefix(KEY))
        if ticket is not None:
            ticket.cancel()

    def _take(self, name: str, outcome: Outcome) -> None:
        if isinstance(outcome, Partial):
            if isinstance(outcome.answer, Received) and name in self._tickets:
                self._note(name, outcome.answer)
                self._show_progress()
            return
        self._tickets.pop(name, None)
        self._received.pop(name, None)
        self._window.status.set_activity(KEY + name, None)
        if isinstance(outcome, Failed):
            self._fail(name, outcome)
        elif isinstance(outcome, Done):
            title = catalogue.published(name).title
            there = "has arrived" if outcome.answer.fetched else "was here already, and is right"
            self._window.status.flash(f"{title} {there}.")
        self._refresh()

    def _fail(self, name: str, outcome: Failed) -> None:
        self._failures[name] = outcome.sentence
        if self.dialog is None or not self.dialog.isVisible():
            self.failed.emit(outcome)

    def _note(self, name: str, received: Received) -> None:
        self._received[name] = received
        text = f"Getting {catalogue.published(name).title}: {words.amount(received)}"
        share = received.received / max(1, received.total)
        self._window.status.set_activity(
            KEY + name, Activity(text, min(1.0, share), received.seconds_left, cancellable=True)
        )

    def _show_progress(self) -> None:
        if self.dialog is not None:
            self.dialog.show_progress(self._received)

    def _refresh(self) -> None:
        if self.dialog is not None:
            self.dialog.show_failures(self._failures)
            self.dialog.show_progress(self._received)
