"""Mistakes as photos to click, in a grid that makes only what is in sight."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ...folder_questions import EvaluationAnswer, Mistake
from .. import theme
from ..predictions.rows import short_percent
from . import words
from .thumbnails import ThumbnailStore

MISTAKE = Qt.ItemDataRole.UserRole + 1
PICTURE_HEIGHT = 112
LEAST_WIDTH = 160
"""Of a cell at the usual text size, in logical pixels."""
SETTLE_MS = 40
"""How long the grid lies still before pictures are asked for."""
OPENING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)

Index = QModelIndex | QPersistentModelIndex


class MistakesModel(QAbstractListModel):
    """Some of a head's mistakes, in order."""

    def __init__(self, store: ThumbnailStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = store
        self.answer: EvaluationAnswer | None = None
        self.mistakes: tuple[Mistake, ...] = ()

    def set_mistakes(self, answer: EvaluationAnswer, mistakes: tuple[Mistake, ...]) -> None:
        """Replace them; the same ones stay where they are."""
        if mistakes == self.mistakes and answer.classes == (self.answer or answer).classes:
            self.answer = answer
            return
        self.beginResetModel()
        self.answer, self.mistakes = answer, mistakes
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many there are."""
        return 0 if parent.isValid() else len(self.mistakes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return one thing about one mistake."""
        if not index.isValid() or self.answer is None:
            return None
        one = self.mistakes[index.row()]
        if role == MISTAKE:
            return one
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return words.mistake(self.answer, one)
        if role == Qt.ItemDataRole.ToolTipRole:
            lines = one.path, words.mistake(self.answer, one), self.store.failure(one.path)
            return "\n".join(filter(None, lines))
        return None

    def lines(self, row: int) -> tuple[tuple[str, str], ...]:
        """Return what stands below a photo, was, said and gave, each as words and a number."""
        assert self.answer is not None
        one, classes = self.mistakes[row], self.answer.classes
        return (
            (f"was {classes[one.was]}", ""),
            (f"said {classes[one.said]}", f" {short_percent(one.probability)}"),
            (f"gave {classes[one.was]}", f" {short_percent(one.probability_of_truth)}"),
        )


class MistakeDelegate(QStyledItemDelegate):
    """Paints a photo with what it was and what was said below it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the size of a cell."""
        return cell_size()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one mistake."""
        colours, rect = theme.current(), option.rect.adjusted(4, 4, -4, -4)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if selected or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selection if selected else colours.raised))
            painter.drawRoundedRect(rect, 4, 4)
        self._picture(painter, QRect(rect.left() + 4, rect.top() + 4, rect.width() - 8, 0), index)
        self._words(painter, rect.adjusted(6, PICTURE_HEIGHT + 8, -6, -4), index)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 4, 4)
        painter.restore()

    def _picture(self, painter: QPainter, frame: QRect, index: Index) -> None:
        frame.setHeight(PICTURE_HEIGHT)
        model: MistakesModel = index.model()  # type: ignore[assignment]
        path = index.data(MISTAKE).path
        picture = model.store.picture(path)
        if picture is None:
            painter.fillRect(frame, QColor(theme.current().window))
            said = "cannot be read" if model.store.failure(path) else ""
            painter.setFont(theme.font("small"))
            painter.setPen(QColor(theme.current().muted))
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, said)
            return
        size = picture.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(frame.topLeft(), size)
        place.moveCenter(frame.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(place, picture)

    def _words(self, painter: QPainter, place: QRect, index: Index) -> None:
        model: MistakesModel = index.model()  # type: ignore[assignment]
        colours, lines = theme.current(), model.lines(index.row())
        looks = (("body", colours.text), ("body", colours.text), ("small", colours.muted))
        top = place.top()
        for (line, number), (role, colour) in zip(lines, looks, strict=True):
            font = theme.font(role)
            metrics = QFontMetrics(font)
            painter.setFont(font)
            painter.setPen(QColor(colour))
            row = QRect(place.left(), top, place.width(), metrics.height())
            room = row.width() - metrics.horizontalAdvance(number)
            text = metrics.elidedText(line, Qt.TextElideMode.ElideRight, room) + number
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, text)
            top += metrics.height()


class MistakesGrid(QListView):
    """Shows mistakes; a click or Enter opens a photo."""

    opened = Signal(object)
    """The photo's path."""

    def __init__(self, store: ThumbnailStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.items = MistakesModel(store, self)
        self.setModel(self.items)
        self.setItemDelegate(MistakeDelegate(self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Mistakes")
        self.clicked.connect(self._open)
        self._timer = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._timer.timeout.connect(self._ask)
        self.items.modelReset.connect(self._timer.start)
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._timer.start())
        self.verticalScrollBar().rangeChanged.connect(self._show_bar)
        store.arrived.connect(self.viewport().update)
        theme.broadcast.changed.connect(self._restyle)

    def show_mistakes(self, answer: EvaluationAnswer, mistakes: tuple[Mistake, ...]) -> None:
        """Show these."""
        self.items.set_mistakes(answer, mistakes)

    @property
    def in_sight(self) -> list[str]:
        """Paths of the photos that can be seen, and of those a line above and below."""
        if not self.items.mistakes or not self.isVisible():
            return []
        size, view = cell_size(), self.viewport()
        columns = max(1, view.width() // max(1, self.gridSize().width()))
        above = self.verticalScrollBar().value() // size.height()
        below = above + view.height() // size.height() + 2
        first, last = max(0, above - 1) * columns, (below + 1) * columns
        return [one.path for one in self.items.mistakes[first:last]]

    @staticmethod
    def _pitch(width: int) -> int:
        """Return how wide a cell is where the row is filled evenly."""
        least = cell_size().width()
        return max(least, width // max(1, width // least))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the rows evenly."""
        super().resizeEvent(event)
        room = self.viewport().width() - 1
        self.setGridSize(QSize(self._pitch(room), cell_size().height()))
        self._timer.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the photo on Enter and Space; the rest is the list's."""
        if event.key() in OPENING and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Begin at the first photo."""
        super().focusInEvent(event)
        if not self.currentIndex().isValid():
            self.setCurrentIndex(self.items.index(0, 0))

    def event(self, event: QEvent) -> bool:
        """Ask for pictures once the grid can be seen."""
        if event.type() == QEvent.Type.Show:
            self._timer.start()
        return bool(super().event(event))

    def _show_bar(self, _least: int, most: int) -> None:
        """Hide the scroll bar where there is nothing to scroll: Qt leaves it there at times."""
        policy = Qt.ScrollBarPolicy
        needed = policy.ScrollBarAsNeeded if most else policy.ScrollBarAlwaysOff
        if needed != self.verticalScrollBarPolicy():
            self.setVerticalScrollBarPolicy(needed)

    def _ask(self) -> None:
        self.items.store.ask(self.in_sight)

    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            self.opened.emit(index.data(MISTAKE).path)

    def _restyle(self, _theme: object) -> None:
        self.setGridSize(QSize(self._pitch(self.viewport().width() - 1), cell_size().height()))
        self.scheduleDelayedItemsLayout()


def cell_size() -> QSize:
    """Return the least size of a cell: a picture and three lines."""
    body, small = QFontMetrics(theme.font()), QFontMetrics(theme.font("small"))
    width = round(LEAST_WIDTH * max(1.0, theme.text_scale()))
    return QSize(width, PICTURE_HEIGHT + 2 * body.height() + small.height() + 24)
