"""Asking the sample photos what a checkpoint is, and mending a wrong guess of its input.

About a hundred forward passes: asked once the window shows the checkpoint, after whatever
people have asked for themselves, and for the program's own checkpoint only where somebody
looks at the card.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from ..checkpoint_changes import describe_checkpoint, use_input
from ..questions import CheckpointInfo, Glance, Preprocessing
from ..runner import Done, Failed, Outcome, Partial, Runner, Ticket
from ..session import Session, State
from ..verdict_questions import Convention, Judge, Suggestion, Verdict
from .checkpoint import card
from .checkpoint.judgement import ASKING, Asking
from .frames import Frame, Frames
from .inspector.facts import input_rows
from .main_window import MainWindow
from .status_bar import Activity

KEY = "judge"
AFTER_PAINT_MS = 150
"""From the paint, or the last change of the input, to the question: what comes in between
is more urgent, and of many changes only the last one counts."""
TRAY_FIRST_MS = 3000
"""For how long the tray's verdicts come first, which take a forward pass each."""


class Judging(QObject):
    """Keeps the card, the notice and the marks on what the session looks at."""

    key = KEY
    failed = Signal(object)
    """A :class:`Failed`."""

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, frames: Frames
    ) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self._frames, self._view = frames, window.checkpoint
        self._verdicts: dict[Judge, Verdict] = {}
        self._refused: dict[Judge, str] = {}
        self._kept: set[str] = set()
        self._ticket: Ticket | None = None
        self._token = object()
        """Of the newest asking: what an earlier one still delivers is only kept."""
        self._painted: Frame | None = None
        self._clock = QElapsedTimer()
        self._clock.start()
        self._soon = QTimer(self, singleShot=True, interval=AFTER_PAINT_MS)
        self._soon.timeout.connect(self._ask_if_due)
        view, notice = self._view, window.notice
        for source in (view.use_requested, notice.used):
            source.connect(self.use_better)
        for source in (view.keep_requested, notice.kept):
            source.connect(self.keep)
        for source in (view.restore_requested, window.headline.back_requested):
            source.connect(self.restore)
        view.judge_requested.connect(self.ask)
        view.cancel_requested.connect(self.cancel)
        window.card_shown.connect(self._soon.start)

    # --- what is looked at -----------------------------------------------------------

    @property
    def question(self) -> Judge | None:
        """What would be asked about the open checkpoint and the input in use."""
        state = self._session.state
        info = state.open_checkpoint
        if info is None:
            return None
        return Judge(info.fingerprint, state.preprocessing if is_changed(state) else None)

    @property
    def suggestion(self) -> Suggestion | None:
        """What the samples say of the input in use, once that is known."""
        question = self.question
        known = self._verdicts.get(question) if question is not None else None
        return known.suggestion if known is not None else None

    def follow(self, old: State, new: State) -> None:
        """Follow the checkpoint and the input in use."""
        if new.machine != old.machine:
            self._soon.start()
        watched = ("checkpoint", "preprocessing", "checkpoints")
        if all(getattr(old, name) == getattr(new, name) for name in watched):
            return
        self._forget_changed(old, new)
        self._tell_again(new)
        if self._ticket is not None and self._ticket.question != self.question:
            self._drop()
        self.show()
        self._soon.start()

    def painted(self, frame: Frame) -> None:
        """Note that the window shows a scene."""
        self._painted = frame
        self._clock.restart()
        if self.question not in self._verdicts:
            self._soon.start()

    def _forget_changed(self, old: State, new: State) -> None:
        """Ask anew about a checkpoint whose classes were given other names."""
        before = {info.fingerprint: info.classes for info in old.checkpoints}
        for info in new.checkpoints:
            if before.get(info.fingerprint, info.classes) != info.classes:
                about = partial(_is_about, info)
                self._runner.cache.forget(about)
                self._verdicts = {q: said for q, said in self._verdicts.items() if not about(q)}

    def _tell_again(self, new: State) -> None:
        """Let a checkpoint that was opened once more be what the photos told of it."""
        question, info = Judge(new.checkpoint), new.open_checkpoint
        known = self._verdicts.get(question)
        if info is not None and known is not None and info.details is not known:
            self._learn(question, known)

    # --- asking ----------------------------------------------------------------------

    def ask(self) -> None:
        """Ask the samples now, also after that was cancelled or failed."""
        question = self.question
        if question is not None:
            self._refused.pop(question, None)
            self._submit(question)

    def cancel(self) -> None:
        """Take the question back; it is not asked again unless somebody wants it."""
        if self._ticket is not None:
            assert isinstance(self._ticket.question, Judge)
            self._refused[self._ticket.question] = ""
            self._drop()
            self.show()

    def _ask_if_due(self) -> None:
        question = self.question
        if question is None or not self._is_due(question):
            return
        glances = self._runner.lanes["jobs"].busy and self._clock.elapsed() < TRAY_FIRST_MS
        if self._others_wait() or glances:
            self._soon.start()
        else:
            self._submit(question)

    def _is_due(self, question: Judge) -> bool:
        asked = self._ticket is not None and self._ticket.question == question
        if asked or question in self._verdicts or question in self._refused:
            return False
        state, frame = self._session.state, self._painted
        if state.machine is None or not self._frames.settled:
            return False
        if state.scene is not None and (frame is None or frame.scene != state.scene):
            return False
        info = state.open_checkpoint
        demo = info is not None and info.source == "demo" and question.preprocessing is None
        return not demo or self._window.is_card_shown

    def _others_wait(self) -> bool:
        """Whether somebody waits for another job; the tray's verdicts are none."""
        lane = self._runner.lanes["jobs"]
        current = lane.current.question if lane.current is not None else None
        asked = [q for q in (current, *lane.waiting) if q is not None]
        return any(not isinstance(q, Glance | Judge) for q in asked)

    def _submit(self, question: Judge) -> None:
        self._drop()
        self._view.set_asking(Asking("running"))
        token = self._token = object()
        self._ticket = self._runner.submit(question, partial(self._take, token), view=KEY)
        if question in self._verdicts:  # it was in the cache
            self._ticket = None

    def _take(self, token: object, outcome: Outcome) -> None:
        question = outcome.question
        assert isinstance(question, Judge)
        if isinstance(outcome, Done):
            # Kept even if another one is looked at by now: it will not be asked again.
            self._verdicts[question] = outcome.answer
        if token is not self._token:
            return
        if isinstance(outcome, Partial):
            self._progress(outcome)
            return
        self._end()
        if isinstance(outcome, Failed):
            self._refused[question] = outcome.sentence
            self.failed.emit(outcome)
        elif isinstance(outcome, Done):
            self._learn(question, outcome.answer)
        self.show()

    def _progress(self, outcome: Partial) -> None:
        if self._ticket is None or self._ticket.stop.is_set():
            return
        if self._others_wait():
            self._drop()
            self._view.set_asking(Asking("waiting"))
            self._soon.start()
            return
        left = outcome.seconds_left
        self._view.set_asking(Asking("running", outcome.fraction, left))
        activity = Activity(ASKING, outcome.fraction, left, cancellable=True)
        self._window.status.set_activity(KEY, activity)

    def _drop(self) -> None:
        ticket, self._ticket = self._ticket, None
        if ticket is not None:
            ticket.cancel()
        self._end()

    def _end(self) -> None:
        self._ticket, self._token = None, object()
        self._window.status.set_activity(KEY, None)

    # --- what is learnt --------------------------------------------------------------

    def _learn(self, question: Judge, verdict: Verdict) -> None:
        """Let every view know what the photos told of the checkpoint as it is."""
        if question.preprocessing is not None:
            return

        def change(state: State) -> State:
            known = (i for i in state.checkpoints if i.fingerprint == question.checkpoint)
            info = next(known, None)
            return state if info is None else describe_checkpoint(state, _told(info, verdict))

        self._session.update(change, undoable=False)

    def show(self) -> None:
        """Show what is known of the open checkpoint, everywhere that tells of it."""
        state, question = self._session.state, self.question
        info = state.open_checkpoint
        if info is None or question is None:
            self._view.set_checkpoint(None)
            self._window.notice.say("")
            self._window.headline.set_changed("")
            self._window.top_row.set_warning("")
            return
        verdict = self._verdicts.get(question)
        self._view.set_kept(info.fingerprint in self._kept)
        self._view.set_checkpoint(info, verdict or _provisional(info, question))
        self._show_changed(info, question)
        self._show_judgement(question)
        self._show_notice(info)

    def _show_changed(self, info: CheckpointInfo, question: Judge) -> None:
        changed = question.preprocessing is not None
        own = info.details.convention.name if info.details else words_of(info.preprocessing)
        self._view.set_changed(own if changed else "")
        self._window.headline.set_changed(own if changed else "")

    def _show_judgement(self, question: Judge) -> None:
        if question in self._verdicts:
            self._view.set_asking(Asking("done"))
        elif question in self._refused:
            self._view.set_asking(Asking("unasked", failure=self._refused[question]))
        elif self._ticket is None:
            self._view.set_asking(Asking("waiting"))

    def _show_notice(self, info: CheckpointInfo) -> None:
        suggestion = self.suggestion
        better = suggestion is not None and suggestion.better is not None
        if suggestion is None or not better or info.fingerprint in self._kept:
            self._window.notice.say("")
            self._window.top_row.set_warning("")
            return
        self._window.notice.say(card.notice(suggestion), suggestion.sentence)
        self._window.top_row.set_warning(card.notice(suggestion))

    # --- mending ---------------------------------------------------------------------

    def use_better(self) -> None:
        """Use the input that the samples speak for; it can be undone."""
        suggestion, info = self.suggestion, self._session.state.open_checkpoint
        better = suggestion.better if suggestion is not None else None
        if better is None or info is None:
            return
        if better.preprocessing == info.preprocessing:
            self.restore()
            return
        made, convention = better.preprocessing, better.convention
        self._session.update(lambda state: use_input(state, made, convention))

    def keep(self) -> None:
        """Say no more about another input of this checkpoint."""
        self._kept.add(self._session.state.checkpoint)
        self.show()

    def restore(self) -> None:
        """Use the checkpoint's own input again; it can be undone."""
        self._session.update(lambda state: use_input(state, None))


def is_changed(state: State) -> bool:
    """Whether the input in use is not the checkpoint's own."""
    info = state.open_checkpoint
    return info is not None and state.preprocessing not in (None, info.preprocessing)


def words_of(made: Preprocessing) -> str:
    """Return an input in words, where no convention's name is known."""
    return "; ".join(value for _, value in input_rows(None, made))


def _is_about(info: CheckpointInfo, question: object) -> bool:
    return isinstance(question, Judge) and question.checkpoint == info.fingerprint


def _provisional(info: CheckpointInfo, question: Judge) -> Verdict | None:
    """Return what was known at the opening, about the input that is in use."""
    if info.details is None or question.preprocessing is None:
        return info.details
    made, known = question.preprocessing, info.details
    said = known.suggestion.sentence if known.suggestion is not None else ""
    return replace(
        known,
        convention=Convention(words_of(made), made),
        suggestion=None,
        warnings=tuple(warning for warning in known.warnings if warning != said),
    )


def _told(info: CheckpointInfo, verdict: Verdict) -> CheckpointInfo:
    """Return the checkpoint with what the photos told of it."""
    heads = {one.head: one.state for one in verdict.heads}
    return replace(info, heads=heads, verdict=verdict.phrase, details=verdict)
