"""Fits of auxiliary heads: asked for in the dialog, run in a process of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ...fit_files import place_beside
from ...folder_questions import FitHeads, PlanFit
from ...questions import CheckpointInfo
from ...runner import Cancelled, Done, Failed, Outcome, Partial, Runner, Ticket
from ...session import Session, State
from ..main_window import MainWindow
from ..status_bar import Activity
from .child import FitChild, command

if TYPE_CHECKING:
    from ..fit_dialog import FitDialog

KEY = "fit heads"
"""The status bar's key."""
PLAN = "fit plan"


class Fits(QObject):
    """Keeps the fit that runs, for the dialog and the status bar.

    It goes on when the dialog is closed, and ends with the window.
    """

    key = KEY
    failed = Signal(object)
    """A :class:`Failed`, if no dialog is open to tell it."""
    open_requested = Signal(object)
    """The path (str) of a checkpoint that someone wants to look at."""

    def __init__(self, session: Session, runner: Runner, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self.dialog: FitDialog | None = None
        self.child: FitChild | None = None
        self.command: Callable[[FitHeads, str, str], list[str]] = command
        """Makes the process's arguments; a test puts a script of its own here."""
        self._plan: Ticket | None = None
        self._offered = ""
        window.closing.connect(self.close)

    def show(self) -> None:
        """Show the dialog, with whatever runs or has come of it."""
        if self.dialog is None:
            # Imported once somebody wants it: the first paint need not wait.
            from ..fit_dialog import FitDialog

            self.dialog = made = FitDialog(self._window)
            made.set_folder(self._window.preferences.fit_folder)
            made.plan_requested.connect(self.plan)
            made.fit_requested.connect(self.fit)
            made.cancel_requested.connect(self.cancel)
            made.open_requested.connect(self.open_requested)
            self._session.changed.connect(self._follow)
        self.dialog.show()
        self._offer(self._session.state)
        self.dialog.activateWindow()

    def plan(self, question: FitHeads) -> None:
        """Find out what a fit would take; a newer question takes the older one back."""
        if self._plan is not None:
            self._plan.cancel()
        self._plan = self._runner.submit(
            PlanFit(question), self._take_plan, view=PLAN, lane="files"
        )

    def fit(self, question: FitHeads) -> None:
        """Fit; one at a time."""
        info = self._info(question.checkpoint)
        if self.child is not None:
            return
        if info is None:
            self._fail("This checkpoint is not open any more; open it again.")
            return
        machine = self._session.state.machine
        self._window.preferences.fit_folder = question.folder
        arguments = self.command(question, info.source, machine.device if machine else "")
        self.child = FitChild(question, arguments, self)
        self.child.told.connect(self._take_partial)
        self.child.noticed.connect(self._window.messages.say)
        self.child.ended.connect(self._end)
        if self.dialog is not None:
            self.dialog.set_running(True)
        self._note("starting", None, None)
        self.child.start()

    def cancel(self) -> None:
        """End the fit; nothing is written then."""
        if self.child is not None:
            self.child.cancel()
            if self.dialog is not None:
                self.dialog.set_progress(None, None, "Cancelling")

    def close(self) -> None:
        """End what runs at once: the program is going."""
        if self._plan is not None:
            self._plan.cancel()
        child, self.child = self.child, None
        if child is not None:
            child.end_now()

    # --- what comes of it ---

    def _take_plan(self, outcome: Outcome) -> None:
        if self.dialog is None or self._plan is None or outcome.question != self._plan.question:
            return
        if isinstance(outcome, Done):
            self.dialog.set_plan(outcome.answer)
        elif isinstance(outcome, Failed):
            self.dialog.set_refusal(outcome.sentence)

    def _take_partial(self, outcome: Partial) -> None:
        self._note(outcome.text, outcome.fraction, outcome.seconds_left)
        if self.dialog is not None and outcome.answer is not None:
            self.dialog.set_answer(outcome.answer)

    def _note(self, text: str, fraction: float | None, left: float | None) -> None:
        activity = Activity(f"Fitting heads: {text}", fraction, left, cancellable=True)
        self._window.status.set_activity(KEY, activity)
        if self.dialog is not None:
            self.dialog.set_progress(fraction, left, text)

    def _fail(self, sentence: str) -> None:
        if self.dialog is not None:
            self.dialog.set_failure(sentence, "")

    def _end(self, outcome: Done | Failed | Cancelled) -> None:
        child, self.child = self.child, None
        if child is not None:
            child.deleteLater()
        self._window.status.set_activity(KEY, None)
        seen = self.dialog is not None and self.dialog.isVisible()
        if self.dialog is not None:
            self.dialog.set_running(False)
            self._tell(self.dialog, outcome)
        if isinstance(outcome, Failed) and not seen:
            self.failed.emit(outcome)
        if isinstance(outcome, Done):
            told = "are fitted" if outcome.answer.path else "could not be fitted"
            where = "" if seen else "; Checkpoint > Fit auxiliary heads… shows how well"
            self._window.status.flash(f"The auxiliary heads {told}{where}.")

    def _tell(self, dialog: FitDialog, outcome: Done | Failed | Cancelled) -> None:
        if isinstance(outcome, Done):
            dialog.set_answer(outcome.answer)
            self._offer_next_place(dialog, outcome.answer.path)
        elif isinstance(outcome, Failed):
            dialog.set_failure(outcome.sentence, outcome.details)
        else:
            dialog.set_cancelled()

    def _offer_next_place(self, dialog: FitDialog, written: str) -> None:
        """Offer another file for the next fit, unless somebody named this one."""
        if written and written == self._offered:
            dialog.set_place(self._place(dialog.checkpoint))

    # --- which checkpoint ---

    def _follow(self, old: State, new: State) -> None:
        before = (old.open_checkpoint, old.preprocessing, old.machine)
        if before != (new.open_checkpoint, new.preprocessing, new.machine):
            self._offer(new)

    def _offer(self, state: State) -> None:
        """Let the dialog be about the checkpoint that is looked at, unless it is busy."""
        shown = self.dialog is not None and self.dialog.isVisible()
        if self.dialog is not None and shown and self.child is None:
            info = state.open_checkpoint
            self.dialog.set_checkpoint(info, state.preprocessing, self._place(info), self._device)

    @property
    def _device(self) -> str:
        machine = self._session.state.machine
        return machine.device if machine else ""

    def _place(self, info: CheckpointInfo | None) -> str:
        """Return the file to offer: beside the checkpoint, if it has a file of the user's."""
        if info is None:
            self._offered = ""
        elif info.source and info.source != "demo":
            self._offered = str(place_beside(Path(info.source)))
        else:
            folder = Path(self._window.preferences.folder or Path.home())
            self._offered = str(place_beside(folder / info.name))
        return self._offered

    def _info(self, fingerprint: str) -> CheckpointInfo | None:
        opened = self._session.state.checkpoints
        return next((info for info in opened if info.fingerprint == fingerprint), None)
