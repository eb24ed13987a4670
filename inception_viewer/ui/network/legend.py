"""One line below the network: what colours, bars, ribbons and thumbnails mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget
from shiboken6 import isValid

from .. import theme
from ..head_marks import paint_hatched
from .look import Look, tinted
from .thumbnails import COLOURS

SWATCH = 10.0
UNTRAINED = "untrained head"
MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
WORDINGS = (
    (
        "bar: share of the module's activation",
        "line width: channels",
        "mean map, each 0 to its own maximum",
    ),
    ("bar: share of the module's activation", "width: channels", "own maximum"),
    ("bar: share of activation", "width: channels", "own maximum"),
    ("bar: share", "width: channels", "own maximum"),
    ("bar: share", "width: channels", ""),
    ("bar: share", "", ""),
    ("", "", ""),
)
"""Of the bars, the lines and the pictures; from the longest to what fits anywhere."""
SIGNS = (12.0, 52.0, 76.0)
"""Pixels of the sign and the gap that go with each of them."""


class Legend(QWidget):
    """Branch colours, share bars, line width and the thumbnails' colour scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend of the network graph")
        self._explanation = (
            "<p>Colours: the four branches of an Inception module. A bar shows each branch's "
            "share of the module's summed activation for this photo.</p><p>A line is as wide as "
            "the channels that flow through it: it narrows at a 1×1 reduction.</p><p>A "
            "thumbnail is the mean over a unit's channels, from 0 to its own maximum: "
            "brightness compares places within one thumbnail, not two thumbnails.</p>"
        )
        self.setToolTip(self._explanation)
        self._look: Look | None = None
        self._untrained = False
        theme.broadcast.changed.connect(self._restyle)

    @property
    def tells_untrained(self) -> bool:
        """Whether the hatching is explained."""
        return self._untrained

    def set_untrained(self, heads: Sequence[str]) -> None:
        """Explain the hatching of these heads, if there are any."""
        self._untrained = bool(heads)
        more = ""
        if heads:
            named = " and ".join(heads)
            more = f"<p>Hatched: never trained, so what {named} says means nothing.</p>"
        self.setToolTip(more + self._explanation)
        self.update()

    def sizeHint(self) -> QSize:
        """One line of small text."""
        return QSize(400, round(Look().line) + theme.GRID)

    def minimumSizeHint(self) -> QSize:
        """As low as one line, as narrow as you like."""
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the entries from the left, in the longest words that fit."""
        self._look = self._look or Look()
        p = QPainter(self)
        p.fillRect(event.rect(), self._look.panel)
        p.setFont(self._look.small)
        x = float(theme.GRID)
        if self._untrained:
            x = self._hatching(p, x)
        for name, colour in self._look.branches.items():
            x = self._entry(p, x, name, colour)
        bars, ribbons, pictures = self._fitting_words(self.width() - x)
        if bars:
            x = self._text(p, x + 4, bars) + 2 * theme.GRID
        if ribbons:
            x = self._ribbon(p, x, ribbons)
        if pictures:
            self._scale(p, x, pictures)
        p.end()

    def _fitting_words(self, room: float) -> tuple[str, str, str]:
        """Return the longest wording that fits into ``room`` pixels."""
        look = self._look or Look()
        for words in WORDINGS:
            needed = (
                look.width(word) + sign for word, sign in zip(words, SIGNS, strict=True) if word
            )
            if sum(needed) <= room:
                break
        return words

    def _entry(self, p: QPainter, x: float, name: str, colour: QColor) -> float:
        swatch = QRectF(x, (self.height() - SWATCH) / 2, SWATCH, SWATCH)
        p.fillRect(swatch, colour)
        return self._text(p, x + SWATCH + 4, name) + 12

    def _hatching(self, p: QPainter, x: float) -> float:
        box = QRectF(x, round((self.height() - SWATCH) / 2), SWATCH + 4, SWATCH)
        paint_hatched(p, box)
        return self._text(p, box.right() + 4, UNTRAINED) + 12

    def _text(self, p: QPainter, x: float, words: str) -> float:
        assert self._look is not None
        width = self._look.width(words)
        p.setPen(self._look.muted)
        p.drawText(QRectF(x, 0, width + 2, self.height()), MIDDLE, words)
        return x + width

    def _ribbon(self, p: QPainter, x: float, words: str) -> float:
        assert self._look is not None
        middle = self.height() / 2
        for index, width in enumerate((8.0, 2.0)):
            p.setPen(QPen(tinted(self._look.neutral, 0.85), width, c=Qt.PenCapStyle.FlatCap))
            start = QPointF(x + 12 * index, middle)
            p.drawLine(start, start + QPointF(12, 0))
        return self._text(p, x + 30, words) + 2 * theme.GRID

    def _scale(self, p: QPainter, x: float, words: str) -> None:
        ramp = np.arange(256, dtype=np.uint8)
        image = QImage(ramp.data, 256, 1, 256, QImage.Format.Format_Indexed8).copy()
        image.setColorTable(theme.qt_colour_table(COLOURS))
        bar = QRectF(x, (self.height() - SWATCH) / 2, 48, SWATCH)
        p.drawImage(bar, image)
        self._text(p, bar.right() + 6, words)

    def _restyle(self, _theme: object) -> None:
        if not isValid(self):  # the wrapper may outlive the widget until it is collected
            return
        self._look = None
        self.updateGeometry()
        self.update()
