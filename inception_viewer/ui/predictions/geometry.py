"""Where the columns, rows and bars of the predictions table lie."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF

from .. import theme
from .rows import HEADS

BAR = 6.0
"""Height of a bar in logical pixels."""


@dataclass(frozen=True)
class Geometry:
    """The table's measures in logical pixels, for a width and the present text size."""

    width: float
    line: float
    small: float
    number_width: float
    headless: bool = False
    differences: bool = False

    @classmethod
    def at(cls, width: float, *, headless: bool = False, differences: bool = False) -> Geometry:
        """Measure the fonts in use; ``differences`` leaves a line for them below each bar."""
        body, small = (QFontMetricsF(theme.font(role)).height() for role in ("body", "small"))
        plain = QFontMetricsF(theme.font("small"))
        return cls(width, body, small, plain.horizontalAdvance("untrained") + 2,
                   headless, differences)  # fmt: skip

    @property
    def header(self) -> float:
        """Height of the heading, if there is one: a head's name and its state below."""
        if self.headless:
            return 0.0
        return round(self.line + self.small) + theme.GRID

    @property
    def row(self) -> float:
        """Height of a row: a number over a bar, perhaps over a difference."""
        return max(float(theme.TARGET), round(self._stack) + theme.GRID + 2.0)

    @property
    def _stack(self) -> float:
        return self.small + BAR + (self.small + 2 if self.differences else 0.0)

    @property
    def name_width(self) -> float:
        """Width of the classes' names: what the numbers leave, about a third."""
        inner = self.width - 2 * theme.GRID
        left = inner - len(HEADS) * (self.number_width + theme.GRID)
        return round(max(0.25 * inner, min(0.36 * inner, left)))

    def head_at(self, x: float) -> str:
        """Return the head whose column is there, or ``""``."""
        spans = ((head, *self.column(head)) for head in HEADS)
        return next((head for head, left, width in spans if left <= x < left + width), "")

    def name(self, top: float) -> QRectF:
        """Return where a row's class name stands."""
        return QRectF(theme.GRID, top, self.name_width, self.row)

    def column(self, head: str) -> tuple[float, float]:
        """Return left and width of a head's column."""
        left = theme.GRID + self.name_width
        step = (self.width - theme.GRID - left) / len(HEADS)
        # Whole pixels, so that bars have sharp ends.
        return round(left + HEADS.index(head) * step) + theme.GRID, int(step) - theme.GRID

    def number(self, head: str, top: float) -> QRectF:
        """Return where a cell's number stands."""
        left, width = self.column(head)
        return QRectF(left, top + (self.row - self._stack) / 2 - 1, width, self.small)

    def difference(self, head: str, top: float) -> QRectF:
        """Return where a cell's difference stands."""
        track = self.track(head, top)
        return QRectF(track.left(), track.bottom() + 2, track.width(), self.small)

    def track(self, head: str, top: float) -> QRectF:
        """Return the whole length that a cell's bar can have."""
        left, width = self.column(head)
        return QRectF(left, round(self.number(head, top).bottom()) + 1, width, BAR)


def bar(track: QRectF, low: float, high: float, value: float) -> QRectF:
    """Return the bar from zero to ``value`` on a track that spans ``low`` to ``high``.

    ``low`` is at most 0 and ``high`` at least 0.
    """
    span = (high - low) or 1.0
    places = sorted(track.left() + track.width() * (end - low) / span for end in (0.0, value))
    return QRectF(places[0], track.top(), places[1] - places[0], track.height())
