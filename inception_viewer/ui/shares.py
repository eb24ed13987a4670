"""How the graph and the tabs share their height: one way for the lab, one for the others.

The lab's grid is what one came for, and it takes what height there is; maps and a single
attribution go well with the graph above them. Where each was dragged to is kept.
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QObject
from PySide6.QtWidgets import QSplitter, QTabWidget, QWidget

USUAL, LARGE = "splitter", "lab_splitter"
"""By which names the two are remembered."""
SHARE = {USUAL: 45, LARGE: 35}
"""Of the height, in percent, what the graph gets at first."""


class Shares(QObject):
    """Moves the splitter when the tab in front is one of the other kind.

    Parameters
    ----------
    splitter
        The graph above, the tabs below.
    tabs
        What is below.
    hungry
        The tabs that want the height.
    """

    def __init__(self, splitter: QSplitter, tabs: QTabWidget, *hungry: QWidget) -> None:
        super().__init__(splitter)
        self._splitter, self._tabs, self._hungry = splitter, tabs, hungry
        self._states: dict[str, QByteArray] = {}
        self._now = USUAL
        tabs.currentChanged.connect(self._switch)

    def reset(self, height: int) -> None:
        """Share a height as shipped, now and for the other kind of tab."""
        self._states = {}
        self._now = self._wanted()
        self._height = height
        self._share()

    def restore(self, states: dict[str, QByteArray | None]) -> None:
        """Take what was remembered."""
        self._states.update({name: state for name, state in states.items() if state is not None})
        if self._now in self._states:
            self._splitter.restoreState(self._states[self._now])

    @property
    def states(self) -> dict[str, QByteArray]:
        """What shall be remembered."""
        self._keep()
        return dict(self._states)

    def _wanted(self) -> str:
        return LARGE if self._tabs.currentWidget() in self._hungry else USUAL

    def _keep(self) -> None:
        # While the graph is hidden the tabs have it all: that is no choice of a share.
        if not self._splitter.widget(0).isHidden():
            self._states[self._now] = self._splitter.saveState()

    def _switch(self) -> None:
        wanted = self._wanted()
        if wanted == self._now:
            return
        self._keep()
        self._now = wanted
        if wanted in self._states:
            self._splitter.restoreState(self._states[wanted])
        else:
            self._height = sum(self._splitter.sizes())
            self._share()

    def _share(self) -> None:
        above = self._height * SHARE[self._now] // 100
        self._splitter.setSizes([above, self._height - above])
