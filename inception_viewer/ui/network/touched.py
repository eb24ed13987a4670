"""Marks on the graph for units that are touched, and a muted look for what is switched off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from ...intervention_questions import Intervention
from ...intervention_words import mark_words, said_of
from ..intervene.menu import Touching
from .look import Look, tinted

PAD = 4.0
DOT = 5.0
"""Half the width of the sign where there is no room for words, in pixels."""


@dataclass(frozen=True)
class Mark:
    """What is shown on a box.

    Attributes
    ----------
    words
        For the mark, in a few letters.
    sentence
        For tool tips and screen readers.
    off
        Whether all of the unit is switched off.
    """

    words: str
    sentence: str
    off: bool = False


def marks_of(touching: Touching) -> dict[str, Mark]:
    """Return the mark of every touched unit."""
    by_unit: dict[str, list[Intervention]] = {}
    for one in touching.interventions:
        by_unit.setdefault(one.unit, []).append(one)
    return {unit: _mark(done, touching) for unit, done in by_unit.items()}


def _mark(done: Sequence[Intervention], touching: Touching) -> Mark:
    (first, *others) = done
    words = mark_words(first, touching.image)
    if first.channels is not None:
        words = f"{len(first.channels)} ch. {words}"
    if others:
        words = f"{len(done)} changes"
    said = [_sentence(one, touching) for one in done]
    return Mark(words, "; ".join(said), any(_is_off(one) for one in done))


def _sentence(one: Intervention, touching: Touching) -> str:
    said = said_of(one, touching.names, touching.image)
    if one.channels is None:
        return said
    if len(one.channels) == 1:
        return f"channel {one.channels[0]} {said}"
    return f"{len(one.channels)} channels {said}"


def _is_off(one: Intervention) -> bool:
    nothing = one.mode == "zero" or (one.mode == "scale" and one.factor == 0)
    return nothing and one.channels is None


def paint_mark(p: QPainter, look: Look, rect: QRectF, mark: Mark) -> None:
    """Mark the box of a touched unit: muted and crossed if off, with words where they fit."""
    p.setBrush(Qt.BrushStyle.NoBrush)
    if mark.off:
        p.fillRect(rect, tinted(look.panel, 0.72))
        p.setPen(QPen(look.muted, 1.5))
        p.drawLine(rect.topLeft(), rect.bottomRight())
        p.drawLine(rect.topRight(), rect.bottomLeft())
    p.setPen(QPen(look.warning, 2, Qt.PenStyle.DashLine))
    p.drawRoundedRect(rect, 3, 3)
    paint_sign(p, look, rect, mark.words)


def paint_sign(p: QPainter, look: Look, rect: QRectF, words: str) -> None:
    """Write a mark's words at the upper right of a box; a diamond where they do not fit."""
    width = look.width(words, True) + 2 * PAD
    if width > rect.width() or look.line > rect.height() + 2:
        _diamond(p, look, rect)
        return
    place = QRectF(rect.right() - width + 1, rect.top() - 1, width, look.line)
    p.setPen(QPen(look.warning, 1))
    p.setBrush(look.panel)
    p.drawRoundedRect(place, 3, 3)
    p.setFont(look.font(True))
    p.setPen(look.warning)
    p.drawText(place, Qt.AlignmentFlag.AlignCenter, words)


def _diamond(p: QPainter, look: Look, rect: QRectF) -> None:
    at = QPointF(rect.right() - 1, rect.top() + 1)
    corners = [QPointF(0, -DOT), QPointF(DOT, 0), QPointF(0, DOT), QPointF(-DOT, 0)]
    p.setPen(QPen(look.panel, 1))
    p.setBrush(look.warning)
    p.drawPolygon(QPolygonF([at + corner for corner in corners]))


def hidden(marks: Mapping[str, Mark], shown: Mapping[str, str]) -> dict[str, int]:
    """Return how many touched units each box hides: those of a closed module.

    ``shown`` is the box that stands for a unit, or ``""``.
    """
    counted: dict[str, int] = {}
    for unit in marks:
        box = shown.get(unit, "")
        if box and box != unit:
            counted[box] = counted.get(box, 0) + 1
    return counted
