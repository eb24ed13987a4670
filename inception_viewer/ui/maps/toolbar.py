"""The tools above the maps: which module, in what order, on what scale, how large."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSlider, QToolButton, QWidget

from ...questions import MapGroup
from ...session import MapSettings
from .. import theme
from .compose import dead_channels
from .elided import ElidedLabel
from .words import count_text

SMALLEST, LARGEST = 12, 240
"""Of a cell's longer side, in logical pixels."""

SORTS = {
    "index": "By index",
    "maximum": "By maximum",
    "mean": "By mean",
    "active": "By activity",
}
SCALES = {"module": "One scale", "branch": "Branch scale", "own": "Own scale"}
COLOUR_MAPS = {"viridis": "Viridis", "batlow": "Batlow", "magma": "Magma", "gray": "Gray"}

ROOM_FOR_SLIDER, ROOM_FOR_COUNTS = 680, 840
"""Logical pixels at text scale 1 from which the slider and the counts are shown."""


class Toolbar(QWidget):
    """One row; the slider and then the title give way when it is narrow."""

    stepped = Signal(object)
    settings_changed = Signal(object)
    size_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = MapSettings()
        self.back = self._button("\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", -1)
        self.forward = self._button("\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}", 1)
        self.title = ElidedLabel()
        self.title.setProperty("role", "section")
        self.counts = ElidedLabel()
        self.counts.setProperty("role", "muted")
        self.sort = self._combo("Order of the channels", "sort", SORTS)
        self.scale = self._combo("Range of the colours", "scale", SCALES)
        self.colours = self._combo("Colour map", "colour_map", COLOUR_MAPS)
        self._add_size_tools()
        self._lay_out()

    def _button(self, glyph: str, step: int) -> QToolButton:
        button = QToolButton(self)
        words = "Next module or unit" if step > 0 else "Previous module or unit"
        button.setText(glyph)
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.setMinimumWidth(theme.TARGET)
        button.clicked.connect(lambda: self.stepped.emit(step))
        return button

    def _combo(self, name: str, field: str, choices: Mapping[str, str]) -> QComboBox:
        combo = QComboBox(self)
        combo.setAccessibleName(name)
        combo.setToolTip(name)
        for value, words in choices.items():
            combo.addItem(words, value)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        combo.setMinimumWidth(64)
        combo.activated.connect(lambda index: self._choose(field, str(combo.itemData(index))))
        return combo

    def _add_size_tools(self) -> None:
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(SMALLEST, LARGEST)
        self.slider.setMinimumWidth(64)
        self.slider.setMaximumWidth(120)
        self.slider.setMinimumHeight(theme.TARGET)
        self.slider.setAccessibleName("Size of the maps")
        self.slider.setToolTip("Size of the maps (Ctrl and the wheel over them)")
        self.slider.valueChanged.connect(lambda size: self.size_changed.emit(size))
        self.fit = QToolButton(self)
        self.fit.setText("Fit")
        self.fit.setCheckable(True)
        self.fit.setChecked(True)
        self.fit.setToolTip("Make the maps as large as all of them fit the view")
        self.fit.clicked.connect(self._on_fit)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.back)
        row.addWidget(self.forward)
        row.addWidget(self.title)
        row.addWidget(self.counts)
        row.addStretch(1)
        for combo in (self.sort, self.scale, self.colours):
            row.addWidget(combo)
        row.addWidget(self.slider)
        row.addWidget(self.fit)

    # --- setters ---------------------------------------------------------------------

    def set_module(self, unit: str, groups: tuple[MapGroup, ...]) -> None:
        """Name the module or unit and count its channels."""
        channels = sum(len(group.maximum) for group in groups)
        dead = sum(int(dead_channels(group).sum()) for group in groups)
        self.title.setText(unit)
        self.counts.setText(count_text(channels, dead) if groups else "")
        for tool in (self.sort, self.scale, self.colours, self.slider, self.fit):
            tool.setEnabled(bool(groups))

    def set_settings(self, settings: MapSettings) -> None:
        """Show these settings."""
        self._settings = settings
        pairs = (
            (self.sort, settings.sort),
            (self.scale, settings.scale),
            (self.colours, settings.colour_map),
        )
        for combo, value in pairs:
            combo.setCurrentIndex(max(0, combo.findData(value)))

    def set_size(self, size: int | None) -> None:
        """Show whether the cells are fitted (None) or of this size."""
        self.fit.setChecked(size is None)
        if size is not None:
            self.show_size(size)

    def show_size(self, size: int) -> None:
        """Put the slider where the cells are, without moving them."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(size)

    def set_narrow(self, width: int) -> None:
        """Keep what fits into ``width`` logical pixels."""
        room = width / theme.text_scale()
        self.slider.setVisible(room >= ROOM_FOR_SLIDER)
        self.counts.setVisible(room >= ROOM_FOR_COUNTS)

    # --- gestures --------------------------------------------------------------------

    def _choose(self, field: str, value: str) -> None:
        changed = replace(self._settings, **{field: value})
        if changed != self._settings:
            self._settings = changed
            self.settings_changed.emit(changed)

    def _on_fit(self, fitted: bool) -> None:
        self.size_changed.emit(None if fitted else self.slider.value())
