"""Saving a checkpoint: asked for in the dialog, written in the lane of files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ...checkpoint_questions import SaveCheckpoint
from ...checkpoints.inputs import convention
from ...questions import CheckpointInfo
from ...runner import Cancelled, Done, Failed, Outcome, Partial, Runner, Ticket
from ...session import ChosenInput, Session, State
from ...verdict_questions import Convention
from ..main_window import MainWindow
from ..status_bar import Activity
from .words import proposed_name

if TYPE_CHECKING:
    from ..save_dialog import Choices, SaveDialog

KEY = "save checkpoint"


class Saving(QObject):
    """Keeps the dialog on the checkpoint that is looked at, and writes it when asked to."""

    key = KEY
    failed = Signal(object)
    """A :class:`Failed`, if no dialog is open to tell it."""
    open_requested = Signal(object)
    """The path of a checkpoint that was saved and that someone wants to look at."""

    def __init__(self, session: Session, runner: Runner, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self._ticket: Ticket | None = None
        self.dialog: SaveDialog | None = None

    def show(self) -> None:
        """Show the dialog for the checkpoint that is looked at."""
        info = self._session.state.open_checkpoint
        if info is None:
            return
        if self.dialog is None:
            # Imported once somebody wants it: the first paint need not wait.
            from ..save_dialog import SaveDialog

            self.dialog = SaveDialog(self._window)
            self.dialog.save_requested.connect(self.save)
            self.dialog.cancel_requested.connect(self.cancel)
            self.dialog.open_requested.connect(self.open_requested)
        if not self.dialog.isVisible() and self._ticket is None:
            folder = self._window.preferences.folder or str(Path.home())
            self.dialog.begin(str(Path(folder) / proposed_name(info.name)))
        self._describe()
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def follow(self, old: State, new: State) -> None:
        """Follow the checkpoint and its input while the dialog is open."""
        watched = ("checkpoint", "checkpoints", "preprocessing", "chosen")
        changed = any(getattr(old, name) != getattr(new, name) for name in watched)
        if changed and self.dialog is not None and self.dialog.isVisible():
            self._describe()

    def _describe(self) -> None:
        state = self._session.state
        info = state.open_checkpoint
        if self.dialog is not None and info is not None:
            self.dialog.describe(info, own_convention(info), _chosen(state, info))

    def save(self, choices: Choices) -> None:
        """Write the checkpoint that is looked at, as it was chosen."""
        state = self._session.state
        info = state.open_checkpoint
        if info is None or self._ticket is not None:
            return
        self._window.preferences.folder = str(Path(choices.path).expanduser().parent)
        chosen = _chosen(state, info) if choices.input_in_use else None
        question = SaveCheckpoint(
            info.fingerprint,
            choices.path,
            chosen.preprocessing if chosen else None,
            chosen.transform_input if chosen else None,
            choices.weights,
        )
        self._show_progress(0.0, f"Saving {Path(choices.path).name}")
        # Done may come before this returns: then there is no ticket to keep.
        ticket = self._runner.submit(question, partial(self._take), view=KEY, lane="files")
        self._ticket = ticket

    def cancel(self) -> None:
        """End the saving; what was at its place before is there still."""
        if self._ticket is not None:
            self._ticket.cancel()

    def _take(self, outcome: Outcome) -> None:
        if isinstance(outcome, Partial):
            if self._ticket is not None and not self._ticket.stop.is_set():
                self._show_progress(outcome.fraction, outcome.text)
            return
        self._ticket = None
        self._window.status.set_activity(KEY, None)
        dialog = self.dialog
        assert dialog is not None
        dialog.show_progress(None)
        if isinstance(outcome, Done):
            dialog.show_saved(outcome.answer)
            self._window.status.flash(f"Saved as {outcome.answer.path}.")
        elif isinstance(outcome, Failed):
            dialog.show_failure(outcome.sentence)
            if not dialog.isVisible():
                self.failed.emit(outcome)
        elif isinstance(outcome, Cancelled):
            dialog.show_failure("")

    def _show_progress(self, fraction: float, text: str) -> None:
        self._window.status.set_activity(KEY, Activity(text, fraction, None, cancellable=True))
        if self.dialog is not None:
            self.dialog.show_progress(fraction)


def own_convention(info: CheckpointInfo) -> Convention:
    """Return the checkpoint's own input, with the network's own flag."""
    flag = info.details.convention.transform_input if info.details is not None else False
    return convention(info.preprocessing, flag)


def _chosen(state: State, info: CheckpointInfo) -> Convention | None:
    """Return the input in use as it is to be saved; None where it is the checkpoint's own."""
    chosen: ChosenInput | None = state.chosen_input
    if chosen is None or chosen.preprocessing == info.preprocessing:
        return None
    return chosen.convention or convention(
        chosen.preprocessing, own_convention(info).transform_input
    )
