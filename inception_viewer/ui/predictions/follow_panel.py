"""Below the predictions: the classes that are followed, and the box to choose more."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from ...followed import MOST_FOLLOWED
from ..class_chooser import ClassChooser
from .followed_table import FollowedTable
from .paint import Sheet

FOLLOW = "Follow a class…"
TIP = (
    f"Its probability by each head stays listed, up to {MOST_FOLLOWED} classes; once something is "
    "touched or painted over, with the difference in percentage points (pp)"
)
FULL = f"{MOST_FOLLOWED} classes are followed already; stop following one of them first"


class FollowPanel(QFrame):
    """Signals and setters only."""

    changed = Signal(object)
    """Emitted with the classes (tuple of int) that shall be followed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.classes: tuple[int, ...] = ()
        self._names: tuple[str, ...] = ()
        self._room = 1000
        self.table, self.chooser = FollowedTable(), ClassChooser()
        self.chooser.set_default_text(FOLLOW, TIP)
        self.chooser.setAccessibleName("Follow a class")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.table)
        self.table.removed.connect(self.remove)
        self.chooser.class_chosen.connect(self.add)

    def set_sheet(self, sheet: Sheet, classes: tuple[int, ...]) -> None:
        """Show the answers of these classes; those that the network does not know are left out."""
        names = sheet.predictions.classes
        if names != self._names:
            self._names = tuple(names)
            self.chooser.set_classes(names)
        self.classes = tuple(one for one in classes if one < len(names))
        self.table.set_sheet(sheet, list(self.classes))
        full = len(self.classes) >= MOST_FOLLOWED
        self.chooser.setEnabled(not full)
        self.chooser.setToolTip(FULL if full else TIP)
        self.fit(self._room)

    def fit(self, room: int) -> None:
        """Take at most so many pixels, but room for a row; the rest scrolls."""
        self._room = room
        height = min(self.table.wanted_height, max(room, self.table.row_height))
        self.setVisible(bool(self.classes))
        self.table.setFixedHeight(height)
        scrolls = height < self.table.wanted_height
        policy = Qt.ScrollBarPolicy
        self.table.setVerticalScrollBarPolicy(
            policy.ScrollBarAsNeeded if scrolls else policy.ScrollBarAlwaysOff
        )

    def add(self, index: int | None) -> None:
        """Follow one more class."""
        self.chooser.set_target(None)
        if index is not None and index not in self.classes:
            self.changed.emit((*self.classes, index))

    def remove(self, index: int) -> None:
        """Follow a class no more."""
        self.changed.emit(tuple(one for one in self.classes if one != index))
