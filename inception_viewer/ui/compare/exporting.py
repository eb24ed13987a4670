"""What the pages of the Compare tab have in common: they are copied as Python, and saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QMenu, QPushButton, QWidget

from ...comparison_questions import PROFILE_MEASURES, ProfileMeasure
from . import saving

PNG, CSV = "PNG (*.png)", "CSV (*.csv)"
"""Kinds of files, as Qt's dialog takes them."""


class ExportingPage(QWidget):
    """A page with a button ``export``; what is saved it says itself."""

    python_requested = Signal()
    saved = Signal(object)
    """Emitted with a sentence about what was written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.left_out = ""
        """What is said of what is touched and not taken into account."""
        self._ask: saving.Ask = saving.ask_dialog
        self.export = QPushButton("Export")

    def save_picture(self) -> None:
        """Ask for a file and write what is drawn to it."""
        raise NotImplementedError

    def save_numbers(self) -> None:
        """Ask for a file and write every number to it."""
        raise NotImplementedError

    def _dress_export(
        self,
        name: str,
        picture: str = "Save the picture…",
        numbers: str = "Save the numbers as CSV…",
    ) -> None:
        """Give the button its name, for screen readers, and its menu."""
        menu = QMenu(self.export)
        self._fill_menu(menu, picture, numbers)
        self.export.setMenu(menu)
        self.export.setAccessibleName(name)

    def _fill_menu(self, menu: QMenu, picture: str, numbers: str) -> None:
        menu.addAction("Copy as Python", self.python_requested.emit)
        menu.addSeparator()
        menu.addAction(picture, self.save_picture)
        menu.addAction(numbers, self.save_numbers)

    def _save(self, title: str, name: str, kinds: str, write: Callable[[Path], None]) -> None:
        """Ask for a file, write it, and tell what became of it."""
        path = saving.ask(self, self._ask, title, name, kinds)
        if path is not None:
            self.saved.emit(saving.written(lambda: write(path), path))


class MeasureBox(QComboBox):
    """What a branch's share is of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        for measure, words in PROFILE_MEASURES.items():
            self.addItem(f"Share of {words}", measure)
        self.setAccessibleName("What a branch's share is of")

    @property
    def chosen(self) -> ProfileMeasure:
        """The measure that is chosen."""
        measure: ProfileMeasure = self.currentData()
        return measure
