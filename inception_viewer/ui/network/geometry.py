"""From the layout to the screen: rectangles, ribbons, chevrons, bars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath

from .. import theme
from .layout import ENTRY, GAP, Box, Ribbon
from .viewport import Viewport

CHEVRON = 8.0
"""Side of the sign that opens and closes a module, in pixels; its target is larger."""


def on_screen(viewport: Viewport, box: Box) -> QRectF:
    """Return where a box is on the screen, in logical pixels."""
    x, y = viewport.to_screen(box.x, box.y)
    return QRectF(x, y, box.width * viewport.scale, box.height * viewport.scale)


def chevron_target(outline: QRectF) -> QRectF | None:
    """Return where a click opens or closes the module with this outline.

    None where the module is narrower than a target must be: so far out there is no
    chevron, and Enter or the menu opens it.
    """
    side = float(theme.TARGET)
    if outline.width() < side:
        return None
    return QRectF(outline.x() - 4, outline.y() - 3, side, side)


def ribbon_path(ribbon: Ribbon) -> QPainterPath:
    """Return a ribbon's middle line in world units: a smooth curve, level at its ends."""
    (x0, y0), (x1, y1) = ribbon.start, ribbon.end
    path = QPainterPath()
    path.moveTo(x0, y0)
    if ribbon.falls:
        path.cubicTo(x0, y0 + 0.7 * (y1 - y0), x0, y1, x1, y1)
    elif abs(y1 - y0) < 0.5:
        path.lineTo(x1, y1)
    else:
        # The bend ends before the first units of a module, or it would run behind them.
        bend = min(x1 - x0, GAP + ENTRY)
        path.cubicTo(x0 + bend / 2, y0, x0 + bend / 2, y1, x0 + bend, y1)
        path.lineTo(x1, y1)
    return path


def share_bars(
    shares: Mapping[str, float], order: Iterable[str], bar: QRectF
) -> list[tuple[str, QRectF]]:
    """Return one bar cut into the branches: each as wide as its share of the whole."""
    made, x = [], bar.x()
    for branch in order:
        width = bar.width() * shares.get(branch, 0.0)
        made.append((branch, QRectF(x, bar.y(), width, bar.height())))
        x += width
    return made


def share_bar(share: float, track: QRectF) -> QRectF:
    """Return the filled part of a track: ``share`` of its width."""
    return QRectF(track.x(), track.y(), track.width() * share, track.height())
