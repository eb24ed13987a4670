"""How often each fitted head agrees with the main head: before, now, and by chance."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ...folder_questions import FittedHeads, HeadFit, Share
from .. import theme
from . import words

BAR = 12
"""Height of a bar, in logical pixels."""
TITLE, ROW = 1.5, 3.6
"""Heights of the title and of a head's row without its bar, in lines of text."""
LEGEND = (("before", "before"), ("chance", "by chance"), ("interval", "95 % interval"))
EMPTY = "Not measured yet."


class AgreementBars(QWidget):
    """A bar a head, from 0 to 100 % of the photos kept apart."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Agreement with the main head")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._heads: dict[str, HeadFit] = {}
        self._photos = 0
        theme.broadcast.changed.connect(self._restyle)
        self.set_answer(None)

    def set_answer(self, answer: FittedHeads | None) -> None:
        """Show what is known so far; None empties it."""
        self._heads = dict(answer.heads) if answer is not None else {}
        self._photos = answer.validation if answer is not None else 0
        said = words.spoken(answer) if answer is not None and answer.heads else EMPTY
        self.setAccessibleDescription(said)
        self.setToolTip(said)
        self.update()

    def track(self, place: int) -> QRectF:
        """Return the bar of 100 % in the row of a head."""
        top = self._line * (TITLE + place * ROW + 1.1) + place * BAR
        return QRectF(0, top, self.width(), BAR)

    @property
    def _line(self) -> float:
        return QFontMetricsF(theme.font("small")).height()

    def sizeHint(self) -> QSize:
        """Return room for two heads and the legend."""
        rows = len(words.AUXILIARY)
        return QSize(320, round(self._line * (TITLE + ROW * rows + 0.9)) + rows * BAR)

    def minimumSizeHint(self) -> QSize:
        """Return the same height on less width."""
        return QSize(240, self.sizeHint().height())

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the title, the heads' rows and the legend."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        count = f", on {self._photos:,} photos kept apart" if self._photos else ""
        title = f"How often a head names the main head's class{count}"
        colours = theme.current()
        self._words(painter, QRectF(0, 0, self.width(), self._line), title, colours.muted)
        if not self._heads:
            box = QRectF(0, TITLE * self._line, self.width(), self._line)
            self._words(painter, box, EMPTY, colours.muted)
        else:
            for place, head in enumerate(self._heads.values()):
                self._row(painter, place, head)
            self._legend(painter)
        painter.end()

    def _row(self, painter: QPainter, place: int, head: HeadFit) -> None:
        colours, track = theme.current(), self.track(place)
        above = QRectF(0, track.top() - 1.1 * self._line, self.width(), self._line)
        metrics = QFontMetricsF(theme.font("small", bold=True))
        name = f"{head.head}  {words.change(head.before, head.after)}"
        self._words(painter, above, name, colours.text, bold=True)
        beside = above.adjusted(metrics.horizontalAdvance(name) + 2 * theme.GRID, 0, 0, 0)
        self._words(painter, beside, words.beside(head), colours.muted)
        below = QRectF(0, track.bottom() + 0.2 * self._line, self.width(), self._line)
        self._words(painter, below, words.accuracy(head), colours.muted)
        painter.fillRect(track, QColor(colours.border))
        done = QRectF(track)
        done.setRight(_across(track, head.after.value))
        painter.fillRect(done, QColor(colours.head(head.head)))
        self._interval(painter, track, head.after)
        self._mark(painter, track, head.chance.value, "chance")
        if head.before is not None:
            self._mark(painter, track, head.before.value, "before")

    def _interval(self, painter: QPainter, track: QRectF, share: Share) -> None:
        low, high = (_across(track, value) for value in share.interval)
        middle = track.center().y()
        painter.setPen(QPen(QColor(theme.current().text), 1.5))
        painter.drawLine(QPointF(low, middle), QPointF(high, middle))
        for x in (low, high):
            painter.drawLine(QPointF(x, middle - 3), QPointF(x, middle + 3))

    def _mark(self, painter: QPainter, track: QRectF, value: float, kind: str) -> None:
        """Draw the old value as a ring, chance as a dashed line."""
        colours, x = theme.current(), _across(track, value)
        if kind == "before":
            x = min(max(x, track.left() + 4), track.right() - 4)
            painter.setPen(QPen(QColor(colours.text), 1.5))
            painter.setBrush(QColor(colours.panel))
            painter.drawEllipse(QPointF(x, track.center().y()), 3.5, 3.5)
            return
        painter.setPen(QPen(QColor(colours.text), 1.5, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, track.top() - 2), QPointF(x, track.bottom() + 2))

    def _legend(self, painter: QPainter) -> None:
        top, left = self.height() - 1.1 * self._line, 0.0
        metrics = QFontMetricsF(theme.font("small"))
        for kind, text in LEGEND:
            track = QRectF(left, top + self._line / 2 - 5, 16, 10)
            if kind == "interval":
                self._legend_interval(painter, track)
            else:
                self._mark(painter, track, 0.5, kind)
            width = metrics.horizontalAdvance(text)
            box = QRectF(left + 22, top, width + 2, self._line)
            self._words(painter, box, text, theme.current().muted)
            left += 22 + width + 2 * theme.GRID

    def _legend_interval(self, painter: QPainter, track: QRectF) -> None:
        painter.setPen(QPen(QColor(theme.current().text), 1.5))
        middle = track.center().y()
        painter.drawLine(QPointF(track.left(), middle), QPointF(track.right(), middle))
        for x in (track.left(), track.right()):
            painter.drawLine(QPointF(x, middle - 3), QPointF(x, middle + 3))

    def _words(
        self, painter: QPainter, box: QRectF, text: str, colour: str, *, bold: bool = False
    ) -> None:
        font = theme.font("small", bold=bold)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        cut = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, side, cut)

    def _restyle(self, _theme: object) -> None:
        self.updateGeometry()
        self.update()


def _across(track: QRectF, value: float) -> float:
    return track.left() + track.width() * min(1.0, max(0.0, value))
