"""Photos as points: which a unit takes for alike lie close together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...comparison_questions import PhotoMapAnswer
from ...comparison_words import how_words, percent
from .. import theme
from ..maps.restyle import refresh
from .photo_points import NAMED, Points, points_of

CLASSES = ("#4477AA", "#CCBB44", "#228833", "#66CCEE", "#AA3377", "#EE6677", "#BBBBBB")
"""Colours of the commonest classes (Paul Tol's "bright", told apart by the colour-blind)."""
LINES = 3
"""Nearest photos that lines lead to."""
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class PhotoCanvas(QWidget):
    """A thumbnail for each photo, framed in the colour of its predicted class.

    A click or the arrow keys choose a photo; lines lead to those that are most like it.
    """

    chosen = Signal(object)
    """Emitted with the place of the photo that was chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer: PhotoMapAnswer | None = None
        self.labels: tuple[str, ...] = ()
        self.names: tuple[str, ...] = ()
        self._pixmaps: tuple[QPixmap, ...] = ()
        self.selected: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Map of the photos")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.broadcast.changed.connect(lambda _: refresh(self))

    def minimumSizeHint(self) -> QSize:
        """Stay readable."""
        return QSize(240, 140)

    def set_map(
        self,
        answer: PhotoMapAnswer | None,
        names: Sequence[str],
        labels: Sequence[str],
        pixmaps: Sequence[QPixmap],
    ) -> None:
        """Show photos, with what they are called, their predicted classes (or ``""``)."""
        self.answer, self.names, self.labels = answer, tuple(names), tuple(labels)
        self._pixmaps = tuple(pixmaps)
        if self.selected is not None and self.selected >= len(self.names):
            self.selected = None
        self._say()
        self.update()

    def select(self, place: int | None) -> None:
        """Lead lines from this photo to those that are most like it."""
        if place != self.selected:
            self.selected = place
            self._say()
            self.update()

    @property
    def colours(self) -> Mapping[str, str]:
        """The colour of each class: the commonest have one of their own."""
        counts: dict[str, int] = {}
        for label in filter(None, self.labels):
            counts[label] = counts.get(label, 0) + 1
        ranked = sorted(counts, key=lambda label: (-counts[label], label))
        return dict(zip(ranked, CLASSES, strict=False))

    def points(self, area: QRectF | None = None) -> Points:
        """Return where the photos stand, in the widget or in another place."""
        assert self.answer is not None
        if area is None:
            line = QFontMetricsF(theme.font("small")).height()
            area = QRectF(self.rect()).adjusted(8 + line, 8, -8, -2 * line - 8)
        return points_of(self.answer.points, area)

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint lines, photos and what the axes are."""
        painter = QPainter(self)
        colours = theme.current()
        painter.fillRect(event.rect(), QColor(colours.panel))
        if self.answer is not None:
            place = QRectF(self.rect())
            self.paint(painter, place, self.points(), colours, theme.font("small"))
        painter.end()

    def paint(
        self, painter: QPainter, place: QRectF, points: Points, colours: theme.Theme, font: QFont
    ) -> None:
        """Paint the map with any colours and font, on any device."""
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._axes(painter, place, points, colours)
        self._lines(painter, points, colours)
        order = [one for one in range(len(points.boxes)) if one != self.selected]
        for one in (*order, *([] if self.selected is None else [self.selected])):
            self._photo(painter, points.boxes[one], one, colours)

    def _axes(self, painter: QPainter, place: QRectF, points: Points, colours: theme.Theme) -> None:
        assert self.answer is not None
        line = QFontMetricsF(painter.font()).height()
        painter.setPen(QPen(QColor(colours.border), 1))
        x, y = points.origin.x(), points.origin.y()
        painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom() - line - 4))
        painter.drawLine(QPointF(place.left() + line + 4, y), QPointF(place.right(), y))
        painter.setPen(QColor(colours.muted))
        across, up = _axis_words(self.answer)
        under = QRectF(place.left(), place.bottom() - line - 2, place.width(), line)
        flags = Qt.AlignmentFlag.AlignCenter
        painter.drawText(under, flags, across)
        painter.save()
        painter.translate(place.left(), place.bottom() - line - 4)
        painter.rotate(-90)
        side = QRectF(0, 0, place.height() - line - 4, line)
        painter.drawText(side, flags, up)
        painter.restore()

    def _lines(self, painter: QPainter, points: Points, colours: theme.Theme) -> None:
        if self.selected is None or self.answer is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        here = points.boxes[self.selected].center()
        for rank, (other, _) in enumerate(self.answer.nearest(self.selected)[:LINES]):
            painter.setPen(QPen(QColor(colours.accent), 2.5 - rank * 0.7))
            painter.drawLine(here, points.boxes[other].center())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _photo(self, painter: QPainter, box: QRectF, place: int, colours: theme.Theme) -> None:
        label = self.labels[place]
        picture = self._pixmaps[place]
        side = min(picture.width(), picture.height())
        left, top = (picture.width() - side) / 2, (picture.height() - side) / 2
        painter.fillRect(box.adjusted(-4, -4, 4, 4), QColor(colours.panel))
        painter.drawPixmap(box, picture, QRectF(left, top, side, side))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self.colours.get(label, colours.muted)), 3))
        painter.drawRect(box.adjusted(-1.5, -1.5, 1.5, 1.5))
        if place == self.selected:
            width = 3 if self.hasFocus() else 2
            painter.setPen(QPen(QColor(colours.accent), width))
            painter.drawRect(box.adjusted(-5, -5, 5, 5))
        if label and len(self.names) <= NAMED:
            self._label(painter, box, label, colours)

    def _label(self, painter: QPainter, box: QRectF, label: str, colours: theme.Theme) -> None:
        metrics = QFontMetricsF(painter.font())
        width = max(box.width() + 8, 56.0)
        words = metrics.elidedText(label, Qt.TextElideMode.ElideRight, width)
        under = QRectF(box.center().x() - width / 2, box.bottom() + 4, width, metrics.height())
        exact = metrics.horizontalAdvance(words) + 4
        ground = QRectF(under.center().x() - exact / 2, under.top(), exact, under.height())
        painter.fillRect(ground, QColor(colours.panel))
        painter.setPen(QColor(colours.text))
        painter.drawText(under, Qt.AlignmentFlag.AlignCenter, words)

    # --- by hand ---------------------------------------------------------------------

    def told(self, place: int) -> str:
        """Return a photo in words."""
        label = self.labels[place]
        return f"{self.names[place]}, {label}" if label else self.names[place]

    def _say(self) -> None:
        said = "" if self.selected is None or self.answer is None else self.told(self.selected)
        if said != self.accessibleDescription():
            self.setAccessibleDescription(said)
            if self.hasFocus():
                changed = QAccessible.Event.DescriptionChanged
                QAccessible.updateAccessibility(QAccessibleEvent(self, changed))

    def event(self, event: QEvent) -> bool:
        """Tell which photo the pointer rests on, and how much it is like the chosen one."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = self.points().at(QPointF(event.pos())) if self.answer is not None else None
            QToolTip.showText(event.globalPos(), "" if at is None else self._hint(at), self)
            return True
        return bool(super().event(event))

    def _hint(self, place: int) -> str:
        assert self.answer is not None
        if self.selected is None or self.selected == place:
            return self.told(place)
        cosine = float(self.answer.similarity[self.selected, place])
        return f"{self.told(place)}\ncosine {cosine:.3f} with {self.names[self.selected]}"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a photo."""
        at = self.points().at(event.position()) if self.answer is not None else None
        if at is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(at)

    def _choose(self, place: int) -> None:
        self.select(place)
        self.chosen.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the next photo in a direction."""
        key = event.key()
        if self.answer is None or key not in (*_STEPS, Qt.Key.Key_Home, Qt.Key.Key_End):
            super().keyPressEvent(event)
            return
        now = self.selected or 0
        across = np.argsort(self.answer.points[:, 0], kind="stable")
        ends = {Qt.Key.Key_Home: int(across[0]), Qt.Key.Key_End: int(across[-1])}
        if key in ends:
            self._choose(ends[Qt.Key(key)])
        else:
            self._choose(self.points().step(now, *_STEPS[Qt.Key(key)]))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show which photo the keys are on."""
        self._say()
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Weaken the mark."""
        self.update()
        super().focusOutEvent(event)


def _axis_words(answer: PhotoMapAnswer) -> tuple[str, str]:
    """Return what stands below the map and, upwards, beside it."""
    if answer.explained is None:
        return f"{how_words(answer)}: neighbours are kept, far distances are not", ""
    first, second = (percent(one) for one in answer.explained)
    return f"first component, {first} of the variance", f"second, {second}"
