"""What the sample photos say about the input: a bar for every convention that was tried."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ...verdict_questions import Suggestion
from .. import theme
from ..maps.restyle import refresh
from ..small_label import SmallLabel
from . import card

BAR = 8


class Bar(QWidget):
    """A share of a length; ``kind`` is ``"in use"``, ``"better"`` or ``""``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.share, self.kind = 0.0, ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(40)

    def sizeHint(self) -> QSize:
        """Return a low line."""
        return QSize(80, BAR + 2)

    def set_share(self, share: float, kind: str) -> None:
        """Show a share in [0, 1]."""
        self.share, self.kind = share, kind
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the track, and the bar: full where it is in use or better, else light."""
        colours, painter = theme.current(), QPainter(self)
        track = QRectF(0, (self.height() - BAR) / 2, self.width(), BAR)
        painter.fillRect(track, QColor(colours.window))
        bar = QRectF(track)
        bar.setWidth(track.width() * min(1.0, max(0.0, self.share)))
        if self.kind:
            fill = colours.accent if self.kind == "in use" else colours.warning
            painter.fillRect(bar, QColor(fill))
        else:
            painter.fillRect(bar, QBrush(QColor(theme.NEUTRAL_BRANCH)))
        painter.end()


class Row(QWidget):
    """One convention: its name with what it is here, its bar, its figures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = ""
        self.name, self.bar, self.figures = QLabel(), Bar(), SmallLabel("muted")
        self.name.setWordWrap(True)
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.figures.setWordWrap(False)
        below = QHBoxLayout()
        below.setSpacing(theme.GRID)
        below.addWidget(self.bar, 1)
        below.addWidget(self.figures)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.name)
        layout.addLayout(below)

    def set_row(self, name: str, tag: str, share: float, figures: str, line: str) -> None:
        """Fill the row; ``line`` is the command line's, with every figure."""
        self.line = line
        self.name.setText(f"{tag}: {name}" if tag else name)
        self.name.setFont(theme.font("body", bold=bool(tag)))
        self.bar.set_share(share, tag)
        self.figures.setText(figures)
        self.setToolTip(line.lstrip("*> "))
        self.setAccessibleName(f"{tag}: {name}" if tag else name)
        self.setAccessibleDescription(figures)


class Samples(QWidget):
    """The conventions, the most telling first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("What the sample photos say about the input")
        self.sentence = SmallLabel("muted")
        self.legend = SmallLabel("muted")
        self.legend.setText(
            "Bar: how far the answers tell the photos apart. Beside it the same in nats, and the "
            "mean probability of the first class."
        )
        self.rows: list[Row] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GRID)
        self._column.addWidget(self.sentence)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(theme.GRID)
        self._column.addLayout(self._rows)
        self._column.addWidget(self.legend)
        theme.broadcast.changed.connect(self._restyle)
        self._suggestion: Suggestion | None = None
        self._values: tuple[str, ...] = ()

    def set_suggestion(self, suggestion: Suggestion | None, values: tuple[str, ...]) -> None:
        """Show what the samples say; ``values`` are the command line's lines of it."""
        self._suggestion, self._values = suggestion, values
        self.setVisible(suggestion is not None)
        if suggestion is None:
            return
        self.sentence.setText(values[0])
        # Above the whole card it stands already, where it asks for something.
        self.sentence.setVisible(suggestion.better is None)
        while len(self.rows) < len(suggestion.ranked):
            self.rows.append(Row())
            self._rows.addWidget(self.rows[-1])
        largest = max(max(one.information for one in suggestion.ranked), 1e-9)
        for place, row in enumerate(self.rows):
            row.setVisible(place < len(suggestion.ranked))
            if place < len(suggestion.ranked):
                one = suggestion.ranked[place]
                row.set_row(
                    card.short_name(one, suggestion),
                    card.tag(one, suggestion),
                    one.information / largest,
                    card.figures(one),
                    values[place + 1],
                )

    @property
    def values(self) -> tuple[str, ...]:
        """What is said, as the command line says it."""
        if self._suggestion is None:
            return ()
        rows = (row.line for row in self.rows if not row.isHidden())
        return (self.sentence.text(), *rows)

    def _restyle(self, _theme: object) -> None:
        if refresh(self):
            self.set_suggestion(self._suggestion, self._values)
