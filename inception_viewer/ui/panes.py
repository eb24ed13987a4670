"""Moving the focus from pane to pane."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


def step(panes: Sequence[QWidget], direction: int) -> None:
    """Put the focus into the next pane that is visible, in the given order."""
    focus = QApplication.focusWidget()
    inside = [
        place
        for place, pane in enumerate(panes)
        if focus is not None and (pane is focus or pane.isAncestorOf(focus))
    ]
    start = inside[0] if inside else (-1 if direction > 0 else 0)
    for distance in range(1, len(panes) + 1):
        if enter(panes[(start + direction * distance) % len(panes)]):
            return


def enter(pane: QWidget) -> bool:
    """Put the focus on the first thing in a pane that takes it; False if nothing does."""
    if not pane.isVisible():
        return False
    pane.raise_()
    candidates = [pane, *pane.findChildren(QWidget)]
    for widget in candidates:
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if takes and widget.isVisible() and widget.isEnabled():
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            return True
    return False
