"""The window behind Analyse > Evaluate on a folder…: how good a checkpoint is, and where not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import QFileDialog, QMenu, QStackedWidget, QVBoxLayout, QWidget

from .. import evaluation_words
from ..file_questions import FolderContents, Table, ThumbnailsAnswer
from ..questions import CheckpointInfo, Preprocessing
from . import evaluation, theme
from .about import TextDialog, table
from .evaluation import words
from .evaluation.results import Measured
from .evaluation.running_row import RunningRow
from .evaluation.setup_page import SetupPage

if TYPE_CHECKING:
    from .evaluation.results_page import ResultsPage

DEFAULT_SIZE = QSize(1120, 760)
SMALLEST = QSize(720, 480)
PREPARE_MS = 150
"""After which the second page is made: not at once, so that the first one is there sooner."""
LISTED = 1000
"""Photos that the list of what was left out names."""


class EvaluationWindow(QWidget):
    """Two pages, what is to be measured and what came of it; signals and setters only."""

    look_requested = Signal(object)
    """A :class:`Wanted`: what photos does the folder hold?"""
    start_requested = Signal(object)
    """A :class:`Wanted`."""
    cancel_requested = Signal()
    photo_requested = Signal(object)
    """(path, :class:`Measured`): look at a photo as it was measured."""
    thumbnails_requested = Signal(object)
    """Paths (tuple of str)."""
    save_requested = Signal(object)
    """(:class:`Measured`, name of the table, path)."""
    python_requested = Signal(object)
    """A :class:`Measured`, to be copied as Python."""

    def __init__(self, folder: str = "") -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.setObjectName("evaluation")
        self._info: CheckpointInfo | None = None
        self._page: ResultsPage | None = None
        self.setup, self.pages = SetupPage(), QStackedWidget()
        self.running = RunningRow()
        self.pages.addWidget(self.setup)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.running)
        layout.addWidget(self.pages)
        self.setAcceptDrops(True)
        self.setMinimumSize(SMALLEST)
        self._preparing = QTimer(self, singleShot=True, interval=PREPARE_MS)
        self._preparing.timeout.connect(self._prepare)
        self._preparing.start()
        self._connect()
        self._fit()
        self.setup.set_folder(folder)
        self._entitle()

    def _connect(self) -> None:
        self.setup.changed.connect(self.look_requested)
        self.setup.start_requested.connect(self.start_requested)
        self.setup.back_requested.connect(self.show_results)
        self.running.cancel_requested.connect(self.cancel_requested)
        close = QShortcut(QKeySequence(QKeySequence.StandardKey.Close), self)
        close.activated.connect(self.close)
        cancel = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        cancel.activated.connect(self.cancel_requested)

    def _prepare(self) -> None:
        """Make the second page, its parts first: two short stops are not felt, a long one is."""
        if not hasattr(evaluation, "results_page"):
            from .evaluation import results_page  # noqa: F401

            self._preparing.start(0)
        elif self._page is None:
            self._make_results()

    @property
    def results(self) -> ResultsPage:
        """The second page."""
        return self._page or self._make_results()

    def _make_results(self) -> ResultsPage:
        from .evaluation.results_page import ResultsPage

        page = self._page = ResultsPage()
        self.pages.addWidget(page)
        page.setup_requested.connect(self.show_setup)
        page.changed.connect(self._entitle)
        page.opened.connect(self._open)
        page.thumbnails.wanted.connect(self.thumbnails_requested)
        self._fill(page.export.menu())
        return page

    @property
    def shown(self) -> Measured | None:
        """The evaluation that is shown, or would be."""
        return self._page.shown if self._page is not None else None

    @property
    def on_results(self) -> bool:
        """Whether the second page is in front."""
        return self._page is not None and self.pages.currentWidget() is self._page

    def _fill(self, menu: QMenu) -> None:
        menu.addAction("Copy the summary", self.copy_summary)
        menu.addAction("Copy as Python", lambda: self._emit_shown(self.python_requested))
        menu.addSeparator()
        menu.addAction("Save the classes as CSV…", lambda: self.save("classes"))
        menu.addAction("Save the confusions as CSV…", lambda: self.save("confusions"))
        menu.addSeparator()
        self.left_out = menu.addAction("What was left out…", self.show_left_out)

    # --- pages ---

    def show_setup(self) -> None:
        """Ask what to measure."""
        self.pages.setCurrentWidget(self.setup)
        self._entitle()
        self.setup.forget()
        self.setup.folder.setFocus()

    def show_results(self) -> None:
        """Show what was measured."""
        self.pages.setCurrentWidget(self.results)
        self._entitle()

    def _entitle(self) -> None:
        shown = self.shown
        if self.on_results and shown is not None:
            self.setWindowTitle(f"Evaluation: {words.title(shown)}")
        elif self._info is not None:
            self.setWindowTitle(f"Evaluate {self._info.name} on a folder")
        else:
            self.setWindowTitle("Evaluate on a folder")
        if shown is not None:
            answer = shown.answer
            self.left_out.setEnabled(bool(answer.left_out or answer.unreadable_count))

    # --- what is told ---

    def set_checkpoint(self, info: CheckpointInfo | None, preprocessing: Preprocessing) -> None:
        """Say which network would be measured; results stay what they are of."""
        other = info is None or self._info is None or info.classes != self._info.classes
        self._info = info
        self.setup.set_checkpoint(info, preprocessing)
        if other and info is not None and not self.on_results:
            self.setup.forget()
        self._entitle()

    def set_contents(self, contents: FolderContents | str) -> None:
        """Say what the folder holds, or that it is being looked into."""
        self.setup.set_contents(contents)

    def set_problem(self, sentence: str) -> None:
        """Say in one sentence what went wrong, where it is looked for."""
        if self.on_results:
            self.results.set_problem(sentence)
        else:
            self.setup.set_problem(sentence)

    def set_running(self, running: bool) -> None:
        """Say whether an evaluation runs."""
        self.setup.set_busy(running)
        self.running.setVisible(running)

    def set_progress(self, fraction: float, text: str) -> None:
        """Say how far it is."""
        self.running.set_progress(fraction, text)

    def set_results(self, results: Mapping[object, Measured], show: object = None) -> None:
        """Take the evaluations there are; ``show`` is the token of one to bring to the front."""
        self.setup.set_results(bool(results))
        if results:
            self.results.set_results(results, show)
        self._entitle()

    def take_thumbnails(self, answer: ThumbnailsAnswer) -> None:
        """Take pictures that were asked for."""
        self.results.thumbnails.take(answer.pictures, answer.failures)

    # --- what is asked ---

    def _emit_shown(self, signal: Signal) -> None:
        if self.shown is not None:
            signal.emit(self.shown)

    def _open(self, path: str) -> None:
        if self.shown is not None:
            self.photo_requested.emit((path, self.shown))

    def copy_summary(self) -> None:
        """Put the numbers on the clipboard, in lines."""
        shown = self.shown
        if shown is not None:
            text = f"{words.title(shown)}\n{evaluation_words.as_text(shown.answer)}\n"
            QGuiApplication.clipboard().setText(text)

    def save(self, name: Table) -> None:
        """Ask for a file and have a table written to it."""
        shown = self.shown
        if shown is None:
            return
        begin = Path(shown.answer.question.folder).parent / f"{shown.info.name} {name}.csv"
        path, _ = QFileDialog.getSaveFileName(self, "Save as CSV", str(begin), "CSV (*.csv)")
        if path:
            self.save_requested.emit((shown, name, path))

    def show_left_out(self) -> None:
        """Show what was not measured, and why."""
        shown = self.shown
        if shown is None:
            return
        answer = shown.answer
        rows = [(words.photos(row.photos), words.one_left_out(row)) for row in answer.left_out]
        rows += [
            ("could not be read", f"{path}: {why}") for path, why in answer.unreadable[:LISTED]
        ]
        dialog = TextDialog("What was left out", table(rows), self)
        dialog.show()

    # --- drops ---

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take folders and files."""
        if _path(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Go on taking them."""
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take a folder as the photos, a file of text as the list."""
        path = _path(event.mimeData())
        event.acceptProposedAction()
        if self.on_results:
            self.show_setup()
        if path.is_dir():
            self.setup.set_folder(str(path))
        elif path.suffix.lower() in (".txt", ".csv", ".tsv", ".lst"):
            self.setup.set_list(str(path))
        else:
            self.setup.set_problem(
                f"“{path.name}” is neither a folder nor a list: drop the folder that holds a "
                "folder of photos for each class."
            )

    # --- size ---

    def _fit(self) -> None:
        room = self.screen().availableGeometry().size() - QSize(32, 64)
        size = DEFAULT_SIZE * max(1.0, theme.text_scale())
        self.resize(size.boundedTo(room).expandedTo(SMALLEST))

    def place_over(self, other: QWidget) -> None:
        """Stand in the middle of another window, as far as the screen allows."""
        corner = other.frameGeometry().center() - self.rect().center()
        area = other.screen().availableGeometry()
        last = area.bottomRight() - self.rect().bottomRight()
        left = max(area.left(), min(corner.x(), last.x()))
        self.move(left, max(area.top(), min(corner.y(), last.y())))


def _path(mime: QMimeData) -> Path | None:
    """Return the one file or folder that a drag brings, or None."""
    local = [url.toLocalFile() for url in mime.urls() if url.isLocalFile()]
    return Path(local[0]) if len(local) == 1 else None
