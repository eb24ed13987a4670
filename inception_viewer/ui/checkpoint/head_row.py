"""A head on the card: its mark, its state in words, and the evidence folded below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from .. import theme
from ..head_marks import SIDE, paint_mark
from ..head_words import HeadNote
from ..inspector.section import Header
from ..small_label import SmallLabel


class HeadMark(QWidget):
    """One mark."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head, self.state = "main", "unknown"
        self.setFixedSize(QSize(SIDE, theme.TARGET))

    def set_head(self, head: str, state: str) -> None:
        """Show a head's mark."""
        self.head, self.state = head, state
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it in the middle."""
        painter = QPainter(self)
        box = QRectF(0, (self.height() - SIDE) // 2, SIDE, SIDE)
        paint_mark(painter, box, self.head, self.state)
        painter.end()


class HeadRow(QWidget):
    """``aux1: untrained`` beside its mark; a click or Space unfolds why."""

    folded = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values: tuple[str, ...] = ()
        self.mark = HeadMark()
        self.header = Header()
        self.header.setProperty("flat", True)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.header.setMinimumHeight(theme.TARGET)
        self.header.clicked.connect(lambda: self._toggle())
        self.body = QWidget()
        self._labels: list[SmallLabel] = []
        self._column = QVBoxLayout(self.body)
        self._column.setContentsMargins(SIDE + 2 * theme.GRID, 0, 0, theme.GRID)
        self._column.setSpacing(theme.GRID // 2)
        top = QHBoxLayout()
        top.setSpacing(theme.GRID // 2)
        top.addWidget(self.mark)
        top.addWidget(self.header, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.body)
        self.set_folded(True)

    @property
    def is_folded(self) -> bool:
        """Whether the evidence is hidden."""
        return self.body.isHidden()

    def set_head(self, note: HeadNote, values: Sequence[str]) -> None:
        """Show a head; ``values`` is the state and the evidence as the command line says them."""
        self.values = tuple(values)
        self.mark.set_head(note.head, note.state)
        self.header.setText(f"{note.head}: {note.words}")
        self.header.setAccessibleName(f"Head {note.head}: {note.words}")
        while len(self._labels) < len(values):
            self._labels.append(self._label())
        for place, label in enumerate(self._labels):
            label.setText(values[place] if place < len(values) else "")
            label.setVisible(place < len(values))
        self._tell()

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines below the state, shown or folded away."""
        return tuple(label.text() for label in self._labels if label.text())

    def set_folded(self, folded: bool) -> None:
        """Hide or show the evidence."""
        self.body.setVisible(not folded)
        self.header.setArrowType(Qt.ArrowType.RightArrow if folded else Qt.ArrowType.DownArrow)
        self._tell()

    def _tell(self) -> None:
        verb = "Show" if self.is_folded else "Hide"
        self.header.setToolTip(f"{verb} how that is known")
        self.header.setAccessibleDescription(" ".join(self.values))

    def _toggle(self) -> None:
        self.set_folded(not self.is_folded)
        self.folded.emit()

    def _label(self) -> SmallLabel:
        made = SmallLabel("muted", self.body)
        made.setTextFormat(Qt.TextFormat.PlainText)
        self._column.addWidget(made)
        return made
