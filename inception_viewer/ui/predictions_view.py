"""The predictions view: the three heads' answers over the same classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QResizeEvent
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
from .predictions.paint import Sheet
from .predictions.rows import as_csv, as_text, found_rows, top_rows, verdict
from .predictions.table import PredictionTable
from .view import View

if TYPE_CHECKING:
    from .predictions.follow_panel import FollowPanel

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
    followed_changed = Signal(object)
    """Emitted with the classes (tuple of int) that shall stay listed."""
    copy_python_requested = Signal(object)
    python_kind = "predictions"
    """Emitted with ``"predictions"``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Predictions", parent)
        self._predictions: Predictions | None = None
        self._untouched: Predictions | None = None
        self._before = self._done = ""
        self._followed: tuple[int, ...] = ()
        self._panel: FollowPanel | None = None
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
        self._follow_panel()
        self.known.setText(f"{len(predictions.classes)} classes it knows…")
        self._refresh()
        self.show_content()

    @property
    def predictions(self) -> Predictions | None:
        """The answer that is shown."""
        return self._predictions

    @property
    def untouched(self) -> Predictions | None:
        """The answer before something was done to the photo or the network, if it was."""
        return self._untouched

    def set_untouched(
        self, predictions: Predictions | None, before: str = BEFORE_PAINTING, done: str = ""
    ) -> None:
        """Mark beside each bar what the heads said before something was done.

        ``before`` says before what: ``"before painting"``, ``"before intervening"``; ``done`` is
        what was done, for what is copied.
        """
        self._done = done
        if (predictions, before) != (self._untouched, self._before):
            self._untouched, self._before = predictions, before
            self._say()
            self._refresh()

    def set_heads(self, notes: Mapping[str, HeadNote]) -> None:
        """Say what there is to say of the heads: it shows as their names' tool tips."""
        self._notes = dict(notes)
        self._say()
        self._refresh()

    def set_followed(self, classes: tuple[int, ...]) -> None:
        """Keep these classes listed, whatever the heads say of them."""
        self._followed = classes
        self._refresh()

    def _follow_panel(self) -> FollowPanel:
        """Return the part below; made once there is an answer, well after the first paint."""
        if self._panel is None:
            from .predictions.follow_panel import FollowPanel

            self._panel = FollowPanel()
            self._panel.changed.connect(self.followed_changed)
            self._panel.table.class_selected.connect(self.class_selected)
            self._panel.table.set_selected(self.table.selected)
            self._under.insertWidget(self._under.indexOf(self.table) + 1, self._panel)
            self._foot.addWidget(self._panel.chooser, 1)
        return self._panel

    @property
    def panel(self) -> FollowPanel:
        """The classes that are followed."""
        return self._follow_panel()

    def _follow_focused(self) -> None:
        if self.table.focused_class is not None:
            self._follow_panel().add(self.table.focused_class)

    def _say(self) -> None:
        if self._predictions is not None:
            marks = f"Marks: {self._before}." if self._untouched is not None else ""
            said = (verdict(self._predictions), fitted_sentence(self._notes), marks)
            self.sentence.setText(" ".join(filter(None, said)))
            tips = [f"With {self._done}."] if self._done and self._untouched is not None else []
            tips += [note.sentence for note in self._notes.values() if note.sentence]
            self.sentence.setToolTip("\n".join(tips))

    def set_selected(self, index: int | None) -> None:
        """Mark the class that the attribution explains, or none."""
        self.table.set_selected(index)
        if self._panel is not None:
            self._panel.table.set_selected(index)

    def copy_text(self) -> None:
        """Put the rows shown on the clipboard, as tab-separated lines."""
        if self._predictions is not None:
            rows = list(dict.fromkeys((*self.table.rows, *self._followed)))
            told = as_text(self._predictions, rows, self._untouched, self._before)
            QGuiApplication.clipboard().setText(told)

    def copy_csv(self) -> None:
        """Put every class on the clipboard as CSV, in the order of the logits."""
        if self._predictions is not None:
            every = list(range(len(self._predictions.classes)))
            told = as_csv(self._predictions, every, self._untouched, self._done)
            QGuiApplication.clipboard().setText(told)

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
        self._action("Follow this class", self._follow_focused)
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
        self._under = layout
        self._foot = QHBoxLayout()
        self._foot.setContentsMargins(0, 0, theme.GRID, 4)
        self._foot.addWidget(self.known)
        layout.addLayout(self._foot)
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
        sheet = Sheet(
            predictions, self.logits.isChecked(), self._notes, self._untouched, self._before
        )
        self._follow_panel().set_sheet(sheet, self._followed)
        self._fit()

    def _refresh_if_fitting(self) -> None:
        if self.count.currentData() == 0 and not self.search.text().strip():
            self._refresh()

    def _enter_table(self) -> None:
        if self.table.rows:
            self.table.setFocus(Qt.FocusReason.TabFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave room for a top class at least."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._panel is None:
            return
        above, below = self._under.itemAt(0), self._foot.sizeHint().height()
        head = max(above.heightForWidth(self.width()), above.sizeHint().height())
        self.table.setMinimumHeight(self.table.least_height)
        self._panel.fit(self.height() - head - below - self.table.least_height)
