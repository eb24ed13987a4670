"""A part of the inspector that folds away under its title."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .. import theme

ARROW = 14
"""Width of the place for a header's arrow, with the gap behind it."""


class Header(QToolButton):
    """A title that is shortened where there is no room, so that it widens nothing."""

    short = ""
    """What to say instead where the title does not fit."""

    @property
    def shown_text(self) -> str:
        """The title as painted."""
        metrics, room = self.fontMetrics(), self.width() - ARROW - 3 * theme.GRID
        text = self.text()
        if self.short and metrics.horizontalAdvance(text) > room:
            text = self.short
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)

    def minimumSizeHint(self) -> QSize:
        """Return room for the arrow and a few letters."""
        return QSize(8 * theme.GRID, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the button with the title as it fits."""
        painter, option = QStylePainter(self), QStyleOptionToolButton()
        self.initStyleOption(option)
        option.text = self.shown_text
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        painter.end()


class Section(QWidget):
    """A title to click and what it shows or hides.

    Parameters
    ----------
    key
        What the fold is remembered by.
    title
        For people.
    """

    folded = Signal(object)
    """Emitted with whether the section is folded, after a click on its title."""

    def __init__(self, key: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = key
        self._folded = False
        self.header = Header(self)
        self.header.setText(title)
        self.header.setProperty("flat", True)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.header.setMinimumHeight(theme.TARGET)
        self.header.setIconSize(QSize(ARROW, 8))
        self.header.clicked.connect(lambda: self._on_clicked())
        self.tools = QHBoxLayout()
        self.tools.setSpacing(theme.GRID // 2)
        self.body = QWidget(self)
        self._column = QVBoxLayout(self.body)
        self._column.setContentsMargins(theme.GRID, 0, theme.GRID, theme.GRID)
        self._column.setSpacing(theme.GRID)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, theme.GRID, 0)
        top.addWidget(self.header, 1)
        top.addLayout(self.tools)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.GRID, 0, 0)
        layout.setSpacing(theme.GRID // 2)
        layout.addLayout(top)
        layout.addWidget(self.body)
        self.restyle()
        self.set_folded(False)

    @property
    def parts(self) -> list[QWidget]:
        """What the body holds."""
        return self.body.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)

    def add(self, *widgets: QWidget) -> None:
        """Add widgets to the body, from top to bottom."""
        for widget in widgets:
            self._column.addWidget(widget)

    def set_title(self, title: str, short: str = "") -> None:
        """Change the title; ``short`` takes its place where there is little room."""
        self.header.setText(title)
        self.header.short = short
        self._tell()

    @property
    def is_folded(self) -> bool:
        """Whether the body is hidden."""
        return self._folded

    def set_folded(self, folded: bool) -> None:
        """Hide or show the body."""
        self._folded = folded
        self.header.setArrowType(Qt.ArrowType.RightArrow if folded else Qt.ArrowType.DownArrow)
        self._tell()
        self.header.setAccessibleDescription("folded" if folded else "open")
        self.body.setVisible(not folded)

    def _tell(self) -> None:
        verb = "Show" if self._folded else "Hide"
        self.header.setToolTip(f"{verb} “{self.header.text()}”")

    def restyle(self) -> None:
        """Take the theme's font anew."""
        self.header.setFont(theme.font("body", bold=True))

    def _on_clicked(self) -> None:
        self.set_folded(not self._folded)
        self.folded.emit(self._folded)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a hairline that parts the section from the one above."""
        if self.y() <= theme.GRID:
            return
        painter = QPainter(self)
        painter.fillRect(0, 0, self.width(), 1, QColor(theme.current().border))
        painter.end()
