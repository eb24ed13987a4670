"""A row of the Input page: a name, a slider, the value to type, and a way back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QSlider,
    QToolButton,
    QWidget,
)

from .. import theme
from ..spin_boxes import settle
from ..wheel import keep_from_wheel

KNOB = 14
"""Logical pixels of the slider's handle, as the style sheet has it."""
BACK = "\N{ANTICLOCKWISE OPEN CIRCLE ARROW}"


@dataclass(frozen=True)
class Range:
    """What a dial can be turned to.

    Attributes
    ----------
    field
        Name of the value.
    name, tip
        As people read them.
    low, high, neutral
        Of the value; the neutral one changes nothing.
    step
        Of the slider, and of the spin box's arrows; with ``doubles`` in octaves.
    shown
        The spin box's number for a value of 1.
    digits, prefix, suffix
        Of the spin box.
    doubles
        Whether equal ways of the slider multiply rather than add.
    """

    field: str
    name: str
    tip: str
    low: float
    high: float
    neutral: float = 0.0
    step: float = 1.0
    shown: float = 1.0
    digits: int = 0
    prefix: str = ""
    suffix: str = ""
    doubles: bool = False

    def ticks(self, value: float) -> int:
        """Return where the slider stands for a value, from 0 on."""
        way = math.log2(value / self.low) if self.doubles else value - self.low
        return round(way / self.step)

    def value(self, ticks: int) -> float:
        """Return the value at a place of the slider."""
        way = ticks * self.step
        found = self.low * 2**way if self.doubles else self.low + way
        return round(found, 4)


class Track(QSlider):
    """A slider with a mark at its neutral place, to which a double click goes back."""

    returned = Signal()

    def __init__(self, neutral: int, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._neutral = neutral
        self.setMinimumHeight(theme.TARGET)
        self.setMinimumWidth(7 * theme.GRID)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go back."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.returned.emit()
        else:
            super().mouseDoubleClickEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the mark, and the slider over it."""
        painter = QPainter(self)
        painter.setPen(QPen(QColor(theme.current().muted), 1))
        share = self._neutral / max(1, self.maximum())
        x = KNOB / 2 + share * (self.width() - KNOB)
        middle = self.height() / 2
        painter.drawLine(QLineF(x, middle - 6, x, middle + 6))
        painter.end()
        super().paintEvent(event)


class Dial(QObject):
    """The parts of a row, which stand in a grid. Signals: ``moved(field, value, ended)``."""

    moved = Signal(str, float, bool)

    def __init__(self, chosen: Range, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.range = chosen
        self._value = chosen.neutral
        self._let_go = False
        self.name = QLabel(chosen.name)
        self.slider = Track(chosen.ticks(chosen.neutral))
        self.slider.setRange(0, chosen.ticks(chosen.high))
        self.slider.setPageStep(max(1, self.slider.maximum() // 10))
        self.box = self._make_box()
        self.back = QToolButton()
        self.back.setText(BACK)
        self.back.setProperty("flat", True)
        kept = self.back.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.back.setSizePolicy(kept)
        self.back.setMinimumSize(theme.TARGET, theme.TARGET)
        keep_from_wheel(self.slider, self.box)
        settle(self.box)
        self._tell()
        self._connect()
        self.set_value(chosen.neutral)

    def _make_box(self) -> QDoubleSpinBox:
        chosen = self.range
        box = QDoubleSpinBox()
        box.setDecimals(chosen.digits)
        box.setRange(chosen.low * chosen.shown, chosen.high * chosen.shown)
        box.setSingleStep(chosen.step * chosen.shown)
        box.setPrefix(chosen.prefix)
        box.setSuffix(chosen.suffix)
        box.setKeyboardTracking(False)
        return box

    def _tell(self) -> None:
        name, tip = self.range.name, self.range.tip
        for widget in (self.slider, self.box):
            widget.setAccessibleName(name)
            widget.setToolTip(f"{tip}\nDouble click on the slider to put it back.")
        self.name.setToolTip(tip)
        self.name.setBuddy(self.slider)
        self.back.setAccessibleName(f"Put back: {name}")
        self.back.setToolTip(f"Put back: {name}")

    def _connect(self) -> None:
        self.slider.sliderPressed.connect(self._take_hold)
        self.slider.valueChanged.connect(self._slide)
        self.slider.sliderReleased.connect(self._release)
        self.slider.returned.connect(self.put_back)
        self.box.valueChanged.connect(lambda shown: self._turn(shown / self.range.shown, True))
        self.back.clicked.connect(lambda: self.put_back())

    def stand_in(self, grid: QGridLayout, row: int) -> None:
        """Put the parts into a row of a grid, so that all rows are of one piece."""
        for column, widget in enumerate((self.name, self.slider, self.box, self.back)):
            grid.addWidget(widget, row, column)

    def set_enabled(self, enabled: bool) -> None:
        """Enable all parts, or none."""
        for widget in (self.name, self.slider, self.box):
            widget.setEnabled(enabled)
        self._show_back(enabled)

    # --- the value -------------------------------------------------------------------

    @property
    def value(self) -> float:
        """What it is turned to."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show a value; a slider that is held stays under the pointer."""
        self._value = value
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            if not self.slider.isSliderDown() or self._let_go:
                self.slider.setValue(self.range.ticks(value))
            self.box.setValue(value * self.range.shown)
        self._show_back(self.slider.isEnabled())

    def drop(self) -> None:
        """Let go of the slider, though the button is still down: what it moved has gone."""
        self._let_go = self.slider.isSliderDown()

    def put_back(self) -> None:
        """Turn to where nothing is changed."""
        self._turn(self.range.neutral, True)

    def _show_back(self, enabled: bool) -> None:
        turned = abs(self._value - self.range.neutral) > 1e-9
        had_focus = self.back.hasFocus()
        self.back.setVisible(enabled and turned)
        if had_focus and not turned:
            self.slider.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- gestures --------------------------------------------------------------------

    def _take_hold(self) -> None:
        self._let_go = False

    def _slide(self, ticks: int) -> None:
        if self._let_go:
            return
        self._turn(self.range.value(ticks), not self.slider.isSliderDown())

    def _release(self) -> None:
        if self._let_go:
            self._let_go = False
            self.set_value(self._value)
            return
        self.moved.emit(self.range.field, self._value, True)

    def _turn(self, value: float, ended: bool) -> None:
        self.set_value(value)
        self.moved.emit(self.range.field, value, ended)
