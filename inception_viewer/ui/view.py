"""What every view of the window has in common: an empty state and an "updating" state.

Views are signals and setters only: they are given answers and report gestures, and
know neither the session nor the runner.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from . import panes, theme

UPDATING = "updating"


class EmptyState(QWidget):
    """A sentence and, if there is one, the next step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sentence = QLabel(self)
        self.sentence.setWordWrap(True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence.setProperty("role", "muted")
        self.sentence.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.button = QPushButton(self)
        self._action: Callable[[], None] | None = None
        self.button.clicked.connect(self._act)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.GRID] * 4)
        layout.setSpacing(2 * theme.GRID)
        layout.addStretch()
        layout.addWidget(self.sentence)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch()

    def show_state(
        self, sentence: str, label: str = "", action: Callable[[], None] | None = None
    ) -> None:
        """Set the sentence and the next step."""
        self.sentence.setText(sentence)
        self.button.setText(label)
        self.button.setVisible(bool(label))
        self._action = action

    def _act(self) -> None:
        if self._action is not None:
            self._action()


class Veil(QWidget):
    """Dims what is below it and marks it as "updating"; clicks pass through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        parent.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the veil as large as what it covers."""
        if event.type() == QEvent.Type.Resize and watched is self.parent():
            self.setGeometry(self.parentWidget().rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a half-transparent sheet and the word."""
        colours = theme.current()
        painter = QPainter(self)
        sheet = QColor(colours.panel)
        sheet.setAlpha(150)
        painter.fillRect(self.rect(), sheet)
        self._paint_word(painter)
        painter.end()

    def _paint_word(self, painter: QPainter) -> None:
        """Paint the word on a ground of its own: it may stand over buttons."""
        colours = theme.current()
        painter.setFont(theme.font("small"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words = painter.fontMetrics().boundingRect(UPDATING)
        place = QRectF(0, 0, words.width() + 2 * theme.GRID, words.height() + theme.GRID / 2)
        place.moveTopRight(QPointF(self.width() - 4, 4))
        painter.setPen(QColor(colours.border))
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setPen(QColor(colours.muted))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, UPDATING)


class View(QWidget):
    """Base of the views: put the content in with :meth:`set_content`.

    Parameters
    ----------
    name
        The accessible name, also shown as the dock's or tab's title.
    """

    python_kind = "trace"
    """What "Copy as Python" gives of this view; see :func:`commands.copy_python`."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setObjectName(name)
        self.empty = EmptyState(self)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._content: QWidget | None = None
        self.veil = Veil(self)

    def set_content(self, content: QWidget) -> None:
        """Give the view its content; it shows once :meth:`show_content` is called."""
        self._content = content
        self._stack.addWidget(content)

    def show_content(self) -> None:
        """Show the content instead of the empty state."""
        if self._content is not None:
            self._stack.setCurrentWidget(self._content)

    def show_empty(
        self, sentence: str, label: str = "", action: Callable[[], None] | None = None
    ) -> None:
        """Show a sentence and the next step instead of the content."""
        self.empty.show_state(sentence, label, action)
        self._stack.setCurrentWidget(self.empty)

    @property
    def shown_image(self) -> str | None:
        """Content hash of the photo whose content the view holds now, None without one.

        Asked of each view by ``--state-json``: it comes from what the view was given, so
        that a view left behind with an older photo shows.
        """
        return None

    @property
    def is_empty(self) -> bool:
        """Whether the empty state is showing."""
        return self._stack.currentWidget() is self.empty

    def take_focus(self) -> None:
        """Put the keyboard on what one does most here; on the first control, if no view says."""
        panes.enter(self)

    def ask_for_python(self) -> None:
        """Emit the view's ``copy_python_requested`` with what it shows."""
        self.copy_python_requested.emit(self.python_kind)

    def set_updating(self, updating: bool) -> None:
        """Dim and mark the content while a newer answer is on its way."""
        self.veil.setGeometry(self.rect())
        self.veil.setVisible(updating and not self.is_empty)
        if updating:
            self.veil.raise_()
