"""The window: three places (what goes in, the network, what comes out), and no logic.

It lays the views out and remembers how; the controller connects them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragMoveEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QMenu,
    QSplitter,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from . import panes
from .attribution_view import AttributionView
from .checkpoint_view import CheckpointView
from .compare_tab import CompareTab
from .dock_title import Dock
from .drops import DropCatcher
from .feature_maps_view import FeatureMapsView
from .headline_bar import HeadlineBar
from .inspector_view import InspectorView
from .intervene_tab import InterveneTab
from .lab_tab import LabTab
from .menus import Menus
from .message_bar import MessageBar
from .network_view import NetworkView
from .notice_bar import NoticeBar
from .overlay import DropOverlay
from .predictions_view import PredictionsView
from .preferences import LAYOUT_VERSION, Preferences, reachable
from .shares import LARGE, USUAL, Shares
from .status_bar import StatusBar
from .top_row import TopRow
from .tray_view import TrayView
from .view import View

if TYPE_CHECKING:
    from .intervene_view import InterveneView
    from .lab_view import LabView

DEFAULT_SIZE = QSize(1280, 800)
DECORATION = QSize(16, 40)
"""Room for the desktop's frame and title bar, which are not known before the window shows."""
SMALLEST = QSize(960, 600)


class MainWindow(QMainWindow):
    """The views, laid out."""

    first_painted = Signal()
    """Once, after the first paint with menus and docks has reached the screen."""
    painted = Signal()
    """After each paint of whatever had to be painted."""
    card_shown = Signal()
    """The checkpoint's card has come into sight."""
    closing = Signal()
    """The window is going; it is hidden by then."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.preferences = preferences
        self.setObjectName("main")
        self.setWindowTitle("Inception Viewer")
        self.setMinimumSize(SMALLEST)
        self.setDockNestingEnabled(True)
        self._has_painted = False
        self._before_maximising: QByteArray | None = None
        self.tray, self.network = TrayView(), NetworkView()
        self.maps, self.attribution = FeatureMapsView(), AttributionView()
        self.predictions, self.inspector = PredictionsView(), InspectorView()
        self.lab_tab, self.intervene_tab = LabTab(), InterveneTab()
        self.compare_tab = CompareTab()
        self.checkpoint = CheckpointView()
        self._build_top()
        self._build_middle()
        self._build_docks()
        self.status = StatusBar(self.device_menu)
        self.setStatusBar(self.status)
        self.drops = DropCatcher(self)
        self.overlay = DropOverlay(self)
        self.drops.entered.connect(self.overlay.appear)
        self.drops.left.connect(self.overlay.hide)
        self.setAcceptDrops(True)
        self._connect_menus()

    @property
    def lab(self) -> LabView:
        """The lab; asking for it makes it, which takes a while."""
        return self.lab_tab.lab

    @property
    def intervene(self) -> InterveneView:
        """What the Intervene tab holds; asking for it makes it."""
        return self.intervene_tab.held

    @property
    def views(self) -> dict[str, View]:
        """The views by the names that ``--state-json`` uses."""
        return {
            "tray": self.tray,
            "graph": self.network,
            "maps": self.maps,
            "predictions": self.predictions,
            "inspector": self.inspector,
            "attribution": self.attribution,
            "lab": self.lab_tab,
            "compare": self.compare_tab,
            "intervene": self.intervene_tab,
            "checkpoint": self.checkpoint,
        }

    # --- building ---

    def _build_top(self) -> None:
        self.menus = Menus()
        self.checkpoint_menu, self.device_menu = QMenu("Checkpoint", self), QMenu("Device", self)
        self.top_row = TopRow(self.menus)
        self.top_row.set_menus(self.checkpoint_menu, self.device_menu)
        self.headline, self.messages, self.notice = HeadlineBar(), MessageBar(), NoticeBar()
        top = QWidget()
        layout = QVBoxLayout(top)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self.top_row, self.headline, self.notice, self.messages):
            layout.addWidget(widget)
        self.setMenuWidget(top)

    def _build_middle(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("What was asked of the network")
        # Its bar has the focus; a second place in the order of Tab would lead there again.
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.addTab(self.maps, "Feature maps")
        self.tabs.addTab(self.attribution, "Attribution")
        self.tabs.addTab(self.lab_tab, "Lab")
        self.tabs.addTab(self.compare_tab, "Compare")
        self.tabs.addTab(self.intervene_tab, "Intervene")
        self.tabs.tabBarDoubleClicked.connect(lambda _index: self.toggle_maximised())
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.network)
        self.splitter.addWidget(self.tabs)
        self.splitter.setChildrenCollapsible(False)
        self.shares = Shares(
            self.splitter, self.tabs, self.lab_tab, self.compare_tab, self.intervene_tab
        )
        self.shares.reset(760)
        self.setCentralWidget(self.splitter)

    def _build_docks(self) -> None:
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self.docks = {
            name: self._dock(title, view, area)
            for name, title, view, area in (
                ("tray", "Images", self.tray, left),
                ("predictions", "Predictions", self.predictions, right),
                ("inspector", "Inspector", self.inspector, right),
                ("checkpoint", "Checkpoint", self.checkpoint, right),
            )
        }
        self.tabifyDockWidget(self.docks["inspector"], self.docks["checkpoint"])
        self.docks["inspector"].raise_()
        self.docks["checkpoint"].visibilityChanged.connect(self._tell_card)
        self.setCorner(Qt.Corner.BottomLeftCorner, left)
        self.setCorner(Qt.Corner.BottomRightCorner, right)
        self.menus.add_toggles([dock.toggleViewAction() for dock in self.docks.values()])

    def _dock(self, title: str, view: View, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = Dock(title, self)
        dock.setObjectName(f"dock {title}")
        dock.setWidget(view)
        dock.topLevelChanged.connect(lambda _floating: self.drops.watch(dock.windowHandle()))
        # Behind another tab Qt only moves a dock aside, where Tab would lead into it.
        policy = view.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        view.setSizePolicy(policy)
        dock.visibilityChanged.connect(view.setVisible)
        self.addDockWidget(area, dock)
        return dock

    @property
    def is_card_shown(self) -> bool:
        """Whether the checkpoint's card can be seen: it is not hidden, nor behind another tab."""
        return self.docks["checkpoint"].isVisible() and self.checkpoint.isVisible()

    def _tell_card(self, shown: bool) -> None:
        if shown:
            self.card_shown.emit()

    def show_card(self) -> None:
        """Bring the checkpoint's card to the front and put the focus into it."""
        panes.bring(self.checkpoint)
        self.checkpoint.take_focus()

    def _connect_menus(self) -> None:
        connections = {
            "close": self.close,
            "quit": self.close,
            "maximise": self.toggle_maximised,
            "full_screen": self.toggle_full_screen,
            "reset_layout": self.reset_layout,
            "next_pane": lambda: panes.step(self.panes, 1),
            "previous_pane": lambda: panes.step(self.panes, -1),
            "show_maps": lambda: self.show_tab(self.maps),
            "show_attribution": lambda: self.show_tab(self.attribution),
            "show_lab": lambda: self.show_tab(self.lab_tab),
            "show_compare": lambda: self.show_tab(self.compare_tab),
            "show_intervene": lambda: self.show_tab(self.intervene_tab),
        }
        for name, act in connections.items():
            self.menus[name].triggered.connect(act)
        self.lab_tab.made.connect(self._take_lab)

    def _take_lab(self, lab: LabView) -> None:
        """Let the lab's button do what the menu's entry does, and show how it stands."""
        maximise = self.menus["maximise"]
        lab.set_large(maximise.isChecked())
        lab.large_asked.connect(maximise.trigger)
        maximise.toggled.connect(lab.set_large)

    @property
    def panes(self) -> list[QWidget]:
        """What F6 goes through, in reading order."""
        docked = [self.predictions, self.inspector, self.checkpoint]
        return [self.tray, self.network, self.tabs, *docked]

    @property
    def view_in_use(self) -> View:
        """The view that has the keyboard, else the one of the tab in front."""
        focus = QApplication.focusWidget() or self.focusWidget()
        for view in self.views.values():
            if focus is not None and (view is focus or view.isAncestorOf(focus)):
                return view
        front = self.tabs.currentWidget()
        assert isinstance(front, View)
        return front

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Follow Tab through the window as it is read, whatever was made since."""
        front = [self.top_row.checkpoint, self.top_row.device, self.headline, self.notice]
        docks = [*map(_with_title, self.panes), *self._dock_tabs]
        panes.order_focus([*front, self.messages, *docks, self.status])
        return bool(super().focusNextPrevChild(forward))

    @property
    def _dock_tabs(self) -> list[QTabBar]:
        """The bars by which docks that share a place are chosen; Qt makes them as needed."""
        straight = Qt.FindChildOption.FindDirectChildrenOnly
        return self.findChildren(QTabBar, options=straight)

    # --- layout ---

    def restore_layout(self) -> None:
        """Lay the window out as it was left; as shipped where that does not fit any more."""
        self._default_layout()
        self._shipped = self.saveState(LAYOUT_VERSION)
        geometry = self.preferences.layout("geometry")
        if geometry is not None and (
            not self.restoreGeometry(geometry) or not reachable(self.frameGeometry())
        ):
            self.setWindowState(Qt.WindowState.WindowNoState)
            self._default_geometry()
        state = self.preferences.layout("state")
        if state is not None:
            self.restoreState(state, LAYOUT_VERSION)
        self.shares.restore({name: self.preferences.layout(name) for name in (USUAL, LARGE)})
        folds = self.preferences.layout("inspector")
        if folds is not None:
            self.inspector.restore_state(folds)

    def reset_layout(self) -> None:
        """Go back to the layout as shipped; what is open stays open."""
        self.preferences.forget_layout()
        self._before_maximising = None
        self.menus["maximise"].setChecked(False)
        self.network.show()
        self.restoreState(self._shipped, LAYOUT_VERSION)
        self._size_docks()

    def keep_layout(self) -> None:
        """Remember the layout; of a maximised tab, what was there before."""
        state = self._before_maximising or self.saveState(LAYOUT_VERSION)
        self.preferences.keep_layout(
            {
                "geometry": self.saveGeometry(),
                "state": state,
                **self.shares.states,
                "inspector": self.inspector.save_state(),
            }
        )

    def _default_layout(self) -> None:
        self._default_geometry()
        self._size_docks()

    def _default_geometry(self) -> None:
        area = self.screen().availableGeometry()
        size = DEFAULT_SIZE.boundedTo(area.size() - DECORATION).expandedTo(SMALLEST)
        self.resize(size)
        corner = area.center() - self.rect().center()
        self.move(max(area.left(), corner.x()), max(area.top(), corner.y()))

    def _size_docks(self) -> None:
        wide = self.width() >= 1200
        docks = self.docks
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self.resizeDocks([docks["tray"]], [208 if wide else 168], across)
        self.resizeDocks([docks["predictions"]], [320 if wide else 264], across)
        # In a low window the answers come first: the inspector scrolls to what is chosen.
        above, below = (400, 320) if self.height() < 720 else (360, 360)
        self.resizeDocks([docks["predictions"], docks["inspector"]], [above, below], down)
        self.shares.reset(max(400, self.height() - 160))

    def show_tab(self, view: View) -> None:
        """Bring a tab to the front and put the focus into it."""
        self.tabs.setCurrentWidget(view)
        view.take_focus()

    def toggle_maximised(self) -> None:
        """Give the tabs the whole window, or put everything back."""
        if self._before_maximising is None:
            self._before_maximising = self.saveState(LAYOUT_VERSION)
            self.network.hide()
            for dock in self.docks.values():
                dock.hide()
        else:
            self.network.show()
            self.restoreState(self._before_maximising, LAYOUT_VERSION)
            self._before_maximising = None
        self.menus["maximise"].setChecked(self._before_maximising is not None)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back to a window."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        self.menus["full_screen"].setChecked(self.isFullScreen())

    # --- events ---

    def event(self, event: QEvent) -> bool:
        """Tell when everything that had to be painted has been."""
        done = super().event(event)
        if event.type() == QEvent.Type.UpdateRequest:
            self.painted.emit()
            if not self._has_painted and self.isVisible():
                self._has_painted = True
                self.first_painted.emit()
        return done

    def showEvent(self, event: QShowEvent) -> None:
        """Watch the native window for drops once there is one."""
        super().showEvent(event)
        self.drops.watch(self.windowHandle())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take drags that reach the widget rather than its native window."""
        self.drops.take(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Go on taking them."""
        self.drops.take(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.drops.take(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Go at once; what still runs is ended afterwards."""
        self.keep_layout()
        self.hide()
        event.accept()
        self.closing.emit()


def _with_title(pane: QWidget) -> QWidget:
    """Return the dock that holds a pane, whose title belongs to it, else the pane."""
    holder = pane.parentWidget()
    return holder if isinstance(holder, QDockWidget) else pane
