"""What went wrong: one sentence, its details, and a way to copy them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from . import theme
from .headline_bar import FlatLabel

NAMED = 3
"""How many failures of a drop are named in the sentence; the details name all."""


class MessageBar(QFrame):
    """A bar that shows while there is something to say; nothing is lost by closing it."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName("Message")
        self.sentences: list[str] = []
        self._details: list[str] = []
        self.label = FlatLabel()
        self.label.setWordWrap(True)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.label.setProperty("role", "error")
        self.details_button = self._button("Details", self.toggle_details)
        self.details_button.setCheckable(True)
        self.copy_button = self._button("Copy", self.copy)
        self.close_button = self._button("Close", self.clear)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Details of the message")
        self.details.setFixedHeight(17 * theme.GRID)
        self._arrange()
        self.hide()

    def _button(self, label: str, act: object) -> QPushButton:
        made = QPushButton(label)
        made.clicked.connect(act)
        return made

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        row.addWidget(self.label, 1)
        for button in (self.details_button, self.copy_button, self.close_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * theme.GRID, 4, theme.GRID, 4)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.details)
        self.details.hide()

    def say(self, sentence: str, details: str = "") -> None:
        """Show a sentence; earlier ones stay in the details until the bar is closed."""
        if sentence in self.sentences and self.isVisibleTo(self.parentWidget()):
            return
        self.sentences.append(sentence)
        self._details.append(f"{sentence}\n{details}".strip())
        more = len(self.sentences) - 1
        self.label.setText(sentence + (f" (and {more} more)" if more else ""))
        self.label.setAccessibleDescription(sentence)
        self.details.setPlainText(self.text)
        self.show()

    def say_failures(self, failures: tuple[tuple[str, str], ...], tried: int) -> None:
        """Gather what could not be opened of one drop in one sentence with a list."""
        if not failures:
            return
        if len(failures) == 1:
            name, reason = failures[0]
            self.say(f"{name}: {reason}")
            return
        listed = "\n".join(f"{name}: {reason}" for name, reason in failures)
        names = ", ".join(name for name, _ in failures[:NAMED])
        rest = ", …" if len(failures) > NAMED else ""
        self.say(f"{len(failures)} of {tried} files could not be opened: {names}{rest}", listed)

    @property
    def text(self) -> str:
        """Everything the bar has to tell, as Copy gives it."""
        return "\n\n".join(self._details)

    def toggle_details(self) -> None:
        """Unfold or fold the details."""
        self.details.setVisible(not self.details.isVisibleTo(self))
        self.details_button.setChecked(self.details.isVisibleTo(self))

    def copy(self) -> None:
        """Put everything on the clipboard."""
        QGuiApplication.clipboard().setText(self.text)

    def clear(self) -> None:
        """Close the bar."""
        self.sentences, self._details = [], []
        self.details.hide()
        self.details_button.setChecked(False)
        self.hide()
        self.closed.emit()
