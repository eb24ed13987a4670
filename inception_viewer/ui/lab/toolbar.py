"""The tools above the grid: what runs, the order, and how the maps are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSlider,
    QWidget,
)

from ...grade_questions import Measure
from .. import theme
from ..attribution.scale_bar import ScaleBar
from ..lines import Lines
from ..progress import FULL, bar_value, progress_text
from .board import CHOSEN, SORTS
from .drawing import PERCENTILES, Drawing, colouring_of
from .tool_mark import ToolMark

FIELDS: Mapping[str, tuple[str, str, Mapping[Any, str]]] = {
    "scale": (
        "Range of the colours",
        "Each map its own range, or one for all: methods and layers count in units of their "
        "own, photos compare",
        {"own": "Own scale", "shared": "One scale"},
    ),
    "signed": (
        "Signs",
        "Colours diverge around zero, or show the magnitude",
        {True: "Signed", False: "Absolute"},
    ),
    "percentile": (
        "Where the colours end",
        "The percentile of the magnitude at which the colours end",
        {p: f"Clip {p:g} %" if p < 100 else "No clip" for p in PERCENTILES},
    ),
    "channels": (
        "Channels",
        "The sum over the channels, or the input's red, green and blue; layers have no colours",
        {"sum": "Channel sum", "rgb": "RGB"},
    ),
    "overlay": (
        "Map or overlay",
        "The map over the photo, or alone",
        {True: "Over the photo", False: "Map alone"},
    ),
}
"""Boxes: the field of :class:`Drawing`, its name, what it means, and its choices."""


PROGRESS = 128
"""Width of the bar: the tools shall stand in one line in a window of 1280 pixels."""
ROOM_FOR_QUEUE = 432
"""Logical pixels at text scale 1 from which the queue's button stands beside the others."""
ROOM_FOR_DRAWING = 720
"""Logical pixels at text scale 1 from which all tools are shown by themselves."""


ONE_SCALE = (
    "One scale for all maps: colours end at the largest of their {share}th percentiles of the "
    "magnitude"
)


class LabToolbar(Lines):
    """Lines of tools that break where it is narrow."""

    asked = Signal()
    cancelled = Signal()
    emptied = Signal()
    drawing_changed = Signal(object)
    """Emitted with the :class:`Drawing` that a person chose."""
    sort_changed = Signal(object)
    side_toggled = Signal(object)
    """Emitted with whether the panel at the side shall show."""
    large_asked = Signal()
    """Emitted when the lab shall have the whole window, or give it back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawing = Drawing()
        self._add_switches()
        self._decided = False
        self._add_run_tools()
        self.boxes = {field: self._box(field) for field in FIELDS}
        self.opacity = self._slider()
        self.scale = ScaleBar()
        self.scale.setFixedWidth(208)
        self.contours = QCheckBox("Contours")
        self.contours.setToolTip(
            "Lines where the smoothed map reaches a quarter, a half and three quarters of its "
            "largest magnitude; dotted around what speaks against"
        )
        self.contours.toggled.connect(lambda on: self._choose("contours", on))
        self.sort = QComboBox()
        self.sort.setAccessibleName("Order of the cells")
        self.sort.setToolTip("The order of the cells; by a grade, the best first")
        self.sort.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.sort.activated.connect(lambda row: self.sort_changed.emit(self.sort.itemData(row)))
        self.set_measures({})
        self._lay_out()
        self.set_progress(None, None, 0)

    # --- what runs -------------------------------------------------------------------

    def set_progress(self, fraction: float | None, seconds_left: float | None, left: int) -> None:
        """Show how far the batch is and how many cells and grades are left; None: nothing runs."""
        running = fraction is not None
        had_focus = self.explain.hasFocus() or self.cancel.hasFocus()
        for widget in (self.progress, self.cancel):
            widget.setVisible(running)
        self.explain.setVisible(not running)
        if fraction is not None:
            self.progress.setValue(bar_value(fraction))
            self.progress.setFormat(progress_text(fraction, seconds_left))
            self.progress.setToolTip(f"{left} cells and grades to do")
        if had_focus:
            (self.cancel if running else self.explain).setFocus()

    def set_waiting(self, count: int) -> None:
        """Offer to empty the queue while that many jobs, of whatever kind, wait in it."""
        # Where it would take a line of its own, the menu has it.
        room = ROOM_FOR_QUEUE * max(1.0, theme.text_scale())
        self.empty.setVisible(count > 0 and self.width() >= room)
        jobs = "1 job waits" if count == 1 else f"{count} jobs wait"
        self.empty.setToolTip(f"{jobs}, of this and the other views: take all of them back")

    def set_obstacle(self, sentence: str, count: int) -> None:
        """Say how many cells would be computed, or why none can be."""
        self.explain.setEnabled(not sentence and count > 0)
        done = "Every cell is computed" if not count else f"Compute {count} cells"
        self.explain.setToolTip(sentence or done)
        self.explain.setText(f"Explain {count}" if count and not sentence else "Explain")

    # --- how it is drawn -------------------------------------------------------------

    @property
    def drawing(self) -> Drawing:
        """What is chosen."""
        return self._drawing

    def set_drawing(self, drawing: Drawing) -> None:
        """Show a choice, without telling of a change."""
        self._drawing = drawing
        for field, box in self.boxes.items():
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(getattr(drawing, field)))
        with QSignalBlocker(self.opacity), QSignalBlocker(self.contours):
            self.opacity.setValue(round(100 * drawing.opacity))
            self.contours.setChecked(drawing.contours)
        self.opacity.setEnabled(drawing.overlay)

    def set_scale(self, limit: float | None) -> None:
        """Show the colour bar of one scale for all; None where each map has its own."""
        told = limit is not None and self._drawing.channels == "sum"
        self.scale.setVisible(told)
        if limit is not None and told:
            self.scale.set_colouring(colouring_of(self._drawing, limit))
            self.scale.setToolTip(ONE_SCALE.format(share=f"{self._drawing.percentile:g}"))

    def set_measures(self, measures: Mapping[str, Measure]) -> None:
        """Offer to sort by these measures' grades."""
        chosen = self.sort.currentData() or CHOSEN
        self.sort.clear()
        for value, words in SORTS.items():
            self.sort.addItem(words, value)
        for measure in measures.values():
            # An acronym keeps its capitals.
            plain = measure.title[1:] == measure.title[1:].lower()
            title = measure.title.lower() if plain else measure.title
            self.sort.addItem(f"By {title}", measure.name)
        self.sort.setCurrentIndex(max(0, self.sort.findData(chosen)))

    # --- construction ----------------------------------------------------------------

    def _add_switches(self) -> None:
        self.side = ToolMark("panel", "Panel", "Show or hide the panel at the side")
        self.side.setChecked(True)
        self.side.toggled.connect(lambda shown: self.side_toggled.emit(shown))
        tip = "Show or hide the tools that say how the maps are drawn, and in which order"
        self.more = ToolMark("drawing", "Drawing", tip)
        self.more.setChecked(True)
        self.more.toggled.connect(self._show_drawing)
        self.more.clicked.connect(self._decide)
        tip = "Give the lab the whole window, or put everything back"
        self.large = ToolMark("large", "Whole window", tip)
        self.large.clicked.connect(lambda _on: self.large_asked.emit())

    def _add_run_tools(self) -> None:
        self.explain = QPushButton("Explain")
        self.explain.setProperty("primary", True)
        self.explain.clicked.connect(lambda: self.asked.emit())
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Take back every cell that waits or is being computed")
        self.cancel.clicked.connect(lambda: self.cancelled.emit())
        self.empty = QPushButton("Empty queue")
        self.empty.clicked.connect(lambda: self.emptied.emit())
        self.progress = QProgressBar()
        self.progress.setRange(0, FULL)
        self.progress.setFixedWidth(PROGRESS)
        self.progress.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.progress.setAccessibleName("Progress of the grid")

    def _box(self, field: str) -> QComboBox:
        name, meaning, choices = FIELDS[field]
        box = QComboBox()
        box.setAccessibleName(name)
        box.setToolTip(meaning)
        for value, words in choices.items():
            box.addItem(words, value)
        box.setCurrentIndex(box.findData(getattr(self._drawing, field)))
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.activated.connect(lambda row: self._choose(field, box.itemData(row)))
        return box

    def _slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setValue(round(100 * self._drawing.opacity))
        slider.setMinimumSize(72, theme.TARGET)
        slider.setMaximumWidth(88)
        slider.setAccessibleName("Opacity of the overlays in percent")
        slider.setToolTip("How strongly the maps cover the photo; where they are zero it shows")
        slider.valueChanged.connect(lambda percent: self._choose("opacity", percent / 100))
        return slider

    def _lay_out(self) -> None:
        self._drawing_tools = [self.sort, *self.boxes.values(), self.opacity, self.contours]
        self.hold(self.side, self.more, self.large)
        self.hold(self.explain, self.progress, self.cancel, self.empty)
        self.hold(*self._drawing_tools, self.scale)
        for widget in (self.empty, self.scale):
            widget.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hide the drawing's tools where they would take the maps' room, unless asked for."""
        super().resizeEvent(event)
        if not self._decided:
            self.more.setChecked(self.width() >= ROOM_FOR_DRAWING * max(1.0, theme.text_scale()))

    def _decide(self) -> None:
        self._decided = True

    def _show_drawing(self, shown: bool) -> None:
        for widget in self._drawing_tools:
            widget.setVisible(shown)

    def _choose(self, field: str, value: Any) -> None:
        self._drawing = replace(self._drawing, **{field: value})
        self.opacity.setEnabled(self._drawing.overlay)
        self.drawing_changed.emit(self._drawing)
