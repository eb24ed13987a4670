"""The calibration curves with their legend and the bin that is pointed at."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from .. import theme
from . import words
from .calibration_plot import CalibrationPlot
from .results import Measured

EXPLAINED = (
    "On the dashed line a head is right as often as it says. Below it, the head is too sure of "
    "itself; the expected calibration error is the mean distance, weighted by the photos."
)


class CalibrationTab(QWidget):
    """The curves of all heads; the counts below are those of the chosen one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.legend, self.readout, self.plot = QLabel(), QLabel(), CalibrationPlot()
        explained = QLabel(EXPLAINED)
        explained.setProperty("role", "muted")
        for label in (self.legend, self.readout, explained):
            label.setWordWrap(True)
        self.legend.setAccessibleName("Expected calibration errors")
        self.readout.setAccessibleName("The bin")
        self.plot.pointed.connect(self.readout.setText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.GRID] * 4)
        layout.setSpacing(theme.GRID)
        for widget in (self.legend, self.plot, self.readout, explained):
            layout.addWidget(widget, int(widget is self.plot))

    def show_measured(self, measured: Measured, head: str, _other: Measured | None = None) -> None:
        """Show the curves; ``head`` is the one whose counts are shown."""
        parts = []
        for name, counted in measured.answer.heads.items():
            error = words.percent(counted.calibration.expected_error)
            untrained = "" if measured.means_something(name) else ", untrained"
            parts.append(f"{name}{untrained} {error}")
        self.legend.setText(f"Expected calibration error: {'; '.join(parts)}.")
        self.plot.set_measured(measured, head)
