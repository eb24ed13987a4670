"""The branches' shares along the depth, for several photos: a chart, a table, one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from ...comparison_questions import PROFILE_MEASURES, BranchProfileAnswer, ProfileMeasure
from ...comparison_words import growth_sentence, profile_rows
from .. import theme
from ..attribution.export import export_font, save_picture
from ..maps.elided import ElidedLabel
from ..small_label import SmallLabel
from . import saving
from .branch_legend import BranchLegend
from .exporting import CSV, PNG, ExportingPage, MeasureBox
from .figures_table import FiguresTable
from .profile_chart import CHANNELS, ProfileChart

OUTLINED = "Outlined, first in each module: the share of channels (Table 1). Then one bar a photo: "
HEADING = ("module", "of", "1x1 %", "3x3 %", "5x5 %", "pool %", "3x3 and 5x5 %")


class ProfilePage(ExportingPage):
    """Tools, the sentence, and the chart or the table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answer: BranchProfileAnswer | None = None
        self._names: tuple[str, ...] = ()
        self._note = ""
        self.measure, self.as_table = MeasureBox(), QToolButton()
        self.legend, self.sentence = BranchLegend(), SmallLabel("text")
        self.chart, self.table = ProfileChart(), FiguresTable("Branch profile")
        self.words = ElidedLabel()
        self._dress()
        self._arrange()
        self._connect()

    def _dress(self) -> None:
        self.as_table.setText("Table")
        self.as_table.setCheckable(True)
        self.as_table.setToolTip("The same numbers as a table")
        self.sentence.setAccessibleName("Whether 3x3 and 5x5 grow with depth")
        self.words.setProperty("role", "muted")
        self._dress_export("Export the branch profile")

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        for part in (self.measure, self.as_table, self.legend):
            row.addWidget(part)
        row.addStretch()
        row.addWidget(self.export)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.chart)
        self.stack.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, 4)
        layout.setSpacing(theme.GRID)
        layout.addLayout(row)
        layout.addWidget(self.sentence)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.words)

    def _connect(self) -> None:
        self.measure.activated.connect(lambda _: self._draw())
        self.as_table.toggled.connect(self._turn)
        self.chart.pointed.connect(lambda _: self._tell())

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """What Tab walks, in order."""
        return self.measure, self.as_table, self.export, self.chart, self.table

    @property
    def chosen_measure(self) -> ProfileMeasure:
        """What the shares are of."""
        return self.measure.chosen

    @property
    def answer(self) -> BranchProfileAnswer | None:
        """What is shown."""
        return self._answer

    # --- what is told ----------------------------------------------------------------

    def set_measure(self, measure: ProfileMeasure) -> None:
        """Choose what the shares are of."""
        self.measure.setCurrentIndex(self.measure.findData(measure))
        self._draw()

    def set_profile(
        self, answer: BranchProfileAnswer | None, names: Sequence[str], note: str = ""
    ) -> None:
        """Show a profile of photos of these names; a note is said with the sentence."""
        self._answer, self._names, self._note = answer, tuple(names), note
        self._draw()

    def _draw(self) -> None:
        answer, measure = self._answer, self.chosen_measure
        letters = [f"{chr(65 + at)} {name}" for at, name in enumerate(self._names)]
        self.chart.set_profile(answer, measure, letters)
        told = answer is not None and not answer.partial
        said = f"{growth_sentence(answer, measure)} {self._note}".strip() if told else ""
        self.sentence.setText(said)
        self.table.set_rows(HEADING, [] if answer is None else table_rows(answer, measure, letters))
        self._tell()

    def _turn(self, table: bool) -> None:
        self.stack.setCurrentWidget(self.table if table else self.chart)
        self._tell()

    def _tell(self) -> None:
        if self._answer is None or self.stack.currentWidget() is self.table:
            self.words.setText("")
        elif self.chart.point is not None:
            self.words.setText(self.chart.told(self.chart.point))
        else:
            named = ", ".join(self.chart.names)
            self.words.setText(f"{OUTLINED}{named}.")

    # --- export ----------------------------------------------------------------------

    def picture(self) -> QImage:
        """Return the chart as a picture on white, with what it says below."""
        font = export_font()
        small = QFont(font)
        small.setPixelSize(round(font.pixelSize() * 0.9))
        place = QRectF(0, 0, 1320, 560)
        line = QFontMetricsF(small).height()
        bars = self.chart.bars(place.adjusted(0, line, 0, 0), small)

        def paint(painter: QPainter) -> None:
            self._paint_legend(painter, small)
            self.chart.paint(painter, bars, theme.LIGHT, small)

        return saving.on_paper(1320, 560, self.caption(), paint)

    def _paint_legend(self, painter: QPainter, font: QFont) -> None:
        painter.setFont(font)
        metrics, x = QFontMetricsF(font), 72.0
        for name, colour in theme.BRANCH.items():
            painter.fillRect(QRectF(x, 4, 16, 16), colour)
            painter.setPen(theme.LIGHT.text)
            box = QRectF(x + 24, 0, metrics.horizontalAdvance(name) + 4, 24)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)
            x += 24 + box.width() + 32

    def caption(self) -> str:
        """Return what stands below a saved picture."""
        answer = self._answer
        if answer is None:
            return ""
        what = PROFILE_MEASURES[self.chosen_measure]
        mark = answer.provenance.fingerprint[:12]
        named = ", ".join(self.chart.names)
        said = f"Each branch's share of its module's {what}. {OUTLINED}{named}."
        return f"{said} {self.sentence.text()} Checkpoint {mark}. {self.left_out}".strip()

    def save_picture(self) -> None:
        """Ask for a file and write the picture to it."""
        self._save(
            "Save the picture", "profile.png", PNG, lambda path: save_picture(self.picture(), path)
        )

    def save_numbers(self) -> None:
        """Ask for a file and write every number to it."""
        if self._answer is not None:
            rows = profile_rows(self._answer, self._names)
            name = "profile.csv"
            self._save("Save the numbers", name, CSV, lambda path: saving.save_rows(rows, path))


def table_rows(
    answer: BranchProfileAnswer, measure: ProfileMeasure, names: Sequence[str]
) -> list[tuple[str | float, ...]]:
    """Return a line for each module's channels and for each photo in it, in percent."""
    rows: list[tuple[str | float, ...]] = []
    for place, module in enumerate(answer.modules):
        of = [(CHANNELS, answer.channels[place])]
        of += [
            (names[photo], answer.shares[measure][photo, place])
            for photo in range(len(answer.shares[measure]))
        ]
        for whose, shares in of:
            by_branch = dict(zip(answer.branches, (100 * shares).tolist(), strict=True))
            large = by_branch["3x3"] + by_branch["5x5"]
            rows.append((module, whose, *by_branch.values(), large))
    return rows
