"""The place of the comparisons among the tabs: they are made when they are first needed.

Until then nothing of them is imported, so that the window is up sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from .view import View

if TYPE_CHECKING:
    from .compare_view import CompareView


class CompareTab(View):
    """Holds a :class:`CompareView`, made when the tab is first shown or the view is asked for."""

    made = Signal(object)
    """Emitted once, with the :class:`CompareView`."""
    shown = Signal()
    """Emitted whenever the tab comes to the front."""
    copy_python_requested = Signal(object)
    """Emitted with ``"compare"``."""
    python_kind = "compare"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Compare", parent)
        self._compare: CompareView | None = None
        self._said: tuple[str, str, Callable[[], None] | None] = ("", "", None)

    @property
    def is_made(self) -> bool:
        """Whether there is a view already."""
        return self._compare is not None

    @property
    def compare(self) -> CompareView:
        """The view; it is made if there is none yet."""
        if self._compare is None:
            from .compare_view import CompareView

            self._compare = CompareView()
            # The tab and what it holds are one to screen readers.
            self._compare.setAccessibleName("")
            self._compare.copy_python_requested.connect(self.copy_python_requested)
            if self._said[0]:
                self._compare.show_empty(*self._said)
            self.empty = self._compare.empty
            self.set_content(self._compare)
            self.show_content()
            self.made.emit(self._compare)
        return self._compare

    def show_empty(
        self, sentence: str, label: str = "", action: Callable[[], None] | None = None
    ) -> None:
        """Show a sentence and the next step; the view shows it in its own place."""
        self._said = sentence, label, action
        if self._compare is None:
            super().show_empty(sentence, label, action)
        else:
            self._compare.show_empty(sentence, label, action)

    @property
    def is_empty(self) -> bool:
        """Whether a sentence shows instead of the comparisons."""
        return self._compare is None or self._compare.is_empty

    def set_updating(self, updating: bool) -> None:
        """Stay as it is: what is compared does not hang on the photo that is looked at."""

    def take_focus(self) -> None:
        """Put the keyboard where the view wants it."""
        self.compare.take_focus()

    def showEvent(self, event: QShowEvent) -> None:
        """Make the view: it is about to be seen."""
        super().showEvent(event)
        _ = self.compare
        self.shown.emit()
