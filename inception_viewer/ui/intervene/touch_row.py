"""One thing that is touched: what is done, how much, to which channels."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from ...intervention_questions import Intervention, InterventionMode
from .. import theme
from ..maps.elided import ElidedLabel
from ..spin_boxes import settle
from ..wheel import keep_from_wheel
from .menu import Touching
from .words import channels_of, channels_text, short_module

MODES = (
    ("zero", "Switched off"),
    ("scale", "Scaled"),
    ("mean", "Held at mean"),
    ("patch", "From a photo"),
)
STEPS = 100
"""Of the slider to a factor of 1; it goes to 2."""


class TouchRow(QWidget):
    """Shows an intervention and lets it be changed.

    Signals: ``moved(Intervention, ended)`` by the slider, ``exchanged(old, new)``,
    ``removed(Intervention)``, ``refused(sentence)`` of channels that there are not.
    """

    moved = Signal(object, bool)
    exchanged = Signal(object, object)
    removed = Signal(object)
    refused = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.one = Intervention("")
        self._touching = Touching()
        self._count = 0
        self.name = ElidedLabel()
        self.name.setMinimumWidth(8 * theme.GRID)
        self._make_fields()
        self._lay_out()
        self._connect()

    def _make_fields(self) -> None:
        self.mode = QComboBox()
        for mode, words in MODES:
            self.mode.addItem(words, mode)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 2 * STEPS)
        self.slider.setSingleStep(5)
        self.slider.setPageStep(25)
        self.slider.setMinimumHeight(theme.TARGET)
        self.slider.setMinimumWidth(7 * theme.GRID)
        self.factor = QDoubleSpinBox()
        self.factor.setRange(0.0, 2.0)
        self.factor.setSingleStep(0.05)
        self.factor.setPrefix("\N{MULTIPLICATION SIGN}")
        self.factor.setKeyboardTracking(False)
        self.factor.setFixedWidth(10 * theme.GRID)
        self.photo = QComboBox()
        self.photo.setMinimumContentsLength(4)
        self.photo.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.said = ElidedLabel()
        self.said.setProperty("role", "muted")
        self.channels = QLineEdit()
        self.channels.setFixedWidth(9 * theme.GRID)
        self.channels.setToolTip("Channels: all, or 0, 3, 5-9")
        self.remove = QToolButton()
        self.remove.setText("\N{MULTIPLICATION SIGN}")
        self.remove.setMinimumWidth(theme.TARGET + 4)
        keep_from_wheel(self.mode, self.slider, self.factor, self.photo)
        settle(self.factor)

    def _lay_out(self) -> None:
        scaled = QWidget()
        inner = QHBoxLayout(scaled)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.slider, 1)
        inner.addWidget(self.factor)
        self.how = QStackedWidget()
        self.how.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for widget in (self.said, scaled, self.photo):
            self.how.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.name, 2)
        row.addWidget(self.mode)
        row.addWidget(self.how, 3)
        row.addWidget(self.channels)
        row.addWidget(self.remove)

    def _connect(self) -> None:
        self.mode.activated.connect(lambda _: self._choose_mode())
        self.photo.activated.connect(lambda _: self._exchange(images=(self.photo.currentData(),)))
        self.slider.valueChanged.connect(self._slide)
        self.slider.sliderReleased.connect(lambda: self._move(self.slider.value() / STEPS, True))
        self.factor.valueChanged.connect(lambda value: self._move(value, True))
        self.channels.editingFinished.connect(self._take_channels)
        self.remove.clicked.connect(lambda: self.removed.emit(self.one))

    # --- setters ---------------------------------------------------------------------

    def set_row(self, one: Intervention, touching: Touching, count: int) -> None:
        """Show an intervention on a unit of ``count`` channels."""
        changed = one != self.one or touching.photos != self._touching.photos
        changed = changed or touching.image != self._touching.image
        self.one, self._touching, self._count = one, touching, count
        if not changed:
            return
        self.name.setText(short_module(one.unit))
        self.name.setToolTip(one.words)
        with QSignalBlocker(self.mode):
            self.mode.setCurrentIndex(self.mode.findData(one.mode))
        if not self.channels.hasFocus():
            self.channels.setText(channels_text(one.channels))
        self.channels.setCursorPosition(0)
        self._show_how()
        self._name_fields()

    def _show_how(self) -> None:
        one = self.one
        self.how.setCurrentIndex({"scale": 1, "patch": 2}.get(one.mode, 0))
        with QSignalBlocker(self.slider), QSignalBlocker(self.factor):
            if not self.slider.isSliderDown():
                self.slider.setValue(round(STEPS * one.factor))
            self.factor.setValue(one.factor)
        count = len(one.images)
        mean = f"over {count} photo{'s' * (count != 1)} of the tray"
        self.said.setText(mean if one.mode == "mean" else "")
        if one.mode == "patch":
            self._fill_photos()

    def _fill_photos(self) -> None:
        with QSignalBlocker(self.photo):
            self.photo.clear()
            for image, name in self._touching.photos:
                own = image == self._touching.image
                self.photo.addItem(f"{name} (as it came)" if own else name, image)
            self.photo.setCurrentIndex(self.photo.findData(self.one.images[0]))

    def _name_fields(self) -> None:
        unit = self.one.unit
        self.mode.setAccessibleName(f"What is done to {unit}")
        self.slider.setAccessibleName(f"Factor of {unit}")
        self.factor.setAccessibleName(f"Factor of {unit}")
        self.photo.setAccessibleName(f"Photo that {unit} is taken from")
        self.channels.setAccessibleName(f"Channels of {unit}")
        self.remove.setAccessibleName(f"Put {unit} back")
        self.remove.setToolTip(f"Put {unit} back")

    # --- gestures --------------------------------------------------------------------

    def _slide(self, value: int) -> None:
        self._move(value / STEPS, not self.slider.isSliderDown())

    def _move(self, factor: float, ended: bool) -> None:
        one = replace(self.one, mode="scale", factor=factor)
        with QSignalBlocker(self.slider), QSignalBlocker(self.factor):
            self.factor.setValue(factor)
            if not self.slider.isSliderDown():
                self.slider.setValue(round(STEPS * factor))
        self.moved.emit(one, ended)

    def _choose_mode(self) -> None:
        mode = cast(InterventionMode, self.mode.currentData())
        tray = tuple(image for image, _ in self._touching.photos)
        if mode == self.one.mode:
            return
        if mode == "scale":
            self._exchange(mode=mode, factor=1.0, images=())
        elif mode == "mean":
            self._exchange(mode=mode, factor=0.0, images=tray)
        elif mode == "patch":
            others = [image for image in tray if image != self._touching.image]
            self._exchange(mode=mode, factor=0.0, images=(*others, self._touching.image)[:1])
        else:
            self._exchange(mode=mode, factor=0.0, images=())

    def _take_channels(self) -> None:
        text = self.channels.text()
        try:
            channels = channels_of(text, self._count)
        except ValueError as error:
            self.channels.setText(channels_text(self.one.channels))
            self.refused.emit(str(error))
            return
        self.channels.setText(channels_text(channels))
        if channels != self.one.channels:
            self._exchange(channels=channels)

    def _exchange(self, **changes: object) -> None:
        self.exchanged.emit(self.one, replace(self.one, **changes))
