"""The network from input to classifier: the graph with its tools, search and legend."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..questions import Graph, HeadState, OverviewAnswer
from . import theme
from .intervene.menu import Touching, add_entries
from .network import navigation
from .network.canvas import ZOOM_STEP, NetworkCanvas
from .network.legend import Legend
from .network.touched import marks_of
from .view import View

GESTURES = (
    "Wheel: zoom at the pointer. Drag, Shift+wheel or two fingers: move. Double-click: zoom to "
    "the unit, on the background: fit."
)


class SearchField(QLineEdit):
    """A line to find units by name: Enter goes on, Shift+Enter back, Escape leaves."""

    stepped = Signal(object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("Find a unit: 4c/5x5")
        self.setToolTip("Find units by name (Ctrl+F). Enter: next, Shift+Enter: previous.")
        self.setAccessibleName("Find a unit by name")
        self.setClearButtonEnabled(True)
        self.setMaximumWidth(24 * theme.GRID)

    def event(self, event: QEvent) -> bool:
        """Keep Escape from the window's Cancel while the field has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter steps through the hits, Escape clears and leaves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self.stepped.emit(-1 if back else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)


class NetworkView(View):
    """The graph of the open checkpoint, with what the current photo does in it."""

    unit_selected = Signal(object)
    """The name of the unit that was chosen here."""
    wished = Signal(object)
    """A :class:`~.intervene.menu.Wish` of someone who intervenes."""
    copy_python_requested = Signal(object)
    """``"trace"``: the lines that give a unit's activations in a notebook."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Network", parent)
        self.canvas = NetworkCanvas(self)
        self.search = SearchField(self)
        self.count = QLabel(self)
        self.count.setProperty("role", "muted")
        self.legend = Legend(self)
        self._graph: Graph | None = None
        self._shown_image: str | None = None
        self._hits: tuple[str, ...] = ()
        self._at = -1
        self._touching = Touching()
        self._menu_at: str | None = None
        self._build()
        self._connect()
        self.show_empty("No network is open yet.")

    def _build(self) -> None:
        content = QWidget(self)
        tools = QHBoxLayout()
        tools.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        tools.setSpacing(theme.GRID // 2)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.count)
        tools.addStretch(1)
        for button in (self._modules_button(), *self._zoom_buttons()):
            tools.addWidget(button)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(tools)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.legend)
        self.set_content(content)
        self.veil.raise_()

    def _modules_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setText("Modules")
        button.setToolTip("Which Inception modules are open. A chevron opens or closes one.")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for words, opened in (
            ("Open the selected one only", None),
            ("Expand all", True),
            ("Collapse all", False),
        ):
            action = menu.addAction(words)
            action.triggered.connect(lambda _=False, o=opened: self.canvas.set_all_open(o))
        button.setMenu(menu)
        self.modules_menu = menu
        return button

    def _zoom_buttons(self) -> list[QToolButton]:
        made = []
        for sign, words, action in (
            ("−", "Zoom out (-)", lambda: self.canvas.zoom(1 / ZOOM_STEP)),
            ("+", "Zoom in (+)", lambda: self.canvas.zoom(ZOOM_STEP)),
            ("Fit", "Show the whole network (F)", self.canvas.fit),
        ):
            button = QToolButton(self)
            button.setText(sign)
            button.setToolTip(f"{words}. {GESTURES}")
            button.setAccessibleName(words)
            button.setMinimumWidth(theme.TARGET + 4)
            button.clicked.connect(lambda _=False, act=action: act())
            made.append(button)
        self.fit_button = made[-1]
        return made

    def _connect(self) -> None:
        self.canvas.unit_selected.connect(self.unit_selected)
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.canvas.customContextMenuRequested.connect(self._show_menu)
        self.canvas.installEventFilter(self)
        self.search.textChanged.connect(self._find)
        self.search.stepped.connect(self._step)
        self.search.left.connect(lambda: self.canvas.setFocus(Qt.FocusReason.OtherFocusReason))

    # --- setters -------------------------------------------------------------------------------

    def set_graph(self, graph: Graph | None, heads: Mapping[str, HeadState]) -> None:
        """Show a network; ``heads`` says which are untrained (hatched) or absent (left out)."""
        self.canvas.set_graph(graph, heads)
        shown = self.canvas.shown
        self._graph = shown.facts.graph if shown is not None else None
        self.legend.set_untrained([head for head, state in heads.items() if state == "untrained"])
        if self._graph is None:
            self.show_empty("No network is open yet.")
        else:
            self.show_content()
        self._find(self.search.text())

    def set_overview(self, overview: OverviewAnswer | None) -> None:
        """Show a photo's thumbnails, shares and top classes; None: the network alone."""
        self._shown_image = overview.scene.image if overview is not None else None
        self.canvas.set_overview(overview)

    @property
    def shown_image(self) -> str | None:
        """Content hash of the photo this view shows."""
        return self._shown_image

    def set_touching(self, touching: Touching) -> None:
        """Mark what is touched, and offer these photos to take units from."""
        self._touching = touching
        self.canvas.set_touched(marks_of(touching))

    def set_selected(self, unit: str) -> None:
        """Frame a unit and light its path; its module opens."""
        self.canvas.set_selected(unit)

    # --- search ---------------------------------------------------------------------------------

    @property
    def hits(self) -> tuple[str, ...]:
        """The units that the search has found, in the order it steps through them."""
        return self._hits

    def focus_search(self) -> None:
        """Put the cursor in the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _find(self, words: str) -> None:
        self._hits = navigation.find(self._graph, words) if self._graph else ()
        self._at = -1
        self.canvas.set_hits(self._hits)
        self._tell(words)

    def _tell(self, words: str) -> None:
        if not words.strip():
            self.count.setText("")
        elif not self._hits:
            self.count.setText("no unit")
        elif self._at < 0:
            self.count.setText(f"{len(self._hits)} found")
        else:
            self.count.setText(f"{self._at + 1} of {len(self._hits)}")

    def _step(self, by: int) -> None:
        """Select the next hit and bring it to the middle, opening its module."""
        if not self._hits:
            return
        first = 0 if by > 0 else -1
        self._at = (self._at + by if self._at >= 0 else first) % len(self._hits)
        unit = self._hits[self._at]
        self.canvas.uncover(unit)
        self.canvas.set_selected(unit)
        self.canvas.centre_on(unit)
        self.canvas.set_hits(self._hits)
        self._tell(self.search.text())
        self.unit_selected.emit(unit)

    # --- context menu -----------------------------------------------------------------------------

    def context_actions(self, unit: str) -> list[QAction]:
        """Return what can be done with a unit (or, for ``""``, with the graph)."""
        actions = []
        if unit:
            actions.append(self._action(f"Zoom to {unit}", lambda: self.canvas.zoom_to(unit)))
        layout = self.canvas.layout_now
        module = unit if unit in layout.modules else layout.groups.get(unit, "")
        if module in layout.modules:
            verb = "Close" if module in self.canvas.open_modules() else "Open"
            actions.append(self._action(f"{verb} {module}", lambda: self.canvas.toggle(module)))
        actions.append(self._action("Show the whole network", self.canvas.fit))
        copy = self._action("Copy as Python", self.ask_for_python)
        return [*actions, copy]

    def _action(self, words: str, act: object) -> QAction:
        action = QAction(words, self)
        action.triggered.connect(lambda _=False: act())  # type: ignore[operator]
        return action

    def _show_menu(self, position: QPoint) -> None:
        if self._graph is None:
            return
        unit, self._menu_at = self._menu_at, None
        if unit is None:
            unit = self.canvas.unit_at(position.toPointF())
        else:
            position = self.canvas.rect_of(unit).center().toPoint()
        menu = self.context_menu(unit)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.canvas.mapToGlobal(position))

    def context_menu(self, unit: str) -> QMenu:
        """Return the menu of a unit, or for ``""`` of the graph."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        if self.can_be_touched(unit):
            menu.addAction(unit).setEnabled(False)
            add_entries(menu, unit, None, self._touching, self.wished.emit)
            menu.addSeparator()
        for action in self.context_actions(unit):
            action.setParent(menu)
            menu.addAction(action)
        return menu

    def can_be_touched(self, unit: str) -> bool:
        """Whether something can be done to a unit: not to the input, nor to an answer."""
        if self._graph is None or not unit:
            return False
        return self._graph.node(unit).kind not in ("input", "classifier")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Open the menu that is asked for by key at the unit that has the focus."""
        if watched is self.canvas and event.type() == QEvent.Type.ContextMenu:
            assert isinstance(event, QContextMenuEvent)
            shown = self.canvas.shown
            by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
            at = (shown.focused or shown.selected) if shown is not None and by_key else ""
            self._menu_at = at or None
        return False
