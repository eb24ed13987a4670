"""The place of Intervene among the tabs: what it holds is made when it is first needed.

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
    from .intervene_view import InterveneView


class InterveneTab(View):
    """Holds an :class:`InterveneView`, made when the tab is first shown or asked for it."""

    made = Signal(object)
    """Emitted once, with the :class:`InterveneView`."""
    copy_python_requested = Signal(object)
    """Emitted with ``"intervene"``."""
    python_kind = "intervene"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Intervene", parent)
        self._held: InterveneView | None = None
        self._said: tuple[str, str, Callable[[], None] | None] = ("", "", None)

    @property
    def is_made(self) -> bool:
        """Whether there is something in it already."""
        return self._held is not None

    @property
    def held(self) -> InterveneView:
        """What it holds; made if there is nothing yet."""
        if self._held is None:
            from .intervene_view import InterveneView

            self._held = InterveneView()
            self._held.copy_python_requested.connect(self.ask_for_python)
            self.set_content(self._held)
            if not self._said[0]:
                self.show_content()
            self.made.emit(self._held)
        return self._held

    def show_empty(
        self, sentence: str, label: str = "", action: Callable[[], None] | None = None
    ) -> None:
        """Show a sentence and the next step."""
        self._said = sentence, label, action
        super().show_empty(sentence, label, action)

    def show_content(self) -> None:
        """Show what it holds, once there is something to intervene with."""
        self._said = ("", "", None)
        super().show_content()

    def take_focus(self) -> None:
        """Put the keyboard where one begins."""
        self.held.take_focus()

    def showEvent(self, event: QShowEvent) -> None:
        """Make what it holds: it is about to be seen."""
        super().showEvent(event)
        _ = self.held
