"""The brush's tools above the pictures: take it up, its size, its paint, the eraser, clear."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QSlider, QToolButton, QWidget

from ...edit_questions import BrushSettings, Fill
from .. import theme
from .brushing import HINT
from .strokes import LEAST

FILLS: dict[Fill, tuple[str, str]] = {
    "grey": ("Grey", "128 in every channel"),
    "mean": ("Mean colour", "The mean colour of what is left of the picture"),
    "blur": ("Blur", "The picture under a wide Gaussian"),
    "inpaint": ("Inpaint", "Continued from around the area, as smoothly as can be"),
}
"""What each fill is called, and what it is."""
ROOM_FOR_SIZE, ROOM_FOR_ERASER = 400, 300
"""Logical pixels at text scale 1 from which there are a slider for the size, which [ and ] change
anyway, and a button for the eraser, which the right button is anyway."""


class BrushBar(QWidget):
    """One line; but for the brush itself it shows what is of use now."""

    toggled = Signal(object)
    """Emitted with whether the brush is taken up."""
    settings_changed = Signal(object)
    """Emitted with the :class:`BrushSettings` that a person chose."""
    eraser_toggled = Signal(object)
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = BrushSettings()
        tip = f"Paint over the picture and see what the three heads then say (Ctrl+B).\n{HINT}"
        self.brush = self._button("Brush", tip)
        self.brush.setCheckable(True)
        self.brush.toggled.connect(self._toggle)
        self.radius = self._slider()
        self.fill = self._combo()
        self.eraser = self._button("Eraser", "Take paint away; so do the right button and Shift")
        self.eraser.setCheckable(True)
        self.eraser.toggled.connect(lambda on: self.eraser_toggled.emit(on))
        self.clear = self._button("Clear", "Show the whole picture again")
        self.clear.clicked.connect(lambda: self.cleared.emit())
        self._painted = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        for tool in (self.brush, self.radius, self.fill, self.eraser, self.clear):
            row.addWidget(tool)
        row.addStretch(1)
        self._show_tools()

    @property
    def is_on(self) -> bool:
        """Whether the brush is taken up."""
        return self.brush.isChecked()

    def set_settings(self, settings: BrushSettings) -> None:
        """Show these settings."""
        self._settings = settings
        with QSignalBlocker(self.radius), QSignalBlocker(self.fill):
            self.radius.setValue(round(settings.radius))
            self.fill.setCurrentIndex(self.fill.findData(settings.fill))
        self.radius.setToolTip(
            f"Radius of the brush: {settings.radius:g} pixels ([ and ] change it)"
        )
        self.fill.setToolTip(f"What the area becomes. {FILLS[settings.fill][1]}")

    def set_radius(self, radius: float) -> None:
        """Choose another size, as a key over the picture does."""
        self._choose(radius=radius)

    def set_painted(self, painted: bool) -> None:
        """Say whether there is something to clear."""
        if painted != self._painted:
            self._painted = painted
            self._show_tools()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the slider out where it is narrow."""
        super().resizeEvent(event)
        self._show_tools()

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setMinimumHeight(theme.TARGET)
        return button

    def _slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(round(LEAST[0]), round(LEAST[1]))
        slider.setMinimumSize(56, theme.TARGET)
        slider.setMaximumWidth(120)
        slider.setAccessibleName("Radius of the brush in pixels of the picture")
        slider.valueChanged.connect(lambda size: self._choose(radius=float(size)))
        return slider

    def _combo(self) -> QComboBox:
        box = QComboBox()
        for fill, (name, tip) in FILLS.items():
            box.addItem(name, fill)
            box.setItemData(box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        box.setAccessibleName("What the painted area becomes")
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(4)
        box.setMaximumWidth(round(128 * max(1.0, theme.text_scale())))
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box.activated.connect(lambda row: self._choose(fill=box.itemData(row)))
        return box

    def _choose(self, **changes: object) -> None:
        chosen = replace(self._settings, **changes)
        if chosen != self._settings:
            self.set_settings(chosen)
            self.settings_changed.emit(chosen)

    def _toggle(self, on: bool) -> None:
        self._show_tools()
        self.toggled.emit(on)

    def _show_tools(self) -> None:
        on, room = self.brush.isChecked(), self.width() / theme.text_scale()
        self.radius.setVisible(on and room >= ROOM_FOR_SIZE)
        self.fill.setVisible(on or self._painted)
        self.eraser.setVisible(on and room >= ROOM_FOR_ERASER)
        # There from the start, so that nothing moves when the first stroke begins.
        self.clear.setVisible(on or self._painted)
        self.clear.setEnabled(self._painted)
