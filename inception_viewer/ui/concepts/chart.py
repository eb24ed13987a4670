"""The chart of scores: a bar for each concept beside random directions, unit by unit."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from .. import theme
from .chart_data import Bar, Group, groups_of
from .chart_paint import ChartPainter
from .tested import Tested

Key = Qt.Key


class ScoreChart(QWidget):
    """Clicks and the arrow keys choose a bar, which is then told of."""

    bar_chosen = Signal(object)
    """(unit, concept's name, or ``""`` for random directions)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.groups: tuple[Group, ...] = ()
        self.noise = False
        self.chosen: tuple[str, str] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Scores of the concepts")
        theme.broadcast.changed.connect(self._restyle)
        self._restyle(None)

    def set_tested(self, tested: Tested) -> None:
        """Show what is known; the bar that is chosen stays so."""
        self.groups, self.noise = groups_of(tested), tested.note.is_noise
        keys = [bar.key for bar in self.bars]
        if self.chosen not in keys:
            self.chosen = keys[0] if keys else None
        self._describe()
        self.update()

    @property
    def bars(self) -> list[Bar]:
        """All bars, unit by unit."""
        return [bar for group in self.groups for bar in group.bars]

    def choose(self, key: tuple[str, str]) -> None:
        """Mark a bar, without telling of it."""
        if key != self.chosen and key in [bar.key for bar in self.bars]:
            self.chosen = key
            self._describe()
            self.update()

    # --- geometry ---

    def painter_of(self) -> ChartPainter:
        """Return what paints the bars as they are now."""
        return ChartPainter(self.groups, theme.current(), theme.font("small"), noise=self.noise)

    def box_of(self, key: tuple[str, str]) -> QRectF:
        """Return where a bar is."""
        layout = self.painter_of().layout(QRectF(self.rect()))
        place, bar = self._place(key)
        return layout.box(place, bar)

    def _place(self, key: tuple[str, str]) -> tuple[int, int]:
        for place, group in enumerate(self.groups):
            for bar, one in enumerate(group.bars):
                if one.key == key:
                    return place, bar
        raise KeyError(key)

    def sizeHint(self) -> QSize:
        """Return room to read it well."""
        return QSize(560, 16 * QFontMetrics(theme.font("small")).height())

    def _restyle(self, _theme: object) -> None:
        self.setMinimumSize(280, 12 * QFontMetrics(theme.font("small")).height())
        self.updateGeometry()
        self.update()

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes and the bars."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(theme.current().panel))
        if self.groups:
            selected = self._place(self.chosen) if self.chosen is not None else None
            whole = QRectF(self.rect())
            self.painter_of().paint(painter, whole, selected, self.hasFocus())
        painter.end()

    # --- pointer and keys ---

    def _bar_at(self, event: QMouseEvent | QHelpEvent) -> Bar | None:
        point = event.position() if isinstance(event, QMouseEvent) else event.pos().toPointF()
        found = self.painter_of().layout(QRectF(self.rect())).at(point)
        return None if found is None else self.groups[found[0]].bars[found[1]]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the bar that was clicked."""
        bar = self._bar_at(event)
        if bar is not None:
            self._go_to(bar)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk along the bars."""
        bars = self.bars
        places = [bar.key for bar in bars]
        if not bars or self.chosen is None:
            event.ignore()
            return
        now, last = places.index(self.chosen), len(bars) - 1
        targets: dict[int, int] = {
            Key.Key_Left: max(0, now - 1),
            Key.Key_Right: min(last, now + 1),
            Key.Key_Home: 0,
            Key.Key_End: last,
        }
        if event.key() in targets:
            self._go_to(bars[targets[event.key()]])
        else:
            event.ignore()

    def _go_to(self, bar: Bar) -> None:
        if bar.key != self.chosen:
            self.choose(bar.key)
            self.bar_chosen.emit(bar.key)

    def event(self, event: QEvent) -> bool:
        """Say what the bar under the pointer means."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            bar = self._bar_at(event)
            QToolTip.showText(event.globalPos(), bar.sentence if bar is not None else "")
            return True
        return bool(super().event(event))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self.update()

    def _describe(self) -> None:
        said = next((bar.sentence for bar in self.bars if bar.key == self.chosen), "")
        if said != self.accessibleDescription():
            self.setAccessibleDescription(said)
            if self.hasFocus():
                changed = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
                QAccessible.updateAccessibility(changed)
