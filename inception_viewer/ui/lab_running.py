"""Asking for the lab's cells: what is computed, in which order, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer

from ..attribution_methods import METHODS
from ..grade_measures import MEASURES
from ..grade_questions import Grade
from ..grid_questions import GradCamOfUnits, GradCamsAnswer, Picture
from ..lab_choice import Choice
from ..questions import Attribution, AttributionAnswer, Question
from ..runner import Cancelled, Done, Failed, Outcome, Partial, Runner, Ticket
from ..session import Session, State
from . import snippets
from .frames import Frame, Frames
from .lab.batch import Batch
from .main_window import MainWindow
from .progress import done_text
from .status_bar import Activity

KEY = "lab"
GRAD_CAM = "layer_grad_cam"
QUEUE_MS = 300
"""How often the length of the queue is looked at while something waits."""


class LabRunning(QObject):
    """Keeps the lab on what the session looks at, and its questions on the jobs' lane."""

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, frames: Frames
    ) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self._view, self._frames = window.lab, frames
        self._behind = False
        """Whether the window has moved on while the lab was out of sight."""
        self._tickets: dict[Question, tuple[object, Ticket]] = {}
        self._batch = Batch()
        self._picture: Ticket | None = None
        self._queue = QTimer(self, interval=QUEUE_MS)
        self._queue.timeout.connect(self._look_at_queue)
        view = self._view
        view.set_measures(MEASURES)
        view.planned.connect(self._take_plan)
        view.asked.connect(self.ask)
        view.grades_asked.connect(self.ask_grades)
        view.cancelled.connect(self.cancel)
        view.emptied.connect(self.empty)
        view.choice_changed.connect(self._choose)
        window.lab_tab.shown.connect(self._catch_up)
        window.closing.connect(self._remember)
        frames.switched.connect(self._take_frame)
        self._start()

    @property
    def running(self) -> bool:
        """Whether anything of the lab waits or is under way."""
        return bool(self._tickets)

    # --- what is looked at -----------------------------------------------------------

    def _start(self) -> None:
        """Look at what the window looks at, as it was left in the last run."""
        chosen = self._view.recall(self._window.preferences.lab)
        if self._session.state.lab == Choice():
            self._session.update(lambda now: replace(now, lab=chosen), undoable=False)
        state = self._session.state
        self._view.set_machine_ready(state.machine is not None)
        self._view.set_images(state.images)
        self._view.set_checkpoints(state.checkpoints)
        self._view.set_channel(state.channel)
        self._view.set_choice(state.lab)
        self._show_frame(self._frames.frame)

    def _remember(self) -> None:
        self._window.preferences.lab = self._view.remembered()

    def follow(self, old: State, new: State) -> None:
        """Follow what is open, selected and chosen; the scene is followed frame by frame."""
        view = self._view
        if new.machine != old.machine:
            view.set_machine_ready(new.machine is not None)
        if new.images != old.images:
            view.set_images(new.images)
        if new.checkpoints != old.checkpoints:
            view.set_checkpoints(new.checkpoints)
        if new.channel != old.channel:
            view.set_channel(new.channel)
        if new.lab != old.lab and new.lab != view.choice:
            view.set_choice(new.lab)
        if old.stroking and not new.stroking and self._frames.settled:
            self._take_frame(self._frames.frame)

    def _choose(self, choice: Choice) -> None:
        self._session.update(lambda state: replace(state, lab=choice))

    def forget(self) -> None:
        """Drop all answers: they would be others now."""
        self.cancel()
        self._view.forget()

    def _take_frame(self, frame: Frame | None) -> None:
        """Follow the window; at leisure while the lab is out of sight and does nothing."""
        if self._session.state.stroking:  # gone in a moment
            return
        self._behind = not self._view.isVisible() and not self.running
        if not self._behind:
            self._show_frame(frame)

    def _catch_up(self) -> None:
        if self._behind:
            self._behind = False
            self._show_frame(self._frames.frame)

    def _show_frame(self, frame: Frame | None) -> None:
        state = self._session.state
        scenes = (state.scene_of(image.id) for image in state.images)
        painted = (replace(one, interventions=()) for one in scenes if one and one.edits)
        self._view.set_painted({scene.image: scene for scene in painted})
        self._view.set_touched(frozenset(one.checkpoint for one in state.touched))
        checkpoint = state.open_checkpoint
        if frame is None:
            self._view.set_scene(checkpoint, None, None)
            self._view.set_predictions(None)
            return
        # Maps explain the network as it is; interventions are left out.
        scene = replace(frame.scene, interventions=())
        self._view.set_scene(checkpoint, scene, frame.overview.picture)
        self._view.set_predictions(frame.overview.predictions)

    # --- asking ----------------------------------------------------------------------

    def ask_all(self) -> None:
        """Compute every cell that has no answer."""
        self._view.ask()

    def ask(self, questions: Sequence[Attribution]) -> None:
        """Compute these; what is known is shown at once."""
        known = self._known(questions)
        self._view.set_answers(known)
        found = {answer.question for answer in known}
        left = [q for q in questions if q not in found and not self._is_asked(q)]
        self._view.set_waiting(left)
        for question in together(left):
            self._submit(question)
        self._tell()

    def ask_grades(self, questions: Sequence[Grade]) -> None:
        """Grade maps; a grade that is known is shown at once."""
        for question in questions:
            if question not in self._tickets:
                self._view.set_grading(question.attribution, question.measure, "waits")
                self._submit(question)
        self._tell()

    def cancel(self, question: Attribution | None = None) -> None:
        """Take back one cell, or all, with their grades; what is shown of them stays."""
        for asked in list(self._tickets):
            if question is None or question in _cells(asked):
                self._drop(asked)
        self._tell()

    def empty(self) -> None:
        """Take back every job of the window, the lab's among them."""
        self.cancel()
        self._runner.empty()
        self._look_at_queue()

    def _known(self, questions: Sequence[Attribution]) -> list[AttributionAnswer]:
        found = [self._runner.cache.get(question) for question in questions]
        return [answer for answer in found if answer is not None]

    def _is_asked(self, question: Attribution) -> bool:
        return any(
            question in _cells(asked) for asked in self._tickets if not isinstance(asked, Grade)
        )

    def _submit(self, question: Question) -> None:
        token = object()
        self._batch.add(question)
        ticket = Ticket(question, lambda outcome: None, "jobs")
        # Known before it is asked: an answer in the cache comes before ``submit`` returns.
        self._tickets[question] = token, ticket
        made = self._runner.submit(question, partial(self._take, token), view=KEY)
        if question in self._tickets:
            self._tickets[question] = token, made

    def _drop(self, asked: Question) -> None:
        _, ticket = self._tickets.pop(asked)
        ticket.cancel()
        self._batch.end(asked, answered=False)
        self._say_cancelled(asked)

    def _say_cancelled(self, asked: Question) -> None:
        if isinstance(asked, Grade):
            self._view.set_grading(asked.attribution, asked.measure, "")
            return
        for question in _cells(asked):
            self._view.set_cancelled(question)

    # --- what comes of it ------------------------------------------------------------

    def _take(self, token: object, outcome: Outcome) -> None:
        asked = outcome.question
        held = self._tickets.get(asked)
        if held is None or held[0] is not token:
            return
        if isinstance(outcome, Partial):
            self._batch.report(asked, outcome.fraction)
            self._show_partial(outcome)
            self._tell()
            return
        del self._tickets[asked]
        self._batch.end(asked, answered=isinstance(outcome, Done))
        if isinstance(outcome, Done):
            self._show(asked, outcome.answer)
        elif isinstance(outcome, Failed):
            self._show_failure(asked, outcome.sentence)
        elif isinstance(outcome, Cancelled):
            self._say_cancelled(asked)
        self._tell()

    def _show_partial(self, outcome: Partial) -> None:
        asked = outcome.question
        if isinstance(asked, Grade):
            text = done_text(outcome.fraction)
            self._view.set_grading(asked.attribution, asked.measure, text)
            return
        for question in _cells(asked):
            self._view.set_progress(
                question, outcome.fraction, outcome.seconds_left, outcome.answer
            )

    def _show(self, asked: Question, answer: Any) -> None:
        if isinstance(asked, Grade):
            self._view.set_grade(answer)
        elif isinstance(answer, GradCamsAnswer):
            for one in answer.answers:
                self._runner.cache.put(one.question, one)
            self._view.set_answers(answer.answers)
        else:
            self._view.set_answers([answer])

    def _show_failure(self, asked: Question, sentence: str) -> None:
        if isinstance(asked, Grade):
            self._view.set_grading(asked.attribution, asked.measure, sentence)
            return
        for question in _cells(asked):
            self._view.set_failure(question, sentence)

    def _tell(self) -> None:
        """Say how far everything is."""
        batch = self._batch
        fraction = batch.fraction if batch.running else None
        left = batch.seconds_left
        self._view.set_batch(fraction, left, batch.left)
        activity = None
        if fraction is not None:
            words = f"the lab, {batch.left} to do"
            activity = Activity(words, fraction, left, cancellable=True)
        self._window.status.set_activity(KEY, activity)
        if batch.running and not self._queue.isActive():
            self._queue.start()
        self._look_at_queue()

    def _look_at_queue(self) -> None:
        waiting = len(self._runner.lanes["jobs"].waiting)
        self._view.set_queue(waiting)
        if not waiting and not self._batch.running:
            self._queue.stop()

    # --- the cells -------------------------------------------------------------------

    def _take_plan(self) -> None:
        """Drop what is not on the grid any more, and show what is known of what is."""
        cells = self._view.board.cells
        wanted = {one.question for one in cells}
        for asked in list(self._tickets):
            if not wanted.intersection(_cells(asked)):
                self._drop(asked)
        unknown = [one.question for one in cells if one.complete is None]
        known = self._known(unknown)
        if known:
            self._view.set_answers(known)
        self._tell()
        self._want_picture()

    def _want_picture(self) -> None:
        """Ask for the next picture that is missing; one at a time, so that nobody waits long."""
        missing = self._view.missing_pictures()
        if missing and (self._picture is None or self._picture.question.scene not in missing):
            question = Picture(missing[0])
            self._picture = Ticket(question, lambda outcome: None, "live")
            self._picture = self._runner.live("lab picture", question, self._take_picture)

    def _take_picture(self, outcome: Outcome) -> None:
        if isinstance(outcome, Done):
            self._picture = None
            self._view.set_picture(outcome.answer.scene, outcome.answer.picture)
            self._want_picture()
        elif isinstance(outcome, Failed):
            scene = outcome.question.scene
            for one in self._view.board.cells:
                if one.question.scene == scene:
                    self._view.set_failure(one.question, outcome.sentence)

    # --- words -----------------------------------------------------------------------

    def snippet(self) -> str:
        """Return the lines that compute the selected cell's map; ``""`` if none can."""
        state, selected = self._session.state, self._view.canvas.selected
        question = selected.question if selected else state.attribution_question
        if question is None:
            return ""
        scene = question.scene
        there = replace(state, checkpoint=scene.checkpoint, image=scene.image)
        if there.open_checkpoint is None or there.open_image is None:
            return ""
        return snippets.attribution(there, question)

    def record(self) -> list[dict[str, Any]]:
        """Return the cells, as ``--state-json`` writes them; none of another scene's."""
        if self._behind:
            return []
        return [
            {
                "method": one.question.method,
                "head": one.question.head,
                "unit": one.question.unit,
                "image": one.question.scene.image,
                "title": one.cell.title,
                "status": one.status,
                "sum": float(one.answer.map.sum()) if one.answer is not None else None,
                "seconds": one.complete.seconds if one.complete is not None else None,
                "completeness_error": one.complete.completeness_error if one.complete else None,
                "grades": {name: grade.value for name, grade in one.grades.items()},
                "sentence": one.sentence,
            }
            for one in self._view.canvas.cells
        ]


def _cells(asked: Question) -> tuple[Attribution, ...]:
    """Return the questions of the cells that a question is asked for."""
    if isinstance(asked, Grade):
        return (asked.attribution,)
    if isinstance(asked, GradCamOfUnits):
        return tuple(replace(asked.attribution, unit=unit) for unit in asked.units)
    assert isinstance(asked, Attribution)
    return (asked,)


def together(questions: Sequence[Attribution]) -> list[Question]:
    """Return what to ask: Grad-CAM of several units as one, the cheap questions first."""
    groups: dict[Attribution, list[str]] = {}
    made: list[Question] = []
    for question in questions:
        if question.method == GRAD_CAM and question.unit is not None:
            groups.setdefault(replace(question, unit=None), []).append(question.unit)
        else:
            made.append(question)
    for question, units in groups.items():
        one = replace(question, unit=units[0])
        made.append(one if len(units) == 1 else GradCamOfUnits(question, tuple(units)))
    return sorted(made, key=_cost)


def _cost(question: Question) -> int:
    if not isinstance(question, Attribution):
        return 0
    method = METHODS[question.method]
    cost = method.cost(method.settings(dict(question.parameters)))
    return cost.forwards + cost.backwards
