"""The list of what is touched."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ...intervention_questions import Intervention
from .. import theme
from ..maps.restyle import panel, scrolling, see_through
from ..small_label import SmallLabel
from .menu import Touching
from .touch_row import TouchRow
from .words import touched_sentence


class TouchedPage(QWidget):
    """Every intervention in a row, in the order in which they are done.

    Signals: those of :class:`TouchRow`, ``added(Intervention)``, ``cleared()``.
    """

    moved = Signal(object, bool)
    exchanged = Signal(object, object)
    removed = Signal(object)
    added = Signal(object)
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[TouchRow] = []
        self._unit = ""
        self.sentence, self.problem = SmallLabel("muted"), SmallLabel("error")
        self.problem.hide()
        self.add = QPushButton()
        self.add.clicked.connect(lambda: self.added.emit(Intervention(self._unit)))
        self.clear = QPushButton("Clear all")
        self.clear.clicked.connect(lambda: self.cleared.emit())
        self._lay_out()
        self.set_touching(Touching(), {})
        self.set_selected("", False)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.GRID)
        top.addWidget(self.sentence, 1)
        top.addWidget(self.add)
        top.addWidget(self.clear)
        inside = panel()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GRID)
        self._column.addStretch(1)
        self.area = scrolling(inside)
        see_through(self.area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addLayout(top)
        layout.addWidget(self.problem)
        layout.addWidget(self.area, 1)

    # --- setters ---------------------------------------------------------------------

    def set_touching(self, touching: Touching, counts: Mapping[str, int]) -> None:
        """Show what is touched; ``counts`` are the units' numbers of channels."""
        while len(self.rows) > len(touching.interventions):
            row = self.rows.pop()
            row.hide()
            row.deleteLater()
        while len(self.rows) < len(touching.interventions):
            self.rows.append(self._made())
        for row, one in zip(self.rows, touching.interventions, strict=True):
            row.set_row(one, touching, counts.get(one.unit, 0))
        self.sentence.setText(touched_sentence(len(self.rows), self._unit))
        self.clear.setEnabled(bool(self.rows))
        self.say("")

    def set_selected(self, unit: str, touchable: bool) -> None:
        """Offer to add the unit that is selected."""
        self._unit = unit
        short = unit.removeprefix("inception")
        self.add.setText(f"Add {short}" if unit else "Add")
        self.add.setEnabled(touchable)
        self.add.setToolTip(f"Switch {unit} off" if touchable else "Select a unit first")

    def say(self, sentence: str) -> None:
        """Say why something cannot be done; ``""``: nothing."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def adjust(self, one: Intervention) -> None:
        """Put the keyboard on the slider of an intervention."""
        for row in self.rows:
            if (row.one.unit, row.one.channels) == (one.unit, one.channels):
                field = row.slider if row.one.mode == "scale" else row.photo
                field.setFocus(Qt.FocusReason.OtherFocusReason)
                QTimer.singleShot(0, row, lambda row=row: self.area.ensureWidgetVisible(row))

    def _made(self) -> TouchRow:
        row = TouchRow()
        row.moved.connect(self.moved)
        row.exchanged.connect(self.exchanged)
        row.removed.connect(self.removed)
        row.refused.connect(self.say)
        self._column.insertWidget(self._column.count() - 1, row)
        row.show()
        return row
