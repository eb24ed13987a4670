"""The predictions view: the three heads' answers over the same classes."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..questions import Predictions
from . import theme
from .head_words import HeadNote, fitted_sentence
from .predictions.rows import as_csv, as_text, found_rows, top_rows, verdict
from .predictions.table import PredictionTable
from .view import View

COUNTS = (("Auto", 0), ("Top 5", 5), ("Top 10", 10), ("Top 20", 20))
"""What the count box offers; 0 is as many as there is room for."""
LEAST = 5
"""The fewest rows, however little room there is: the table then scrolls."""
BEFORE_PAINTING = "before painting"


class PredictionsView(View):
    """Shows aux1, aux2 and main next to each other, so that the answer's forming shows."""

    class_selected = Signal(object)
    """Emitted with a class's index when it is clicked or entered."""
    classes_requested = Signal()
    """Emitted when the list of all classes is wanted."""
    copy_python_requested = Signal(object)
    python_kind = "predictions"
    """Emitted with ``"predictions"``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Predictions", parent)
        self._predictions: Predictions | None = None
        self._untouched: Predictions | None = None
        self._before = ""
        self._notes: Mapping[str, HeadNote] = {}
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.search = self._make_search()
        self.count = self._make_count()
        self.percent, self.logits = self._make_units()
        self.table = PredictionTable()
        self.table.class_selected.connect(self.class_selected)
        self.table.room_changed.connect(self._refresh_if_fitting)
        self.known = QToolButton()
        self.known.setProperty("flat", True)
        self.known.clicked.connect(lambda: self.classes_requested.emit())
        self._add_actions()
        self._lay_out()
        self.set_predictions(None)

    @property
    def shown_image(self) -> str | None:
        """Content hash of the photo this view shows."""
        return self._predictions.image if self._predictions is not None else None

    def set_predictions(self, predictions: Predictions | None) -> None:
        """Show an answer; None empties the view."""
        self._predictions = predictions
        if predictions is None:
            self.show_empty(
                "No photo yet. Drop one on the window and the three heads say what they see."
            )
            return
        self._say()
        self.known.setText(f"{len(predictions.classes)} classes it knows…")
        self._refresh()
        self.show_content()

    def set_untouched(self, predictions: Predictions | None, before: str = BEFORE_PAINTING) -> None:
        """Mark beside each bar what the heads said before something was done.

        ``before`` says before what: ``"before painting"``, ``"before intervening"``.
        """
        if (predictions, before) != (self._untouched, self._before):
            self._untouched, self._before = predictions, before
            self._say()
            self._refresh()

    def set_heads(self, notes: Mapping[str, HeadNote]) -> None:
        """Say what there is to say of the heads: it shows as their names' tool tips."""
        self._notes = dict(notes)
        said = [note.sentence for note in self._notes.values() if note.sentence]
        self.sentence.setToolTip("\n".join(said))
        self._say()
        self._refresh()

    def _say(self) -> None:
        if self._predictions is not None:
            marks = f"Marks: {self._before}." if self._untouched is not None else ""
            said = (verdict(self._predictions), fitted_sentence(self._notes), marks)
            self.sentence.setText(" ".join(filter(None, said)))

    def set_selected(self, index: int | None) -> None:
        """Mark the class that the attribution explains, or none."""
        self.table.set_selected(index)

    def copy_text(self) -> None:
        """Put the rows shown on the clipboard, as tab-separated lines."""
        if self._predictions is not None:
            QGuiApplication.clipboard().setText(as_text(self._predictions, self.table.rows))

    def copy_csv(self) -> None:
        """Put every class on the clipboard as CSV, in the order of the logits."""
        if self._predictions is not None:
            every = list(range(len(self._predictions.classes)))
            QGuiApplication.clipboard().setText(as_csv(self._predictions, every))

    # --- construction ----------------------------------------------------------------

    def _make_search(self) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText("Find a class…")
        field.setAccessibleName("Find a class")
        field.setClearButtonEnabled(True)
        field.setMinimumWidth(48)
        field.textChanged.connect(self._refresh)
        field.returnPressed.connect(self._enter_table)
        return field

    def _make_count(self) -> QComboBox:
        box = QComboBox()
        for text, count in COUNTS:
            box.addItem(text, count)
        box.setAccessibleName("How many classes")
        box.setToolTip(
            "How many classes are listed: every head's top ones, by main's probability; "
            "auto: as many as there is room for"
        )
        box.currentIndexChanged.connect(self._refresh)
        return box

    def _make_units(self) -> tuple[QToolButton, QToolButton]:
        group = QButtonGroup(self)
        made = []
        for text, tip in (("%", "Show probabilities"), ("logits", "Show logits, before softmax")):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            group.addButton(button)
            made.append(button)
        made[0].setChecked(True)
        group.buttonToggled.connect(self._refresh)
        return made[0], made[1]

    def _add_actions(self) -> None:
        copy = self._action("Copy rows as text", self.copy_text)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._action("Copy all classes as CSV", self.copy_csv)
        self._action("Copy as Python", self.ask_for_python)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _action(self, text: str, act: object) -> QAction:
        action = QAction(text, self.table)
        action.triggered.connect(act)
        self.table.addAction(action)
        return action

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(theme.GRID)
        units = QHBoxLayout()
        units.setSpacing(0)
        units.addWidget(self.percent)
        units.addWidget(self.logits)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.count)
        tools.addLayout(units)
        head = QVBoxLayout()
        head.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, 0)
        head.setSpacing(theme.GRID)
        head.addWidget(self.sentence)
        head.addLayout(tools)
        content = QFrame()
        content.setProperty("role", "panel")
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.known, 0, Qt.AlignmentFlag.AlignLeft)
        self.set_content(content)

    # --- upkeep ----------------------------------------------------------------------

    def _refresh(self) -> None:
        predictions = self._predictions
        if predictions is None:
            return
        wanted = self.search.text().strip()
        if wanted:
            rows = found_rows(predictions, wanted)
        else:
            count = self.count.currentData() or max(LEAST, self.table.room)
            rows = top_rows(predictions, count, self._untouched)
        self.table.set_rows(
            predictions,
            rows,
            logits=self.logits.isChecked(),
            notes=self._notes,
            untouched=self._untouched,
            before=self._before,
            empty=f"None of the {len(predictions.classes)} classes has “{wanted}” in its name.",
        )

    def _refresh_if_fitting(self) -> None:
        if self.count.currentData() == 0 and not self.search.text().strip():
            self._refresh()

    def _enter_table(self) -> None:
        if self.table.rows:
            self.table.setFocus(Qt.FocusReason.TabFocusReason)
