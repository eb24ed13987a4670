"""The fields of what else can be explained than a class: a difference of two, a neuron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QPushButton, QSpinBox, QWidget

from ...questions import Graph, Neuron
from .. import theme
from ..class_chooser import ClassChooser
from ..spin_boxes import settle
from ..stops import units
from ..wheel import keep_from_wheel

Kind: TypeAlias = Literal["class", "difference", "neuron"]
KINDS: Mapping[Kind, str] = {
    "class": "a class",
    "difference": "a class against another",
    "neuron": "a unit's channel",
}
DEFAULT = "inception5b"
"""The unit that is offered first."""
NO_OTHER = "Choose the class to compare with."
ANY = -1
"""Stands for the strongest channel, and for all rows or columns."""


class ExplainedFields(QWidget):
    """Asks whether a class is explained, the difference of two, or a unit's channel.

    The class itself is asked for elsewhere.
    """

    changed = Signal()
    """Emitted when a person changed a value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filling = False
        self._shapes: dict[str, tuple[int, int, int]] = {}
        self._channel: tuple[str, int] | None = None
        self._forced = False
        self.kind_box = self._box("What is explained", KINDS)
        self.against_box = ClassChooser()
        self.against_box.set_default_text("choose a class", "The class whose logit is subtracted")
        self.against_box.setAccessibleName("Against")
        self.unit_box = self._box("Unit", {})
        self.unit_box.setMaxVisibleItems(20)
        self.channel_box = self._spin("Channel", "strongest")
        self.channel_box.setToolTip("Which of the unit's channels; the strongest on the photo")
        self.row_box, self.column_box = self._spin("Row", "all"), self._spin("Column", "all")
        for box, what in ((self.row_box, "row"), (self.column_box, "column")):
            box.setToolTip(f"A {what} of the unit's map; the sum over the whole map")
        self.use_selected = QPushButton("Use the selected channel")
        self.use_selected.clicked.connect(self._use_selected)
        self._form = self._lay_out()
        self._connect()
        self.set_graph(None)
        self.set_channel(None)

    # --- what is chosen --------------------------------------------------------------

    @property
    def kind(self) -> Kind:
        """What is explained; a neuron where the method cannot explain anything else."""
        return "neuron" if self._forced else self.kind_box.currentData()

    @property
    def against(self) -> int | None:
        """The class that is subtracted, None unless a difference is explained."""
        return self.against_box.target if self.kind == "difference" else None

    @property
    def neuron(self) -> Neuron | None:
        """The channel or position, None unless one is explained."""
        return self.chosen_neuron if self.kind == "neuron" else None

    @property
    def chosen_neuron(self) -> Neuron | None:
        """The channel or position in the fields, whatever is explained."""
        unit = self.unit_box.currentData()
        if unit is None:
            return None
        channel = self.channel_box.value()
        row, column = self.row_box.value(), self.column_box.value()
        position = (row, column) if row != ANY and column != ANY else None
        return Neuron(unit, None if channel == ANY else channel, position)

    def obstacle(self) -> str:
        """Return what is still to be chosen, or ``""``."""
        return NO_OTHER if self.kind == "difference" and self.against is None else ""

    def set_values(self, against: int | None, neuron: Neuron | None) -> None:
        """Show values, without telling of a change."""
        if (against, neuron) == (self.against, self.neuron):
            return
        self._filling = True
        kind = "neuron" if neuron else "difference" if against is not None else "class"
        self.kind_box.setCurrentIndex(self.kind_box.findData(kind))
        if kind == "difference":
            self.against_box.set_target(against)
        if neuron is not None:
            self._show_neuron(neuron)
        self._filling = False
        self._show_rows()

    def set_classes(self, classes: Sequence[str]) -> None:
        """Offer these classes; none is chosen."""
        self.against_box.set_classes(classes)

    def set_graph(self, graph: Graph | None) -> None:
        """Offer a network's units that have a map; what fits stays chosen."""
        chosen = self.unit_box.currentData() or DEFAULT
        self._filling = True
        names = [] if graph is None else units(graph)
        self._shapes = {} if graph is None else {n: graph.node(n).shape for n in names}
        self.unit_box.clear()
        for name in names:
            self.unit_box.addItem(name, name)
        self.unit_box.setCurrentIndex(max(0, self.unit_box.findData(chosen)))
        self._bound()
        self._filling = False
        self._show_rows()

    def set_channel(self, channel: tuple[str, int] | None) -> None:
        """Offer the channel that is selected in the window, as (unit, index)."""
        self._channel = channel
        self.use_selected.setEnabled(channel is not None)
        said = "Select a channel in the feature maps first"
        if channel is not None:
            said = f"Explain {channel[0]}, channel {channel[1]}"
        self.use_selected.setToolTip(said)

    def force_neuron(self, forced: bool) -> None:
        """Ask for a neuron whatever was chosen: the method explains nothing else."""
        if forced != self._forced:
            self._forced = forced
            self._show_rows()

    # --- construction ----------------------------------------------------------------

    def _box(self, name: str, choices: Mapping[Kind, str]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setMinimumContentsLength(8)
        box.setSizeAdjustPolicy(box.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for value, words in choices.items():
            box.addItem(words, value)
        return box

    def _spin(self, name: str, special: str) -> QSpinBox:
        spin = QSpinBox()
        spin.setRange(ANY, 0)
        spin.setValue(ANY)
        spin.setSpecialValueText(special)
        spin.setAccessibleName(name)
        settle(spin)
        return spin

    def _lay_out(self) -> QFormLayout:
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(theme.GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._place = QWidget()
        row = QHBoxLayout(self._place)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID // 2)
        row.addWidget(self.row_box, 1)
        row.addWidget(self.column_box, 1)
        self._rows: dict[str, QWidget] = {
            "Explain": self.kind_box,
            "Against": self.against_box,
            "Unit": self.unit_box,
            "Channel": self.channel_box,
            "Position": self._place,
        }
        for label, widget in self._rows.items():
            form.addRow(label, widget)
        form.addRow(self.use_selected)
        return form

    def _connect(self) -> None:
        boxes = self.kind_box, self.against_box, self.unit_box
        keep_from_wheel(*boxes, self.channel_box, self.row_box, self.column_box)
        self.kind_box.currentIndexChanged.connect(self._kind_chosen)
        self.unit_box.currentIndexChanged.connect(self._unit_chosen)
        self.against_box.class_chosen.connect(self._edited)
        for spin in (self.channel_box, self.row_box, self.column_box):
            spin.valueChanged.connect(self._edited)

    @property
    def labels(self) -> list[QWidget]:
        """The words before the fields, from top to bottom."""
        found = [self._form.labelForField(widget) for widget in self._rows.values()]
        return [label for label in found if label is not None]

    # --- upkeep ----------------------------------------------------------------------

    def _show_rows(self) -> None:
        kind = self.kind
        self._form.setRowVisible(self.kind_box, not self._forced)
        self._form.setRowVisible(self.against_box, kind == "difference")
        for widget in (self.unit_box, self.channel_box, self._place, self.use_selected):
            self._form.setRowVisible(widget, kind == "neuron")

    def _bound(self) -> None:
        shape = self._shapes.get(self.unit_box.currentData(), (1, 1, 1))
        for spin, extent in zip(
            (self.channel_box, self.row_box, self.column_box), shape, strict=True
        ):
            spin.setRange(ANY, extent - 1)

    def _show_neuron(self, neuron: Neuron) -> None:
        row = self.unit_box.findData(neuron.unit)
        if row < 0:
            return
        self.unit_box.setCurrentIndex(row)
        self._bound()
        self.channel_box.setValue(ANY if neuron.channel is None else neuron.channel)
        place = neuron.position or (ANY, ANY)
        self.row_box.setValue(place[0])
        self.column_box.setValue(place[1])

    def _use_selected(self) -> None:
        if self._channel is not None:
            self._filling = True
            self._show_neuron(Neuron(*self._channel))
            self._filling = False
            self._edited()

    def _kind_chosen(self) -> None:
        self._show_rows()
        self._edited()

    def _unit_chosen(self) -> None:
        self._bound()
        self._edited()

    def _edited(self) -> None:
        if not self._filling:
            self.changed.emit()
