"""The sliders that move, dim, blur and crop the photo before the network sees it."""

from __future__ import annotations

from dataclasses import fields, replace

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from ...changed_inputs import NEUTRAL, effective
from ...edit_questions import Distortion
from .. import theme
from .dial import Dial, Range

PLACE = (
    Range("shift_x", "Shift right", "How far what is seen moves right, of the picture's width",
          -1, 1, step=0.01, shown=100, suffix=" %"),
    Range("shift_y", "Shift down", "How far what is seen moves down, of the picture's height",
          -1, 1, step=0.01, shown=100, suffix=" %"),
    Range("rotation", "Rotate", "Degrees, to the left where they are positive",
          -180, 180, suffix="°"),
    Range("scale", "Scale", "How much larger what is seen becomes, about the picture's middle",
          0.25, 4, 1.0, 0.02, digits=2, prefix="\N{MULTIPLICATION SIGN}", doubles=True),
)  # fmt: skip
CROP = (
    Range("crop", "Crop to", "The part of the picture's side that is left, enlarged to the whole",
          0.1, 1, 1.0, 0.01, shown=100, suffix=" %"),
    Range("crop_x", "Crop, across", "Where that part lies, from left to right",
          0, 1, 0.5, 0.01, shown=100, suffix=" %"),
    Range("crop_y", "Crop, down", "Where that part lies, from top to bottom",
          0, 1, 0.5, 0.01, shown=100, suffix=" %"),
)  # fmt: skip
LOOK = (
    Range("contrast", "Contrast", "Distances from the mean grey are multiplied by this",
          0, 2, 1.0, 0.02, digits=2, prefix="\N{MULTIPLICATION SIGN}"),
    Range("blur", "Blur", "Standard deviation of a Gaussian, in pixels of the network's picture",
          0, 20, step=0.1, digits=1, suffix=" px"),
    Range("noise", "Noise", "Standard deviation of Gaussian noise, in grey levels of 255",
          0, 128, suffix=" levels"),
)  # fmt: skip
BOX = 88
"""Logical pixels of the field for a value at text scale 1."""
WITHIN_CROP = ("crop_x", "crop_y")


class DistortForm(QWidget):
    """Signals: ``moved(Distortion, ended)`` by any of the controls."""

    moved = Signal(object, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.distortion = NEUTRAL
        self.dials: dict[str, Dial] = {}
        self.mirror = QCheckBox("Mirror")
        self.mirror.setToolTip("Exchange left and right")
        self.mirror.toggled.connect(lambda on: self._change(True, mirror=on))
        self.noise = QPushButton("Another noise")
        self.noise.clicked.connect(lambda: self._change(True, seed=self.distortion.seed + 1))
        self.clear = QPushButton("Put all back")
        self.clear.setToolTip("Take back every distortion of this photo")
        self.clear.clicked.connect(lambda: self._move(NEUTRAL, True))
        self._lay_out()
        self.set_distortion(NEUTRAL)
        theme.broadcast.changed.connect(self._restyle)
        self._restyle(None)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.GRID)
        grid.setVerticalSpacing(theme.GRID // 2)
        grid.setColumnStretch(1, 1)
        for row, chosen in enumerate((*PLACE, *LOOK, *CROP)):
            self._add(chosen, grid, row)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        buttons.addWidget(self.mirror)
        buttons.addStretch(1)
        buttons.addWidget(self.noise)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, theme.GRID, 0)
        column.setSpacing(theme.GRID)
        column.addLayout(grid)
        column.addLayout(buttons)
        column.addStretch(1)

    def _add(self, chosen: Range, grid: QGridLayout, row: int) -> None:
        dial = Dial(chosen, self)
        dial.stand_in(grid, row)
        dial.moved.connect(lambda field, value, ended: self._change(ended, **{field: value}))
        self.dials[chosen.field] = dial

    def _restyle(self, _: object) -> None:
        if isValid(self):
            for dial in self.dials.values():
                dial.box.setFixedWidth(round(BOX * max(1.0, theme.text_scale())))

    # --- setters ---------------------------------------------------------------------

    def set_distortion(self, distortion: Distortion) -> None:
        """Show what is done to the photo."""
        self.distortion = distortion
        for field in fields(distortion):
            if field.name in self.dials:
                self.dials[field.name].set_value(getattr(distortion, field.name))
        with QSignalBlocker(self.mirror):
            self.mirror.setChecked(distortion.mirror)
        for name in WITHIN_CROP:
            self.dials[name].set_enabled(distortion.crop < 1)
        self.noise.setEnabled(distortion.noise > 0)
        self.noise.setToolTip(
            f"Draw the noise anew; it is drawn from seed {distortion.seed}"
            if distortion.noise > 0
            else "There is no noise to draw anew"
        )
        self.clear.setEnabled(effective(distortion) != NEUTRAL)

    def drop(self) -> None:
        """Let go of a slider whose photo has gone."""
        for dial in self.dials.values():
            dial.drop()

    # --- gestures --------------------------------------------------------------------

    def _change(self, ended: bool, **values: float | bool) -> None:
        self._move(replace(self.distortion, **values), ended)

    def _move(self, distortion: Distortion, ended: bool) -> None:
        if distortion == self.distortion and not ended:
            return
        self.set_distortion(distortion)
        self.moved.emit(distortion, ended)
