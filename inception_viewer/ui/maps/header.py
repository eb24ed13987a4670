"""What stands above a column of maps: the branch's colour, its name, its channels."""

from __future__ import annotations

import re

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ...questions import MapGroup
from .. import theme
from ..head_marks import paint_hatched
from ..head_words import NEVER_TRAINED, WORDS
from .colour_bar import paint_ramp
from .compose import dead_channels
from .words import count_text, number, short_name

LINE = 4
"""Thickness of the line in the branch's colour, in logical pixels."""


def badge(note: str) -> str:
    """Return the few words of a note that belong beside the name: ``"really 3x3"``."""
    if NEVER_TRAINED in note:
        return "untrained"
    if WORDS["fitted"] in note:
        return WORDS["fitted"]
    found = re.search(r"\breally \d+x\d+", note, re.IGNORECASE)
    return found.group().lower() if found else ("see note" if note else "")


class GroupHeader(QWidget):
    """Painted, so that every word is shortened rather than cut in a narrow column."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.counts, self.badge, self.high = "", "", "", ""
        self.colour_map = ""
        self._colour = theme.NEUTRAL_BRANCH
        self._noise = False

    def set_group(
        self, group: MapGroup, high: float | None, colour_map: str, touched: str = ""
    ) -> None:
        """Head a group; ``high`` is the upper end of a range of its own, else None.

        ``touched`` says what is done to the unit (``"switched off"``), or is ``""``.
        """
        self.name = short_name(group)
        self.counts = count_text(len(group.maximum), int(dead_channels(group).sum()))
        self.badge = touched or badge(group.note)
        self._noise = badge(group.note) == "untrained"
        self.high, self.colour_map = "" if high is None else number(high), colour_map
        self._colour = theme.BRANCH.get(group.branch, theme.NEUTRAL_BRANCH)
        words = [group.unit, touched, self.counts, group.note]
        if high is not None:
            words.append(f"Colours from 0 to {self.high}, shared by this branch")
        self.setToolTip("\n".join(word for word in words if word))
        self.setAccessibleName(". ".join(word for word in words if word))
        self.updateGeometry()
        self.update()

    @property
    def is_hatched(self) -> bool:
        """Whether the group is of a head that was never trained."""
        return self._noise

    def sizeHint(self) -> QSize:
        """Return the height of the lines; the width is the column's."""
        name = QFontMetrics(theme.font("body", bold=True)).height()
        small = QFontMetrics(theme.font("small")).height()
        lines = name + small + (small if self.high else 0)
        return QSize(48, LINE + 4 + lines + 4)

    def minimumSizeHint(self) -> QSize:
        """Return the same: the height is needed."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line, the name with its badge, the counts, and an own colour bar."""
        colours, painter = theme.current(), QPainter(self)
        top = LINE + 4
        if self.is_hatched:
            paint_hatched(painter, QRectF(0, 0, self.width(), top - 1))
        else:
            painter.fillRect(QRect(0, 0, self.width(), LINE), QColor(self._colour))
        top += self._paint_name(painter, top)
        painter.setFont(theme.font("small"))
        painter.setPen(QColor(colours.muted))
        top += self._line(painter, 0, top, self.counts)
        if self.high:
            self._paint_range(painter, top)
        painter.end()

    def _paint_name(self, painter: QPainter, top: int) -> int:
        colours = theme.current()
        painter.setFont(theme.font("body", bold=True))
        painter.setPen(QColor(colours.text))
        used = painter.fontMetrics().horizontalAdvance(self.name) + theme.GRID
        height = self._line(painter, 0, top, self.name)
        if self.badge:
            painter.setFont(theme.font("small"))
            painter.setPen(QColor(colours.warning))
            drop = height - painter.fontMetrics().height() - 1
            self._line(painter, used, top + drop, self.badge)
        return height

    def _line(self, painter: QPainter, left: int, top: int, text: str) -> int:
        """Paint one shortened line and return its height."""
        metrics = painter.fontMetrics()
        room = max(0, self.width() - left)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        place = QRect(left, top, room, metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine, shown)
        return metrics.height()

    def _paint_range(self, painter: QPainter, top: int) -> None:
        metrics = painter.fontMetrics()
        painter.setPen(QColor(theme.current().text))
        left = metrics.horizontalAdvance("0") + 6
        right = metrics.horizontalAdvance(self.high) + 6
        place = QRect(0, top, self.width(), metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft, "0")
        painter.drawText(place, Qt.AlignmentFlag.AlignRight, self.high)
        width = self.width() - left - right
        if width > 8:
            strip = QRectF(left, top + (metrics.height() - 8) / 2, width, 8)
            paint_ramp(painter, strip, self.colour_map)
