"""The bottom line: device, time of the last trace, what runs, and cancel."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStatusBar,
    QToolButton,
    QWidget,
)

from . import theme
from .progress import FULL, bar_value, done_text, duration_text, is_ending, left_text

FLASH_MS = 4000


@dataclass(frozen=True)
class Activity:
    """Something that runs.

    Attributes
    ----------
    text
        ``"integrated gradients"``.
    fraction
        Share done in [0, 1], None where it is not known.
    seconds_left
        None until it can be told.
    cancellable
        Whether Cancel means this.
    """

    text: str
    fraction: float | None = None
    seconds_left: float | None = None
    cancellable: bool = False


class StatusBar(QStatusBar):
    """Shows the newest of the activities that are under way."""

    cancel_requested = Signal(object)
    """The key (str) of the activity to take back."""

    cancellable_changed = Signal(object)
    """Whether (bool) there is something to cancel, when that changes."""

    def __init__(self, device_menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._activities: dict[str, Activity] = {}
        self._cancellable = False
        self.device = QToolButton()
        self.device.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.device.setMenu(device_menu)
        self.device.setProperty("flat", True)
        self.device.setAccessibleName("Device")
        self.trace = QLabel()
        self.trace.setProperty("role", "muted")
        self.trace.setAccessibleName("Time of the last forward pass")
        self.trace.setToolTip("What the last forward pass through the network took")
        self.text = QLabel()
        self.text.setAccessibleName("What runs")
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar()
        self.bar.setFixedWidth(17 * theme.GRID)
        self.bar.setAccessibleName("Progress")
        self.left = QLabel()
        self.left.setProperty("role", "muted")
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self.cancel_newest)
        self._flash = QTimer(self, singleShot=True, interval=FLASH_MS)
        self._flash.timeout.connect(self._show)
        self._arrange()
        self.set_device("")
        self._show()

    def _arrange(self) -> None:
        row = QWidget()
        self._row = layout = QHBoxLayout(row)
        layout.setContentsMargins(4, 2, theme.GRID, 2)
        layout.setSpacing(2 * theme.GRID)
        layout.addWidget(self.device)
        layout.addWidget(self.trace)
        layout.addWidget(self.text, 1)
        for widget in (self.bar, self.left, self.cancel):
            layout.addWidget(widget)
        self.addWidget(row, 1)

    def set_device(self, name: str) -> None:
        """Show where networks run; ``""`` while that is not known."""
        self.device.setText(name or "no device yet")
        self.device.setEnabled(bool(name))

    def set_trace(self, seconds: float | None) -> None:
        """Show what the last forward pass took."""
        self.trace.setText("" if seconds is None else f"trace {duration_text(seconds)}")
        # At once: while much is to be done, half a word would stand there for a while.
        self._row.activate()

    def set_activity(self, key: str, activity: Activity | None) -> None:
        """Say what runs under a key; None once it has ended."""
        if activity is None:
            self._activities.pop(key, None)
        else:
            self._activities[key] = activity
        self._show()

    def flash(self, words: str) -> None:
        """Say something for a moment, unless something runs."""
        if not self._activities:
            self.text.setText(words)
            self._flash.start()

    @property
    def newest(self) -> tuple[str, Activity] | None:
        """The activity that is shown, as (key, activity)."""
        return next(reversed(self._activities.items()), None)

    def cancel_newest(self) -> None:
        """Ask to take back the newest activity that can be."""
        for key, activity in reversed(self._activities.items()):
            if activity.cancellable:
                self.cancel_requested.emit(key)
                return

    def _tell_cancellable(self) -> None:
        cancellable = any(a.cancellable for a in self._activities.values())
        self.cancel.setVisible(cancellable)
        if cancellable != self._cancellable:
            self._cancellable = cancellable
            self.cancellable_changed.emit(cancellable)

    def _show(self) -> None:
        newest = self.newest
        for widget in (self.bar, self.left):
            widget.setVisible(newest is not None)
        self._tell_cancellable()
        if newest is None:
            self.text.setText("")
            return
        _, activity = newest
        self.text.setText(activity.text)
        self.text.setToolTip(activity.text)
        if activity.fraction is None:
            self.bar.setRange(0, 0)
        else:
            self.bar.setRange(0, FULL)
            self.bar.setValue(bar_value(activity.fraction))
            self.bar.setFormat(done_text(activity.fraction))
        ends = activity.fraction is not None and is_ending(activity.fraction)
        self.left.setText("" if ends else left_text(activity.seconds_left))
