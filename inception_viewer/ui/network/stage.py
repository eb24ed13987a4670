"""The network on show: what is laid out, what is open, what part of it is in sight.

:class:`NetworkStage` has no gestures; :class:`~.canvas.NetworkCanvas` adds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Literal

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import (
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget
from shiboken6 import isValid

from ...questions import Graph, HeadState, OverviewAnswer
from .. import theme
from . import navigation, texts
from .geometry import chevron_target, on_screen, ribbon_path
from .layout import Box, Layout, arrange, modules_of, without
from .look import Look
from .painting import NetworkPainter
from .shown import Opened, Shown
from .thumbnails import Thumbnails
from .touched import Mark
from .viewport import Viewport, fitting, home

EDGE = 9.0
"""Pixels around the whole network: room for the ring of what stands at its end."""
LEGIBLE = 0.3
"""Least zoom of the first view at normal text size: the names of the trunk still fit."""


class NetworkStage(QWidget):
    """The graph, painted by hand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Network graph")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 96)
        self.thumbnails = Thumbnails()
        self.opened = Opened()
        self.selected = ""
        self.mode: Literal["home", "whole", "free"] = "home"
        self._graph: Graph | None = None
        self._overview: OverviewAnswer | None = None
        self._touched: Mapping[str, Mark] = {}
        self._shown: Shown | None = None
        self._look: Look | None = None
        theme.broadcast.changed.connect(self._restyle)

    # --- what is shown ---------------------------------------------------------------------

    @property
    def shown(self) -> Shown | None:
        """What is painted, or None without a network."""
        return self._shown

    @property
    def layout_now(self) -> Layout:
        """Where the boxes stand; LookupError without a network."""
        if self._shown is None:
            raise LookupError("no network is shown")
        return self._shown.layout

    def set_graph(self, graph: Graph | None, heads: Mapping[str, HeadState]) -> None:
        """Show a network; absent heads are left out. What was open by name stays open."""
        if graph is None:
            self._graph, self._shown = None, None
            self.update()
            return
        absent = {head for head, state in heads.items() if state == "absent"}
        old = self._shown
        if old is None or graph is not self._graph or dict(heads) != dict(old.heads):
            self._graph = graph
            drawn = without(graph, absent)
            self._shown = Shown(texts.Facts(drawn), arrange(drawn), [], heads=dict(heads))
            self._shown.overview = self._overview
            self._shown.touched = self._touched
            if old is not None:
                self._shown.viewport = old.viewport
            self._rearrange()

    def set_overview(self, overview: OverviewAnswer | None) -> None:
        """Take a photo's thumbnails, shares and predictions; converted when painted."""
        self._overview = overview
        if overview is None:
            self.thumbnails.show({}, None)
        else:
            self.thumbnails.show(overview.thumbnails, overview.picture)
        if self._shown is not None:
            self._shown.overview = overview
            self.update()

    def set_touched(self, marks: Mapping[str, Mark]) -> None:
        """Mark the units that are touched."""
        self._touched = marks
        if self._shown is not None:
            self._shown.touched = marks
            self.update()

    def set_selected(self, unit: str) -> None:
        """Frame a unit; its module opens unless it was closed by hand."""
        if unit != self.selected:
            self.selected = unit
            self._rearrange(keep=unit)
            self._reveal(unit)

    def open_modules(self) -> frozenset[str]:
        """Return the modules that are open."""
        if self._shown is None:
            return frozenset()
        facts = self._shown.facts
        node = facts.nodes.get(self.selected)
        return self.opened.among(modules_of(facts.graph), node.group if node else "")

    def set_open(self, module: str, opened: bool) -> None:
        """Open or close a module by hand, and remember it."""
        self.opened.by_hand[module] = opened
        self._rearrange(keep=module)

    def toggle(self, module: str) -> None:
        """Open a closed module, close an open one."""
        self.set_open(module, module not in self.open_modules())

    def uncover(self, unit: str) -> None:
        """Forget that a unit's module was closed by hand, so that the unit can show."""
        group = self.layout_now.groups.get(unit, "")
        if unit != group and self.opened.by_hand.get(group) is False:
            del self.opened.by_hand[group]

    def set_all_open(self, opened: bool | None) -> None:
        """Open or close every module; None: back to the selected one alone."""
        modules = self._shown.layout.modules if self._shown else ()
        self.opened.by_hand = {} if opened is None else dict.fromkeys(modules, opened)
        self._rearrange(keep=self.selected)

    def set_hits(self, names: tuple[str, ...]) -> None:
        """Ring the units that a search found."""
        if self._shown is not None:
            shown = self._shown.layout.shown
            self._shown.hits = frozenset(filter(None, map(shown, names)))
            self.update()

    def _rearrange(self, keep: str = "") -> None:
        """Lay out anew; the box of ``keep`` stays where it is on the screen."""
        shown = self._shown
        if shown is None:
            return
        held = self._screen_corner(keep)
        hits = shown.hits
        shown.layout = arrange(shown.facts.graph, self.open_modules())
        shown.ribbons = [(ribbon, ribbon_path(ribbon)) for ribbon in shown.layout.ribbons]
        shown.selected = shown.layout.shown(self.selected)
        shown.path = navigation.path(shown.layout, shown.selected)
        shown.focused = shown.layout.shown(shown.focused) if self.hasFocus() else ""
        shown.hits = frozenset(filter(None, map(shown.layout.shown, hits)))
        shown.hovered = ""
        before = shown.viewport
        if self.mode != "free":
            self._place()
        moved_on = self.mode == "home" and before.scale != shown.viewport.scale
        now = self._screen_corner(keep)
        if held and now and not moved_on and not self._all_in_sight():
            shown.viewport = shown.viewport.moved(held.x() - now.x(), held.y() - now.y())
        self.update()

    def _all_in_sight(self) -> bool:
        """Return whether the whole network is on the canvas."""
        whole = on_screen(self._shown.viewport, self.layout_now.bounds) if self._shown else QRectF()
        return QRectF(self.rect()).contains(whole)

    def _screen_corner(self, unit: str) -> QPointF | None:
        """Where the left end of a unit's module (or its own box) is on the trunk's line."""
        if self._shown is None:
            return None
        group = self._shown.layout.groups.get(unit, unit)
        name = group if group in self._shown.layout.modules else self._shown.layout.shown(unit)
        box = self._shown.layout.frames.get(name) or self._shown.layout.boxes.get(name)
        return None if box is None else QPointF(*self._shown.viewport.to_screen(box.x, 0.0))

    # --- the viewport ------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole network, and keep showing it until someone zooms or pans."""
        self.mode = "whole"
        self._place()

    def _place(self) -> None:
        """Look at the whole network, or at home: at as much of it as is legible."""
        if self._shown is None:
            return
        layout, width, height = self._shown.layout, self.width(), self.height()
        if self.mode == "whole":
            view = fitting(layout.bounds, width, height, margin=EDGE)
        else:
            at = layout.frames.get(self._shown.selected) or layout.boxes.get(self._shown.selected)
            legible = LEGIBLE * theme.text_scale()
            view = home(layout.bounds, at, width, height, legible, margin=EDGE)
        self._shown.viewport = view
        self.update()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarge by ``factor`` around a position, the middle by default."""
        middle = at or QPointF(self.width() / 2, self.height() / 2)
        if self._shown is not None:
            self._look_at(self._shown.viewport.zoomed(factor, middle.x(), middle.y()))

    def zoom_to(self, unit: str) -> None:
        """Fill the canvas with a unit's module, or with the unit and its neighbourhood."""
        box = self._neighbourhood(unit)
        if box is not None:
            self._look_at(fitting(box, self.width(), self.height(), margin=16.0, largest=2.0))

    def centre_on(self, unit: str) -> None:
        """Bring a unit to the middle, unless all is in sight already."""
        if self._shown is not None and self.mode != "whole":
            name = self._shown.layout.shown(unit)
            if name:
                box = self._shown.layout.boxes[name]
                view = self._shown.viewport
                self._look_at(view.centred(box, self.width(), self.height()))

    def _look_at(self, viewport: Viewport) -> None:
        if self._shown is not None:
            self._shown.viewport, self.mode = viewport, "free"
            self.update()

    def _reveal(self, unit: str) -> None:
        if self._shown is None or self.mode == "whole":
            return
        name = self._shown.layout.shown(unit)
        if name:
            box = self._shown.layout.frames.get(name) or self._shown.layout.boxes[name]
            view = self._shown.viewport
            self._shown.viewport = view.revealing(box, self.width(), self.height())
            self.update()

    def _neighbourhood(self, unit: str) -> Box | None:
        if self._shown is None:
            return None
        layout = self._shown.layout
        group = layout.groups.get(unit, "")
        if group in layout.frames:
            return layout.frames[group]
        box = layout.boxes.get(layout.shown(unit))
        if box is None:
            return None
        return Box(box.x - box.width, box.y, 3 * box.width, box.height)

    # --- where things are ---------------------------------------------------------------------

    def rect_of(self, unit: str) -> QRectF:
        """Return where a unit's box is, in the canvas's pixels; KeyError if it has none."""
        if self._shown is None:
            raise KeyError(unit)
        return on_screen(self._shown.viewport, self._shown.layout.boxes[unit])

    def chevron_of(self, module: str) -> QRectF | None:
        """Return where a click opens or closes a module; None so far out that it has none."""
        if self._shown is None:
            raise KeyError(module)
        return chevron_target(self._shown.outline(module))

    def unit_at(self, position: QPointF) -> str:
        """Return the unit at a position, or ``""``."""
        if self._shown is None:
            return ""
        return navigation.at(
            self._shown.layout, *self._shown.viewport.to_world(position.x(), position.y())
        )

    def module_of_chevron(self, position: QPointF) -> str:
        """Return the module whose chevron is at a position, or ``""``."""
        modules = self._shown.layout.modules if self._shown else ()
        for module in modules:
            target = self.chevron_of(module)
            if target is not None and target.contains(position):
                return module
        return ""

    def tooltip_at(self, position: QPointF) -> str:
        """Return the text for the pointer at a position, or ``""``."""
        if self._shown is None:
            return ""
        if module := self.module_of_chevron(position):
            verb = "Close" if module in self.open_modules() else "Open"
            return f"{verb} {module}: its four branches"
        unit = self.unit_at(position)
        if not unit:
            return ""
        said = texts.tooltip(self._shown.facts, unit, self._shown.overview, self._shown.heads)
        mark = self._touched.get(unit)
        return said if mark is None else f"{said}<p><b>Touched</b>: {escape(mark.sentence)}</p>"

    # --- focus and keys -------------------------------------------------------------------------

    # --- painting ------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole network in sight if it was."""
        if self.mode != "free":
            self._place()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is in sight."""
        if self._look is None:
            self._look = Look()
        p = QPainter(self)
        p.fillRect(event.rect(), self._look.panel)
        if self._shown is not None:
            painter = NetworkPainter(p, self._look, self._shown, self.thumbnails)
            painter.paint(QRectF(event.rect()))
        p.end()

    def _restyle(self, _theme: object) -> None:
        if not isValid(self):  # the wrapper may outlive the widget until it is collected
            return
        self._look = None
        if self.mode == "home":
            self._place()
        self.updateGeometry()
        self.update()
