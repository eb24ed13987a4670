"""What tells groups of photos apart: the groups on the left, what came of them on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from ...comparison_questions import ExampleMapsAnswer, Group, GroupsAnswer
from ...comparison_words import best_channels, group_rows, groups_sentence, typical, units_of
from ...googlenet.variants import BRANCH_OUTPUT
from ...photo_groups import Compared
from ...questions import Floats
from .. import theme
from ..attribution.export import save_picture
from ..evaluation.elided_box import ElidedBox
from ..evaluation.running_row import RunningRow
from ..maps.elided import ElidedLabel
from ..small_label import SmallLabel
from . import saving
from .effect_chart import EffectChart
from .exporting import CSV, PNG, ExportingPage
from .figures_table import FiguresTable, PValue, Spread
from .group_form import GroupForm
from .maps_canvas import MapsCanvas
from .rows import Column, Row, Sheet

FORM_WIDTH = 248
WIDE, TABLE = 1100, 440
"""From which width on the maps stand beside the table, and how wide that is then."""
WHOLE = "Whole network"
STOPPED = "Stopped: Compare goes on from here."


class GroupsPage(ExportingPage):
    """Signals and setters only."""

    asked = Signal(object)
    """Emitted with the groups (tuple of :class:`Group`) to compare."""
    cancelled = Signal()
    examples_requested = Signal(object)
    """Emitted with (unit, channel, :class:`Group` of photos) whose maps are to be shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer: GroupsAnswer | None = None
        self._unit, self._names = "", dict[str, str]()
        self._best: list[tuple[str, int, float, float]] = []
        self._selected: tuple[str, int] | None = None
        self._leads = False
        """Whether nobody chose the channel, so that the best one of the newest answer shows."""
        self.form, self.running = GroupForm(), RunningRow()
        self.first, self.second, self.scope = ElidedBox(), ElidedBox(), ElidedBox()
        self.start = QPushButton("Compare")
        self.sentence, self.table = SmallLabel("text"), FiguresTable("Channels that differ most")
        self.chart, self.canvas = EffectChart(), MapsCanvas()
        self.words = ElidedLabel()
        self._dress()
        self._arrange()
        self._connect()
        self._draw()

    def _dress(self) -> None:
        self.start.setProperty("primary", True)
        self.first.setAccessibleName("The first group")
        self.second.setAccessibleName("The second group")
        self.scope.setAccessibleName("Which channels are listed")
        self.scope.addItems([WHOLE, ""])
        for box in (self.first, self.second, self.scope):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setMinimumWidth(64)
        self.sentence.setAccessibleName("What tells the groups apart")
        self.words.setProperty("role", "muted")
        self.canvas.setAccessibleName("Maps of the selected channel over example photos")
        self._dress_export("Export the comparison of the groups", "Save the example maps…")

    def _arrange(self) -> None:
        grid = theme.GRID
        tools = QHBoxLayout()
        tools.setSpacing(grid)
        for part in (self.first, QLabel("against"), self.second, self.scope):
            tools.addWidget(part)
        tools.addStretch()
        tools.addWidget(self.export)
        self.results = QSplitter(Qt.Orientation.Vertical)
        self.results.addWidget(self.table)
        self.results.addWidget(self._below())
        self.results.setChildrenCollapsible(False)
        self.results.setStretchFactor(0, 2)
        self.results.setStretchFactor(1, 3)
        self.results.setHandleWidth(grid)
        self.table.setMinimumHeight(4 * theme.TARGET)
        self.right = QWidget()
        column = QVBoxLayout(self.right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(grid // 2)
        column.addLayout(tools)
        column.addWidget(self.sentence)
        column.addWidget(self.results, 1)
        column.addWidget(self.words)
        left = QVBoxLayout()
        left.setSpacing(grid)
        left.addWidget(self.form, 1)
        left.addWidget(self.start)
        self.form.setFixedWidth(round(FORM_WIDTH * max(1.0, theme.text_scale())))
        beside = QHBoxLayout()
        beside.setContentsMargins(grid, grid, grid, 4)
        beside.setSpacing(2 * grid)
        beside.addLayout(left)
        beside.addWidget(self.right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.running)
        layout.addLayout(beside, 1)

    def _below(self) -> QScrollArea:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self.chart)
        column.addWidget(self.canvas)
        column.addStretch()
        self.scrolled = QScrollArea()
        self.scrolled.setWidget(inside)
        self.scrolled.setWidgetResizable(True)
        self.scrolled.setFrameShape(QFrame.Shape.NoFrame)
        self.scrolled.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scrolled.viewport().installEventFilter(self)
        return self.scrolled

    def _connect(self) -> None:
        self.start.clicked.connect(self._start)
        self.running.cancel_requested.connect(self.cancelled)
        self.running.cancel_button.setToolTip("What was compared so far stays (Esc)")
        for box in (self.first, self.second):
            box.activated.connect(lambda _: self._draw())
        self.scope.activated.connect(lambda _: self._draw())
        self.table.row_changed.connect(self._choose)
        self.chart.chosen.connect(self._choose_channel)
        self.chart.pointed.connect(self._tell)
        self.canvas.pointed.connect(lambda _: self._tell(None))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the maps the width there is."""
        if event.type() == QEvent.Type.Resize and watched is self.scrolled.viewport():
            bar = self.scrolled.verticalScrollBar().sizeHint().width()
            room = self.scrolled.maximumViewportSize()
            self.canvas.set_room(float(room.width() - bar), 280.0)
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand the maps beside the table where there is room for it."""
        super().resizeEvent(event)
        wide = self.width() > WIDE
        across = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if self.results.orientation() != across:
            self.results.setOrientation(across)
            self.table.setMinimumWidth(TABLE if wide else 0)

    # --- what is told ----------------------------------------------------------------

    def set_tray(
        self, names: Mapping[str, str], selected: Sequence[str], labels: Sequence[str]
    ) -> None:
        """Say which photos are open (their names by id), selected, and of which class."""
        self._names = dict(names)
        self.form.set_tray(tuple(names), selected, labels)
        self._enable()

    def set_compared(self, compared: Compared) -> None:
        """Show the groups that there are."""
        self.form.set_compared(compared)
        self._enable()

    def set_unit(self, unit: str) -> None:
        """Say which unit is selected in the window."""
        if unit != self._unit:
            self._unit = unit
            self.scope.setItemText(1, f"Selected: {unit}")
            if self.scope.currentIndex() == 1:
                self._draw()

    def set_progress(self, fraction: float | None, text: str = "") -> None:
        """Say how far it is; None: nothing runs."""
        self.running.setVisible(fraction is not None)
        if fraction is not None:
            self.running.set_progress(fraction, text)
        self._enable()

    def set_answer(self, answer: GroupsAnswer | None) -> None:
        """Show what is known, perhaps in part."""
        before = self._groups()
        self.answer = answer
        if self._groups() != before:
            self._name_groups()
            self._selected = None
        self._draw()

    def set_examples(self, answer: ExampleMapsAnswer) -> None:
        """Show a channel's maps over example photos."""
        asked = answer.question
        if self._selected != (asked.unit, asked.channel) or self.answer is None:
            return
        first, second = self._pair()
        columns: list[Column] = []
        values: dict[tuple[int, int], Floats] = {}
        wanted = [
            (group, photo)
            for group in (first, second)
            for photo in self._typical(group, asked.unit, asked.channel)
        ]
        for group, photo in wanted:
            if photo in answer.photos:
                place = answer.photos.index(photo)
                name = self._names.get(photo) or Path(photo).name
                values[0, len(columns)] = answer.maps[place]
                columns.append(Column(photo, name, group, answer.pictures[place]))
        branch = branch_of(asked.unit)
        row = Row(asked.unit, branch, asked.channel)
        limit = max((float(one.max()) for one in values.values()), default=0.0)
        rows = (row,) if columns else ()
        self.canvas.set_sheet(Sheet(tuple(columns), rows, values, (limit,)))
        self._tell(None)

    def record(self) -> dict[str, Any] | None:
        """Return what is known, as ``--state-json`` writes it; None before there is something."""
        if self.answer is None:
            return None
        photos = {name: len(one) for name, one in self.answer.photos.items()}
        said = self.sentence.text()
        return {"photos": photos, "partial": self.answer.partial, "sentence": said}

    # --- what is chosen --------------------------------------------------------------

    def _groups(self) -> tuple[str, ...]:
        return () if self.answer is None else tuple(self.answer.pooled)

    def _name_groups(self) -> None:
        for box, wanted in ((self.first, 0), (self.second, 1)):
            box.clear()
            box.addItems(self._groups())
            box.setCurrentIndex(min(wanted, box.count() - 1))

    def _pair(self) -> tuple[str, str]:
        """Return two groups in the answer's order."""
        places = self.first.currentIndex(), self.second.currentIndex()
        if places[0] == places[1]:
            places = places[0], (places[0] + 1) % len(self._groups())
            self.second.setCurrentIndex(places[1])
        first, second = sorted(places)
        return self._groups()[first], self._groups()[second]

    @property
    def best(self) -> list[tuple[str, int, float, float]]:
        """The channels that are listed: (unit, channel, Cohen's d, corrected p)."""
        return list(self._best)

    @property
    def selected(self) -> tuple[str, int] | None:
        """The channel whose maps are shown."""
        return self._selected

    def _start(self) -> None:
        if not self.form.problem:
            self.asked.emit(self.form.asked)

    def _enable(self) -> None:
        runs = not self.running.isHidden()
        self.start.setEnabled(not self.form.problem and not runs)

    # --- drawing ---------------------------------------------------------------------

    def _draw(self) -> None:
        answer = self.answer
        known = answer is not None and len(self._groups()) > 1
        self.right.setEnabled(known)
        self.results.setVisible(known)
        if not known or answer is None:
            self.sentence.setText(
                "Put photos into two groups or more and compare them: by hand, by predicted "
                "class, or by dropping a folder on a group."
            )
            return
        first, second = self._pair()
        units = units_of(answer, self._unit) if self.scope.currentIndex() == 1 else ()
        stopped = f" {STOPPED}" if answer.partial and self.running.isHidden() else ""
        missing = self.scope.currentIndex() == 1 and not units
        note = f" {self._unit} was not compared: all are listed." if missing else ""
        unread = f" {len(answer.failures)} could not be read." if answer.failures else ""
        said = groups_sentence(answer, first, second)
        self.sentence.setText(f"{said}{unread}{note}{stopped}")
        self._best = best_channels(answer, first, second, units)
        self._fill(first, second)
        chosen = self._selected is not None and not self._leads
        if self._best and not chosen and self._selected != self._best[0][:2]:
            self._choose(0)
            self._leads = True
        else:
            self._show_chart()

    def _fill(self, first: str, second: str) -> None:
        answer = self.answer
        assert answer is not None
        units = {unit for unit, *_ in self._best}
        means = {
            unit: [(answer.mean(name, unit), answer.spread(name, unit)) for name in (first, second)]
            for unit in units
        }
        rows = []
        for unit, channel, effect, p in self._best:
            figures = (Spread(*(float(one[channel]) for one in pair)) for pair in means[unit])
            rows.append((unit.removeprefix("inception"), channel, effect, PValue(p), *figures))
        heading = "unit", "channel", "Cohen's d", "p corrected", first, second
        self.table.set_rows(heading, rows)

    def _choose(self, place: int) -> None:
        """Show the maps of the channel in a row of the table."""
        if 0 <= place < len(self._best):
            unit, channel, *_ = self._best[place]
            self._choose_of(unit, channel)

    def _typical(self, group: str, unit: str, channel: int) -> list[str]:
        """Return as many photos of a group as there is room for."""
        assert self.answer is not None
        most = 3 if self.width() > WIDE else 2
        return typical(self.answer, group, unit, channel, most)

    def _choose_channel(self, channel: int) -> None:
        if self.chart.shown is not None:
            self._choose_of(self.chart.shown.unit, channel)

    def _choose_of(self, unit: str, channel: int) -> None:
        self._selected, self._leads = (unit, channel), False
        self._show_chart()
        answer = self.answer
        if answer is None:
            return
        photos = [p for name in self._pair() for p in self._typical(name, unit, channel)]
        images = tuple(photo for photo in photos if photo in self._names)
        paths = tuple(photo for photo in photos if photo not in self._names)
        self.examples_requested.emit((unit, channel, Group("examples", images, paths)))

    def _show_chart(self) -> None:
        if self.answer is None or self._selected is None:
            return
        unit, channel = self._selected
        of_pair = self.answer.separations.get(self._pair(), {})
        self.chart.set_separation(of_pair.get(unit), branch_of(unit), channel)
        self._tell(None)

    def _tell(self, channel: int | None) -> None:
        if self.chart.shown is None:
            self.words.setText("")
        elif channel is not None:
            self.words.setText(self.chart.told(channel))
        elif self.canvas.point is not None:
            self.words.setText(self.canvas.described())
        elif self.chart.selected is not None:
            told = self.chart.told(self.chart.selected)
            self.words.setText(f"{told}; maps of the photos nearest to each group's mean")

    # --- export ----------------------------------------------------------------------

    def save_picture(self) -> None:
        """Ask for a file and write the example maps to it."""
        if self.answer is None or self._selected is None or self.chart.selected is None:
            return
        name = f"groups-{saving.plain(self._selected[0])}.png"
        mark = self.answer.provenance.fingerprint[:12]
        told = self.chart.told(self.chart.selected)
        caption = f"{told}. {self.sentence.text()} Checkpoint {mark}. {self.left_out}".strip()

        def write(path: Path) -> None:
            save_picture(saving.maps_picture(self.canvas, caption), path)

        self._save("Save the example maps", name, PNG, write)

    def save_numbers(self) -> None:
        """Ask for a file and write every channel of every pair to it."""
        if self.answer is not None:
            rows = group_rows(self.answer)
            name = "groups.csv"
            self._save("Save the numbers", name, CSV, lambda path: saving.save_rows(rows, path))


def branch_of(unit: str) -> str:
    """Return the branch whose colour stands for a unit; ``""`` outside modules."""
    name = unit.split("/")[-1] if "/" in unit else ""
    plain = name.removesuffix("_reduce")
    outputs = {output: branch for branch, output in BRANCH_OUTPUT.items()}
    return outputs.get(plain, "")
