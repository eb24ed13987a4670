"""Decisive channels: the fewest of a module that keep an answer, and that flip it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...intervention_questions import DecisiveChannelsAnswer, Intervention
from ...questions import HeadState
from .. import theme
from ..lines import Lines
from ..maps.elided import ElidedLabel
from ..maps.restyle import panel, scrolling, see_through
from ..small_label import SmallLabel
from . import words
from .importance_form import fill_heads
from .margins_plot import MarginsPlot
from .run_row import RunRow

NO_MODULE = "Select an Inception module, or a unit of one, in the network."
NOT_PROVED = (
    "Found step by step: no channel of a set can be left out of it. That there is no smaller "
    "set of quite other channels is not proved."
)
KEPT, REMOVED = "channels put in, the likeliest first", "channels taken out, the likeliest first"


class ChannelSet(QWidget):
    """One of the two sets: what it does, which channels, and what can be done with them.

    Signals: ``shown_asked(channels)``, ``intervention_asked(Intervention)``.
    """

    shown_asked = Signal(object)
    intervention_asked = Signal(object)

    def __init__(self, button: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._channels: tuple[int, ...] = ()
        self._intervention: Intervention | None = None
        self.sentence, self.listed = QLabel(), SmallLabel("muted")
        self.sentence.setWordWrap(True)
        self.show_them = QPushButton("Show in the feature maps")
        self.show_them.clicked.connect(lambda: self.shown_asked.emit(self._channels))
        self.do = QPushButton(button)
        self.do.clicked.connect(lambda: self.intervention_asked.emit(self._intervention))
        buttons = Lines(margin=0)
        buttons.hold(self.show_them, self.do)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        for widget in (self.sentence, self.listed, buttons):
            column.addWidget(widget)

    def set_found(
        self, sentence: str, channels: tuple[int, ...], intervention: Intervention | None
    ) -> None:
        """Show a set; what there is nothing to do with cannot be pressed."""
        self._channels, self._intervention = channels, intervention
        self.sentence.setText(sentence)
        self.listed.setText(words.channels_text(channels) if channels else "")
        self.listed.setVisible(bool(channels))
        self.show_them.setEnabled(bool(channels))
        self.do.setEnabled(intervention is not None)


class DecisivePage(QWidget):
    """Asks for a module's sets of channels and shows them.

    Signals: ``shown_asked(module, channels)``, ``intervention_asked(Intervention)``,
    ``head_changed(head)``.
    """

    shown_asked = Signal(object, object)
    intervention_asked = Signal(object)
    head_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer: DecisiveChannelsAnswer | None = None
        self.module = ""
        self.name = ElidedLabel()
        self.name.setProperty("role", "section")
        self.head = QComboBox()
        self.head.setAccessibleName("Head whose answer is kept or flipped")
        self.head.setToolTip(self.head.accessibleName())
        self.head.activated.connect(lambda _: self.head_changed.emit(self.head.currentData()))
        self.run = RunRow("Find the channels")
        self.text, self.problem = SmallLabel("muted"), SmallLabel("error")
        self.keeps, self.flips = ChannelSet("Keep only these"), ChannelSet("Switch these off")
        self.plot = MarginsPlot()
        self.note = SmallLabel("muted")
        self.note.setText(NOT_PROVED)
        for one in (self.keeps, self.flips):
            one.shown_asked.connect(self._ask_to_show)
            one.intervention_asked.connect(self.intervention_asked)
        self._lay_out()
        self.say("")
        self.set_answer(None, ())

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.GRID)
        for widget in (self.name, self.head, self.run):
            top.addWidget(widget)
        top.addWidget(self.text, 1)
        inside = panel()
        self.found = QWidget()
        row = QHBoxLayout(self.found)
        row.setContentsMargins(0, 0, theme.GRID, 0)
        row.setSpacing(2 * theme.GRID)
        left = QVBoxLayout()
        left.setSpacing(2 * theme.GRID)
        left.addWidget(self.keeps)
        left.addWidget(self.flips)
        left.addStretch(1)
        right = QVBoxLayout()
        right.addWidget(self.plot)
        right.addWidget(self.note)
        right.addStretch(1)
        row.addLayout(left, 1)
        row.addLayout(right, 1)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.found)
        column.addStretch(1)
        self.area = scrolling(inside)
        see_through(self.area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addLayout(top)
        layout.addWidget(self.problem)
        layout.addWidget(self.area, 1)

    # --- setters ---------------------------------------------------------------------

    def set_heads(self, heads: Mapping[str, HeadState]) -> None:
        """Offer the heads of a network."""
        fill_heads(self.head, heads)

    def set_module(self, module: str) -> None:
        """Ask about this module from now on; ``""``: none is selected."""
        self.module = module
        self.name.setText(module)
        self.run.compute.setEnabled(bool(module))
        if not module:
            self.text.setText(NO_MODULE)
        elif self.text.text() == NO_MODULE:
            self.text.setText("")

    def set_progress(
        self, fraction: float | None, left: float | None = None, text: str = ""
    ) -> None:
        """Show how far the search is; None: none is under way."""
        self.run.set_progress(fraction, left)
        self.text.setText(text if self.module else NO_MODULE)

    def set_touched(self, count: int) -> None:
        """Say that what is touched elsewhere is not part of the search."""
        self.note.setText(" ".join(filter(None, (NOT_PROVED, words.aside(count)))))

    def say(self, sentence: str) -> None:
        """Say what went wrong; ``""``: nothing."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def set_answer(self, answer: DecisiveChannelsAnswer | None, classes: Sequence[str]) -> None:
        """Show what was found; None while there is nothing."""
        self.answer = answer
        self.found.setVisible(answer is not None)
        if answer is None:
            return
        self.say("")
        module, count = answer.question.module, answer.channels
        keeps, flips = answer.keeps or (), answer.flips or ()
        rest = words.others(count, keeps)
        only = Intervention(module, "zero", rest) if answer.keeps is not None and rest else None
        without = Intervention(module, "zero", flips) if flips else None
        self.keeps.set_found(words.keeps_sentence(answer, classes), keeps, only)
        self.flips.set_found(words.flips_sentence(answer, classes), flips, without)
        self.plot.set_curves({KEPT: answer.keep_margins, REMOVED: answer.flip_margins})

    def _ask_to_show(self, channels: tuple[int, ...]) -> None:
        if self.answer is not None:
            self.shown_asked.emit(self.answer.question.module, channels)
