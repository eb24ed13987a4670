"""What has come of a test: a chart, what it means, the numbers, and how far to trust them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...concept_words import TRUST
from .. import theme
from ..hatched_note import HatchedNote
from ..maps.restyle import scrolling
from ..small_label import SmallLabel
from ..view import EmptyState
from . import words
from .chart import ScoreChart
from .table import ConceptTable
from .tested import Tested


class ResultPanel(QStackedWidget):
    """Shows one test; before that it says what a test is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tested: Tested | None = None
        self.empty = EmptyState()
        self.heading, self.about = QLabel(), SmallLabel("muted")
        self.export = QToolButton()
        self.noise, self.chart = HatchedNote(), ScoreChart()
        self.legend, self.details = SmallLabel("muted"), QLabel()
        self.table = ConceptTable()
        self.trust_title, self.trust = QLabel("How far to trust it"), SmallLabel("muted")
        self._dress()
        self._arrange()
        self.chart.bar_chosen.connect(self.choose)
        self.table.row_chosen.connect(self.choose)

    def _dress(self) -> None:
        self.heading.setProperty("role", "section")
        self.heading.setWordWrap(True)
        self.heading.setAccessibleName("What was tested")
        self.export.setText("Copy or save")
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setMenu(QMenu(self.export))
        self.legend.setText(words.LEGEND)
        self.details.setWordWrap(True)
        self.details.setAccessibleName("What the chosen bar means")
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.trust_title.setProperty("role", "section")
        self.trust.setText(TRUST)
        self.empty.show_state(words.ABOUT)

    def _arrange(self) -> None:
        grid = theme.GRID
        page = QFrame()
        page.setProperty("role", "panel")
        top = QHBoxLayout()
        top.setSpacing(grid)
        top.addWidget(self.heading, 1)
        top.addWidget(self.export, 0, Qt.AlignmentFlag.AlignTop)
        inside = QVBoxLayout(page)
        inside.setContentsMargins(*[2 * grid] * 4)
        inside.setSpacing(grid)
        inside.addLayout(top)
        for part in (self.about, self.noise):
            inside.addWidget(part)
        inside.addWidget(self.chart, 1)
        for below in (self.legend, self.details, self.table, self.trust_title, self.trust):
            inside.addWidget(below)
        self.area = scrolling(page)
        self.addWidget(self.empty)
        self.addWidget(self.area)

    def say_nothing_yet(self, sentence: str) -> None:
        """Say why there is nothing; a test that is shown stays."""
        self.empty.show_state(sentence)

    def set_tested(self, tested: Tested) -> None:
        """Show what is known."""
        first = self.tested is None or self.tested.wanted is not tested.wanted
        self.tested = tested
        self.heading.setText(words.heading(tested))
        self.about.setText(words.subheading(tested))
        said = "\n".join(path_and_why(tested))
        self.about.setToolTip(said)
        self.noise.say(words.head_sentence(tested))
        self.chart.set_tested(tested)
        self.table.set_tested(tested)
        self.setCurrentWidget(self.area)
        if first:
            self.area.verticalScrollBar().setValue(0)
        if self.chart.chosen is not None:
            self.choose(self.chart.chosen)

    def choose(self, key: tuple[str, str]) -> None:
        """Tell of a bar, and mark its line."""
        self.chart.choose(key)
        self.table.choose(key)
        found = self.tested.find(*key) if self.tested is not None else None
        self.details.setText(words.details(*found) if found is not None else "")


def path_and_why(tested: Tested) -> list[str]:
    """Return a line for each photo that could not be read."""
    return [f"{path}: {why}" for path, why in tested.answers[-1].unreadable[:20]]
