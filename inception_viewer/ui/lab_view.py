"""The attribution lab: many maps side by side, drawn alike, read together, graded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ..explained_words import AS_IT_IS
from ..grade_questions import Grade, GradeAnswer, Measure
from ..lab_choice import Choice, with_target
from ..questions import (
    Attribution,
    AttributionAnswer,
    CheckpointInfo,
    ImageInfo,
    Pixels,
    Predictions,
    Scene,
)
from . import theme
from .attribution_view import show_or_tell
from .head_words import notes
from .lab.board import CHOSEN, Board, CellState
from .lab.choice import Place, plan
from .lab.drawing import Drawing, Scale
from .lab.panes import LabPanes
from .lab.remembered import Remembered, from_text, to_text
from .lab.taking import Taking
from .maps.restyle import refresh
from .view import View

NO_METHOD = "Tick the methods to compare in the panel at the side."
NO_MAPS = "Explain some cells first: there is no map to grade."
SCALES: Mapping[str, Scale] = {
    "methods": "own", "photos": "shared", "heads": "own", "layers": "own"
}  # fmt: skip
"""What the colours span at first: methods, heads and layers count in units of their own."""


class LabView(View):
    """Cells of a :class:`Choice`; what they show is set, and what is wanted is told."""

    choice_changed = Signal(object)
    """Emitted with the :class:`Choice` that a person made."""
    planned = Signal()
    """Emitted when there are other cells; what is known of them can be set."""
    asked = Signal(object)
    """Emitted with the questions (tuple of :class:`Attribution`) to be answered."""
    cancelled = Signal(object)
    """Emitted with the :class:`Attribution` to take back, or None for all."""
    emptied = Signal()
    """Emitted when every job of every view shall be taken back."""
    grades_asked = Signal(object)
    """Emitted with the questions (tuple of :class:`Grade`) to be answered."""
    large_asked = Signal()
    """Emitted when the lab shall have the whole window, or give it back."""
    copy_python_requested = Signal(object)
    """Emitted with ``"lab"``."""
    python_kind = "lab"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Lab", parent)
        self._ready = False
        self._checkpoint: CheckpointInfo | None = None
        self._open: dict[str, CheckpointInfo] = {}
        self._scene: Scene | None = None
        self._painted: Mapping[str, Scene] = {}
        self._touched: frozenset[str] = frozenset()
        self._images: tuple[ImageInfo, ...] = ()
        self._pictures: dict[Scene, Pixels] = {}
        self.measures: Mapping[str, Measure] = {}
        self._scales = dict(SCALES)
        self._sort = CHOSEN
        self.board = Board()
        self.panes = panes = LabPanes()
        self.toolbar, self.canvas = panes.toolbar, panes.canvas
        self.chooser, self.details, self.grades = panes.chooser, panes.details, panes.grades
        self.side = panes.side
        self.set_content(panes)
        self._connect()
        self.taking = Taking(self)
        theme.broadcast.changed.connect(self._restyle)
        self._restyle()
        self._refresh()

    # --- what is open ----------------------------------------------------------------

    def set_machine_ready(self, ready: bool) -> None:
        """Say whether anything can be computed yet."""
        self._ready = ready
        self._refresh()

    def set_checkpoints(self, checkpoints: Sequence[CheckpointInfo]) -> None:
        """Take the open checkpoints: pinned cells of others go, and classes are called anew."""
        self._open = {info.fingerprint: info for info in checkpoints}
        self._tidy()
        for one in self.board.cells:
            one.rename(self._open.get(one.question.scene.checkpoint))
        self._replan()

    def set_scene(
        self, checkpoint: CheckpointInfo | None, scene: Scene | None, picture: Pixels | None
    ) -> None:
        """Look at a photo through a checkpoint; ``picture`` is what the network sees of it."""
        self._checkpoint, self._scene = checkpoint, scene
        if checkpoint is not None:
            self._open[checkpoint.fingerprint] = checkpoint
        self.chooser.set_checkpoint(checkpoint)
        self.canvas.set_classes(self.classes)
        if scene is not None and picture is not None:
            self._pictures[scene] = picture
        self._replan()

    def set_touched(self, checkpoints: frozenset[str]) -> None:
        """Take the checkpoints that are touched: they are explained as they are, and say so."""
        self._touched = checkpoints
        self._stand()

    def _stand(self) -> None:
        scene, touched = self._scene, self._touched
        for one in self.board.cells:
            own = one.question.scene.checkpoint
            one.stand(scene, self._open.get(own))
            one.left_out = AS_IT_IS if own in touched else ""
        here = scene is not None and scene.checkpoint in touched
        self.panes.note.setText(AS_IT_IS if here else "")
        self.panes.note.setVisible(here)

    def set_painted(self, scenes: Mapping[str, Scene]) -> None:
        """Take the scenes, by photo, of the photos that were painted over; told before a scene."""
        self._painted = scenes

    def set_images(self, images: tuple[ImageInfo, ...]) -> None:
        """Take the photos of the tray; pinned cells of others go."""
        self._images = images
        self.chooser.set_photos([(image.id, image.name) for image in images])
        self._tidy()
        self._replan()

    def set_predictions(self, predictions: Predictions | None) -> None:
        """Name each head's top class in the class field; noise has none."""
        tops = {}
        if predictions is not None:
            noise = {head for head, one in notes(self._checkpoint).items() if one.is_noise}
            heads = [head for head in predictions.probabilities if head not in noise]
            tops = {head: predictions.top(head, 1)[0][1] for head in heads}
        self.chooser.set_top_classes(tops)

    def set_channel(self, channel: tuple[str, int] | None) -> None:
        """Offer the channel that is selected in the window for explanation."""
        self.chooser.set_channel(channel)

    def set_target(self, target: int | None) -> None:
        """Explain a class that was chosen elsewhere in the window."""
        if target != self.choice.explained.target:
            self.set_choice(with_target(self.choice, target))

    def set_choice(self, choice: Choice) -> None:
        """Show other cells, without telling of a change."""
        self.chooser.set_choice(choice)
        self._arrange(choice)

    def set_measures(self, measures: Mapping[str, Measure]) -> None:
        """Offer these measures for grades."""
        self.measures = measures
        self.grades.set_measures(measures)
        self._refresh()

    def set_large(self, large: bool) -> None:
        """Say whether the lab has the whole window."""
        self.toolbar.large.setChecked(large)

    @property
    def choice(self) -> Choice:
        """What is chosen."""
        return self.chooser.choice

    @property
    def classes(self) -> Sequence[str]:
        """The classes of the checkpoint looked at."""
        return self._checkpoint.classes if self._checkpoint else ()

    def forget(self) -> None:
        """Drop every answer and grade: the same questions would be answered otherwise now."""
        for one in self.board.cells:
            one.forget()
        self._replan()

    # --- from run to run -------------------------------------------------------------

    def remembered(self) -> str:
        """Return what shall be remembered, as text."""
        drawing = replace(self.toolbar.drawing, scale="own")
        return to_text(Remembered(self.choice, drawing, self._scales, self.grades.chosen))

    def recall(self, text: str) -> Choice:
        """Draw and grade as it is remembered; return the choice that is, for :meth:`set_choice`."""
        found = from_text(text)
        for arrangement, scale in found.scales.items():
            self._scales[arrangement] = scale
        if found.measures is not None:
            self.grades.set_chosen(found.measures)
        self.toolbar.set_drawing(
            replace(found.drawing, scale=self._scales[self.choice.arrangement])
        )
        self.canvas.set_drawing(self.toolbar.drawing)
        return found.choice

    # --- what becomes of the cells ---------------------------------------------------

    def missing_pictures(self) -> list[Scene]:
        """Return the scenes whose picture is not known yet, in the order of the cells."""
        scenes = dict.fromkeys(one.question.scene for one in self.board.cells)
        return [scene for scene in scenes if scene not in self._pictures]

    def set_picture(self, scene: Scene, picture: Pixels) -> None:
        """Say what the network sees of a photo."""
        self._pictures[scene] = picture
        for one in self.board.cells:
            if one.question.scene == scene:
                one.picture = picture
                self.canvas.refresh_cell(one)

    def set_waiting(self, questions: Sequence[Attribution]) -> None:
        """Say that these wait for their turn."""
        for question in questions:
            state = self.board.find(question)
            if state is not None and state.status != "misfit":
                state.status, state.fraction, state.sentence = "waiting", 0.0, ""
        self._refresh()
        self.canvas.update()

    def set_progress(
        self,
        question: Attribution,
        fraction: float,
        seconds_left: float | None,
        answer: AttributionAnswer | None = None,
    ) -> None:
        """Say how far a cell is, and what can be shown of it already."""
        state = self.board.find(question)
        if state is not None:
            state.status = "running"
            state.fraction, state.seconds_left = fraction, seconds_left
            if answer is not None:
                state.answer = answer
                state.rename(self._open.get(question.scene.checkpoint))
            self._changed(state, quiet=True)

    def set_answers(self, answers: Sequence[AttributionAnswer]) -> None:
        """Show answers, each in its cell."""
        for answer in answers:
            state = self.board.find(answer.question)
            if state is not None:
                state.status, state.answer, state.sentence = "done", answer, ""
                state.rename(self._open.get(answer.question.scene.checkpoint))
                self._changed(state, quiet=True)
        self._order()
        self._refresh()

    def set_failure(self, question: Attribution, sentence: str) -> None:
        """Say in a cell why it could not be computed."""
        state = self.board.find(question)
        if state is not None:
            state.status, state.sentence = "failed", sentence
            self._changed(state)

    def set_cancelled(self, question: Attribution) -> None:
        """Say that a cell was taken back; what there was of it stays."""
        state = self.board.find(question)
        if state is not None and state.busy:
            state.status = "done" if state.complete is not None else "idle"
            self._changed(state)

    def set_grading(self, question: Attribution, measure: str, text: str) -> None:
        """Say how far a grade is, or why it could not be given; ``""`` for neither."""
        state = self.board.find(question)
        if state is not None:
            state.grading[measure] = text
            self._changed(state, quiet=True)

    def set_grade(self, answer: GradeAnswer) -> None:
        """Show a grade below its cell."""
        asked = answer.question
        state = self.board.find(asked.attribution)
        if state is not None:
            state.grades[asked.measure] = answer
            state.grading.pop(asked.measure, None)
            state.rename(self._open.get(asked.attribution.scene.checkpoint))
            self._show_measures()
            self._changed(state)
            self._order()

    def set_batch(self, fraction: float | None, seconds_left: float | None, left: int) -> None:
        """Say how far everything is; None: nothing runs."""
        self.toolbar.set_progress(fraction, seconds_left, left)

    def set_queue(self, count: int) -> None:
        """Say how many jobs of the whole window wait."""
        self.toolbar.set_waiting(count)

    # --- gestures --------------------------------------------------------------------

    def to_explain(self) -> tuple[Attribution, ...]:
        """Return what has no complete answer and could have one."""
        return tuple(
            one.question
            for one in self.board.cells
            if one.complete is None and one.status != "misfit" and not one.busy
        )

    def ask(self) -> None:
        """Ask for every cell that has no answer."""
        questions = self.to_explain()
        if questions and not self.chooser.explained.obstacle():
            self.panes.failure.hide()
            self.asked.emit(questions)

    def ask_grades(self) -> None:
        """Ask for the grades that are ticked, of every map."""
        wanted = tuple(
            Grade(one.question, name)
            for name in self.grades.chosen
            for one in self.board.cells
            if one.complete is not None and one.readable is not None and name not in one.grades
        )
        if wanted:
            self._show_measures()
            self.grades_asked.emit(wanted)

    def toggle_pin(self) -> None:
        """Pin the selected cell, or let it go."""
        state = self.canvas.selected
        if state is not None:
            state.pinned = not state.pinned
            self._replan()

    def show_details(self) -> None:
        """Bring the details of the selected cell to the front."""
        self.toolbar.side.setChecked(True)
        self.side.setCurrentWidget(self.details)

    def take_focus(self) -> None:
        """Put the keyboard on the grid, or on what to choose while it is empty."""
        if len(self.board) and not self.is_empty:
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().take_focus()

    # --- upkeep ----------------------------------------------------------------------

    def _connect(self) -> None:
        tools, canvas = self.toolbar, self.canvas
        self.chooser.choice_changed.connect(self._take_choice)
        tools.asked.connect(self.ask)
        tools.cancelled.connect(lambda: self.cancelled.emit(None))
        tools.emptied.connect(self.emptied)
        tools.large_asked.connect(self.large_asked)
        tools.drawing_changed.connect(self._draw)
        tools.sort_changed.connect(self._sort_by)
        canvas.selected_changed.connect(lambda _question: self._show_details())
        canvas.opened.connect(self.show_details)
        canvas.pin_toggled.connect(self.toggle_pin)
        canvas.scale_changed.connect(tools.set_scale)
        self.side.currentChanged.connect(lambda _tab: self._show_details())
        self.grades.asked.connect(self.ask_grades)
        self.grades.measures_changed.connect(self._refresh)

    def _take_choice(self, choice: Choice) -> None:
        self._arrange(choice)
        self.choice_changed.emit(choice)

    def _arrange(self, choice: Choice) -> None:
        wanted = self._scales[choice.arrangement]
        if self.toolbar.drawing.scale != wanted:
            self.toolbar.set_drawing(replace(self.toolbar.drawing, scale=wanted))
            self.canvas.set_drawing(self.toolbar.drawing)
        self._replan()

    def _tidy(self) -> None:
        """Let go of cells whose photo or checkpoint is not open any more."""
        photos = {image.id for image in self._images}
        self.board.keep(
            lambda one: (
                one.question.scene.image in photos
                and (not self._open or one.question.scene.checkpoint in self._open)
            )
        )

    def _replan(self) -> None:
        """Take the cells of the present choice; what is known of them stays."""
        place = self._place()
        obstacle = self.chooser.explained.obstacle()
        cells = plan(self.chooser.choice, place) if place and not obstacle else ()
        self.board.set_plan(cells)
        wanted = {one.question.scene for one in self.board.cells}
        self._pictures = {
            s: p for s, p in self._pictures.items() if s in wanted or s == self._scene
        }
        for one in self.board.cells:
            one.picture = self._pictures.get(one.question.scene, one.picture)
        self._stand()
        self._show_measures()
        self._order()
        self._refresh()
        self.planned.emit()

    def _place(self) -> Place | None:
        scene, checkpoint = self._scene, self._checkpoint
        if scene is None or checkpoint is None or checkpoint.fingerprint != scene.checkpoint:
            return None
        photos = tuple((image.id, image.name) for image in self._images)
        scenes = {**self._painted, scene.image: scene}
        return Place(checkpoint, scene.preprocessing, scene.image, photos, scenes)

    def _changed(self, state: CellState, quiet: bool = False) -> None:
        """Show what has become of a cell; ``quiet`` where the buttons stay as they are."""
        self.canvas.refresh_cell(state)
        if state is self.canvas.selected and self.side.currentWidget() is self.details:
            self._show_details()
        if not quiet:
            self._refresh()

    def _order(self) -> None:
        self.canvas.set_cells(self.board.ordered(self._sort, self.measures))

    def _sort_by(self, sort: str) -> None:
        self._sort = sort
        self._order()

    def _draw(self, drawing: Drawing) -> None:
        self._scales[self.choice.arrangement] = drawing.scale
        self.canvas.set_drawing(drawing)
        self._show_details()

    def _show_measures(self) -> None:
        """Make room for the grades by which a cell has been graded, or is being."""
        found = {name for one in self.board.cells for name in (*one.grades, *one.grading)}
        graded = {name: m for name, m in self.measures.items() if name in found}
        self.toolbar.set_measures(graded)
        self.canvas.set_measures(graded)

    def _show_details(self) -> None:
        state = self.canvas.selected
        if self.side.currentWidget() is not self.details:
            return
        limit = self.canvas.limit(state) if state else None
        self.details.set_cell(state, self.canvas.drawing, limit, self.measures, self.classes)

    def _refresh(self) -> None:
        obstacle = self.chooser.explained.obstacle()
        self.toolbar.set_obstacle(obstacle, len(self.to_explain()))
        self.canvas.set_hint(obstacle or NO_METHOD)
        has_maps = any(one.complete is not None for one in self.board.cells)
        self.grades.set_obstacle("" if has_maps else NO_MAPS)
        self._show_details()
        show_or_tell(self, self._ready, self._checkpoint is not None, self._scene is not None)

    def _restyle(self, _: object = None) -> None:
        if refresh(self):
            self.chooser.align()
            self.panes.size_side()
