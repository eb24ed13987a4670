"""Evaluations on folders: asked for in a window of their own, run as jobs, kept to compare."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from ..file_questions import LookInto, Thumbnails, WriteTable
from ..folder_questions import Evaluate, EvaluationAnswer
from ..questions import CheckpointInfo
from ..runner import Cancelled, Done, Failed, Outcome, Partial, Runner, Ticket
from ..session import Session, State
from . import snippets
from .main_window import MainWindow
from .plain_path import plain
from .status_bar import Activity

if TYPE_CHECKING:
    from .evaluation.results import Measured, Results
    from .evaluation.setup_page import Wanted
    from .evaluation_window import EvaluationWindow

KEY = "evaluate"
"""The status bar's key."""
WORST = 2000
"""Mistakes of each head that are kept to be looked at."""
LANE = "files"


class Evaluating(QObject):
    """Runs one evaluation at a time; it goes on when its window is closed."""

    key = KEY
    failed = Signal(object)
    """A :class:`Failed`, if no window is open to tell it."""
    photo_requested = Signal(object)
    """(path, :class:`Measured`): a photo to look at as it was measured."""

    def __init__(self, session: Session, runner: Runner, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self._results: Results | None = None
        self._tickets: dict[str, Ticket] = {}
        self._running: tuple[object, CheckpointInfo] | None = None
        self._answer: EvaluationAnswer | None = None
        self.window: EvaluationWindow | None = None
        window.closing.connect(self._close)

    def show(self) -> None:
        """Show the window: what was measured, or else what to measure."""
        if self.window is None:
            self._make()
        window = self.window
        assert window is not None
        self._show_checkpoint(self._session.state)
        window.show()
        window.raise_()
        window.activateWindow()

    def _make(self) -> None:
        # Made, and even imported, once somebody wants it: the first paint need not wait.
        from .evaluation.results import Results
        from .evaluation_window import EvaluationWindow

        self._results = self._results or Results()
        window = self.window = EvaluationWindow(self._window.preferences.evaluation_folder)
        window.look_requested.connect(self._look)
        window.start_requested.connect(self.start)
        window.cancel_requested.connect(self.cancel)
        window.photo_requested.connect(self.photo_requested)
        window.thumbnails_requested.connect(self._fetch)
        window.save_requested.connect(self._save)
        window.python_requested.connect(self._copy_python)
        window.place_over(self._window)

    def _close(self) -> None:
        if self.window is not None:
            self.window.close()
            self.window.deleteLater()
            self.window = None

    # --- what is measured ---

    def follow(self, old: State, new: State) -> None:
        """Follow the checkpoint that is open, and its input."""
        looked_at = (new.open_checkpoint, new.preprocessing)
        if self.window is not None and looked_at != (old.open_checkpoint, old.preprocessing):
            self._show_checkpoint(new)

    def _show_checkpoint(self, state: State) -> None:
        assert self.window is not None
        info = state.open_checkpoint
        self.window.set_checkpoint(info, state.made)

    def _look(self, wanted: Wanted) -> None:
        """Find out what the folder holds."""
        info = self._session.state.open_checkpoint
        self._drop("look")
        assert self.window is not None
        if info is None or not wanted.folder:
            return
        self.window.set_contents("Looking into the folder…")
        question = LookInto(info.fingerprint, plain(wanted.folder), plain(wanted.list_file))
        self._submit("look", question, self._take_contents)

    def _take_contents(self, outcome: Outcome) -> None:
        if self.window is None or self._tickets.get("look") is None:
            return
        if outcome.question != self._tickets["look"].question:
            return
        if isinstance(outcome, Done):
            self.window.set_contents(outcome.answer)
        elif isinstance(outcome, Failed):
            self.window.setup.set_problem(outcome.sentence)

    def start(self, wanted: Wanted) -> None:
        """Measure the checkpoint that is open, unless something is being measured."""
        state = self._session.state
        info = state.open_checkpoint
        if info is None or self._running is not None:
            return
        question = Evaluate(
            info.fingerprint,
            plain(wanted.folder),
            list_file=plain(wanted.list_file),
            preprocessing=state.made,
            csv=plain(wanted.csv),
            worst=WORST,
        )
        self._window.preferences.evaluation_folder = question.folder
        token = object()
        self._running, self._answer = (token, info), None
        if self.window is not None:
            self.window.set_running(True)
            self.window.set_problem("")
        self._tell(0.0, None, "")
        deliver = partial(self._take, token)
        self._tickets[KEY] = self._runner.submit(question, deliver, view=KEY)

    def cancel(self) -> None:
        """End the evaluation that runs; what was measured so far stays."""
        if self._running is not None and KEY in self._tickets:
            self._tickets[KEY].cancel()

    def _take(self, token: object, outcome: Outcome) -> None:
        if self._running is None or self._running[0] is not token:
            return
        if isinstance(outcome, Partial):
            if outcome.answer is not None:
                self._keep(outcome.answer, running=True)
            self._tell(outcome.fraction, outcome.seconds_left, outcome.text)
            return
        if isinstance(outcome, Done):
            self._keep(outcome.answer, running=False)
        self._end(token, outcome)

    def _keep(self, answer: EvaluationAnswer, *, running: bool) -> None:
        from .evaluation.results import Measured

        assert self._running is not None
        assert self._results is not None
        token, info = self._running
        first, self._answer = self._answer is None, answer
        self._results.put(token, Measured(info, answer, running))
        if self.window is not None:
            self.window.set_results(self._results.all, token if first else None)
            if first:
                self.window.show_results()

    def _tell(self, fraction: float, seconds_left: float | None, text: str) -> None:
        from .evaluation import words

        assert self._running is not None
        _, info = self._running
        if self.window is not None:
            said = words.progress(text, self._answer, seconds_left)
            self.window.set_progress(fraction, said)
        activity = Activity(f"Evaluating {info.name}", fraction, seconds_left, cancellable=True)
        self._window.status.set_activity(KEY, activity)

    def _end(self, token: object, outcome: Outcome) -> None:
        """Keep what there is and say what became of the run."""
        self._running = None
        self._tickets.pop(KEY, None)
        self._window.status.set_activity(KEY, None)
        assert self._results is not None
        self._results.settle(token)
        if self.window is not None:
            self.window.set_running(False)
            self.window.set_results(self._results.all)
            if isinstance(outcome, Cancelled) and self._answer is None:
                self.window.set_problem("Cancelled before anything was measured.")
        if isinstance(outcome, Failed):
            self._fail(outcome)
        elif isinstance(outcome, Done):
            self._window.status.flash(f"{outcome.answer.photos:,} photos are measured.")

    def _fail(self, outcome: Failed) -> None:
        if self.window is not None and self.window.isVisible():
            self.window.set_problem(outcome.sentence)
        else:
            self.failed.emit(outcome)

    # --- what the window wants ---

    def _fetch(self, paths: tuple[str, ...]) -> None:
        """Have small pictures made; those asked for before may stay away."""
        self._drop("thumbnails")
        self._submit("thumbnails", Thumbnails(paths), self._take_thumbnails)

    def _take_thumbnails(self, outcome: Outcome) -> None:
        if self.window is not None and isinstance(outcome, Partial | Done) and outcome.answer:
            self.window.take_thumbnails(outcome.answer)

    def _save(self, wanted: tuple[Measured, str, str]) -> None:
        measured, table, path = wanted
        question = WriteTable(measured.answer, table, path)
        self._runner.submit(question, self._take_written, lane=LANE)

    def _take_written(self, outcome: Outcome) -> None:
        if isinstance(outcome, Failed):
            self._fail(outcome)
        elif isinstance(outcome, Done) and self.window is not None:
            self.window.set_problem("")
            self._window.status.flash(f"Saved {Path(outcome.answer).name}.")

    def _copy_python(self, measured: Measured) -> None:
        machine = self._session.state.machine
        text = snippets.evaluation(
            measured.info, measured.answer, machine.device if machine else "cpu"
        )
        QGuiApplication.clipboard().setText(text)

    def _submit(self, name: str, question: LookInto | Thumbnails, take: object) -> None:
        self._tickets[name] = self._runner.submit(question, take, view=name, lane=LANE)

    def _drop(self, name: str) -> None:
        ticket = self._tickets.pop(name, None)
        if ticket is not None:
            ticket.cancel()
