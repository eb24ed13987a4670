"""What the painted parts of the Checkpoints page have in common: they are read, by keys too."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme
from ..maps.restyle import refresh
from .maps_paint import paint_focus
from .pair import Pair
from .pair_paint import Ink


class PairPart(QWidget):
    """As wide as there is room, as high as that makes it."""

    pointed = Signal(object)
    """Emitted with what is read, in words; ``""`` for nothing."""
    shown = Signal(object)
    """Emitted with the place (QRectF) that should be in sight."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pair: Pair | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.broadcast.changed.connect(lambda _: refresh(self))

    # --- what a part says ------------------------------------------------------------

    def told(self) -> str:
        """Return what is read, in words; ``""`` for nothing."""
        raise NotImplementedError

    @property
    def selected_box(self) -> QRectF:
        """The place that the keys are on."""
        raise NotImplementedError

    def _paint_now(self, ink: Ink, pair: Pair) -> None:
        raise NotImplementedError

    # --- what is the same of all -----------------------------------------------------

    def set_pair(self, pair: Pair | None) -> None:
        """Show what is known of both."""
        self.pair = pair
        self._say()
        self.update()

    def resizeEvent(self, event: QEvent) -> None:
        """Let the height follow the width."""
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all, and the ring around what the keys are on."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(theme.current().panel))
        if self.pair is not None:
            ink = Ink(painter, theme.current(), theme.font(), theme.font("small"))
            self._paint_now(ink, self.pair)
            if self.hasFocus():
                paint_focus(painter, self._ring(), theme.current(), True)
        painter.end()

    def _ring(self) -> QRectF:
        return self.selected_box

    def _say(self) -> None:
        told = self.told()
        self.setAccessibleDescription(told)
        self.pointed.emit(told)

    def _walked(self) -> None:
        """Show and say where the keys are now."""
        self.shown.emit(self.selected_box)
        self._say()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show what the keys are on."""
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.shown.emit(self.selected_box)
        self._say()
        self.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        self._say()
        self.update()
        super().focusOutEvent(event)
