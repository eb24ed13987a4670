"""The result of an attribution: pictures, scale, and what is to be said about it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from ...questions import AttributionAnswer, Pixels
from .. import theme
from ..hatched_note import HatchedNote
from ..head_words import NEVER_TRAINED
from ..small_label import SmallLabel
from .brush_bar import BrushBar
from .colouring import PERCENTILE, Colouring, colouring
from .panes import JUST_PICTURE, TO_PAINT, Panes
from .scale_bar import ScaleBar
from .words import caption, is_doubtful

PERCENTILES = (95.0, 99.0, PERCENTILE, 99.9, 100.0)
UNTRAINED = "untrained head"
COMPUTING = "Computing: the map and the overlay appear here."
ROOM_FOR_BOTH = 300
"""Logical pixels of height at text scale 1 from which a map shows beside what is painted on."""
ROOM_FOR_BAR = 260
"""Logical pixels of height at text scale 1 from which the brush's line shows at all times."""
PAINTING = "The heads answer while you paint. A map can follow once the brush is lifted."
WAITING = "Choose what to explain, then press Explain: the map and the overlay appear here."


class ResultPanel(QFrame):
    """Shows an :class:`AttributionAnswer` beside and over the photo."""

    scale_changed = Signal()
    """Emitted when a person changed where the colours end or how strong the overlay is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._answer: AttributionAnswer | None = None
        self._untrained: Mapping[str, str] = {}
        self._running = self._brushing = False
        self.failure = SmallLabel("error")
        self.failure.hide()
        self.head_note = HatchedNote()
        self.panes = Panes()
        self.brush_bar = BrushBar()
        self.scale = ScaleBar()
        self.clip = self._make_clip()
        self.opacity = self._make_opacity()
        self.caption = SmallLabel("muted")
        self._tools = self._lay_out()
        self.panes.set_opacity(self.opacity.value() / 100)
        self.set_result(None)

    @property
    def answer(self) -> AttributionAnswer | None:
        """What is shown."""
        return self._answer

    @property
    def colouring(self) -> Colouring | None:
        """The colours in use; None where there is no map to read."""
        return self.scale.colouring

    @property
    def warning(self) -> str:
        """Why the map means nothing, where its head was never trained; else ``""``."""
        if self._answer is None:
            return ""
        return self._untrained.get(self._answer.question.head, "")

    def set_untrained(self, sentences: Mapping[str, str]) -> None:
        """Say of each head that was never trained that it was not."""
        if dict(sentences) != self._untrained:
            self._untrained = dict(sentences)
            self._say()
            self._draw()

    def set_photo(self, picture: Pixels | None) -> None:
        """Show the network's input picture."""
        self.panes.set_picture(picture)
        self.bound()

    def set_result(self, answer: AttributionAnswer | None) -> None:
        """Show an answer, complete or partial; None shows what to do next."""
        self._answer = answer
        self.failure.hide()
        self._say()
        self._draw()

    def set_running(self, running: bool) -> None:
        """Say that something is being computed, where there is nothing to show yet."""
        if running != self._running:
            self._running = running
            self._say()
            if self._answer is None:
                self._draw()

    def set_brushing(self, on: bool) -> None:
        """Keep the pictures where they are while they are painted on, map or no map."""
        self._brushing = on
        self._show_brush_bar()
        self._make_room()
        policy = self._tools.sizePolicy()
        policy.setRetainSizeWhenHidden(on and not self._alone)
        self._tools.setSizePolicy(policy)
        self._say()
        self._draw()
        self.caption.setMinimumHeight(self._caption_height() if on else 0)
        self.bound()

    def _show_brush_bar(self) -> None:
        """Leave the brush to the menu and its keys where its line would cost the pictures."""
        room = self.height() >= ROOM_FOR_BAR * theme.text_scale()
        self.brush_bar.setVisible(room or self._brushing)

    @property
    def _alone(self) -> bool:
        """Whether what is painted on has all the room, and no map is shown."""
        return self._brushing and self.height() < ROOM_FOR_BOTH * theme.text_scale()

    def _make_room(self) -> None:
        self.panes.show_while_painting(JUST_PICTURE if self._alone else TO_PAINT)

    def _caption_height(self) -> int:
        """Return room for what is said now, and for two lines at least."""
        line = self.caption.fontMetrics().lineSpacing()
        return max(2 * line, self.caption.heightForWidth(self.caption.width()))

    def set_failure(self, sentence: str) -> None:
        """Say what went wrong above what was there."""
        self.failure.setText(sentence)
        self.failure.setVisible(bool(sentence))

    # --- construction ----------------------------------------------------------------

    def _make_clip(self) -> QComboBox:
        box = QComboBox()
        for percentile in PERCENTILES:
            text = f"Clip {percentile:g} %" if percentile < 100 else "No clip"
            box.addItem(text, percentile)
        box.setCurrentIndex(PERCENTILES.index(PERCENTILE))
        box.setAccessibleName("Where the colours end")
        box.setToolTip("The percentile of the magnitude at which the colours end")
        box.currentIndexChanged.connect(self._rescale)
        return box

    def _make_opacity(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setValue(80)
        slider.setMinimumSize(56, theme.TARGET)
        slider.setMaximumWidth(120)
        slider.setAccessibleName("Opacity of the overlay in percent")
        slider.setToolTip(
            "How strongly the map covers the photo in the overlay; where it is zero the photo "
            "shows untouched"
        )
        slider.valueChanged.connect(self._set_opacity)
        return slider

    def _lay_out(self) -> QWidget:
        tools = QWidget()
        row = QHBoxLayout(tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.scale, 1)
        row.addWidget(self.clip)
        row.addWidget(self.opacity)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.GRID] * 4)
        layout.setSpacing(theme.GRID // 2)
        layout.addWidget(self.failure)
        layout.addWidget(self.head_note)
        layout.addWidget(self.brush_bar)
        layout.addWidget(self.panes, 1)
        layout.addWidget(tools)
        layout.addWidget(self.caption)
        layout.addStretch()
        layout.setStretchFactor(self.panes, 1000)
        return tools

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the pictures no more height than they fill, so that nothing gapes below."""
        super().resizeEvent(event)
        if self._brushing:
            self.set_brushing(True)
        self._show_brush_bar()
        self.bound()

    # --- upkeep ----------------------------------------------------------------------

    def _say(self) -> None:
        answer = self._answer
        self.caption.setText("" if answer is None else caption(answer, self._running))
        shown = answer is not None or self._brushing
        self.caption.setVisible(shown and not self._alone)
        if self.panes.brush.is_drawing:  # nothing may move under the brush
            return
        # The form tells the reason; here every line is taken from the pictures.
        noise = answer is not None and bool(self.warning)
        head = answer.question.head if answer is not None else ""
        self.head_note.say(f"{head} was {NEVER_TRAINED}: this map means nothing." if noise else "")
        self.head_note.setToolTip(self.warning)
        doubtful = answer is not None and not answer.partial and is_doubtful(answer)
        self.caption.set_role("warning" if doubtful else "muted")

    def _draw(self) -> None:
        answer = self._answer
        waiting = COMPUTING if self._running else WAITING
        waiting = PAINTING if self.panes.brush.is_drawing else waiting
        instead = waiting if answer is None else answer.degenerate
        self._tools.setVisible(not instead and not self._alone)
        if answer is None or instead:
            self.scale.set_colouring(None)
            self.panes.set_map(None, None, instead=instead)
            return
        chosen = colouring(answer.map, float(self.clip.currentData()))
        self.scale.set_colouring(chosen)
        words = ("partial" if answer.partial else "", UNTRAINED if self.warning else "")
        self.panes.set_map(answer.map, chosen, badge=", ".join(filter(None, words)))

    def _rescale(self) -> None:
        self._draw()
        self.scale_changed.emit()

    def _set_opacity(self, percent: int) -> None:
        self.panes.set_opacity(percent / 100)
        self.scale_changed.emit()

    def bound(self) -> None:
        """Give the pictures the height that they fill."""
        room = self.contentsRect().adjusted(*[theme.GRID] * 2, *[-theme.GRID] * 2)
        self.panes.setMaximumHeight(self.panes.useful_height(room.width(), room.height()))
