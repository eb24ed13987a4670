"""Tests of concepts: asked for in a window of their own, run as jobs, one unit after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from .. import concept_words
from ..concept_questions import Concept, ConceptAnswer, TestConcepts
from ..file_questions import FindPhotos, Thumbnails, WriteRows
from ..questions import CheckpointInfo, Preprocessing
from ..runner import Cancelled, Done, Failed, Outcome, Partial, Runner, Ticket
from ..session import Session, State
from . import snippets
from .main_window import MainWindow
from .plain_path import plain
from .status_bar import Activity

if TYPE_CHECKING:
    from .concept_window import ConceptWindow
    from .concepts.tested import Tested, Wanted

KEY = "concepts"
"""The status bar's key."""
LANE = "files"
KNOWN = 0.02
"""Share done from which the time left can be told."""


@dataclass(eq=False)
class _Run:
    """A test under way: what is asked, of which checkpoint, and what has come of it."""

    wanted: Wanted
    info: CheckpointInfo
    preprocessing: Preprocessing
    answers: list[ConceptAnswer] = field(default_factory=list)
    partial: ConceptAnswer | None = None
    ticket: Ticket | None = None
    started: float = field(default_factory=time.monotonic)
    cancelled: bool = False

    @property
    def unit(self) -> str:
        """Where concepts are looked for now."""
        return self.wanted.units[len(self.answers)]

    @property
    def known(self) -> tuple[ConceptAnswer, ...]:
        """The answers so far, the last one perhaps in part."""
        return (*self.answers, *((self.partial,) if self.partial is not None else ()))

    def question(self) -> TestConcepts:
        """Return the question of the unit whose turn it is."""
        wanted = self.wanted
        return TestConcepts(
            self.info.fingerprint,
            self.unit,
            wanted.head,
            -1 if wanted.target is None else wanted.target,
            tuple(Concept(one.name, plain(one.folder)) for one in wanted.concepts),
            plain(wanted.random),
            plain(wanted.photos),
            wanted.runs,
            wanted.most,
            wanted.seed,
            self.preprocessing,
            together=len(wanted.units),
        )

    def share(self, fraction: float) -> float:
        """Return how much of all units is done, of the share of this one."""
        return (len(self.answers) + fraction) / len(self.wanted.units)

    def left(self, fraction: float, of_this: float | None) -> float | None:
        """Return the seconds left for all units; ``of_this`` is the runner's guess of this one."""
        share = self.share(fraction)
        if len(self.wanted.units) == 1:
            return of_this
        passed = time.monotonic() - self.started
        return passed * (1 - share) / share if share > KNOWN else None


class ConceptTesting(QObject):
    """Runs one test at a time; it goes on when its window is closed."""

    key = KEY
    failed = Signal(object)
    """A :class:`Failed`, if no window is open to tell it."""

    def __init__(self, session: Session, runner: Runner, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self._looks: dict[str, Ticket] = {}
        self._thumbnails: Ticket | None = None
        self._run: _Run | None = None
        self.window: ConceptWindow | None = None
        window.closing.connect(self._close)

    @property
    def busy(self) -> bool:
        """Whether a test runs."""
        return self._run is not None

    def show(self) -> None:
        """Show the window, with whatever runs or has come of it."""
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
        from .concept_window import ConceptWindow
        from .concepts.tested import Wanted

        window = self.window = ConceptWindow()
        window.look_requested.connect(self._look)
        window.thumbnails_requested.connect(self._fetch)
        window.start_requested.connect(self.start)
        window.cancel_requested.connect(self.cancel)
        window.save_requested.connect(self._save)
        window.python_requested.connect(self._copy_python)
        window.saved.connect(self._tell_saved)
        concepts, random, photos = self._window.preferences.concept_folders
        made = tuple(Concept(name, folder) for name, folder in concepts)
        window.set_wanted(Wanted(made, random, photos))
        window.place_over(self._window)

    def _close(self) -> None:
        if self.window is not None:
            self.window.close()
            self.window.deleteLater()
            self.window = None

    # --- what would be tested ---

    def follow(self, old: State, new: State) -> None:
        """Follow the checkpoint that is open, and its input."""
        looked_at = (new.open_checkpoint, new.preprocessing)
        if self.window is not None and looked_at != (old.open_checkpoint, old.preprocessing):
            self._show_checkpoint(new)

    def _show_checkpoint(self, state: State) -> None:
        assert self.window is not None
        self.window.set_checkpoint(state.open_checkpoint, state.made)

    def _look(self, folder: str) -> None:
        """Find out how many photos a folder holds."""
        before = self._looks.pop(folder, None)
        if before is not None:
            before.cancel()
        question = FindPhotos(plain(folder))
        take = partial(self._take_contents, folder)
        self._looks[folder] = self._runner.submit(question, take, view=f"look {folder}", lane=LANE)

    def _take_contents(self, folder: str, outcome: Outcome) -> None:
        if self.window is None or isinstance(outcome, Partial | Cancelled):
            return
        self._looks.pop(folder, None)
        told = outcome.answer if isinstance(outcome, Done) else outcome.sentence
        self.window.set_contents(folder, told)

    def _fetch(self, paths: tuple[str, ...]) -> None:
        """Have small pictures made; those asked for before are asked for again."""
        if self._thumbnails is not None:
            self._thumbnails.cancel()
        question = Thumbnails(paths, 96)
        self._thumbnails = self._runner.submit(
            question, self._take_thumbnails, view="concept thumbnails", lane=LANE
        )

    def _take_thumbnails(self, outcome: Outcome) -> None:
        if self.window is not None and isinstance(outcome, Partial | Done) and outcome.answer:
            self.window.take_thumbnails(outcome.answer)

    # --- a test ---

    def start(self, wanted: Wanted) -> None:
        """Test the checkpoint that is open, unless a test runs."""
        state = self._session.state
        info = state.open_checkpoint
        if info is None or self._run is not None or wanted.obstacle:
            return
        pairs = [(one.name, one.folder) for one in wanted.concepts]
        self._window.preferences.concept_folders = (pairs, wanted.random, wanted.photos)
        self._run = _Run(wanted, info, state.made)
        if self.window is not None:
            self.window.set_running(True)
        self._tell(0.0, None, "")
        self._next(self._run)

    def _next(self, run: _Run) -> None:
        deliver = partial(self._take, run)
        run.ticket = self._runner.submit(run.question(), deliver, view=KEY)

    def cancel(self) -> None:
        """End the test that runs; the runs that are done stay."""
        run = self._run
        if run is not None and run.ticket is not None:
            run.cancelled = True
            run.ticket.cancel()

    def _take(self, run: _Run, outcome: Outcome) -> None:
        if self._run is not run:
            return
        if isinstance(outcome, Partial):
            if outcome.answer is not None:
                run.partial = outcome.answer
                self._show_run(run)
            self._tell(outcome.fraction, outcome.seconds_left, outcome.text)
        elif isinstance(outcome, Done):
            run.answers.append(outcome.answer)
            run.partial = None
            if len(run.answers) < len(run.wanted.units) and not run.cancelled:
                self._show_run(run)
                self._tell(0.0, None, "")
                self._next(run)
            else:
                self._end(run, outcome)
        else:
            self._end(run, outcome)

    def _show_run(self, run: _Run) -> None:
        if self.window is not None and run.known:
            self.window.set_tested(self._tested(run))

    def _tested(self, run: _Run) -> Tested:
        from .concepts.tested import Tested

        return Tested(run.info, run.wanted, run.known, self._run is run)

    def _tell(self, fraction: float, left: float | None, text: str) -> None:
        from .concepts import words

        run = self._run
        assert run is not None
        left, share = run.left(fraction, left), run.share(fraction)
        place, units = len(run.answers), len(run.wanted.units)
        if self.window is not None:
            said = words.progress(share, left, text, run.unit, place, units)
            self.window.set_progress(share, said)
        activity = Activity(f"Testing concepts of {run.info.name}", share, left, cancellable=True)
        self._window.status.set_activity(KEY, activity)

    def _end(self, run: _Run, outcome: Outcome) -> None:
        """Keep what there is and say what became of the test."""
        self._run = None
        self._window.status.set_activity(KEY, None)
        if self.window is not None:
            self.window.set_running(False)
            self._show_run(run)
            if isinstance(outcome, Cancelled) and not run.known:
                self.window.set_problem("Cancelled before the first run was done.")
        if isinstance(outcome, Failed):
            self._fail(outcome)
        elif isinstance(outcome, Done):
            seen = self.window is not None and self.window.isVisible()
            where = "" if seen else "; Analyse > Test concepts… shows them"
            self._window.status.flash(f"The concepts are tested{where}.")

    def _fail(self, outcome: Failed) -> None:
        if self.window is not None and self.window.isVisible():
            self.window.set_problem(outcome.sentence)
        else:
            self.failed.emit(outcome)

    # --- what the window wants ---

    def _save(self, wanted: tuple[Tested, str]) -> None:
        tested, path = wanted
        question = WriteRows(concept_words.rows(tested.answers), path)
        self._runner.submit(question, self._take_written, lane=LANE)

    def _take_written(self, outcome: Outcome) -> None:
        if isinstance(outcome, Failed):
            self._fail(outcome)
        elif isinstance(outcome, Done):
            self._tell_saved(outcome.answer)

    def _tell_saved(self, path: str) -> None:
        if self.window is not None:
            self.window.set_problem("")
        self._window.status.flash(f"Saved {Path(path).name}.")

    def _copy_python(self, tested: Tested) -> None:
        machine = self._session.state.machine
        text = snippets.concepts(tested.info, tested.answers, machine.device if machine else "cpu")
        QGuiApplication.clipboard().setText(text)
        self._window.status.flash("Copied as Python: the test of the concepts.")
