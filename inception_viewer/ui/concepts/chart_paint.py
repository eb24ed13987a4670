"""Painting a chart of scores: on the screen in its theme, in a file on white."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen

from .. import theme
from ..head_marks import paint_hatched
from . import words
from .chart_data import Bar, Group, Layout

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
LIGHT = ("#3B5BDB", "#B27B00", "#2F86A6", "#8A6D5A", "#8E5BB5")
DARK = ("#8FA6FF", "#F0C24B", "#7CC7E8", "#C4A48F", "#C39BE6")
"""Of concepts, in their order; none is a branch's."""
PALE = 70
SWATCH = 12
ROOM_FOR_RUNS = 16
"""Width of a bar below which its runs would hide each other."""
AXIS = "photos whose logit rises"
Align = Qt.AlignmentFlag


def colour_of(place: int, colours: theme.Theme) -> QColor:
    """Return a concept's colour; grey for random directions."""
    if place < 0:
        return QColor(colours.muted)
    table = DARK if colours.dark else LIGHT
    return QColor(table[place % len(table)])


class ChartPainter:
    """Paints groups of bars into a rectangle.

    Parameters
    ----------
    groups
        The bars.
    colours, font
        Of the theme, or those of a picture file.
    noise
        Whether the head was never trained: every bar is then hatched.
    """

    def __init__(
        self, groups: tuple[Group, ...], colours: theme.Theme, font: QFont, *, noise: bool = False
    ) -> None:
        self.groups, self.colours, self.font, self.noise = groups, colours, font, noise
        self.metrics = QFontMetricsF(font)

    @property
    def single(self) -> bool:
        """Whether there is one unit, so that every bar can have its name."""
        return len(self.groups) == 1

    def layout(self, whole: QRectF) -> Layout:
        """Return where everything stands."""
        line = self.metrics.height()
        left = self.metrics.horizontalAdvance("100 %") + line + 2 * theme.GRID
        top = line * (2.6 if not self.single else 1.4)
        bottom = line * (2.4 if self.single else 1.2) + theme.GRID
        plot = whole.adjusted(left, top, -theme.GRID, -bottom)
        each = max((len(group.bars) for group in self.groups), default=1)
        return Layout(plot, self.groups, max(1, each))

    def paint(
        self, painter: QPainter, whole: QRectF, selected: tuple[int, int] | None, focus: bool
    ) -> None:
        """Paint the axes, the bars and their names."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font)
        layout = self.layout(whole)
        if selected is not None:
            self._selection(painter, layout, selected, focus)
        self._axes(painter, layout)
        for place, group in enumerate(self.groups):
            for bar, one in enumerate(group.bars):
                self._bar(painter, layout, place, bar, one)
            self._below(painter, layout, place, group)
            self._chance(painter, layout, place, group)
        if not self.single:
            self._legend(painter, whole, layout)
        painter.restore()

    def _selection(
        self, painter: QPainter, layout: Layout, selected: tuple[int, int], focus: bool
    ) -> None:
        line = self.metrics.height()
        column = layout.column(*selected).adjusted(-3, -line * 1.2, 3, 2)
        painter.fillRect(column, QColor(self.colours.selection))
        if focus:
            painter.setPen(QPen(QColor(self.colours.accent), 2))
            painter.drawRect(column)

    def _axes(self, painter: QPainter, layout: Layout) -> None:
        plot, line = layout.plot, self.metrics.height()
        for tick in TICKS:
            y = layout.y(tick)
            style = Qt.PenStyle.SolidLine
            painter.setPen(QPen(QColor(self.colours.border), 1, style))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(QColor(self.colours.muted))
            beside = QRectF(plot.left() - 80, y - line / 2, 74, line)
            painter.drawText(beside, Align.AlignRight | Align.AlignVCenter, f"{100 * tick:.0f} %")
        painter.save()
        painter.translate(plot.left() - self.metrics.horizontalAdvance("100 %") - line, 0)
        painter.translate(0, plot.center().y())
        painter.rotate(-90)
        across = QRectF(-plot.height() / 2 - line, -line / 2, plot.height() + 2 * line, line)
        painter.drawText(across, Align.AlignCenter, AXIS)
        painter.restore()

    def _bar(self, painter: QPainter, layout: Layout, place: int, bar: int, one: Bar) -> None:
        box, colour = layout.box(place, bar), colour_of(one.colour, self.colours)
        if self.noise:
            paint_hatched(painter, box)
        else:
            painter.setPen(QPen(colour, 1.5))
            painter.setBrush(self._fill(one, colour))
            painter.drawRect(box.adjusted(0.75, 0.75, -0.75, -0.75))
        self._whisker(painter, layout, box, one)
        self._runs(painter, layout, box, one)
        if one.star and not self.noise:
            self._star(painter, layout, box, one)

    @staticmethod
    def _fill(one: Bar, colour: QColor) -> QBrush:
        if one.verdict == "doubtful":
            return QBrush(Qt.BrushStyle.NoBrush)
        filled = QColor(colour)
        if not one.star:
            filled.setAlpha(PALE)
        return QBrush(filled)

    def _whisker(self, painter: QPainter, layout: Layout, box: QRectF, one: Bar) -> None:
        spread = words.finite(one.spread)
        if not spread:
            return
        middle, reach = box.center().x(), min(6.0, box.width() / 4)
        low, high = (layout.y(one.score + sign * spread) for sign in (-1, 1))
        # Edged with the ground, so that they stand out from any bar.
        for colour, width in ((self.colours.panel, 4.0), (self.colours.text, 1.5)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLine(QPointF(middle, low), QPointF(middle, high))
            for y in (low, high):
                painter.drawLine(QPointF(middle - reach, y), QPointF(middle + reach, y))

    def _runs(self, painter: QPainter, layout: Layout, box: QRectF, one: Bar) -> None:
        """Dot every run; side by side in their order, so that equal ones stay apart."""
        if box.width() < ROOM_FOR_RUNS:
            return
        painter.setPen(QPen(QColor(self.colours.panel), 1))
        painter.setBrush(QColor(self.colours.text))
        count = len(one.scores)
        for run, score in enumerate(one.scores):
            x = box.left() + box.width() * (0.15 + 0.7 * (run + 0.5) / count)
            painter.drawEllipse(QPointF(x, layout.y(score)), 2.6, 2.6)

    def _star(self, painter: QPainter, layout: Layout, box: QRectF, one: Bar) -> None:
        high = max(one.score + words.finite(one.spread), *one.scores)
        line = self.metrics.height()
        place = QRectF(box.center().x() - 20, layout.y(high) - line - 3, 40, line)
        painter.setPen(QColor(self.colours.text))
        painter.drawText(place, Align.AlignCenter, "★")

    def _chance(self, painter: QPainter, layout: Layout, place: int, group: Group) -> None:
        """Draw the random directions' score across the unit's bars."""
        if not group.bars:
            return
        first, last = layout.column(place, 0), layout.column(place, len(group.bars) - 1)
        y = layout.y(group.random)
        painter.setPen(QPen(QColor(self.colours.text), 1.5, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(first.left() - 4, y), QPointF(last.right() + 4, y))

    def _below(self, painter: QPainter, layout: Layout, place: int, group: Group) -> None:
        line, bottom = self.metrics.height(), layout.plot.bottom() + theme.GRID / 2
        painter.setPen(QColor(self.colours.text if group.bars else self.colours.muted))
        if not self.single:
            box = layout.group_box(place)
            self._text(painter, QRectF(box.left(), bottom, box.width(), line), short(group.unit))
            return
        for bar, one in enumerate(group.bars):
            column = layout.column(place, bar)
            box = QRectF(0, bottom, layout.pitch - 4, line)
            box.moveCenter(QPointF(column.center().x(), box.center().y()))
            self._text(painter, box, one.name or "random")
            painter.setPen(QColor(self.colours.muted))
            second = box.translated(0, line)
            self._text(painter, second, f"{100 * words.finite(one.score):.0f} %")
            painter.setPen(QColor(self.colours.text))

    def _legend(self, painter: QPainter, whole: QRectF, layout: Layout) -> None:
        first = next((group for group in self.groups if group.bars), None)
        if first is None:
            return
        line, left = self.metrics.height(), layout.plot.left()
        around = SWATCH + 6 + 2 * theme.GRID
        most = self._longest([one.name or "random" for one in first.bars], layout, around)
        for one in first.bars:
            name = self.metrics.elidedText(one.name or "random", Qt.TextElideMode.ElideRight, most)
            top = whole.top() + (line - SWATCH) / 2 + 2
            swatch = QRectF(left, top, SWATCH, SWATCH)
            colour = colour_of(one.colour, self.colours)
            painter.setPen(QPen(colour, 1.5))
            filled = QColor(colour)
            filled.setAlpha(PALE if one.colour < 0 else 255)
            painter.setBrush(filled)
            painter.drawRect(swatch)
            painter.setPen(QColor(self.colours.text))
            width = self.metrics.horizontalAdvance(name)
            place = QRectF(left + SWATCH + 6, whole.top() + 2, width + 2, line)
            painter.drawText(place, Align.AlignLeft | Align.AlignVCenter, name)
            left += SWATCH + 6 + width + 2 * theme.GRID

    def _longest(self, names: list[str], layout: Layout, around: float) -> float:
        """Return how long a name of the legend may be: short ones leave room to long ones."""
        widths = sorted(self.metrics.horizontalAdvance(name) + 1 for name in names)
        room = layout.plot.width() - around * len(names)
        for place, width in enumerate(widths):
            share = room / (len(widths) - place)
            if width > share:
                return share
            room -= width
        return widths[-1]

    def _text(self, painter: QPainter, box: QRectF, text: str) -> None:
        elided = self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Align.AlignHCenter | Align.AlignVCenter, elided)


def short(unit: str) -> str:
    """Return a unit's name where there is little room: ``"4d"``."""
    return unit.removeprefix("inception")
