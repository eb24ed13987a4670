"""What the canvas shows at a moment, as one plain value that is painted from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath

from ...questions import HeadState, OverviewAnswer
from .geometry import on_screen
from .layout import Layout, Ribbon
from .texts import Facts
from .touched import Mark
from .viewport import Viewport


@dataclass
class Opened:
    """Which modules are open: the selected one, and what someone opened or closed by hand."""

    by_hand: dict[str, bool] = field(default_factory=dict)

    def among(self, modules: tuple[str, ...], selected: str) -> frozenset[str]:
        """Return the open ones while ``selected`` is the selected module (or ``""``)."""
        return frozenset(name for name in modules if self.by_hand.get(name, name == selected))


@dataclass
class Shown:
    """What the canvas shows at this moment."""

    facts: Facts
    layout: Layout
    ribbons: list[tuple[Ribbon, QPainterPath]]
    viewport: Viewport = field(default_factory=Viewport)
    overview: OverviewAnswer | None = None
    heads: Mapping[str, HeadState] = field(default_factory=dict)
    selected: str = ""
    focused: str = ""
    hovered: str = ""
    hits: frozenset[str] = frozenset()
    path: frozenset[tuple[str, str]] = frozenset()
    touched: Mapping[str, Mark] = field(default_factory=dict)

    def outline(self, name: str) -> QRectF:
        """Return a box on the screen, or the frame of an open module."""
        box = self.layout.frames.get(name) or self.layout.boxes[name]
        return on_screen(self.viewport, box)
