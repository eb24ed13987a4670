"""A picture before and after, and what differs, enlarged; zoomed and moved together."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ...questions import Pixels
from .. import theme
from ..attribution.zoom import featured
from ..attribution.zoomed import ZoomedPictures
from ..pictures import image_of

HINT = "Point at a pixel for its values; wheel zooms, drag moves."
SWAP = "Click to enlarge, point for values; wheel zooms, drag moves."
AFTER = 1
"""The place of what the network sees."""
_LARGE = {Qt.Key.Key_1: 0, Qt.Key.Key_2: 1, Qt.Key.Key_3: 2}


@dataclass(frozen=True, eq=False)
class Trio:
    """What is shown: pictures of one size (height, width, 3), and a title of each."""

    before: Pixels
    after: Pixels
    enlarged: Pixels
    titles: tuple[str, str, str]


class ChangedPictures(ZoomedPictures):
    """Three pictures side by side, or one of them large where that fills more of the room.

    A click on a small one, or the keys 1 to 3, makes it the large one.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("The picture before and after, and the difference", parent)
        self._trio: Trio | None = None
        self._images: tuple[QImage, ...] = ()
        self._large = AFTER
        self._pressed: QPointF | None = None

    # --- what is shown ---------------------------------------------------------------

    def set_trio(self, trio: Trio | None) -> None:
        """Show these; the zoom starts anew where the size differs."""
        self._trio = trio
        if trio is None:
            self._images = ()
        else:
            self._images = tuple(map(image_of, (trio.before, trio.after, trio.enlarged)))
            height, width = trio.after.shape[:2]
            self._set_size(width, height)
        self.setAccessibleDescription(self.value_text)
        self.update()

    @property
    def trio(self) -> Trio | None:
        """What is shown."""
        return self._trio

    @property
    def has_picture(self) -> bool:
        """Whether anything is shown."""
        return self._trio is not None

    @property
    def value_text(self) -> str:
        """The values at the point in words, or what one can do."""
        if self._point is None or self._trio is None:
            return SWAP if self._is_featured else HINT
        row, column = self._point
        before, after = self._trio.before[row, column], self._trio.after[row, column]
        apart = [int(b) - int(a) for a, b in zip(before, after, strict=True)]
        signs = " ".join("0" if not one else f"{one:+d}".replace("-", "−") for one in apart)
        was, now = (" ".join(str(int(value)) for value in pixel) for pixel in (before, after))
        return f"RGB {was} → {now} ({signs}) at row {row}, column {column}"

    # --- which is large --------------------------------------------------------------

    def _arranged(self, width: int, height: int) -> list[QRectF]:
        beside = super()._arranged(width, height)
        room, line = self._room(width, height), self._line()
        aspect = self._zoom.width / self._zoom.height
        whole = self._zoom.width / self.devicePixelRatioF()
        one_large = featured(room, self._large, aspect, theme.GRID, line + 2, whole)
        return max(beside, one_large, key=_area)

    @property
    def _is_featured(self) -> bool:
        widths = {pane.width() for pane in self.pane_rects()}
        return len(widths) > 1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start to drag, or to click."""
        self._pressed = event.position()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Show the picture large that was clicked on."""
        pressed, self._pressed = self._pressed, None
        super().mouseReleaseEvent(event)
        if pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        far = (event.position() - pressed).manhattanLength()
        if far < QGuiApplication.styleHints().startDragDistance() and self._is_featured:
            panes = self.pane_rects() if self.has_picture else []
            at = [place for place, pane in enumerate(panes) if pane.contains(pressed)]
            self._show_large(*at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Show the first, second or third picture large; else as for all such pictures."""
        large = _LARGE.get(Qt.Key(event.key()))
        if large is not None and self.has_picture:
            self._show_large(large)
        else:
            super().keyPressEvent(event)

    def _show_large(self, place: int = -1) -> None:
        if place >= 0 and place != self._large:
            self._large = place
            self.update()

    def minimumSizeHint(self) -> QSize:
        """Return the least room in which three pictures can be told apart."""
        return QSize(160, 112)

    # --- painting --------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint titles, pictures, the reading point and its values."""
        if self._trio is None:
            return
        painter = QPainter(self)
        painter.setFont(theme.font("small"))
        panes = self.pane_rects()
        for image, title, pane in zip(self._images, self._trio.titles, panes, strict=True):
            beside = (
                o.left() - 2 for o in panes if o.top() == pane.top() and o.left() > pane.left()
            )
            room = min(beside, default=self.width() - 4.0) - pane.left()
            self._paint_title(painter, title, pane, room)
            self._paint_picture(painter, image, pane)
            self._paint_point(painter, pane)
        self._paint_value(painter, panes)
        self._paint_ring(painter)
        painter.end()


def _area(panes: list[QRectF]) -> float:
    return sum(pane.width() * pane.height() for pane in panes)
