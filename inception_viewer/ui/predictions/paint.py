"""Paints the predictions table's heading, rows and bars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from ...questions import HeadState, Predictions
from .. import theme
from ..head_marks import paint_hatched, paint_mark
from ..head_words import WORDS, HeadNote
from .geometry import Geometry, bar
from .rows import HEADS, changed, number, percent, winners

PLACES = {"aux1": "after 4a", "aux2": "after 4d", "main": "last"}
"""Where each head hangs (paper, section 5)."""
_VCENTRE = Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft


@dataclass(frozen=True, eq=False)
class Sheet:
    """What is painted: the answer, which number of it, and the range of the bars.

    ``untouched`` is the answer before the picture was painted over or the network touched, or
    None; ``before_words`` says which.
    """

    predictions: Predictions
    logits: bool = False
    notes: Mapping[str, HeadNote] = field(default_factory=dict)
    untouched: Predictions | None = None
    before_words: str = "before"

    def values(self, head: str) -> np.ndarray:
        """Return the numbers shown for a head."""
        answer = self.predictions
        return (answer.logits if self.logits else answer.probabilities)[head]

    def before(self, head: str, index: int) -> float | None:
        """Return the number that a cell had before something was done, if it was."""
        answer = self.untouched
        if answer is None or head not in answer.logits:
            return None
        value = float((answer.logits if self.logits else answer.probabilities)[head][index])
        return value if np.isfinite(value) else None

    def difference(self, head: str, index: int) -> str:
        """Return by how much a cell's number changed: in percentage points, or of the logit."""
        before = self.before(head, index)
        value = float(self.values(head)[index])
        if before is None or not np.isfinite(value):
            return ""
        return changed(value - before, logit=self.logits)

    def span(self) -> tuple[float, float]:
        """Return what the bars' tracks reach from and to, the same for every head."""
        if not self.logits:
            return 0.0, 1.0
        answers = [answer for answer in (self.predictions, self.untouched) if answer is not None]
        every = np.concatenate([values for one in answers for values in one.logits.values()])
        every = every[np.isfinite(every)]
        return float(min(every.min(initial=0.0), 0.0)), float(max(every.max(initial=0.0), 0.0))

    def text(self, head: str, index: int) -> str:
        """Return the number of a cell."""
        value = float(self.values(head)[index])
        return number(value) if self.logits else percent(value)

    def state(self, head: str) -> HeadState:
        """Return a head's state; ``"absent"`` where there is no answer of it."""
        if head not in self.predictions.probabilities:
            return "absent"
        return self.predictions.heads.get(head, "unknown")

    def below(self, head: str) -> str:
        """Return what stands below a head's name: its state, else where it hangs."""
        state = self.state(head)
        if state in ("absent", "untrained", "fitted"):
            return WORDS[state]
        return PLACES[head]

    def tip(self, head: str) -> str:
        """Return what there is to say of a head: where it hangs, its state and the reason."""
        note = self.notes.get(head)
        place = f"{head}, {PLACES[head]}"
        return f"{place}\n{note.sentence}" if note is not None and note.sentence else place


class Brush:
    """Paints parts of a :class:`Sheet` into a :class:`Geometry`."""

    def __init__(self, painter: QPainter, sheet: Sheet, geometry: Geometry) -> None:
        self.painter, self.sheet, self.geometry = painter, sheet, geometry
        self.colours = theme.current()
        self.winners = winners(sheet.predictions)
        self.span = sheet.span()

    def heading(self) -> None:
        """Paint the heads' names with their colour, and their state or place below."""
        g = self.geometry
        if not g.header:
            return
        self.painter.fillRect(QRectF(0, 0, g.width, g.header), QColor(self.colours.panel))
        for head in HEADS:
            left, width = g.column(head)
            state = self.sheet.state(head)
            paint_mark(self.painter, QRectF(left, 4 + g.line / 2 - 4, 8, 8), head, state)
            noise = state in ("absent", "untrained")
            colour = self.colours.muted if noise else self.colours.text
            box = QRectF(left + 12, 4, width - 12, g.line)
            self._words(box, head, bold=not noise, colour=colour)
            below = self.sheet.below(head)
            box = QRectF(left, 4 + g.line, width, g.small)
            self._words(box, below, role="small", colour=self.colours.muted)
        self.painter.setPen(QColor(self.colours.border))
        self.painter.drawLine(QPointF(0, g.header - 0.5), QPointF(g.width, g.header - 0.5))

    def row(self, index: int, top: float, *, selected: bool, hovered: bool) -> None:
        """Paint one class with its three bars."""
        whole = QRectF(0, top, self.geometry.width, self.geometry.row)
        if selected or hovered:
            fill = self.colours.selection if selected else self.colours.raised
            self.painter.fillRect(whole, QColor(fill))
        box = self.geometry.name(top)
        best = any(
            self.winners.get(head) == index and self.sheet.state(head) != "untrained"
            for head in HEADS
        )
        self._words(box, self.sheet.predictions.classes[index], bold=best)
        for head in HEADS:
            if self.sheet.state(head) != "absent":
                self._cell(head, index, top)

    def ring(self, top: float) -> None:
        """Paint the focus ring around a row."""
        box = QRectF(0, top, self.geometry.width, self.geometry.row).adjusted(1, 1, -1, -1)
        self.painter.setPen(QPen(QColor(self.colours.accent), 2))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawRoundedRect(box, 3, 3)

    def _cell(self, head: str, index: int, top: float) -> None:
        untrained = self.sheet.state(head) == "untrained"
        best = self.winners[head] == index and not untrained
        colour = self.colours.muted if untrained else self.colours.text
        box, text = self.geometry.number(head, top), self.sheet.text(head, index)
        self._words(box, text, role="small", bold=best, colour=colour)
        needed = QFontMetricsF(theme.font("small", bold=True)).horizontalAdvance(text) + 12
        if best and needed <= box.width():
            dot = QRectF(box.right() - 8, box.center().y() - 3, 6, 6)
            self.painter.setPen(Qt.PenStyle.NoPen)
            self.painter.setBrush(QColor(colour))
            self.painter.drawEllipse(dot)
        self._bar(head, index, top, untrained)
        if self.geometry.differences:
            place = self.geometry.difference(head, top)
            words = self.sheet.difference(head, index)
            self._words(place, words, role="small", colour=colour)

    def _bar(self, head: str, index: int, top: float, untrained: bool) -> None:
        value = float(self.sheet.values(head)[index])
        track = self.geometry.track(head, top)
        self.painter.fillRect(track, QColor(self.colours.window))
        if not np.isfinite(value):
            return
        box = bar(track, *self.span, value)
        if untrained:
            paint_hatched(self.painter, box)
        else:
            self.painter.fillRect(box, QColor(self.colours.head(head)))
        before = self.sheet.before(head, index)
        if before is not None:
            self._mark(track, value, before)
        if self.span[0] < 0:
            zero = bar(track, *self.span, 0.0).left()
            self.painter.fillRect(
                QRectF(zero - 0.5, track.top() - 1, 1, track.height() + 2),
                QColor(self.colours.muted),
            )

    def _mark(self, track: QRectF, value: float, before: float) -> None:
        """Paint where the bar ended before, and a line from there to where it ends now."""
        low, high = self.span
        at, now = (
            track.left() + track.width() * (end - low) / ((high - low) or 1.0)
            for end in (before, value)
        )
        colour, middle = QColor(self.colours.text), track.center().y()
        self.painter.fillRect(
            QRectF(min(at, now), middle - 0.5, abs(at - now), 1), QColor(self.colours.muted)
        )
        at = min(max(at, track.left() + 1), track.right() - 1)
        self.painter.fillRect(QRectF(at - 1, track.top() - 2, 2, track.height() + 4), colour)

    def _words(
        self, box: QRectF, text: str, role: str = "body", *, bold: bool = False, colour: str = ""
    ) -> None:
        font = theme.font(role, bold=bold)
        self.painter.setFont(font)
        self.painter.setPen(QColor(colour or self.colours.text))
        elided = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        self.painter.drawText(box, _LEFT | _VCENTRE, elided)
