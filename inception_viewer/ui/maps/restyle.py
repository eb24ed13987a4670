"""Grounds that follow the theme, for views made of painted parts."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget
from shiboken6 import isValid


def refresh(widget: QWidget) -> bool:
    """Lay out and paint a widget and all below it anew.

    Returns False for a widget that Qt has already deleted: its Python half may still
    hear of a new theme until it is collected.
    """
    if not isValid(widget):
        return False
    for part in (widget, *widget.findChildren(QWidget)):
        part.updateGeometry()
        part.update()
    return True


def settle_layout(*widgets: QWidget) -> None:
    """Lay these out now, the innermost first.

    Left to itself Qt takes a turn of its loop for each level, and paints squeezed widgets
    meanwhile.
    """
    for widget in widgets:
        QCoreApplication.sendPostedEvents(widget, QEvent.Type.LayoutRequest)


def panel() -> QWidget:
    """Return a widget on the theme's panel colour, to hold a view's content."""
    made = QWidget()
    made.setBackgroundRole(QPalette.ColorRole.Base)
    made.setAutoFillBackground(True)
    return made


def scrolling(inside: QWidget) -> QScrollArea:
    """Return an area that scrolls a widget up and down, as wide as there is room.

    Its ground is that of a panel; see :func:`see_through`. The keyboard goes to what is inside.
    """
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inside)
    return area


def see_through(area: QScrollArea) -> None:
    """Let the ground behind a scroll area show; call it after ``setWidget``."""
    area.viewport().setAutoFillBackground(False)
    area.widget().setAutoFillBackground(False)
