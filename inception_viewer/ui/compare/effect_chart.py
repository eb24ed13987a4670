"""How far two groups' means are apart in each channel of a unit, as bars up and down."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...comparison_questions import Separation
from ...comparison_words import SIGNIFICANT, signed
from .. import theme
from ..attribution.words import number
from ..maps.restyle import refresh
from .figures_table import TINY

LEFT = 44.0


class EffectChart(QWidget):
    """A bar for each channel: Cohen's d, up where the first group's mean is larger.

    Bars of channels that do not tell the groups apart after correction are pale.
    """

    pointed = Signal(object)
    """Emitted with the channel that is read, or None."""
    chosen = Signal(object)
    """Emitted with the channel that was clicked or entered."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Separation | None = None
        self.branch = ""
        self.point: int | None = None
        self.selected: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Effect size of each channel")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.broadcast.changed.connect(lambda _: refresh(self))

    def sizeHint(self) -> QSize:
        """Return a low strip."""
        return QSize(320, round(96 * max(1.0, theme.text_scale())))

    def minimumSizeHint(self) -> QSize:
        """Return its height and a small width."""
        return QSize(160, self.sizeHint().height())

    def set_separation(self, shown: Separation | None, branch: str, selected: int | None) -> None:
        """Show a unit's channels; one of them is selected."""
        count = 0 if shown is None else len(shown.effect)
        self.shown, self.branch = shown, branch
        self.selected = selected if selected is not None and selected < count else None
        if self.point is not None and self.point >= count:
            self.point = None
        self.setAccessibleDescription(self.told(self.selected) if self.selected is not None else "")
        self.update()

    def told(self, channel: int) -> str:
        """Return a channel's effect in words."""
        assert self.shown is not None
        one = self.shown
        effect, p = float(one.effect[channel]), float(one.p_value[channel])
        n = f"n = {one.n[0]} and {one.n[1]}"
        if not np.isfinite(effect):
            return f"{one.unit}, channel {channel}: never varies, {n}"
        small = f"p = {number(p)}" if p else f"p {TINY}"
        return f"{one.unit}, channel {channel}: d = {signed(effect)}, {small} corrected, {n}"

    # --- painting --------------------------------------------------------------------

    @property
    def _area(self) -> QRectF:
        line = QFontMetricsF(theme.font("small")).height()
        return QRectF(self.rect()).adjusted(LEFT, 4, -4, -line - 4)

    @property
    def _limit(self) -> float:
        assert self.shown is not None
        effects = self.shown.effect[np.isfinite(self.shown.effect)]
        return float(np.abs(effects).max(initial=0.0)) or 1.0

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint axis, bars and the words below."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(theme.current().panel))
        if self.shown is not None:
            self.paint(painter, self._area, theme.current(), theme.font("small"))
        painter.end()

    def paint(self, painter: QPainter, area: QRectF, colours: theme.Theme, font: QFont) -> None:
        """Paint the chart with any colours and font, on any device."""
        assert self.shown is not None
        painter.setFont(font)
        limit, line = self._limit, QFontMetricsF(font).height()
        middle = area.center().y()
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle))
        painter.setPen(QColor(colours.muted))
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        marks = ((area.top(), f"+{number(limit)}"), (middle - line / 2, "0"))
        for top, words in (*marks, (area.bottom() - line, number(-limit))):
            painter.drawText(QRectF(area.left() - LEFT, top, LEFT - 6, line), flags, words)
        one = self.shown
        under = QRectF(area.left(), area.bottom() + 2, area.width(), line)
        words = f"Cohen's d of {one.unit}'s {len(one.effect)} channels: up, more in {one.first}"
        fitting = QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, under.width())
        painter.drawText(under, Qt.AlignmentFlag.AlignLeft, fitting)
        for channel in range(len(one.effect)):
            self._bar(painter, area, channel, limit, colours)

    def _bar(
        self, painter: QPainter, area: QRectF, channel: int, limit: float, colours: theme.Theme
    ) -> None:
        assert self.shown is not None
        effect = float(self.shown.effect[channel])
        box = self._box(area, channel)
        if channel in (self.selected, self.point):
            painter.fillRect(box.adjusted(-1, 0, 1, 0), QColor(colours.selection))
        if not np.isfinite(effect):
            return
        colour = QColor(theme.BRANCH.get(self.branch, theme.NEUTRAL_BRANCH))
        if self.shown.p_value[channel] >= SIGNIFICANT:
            colour.setAlpha(110)
        height = effect / limit * area.height() / 2
        top = min(area.center().y(), area.center().y() - height)
        painter.fillRect(QRectF(box.left(), top, max(1.0, box.width() * 0.8), abs(height)), colour)

    def _box(self, area: QRectF, channel: int) -> QRectF:
        assert self.shown is not None
        width = area.width() / max(1, len(self.shown.effect))
        return QRectF(area.left() + channel * width, area.top(), width, area.height())

    # --- by hand ---------------------------------------------------------------------

    def _at(self, point: QPointF) -> int | None:
        if self.shown is None or not self._area.contains(point):
            return None
        share = (point.x() - self._area.left()) / self._area.width()
        return min(len(self.shown.effect) - 1, int(share * len(self.shown.effect)))

    def _point_at(self, channel: int | None) -> None:
        if channel != self.point:
            self.point = channel
            self.pointed.emit(channel)
            if channel is not None:
                self.setAccessibleDescription(self.told(channel))
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the channel under the pointer."""
        self._point_at(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Stop reading when the pointer leaves."""
        self._point_at(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a channel."""
        at = self._at(event.position())
        if at is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Read the next channel; Enter chooses it."""
        if self.shown is None:
            super().keyPressEvent(event)
            return
        last = len(self.shown.effect) - 1
        now = self.point if self.point is not None else (self.selected or 0)
        steps = {
            Qt.Key.Key_Left: now - 1, Qt.Key.Key_Right: now + 1,
            Qt.Key.Key_Home: 0, Qt.Key.Key_End: last,
        }  # fmt: skip
        key = event.key()
        if key in steps:
            self._point_at(min(last, max(0, steps[Qt.Key(key)])))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(now)
        else:
            super().keyPressEvent(event)
