"""What must not be missed: a frame with a mark, sentences, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from .. import theme
from ..lines import Lines
from ..maps.restyle import refresh

STRIPE = 4
SIGN = 16


def paint_sign(painter: QPainter, box: QRectF) -> None:
    """Paint a triangle with an exclamation mark, in the colour of warnings."""
    colour = QColor(theme.current().warning)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.5, j=Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inner = box.adjusted(1, 1.5, -1, -1.5)
    top = QPointF(inner.center().x(), inner.top())
    painter.drawPolygon(QPolygonF([top, inner.bottomRight(), inner.bottomLeft()]))
    middle, unit = inner.center().x(), inner.height() / 13
    painter.setPen(QPen(colour, 1.6, c=Qt.PenCapStyle.RoundCap))
    painter.drawLine(
        QPointF(middle, inner.top() + 4.6 * unit), QPointF(middle, inner.top() + 8 * unit)
    )
    painter.drawPoint(QPointF(middle, inner.top() + 10.6 * unit))
    painter.restore()


def sign_icon(ratio: float = 1.0) -> QIcon:
    """Return the sign as an icon in the theme's colour, sharp at a pixel ratio."""
    picture = QPixmap(QSize(SIGN, SIGN) * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    paint_sign(painter, QRectF(0, 0, SIGN, SIGN))
    painter.end()
    return QIcon(picture)


class Banner(QFrame):
    """A frame with a stripe and a sign at its left; hidden while there is nothing to say."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName(name)
        self._labels: list[QLabel] = []
        self._column = QVBoxLayout()
        self._column.setSpacing(theme.GRID)
        self.buttons = Lines(margin=0)
        self.buttons.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(
            STRIPE + SIGN + 2 * theme.GRID, theme.GRID, theme.GRID, theme.GRID
        )
        layout.setSpacing(theme.GRID)
        layout.addLayout(self._column)
        layout.addWidget(self.buttons)
        theme.broadcast.changed.connect(self._restyle)
        self.hide()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is said."""
        return tuple(label.text() for label in self._labels if not label.isHidden())

    def say(self, sentences: Sequence[str]) -> None:
        """Show these sentences, or nothing at all."""
        while len(self._labels) < len(sentences):
            self._labels.append(self._label())
        for place, label in enumerate(self._labels):
            label.setText(sentences[place] if place < len(sentences) else "")
            label.setVisible(place < len(sentences))
        self.setAccessibleDescription(" ".join(sentences))
        if not sentences:
            self._hand_focus_on()
        self.setVisible(bool(sentences))

    def add_button(self, text: str) -> QPushButton:
        """Add something that can be done about it."""
        button = QPushButton(text)
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.buttons.hold(button)
        self.buttons.show()
        return button

    def _hand_focus_on(self) -> None:
        """Give the focus to what scrolls around it: left to Qt it goes, and scrolls, elsewhere."""
        focus, outer = QApplication.focusWidget(), self.parentWidget()
        if focus is None or not self.isAncestorOf(focus):
            return
        while outer is not None and not isinstance(outer, QScrollArea):
            outer = outer.parentWidget()
        if outer is not None:
            outer.setFocus()

    def _restyle(self, _theme: object) -> None:
        refresh(self)

    def _label(self) -> QLabel:
        made = QLabel(self)
        made.setWordWrap(True)
        made.setTextFormat(Qt.TextFormat.PlainText)
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._column.addWidget(made)
        return made

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame, the stripe and the sign."""
        super().paintEvent(event)
        painter = QPainter(self)
        stripe = QRectF(1, 1, STRIPE, self.height() - 2)
        painter.fillRect(stripe, QColor(theme.current().warning))
        paint_sign(painter, QRectF(STRIPE + theme.GRID, theme.GRID, SIGN, SIGN))
        painter.end()
