"""Which part of a picture the panes show: plain arithmetic, no widgets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF

MOST = 32.0
"""The largest zoom: about 7x7 pixels of a 224-pixel picture fill a pane."""


@dataclass(frozen=True)
class Zoom:
    """A window on a picture of ``width`` x ``height``, the same for all panes.

    ``factor`` 1 shows all of it; ``x`` and ``y`` are the window's centre, in pixels.
    """

    width: int
    height: int
    factor: float = 1.0
    x: float = -1.0
    y: float = -1.0

    @classmethod
    def whole(cls, width: int, height: int) -> Zoom:
        """Show everything."""
        return cls(width, height, 1.0, width / 2, height / 2)

    @property
    def source(self) -> QRectF:
        """The part of the picture that shows."""
        width, height = self.width / self.factor, self.height / self.factor
        return QRectF(self.x - width / 2, self.y - height / 2, width, height)

    def zoomed(self, by: float, at: QPointF) -> Zoom:
        """Zoom by a factor so that the picture's point ``at`` stays where it is."""
        factor = min(MOST, max(1.0, self.factor * by))
        kept = self.factor / factor
        x, y = at.x() + (self.x - at.x()) * kept, at.y() + (self.y - at.y()) * kept
        return replace(self, factor=factor, x=x, y=y)._clamped()

    def moved(self, dx: float, dy: float) -> Zoom:
        """Move the window by picture pixels."""
        return replace(self, x=self.x + dx, y=self.y + dy)._clamped()

    def showing(self, column: int, row: int) -> Zoom:
        """Move the window just far enough for a pixel to show."""
        source = self.source
        dx = min(0.0, column - source.left()) or max(0.0, column + 1 - source.right())
        dy = min(0.0, row - source.top()) or max(0.0, row + 1 - source.bottom())
        return self.moved(dx, dy)

    def on_picture(self, point: QPointF, pane: QRectF) -> QPointF:
        """Return the picture's point that shows at a point of a pane."""
        source = self.source
        return QPointF(
            source.left() + (point.x() - pane.left()) / pane.width() * source.width(),
            source.top() + (point.y() - pane.top()) / pane.height() * source.height(),
        )

    def in_pane(self, box: QRectF, pane: QRectF) -> QRectF:
        """Return where a part of the picture shows in a pane."""
        source = self.source
        sx, sy = pane.width() / source.width(), pane.height() / source.height()
        return QRectF(
            pane.left() + (box.left() - source.left()) * sx,
            pane.top() + (box.top() - source.top()) * sy,
            box.width() * sx,
            box.height() * sy,
        )

    def _clamped(self) -> Zoom:
        half_width = self.width / self.factor / 2
        half_height = self.height / self.factor / 2
        return replace(
            self,
            x=min(self.width - half_width, max(half_width, self.x)),
            y=min(self.height - half_height, max(half_height, self.y)),
        )


SNAP = 0.15
"""Pictures give up at most this share of their size to show each pixel equally large."""


def snapped(width: float, whole: float) -> float:
    """Return a width made a multiple of ``whole``, if that is not much less."""
    least = width // whole * whole
    return least if least >= (1 - SNAP) * width else width


def arrange(
    room: QRectF, count: int, aspect: float, gap: float, title: float, whole: float = 1.0
) -> list[QRectF]:
    """Return rectangles for ``count`` pictures of ``aspect`` (width over height) as large as fit.

    Side by side or one above the other, whichever makes them larger; each leaves
    ``title`` above it. ``whole`` is the width at which a picture's pixels are the screen's.
    """
    best: list[QRectF] = []
    for columns in (count, 1):
        rows = -(-count // columns)
        width = (room.width() - gap * (columns - 1)) / columns
        height = (room.height() - gap * (rows - 1)) / rows - title
        width = snapped(max(1.0, min(width, height * aspect)), whole)
        height = width / aspect
        # Whole pixels, so that edges are sharp.
        width, height = max(1.0, float(int(width))), max(1.0, float(int(height)))
        left = room.left() + (room.width() - columns * width - gap * (columns - 1)) / 2
        boxes = [
            QRectF(
                int(left + (i % columns) * (width + gap)),
                int(room.top() + title + (i // columns) * (height + gap + title)),
                width,
                height,
            )
            for i in range(count)
        ]
        if not best or boxes[0].width() > best[0].width():
            best = boxes
    return best


def featured(
    room: QRectF, large: int, aspect: float, gap: float, title: float, whole: float = 1.0
) -> list[QRectF]:
    """Return rectangles for three pictures: one large, the others one above the other beside it.

    ``large`` is which; the rest is as for :func:`arrange`.
    """
    wide = (room.width() - gap + aspect * (title + gap) / 2) / 1.5
    width = snapped(max(1.0, min(wide, (room.height() - title) * aspect)), whole)
    width, height = float(int(width)), max(1.0, float(int(width / aspect)))
    low = max(1.0, float(int((height - title - gap) / 2)))
    narrow = max(1.0, float(int(low * aspect)))
    left = float(int(room.left() + max(0.0, room.width() - width - gap - narrow) / 2))
    top = float(int(room.top() + title))
    boxes = [QRectF(left + width + gap, top + height - low, narrow, low)]
    boxes.insert(0, boxes[0].translated(0, top - boxes[0].top()))
    boxes.insert(large, QRectF(left, top, width, height))
    return boxes
