"""Which measures grade the maps, what each means and costs, and the button that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from ...attribution_methods import Cost
from ...grade_questions import Measure
from .. import theme
from ..small_label import SmallLabel
from .words import cost_tip

NONE = "This version cannot grade maps."
FIRST = ("deletion", "insertion")
"""The measures that are ticked at first."""


class GradesPanel(QScrollArea):
    """A tick, an explanation and the cost for each measure; a button for all cells."""

    measures_changed = Signal()
    """Emitted when a person ticked or cleared a measure."""
    asked = Signal()
    """Emitted when the cells shall be graded by what is ticked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Grades")
        self.boxes: dict[str, QCheckBox] = {}
        self.grade = QPushButton("Grade all cells")
        self.grade.setProperty("primary", True)
        self.grade.clicked.connect(lambda: self.asked.emit())
        self.said = SmallLabel("muted")
        self._ready = ""
        inner = QFrame()
        inner.setProperty("role", "panel")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(*[theme.GRID] * 4)
        self._column.setSpacing(theme.GRID)
        self._column.addWidget(self.said)
        self._column.addWidget(self.grade)
        self._column.addStretch()
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.set_measures({})

    def set_measures(self, measures: Mapping[str, Measure]) -> None:
        """Offer these measures."""
        for place, measure in enumerate(measures.values()):
            if measure.name in self.boxes:
                continue
            box = QCheckBox(measure.title)
            box.setChecked(measure.name in FIRST)
            cost = cost_tip(Cost(measure.forwards, measure.backwards))
            box.setToolTip(f"{measure.paper}\n{cost}{_anew(measure)}")
            box.setAccessibleDescription(measure.explanation)
            box.toggled.connect(lambda _on: self._toggled())
            self.boxes[measure.name] = box
            self._column.insertWidget(1 + 2 * place, box)
            self._column.insertWidget(2 + 2 * place, SmallLabel("muted"))
            label = self._column.itemAt(2 + 2 * place).widget()
            assert isinstance(label, SmallLabel)
            better = f"{measure.better[:1].upper()}{measure.better[1:]} is better."
            label.setText(f"{better} {measure.explanation} {cost}{_anew(measure)}")
        self._refresh()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The measures that are ticked."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def set_chosen(self, names: Sequence[str]) -> None:
        """Tick these and no others, without telling of a change."""
        for name, box in self.boxes.items():
            with QSignalBlocker(box):
                box.setChecked(name in names)
        self._refresh()

    def set_obstacle(self, sentence: str) -> None:
        """Say why nothing can be graded; ``""`` enables the button."""
        self._ready = sentence
        self._refresh()

    def _toggled(self) -> None:
        self._refresh()
        self.measures_changed.emit()

    def _refresh(self) -> None:
        why = self._ready if self.boxes else NONE
        if not why and not self.chosen:
            why = "Tick a measure."
        self.said.setText(why or "Each map that is computed is graded; the numbers stand below it.")
        self.grade.setEnabled(not why)


def _anew(measure: Measure) -> str:
    times = measure.explanations
    return f" The map is computed {times} times more." if times else ""
