"""The first step: which folder, perhaps a list, perhaps a CSV file; what is there; Start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ...file_questions import FolderContents
from ...questions import CheckpointInfo, Preprocessing
from .. import theme
from ..elided_field import ElidedField
from . import words

WIDEST = 720
"""Of the column, in logical pixels: longer lines are hard to read."""
LISTS = "Lists (*.txt *.csv *.tsv *.lst);;All files (*)"
TABLES = "CSV (*.csv);;All files (*)"
INVITATION = (
    "Choose a folder that holds a folder of photos for each class, or drop one here. Folders "
    "are named like the classes, in any spelling, by their WordNet ids, or by their numbers."
)


@dataclass(frozen=True)
class Wanted:
    """What is to be measured, as the fields say it; paths, ``""`` for none."""

    folder: str = ""
    list_file: str = ""
    csv: str = ""


class SetupPage(QScrollArea):
    """Asks for the folder; knows nothing of what is in it until it is told."""

    changed = Signal(object)
    """The folder or the list is another one: a :class:`Wanted`."""
    start_requested = Signal(object)
    """A :class:`Wanted`."""
    back_requested = Signal()
    """Look at the results."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._busy = self._ready = False
        self._told: Wanted | None = None
        self.heading, self.sentence, self.input = QLabel(), _muted(INVITATION), _muted()
        self.folder = _field("Folder of photos", "A folder with a folder for each class")
        self.list = _field("List of photos and labels", "None: folders are the classes")
        self.csv = _field("CSV file to write", "None: nothing is written")
        self.found, self.problem = QLabel(), QLabel()
        self.start_button, self.back_button = QPushButton("Start"), QPushButton("Back to results")
        self._dress()
        self._arrange()
        self._connect()
        self.set_contents("")

    def _dress(self) -> None:
        for label in (self.heading, self.found, self.problem):
            label.setWordWrap(True)
        self.heading.setProperty("role", "section")
        self.problem.setProperty("role", "error")
        self.found.setAccessibleName("What the folder holds")
        self.problem.setAccessibleName("What is wrong")
        self.start_button.setProperty("primary", True)
        self.back_button.hide()

    def _arrange(self) -> None:
        grid = theme.GRID
        self._card = card = QFrame()
        card.setProperty("role", "card")
        fields = QGridLayout()
        fields.setSpacing(grid)
        fields.setColumnStretch(1, 1)
        rows = (
            ("Folder", self.folder, self.choose_folder, False),
            ("List (optional)", self.list, self.choose_list, True),
            ("Write CSV (optional)", self.csv, self.choose_csv, True),
        )
        self.choose_buttons: list[QPushButton] = []
        for row, (name, field, choose, clears) in enumerate(rows):
            label, button = QLabel(name), QPushButton("Choose…")
            label.setBuddy(field)
            button.setAccessibleName(f"Choose: {field.accessibleName()}")
            button.clicked.connect(choose)
            field.setClearButtonEnabled(clears)
            self.choose_buttons.append(button)
            for column, widget in enumerate((label, field, button)):
                fields.addWidget(widget, row, column)
        buttons = QHBoxLayout()
        buttons.setSpacing(grid)
        buttons.addWidget(self.back_button)
        buttons.addStretch(1)
        buttons.addWidget(self.start_button)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(*[2 * grid] * 4)
        inside.setSpacing(2 * grid)
        for part in (self.heading, self.sentence):
            inside.addWidget(part)
        inside.addLayout(fields)
        for part in (self.found, self.problem, self.input):
            inside.addWidget(part)
        inside.addLayout(buttons)
        self.setWidget(_column(card))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.widget().setAutoFillBackground(False)

    def _connect(self) -> None:
        self.folder.editingFinished.connect(self.tell)
        self.list.editingFinished.connect(self.tell)
        self.list.textChanged.connect(self._tell_of_none)
        for field in (self.folder, self.list):
            field.textEdited.connect(lambda _text: self.set_contents(""))
        self.folder.returnPressed.connect(self.tell)
        self.start_button.clicked.connect(lambda: self.start_requested.emit(self.wanted))
        self.back_button.clicked.connect(self.back_requested)

    # --- what is asked for ---

    @property
    def wanted(self) -> Wanted:
        """What the fields say."""
        fields = (self.folder, self.list, self.csv)
        return Wanted(*(field.text().strip().strip("\"'") for field in fields))

    def set_folder(self, folder: str) -> None:
        """Take another folder."""
        self.folder.setText(folder)
        self.tell()

    def set_list(self, file: str) -> None:
        """Take a list of photos and labels; its folder, if none is chosen yet."""
        self.list.setText(file)
        if not self.folder.text().strip():
            self.folder.setText(str(Path(file).parent))
        self.tell()

    def tell(self) -> None:
        """Tell what is to be looked into, if that is something else than before."""
        wanted = Wanted(self.wanted.folder, self.wanted.list_file)
        if wanted != self._told:
            self._told = wanted
            self.set_contents("")
            self.changed.emit(wanted)

    def _tell_of_none(self, text: str) -> None:
        if not text:
            self.tell()

    def forget(self) -> None:
        """Look again, even into the same folder: the network is another one."""
        self._told = None
        self.tell()

    def choose_folder(self) -> None:
        """Ask for the folder."""
        begin = self.wanted.folder
        path = QFileDialog.getExistingDirectory(self.window(), "Evaluate on a folder", begin)
        if path:
            self.set_folder(path)

    def choose_list(self) -> None:
        """Ask for the list."""
        begin = self.wanted.list_file or self.wanted.folder
        path, _ = QFileDialog.getOpenFileName(self.window(), "List of photos", begin, LISTS)
        if path:
            self.set_list(path)

    def choose_csv(self) -> None:
        """Ask for the file to write."""
        begin = self.wanted.csv or str(Path(self.wanted.folder).parent / "evaluation.csv")
        path, _ = QFileDialog.getSaveFileName(self.window(), "Write a line a photo", begin, TABLES)
        if path:
            self.csv.setText(path)

    # --- what is told ---

    def set_checkpoint(self, info: CheckpointInfo | None, preprocessing: Preprocessing) -> None:
        """Say which network is measured, and how photos become its inputs."""
        self.heading.setText(f"How often is “{info.name}” right?" if info else "No checkpoint")
        own = info is not None and preprocessing == info.preprocessing
        self.input.setText(words.input_made(preprocessing, own) if info else "")

    def set_contents(self, contents: FolderContents | str) -> None:
        """Say what the folder holds, or that it is being looked into."""
        self._ready = isinstance(contents, FolderContents)
        if isinstance(contents, FolderContents):
            lines = words.found(contents), words.left_out(contents.left_out)
            self.found.setText("\n".join(filter(None, lines)))
            listed = [words.one_left_out(row) for row in contents.left_out[:30]]
            self.found.setToolTip("\n".join(listed))
        else:
            self.found.setText(contents)
            self.found.setToolTip("")
        self.set_problem("")

    def set_problem(self, sentence: str) -> None:
        """Say in one sentence why there is nothing to measure."""
        if sentence:
            self._ready = False
            self.found.setText("")
        self.problem.setText(sentence)
        for label in (self.found, self.problem):
            label.setVisible(bool(label.text()))
        self._refresh()

    def set_busy(self, busy: bool) -> None:
        """Say whether an evaluation runs: they run one at a time."""
        self._busy = busy
        self._refresh()

    def set_results(self, there: bool) -> None:
        """Say whether there are results to go back to."""
        self.back_button.setVisible(there)

    def _refresh(self) -> None:
        self.start_button.setEnabled(self._ready and not self._busy)
        tip = "Another evaluation runs; wait for it or cancel it." if self._busy else ""
        self.start_button.setToolTip(tip)


def _field(name: str, hint: str) -> ElidedField:
    made = ElidedField()
    made.setAccessibleName(name)
    made.setPlaceholderText(hint)
    return made


def _muted(text: str = "") -> QLabel:
    made = QLabel(text)
    made.setWordWrap(True)
    made.setProperty("role", "muted")
    return made


def _column(card: QWidget) -> QWidget:
    """Return the card in the middle of whatever room there is."""
    card.setMaximumWidth(WIDEST)
    card.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    page = QWidget()
    across = QHBoxLayout()
    across.addStretch(1)
    across.addWidget(card, 100)
    across.addStretch(1)
    layout = QVBoxLayout(page)
    layout.setContentsMargins(*[2 * theme.GRID] * 4)
    layout.addStretch(1)
    layout.addLayout(across)
    layout.addStretch(2)
    return page
