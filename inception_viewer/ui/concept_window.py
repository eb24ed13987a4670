"""The window behind Analyse > Test concepts…: what a class rests on, shown by example."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from .. import concept_words
from ..file_questions import PhotosFound, ThumbnailsAnswer
from ..questions import CheckpointInfo, Preprocessing
from . import theme
from .concepts import words
from .concepts.dropping import folders_of
from .concepts.form import ConceptForm
from .concepts.panel import ResultPanel
from .concepts.picture import picture_of
from .concepts.tested import Tested, Wanted
from .evaluation.running_row import RunningRow
from .evaluation.thumbnails import ThumbnailStore
from .small_label import SmallLabel

DEFAULT_SIZE = QSize(1120, 760)
SMALLEST = QSize(720, 440)
FORM_WIDTH = 376


class ConceptWindow(QWidget):
    """The fields on the left, what came of them on the right; signals and setters only."""

    look_requested = Signal(object)
    """A folder (str): how many photos does it hold?"""
    thumbnails_requested = Signal(object)
    """Paths (tuple of str)."""
    start_requested = Signal(object)
    """A :class:`Wanted`."""
    cancel_requested = Signal()
    save_requested = Signal(object)
    """(:class:`Tested`, path): its numbers, as CSV."""
    python_requested = Signal(object)
    """A :class:`Tested`, to be copied as Python."""
    saved = Signal(object)
    """Path of a picture that was written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("concepts")
        self._info: CheckpointInfo | None = None
        self._running = False
        self.thumbnails = ThumbnailStore(self)
        self.form, self.panel = ConceptForm(self.thumbnails), ResultPanel()
        self.running = RunningRow()
        self.obstacle, self.problem = SmallLabel("muted"), SmallLabel("error")
        self.start_button = QPushButton("Test")
        self.setAcceptDrops(True)
        self._arrange()
        self._connect()
        self._fill(self.panel.export.menu())
        theme.broadcast.changed.connect(self._restyle)
        self._fit()
        self._refresh()

    def _arrange(self) -> None:
        grid = theme.GRID
        self.start_button.setProperty("primary", True)
        self.problem.setAccessibleName("What went wrong")
        self.obstacle.setAccessibleName("What is missing")
        self.problem.hide()
        self.left = QWidget()
        column = QVBoxLayout(self.left)
        column.setContentsMargins(2 * grid, 2 * grid, grid, 2 * grid)
        column.setSpacing(grid)
        column.addWidget(self.form, 1)
        for part in (self.form.where, self.problem, self.obstacle, self.start_button):
            column.addWidget(part)
        beside = QHBoxLayout()
        beside.setSpacing(0)
        beside.addWidget(self.left)
        beside.addWidget(self.panel, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.running)
        layout.addLayout(beside, 1)
        self.form.order()

    def _connect(self) -> None:
        self.form.changed.connect(self._edited)
        self.form.look_requested.connect(self.look_requested)
        self.thumbnails.wanted.connect(self.thumbnails_requested)
        self.start_button.clicked.connect(self._start)
        self.running.cancel_requested.connect(self.cancel_requested)
        self.running.cancel_button.setToolTip("The runs that are done stay (Esc)")
        for keys, act in (
            (QKeySequence(QKeySequence.StandardKey.Close), self.close),
            (QKeySequence(Qt.Key.Key_Escape), self.cancel_requested.emit),
            (QKeySequence("Ctrl+Return"), self._start),
        ):
            QShortcut(keys, self).activated.connect(act)

    def _fill(self, menu: QMenu) -> None:
        menu.addAction("Copy the numbers", self.copy_numbers)
        menu.addAction("Copy as Python", self._copy_python)
        menu.addSeparator()
        menu.addAction("Save the numbers as CSV…", self.save_numbers)
        menu.addAction("Save the picture…", self.save_picture)

    # --- what is told ---

    @property
    def shown(self) -> Tested | None:
        """The test that is shown."""
        return self.panel.tested

    def set_checkpoint(self, info: CheckpointInfo | None, preprocessing: Preprocessing) -> None:
        """Say which network would be tested; a test that is shown stays what it is of."""
        self._info = info
        self.form.set_checkpoint(info, preprocessing)
        self.setWindowTitle(f"Test concepts of {info.name}" if info else "Test concepts")
        self.panel.say_nothing_yet(words.ABOUT if info else words.NO_CHECKPOINT)
        self._refresh()

    def set_wanted(self, wanted: Wanted) -> None:
        """Offer the folders of a former test."""
        self.form.set_wanted(wanted)

    def set_contents(self, folder: str, contents: PhotosFound | str) -> None:
        """Say what a folder holds, or why it does not do."""
        self.form.set_contents(folder, contents)

    def take_thumbnails(self, answer: ThumbnailsAnswer) -> None:
        """Take pictures that were asked for."""
        self.thumbnails.take(answer.pictures, answer.failures)

    def set_problem(self, sentence: str) -> None:
        """Say in one sentence what went wrong; ``""`` for nothing."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def set_running(self, running: bool) -> None:
        """Say whether a test runs: they run one at a time."""
        self._running = running
        self.running.setVisible(running)
        self._refresh()

    def set_progress(self, fraction: float, text: str) -> None:
        """Say how far it is."""
        self.running.set_progress(fraction, text)

    def set_tested(self, tested: Tested) -> None:
        """Show what has come of a test so far."""
        self.panel.set_tested(tested)

    def _edited(self) -> None:
        self.set_problem("")
        self._refresh()

    def _refresh(self) -> None:
        missing = self.form.wanted.obstacle if self._info is not None else words.NO_CHECKPOINT
        self.start_button.setEnabled(not missing and not self._running)
        self.obstacle.setText(missing)
        self.obstacle.setVisible(bool(missing) and not self._running)

    # --- what is asked ---

    def _start(self) -> None:
        if self.start_button.isEnabled():
            self.set_problem("")
            self.start_requested.emit(self.form.wanted)

    def copy_numbers(self) -> None:
        """Put the numbers on the clipboard, in lines."""
        if self.shown is not None:
            QGuiApplication.clipboard().setText(concept_words.as_text(self.shown.answers) + "\n")

    def _copy_python(self) -> None:
        if self.shown is not None:
            self.python_requested.emit(self.shown)

    def save_numbers(self) -> None:
        """Ask for a file and have the numbers written to it."""
        path = self._ask_file("Save the numbers as CSV", ".csv", "CSV (*.csv)")
        if path:
            self.save_requested.emit((self.shown, path))

    def save_picture(self) -> None:
        """Ask for a file and write the chart to it."""
        path = self._ask_file("Save the picture", ".png", "PNG (*.png)")
        if not path or self.shown is None:
            return
        if picture_of(self.shown).save(path, "PNG"):
            self.saved.emit(path)
        else:
            self.set_problem(f"{path} cannot be written.")

    def _ask_file(self, title: str, ending: str, kinds: str) -> str:
        shown = self.shown
        if shown is None:
            return ""
        folder = Path(shown.wanted.photos).parent
        begin = str(folder / (words.default_file(shown) + ending))
        path, _ = QFileDialog.getSaveFileName(self, title, begin, kinds)
        return path if not path or Path(path).suffix else path + ending

    # --- drops ---

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take folders, and photos for the folder that they lie in."""
        if folders_of(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Go on taking them."""
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what falls beside the cards as concepts."""
        folders = folders_of(event.mimeData())
        if folders:
            event.acceptProposedAction()
            self.form.add_folders(folders)

    # --- size ---

    def _restyle(self, _theme: object) -> None:
        self._fit_form()

    def _fit_form(self) -> None:
        room = self.screen().availableGeometry().width()
        self.left.setFixedWidth(min(round(FORM_WIDTH * theme.text_scale()), room * 2 // 5))

    def _fit(self) -> None:
        room = self.screen().availableGeometry().size() - QSize(32, 64)
        size = DEFAULT_SIZE * max(1.0, theme.text_scale())
        self.setMinimumSize(SMALLEST.boundedTo(room))
        self.resize(size.boundedTo(room).expandedTo(self.minimumSize()))
        self._fit_form()

    def place_over(self, other: QWidget) -> None:
        """Stand in the middle of another window, as far as the screen allows."""
        corner = other.frameGeometry().center() - self.rect().center()
        area = other.screen().availableGeometry()
        last = area.bottomRight() - self.rect().bottomRight()
        left = max(area.left(), min(corner.x(), last.x()))
        self.move(left, max(area.top(), min(corner.y(), last.y())))
