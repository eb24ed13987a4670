"""The window behind Checkpoint > Get…: what can be got, its terms, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ..checkpoints.catalogue import Published
from ..questions import Received
from . import theme
from .getting import words

NAME = Qt.ItemDataRole.UserRole


class GetDialog(QDialog):
    """Lists checkpoints that can be downloaded; it asks for things and does none itself.

    Parameters
    ----------
    entries
        What can be got.
    """

    get_requested = Signal(object)
    """The name (str) of the checkpoint to download."""
    cancel_requested = Signal(object)
    """The name of the one whose download is to end."""
    open_requested = Signal(object)
    """The name of the one to open; the dialog then closes."""

    def __init__(self, entries: Sequence[Published], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Get a checkpoint")
        self._entries = {entry.name: entry for entry in entries}
        self._received: Mapping[str, Received] = {}
        self._failures: Mapping[str, str] = {}
        self._build()
        self._arrange()
        for entry in entries:
            item = QListWidgetItem(entry.title)
            item.setData(NAME, entry.name)
            self.list.addItem(item)
        self.list.currentItemChanged.connect(lambda _new, _old: self.refresh())
        self.list.itemActivated.connect(lambda _item: self._act())
        theme.broadcast.changed.connect(self._restyle)
        self.list.setCurrentRow(0)
        self._fit()
        self.list.setFocus()

    def _build(self) -> None:
        self.list = QListWidget()
        self.list.setAccessibleName("Checkpoints that can be got")
        self.list.setSpacing(theme.GRID // 2)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page = QTextBrowser()
        self.page.setAccessibleName("About this checkpoint")
        self.page.setOpenExternalLinks(True)
        self.page.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress")
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.progress = QLabel()
        self.progress.setAccessibleName("How far it is")
        self.progress.setWordWrap(True)
        self.get_button = self._button("Get", self.get_requested)
        self.cancel_button = self._button("Cancel", self.cancel_requested)
        self.open_button = self._button("Open", self.open_requested)
        self.open_button.clicked.connect(self.accept)
        self.close_button = QPushButton("Close")
        self.close_button.setAutoDefault(False)
        self.close_button.clicked.connect(self.reject)

    def _button(self, text: str, signal: Signal) -> QPushButton:
        made = QPushButton(text)
        made.setAutoDefault(False)
        made.clicked.connect(lambda: signal.emit(self.name))
        return made

    def _arrange(self) -> None:
        grid = theme.GRID
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(2 * grid)
        top.addWidget(self.list)
        top.addWidget(self.page, 1)
        bottom.setSpacing(grid)
        bottom.addStretch(1)
        for button in (self.get_button, self.cancel_button, self.open_button, self.close_button):
            bottom.addWidget(button)
        # The room of a download is kept, so that nothing moves when one begins.
        for widget in (self.bar, self.progress):
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
        self.list.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * grid] * 4)
        layout.setSpacing(grid)
        layout.addLayout(top, 1)
        for widget in (self.bar, self.progress):
            layout.addWidget(widget)
        layout.addLayout(bottom)

    @property
    def name(self) -> str:
        """The checkpoint that is selected."""
        return str(self.list.currentItem().data(NAME))

    def select(self, name: str) -> None:
        """Select a checkpoint."""
        for row in range(self.list.count()):
            if self.list.item(row).data(NAME) == name:
                self.list.setCurrentRow(row)

    def show_progress(self, received: Mapping[str, Received]) -> None:
        """Show how far each download is; those that are not in ``received`` do not run."""
        begun_or_ended = received.keys() != self._received.keys()
        self._received = dict(received)
        if begun_or_ended:
            self.refresh()
        else:
            self._refresh_list()
            self._refresh_progress()

    def show_failures(self, failures: Mapping[str, str]) -> None:
        """Say of each checkpoint why its last download failed."""
        self._failures = dict(failures)
        self.refresh()

    def refresh(self) -> None:
        """Show everything anew; what is on the disk is looked up."""
        entry = self._entries[self.name]
        self.page.setHtml(words.page(entry, self._failures.get(self.name, "")))
        here, runs = entry.seems_here(), self.name in self._received
        had_focus = self.focusWidget()
        goes_on = not here and not runs and words.kept_bytes(entry)
        self.get_button.setEnabled(not runs)
        self.get_button.setText("Go on" if goes_on else "Get")
        self.cancel_button.setEnabled(runs)
        self.open_button.setEnabled(here and not runs)
        for button, primary in ((self.get_button, not here), (self.open_button, here)):
            button.setProperty("primary", primary)
            button.style().unpolish(button)
            button.style().polish(button)
        if isinstance(had_focus, QPushButton) and not had_focus.isEnabled():
            next_up = self.open_button if here else self.get_button
            (self.cancel_button if runs else next_up).setFocus()
        self._refresh_list()
        self._refresh_progress()

    def _refresh_list(self) -> None:
        for row in range(self.list.count()):
            item = self.list.item(row)
            entry = self._entries[item.data(NAME)]
            where = words.state(entry, self._received.get(entry.name))
            text = f"{entry.title}\n{where}"
            if item.text() != text:
                item.setText(text)

    def _refresh_progress(self) -> None:
        received = self._received.get(self.name)
        for widget in (self.bar, self.progress):
            widget.setVisible(received is not None)
        if received is not None:
            self.bar.setValue(1000 * received.received // max(1, received.total))
            self.progress.setText(words.progress(received))

    def _act(self) -> None:
        """Do what Enter or a double click in the list means."""
        for button in (self.open_button, self.get_button):
            if button.isEnabled():
                button.click()
                return

    # --- size and colours ---

    def _restyle(self, _theme: object) -> None:
        self.refresh()
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of the text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "progress"):
            self._fit()

    def _fit(self) -> None:
        """Give the list the width of its longest line, and the window what its texts need."""
        metrics = self.list.fontMetrics()
        lines = [entry.title for entry in self._entries.values()] + ["100.0 MB of it are here"]
        widest = max(metrics.horizontalAdvance(line) for line in lines)
        self.list.setFixedWidth(widest + 5 * theme.GRID)
        self.progress.setMinimumHeight(2 * metrics.lineSpacing())  # a note may take two lines
        scale = theme.text_scale()
        room = self.screen().availableGeometry().size() - QSize(32, 64)
        self.resize(QSize(round(760 * scale), round(480 * scale)).boundedTo(room))
