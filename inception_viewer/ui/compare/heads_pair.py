"""The three heads of two checkpoints: the first five classes of each, and whether they agree."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from .. import theme
from ..head_marks import paint_mark
from ..predictions.rows import percent, short_percent
from .pair import LETTERS, MOST, Pair
from .pair_paint import Flag, Ink
from .pair_part import PairPart

GAP = 16.0
EDGE = 4.0
"""Beside the first and the last list: room for the ring."""
BESIDE = 180.0
"""Width of a head from which its two lists stand beside each other."""
ROOMY = 140.0
"""Width of a list from which probabilities have a digit after the point."""
LISTS = 2 * len(theme.HEADS)
STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Home: -LISTS,
    Qt.Key.Key_End: LISTS,
}


@dataclass(frozen=True)
class HeadsLayout:
    """Where the lists stand: one block for each head; ``scale`` is that of the text."""

    width: float
    line: float
    scale: float = 1.0

    @property
    def block(self) -> float:
        """Width of a head's block."""
        return (self.width - 2 * GAP - 2 * EDGE) / len(theme.HEADS)

    @property
    def beside(self) -> bool:
        """Whether the two lists of a head stand beside each other."""
        return self.block >= BESIDE * self.scale

    @property
    def height(self) -> float:
        """Of all."""
        return self.line * (2 + MOST if self.beside else 3 + 2 * MOST)

    def title(self, head: int) -> QRectF:
        """Return the place of a head's name and verdict."""
        return QRectF(round(EDGE + head * (self.block + GAP)), 0, self.block, self.line)

    def list(self, place: int) -> QRectF:
        """Return the place of a list, its letter included; places go by head, then by side."""
        head, side = divmod(place, 2)
        box = self.title(head)
        height = self.line * (1 + MOST)
        if self.beside:
            width = (self.block - GAP / 2) / 2
            return QRectF(box.left() + side * (width + GAP / 2), self.line, width, height)
        return QRectF(box.left(), self.line + side * height, self.block, height)


class HeadsPair(PairPart):
    """Painted; Left and Right walk from list to list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Heads of both checkpoints", parent)
        self.selected = 0
        self._under: int | None = None

    def layout_of(self, width: float, font: QFont | None = None, scale: float = 0.0) -> HeadsLayout:
        """Return where things stand in a width, with a font for small text."""
        line = QFontMetricsF(font or theme.font("small")).height() + 4
        return HeadsLayout(width, line, scale or max(1.0, theme.text_scale()))

    @property
    def layout_(self) -> HeadsLayout:
        """Where things stand now."""
        return self.layout_of(float(self.width()))

    def sizeHint(self) -> QSize:
        """Return the height that the width makes."""
        return QSize(480, round(self.layout_.height) + 4)

    def minimumSizeHint(self) -> QSize:
        """Return the same height at the least width."""
        return QSize(300, round(self.layout_.height) + 4)

    # --- painting --------------------------------------------------------------------

    def _paint_now(self, ink: Ink, pair: Pair) -> None:
        self.paint(ink, pair, self.layout_)

    def _ring(self) -> QRectF:
        return self.selected_box.adjusted(0, 3, 0, 0)

    @staticmethod
    def paint(ink: Ink, pair: Pair, layout: HeadsLayout) -> None:
        """Paint the lists with any colours and fonts, on any device."""
        for place, head in enumerate(theme.HEADS):
            box = layout.title(place)
            ink.words(box, f"{head}: {pair.verdict(head)}".removesuffix(": "), bold=True)
            for side in (0, 1):
                _list(ink, pair, layout, 2 * place + side)

    @property
    def selected_box(self) -> QRectF:
        """The list that the keys are on."""
        return self.layout_.list(self.selected)

    # --- reading ---------------------------------------------------------------------

    def told(self) -> str:
        """Return the list under the pointer, else that of the keys, in words."""
        place = self._under if self._under is not None else self.selected
        if self.pair is None or (self._under is None and not self.hasFocus()):
            return ""
        head, side = theme.HEADS[place // 2], place % 2
        shown = self.pair.sides[side]
        told = ", ".join(f"{name} {percent(share)}" for name, share in shown.top(head))
        return f"{head} of {LETTERS[side]}: {told or state_words(shown.state(head))}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the list under the pointer."""
        found = (p for p in range(LISTS) if self.layout_.list(p).contains(event.position()))
        under = next(found, None)
        if under != self._under:
            self._under = under
            self._say()

    def leaveEvent(self, event: QEvent) -> None:
        """Stop reading there."""
        self._under = None
        self._say()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the keyboard's place here."""
        if self._under is not None:
            self.selected = self._under
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk from list to list."""
        step = STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self.selected = min(LISTS - 1, max(0, self.selected + step))
        self._under = None
        self._walked()


def state_words(state: str) -> str:
    """Return why a head has no list."""
    return "this network has no such head" if state == "absent" else "still to come"


def _list(ink: Ink, pair: Pair, layout: HeadsLayout, place: int) -> None:
    head, side = theme.HEADS[place // 2], place % 2
    shown, box = pair.sides[side], layout.list(place)
    state, found = shown.state(head), shown.top(head)
    line = QRectF(box.left(), box.top(), box.width(), layout.line)
    mark = QRectF(line.left() + layout.line, line.center().y() - 4, 8, 8)
    ink.words(line, LETTERS[side], muted=True)
    paint_mark(ink.painter, mark, head, state)
    noise = state == "untrained"
    if noise or state == "fitted" or state == "absent":
        ink.words(line.adjusted(layout.line + 14, 0, 0, 0), state, muted=True)
    if not found:
        ink.words(line.translated(0, layout.line), state_words(state), muted=True)
    roomy = box.width() >= ROOMY * layout.scale
    figure = QFontMetricsF(ink.small).horizontalAdvance("100.0 %" if roomy else "100 %") + 4
    for at, (name, share) in enumerate(found):
        row = line.translated(0, layout.line * (at + 1))
        track = QRectF(row.left(), row.bottom() - 3, row.width(), 2)
        ink.painter.fillRect(track, QColor(ink.colours.border))
        hue = ink.colours.muted if noise else ink.colours.head(head)
        ink.painter.fillRect(
            QRectF(track.left(), track.top(), share * track.width(), 2), QColor(hue)
        )
        text = row.adjusted(0, 0, -figure, -2)
        ink.words(text, name, muted=noise, bold=at == 0 and not noise)
        said = percent(share) if roomy else short_percent(share)
        ink.words(row.adjusted(0, 0, 0, -2), said, Flag.AlignRight, muted=noise)
