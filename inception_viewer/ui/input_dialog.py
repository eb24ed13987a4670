"""The window behind Checkpoint > Input…: how photos become the network's input."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from . import theme
from .input.form import InputForm
from .input.preview import Preview
from .input.samples_panel import SamplesPanel
from .maps.restyle import scrolling
from .small_label import SmallLabel

FORM_WIDTH, SCROLL_BAR = 344, 14


class InputDialog(QDialog):
    """The form at the left, what becomes of the photo at the right; it computes nothing."""

    used = Signal()
    """The draft shall be the input from now on."""
    restored = Signal()
    """The checkpoint's own input shall be used again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Input")
        self.form, self.preview, self.samples = InputForm(), Preview(), SamplesPanel()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.addTab(scrolling(self.preview), "On this photo")
        self.tabs.addTab(scrolling(self.samples), "On the samples")
        self.state = SmallLabel("muted")
        self.state.setAccessibleName("What is in use")
        self.use_button = self._button("Use this input", self.used.emit)
        self.use_button.setProperty("primary", True)
        self.own_button = self._button("Back to the checkpoint's own", self.restored.emit)
        self.close_button = self._button("Close", self.reject)
        self._arrange()
        theme.broadcast.changed.connect(self._restyle)
        self._fit()
        self.form.choice.setFocus()

    def _button(self, text: str, act: object) -> QPushButton:
        made = QPushButton(text)
        made.setAutoDefault(False)
        made.clicked.connect(act)
        return made

    def _arrange(self) -> None:
        grid = theme.GRID
        self._left = scrolling(self.form)
        middle = QHBoxLayout()
        middle.setSpacing(2 * grid)
        middle.addWidget(self._left, 2)
        middle.addWidget(self.tabs, 3)
        bottom = QHBoxLayout()
        bottom.setSpacing(grid)
        bottom.addWidget(self.own_button)
        bottom.addWidget(self.state, 1)
        bottom.addWidget(self.use_button)
        bottom.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * grid] * 4)
        layout.setSpacing(2 * grid)
        layout.addLayout(middle, 1)
        layout.addLayout(bottom)

    def set_checkpoint(self, name: str) -> None:
        """Name the checkpoint whose input this is."""
        self.setWindowTitle(f"Input of {name}")

    def set_standing(self, sentence: str, *, can_use: bool, can_restore: bool) -> None:
        """Say how the draft stands to what is in use, and offer what can be done."""
        self.state.setText(sentence)
        had_focus = self.focusWidget()
        self.use_button.setEnabled(can_use)
        self.own_button.setEnabled(can_restore)
        if had_focus in (self.use_button, self.own_button) and not had_focus.isEnabled():
            self.close_button.setFocus()

    def show_samples(self) -> None:
        """Bring what the samples say to the front."""
        self.tabs.setCurrentIndex(1)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of the text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "close_button"):
            self._fit()

    def _restyle(self, _theme: object) -> None:
        self._fit()

    def _fit(self) -> None:
        scale = theme.text_scale()
        # The form takes what it needs and at most what suits it; the rest is the preview's.
        least = self.form.minimumSizeHint().width() + SCROLL_BAR
        self._left.setMinimumWidth(least)
        self._left.setMaximumWidth(max(least, round(FORM_WIDTH * scale)))
        room = self.screen().availableGeometry().size() - QSize(32, 64)
        self.resize(QSize(round(896 * scale), round(592 * scale)).boundedTo(room))
