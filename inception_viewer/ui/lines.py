"""Widgets side by side, going on below where there is no room.

Not a layout: PySide lets go of a layout's items in Python with the wrapper of anything
that Qt made itself around them, such as the stack within tabs.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from . import theme


class Lines(QWidget):
    """Places what it holds like the words of a text, each at the size it asks for.

    Parameters
    ----------
    margin
        Around all, in logical pixels.
    """

    def __init__(self, parent: QWidget | None = None, *, margin: int = theme.GRID) -> None:
        super().__init__(parent)
        self._margin = margin
        self._held: list[QWidget] = []
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hold(self, *widgets: QWidget) -> None:
        """Append widgets, in reading order."""
        for widget in widgets:
            widget.setParent(self)
            widget.show()
            self._held.append(widget)
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        """Tell that the height depends on the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of all lines at a width."""
        return self._arrange(width, move=False)

    def sizeHint(self) -> QSize:
        """Return one line of all."""
        sizes = [_size(widget) for widget in self._shown()]
        width = sum(size.width() + theme.GRID for size in sizes) - theme.GRID
        width = max(0, width) + 2 * self._margin
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """Return the width of the widest, and the height of the lines there are now."""
        width = max((_size(widget).width() for widget in self._shown()), default=0)
        return QSize(width + 2 * self._margin, self.heightForWidth(max(self.width(), width)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put everything into its place."""
        super().resizeEvent(event)
        self._settle()

    def event(self, event: QEvent) -> bool:
        """Follow what is shown, hidden or grown."""
        done = bool(super().event(event))
        if event.type() == QEvent.Type.LayoutRequest:
            self._settle()
            self.updateGeometry()
        return done

    def _settle(self) -> None:
        self._arrange(self.width(), move=True)

    def _shown(self) -> list[QWidget]:
        return [widget for widget in self._held if not widget.isHidden()]

    def _arrange(self, width: int, *, move: bool) -> int:
        """Return the height of all lines, with the margins."""
        x = y = self._margin
        line: list[tuple[QWidget, QRect]] = []
        widest = QSize(max(1, width - 2 * self._margin), 1 << 16)
        for widget in self._shown():
            size = _size(widget).boundedTo(widest)
            if line and x + size.width() > width - self._margin:
                y += _end(line, move) + theme.GRID
                x, line = self._margin, []
            line.append((widget, QRect(QPoint(x, y), size)))
            x += size.width() + theme.GRID
        return y + _end(line, move) + self._margin


def _size(widget: QWidget) -> QSize:
    wanted = widget.sizeHint().expandedTo(widget.minimumSize())
    return wanted.boundedTo(widget.maximumSize())


def _end(line: list[tuple[QWidget, QRect]], move: bool) -> int:
    """Return a line's height; move what stands in it, in the middle of that height."""
    height = max((place.height() for _, place in line), default=0)
    for widget, place in line if move else ():
        widget.setGeometry(place.translated(0, (height - place.height()) // 2))
    return height
