"""The worst mistakes of a head, of all classes, of one, or of one taken for another."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...folder_questions import Mistake
from .. import theme
from . import words
from .mistakes_grid import MistakesGrid
from .results import Measured
from .thumbnails import ThumbnailStore


@dataclass(frozen=True)
class Which:
    """Which mistakes are meant: of a class, taken for a class; None for any."""

    was: int | None = None
    said: int | None = None

    def of(self, mistakes: tuple[Mistake, ...]) -> tuple[Mistake, ...]:
        """Return those of them."""
        return tuple(
            one for one in mistakes if self.was in (None, one.was) and self.said in (None, one.said)
        )

    def count(self, measured: Measured, head: str) -> int:
        """Return how many such mistakes the head made, kept or not."""
        table = measured.answer.heads[head].confusion
        meant = table.was != table.said
        if self.was is not None:
            meant = meant & (table.was == self.was)
        if self.said is not None:
            meant = meant & (table.said == self.said)
        return int(table.count[meant].sum())


def caption(measured: Measured, head: str, which: Which, shown: int) -> str:
    """Return what is shown, in one sentence."""
    names, total = measured.answer.classes, which.count(measured, head)
    what = "mistake" if total == 1 else "mistakes"
    about = f" about {names[which.was]}" if which.was is not None else ""
    about += f" taken for {names[which.said]}" if which.said is not None else ""
    if not total:
        return f"{head} made no mistakes{about}."
    if not shown:
        return f"{head} made {total:,} {what}{about}, none of them among its surest."
    many = f"The {shown:,} surest of " if shown < total else ""
    return f"{many}{total:,} {what} of {head}{about}, the surest first."


class MistakesTab(QWidget):
    """Photos with what they were and what was said; a click or Enter looks at one."""

    opened = Signal(object)
    """The photo's path."""

    def __init__(self, store: ThumbnailStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measured: Measured | None = None
        self._head, self.which = "", Which()
        self.caption = QLabel()
        self.caption.setWordWrap(True)
        self.all_button = QPushButton("Show all")
        self.all_button.clicked.connect(lambda: self.choose(Which()))
        self.grid = MistakesGrid(store)
        self.grid.opened.connect(self.opened)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        row.addWidget(self.caption, 1)
        row.addWidget(self.all_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.GRID] * 4)
        layout.setSpacing(theme.GRID)
        layout.addLayout(row)
        layout.addWidget(self.grid, 1)

    def show_measured(self, measured: Measured, head: str, _other: Measured | None = None) -> None:
        """Show a head's mistakes."""
        if self._measured is not None and measured.answer.classes != self._measured.answer.classes:
            self.which = Which()
        self._measured, self._head = measured, head
        self._refresh()

    def choose(self, which: Which) -> None:
        """Show some of the mistakes only, or all of them again."""
        self.which = which
        self._refresh()

    def _refresh(self) -> None:
        if self._measured is None:
            return
        answer = self._measured.answer
        some = self.which.of(answer.heads[self._head].mistakes)
        self.grid.show_mistakes(answer, some)
        self.caption.setText(caption(self._measured, self._head, self.which, len(some)))
        self.caption.setToolTip(words.title(self._measured))
        self.all_button.setVisible(self.which != Which())
