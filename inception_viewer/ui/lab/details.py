"""All that is known of the selected cell: its map in words, its scale, its grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from ...attribution_methods import METHODS
from ...grade_questions import Measure
from .. import theme
from ..attribution.scale_bar import ScaleBar
from ..attribution.words import caption, number
from ..hatched_note import HatchedNote
from ..small_label import SmallLabel
from . import words
from .board import CellState
from .canvas import HINT
from .curve_plot import CurvePlot
from .drawing import Drawing, beyond, colouring_of, in_channels
from .heading import heading

NOTHING = "Select a cell to see all that is known of its map."


class Details(QScrollArea):
    """Words and curves about one cell, from top to bottom."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Details of the selected cell")
        self.title, self.what = heading(), SmallLabel("muted")
        self.noise = HatchedNote()
        self.warning, self.caption = SmallLabel("warning"), SmallLabel("muted")
        self.scale, self.ends = ScaleBar(), SmallLabel("muted")
        self.method, self.hint = SmallLabel("muted"), SmallLabel("muted")
        self.hint.setText(HINT)
        self.grades = QWidget()
        self._grade_rows = QVBoxLayout(self.grades)
        self._grade_rows.setContentsMargins(0, 0, 0, 0)
        self._grade_rows.setSpacing(theme.GRID)
        self.sentences: dict[str, SmallLabel] = {}
        self.plots: dict[str, CurvePlot] = {}
        inner = QFrame()
        inner.setProperty("role", "panel")
        column = QVBoxLayout(inner)
        column.setContentsMargins(*[theme.GRID] * 4)
        column.setSpacing(theme.GRID)
        for part in (
            self.title, self.what, self.noise, self.warning, self.scale, self.ends, self.caption,
            self.grades, self.method, self.hint,
        ):  # fmt: skip
            column.addWidget(part)
        column.addStretch()
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def set_cell(
        self,
        state: CellState | None,
        drawing: Drawing,
        limit: float | None,
        measures: Mapping[str, Measure],
        classes: Sequence[str],
    ) -> None:
        """Show a cell as it is drawn."""
        self._say(self.title, state.cell.title if state else NOTHING)
        self._say(self.what, words.what_text(state, classes) if state else "")
        self._say(self.warning, (words.warning_text(state) or _trouble(state)) if state else "")
        self.noise.say(state.head.sentence if state and state.head and state.head.is_noise else "")
        self._say(self.caption, _caption(state) if state else "")
        self._say(self.method, _method(state) if state else "")
        self._show_scale(state, drawing, limit)
        self._show_grades(state, measures)

    def _say(self, label: QLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))

    def _show_scale(self, state: CellState | None, drawing: Drawing, limit: float | None) -> None:
        answer = state.readable if state else None
        if answer is None or limit is None:
            self.scale.set_colouring(None)
            self.scale.hide()
            self.ends.hide()
            return
        rgb = in_channels(answer, drawing)
        self.scale.set_colouring(None if rgb else colouring_of(drawing, limit))
        self.scale.setToolTip("")
        self.scale.setVisible(not rgb)
        past = words.share(beyond(answer, drawing, limit))
        whose = "of all maps" if drawing.scale == "shared" else "of this map"
        self._say(
            self.ends,
            f"Colours end at {number(limit)}, the {drawing.percentile:g}th percentile of the "
            f"magnitude {whose}; {past} of the positions lie beyond."
            if drawing.percentile < 100
            else f"Colours end at the largest magnitude {whose}, {number(limit)}.",
        )

    def _show_grades(self, state: CellState | None, measures: Mapping[str, Measure]) -> None:
        known = state.grades if state else {}
        failed = state.grading if state else {}
        for name, measure in measures.items():
            sentence, plot = self._row(name)
            grade = known.get(name)
            told = words.grade_sentence(measure, grade) if grade else failed.get(name, "")
            self._say(sentence, told if grade or not told else f"{measure.title}: {told}")
            curves = grade.curves if grade else {}
            plot.setVisible(bool(curves))
            if grade is not None and curves:
                plot.set_curves(curves, grade.labels)

    def _row(self, name: str) -> tuple[SmallLabel, CurvePlot]:
        if name not in self.sentences:
            self.sentences[name], self.plots[name] = SmallLabel("plain"), CurvePlot()
            self._grade_rows.addWidget(self.sentences[name])
            self._grade_rows.addWidget(self.plots[name])
        return self.sentences[name], self.plots[name]


def _caption(state: CellState) -> str:
    if state.answer is None:
        return words.status_text(state)
    if state.complete is not None and state.complete.degenerate:
        return state.complete.degenerate
    said = f"Photo {state.cell.photo}. {caption(state.answer, state.busy)}"
    return f"{said} {state.left_out}".strip()


def _trouble(state: CellState) -> str:
    return state.sentence if state.status in ("failed", "misfit") else ""


def _method(state: CellState) -> str:
    method = METHODS[state.question.method]
    return "\n\n".join(filter(None, (method.explanation, method.misleads, method.paper)))
