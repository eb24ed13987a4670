"""The second step: which evaluation is shown, the heads side by side, and the views of it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .. import theme
from ..small_label import SmallLabel
from . import words
from .calibration_tab import CalibrationTab
from .classes_tab import ClassesTab
from .confusion_tab import ConfusionTab
from .elided_box import ElidedBox
from .heads_table import HeadsTable
from .mistakes_tab import MistakesTab, Which
from .results import Measured, comparable, labels
from .thumbnails import ThumbnailStore

Tab = ClassesTab | ConfusionTab | CalibrationTab | MistakesTab


class ResultsPage(QWidget):
    """Shows one evaluation at a time; a tab is brought up to date when it is looked at."""

    changed = Signal()
    """Another evaluation is shown."""
    setup_requested = Signal()
    """Ask for another evaluation."""
    opened = Signal(object)
    """Path of a photo to look at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._results: Mapping[object, Measured] = {}
        self._stale: set[QWidget] = set()
        self.head = ""
        self.thumbnails = ThumbnailStore(self)
        self.results, self.compare = ElidedBox(), ElidedBox()
        self.export, self.new_button = QToolButton(), QPushButton("New evaluation…")
        self.extent, self.notice, self.problem = (
            SmallLabel("muted"),
            SmallLabel("warning"),
            SmallLabel("error"),
        )
        self.heads, self.tabs, self.head_chooser = HeadsTable(), QTabWidget(), QComboBox()
        self.classes, self.confusion = ClassesTab(self.thumbnails), ConfusionTab()
        self.calibration, self.mistakes = CalibrationTab(), MistakesTab(self.thumbnails)
        self._dress()
        self._arrange()
        self._connect()
        self.set_problem("")

    def _dress(self) -> None:
        for box, name in (
            (self.results, "Evaluation that is shown"),
            (self.compare, "Compare with"),
            (self.head_chooser, "Head that the views are about"),
        ):
            box.setAccessibleName(name)
            box.setToolTip(name)
        self.results.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.results.setMinimumContentsLength(16)
        self.compare.setMinimumContentsLength(12)
        adjust = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        for box in (self.results, self.compare):
            box.setSizeAdjustPolicy(adjust)
        self.export.setText("Copy or save")
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setMenu(QMenu(self.export))
        self.tabs.setAccessibleName("Views of the evaluation")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)

    def _arrange(self) -> None:
        grid = theme.GRID
        self.compare_label = QLabel("Compare with")
        self.compare_label.setBuddy(self.compare)
        top = QHBoxLayout()
        top.addWidget(self.results, 3)
        top.addWidget(self.compare_label)
        top.addWidget(self.compare, 2)
        top.addWidget(self.export)
        top.addWidget(self.new_button)
        top.setSpacing(grid)
        corner = QWidget()
        beside = QHBoxLayout(corner)
        beside.setContentsMargins(grid, 0, grid, 2)
        beside.setSpacing(grid)
        about = QLabel("Head")
        about.setBuddy(self.head_chooser)
        beside.addWidget(about)
        beside.addWidget(self.head_chooser)
        self.tabs.setCornerWidget(corner)
        for name, tab in self.views.items():
            self.tabs.addTab(tab, name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * grid, 2 * grid, 2 * grid, 2 * grid)
        layout.setSpacing(grid)
        layout.addLayout(top)
        for part in (self.extent, self.heads, self.notice, self.problem):
            layout.addWidget(part)
        layout.addWidget(self.tabs, 1)

    def _connect(self) -> None:
        self.results.currentIndexChanged.connect(lambda _row: self._chosen())
        self.compare.currentIndexChanged.connect(lambda _row: self._refresh())
        self.head_chooser.currentIndexChanged.connect(
            lambda row: self.set_head(self.head_chooser.itemData(row))
        )
        self.heads.head_chosen.connect(self.set_head)
        self.new_button.clicked.connect(self.setup_requested)
        self.tabs.currentChanged.connect(lambda _tab: self._show_tab())
        for tab in (self.classes, self.confusion):
            tab.mistakes_requested.connect(self.show_mistakes)
        for opener in (self.classes, self.mistakes):
            opener.opened.connect(self.opened)

    @property
    def views(self) -> dict[str, Tab]:
        """The tabs by their titles."""
        return {
            "Classes": self.classes,
            "Confusion": self.confusion,
            "Calibration": self.calibration,
            "Mistakes": self.mistakes,
        }

    # --- what is shown ---

    @property
    def shown(self) -> Measured | None:
        """The evaluation that is shown."""
        return self._results.get(self.results.currentData())

    @property
    def other(self) -> Measured | None:
        """The one that it is compared with."""
        return self._results.get(self.compare.currentData())

    def set_results(self, results: Mapping[object, Measured], show: object = None) -> None:
        """Take what there is; ``show`` is the token of the one to show, None for the same."""
        self._results = dict(results)
        show = self.results.currentData() if show is None else show
        _fill(self.results, dict(zip(results, labels(list(results.values())), strict=True)), show)
        self._chosen()

    def _chosen(self) -> None:
        """Show the evaluation that the box says."""
        shown = self.shown
        if shown is None:
            return
        others = comparable(shown, self._results)
        named = dict(zip(others, labels(list(others.values()), short=True), strict=True))
        _fill(self.compare, {None: "Nothing", **named}, self.compare.currentData())
        for widget in (self.compare, self.compare_label):
            widget.setVisible(bool(others))
        names = {
            head: f"{head}, {shown.note(head).short}" if shown.note(head).short else head
            for head in shown.answer.heads
        }
        self.head = self.head if self.head in names else shown.best_head
        _fill(self.head_chooser, names, self.head)
        self._refresh()
        self.changed.emit()

    def set_head(self, head: str | None) -> None:
        """Show the views of another head."""
        if head and head != self.head:
            self.head = head
            self.head_chooser.setCurrentIndex(self.head_chooser.findData(head))
            self._refresh()

    def _refresh(self) -> None:
        shown = self.shown
        if shown is None or not self.head:
            return
        self.heads.show_measured(shown, self.head, self.other)
        self.extent.setText(words.extent(shown))
        self._say(shown)
        self._stale = set(self.views.values())
        self._show_tab()

    def _say(self, shown: Measured) -> None:
        """Say which heads mean nothing, and what is compared with what."""
        noise = [note.sentence for note in map(shown.note, shown.answer.heads) if note.is_noise]
        compared = [words.compared(shown, self.other)] if self.other is not None else []
        self.notice.setText("\n".join(filter(None, (" ".join(noise), *compared))))
        self.notice.setVisible(bool(noise or compared))
        self.notice.set_role("warning" if noise else "muted")

    def _show_tab(self) -> None:
        """Bring the tab in front up to date."""
        shown, front = self.shown, self.tabs.currentWidget()
        if shown is not None and front in self._stale:
            self._stale.discard(front)
            front.show_measured(shown, self.head, self.other)

    def show_mistakes(self, which: Which) -> None:
        """Bring some of the mistakes to the front."""
        self.mistakes.choose(which)
        self.tabs.setCurrentWidget(self.mistakes)
        self.mistakes.grid.setFocus()

    # --- what happens ---

    def set_problem(self, sentence: str) -> None:
        """Say in one sentence what went wrong."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))


def _fill(box: QComboBox, entries: Mapping[object, str], chosen: object) -> None:
    """Offer these entries; nothing is announced, and nothing moves if they are the same."""
    present = {box.itemData(row): box.itemText(row) for row in range(box.count())}
    box.blockSignals(True)
    if present != dict(entries) or list(present) != list(entries):
        box.clear()
        for token, text in entries.items():
            box.addItem(text, token)
    row = list(entries).index(chosen) if chosen in entries else box.count() - 1
    row = 0 if chosen is None and None in entries else row
    box.setCurrentIndex(row)
    box.setToolTip(box.currentText())
    box.blockSignals(False)
