"""Branch importance: the table of what the class loses, and conductance's credit beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...googlenet.variants import BRANCH_OUTPUT
from ...intervention_questions import BranchImportanceAnswer
from ...intervention_words import disagreeing, importance_rows
from .. import theme
from ..attribution.scale_bar import ScaleBar
from ..maps.elided import ElidedLabel
from ..maps.restyle import panel, see_through
from ..small_label import SmallLabel
from . import heats, words
from .heat_table import Heat, HeatTable, Place
from .importance_export import picture_of, save
from .importance_form import ImportanceForm

BESIDE_FROM = 560
"""Logical pixels at text scale 1 from which the words stand beside the table."""
HINT = "Press Compute to ablate each branch in turn and see what the class loses."
CHOOSE = "Click a cell, or press Enter on it, to select its branch."
FILES = "PNG picture (*.png)", "Table (*.csv)"


class TableBox(QWidget):
    """A table with its colour bar below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table, self.bar = HeatTable(), ScaleBar()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self.table)
        column.addWidget(self.bar)
        column.addStretch(1)

    def set_heat(self, heat: Heat | None) -> None:
        """Show a table, with the range of its colours."""
        self.table.set_heat(heat)
        self.bar.set_colouring(heat.colouring if heat is not None else None)
        self.setVisible(heat is not None)


UNITS = {**BRANCH_OUTPUT, "pooled": "pool"}
"""The units of columns that are not called like them."""


class ImportancePage(QWidget):
    """The form, the tables and what is said of them.

    Signals: ``unit_chosen(unit)`` of a cell, ``switch_off_asked(unit)``,
    ``table_requested(rows, path)`` to be written as CSV, ``copy_python_requested()``.
    """

    unit_chosen = Signal(object)
    switch_off_asked = Signal(object)
    table_requested = Signal(object, object)
    copy_python_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer: BranchImportanceAnswer | None = None
        self._classes: Sequence[str] = ()
        self._place: Place | None = None
        self.form = ImportanceForm()
        self.lost, self.credit = TableBox(), TableBox()
        self.sentence, self.cell = QLabel(HINT), SmallLabel("")
        self.brief = ElidedLabel()
        self.brief.setProperty("role", "muted")
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.agreement, self.problem = SmallLabel("warning"), SmallLabel("error")
        self.stories, self.aside = SmallLabel("muted"), SmallLabel("muted")
        self.off = QPushButton()
        self.off.clicked.connect(lambda: self.switch_off_asked.emit(self.unit))
        self.take = self._take_button()
        self._lay_out()
        self.form.shown_changed.connect(lambda _: self._fill())
        for box in (self.lost, self.credit):
            box.table.chosen.connect(self._choose)
            box.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            box.table.customContextMenuRequested.connect(
                lambda at, table=box.table: self.menu().popup(table.mapToGlobal(at))
            )
        self.set_touched(0)
        self.set_answer(None, ())

    def _take_button(self) -> QToolButton:
        button = QToolButton()
        button.setText("Take along")
        button.setToolTip("Copy or save the table")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(self._take_menu(QMenu(button)))
        return button

    def menu(self) -> QMenu:
        """Return the menu of the tables."""
        made = self._take_menu(QMenu(self))
        made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return made

    def _take_menu(self, menu: QMenu) -> QMenu:
        for text, act in (
            ("Copy the numbers", self.copy_numbers),
            ("Copy picture", self.copy_picture),
            ("Save picture…", self._ask_picture),
            ("Save as CSV…", self._ask_table),
            ("Copy as Python", self.copy_python_requested.emit),
        ):
            menu.addAction(text).triggered.connect(lambda _=False, act=act: act())
        return menu

    def _lay_out(self) -> None:
        self.tables = QWidget()
        row = QHBoxLayout(self.tables)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * theme.GRID)
        row.addWidget(self.lost, 1)
        row.addWidget(self.credit, 1)
        row.addStretch(0)
        self.side = QWidget()
        column = QVBoxLayout(self.side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        for widget in (self.sentence, self.cell, self.aside, self.agreement, self.stories):
            column.addWidget(widget)
        column.addStretch(1)
        inside = panel()
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight, inside)
        self._body.setContentsMargins(0, 0, theme.GRID, 0)
        self._body.setSpacing(2 * theme.GRID)
        self._body.addWidget(self.tables, 3)
        self._body.addWidget(self.side, 2)
        self.area = QScrollArea()
        self.area.setWidget(inside)
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setAccessibleName("Table of branches")
        see_through(self.area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self.form)
        layout.addWidget(self.problem)
        layout.addWidget(self.area, 1)
        layout.addWidget(self._lay_out_below())

    def _lay_out_below(self) -> QWidget:
        """Lay out what is said of the chosen cell, and what can be done; always in sight."""
        self.below = QWidget()
        row = QHBoxLayout(self.below)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.brief, 1)
        for button in (self.off, self.take):
            row.addWidget(button)
        return self.below

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the words below the table where there is no room beside it."""
        super().resizeEvent(event)
        beside = self.width() >= BESIDE_FROM * theme.text_scale()
        way = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        self._body.setDirection(way)

    # --- setters ---------------------------------------------------------------------

    def set_answer(self, answer: BranchImportanceAnswer | None, classes: Sequence[str]) -> None:
        """Show a table, perhaps in part; None while there is none."""
        self.answer, self._classes = answer, classes
        if answer is not None:
            self.say("")
        self._fill()

    def set_touched(self, count: int) -> None:
        """Say that what is touched elsewhere is not part of the table."""
        self.aside.setText(words.aside(count))
        self.aside.setVisible(bool(count))

    def say(self, sentence: str) -> None:
        """Say what went wrong; ``""``: nothing."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    @property
    def unit(self) -> str:
        """The unit of the chosen cell, or ``""``."""
        return unit_of(self._place) if self._place is not None else ""

    def _fill(self) -> None:
        answer = self.answer
        self.lost.set_heat(heats.lost(answer, self.form.what_is_shown) if answer else None)
        self.credit.set_heat(heats.credited(answer) if answer else None)
        self.sentence.setText(words.table_sentence(answer, self._classes) if answer else HINT)
        self.tables.setVisible(answer is not None)
        self.below.setVisible(answer is not None)
        agreed = words.agreement_sentence(answer) if answer else ""
        self.agreement.setText(agreed)
        self.agreement.setVisible(bool(agreed))
        stories = "\n".join(disagreeing(answer).values()) if answer else ""
        self.stories.setText(stories)
        self.stories.setVisible(bool(stories))
        self._fill_cell()

    def _fill_cell(self) -> None:
        answer, place = self.answer, self._place
        there = (
            answer is not None
            and place is not None
            and place[1] in answer.logit_drop.get(place[0], {})
        )
        for box in (self.lost, self.credit):
            box.table.set_selected(place if there else None)
        self.brief.setText(CHOOSE)
        self.cell.setVisible(there)
        self.off.setVisible(there)
        if answer is not None and place is not None and there:
            self.cell.setText(words.cell_sentence(answer, *place))
            self.brief.setText(words.cell_brief(answer, *place))
            self.off.setText(f"Switch {words.short_module(self.unit)} off")

    def _choose(self, place: Place) -> None:
        self._place = place
        self._fill_cell()
        self.unit_chosen.emit(self.unit)

    # --- taking along ----------------------------------------------------------------

    def picture(self) -> QImage | None:
        """Return the tables as a picture with scales and caption, or None without a table."""
        if self.answer is None:
            return None
        shown = [heats.lost(self.answer, self.form.what_is_shown), heats.credited(self.answer)]
        said = [words.table_sentence(self.answer, self._classes)]
        said += disagreeing(self.answer).values()
        said.append(f"Checkpoint {self.answer.provenance.fingerprint[:12]}.")
        return picture_of([one for one in shown if one is not None], " ".join(said))

    def copy_picture(self) -> None:
        """Put the tables on the clipboard as a picture."""
        image = self.picture()
        if image is not None:
            QGuiApplication.clipboard().setImage(image)

    def copy_numbers(self) -> None:
        """Put the numbers on the clipboard, tabs between them."""
        if self.answer is not None:
            rows = importance_rows(self.answer, self._classes)
            lines = ("\t".join(str(value) for value in row) for row in rows)
            QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    def save_picture(self, path: Path) -> None:
        """Write the picture as PNG; a failure is said in the page."""
        image = self.picture()
        if image is not None:
            self.say(save(image, path))

    def _ask_picture(self) -> None:
        path = self._chosen("Save the table as a picture", "branch-importance.png", FILES[0])
        if path is not None:
            self.save_picture(path)

    def _ask_table(self) -> None:
        path = self._chosen("Save the table", "branch-importance.csv", FILES[1])
        if path is not None and self.answer is not None:
            self.table_requested.emit(importance_rows(self.answer, self._classes), str(path))

    def _chosen(self, title: str, name: str, kind: str) -> Path | None:
        chosen, _ = QFileDialog.getSaveFileName(self, title, name, kind)
        if not chosen:
            return None
        path = Path(chosen)
        return path if path.suffix else path.with_suffix(Path(name).suffix)


def unit_of(place: Place) -> str:
    """Return the unit that a cell is about: a branch's output, a reduction or the max pool."""
    module, column = place
    return f"{module}/{UNITS.get(column, column)}"
