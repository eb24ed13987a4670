"""The three heads side by side: how often each is right, and how far to trust the number."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFontMetrics,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...folder_questions import HeadEvaluation, Share
from .. import theme
from ..head_marks import SIDE, paint_hatched, paint_mark
from . import words
from .results import Measured

GRID = theme.GRID
Align = Qt.AlignmentFlag


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: a number, what it may be in truth, and the share that is a bar."""

    text: str
    beside: str = ""
    share: Share | None = None


@dataclass(frozen=True)
class Line:
    """A head's line: its cells, and in words what they say."""

    head: str
    state: str
    short: str
    cells: tuple[Cell, ...]
    sentence: str
    tip: str

    @property
    def noise(self) -> bool:
        """Whether its numbers mean nothing."""
        return self.state == "untrained"


TITLES = ("Top-1", "Top-5", "Mean per class", "Calibration error")


def lines_of(measured: Measured, other: Measured | None = None) -> list[Line]:
    """Return a line for each head; with another evaluation, how far top-1 is ahead of it."""
    made = []
    for head, counted in measured.answer.heads.items():
        cells = [
            _share(counted.top1),
            _share(counted.top5),
            Cell(words.percent(measured.answer.mean_per_class(head))),
            Cell(words.percent(counted.calibration.expected_error)),
        ]
        if other is not None:
            cells.append(Cell(_difference(measured, other, head)))
        note = measured.note(head)
        said = f"{head}: {_spoken(counted, cells)}"
        tip = note.sentence or "The interval holds the true share 95 times in 100."
        made.append(Line(head, counted.state, note.short, tuple(cells), said, tip))
    return made


def _share(share: Share) -> Cell:
    return Cell(words.percent(share.value), words.interval(share), share)


def _spoken(counted: HeadEvaluation, cells: list[Cell]) -> str:
    untrained = "untrained, " if counted.state == "untrained" else ""
    parts = (
        f"top-1 {cells[0].text}, 95 % interval {cells[0].beside}",
        f"top-5 {cells[1].text}, {cells[1].beside}",
        f"mean per class {cells[2].text}",
        f"calibration error {cells[3].text}",
    )
    return f"{untrained}{'; '.join(parts)}"


def _difference(measured: Measured, other: Measured, head: str) -> str:
    if head not in other.answer.heads or not (
        measured.means_something(head) and other.means_something(head)
    ):
        return "–"
    mine, theirs = (one.answer.heads[head].top1.value for one in (measured, other))
    return words.points(mine - theirs)


class HeadsTable(QWidget):
    """A line a head; a click or the arrow keys choose the head that the views below are about."""

    head_chosen = Signal(object)
    """Its name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []
        self.titles: tuple[str, ...] = TITLES
        self.head = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Heads")
        self.setMouseTracking(True)
        theme.broadcast.changed.connect(self._restyle)

    def show_measured(self, measured: Measured, head: str, other: Measured | None = None) -> None:
        """Show an evaluation; ``head`` is the one that is chosen."""
        count = len(self.lines)
        self.lines, self.head = lines_of(measured, other), head
        difference = (f"Less {other.name}’s",) if other is not None else ()
        self.titles = (*TITLES, *difference)
        self._describe()
        if len(self.lines) != count:
            self.updateGeometry()
        self.update()

    # --- geometry ---

    def sizeHint(self) -> QSize:
        """Return the height of all lines."""
        return QSize(640, self._header() + max(1, len(self.lines)) * self._row())

    def minimumSizeHint(self) -> QSize:
        """Return the same height."""
        return QSize(320, self.sizeHint().height())

    @staticmethod
    def _header() -> int:
        return QFontMetrics(theme.font("small")).height() + GRID

    @staticmethod
    def _row() -> int:
        return max(theme.TARGET + 6, QFontMetrics(theme.font()).height() + 14)

    def row_at(self, y: float) -> int | None:
        """Return the line at a height, or None."""
        row = int((y - self._header()) // self._row())
        return row if 0 <= row < len(self.lines) else None

    def _columns(self) -> list[QRectF]:
        """Return where the columns are; the first is the head's name."""
        name = min(168.0 * max(1.0, theme.text_scale()), self.width() / 4)
        weights = [1.6, 1.6, 1.0, 1.0, 1.0][: len(self.titles)]
        unit = (self.width() - name - GRID) / sum(weights)
        boxes, left = [QRectF(GRID, 0, name - GRID, 1)], name
        for weight in weights:
            boxes.append(QRectF(left, 0, weight * unit - 2 * GRID, 1))
            left += weight * unit
        return boxes

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the heading and a line a head."""
        painter, colours = QPainter(self), theme.current()
        columns = self._columns()
        painter.setFont(theme.font("small"))
        painter.setPen(QColor(colours.muted))
        for box, title in zip(columns, ("Head", *self.titles), strict=True):
            place = QRectF(box.left(), 0, box.width(), self._header())
            self._text(painter, place, title)
        for row, line in enumerate(self.lines):
            self._line(painter, row, line, columns)
        painter.end()

    def _line(self, painter: QPainter, row: int, line: Line, columns: list[QRectF]) -> None:
        colours, top = theme.current(), self._header() + row * self._row()
        whole = QRectF(0, top, self.width(), self._row())
        if line.head == self.head:
            painter.fillRect(whole, QColor(colours.selection))
            if self.hasFocus():
                painter.setPen(QPen(QColor(colours.accent), 2))
                painter.drawRect(whole.adjusted(1, 1, -1, -1))
        mark = QRectF(columns[0].left(), whole.center().y() - SIDE / 2, SIDE, SIDE)
        paint_mark(painter, mark, line.head, line.state)
        name = QRectF(
            mark.right() + GRID, top, columns[0].right() - mark.right() - GRID, self._row()
        )
        painter.setFont(theme.font(bold=line.head == self.head))
        painter.setPen(QColor(colours.muted if line.noise else colours.text))
        self._text(painter, name, f"{line.head}, {line.short}" if line.short else line.head)
        for box, cell in zip(columns[1:], line.cells, strict=True):
            self._cell(painter, QRectF(box.left(), top, box.width(), self._row()), cell, line)

    def _cell(self, painter: QPainter, box: QRectF, cell: Cell, line: Line) -> None:
        colours = theme.current()
        font = theme.font(bold=bool(cell.share) and not line.noise)
        painter.setFont(font)
        painter.setPen(QColor(colours.muted if line.noise else colours.text))
        words_ = box.adjusted(0, 0, 0, -6) if cell.share else box
        self._text(painter, words_, cell.text)
        if cell.share is None:
            return
        left = QFontMetricsF(font).horizontalAdvance(cell.text) + GRID
        painter.setFont(theme.font("small"))
        painter.setPen(QColor(colours.muted))
        self._text(painter, words_.adjusted(left, 0, 0, 0), cell.beside)
        self._bar(painter, QRectF(box.left(), box.bottom() - 9, box.width(), 4), cell.share, line)

    def _bar(self, painter: QPainter, track: QRectF, share: Share, line: Line) -> None:
        """Paint the share, and its interval as a line through its end."""
        colours = theme.current()
        painter.fillRect(track, QColor(colours.border))
        filled = QRectF(track)
        filled.setWidth(track.width() * (share.value if share.of else 0.0))
        if line.noise:
            paint_hatched(painter, filled)
        else:
            painter.fillRect(filled, QColor(colours.head(line.head)))
        low, high = (track.left() + track.width() * end for end in share.interval)
        middle = track.center().y()
        painter.setPen(QPen(QColor(colours.text), 1.5))
        painter.drawLine(QPointF(low, middle), QPointF(high, middle))
        for end in (low, high):
            painter.drawLine(QPointF(end, middle - 3), QPointF(end, middle + 3))

    @staticmethod
    def _text(painter: QPainter, box: QRectF, text: str) -> None:
        elided = painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, int(box.width())
        )
        painter.drawText(box, Align.AlignLeft | Align.AlignVCenter, elided)

    # --- choosing ---

    def _choose(self, row: int) -> None:
        head = self.lines[row].head
        if head != self.head:
            self.head = head
            self._describe()
            self.update()
            self.head_chosen.emit(head)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the head that was clicked."""
        row = self.row_at(event.position().y())
        if row is not None:
            self._choose(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the next or the previous head."""
        rows = [line.head for line in self.lines]
        steps: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        step = steps.get(event.key())
        if step is None or self.head not in rows:
            event.ignore()
            return
        self._choose(min(len(rows) - 1, max(0, rows.index(self.head) + step)))

    def event(self, event: QEvent) -> bool:
        """Say of a head what there is to know."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self.row_at(event.pos().y())
            QToolTip.showText(event.globalPos(), self.lines[row].tip if row is not None else "")
            return True
        return bool(super().event(event))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self.update()

    def _describe(self) -> None:
        said = next((line.sentence for line in self.lines if line.head == self.head), "")
        if said != self.accessibleDescription():
            self.setAccessibleDescription(said)
            if self.hasFocus():
                changed = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
                QAccessible.updateAccessibility(changed)

    def _restyle(self, _theme: object) -> None:
        self.updateGeometry()
        self.update()
