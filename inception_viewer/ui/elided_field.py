"""A field that shortens its text while nobody types in it."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QStyle, QStyleOptionFrame

PADDING = 2
"""What Qt leaves beside a field's text."""


class ElidedField(QLineEdit):
    """Ends in an ellipsis what it has no room for, instead of cutting through a letter."""

    @property
    def shown_text(self) -> str:
        """The text as it can be read: all of it while the field has the focus."""
        if self.hasFocus():
            return self.text()
        metrics, room = self.fontMetrics(), self._place().width()
        return metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

    @property
    def is_cut(self) -> bool:
        """Whether the text is shortened."""
        return self.shown_text != self.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the shortened text where there is too much, else the field as it is."""
        if not self.is_cut:
            super().paintEvent(event)
            return
        painter, option = QPainter(self), self._option()
        panel = QStyle.PrimitiveElement.PE_PanelLineEdit
        self.style().drawPrimitive(panel, option, painter, self)
        painter.setPen(self.palette().text().color())
        side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self._place(), side, self.shown_text)
        painter.end()

    def _option(self) -> QStyleOptionFrame:
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        return option

    def _place(self) -> QRect:
        contents = QStyle.SubElement.SE_LineEditContents
        place = self.style().subElementRect(contents, self._option(), self)
        return place.marginsRemoved(self.textMargins()).adjusted(PADDING, 0, -PADDING, 0)
