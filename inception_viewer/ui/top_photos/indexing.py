"""Indexing a folder from the window: one at a time, in a process of its own, to be gone on with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from ...index_questions import MOST, BuildIndex, IndexInfo
from ...questions import CheckpointInfo
from ...runner import Cancelled, Done, Failed, Partial
from ...session import Session
from ..main_window import MainWindow
from ..progress import left_text
from ..status_bar import Activity
from .child import LEAVING_MS, IndexChild, command

KEY = "index"
"""The status bar's key."""
BUSY = "“{}” is being indexed; one folder at a time."
NOT_OPEN = "This checkpoint is not open any more; open it again, then index."
NO_FILE = "{} is not there any more, and indexing reads it; save the checkpoint again first."


class Indexing(QObject):
    """Keeps the index that is being built; it goes on behind whatever the window shows."""

    key = KEY
    known = Signal(object)
    """The :class:`IndexInfo` of what has been written by now."""
    moved = Signal()
    """It is further on, has begun or has ended."""
    ended = Signal(object)
    """The :class:`BuildIndex` that has ended, however it did."""
    failed = Signal(object)
    """A :class:`Failed`."""

    def __init__(self, session: Session, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self.child: IndexChild | None = None
        self.info: IndexInfo | None = None
        """What the index that is being built is, once it was written; None before."""
        self.text = ""
        """How far it is, in words."""
        self.ask_folder: Callable[..., str] = QFileDialog.getExistingDirectory
        self.command: Callable[[BuildIndex, str, str], list[str]] = command
        """Makes the process's arguments; a test puts a script of its own here."""
        window.closing.connect(self.close)

    @property
    def question(self) -> BuildIndex | None:
        """What is being indexed; None while nothing is."""
        return self.child.question if self.child is not None else None

    def ask(self) -> None:
        """Ask for a folder and index it with the checkpoint and the input in use."""
        state, window = self._session.state, self._window
        info = state.open_checkpoint
        if info is None or self._refuse_second():
            return
        title = f"Index a folder of photos with {info.name}"
        folder = self.ask_folder(window, title, window.preferences.folder)
        if folder:
            window.preferences.folder = folder
            self.begin(BuildIndex(info.fingerprint, folder, preprocessing=state.made, most=MOST))

    def go_on(self, info: IndexInfo) -> None:
        """Finish an index that was stopped."""
        made = info.preprocessing
        asked = BuildIndex(info.fingerprint, info.folder, info.path, made, info.most)
        if not self._refuse_second():
            self.begin(asked)

    def begin(self, question: BuildIndex) -> None:
        """Index; what is known already is not looked at again."""
        checkpoint = self._checkpoint(question.checkpoint)
        refusal = _refusal(checkpoint)
        if refusal or checkpoint is None:
            self._window.messages.say(refusal)
            return
        machine = self._session.state.machine
        device = machine.device if machine else ""
        self.child = child = IndexChild(
            question, self.command(question, checkpoint.source, device), self
        )
        child.told.connect(self._take_partial)
        child.noticed.connect(self._window.messages.say)
        child.ended.connect(self._end)
        self.info = None
        self._note("starting", None, None)
        child.start()

    def cancel(self) -> None:
        """Stop; what is known is written, and is where the next one goes on."""
        if self.child is not None:
            self.child.cancel()
            self._note("stopping", None, None, cancellable=False)

    def close(self) -> None:
        """End what runs: the program is going."""
        child, self.child = self.child, None
        if child is not None:
            child.end_now(LEAVING_MS)

    # --- what comes of it ---

    def _take_partial(self, outcome: Partial) -> None:
        if outcome.answer is not None:
            self.info = outcome.answer.info
            self.known.emit(self.info)
        self._note(outcome.text, outcome.fraction, outcome.seconds_left)

    def _note(
        self, text: str, fraction: float | None, left: float | None, *, cancellable: bool = True
    ) -> None:
        assert self.child is not None
        self.text = ", ".join(filter(None, (text, left_text(left))))
        name = Path(self.child.question.folder).name
        said = f"Indexing “{name}”: {text}"
        self._window.status.set_activity(KEY, Activity(said, fraction, left, cancellable))
        self.moved.emit()

    def _end(self, outcome: Done | Failed | Cancelled) -> None:
        child, self.child = self.child, None
        self.text = ""
        if child is not None:
            child.deleteLater()
        self._window.status.set_activity(KEY, None)
        name = Path(outcome.question.folder).name
        if isinstance(outcome, Done):
            info = self.info = outcome.answer.info
            self.known.emit(info)
            unread = f"; {info.unreadable:,} could not be read" if info.unreadable else ""
            self._window.status.flash(f"“{name}” is indexed: {info.photos:,} photos{unread}.")
        elif isinstance(outcome, Failed):
            self.failed.emit(outcome)
        else:
            self._window.status.flash(f"Stopped; the index of “{name}” can be gone on with.")
        self.moved.emit()
        self.ended.emit(outcome.question)

    # --- what stands in the way ---

    def _refuse_second(self) -> bool:
        if self.child is None:
            return False
        self._window.messages.say(BUSY.format(Path(self.child.question.folder).name))
        return True

    def _checkpoint(self, fingerprint: str) -> CheckpointInfo | None:
        opened = self._session.state.checkpoints
        return next((info for info in opened if info.fingerprint == fingerprint), None)


def _refusal(checkpoint: CheckpointInfo | None) -> str:
    """Return why a checkpoint cannot be handed to another process, or ``""``."""
    if checkpoint is None:
        return NOT_OPEN
    if checkpoint.source == "demo" or Path(checkpoint.source).exists():
        return ""
    return NO_FILE.format(checkpoint.source or checkpoint.name)
