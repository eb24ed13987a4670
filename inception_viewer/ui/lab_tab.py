"""The lab's place among the tabs: the lab itself is made when it is first needed.

Until then nothing of it is imported, so that the window is up sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from .view import View

if TYPE_CHECKING:
    from .lab_view import LabView


class LabTab(View):
    """Holds a :class:`LabView`, made when the tab is first shown or the lab is asked for."""

    made = Signal(object)
    """Emitted once, with the :class:`LabView`."""
    shown = Signal()
    """Emitted whenever the tab comes to the front."""
    copy_python_requested = Signal(object)
    """Emitted with ``"lab"``."""
    python_kind = "lab"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Lab", parent)
        self._lab: LabView | None = None
        self._said: tuple[str, str, Callable[[], None] | None] = ("", "", None)

    @property
    def is_made(self) -> bool:
        """Whether there is a lab already."""
        return self._lab is not None

    @property
    def lab(self) -> LabView:
        """The lab; it is made if there is none yet."""
        if self._lab is None:
            from .lab_view import LabView

            self._lab = LabView()
            # The tab and what it holds are one to screen readers.
            self._lab.setAccessibleName("")
            self._lab.copy_python_requested.connect(self.copy_python_requested)
            if self._said[0]:
                self._lab.show_empty(*self._said)
            self.empty = self._lab.empty
            self.set_content(self._lab)
            self.show_content()
            self.made.emit(self._lab)
        return self._lab

    def show_empty(
        self, sentence: str, label: str = "", action: Callable[[], None] | None = None
    ) -> None:
        """Show a sentence and the next step; the lab shows it in its own place."""
        self._said = sentence, label, action
        if self._lab is None:
            super().show_empty(sentence, label, action)
        else:
            self._lab.show_empty(sentence, label, action)

    @property
    def is_empty(self) -> bool:
        """Whether a sentence shows instead of the lab."""
        return self._lab is None or self._lab.is_empty

    def take_focus(self) -> None:
        """Put the keyboard where the lab wants it."""
        self.lab.take_focus()

    def showEvent(self, event: QShowEvent) -> None:
        """Make the lab: it is about to be seen."""
        super().showEvent(event)
        _ = self.lab
        self.shown.emit()
