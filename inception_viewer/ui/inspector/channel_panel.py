"""The "Channel" part of the inspector: the map over the picture and how it is shown."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from .. import theme
from ..maps.colour_bar import ColourBar
from ..maps.elided import ElidedLabel
from ..maps.words import number
from ..wheel import keep_from_wheel
from .overlay import MapOverlay, OverlayContent
from .registration import field_text

REGISTRATION = (
    "<p>Every position is drawn around the input pixel it is centred on, as its unit's stride "
    "and offset say; the map is not stretched over the picture.</p>"
    "<p>Wheel: zoom. Drag: move. Double click: whole picture. Arrow keys: step.</p>"
)


class ChannelPanel(QWidget):
    """Overlay, the value and receptive field looked at, colour bar, opacity, smoothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.overlay = MapOverlay()
        # Above the picture and always one line: what is pointed at must not move.
        self.value = ElidedLabel()
        self.field = QLabel()
        self.field.setProperty("role", "muted")
        self.bar = ColourBar()
        self.meaning = QLabel()
        self.meaning.setProperty("role", "muted")
        for label in (self.field, self.meaning):
            label.setWordWrap(True)
            label.setToolTip(REGISTRATION)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(round(self.overlay.opacity * 100))
        self.opacity.setMinimumHeight(theme.TARGET)
        self.opacity.setAccessibleName("Opacity of the map")
        self.opacity.setToolTip("Opacity of the map over the picture")
        self.smooth = QCheckBox("Smooth")
        self.smooth.setMinimumHeight(theme.TARGET)
        self.smooth.setToolTip("Smooth between positions; off: one square for each position")
        keep_from_wheel(self.opacity)
        self._lay_out()
        self.overlay.probed.connect(self._tell)
        self.opacity.valueChanged.connect(lambda value: self.overlay.set_opacity(value / 100))
        self.smooth.toggled.connect(self.overlay.set_smooth)

    def _lay_out(self) -> None:
        words = QLabel("Opacity")
        words.setBuddy(self.opacity)
        tools = QHBoxLayout()
        tools.setSpacing(theme.GRID)
        tools.addWidget(words)
        tools.addWidget(self.opacity, 1)
        tools.addWidget(self.smooth)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        for widget in (self.value, self.overlay, self.field, self.bar, self.meaning):
            column.addWidget(widget)
        column.addLayout(tools)

    def set_content(self, content: OverlayContent, name: str, high: float, meaning: str) -> None:
        """Show a channel; ``high`` is the upper end of its colours, and ``meaning`` whose."""
        self.overlay.setAccessibleName(f"Map of {name} over the input picture")
        self.overlay.set_content(content)
        self.bar.set_range(number(high), content.colour_map, meaning)
        self.meaning.setText(f"Colours: {meaning}")

    def _tell(self, position: tuple[int, int]) -> None:
        content = self.overlay.content
        if content is None:
            return
        row, column = position
        words = f"{number(float(content.values[row, column]))} at row {row}, column {column}"
        if not self.overlay.is_pointed:
            words += ", the strongest" if content.values[row, column] > 0 else ""
        extent = content.picture.shape[:2]
        field = field_text(content.field, position, extent)
        self.value.setText(words)
        self.field.setText(field[0].upper() + field[1:].replace(": ", ":\n"))
        self.overlay.setAccessibleDescription(f"{words}; {field}")
