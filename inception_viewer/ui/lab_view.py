"""The attribution lab: many maps side by side, drawn alike, read together, graded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ..grade_questions import Grade, GradeAnswer, Measure
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
from .attribution.export import save_array, save_picture
from .attribution_view import FORM_WIDTH, LOADING, NO_CHECKPOINT, NO_PHOTO
from .lab import export
from .lab.board import CHOSEN, Board, CellState
from .lab.canvas import HINT, LabCanvas
from .lab.choice import Choice, Place, plan
from .lab.chooser import Chooser
from .lab.details import Details
from .lab.drawing import Drawing, Scale
from .lab.grades_panel import GradesPanel
from .lab.toolbar import LabToolbar
from .maps.restyle import refresh
from .small_label import SmallLabel
from .view import View

EMPTY = (LOADING, NO_CHECKPOINT, NO_PHOTO)
NO_METHOD = "Tick the methods to compare in the panel at the side."
NO_MAPS = "Explain some cells first: there is no map to grade."
SCALES: Mapping[str, Scale] = {
    "methods": "own", "photos": "shared", "heads": "own", "layers": "own"
}  # fmt: skip
"""What the colours span at first: methods, heads and layers count in units of their own."""


class LabView(View):
    """A panel on the left (what, details, grades), the tools and the grid on the right."""

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
    copy_python_requested = Signal(object)
    """Emitted with ``"lab"``."""
    python_kind = "lab"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Lab", parent)
        self._ready = False
        self._checkpoint: CheckpointInfo | None = None
        self._scene: Scene | None = None
        self._images: tuple[ImageInfo, ...] = ()
        self._pictures: dict[Scene, Pixels] = {}
        self._measures: Mapping[str, Measure] = {}
        self._scales = dict(SCALES)
        self._sort = CHOSEN
        self.board = Board()
        self.toolbar, self.canvas = LabToolbar(), LabCanvas()
        self.chooser, self.details, self.grades = Chooser(), Details(), GradesPanel()
        self.failure = SmallLabel("error")
        self.failure.hide()
        self._lay_out()
        self._connect()
        theme.broadcast.changed.connect(self._restyle)
        self._restyle()
        self._refresh()

    # --- what is open ----------------------------------------------------------------

    def set_machine_ready(self, ready: bool) -> None:
        """Say whether anything can be computed yet."""
        self._ready = ready
        self._refresh()

    def set_scene(
        self, checkpoint: CheckpointInfo | None, scene: Scene | None, picture: Pixels | None
    ) -> None:
        """Look at a photo through a checkpoint; ``picture`` is what the network sees of it."""
        self._checkpoint, self._scene = checkpoint, scene
        self.chooser.set_checkpoint(checkpoint)
        self.canvas.set_classes(checkpoint.classes if checkpoint else ())
        if scene is not None and picture is not None:
            self._pictures[scene] = picture
        self._replan()

    def set_images(self, images: tuple[ImageInfo, ...]) -> None:
        """Take the photos of the tray."""
        self._images = images
        self.chooser.set_photos([(image.id, image.name) for image in images])
        self._replan()

    def set_predictions(self, predictions: Predictions | None) -> None:
        """Name each head's top class in the class field."""
        tops = {}
        if predictions is not None:
            tops = {head: predictions.top(head, 1)[0][1] for head in predictions.probabilities}
        self.chooser.set_top_classes(tops)

    def set_channel(self, channel: tuple[str, int] | None) -> None:
        """Offer the channel that is selected in the window for explanation."""
        self.chooser.set_channel(channel)

    def set_target(self, target: int | None) -> None:
        """Explain a class that was chosen elsewhere in the window."""
        if target != self.chooser.choice.explained.target:
            self.chooser.set_target(target)
            self._replan()

    def set_choice(self, choice: Choice) -> None:
        """Show other cells."""
        self.chooser.set_choice(choice)
        self._take_choice(choice)

    def set_measures(self, measures: Mapping[str, Measure]) -> None:
        """Offer these measures for grades."""
        self._measures = measures
        self.grades.set_measures(measures)
        self._refresh()

    @property
    def choice(self) -> Choice:
        """What is chosen."""
        return self.chooser.choice

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
            state.answer = answer if answer is not None else state.answer
            self._changed(state, quiet=True)

    def set_answers(self, answers: Sequence[AttributionAnswer]) -> None:
        """Show answers, each in its cell."""
        for answer in answers:
            state = self.board.find(answer.question)
            if state is not None:
                state.status, state.answer, state.sentence = "done", answer, ""
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
            self.failure.hide()
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

    # --- taking results along --------------------------------------------------------

    def picture(self) -> QImage | None:
        """Return the selected cell as a picture with its scale and caption, or None."""
        state = self.canvas.selected
        limit = self.canvas.limit(state) if state else None
        if state is None or limit is None:
            return None
        return export.picture_of(state, self.canvas.style_now, limit, self._measures)

    def save_picture(self, path: Path) -> None:
        """Write the selected cell as PNG; a failure is said in the view."""
        image = self.picture()
        if image is not None:
            self._write(path, lambda: save_picture(image, path))

    def save_array(self, path: Path) -> None:
        """Write the selected cell's map as ``.npy``; a failure is said in the view."""
        answer = self.canvas.selected.answer if self.canvas.selected else None
        if answer is not None:
            self._write(path, lambda: save_array(answer, path))

    def copy_picture(self) -> None:
        """Put the selected cell on the clipboard as a picture."""
        image = self.picture()
        if image is not None:
            QGuiApplication.clipboard().setImage(image)

    def _write(self, path: Path, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            reason = error.strerror or str(error)
            self.failure.setText(f"“{path.name}” could not be written: {reason}.")
            self.failure.show()

    def _choose_file(
        self, title: str, ending: str, kind: str, save: Callable[[Path], None]
    ) -> None:
        state = self.canvas.selected
        if state is None:
            return
        classes = self._checkpoint.classes if self._checkpoint else ()
        name = f"{export.file_name(state, classes)}{ending}"
        chosen, _ = QFileDialog.getSaveFileName(self, title, name, kind)
        if chosen:
            path = Path(chosen)
            save(path if path.suffix else path.with_suffix(ending))

    def menu(self) -> QMenu:
        """Return the menu of the selected cell."""
        made = QMenu(self)
        state = self.canvas.selected
        if state is None:
            return made
        has_map = state.readable is not None and state.picture is not None
        busy, fits = state.busy, state.status != "misfit"
        question = state.question
        pictures, arrays = "PNG picture (*.png)", "NumPy array (*.npy)"
        for text, act, enabled in (
            ("Explain this cell", lambda: self.asked.emit((question,)),
             fits and not busy and state.complete is None),
            ("Cancel this cell", lambda: self.cancelled.emit(question), busy),
            ("Let go" if state.pinned else "Pin to compare", self.toggle_pin, True),
            ("Show its details", self.show_details, True),
            ("", None, False),
            ("Copy picture", self.copy_picture, has_map),
            ("Save picture…", lambda: self._choose_file(
                "Save picture", ".png", pictures, self.save_picture), has_map),
            ("Save array…", lambda: self._choose_file(
                "Save array", ".npy", arrays, self.save_array), state.answer is not None),
            ("Copy as Python", self.ask_for_python, True),
        ):  # fmt: skip
            if act is None:
                made.addSeparator()
            else:
                action = made.addAction(text)
                action.triggered.connect(lambda _checked=False, act=act: act())
                action.setEnabled(enabled)
        return made

    def _open_menu(self, at: QPoint) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    # --- construction ----------------------------------------------------------------

    def _lay_out(self) -> None:
        self.side = QTabWidget()
        self.side.setDocumentMode(True)
        self.side.tabBar().setDrawBase(False)
        self.side.setAccessibleName("The lab's panel")
        for title, panel in (
            ("Choose", self.chooser), ("Details", self.details), ("Grades", self.grades)
        ):  # fmt: skip
            self.side.addTab(panel, title)
        self.scrolled = QScrollArea()
        self.scrolled.setWidget(self.canvas)
        self.scrolled.setWidgetResizable(True)
        self.scrolled.setFrameShape(QFrame.Shape.NoFrame)
        self.scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scrolled.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scrolled.setBackgroundRole(self.scrolled.backgroundRole().Base)
        self.scrolled.viewport().installEventFilter(self)
        right = QFrame()
        right.setProperty("role", "panel")
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.toolbar, self.failure):
            column.addWidget(part)
        column.addWidget(self.scrolled, 1)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addWidget(self.side)
        row.addWidget(right, 1)
        self.set_content(content)

    def _connect(self) -> None:
        self.chooser.choice_changed.connect(self._take_choice)
        tools, canvas = self.toolbar, self.canvas
        tools.asked.connect(self.ask)
        tools.cancelled.connect(lambda: self.cancelled.emit(None))
        tools.emptied.connect(self.emptied)
        tools.drawing_changed.connect(self._draw)
        tools.sort_changed.connect(self._sort_by)
        tools.side_toggled.connect(self.side.setVisible)
        canvas.selected_changed.connect(lambda _question: self._show_details())
        canvas.opened.connect(self.show_details)
        canvas.pin_toggled.connect(self.toggle_pin)
        canvas.menu_requested.connect(self._open_menu)
        canvas.shown.connect(self._scroll_to)
        canvas.scale_changed.connect(tools.set_scale)
        canvas.setWhatsThis(HINT)
        self.side.currentChanged.connect(lambda _tab: self._show_details())
        self.grades.asked.connect(self.ask_grades)
        self.grades.measures_changed.connect(self._refresh)

    # --- upkeep ----------------------------------------------------------------------

    def _take_choice(self, choice: Choice) -> None:
        wanted = self._scales[choice.arrangement]
        if self.toolbar.drawing.scale != wanted:
            self.toolbar.set_drawing(replace(self.toolbar.drawing, scale=wanted))
            self.canvas.set_drawing(self.toolbar.drawing)
        self._replan()

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
        self._show_measures()
        self._order()
        self._refresh()
        self.planned.emit()

    def _place(self) -> Place | None:
        scene, checkpoint = self._scene, self._checkpoint
        if scene is None or checkpoint is None or checkpoint.fingerprint != scene.checkpoint:
            return None
        photos = tuple((image.id, image.name) for image in self._images)
        return Place(checkpoint, scene.preprocessing, scene.image, photos)

    def _changed(self, state: CellState, quiet: bool = False) -> None:
        """Show what has become of a cell; ``quiet`` where the buttons stay as they are."""
        self.canvas.refresh_cell(state)
        if state is self.canvas.selected and self.side.currentWidget() is self.details:
            self._show_details()
        if not quiet:
            self._refresh()

    def _order(self) -> None:
        self.canvas.set_cells(self.board.ordered(self._sort, self._measures))

    def _sort_by(self, sort: str) -> None:
        self._sort = sort
        self._order()

    def _draw(self, drawing: Drawing) -> None:
        self._scales[self.choice.arrangement] = drawing.scale
        self.canvas.set_drawing(drawing)
        self._show_details()

    def _graded(self) -> dict[str, Measure]:
        """Return the measures by which a cell has been graded, or is being."""
        found = {name for one in self.board.cells for name in (*one.grades, *one.grading)}
        return {name: m for name, m in self._measures.items() if name in found}

    def _show_measures(self) -> None:
        graded = self._graded()
        self.toolbar.set_measures(graded)
        self.canvas.set_measures(graded)

    def _show_details(self) -> None:
        state = self.canvas.selected
        if self.side.currentWidget() is not self.details:
            return
        limit = self.canvas.limit(state) if state else None
        classes = self._checkpoint.classes if self._checkpoint else ()
        self.details.set_cell(state, self.canvas.drawing, limit, self._measures, classes)

    def _refresh(self) -> None:
        obstacle = self.chooser.explained.obstacle()
        self.toolbar.set_obstacle(obstacle, len(self.to_explain()))
        self.canvas.set_hint(obstacle or NO_METHOD)
        has_maps = any(one.complete is not None for one in self.board.cells)
        self.grades.set_obstacle("" if has_maps else NO_MAPS)
        self._show_details()
        missing = self._missing()
        if not missing:
            self.show_content()
        elif not self.is_empty or self.empty.sentence.text() in ("", *EMPTY):
            # A sentence that the window has given to all its views stays.
            self.show_empty(missing)

    def _missing(self) -> str:
        """Return what there is to wait for or to open first, or ``""``."""
        if not self._ready:
            return LOADING
        if self._checkpoint is None:
            return NO_CHECKPOINT
        return NO_PHOTO if self._scene is None else ""

    def _scroll_to(self, box: QRectF) -> None:
        self.scrolled.ensureVisible(
            round(box.center().x()), round(box.center().y()),
            round(box.width() / 2) + theme.GRID, round(box.height() / 2) + theme.GRID,
        )  # fmt: skip

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the grid the room there is."""
        if event.type() == QEvent.Type.Resize and watched is self.scrolled.viewport():
            bar = self.scrolled.verticalScrollBar().sizeHint().width()
            self.canvas.set_room(self.scrolled.maximumViewportSize(), bar)
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the panel more room where there is plenty."""
        super().resizeEvent(event)
        self._size_side()

    def _size_side(self) -> None:
        scale = max(1.0, theme.text_scale())
        least, most = (round(width * scale) for width in FORM_WIDTH)
        self.side.setFixedWidth(min(most, max(least, self.width() // 4)))

    def _restyle(self, _: object = None) -> None:
        if refresh(self):
            self.chooser.align()
            self._size_side()
