"""The Intervene tab's content: what is touched, the input, what branches and channels are worth."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..intervention_questions import Intervention
from . import panes, theme
from .intervene.decisive_page import DecisivePage
from .intervene.importance_page import ImportancePage
from .intervene.input_page import InputPage
from .intervene.touched_page import TouchedPage
from .maps.restyle import panel

PAGES = ("Touched", "Input", "Branch importance", "Decisive channels")


class InterveneView(QWidget):
    """Four pages, of which one shows."""

    copy_python_requested = Signal()
    page_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.touched, self.input = TouchedPage(), InputPage()
        self.importance, self.decisive = ImportancePage(), DecisivePage()
        self.pages = QStackedWidget()
        for page in (self.touched, self.input, self.importance, self.decisive):
            self.pages.addWidget(page)
        self.buttons = self._make_buttons()
        python = QToolButton()
        python.setText("Copy as Python")
        python.clicked.connect(lambda: self.copy_python_requested.emit())
        for page in (self.input, self.importance):
            page.copy_python_requested.connect(self.copy_python_requested)
        top = QHBoxLayout()
        top.setSpacing(0)
        for button in self.buttons:
            top.addWidget(button)
        top.addStretch(1)
        top.addWidget(python)
        inside = panel()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(*[theme.GRID] * 4)
        layout.setSpacing(theme.GRID)
        layout.addLayout(top)
        layout.addWidget(self.pages, 1)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(inside)

    def _make_buttons(self) -> list[QToolButton]:
        group = QButtonGroup(self)
        made = []
        for place, words in enumerate(PAGES):
            button = QToolButton()
            button.setText(words)
            button.setCheckable(True)
            group.addButton(button, place)
            made.append(button)
        made[0].setChecked(True)
        group.idToggled.connect(lambda place, on: self._turn(place) if on else None)
        return made

    def _turn(self, place: int) -> None:
        self.pages.setCurrentIndex(place)
        self.page_changed.emit()

    def set_count(self, count: int) -> None:
        """Say on the first page's button how much is touched."""
        self.buttons[0].setText(f"{PAGES[0]} ({count})" if count else PAGES[0])

    def show_page(self, page: QWidget) -> None:
        """Bring a page to the front."""
        self.buttons[self.pages.indexOf(page)].setChecked(True)

    def adjust(self, one: Intervention) -> None:
        """Show an intervention in the list, with the keyboard on its slider."""
        self.show_page(self.touched)
        self.touched.adjust(one)

    def take_focus(self) -> None:
        """Put the keyboard on the page's first control."""
        panes.enter(self.pages.currentWidget())
