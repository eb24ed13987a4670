"""A chooser that shortens what it has no room for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

SIDES = 4
"""What Qt leaves beside the text."""


class ElidedBox(QComboBox):
    """Ends in an ellipsis what Qt would cut through a letter; its list shows all."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box with as much of the text as can be read."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        control = QStyle.ComplexControl.CC_ComboBox
        room = self.style().subControlRect(control, option, field, self).width() - SIDES
        elide = Qt.TextElideMode.ElideRight
        option.currentText = self.fontMetrics().elidedText(self.currentText(), elide, room)
        painter.drawComplexControl(control, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()
