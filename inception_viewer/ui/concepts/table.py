"""The numbers of a test, a line for each unit and concept."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from ...concept_words import p_words, score_words, verdict, verdict_words
from .. import theme
from . import words
from .tested import Tested

TITLES = ("Unit", "Concept", "Score", "Random", "p", "Told apart", "What it says")
TIPS = (
    "Where in the network",
    "The concept, as its folder was named",
    "Share of the class’s photos whose logit rises towards the concept: mean over the runs, and "
    "their standard deviation",
    "The same of random directions",
    "Chance of a difference like this from random directions if the concept meant nothing: "
    "Welch’s t-test, times the number of tests (Bonferroni)",
    "Share of the concept’s and the other photos that the direction tells apart among those it "
    "was not learnt from; 50 % is chance",
    "The test in words",
)
LINES = 8
"""Seen at once; the rest is scrolled to."""


class ConceptTable(QTableWidget):
    """A line is chosen as a bar of the chart is."""

    row_chosen = Signal(object)
    """(unit, concept's name)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(TITLES), parent)
        self.setAccessibleName("Numbers of the test")
        self.setHorizontalHeaderLabels(TITLES)
        for column, tip in enumerate(TIPS):
            self.horizontalHeaderItem(column).setToolTip(tip)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.currentCellChanged.connect(lambda row, *_: self._tell(row))
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy)
        theme.broadcast.changed.connect(self._fit)

    def set_tested(self, tested: Tested) -> None:
        """Show the numbers; the line that is chosen stays so."""
        lines = [
            (
                *(answer.question.unit, one.name, score_words(one.score, one.spread)),
                score_words(answer.random_score, answer.random_spread),
                *(p_words(one.p_value), words.accuracy_words(one)),
                verdict_words(verdict(one, answer)),
            )
            for answer in tested.answers
            for one in answer.concepts
        ]
        kept = self.key(self.currentRow())
        with QSignalBlocker(self):
            self.setRowCount(len(lines))
            for row, line in enumerate(lines):
                for column, text in enumerate(line):
                    self._put(row, column, text)
        self.setColumnHidden(0, len(tested.wanted.units) == 1)
        self._fit()
        if kept is not None:
            self.choose(kept)

    def _put(self, row: int, column: int, text: str) -> None:
        item = self.item(row, column)
        if item is None:
            self.setItem(row, column, QTableWidgetItem(text))
            item = self.item(row, column)
        item.setText(text)
        item.setToolTip(text)

    def key(self, row: int) -> tuple[str, str] | None:
        """Return the (unit, concept) of a line."""
        if not 0 <= row < self.rowCount():
            return None
        return self.item(row, 0).text(), self.item(row, 1).text()

    def choose(self, key: tuple[str, str]) -> None:
        """Mark a line, without telling of it; none for random directions."""
        row = next((row for row in range(self.rowCount()) if self.key(row) == key), -1)
        with QSignalBlocker(self):
            self.setCurrentCell(row, 1 if row >= 0 else -1)
        self.viewport().update()

    def _tell(self, row: int) -> None:
        key = self.key(row)
        if key is not None:
            self.row_chosen.emit(key)

    def copy(self) -> None:
        """Put the table on the clipboard, tabs between the columns."""
        rows: list[tuple[str, ...]] = [TITLES]
        columns = range(self.columnCount())
        rows += [
            tuple(self.item(row, column).text() for column in columns)
            for row in range(self.rowCount())
        ]
        QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in rows) + "\n")

    # --- size ---

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the columns their widths anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self, _theme: object = None) -> None:
        """Give the columns and rows what their texts need; names give way."""
        metrics = self.fontMetrics()
        height = max(theme.TARGET, metrics.height() + theme.GRID)
        self.verticalHeader().setDefaultSectionSize(height)
        for row in range(self.rowCount()):
            self.setRowHeight(row, height)
        used, last = 0, len(TITLES) - 1
        for column, title in enumerate(TITLES):
            texts = [self.item(row, column).text() for row in range(self.rowCount())]
            widest = max(map(metrics.horizontalAdvance, [title, *texts])) + 3 * theme.GRID
            most = 20 * theme.GRID if column == 1 else 10_000
            # The last one takes what is left.
            room = self.viewport().width() - used if column == last else 0
            self.setColumnWidth(column, max(room, min(most, widest)))
            used += 0 if self.isColumnHidden(column) else self.columnWidth(column)
        seen = min(LINES, max(1, self.rowCount()))
        bar = self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + seen * height + bar)
