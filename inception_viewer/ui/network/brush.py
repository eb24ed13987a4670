"""Words, pictures and signs: what the painting of the network is put together from."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from .geometry import CHEVRON
from .look import Look, tinted
from .thumbnails import Thumbnails

ALIGN = Qt.AlignmentFlag
CENTRE, LEFT, RIGHT = ALIGN.AlignCenter, ALIGN.AlignLeft, ALIGN.AlignRight
MIDDLE = ALIGN.AlignVCenter


class Brush:
    """Draws single things in the current look."""

    def __init__(self, p: QPainter, look: Look, thumbnails: Thumbnails) -> None:
        self.p, self.look, self.thumbnails = p, look, thumbnails

    def _hatch(self, rect: QRectF) -> None:
        self.p.setPen(Qt.PenStyle.NoPen)
        self.p.setBrush(QBrush(tinted(self.look.muted, 0.35), Qt.BrushStyle.BDiagPattern))
        self.p.drawRoundedRect(rect, 6, 6)

    def _lines(self, column: QRectF, names: tuple[str, ...], lines: tuple[str, ...]) -> None:
        room = int(column.height() // self.look.line)
        height = min(room, 1 + len(lines)) * self.look.line
        row = QRectF(column.x(), column.center().y() - height / 2, column.width(), self.look.line)
        self.words(row, names, LEFT, bold=True)
        for line in lines[: max(0, room - 1)]:
            row.translate(0, self.look.line)
            self.words(row, shorter(line), LEFT, muted=True)

    def _picture(self, name: str, room: QRectF) -> bool:
        """Draw a unit's picture as large as it fits; False if there is none."""
        image = self.thumbnails.image(name)
        scale = 0.0
        if image is not None:
            scale = min(room.width() / image.width(), room.height() / image.height())
        if image is None or scale * image.height() < 6:
            return False
        # Big pixels are to be seen as such; only a picture that shrinks is smoothed.
        device = self.p.device().devicePixelRatioF()
        self.p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale * device < 1)
        width, height = scale * image.width(), scale * image.height()
        x, y = room.center().x() - width / 2, room.center().y() - height / 2
        self.p.drawImage(QRectF(round(x), round(y), round(width), round(height)), image)
        return True

    def _chevron(self, outline: QRectF, *, opened: bool) -> None:
        """Draw a sign that points right (opens) or down (is open)."""
        centre = QPointF(outline.x() + 8, outline.y() + 9)
        r = CHEVRON / 2
        corners = [(-r / 2, -r), (r / 2, 0.0), (-r / 2, r)]
        if opened:
            corners = [(-r, -r / 2), (0.0, r / 2), (r, -r / 2)]
        self.p.setPen(QPen(self.look.muted, 1.6))
        self.p.setBrush(Qt.BrushStyle.NoBrush)
        self.p.drawPolyline(QPolygonF([centre + QPointF(x, y) for x, y in corners]))

    def words(
        self,
        room: QRectF,
        candidates: tuple[str, ...],
        align: ALIGN,
        *,
        bold: bool = False,
        muted: bool = False,
    ) -> None:
        """Write the first of the candidates that fits the room."""
        words = self.look.fit(candidates, room.width(), bold)
        if words:
            self.p.setFont(self.look.font(bold))
            colour: QColor = self.look.muted if muted else self.look.text
            self.p.setPen(colour)
            self.p.drawText(room, align, words)


def shorter(line: str) -> tuple[str, ...]:
    """Return a line and how it may be cut before it is elided."""
    brief = line.replace(" parameters", " params").replace(" multiply-adds", " MACs")
    made = [line, brief.replace(" × ", "×")]
    if " × " in line:
        channels = line.split(" × ")[0]
        made += [f"{channels} channels", channels]
    parts = line.split(", ")
    return (*made, *(", ".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)))
