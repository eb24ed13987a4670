"""A few of a folder's photos in a row, or the invitation to drop a folder."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from .. import theme
from ..evaluation.thumbnails import ThumbnailStore

SIDE = 48
GAP = 4
INVITATION = "Drop a folder of photos here"


class PhotoStrip(QWidget):
    """Paints what has arrived; a click while it is empty asks for a folder."""

    clicked = Signal()

    def __init__(self, store: ThumbnailStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._paths: tuple[str, ...] = ()
        self.invites, self.hovered = True, False
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Some of the photos")
        store.arrived.connect(self.update)
        theme.broadcast.changed.connect(self._restyle)
        self._restyle(None)

    @property
    def paths(self) -> tuple[str, ...]:
        """The photos that are shown."""
        return self._paths

    def set_paths(self, paths: tuple[str, ...], *, invites: bool) -> None:
        """Show these photos; ``invites`` says that a folder is wanted still."""
        self._paths, self.invites = paths, invites
        self.setVisible(bool(paths) or invites)
        self.setCursor(Qt.CursorShape.PointingHandCursor if invites else Qt.CursorShape.ArrowCursor)
        self.update()

    def set_hovered(self, hovered: bool) -> None:
        """Say whether a folder is dragged over it."""
        self.hovered = hovered
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for some photos."""
        return QSize(4 * (SIDE + GAP), self.minimumHeight())

    def _restyle(self, _theme: object) -> None:
        self.setFixedHeight(max(SIDE, QFontMetrics(theme.font()).height() + 2 * theme.GRID))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the photos, or the invitation in a dashed frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self.invites or self.hovered:
            self._invite(painter)
        else:
            for place, path in enumerate(self._paths):
                self._photo(painter, place, path)
        painter.end()

    def _invite(self, painter: QPainter) -> None:
        colours = theme.current()
        edge = QColor(colours.accent if self.hovered else colours.muted)
        painter.setPen(QPen(edge, 2 if self.hovered else 1, Qt.PenStyle.DashLine))
        if self.hovered:
            painter.setBrush(QColor(colours.selection))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.setPen(QColor(colours.text if self.hovered else colours.muted))
        painter.setFont(theme.font())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, INVITATION)

    def _photo(self, painter: QPainter, place: int, path: str) -> None:
        box = QRectF(place * (SIDE + GAP), 0, SIDE, SIDE)
        picture = self._store.picture(path)
        if picture is None:
            painter.fillRect(box, QColor(theme.current().border))
            return
        # The middle square: photos of all shapes line up.
        side = min(picture.width(), picture.height())
        left, top = (picture.width() - side) / 2, (picture.height() - side) / 2
        painter.drawPixmap(box, picture, QRectF(left, top, side, side))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for a folder."""
        if self.invites and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()
