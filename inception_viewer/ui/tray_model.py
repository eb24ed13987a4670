"""The photos of the tray as a list model, and how one of them is painted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ..questions import ImageInfo
from . import theme
from .pictures import pixmap_of

ID = Qt.ItemDataRole.UserRole + 1
SHOWN = Qt.ItemDataRole.UserRole + 2
VERDICT = Qt.ItemDataRole.UserRole + 3
MARK = Qt.ItemDataRole.UserRole + 4
THUMBNAIL = 56
"""Side of the square a thumbnail is fitted into, in logical pixels."""

Index = QModelIndex | QPersistentModelIndex


class TrayModel(QAbstractListModel):
    """Photos in order; ``shown`` is the one that the other views are about."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.images: tuple[ImageInfo, ...] = ()
        self.shown = ""
        self.verdicts: Mapping[str, str] = {}
        self.marks: dict[str, str] = {}
        self._pixmaps: dict[str, QPixmap] = {}

    def set_images(self, images: tuple[ImageInfo, ...], shown: str) -> None:
        """Replace the photos; only what differs is announced."""
        if [i.id for i in images] != [i.id for i in self.images]:
            self.beginResetModel()
            self.images, self.shown = images, shown
            kept = {image.id for image in images}
            self._pixmaps = {k: v for k, v in self._pixmaps.items() if k in kept}
            self.endResetModel()
        elif shown != self.shown:
            self.shown = shown
            self._announce()

    def set_verdicts(self, verdicts: Mapping[str, str]) -> None:
        """Say what the network answers for each photo."""
        if dict(verdicts) != dict(self.verdicts):
            self.verdicts = dict(verdicts)
            self._announce()

    def set_marks(self, marks: Mapping[str, str]) -> None:
        """Say in a word or two what is done to photos (``"painted"``), by their ids."""
        said = {image: words for image, words in marks.items() if words}
        if said != self.marks:
            self.marks = said
            self._announce()

    def row_of(self, image: str) -> int:
        """Return the row of a photo, -1 if it is not there."""
        return next((row for row, item in enumerate(self.images) if item.id == image), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of photos."""
        return 0 if parent.isValid() else len(self.images)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return one thing about one photo."""
        if not index.isValid() or index.row() >= len(self.images):
            return None
        image = self.images[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return image.name
        if role == ID:
            return image.id
        if role == SHOWN:
            return image.id == self.shown
        if role == MARK:
            return self.marks.get(image.id, "")
        if role == VERDICT:
            return self.verdicts.get(image.id, "")
        if role == Qt.ItemDataRole.DecorationRole:
            return self._pixmap(image)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(self._facts(image))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join((*self._facts(image), "shown" if image.id == self.shown else ""))
        return None

    def _facts(self, image: ImageInfo) -> list[str]:
        mark = self.marks.get(image.id, "")
        facts = [image.name, self.verdicts.get(image.id, ""), mark, image.note]
        return [fact for fact in facts if fact] + [f"{image.width} x {image.height} pixels"]

    def _pixmap(self, image: ImageInfo) -> QPixmap:
        if image.id not in self._pixmaps:
            self._pixmaps[image.id] = pixmap_of(image.thumbnail)
        return self._pixmaps[image.id]

    def _announce(self) -> None:
        if self.images:
            self.dataChanged.emit(self.index(0), self.index(len(self.images) - 1))


class PhotoDelegate(QStyledItemDelegate):
    """Paints a thumbnail with the name and the predicted class beside or below it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the size of a row."""
        lines = 2 * QFontMetrics(theme.font()).height() + 4
        return QSize(120, max(THUMBNAIL, lines) + theme.GRID)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one photo; the one shown carries a bar of the accent colour."""
        colours = theme.current()
        rect: QRect = option.rect
        state = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colours.selection))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(colours.raised))
        if index.data(SHOWN):
            painter.fillRect(
                QRect(rect.left(), rect.top(), 3, rect.height()), QColor(colours.accent)
            )
        side = THUMBNAIL
        frame = QRect(
            rect.left() + theme.GRID, rect.top() + (rect.height() - side) // 2, side, side
        )
        self._thumbnail(painter, frame, index)
        text = rect.adjusted(side + 2 * theme.GRID, 4, -4, -4)
        self._words(painter, text, index)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawRect(rect.adjusted(1, 1, -2, -2))
        painter.restore()

    def _thumbnail(self, painter: QPainter, frame: QRect, index: Index) -> None:
        pixmap: QPixmap = index.data(Qt.ItemDataRole.DecorationRole)
        size = pixmap.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(frame.topLeft(), size)
        place.moveCenter(frame.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(place, pixmap)

    def _words(self, painter: QPainter, place: QRect, index: Index) -> None:
        colours = theme.current()
        verdict, name = str(index.data(VERDICT) or ""), str(index.data(Qt.ItemDataRole.DisplayRole))
        if index.data(MARK):
            name = f"{index.data(MARK)} \N{MIDDLE DOT} {name}"
        lines = [(name, theme.font(), colours.text)]
        if verdict:
            bold = theme.font(bold=bool(index.data(SHOWN)))
            lines = [(verdict, bold, colours.text), (name, theme.font("small"), colours.muted)]
        heights = [QFontMetrics(font).height() for _, font, _ in lines]
        top = place.top() + (place.height() - sum(heights)) // 2
        for (words, font, colour), height in zip(lines, heights, strict=True):
            row = QRect(place.left(), top, place.width(), height)
            painter.setFont(font)
            painter.setPen(QColor(colour))
            fitting = fit_words(words, QFontMetrics(font), row.width(), words is verdict)
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, fitting)
            top += height


def fit_words(words: str, metrics: QFontMetrics, width: int, is_verdict: bool) -> str:
    """Return words that fit a width; of a verdict the class is shortened, not the number."""
    if not is_verdict or metrics.horizontalAdvance(words) <= width:
        return metrics.elidedText(words, Qt.TextElideMode.ElideRight, width)
    name, number = split_verdict(words)
    room = width - metrics.horizontalAdvance(number)
    return metrics.elidedText(name, Qt.TextElideMode.ElideRight, room) + number


def split_verdict(words: str) -> tuple[str, str]:
    """Return ``"grand piano 97 %"`` as its class and its number, space included."""
    name, _, number = words.removesuffix(" %").rpartition(" ")
    return name, f" {number} %"
