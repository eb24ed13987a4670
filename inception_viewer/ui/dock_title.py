"""A dock's title bar, with buttons large enough to hit and reached by the keyboard."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QToolButton, QWidget

from . import theme
from .maps.elided import ElidedLabel
from .maps.restyle import refresh

MARK = 10.0
"""Side of the square that a button's mark fills, in logical pixels."""
FRAME = 2
AWAY = QPoint(-32, 32)
"""How far a dock moves from its place when its button floats it."""


class Dock(QDockWidget):
    """A dock with a :class:`DockTitle`, and a frame of its own while it floats.

    One with a title of its own has neither the desktop's frame nor one of Qt's.
    """

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.title = DockTitle(self)
        self.setTitleBarWidget(self.title)
        self.visibilityChanged.connect(self.title.setEnabled)
        # The style leaves room for the frame that is painted here.
        self.setStyleSheet(f"QDockWidget {{ border: {FRAME}px solid transparent; }}")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame a floating dock."""
        super().paintEvent(event)
        if self.isFloating():
            painter, half = QPainter(self), FRAME / 2
            painter.setPen(QPen(QColor(theme.current().muted), FRAME))
            painter.drawRect(QRectF(self.rect()).adjusted(half, half, -half, -half))
            painter.end()


class DockTitle(QWidget):
    """The dock's name, a button that floats it or puts it back, and one that hides it.

    The dock still follows a drag and a double click on the rest of the bar.
    """

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self.label = ElidedLabel(dock.windowTitle())
        self.label.setProperty("role", "section")
        self.float, self.hide_dock = MarkButton("float"), MarkButton("close")
        self.float.clicked.connect(self._toggle_floating)
        self.hide_dock.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GRID, 2, 4, 2)
        row.setSpacing(4)
        row.addWidget(self.label, 1)
        row.addWidget(self.float)
        row.addWidget(self.hide_dock)
        dock.topLevelChanged.connect(self._name_buttons)
        theme.broadcast.changed.connect(self._restyle)
        self._name_buttons()

    @property
    def buttons(self) -> tuple[QToolButton, QToolButton]:
        """Both buttons, from left to right."""
        return self.float, self.hide_dock

    def _toggle_floating(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())
        if self._dock.isFloating():
            # Exactly where it was, nobody would see that it is a window now.
            self._dock.move(self._dock.pos() + AWAY)
        self._dock.activateWindow()
        self.float.setFocus(Qt.FocusReason.OtherFocusReason)

    def _name_buttons(self, _floating: object = None) -> None:
        title, floating = self._dock.windowTitle(), self._dock.isFloating()
        self.float.set_words(
            f"Put {title} back into the window" if floating else f"Float {title} in its own window"
        )
        self.float.set_mark("dock" if floating else "float")
        self.hide_dock.set_words(f"Hide {title} (show it again from the View menu)")
        self.update()

    def _restyle(self, _: object = None) -> None:
        if refresh(self):
            self._dock.update()


class MarkButton(QToolButton):
    """A flat button whose mark is drawn, so that it is sharp and has the theme's colour.

    Parameters
    ----------
    mark
        ``"float"``, ``"dock"`` or ``"close"``.
    """

    def __init__(self, mark: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark = mark
        self.setProperty("flat", True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(QSize(theme.TARGET, theme.TARGET))

    @property
    def mark(self) -> str:
        """What is drawn."""
        return self._mark

    def set_mark(self, mark: str) -> None:
        """Draw another mark."""
        self._mark = mark
        self.update()

    def set_words(self, words: str) -> None:
        """Say what the button does."""
        self.setToolTip(words)
        self.setAccessibleName(words)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the button as the style sheet has it, and the mark."""
        super().paintEvent(event)
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = colours.text if self.underMouse() or self.hasFocus() else colours.muted
        painter.setPen(QPen(QColor(colour), 1.4))
        corner = QPointF((self.width() - MARK) / 2, (self.height() - MARK) / 2)
        paint_mark(painter, self._mark, QRectF(corner.x(), corner.y(), MARK, MARK))
        painter.end()


def paint_mark(painter: QPainter, mark: str, box: QRectF) -> None:
    """Paint a cross, a window that leaves a window, or one that is put back into it."""
    if mark == "close":
        inner = box.adjusted(1, 1, -1, -1)
        painter.drawLine(inner.topLeft(), inner.bottomRight())
        painter.drawLine(inner.topRight(), inner.bottomLeft())
        return
    if mark == "dock":
        painter.drawRect(box)
        middle = QPointF(box.center().x(), box.top())
        painter.drawLine(middle, middle + QPointF(0, box.height()))
        return
    painter.drawRect(box.adjusted(0, 3, -3, 0))
    behind = box.topLeft() + QPointF(3, 0), box.topRight(), box.bottomRight() - QPointF(0, 3)
    painter.drawPolyline(behind)
