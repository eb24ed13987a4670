"""A picture before and after, and what differs, enlarged; zoomed and moved together."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ...questions import Pixels
from .. import theme
from ..attribution.zoomed import ZoomedPictures
from ..pictures import image_of

HINT = "Point at a pixel for its values. Wheel zooms, drag moves, double click shows all."


@dataclass(frozen=True, eq=False)
class Trio:
    """What is shown: pictures of one size (height, width, 3), and a title of each."""

    before: Pixels
    after: Pixels
    enlarged: Pixels
    titles: tuple[str, str, str]


class ChangedPictures(ZoomedPictures):
    """Three pictures side by side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("The picture before and after, and the difference", parent)
        self._trio: Trio | None = None
        self._images: tuple[QImage, ...] = ()

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
            return HINT
        row, column = self._point
        before, after = self._trio.before[row, column], self._trio.after[row, column]
        apart = [int(b) - int(a) for a, b in zip(before, after, strict=True)]
        signs = " ".join("0" if not one else f"{one:+d}".replace("-", "−") for one in apart)
        was, now = (" ".join(str(int(value)) for value in pixel) for pixel in (before, after))
        return f"{was} → {now} (red, green, blue: {signs}) at row {row}, column {column}"

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
        beside = panes[1].top() == panes[0].top()
        for image, title, pane in zip(self._images, self._trio.titles, panes, strict=True):
            room = pane.width() + theme.GRID - 2 if beside else self.width() - pane.left() - 4
            self._paint_title(painter, title, pane, room)
            self._paint_picture(painter, image, pane)
            self._paint_point(painter, pane)
        self._paint_value(painter, panes)
        self._paint_ring(painter)
        painter.end()
