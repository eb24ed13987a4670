"""Moving the focus from pane to pane, and within them as they are read."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QLayout, QTabWidget, QWidget


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


def bring(pane: QWidget) -> None:
    """Show the dock that holds a pane, if one does, in front of those that share its place."""
    dock = pane.parentWidget()
    if isinstance(dock, QDockWidget):
        dock.show()
        dock.raise_()
        pane.show()


def enter(pane: QWidget) -> bool:
    """Put the focus on the first thing in a pane that takes it; False if nothing does."""
    dock = pane.parentWidget()
    if isinstance(dock, QDockWidget) and dock.isVisible():
        bring(pane)
    if not pane.isVisible():
        return False
    pane.raise_()
    for widget in _stops(pane, []):
        if widget.isVisible() and widget.isEnabled():
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            return True
    return False


def order_focus(regions: Iterable[QWidget]) -> None:
    """Let Tab go through the regions, and through each as it is laid out.

    Qt's own order is that of making, which is not what one reads, and puts whatever is
    made later (maps, a method's fields) behind everything else. Regions in windows of
    their own keep theirs.
    """
    listed = list(regions)
    windows = {region.window() for region in listed if not region.isWindow()}
    visited: list[QWidget] = []
    found = [w for region in listed for w in _stops(region, visited) if w.window() in windows]
    for first, second in itertools.pairwise(dict.fromkeys(found)):
        QWidget.setTabOrder(first, second)


def _stops(widget: QWidget, visited: list[QWidget]) -> Iterator[QWidget]:
    """Yield what takes the focus by Tab: the widget, then what it holds.

    ``visited`` keeps all that was gone through: PySide lets go of a tab bar within tabs, as
    of whatever Qt made itself, with the wrapper of anything around it.
    """
    visited.append(widget)
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None:
        yield widget
    for child in _held(widget):
        yield from _stops(child, visited)


def _held(widget: QWidget) -> list[QWidget]:
    """Return the children in the order of the layout, then those outside it."""
    children = [c for c in widget.children() if isinstance(c, QWidget) and not c.isWindow()]
    if isinstance(widget, QTabWidget):
        return [widget.tabBar(), *(child for child in children if child is not widget.tabBar())]
    laid_out = list(_in_layout(widget.layout()))
    return [*laid_out, *(child for child in children if child not in laid_out)]


def _in_layout(layout: QLayout | None) -> Iterator[QWidget]:
    if not isinstance(layout, QLayout):  # of a spacer PySide gives the spacer itself
        return
    for place in range(layout.count()):
        item = layout.itemAt(place)
        widget = item.widget()
        if widget is not None:
            yield widget
        else:
            yield from _in_layout(item.layout())
