"""The lab's parts in their places: a panel at the side, the tools, and the grid that scrolls."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from .. import theme
from ..attribution_view import FORM_WIDTH
from ..small_label import SmallLabel
from .canvas import HINT, LabCanvas
from .chooser import Chooser
from .details import Details
from .grades_panel import GradesPanel
from .toolbar import LabToolbar


class LabPanes(QWidget):
    """A panel on the left (what, details, grades), the tools and the grid on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.toolbar, self.canvas = LabToolbar(), LabCanvas()
        self.chooser, self.details, self.grades = Chooser(), Details(), GradesPanel()
        self.failure = SmallLabel("error")
        self.failure.hide()
        self.note = SmallLabel("muted")
        self.note.setContentsMargins(theme.GRID, 4, theme.GRID, 4)
        self.note.hide()
        self.side = self._side()
        self.scrolled = self._scrolled()
        right = QFrame()
        right.setProperty("role", "panel")
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.toolbar, self.failure, self.note):
            column.addWidget(part)
        column.addWidget(self.scrolled, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addWidget(self.side)
        row.addWidget(right, 1)
        self.toolbar.side_toggled.connect(self.side.setVisible)
        self.canvas.shown.connect(self.scroll_to)
        self.canvas.setWhatsThis(HINT)

    def _side(self) -> QTabWidget:
        made = QTabWidget()
        made.setDocumentMode(True)
        made.tabBar().setDrawBase(False)
        made.setAccessibleName("The lab's panel")
        for title, panel in (
            ("Choose", self.chooser), ("Details", self.details), ("Grades", self.grades)
        ):  # fmt: skip
            made.addTab(panel, title)
        return made

    def _scrolled(self) -> QScrollArea:
        made = QScrollArea()
        made.setWidget(self.canvas)
        made.setWidgetResizable(True)
        made.setFrameShape(QFrame.Shape.NoFrame)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.setBackgroundRole(made.backgroundRole().Base)
        made.viewport().installEventFilter(self)
        return made

    def scroll_to(self, box: QRectF) -> None:
        """Bring a part of the grid into sight."""
        self.scrolled.ensureVisible(
            round(box.center().x()), round(box.center().y()),
            round(box.width() / 2) + theme.GRID, round(box.height() / 2) + theme.GRID,
        )  # fmt: skip

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the grid the room there is."""
        if event.type() == QEvent.Type.Resize and watched is self.scrolled.viewport():
            bar = self.scrolled.verticalScrollBar().sizeHint().width()
            self.canvas.set_room(self.scrolled.maximumViewportSize(), bar)
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the panel more room where there is plenty."""
        super().resizeEvent(event)
        self.size_side()

    def size_side(self) -> None:
        """Set the panel's width by the room and the size of the text."""
        scale = max(1.0, theme.text_scale())
        least, most = (round(width * scale) for width in FORM_WIDTH)
        self.side.setFixedWidth(min(most, max(least, self.width() // 4)))
