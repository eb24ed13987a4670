"""The fields of a method's parameters, made from their descriptions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QSpinBox,
    QWidget,
)

from ...attribution_methods import Method, Parameter, Value
from .. import theme
from ..spin_boxes import settle
from ..wheel import keep_from_wheel

NO_PHOTO = (("", "choose a photo"),)


class _Field:
    """A parameter's widget, with its value read and written in one way."""

    def __init__(self, parameter: Parameter) -> None:
        self.parameter = parameter
        self.widget = self._make()
        keep_from_wheel(self.widget)
        bounds = ""
        if parameter.kind in ("int", "float"):
            bounds = f" From {parameter.minimum:g} to {parameter.maximum:g}."
        self.widget.setToolTip(parameter.explanation + bounds)
        self.widget.setAccessibleName(parameter.label)
        self.widget.setAccessibleDescription(parameter.explanation)

    def _make(self) -> QWidget:
        if self.parameter.is_switch:
            return QCheckBox(self.parameter.label)
        if self.parameter.kind in ("choice", "image"):
            box = QComboBox()
            for value, words in self.parameter.choices or NO_PHOTO:
                box.addItem(words, value)
            box.setMinimumContentsLength(6)
            box.setSizeAdjustPolicy(box.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            return box
        return self._make_spin()

    def set_photos(self, photos: Sequence[tuple[str, str]]) -> None:
        """Offer the open photos, as (id, name), if that is what the parameter is about."""
        box = self.widget
        if self.parameter.kind == "image" and isinstance(box, QComboBox):
            chosen = box.currentData()
            box.clear()
            for value, words in (*NO_PHOTO, *photos):
                box.addItem(words, value)
            box.setCurrentIndex(max(0, box.findData(chosen)))

    def _make_spin(self) -> QWidget:
        spin = QSpinBox() if self.parameter.kind == "int" else QDoubleSpinBox()
        number = int if self.parameter.kind == "int" else float
        if isinstance(spin, QDoubleSpinBox):
            spin.setDecimals(_decimals(self.parameter))
            spin.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        spin.setRange(number(self.parameter.minimum), number(self.parameter.maximum))
        settle(spin)
        if self.parameter.unit:
            spin.setSuffix(f" {self.parameter.unit}")
        return spin

    @property
    def value(self) -> Value:
        """What is set."""
        widget = self.widget
        if isinstance(widget, QCheckBox):
            return "on" if widget.isChecked() else "off"
        if isinstance(widget, QComboBox):
            return str(widget.currentData())
        assert isinstance(widget, QSpinBox | QDoubleSpinBox)
        return widget.value()

    def set_value(self, value: Value) -> None:
        """Show a value."""
        widget = self.widget
        if isinstance(widget, QCheckBox):
            widget.setChecked(value == "on")
        elif isinstance(widget, QComboBox):
            widget.setCurrentIndex(max(0, widget.findData(value)))
        elif isinstance(widget, QSpinBox):
            widget.setValue(int(value))
        elif isinstance(widget, QDoubleSpinBox):
            widget.setValue(float(value))

    @property
    def changed(self) -> SignalInstance:
        """The widget's own signal of a change."""
        widget = self.widget
        if isinstance(widget, QCheckBox):
            return widget.toggled
        if isinstance(widget, QComboBox):
            return widget.currentIndexChanged
        assert isinstance(widget, QSpinBox | QDoubleSpinBox)
        return widget.valueChanged


def _decimals(parameter: Parameter) -> int:
    """Return the places that tell the smallest values there can be; at least two."""
    least = [abs(value) for value in (parameter.minimum, float(parameter.default)) if value]
    smallest = min((value for value in least if math.isfinite(value)), default=1.0)
    return max(2, math.ceil(-math.log10(smallest)))


class ParameterFields(QWidget):
    """A form for the parameters of one method, remembering what each method was given."""

    changed = Signal()
    """Emitted when a person changed a value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._method: Method | None = None
        self._fields: dict[str, _Field] = {}
        self._remembered: dict[str, dict[str, Value]] = {}
        self._photos: tuple[tuple[str, str], ...] = ()
        self._filling = False
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setSpacing(theme.GRID)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)

    def set_method(self, method: Method) -> None:
        """Make the fields of a method, with what it was given last, else its defaults."""
        if self._method is not None and self._method.name == method.name:
            return
        while self._form.rowCount():
            self._form.removeRow(0)
        self._method, self._fields = method, {}
        for parameter in method.parameters:
            field = self._fields[parameter.name] = _Field(parameter)
            field.set_photos(self._photos)
            field.changed.connect(self._edited)
            if parameter.is_switch:
                self._form.addRow(field.widget)
            else:
                self._form.addRow(parameter.label, field.widget)
        self.set_values(self._remembered.get(method.name, {}))

    def set_photos(self, photos: Sequence[tuple[str, str]]) -> None:
        """Offer the open photos, as (id, name); one that was chosen and is gone is forgotten."""
        self._photos = tuple(photos)
        filling, self._filling = self._filling, True
        for field in self._fields.values():
            field.set_photos(self._photos)
        self._filling = filling

    def set_values(self, given: Mapping[str, Value]) -> None:
        """Show these values, and defaults for the rest, without telling of a change."""
        self._filling = True
        for name, field in self._fields.items():
            field.set_value(given.get(name, field.parameter.default))
        self._filling = False
        self._remember()

    @property
    def values(self) -> dict[str, Value]:
        """Every parameter's value."""
        return {name: field.value for name, field in self._fields.items()}

    @property
    def given(self) -> tuple[tuple[str, Value], ...]:
        """The parameters that differ from their defaults, sorted by name."""
        return tuple(
            sorted(
                (name, field.value)
                for name, field in self._fields.items()
                if field.value != field.parameter.default
            )
        )

    def field(self, name: str) -> QWidget:
        """Return a parameter's widget; KeyError if the method has none of that name."""
        return self._fields[name].widget

    @property
    def labels(self) -> list[QWidget]:
        """The words before the fields that have some, from top to bottom."""
        found = [self._form.labelForField(field.widget) for field in self._fields.values()]
        return [label for label in found if label is not None]

    def _edited(self) -> None:
        if not self._filling:
            self._remember()
            self.changed.emit()

    def _remember(self) -> None:
        if self._method is None:
            return
        values = self.values
        self._remembered[self._method.name] = values
        for field in self._fields.values():
            self._form.setRowVisible(field.widget, field.parameter.matters(values))


LONG_LABEL = 96
"""Labels wider than this, in logical pixels at text scale 1, stand above their field."""


def align_labels(labels: Sequence[QWidget]) -> None:
    """Make the labels of several forms equally wide, but for the long ones."""
    for label in labels:
        label.setMinimumWidth(0)
    widths = [label.sizeHint().width() for label in labels]
    short = max((w for w in widths if w <= LONG_LABEL * theme.text_scale()), default=0)
    for label, width in zip(labels, widths, strict=True):
        if width <= short:
            label.setMinimumWidth(short)
