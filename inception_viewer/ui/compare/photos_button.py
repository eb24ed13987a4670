"""The button that says how many photos are compared, and lets one tick them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...photo_groups import MOST_BESIDE as MOST
from ...questions import ImageInfo
from .. import theme
from ..pictures import pixmap_of
from ..small_label import SmallLabel

ID = Qt.ItemDataRole.UserRole
SIDE = 32
Checked = Qt.CheckState.Checked


class _Ticks(QListWidget):
    """A list that ticks by Space and by a click anywhere on the line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Photos to compare")
        self.setIconSize(QSize(SIDE, SIDE))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setUniformItemSizes(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave Enter to who closes the list."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)


class PhotosPopup(QFrame):
    """The photos of the tray, each with a tick; at most :data:`MOST` are ticked."""

    picked = Signal(object)
    """Emitted with the ids (tuple of str) that are ticked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "card")
        self.list = _Ticks()
        self.first, self.none = QPushButton(f"The first {MOST}"), QPushButton("None")
        self.hint = SmallLabel("muted")
        self.hint.setText(f"At most {MOST}. Selecting several photos in the tray does the same.")
        self.hint.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.first)
        row.addWidget(self.none)
        row.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.GRID] * 4)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self.list, 1)
        layout.addLayout(row)
        layout.addWidget(self.hint)
        self.list.itemChanged.connect(lambda _item: self._tell())
        self.first.clicked.connect(lambda: self._tick_all(True))
        self.none.clicked.connect(lambda: self._tick_all(False))

    def fill(self, images: Sequence[ImageInfo], chosen: Sequence[str]) -> None:
        """Show these photos, ticked or not."""
        blocked = self.list.blockSignals(True)
        self.list.clear()
        for image in images:
            item = QListWidgetItem(QIcon(pixmap_of(image.thumbnail)), image.name)
            item.setData(ID, image.id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Checked if image.id in chosen else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.blockSignals(blocked)
        self._limit()

    @property
    def ticked(self) -> tuple[str, ...]:
        """What is ticked, in order."""
        items = (self.list.item(row) for row in range(self.list.count()))
        return tuple(str(item.data(ID)) for item in items if item.checkState() == Checked)

    def _tick_all(self, ticked: bool) -> None:
        blocked = self.list.blockSignals(True)
        for row in range(self.list.count()):
            on = ticked and row < MOST
            self.list.item(row).setCheckState(Checked if on else Qt.CheckState.Unchecked)
        self.list.blockSignals(blocked)
        self._tell()

    def _tell(self) -> None:
        self._limit()
        self.picked.emit(self.ticked)

    def _limit(self) -> None:
        """Grey what would be one too many."""
        full = len(self.ticked) >= MOST
        blocked = self.list.blockSignals(True)
        for row in range(self.list.count()):
            item = self.list.item(row)
            on = not full or item.checkState() == Checked
            flags = item.flags() | Qt.ItemFlag.ItemIsEnabled
            item.setFlags(flags if on else flags & ~Qt.ItemFlag.ItemIsEnabled)
        self.list.blockSignals(blocked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close by Enter as by Escape."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close()
        else:
            super().keyPressEvent(event)


class PhotosButton(QToolButton):
    """Says how many photos are compared; pressed, it lets one tick them."""

    picked = Signal(object)
    """Emitted with the ids (tuple of str) that were ticked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: tuple[ImageInfo, ...] = ()
        self._chosen: tuple[str, ...] = ()
        self.popup = PhotosPopup(self)
        self.popup.picked.connect(self.picked)
        self.setToolTip("Choose the photos to compare")
        self.clicked.connect(self.open)

    def set_photos(self, images: tuple[ImageInfo, ...], chosen: tuple[str, ...]) -> None:
        """Say what there is, and what of it is chosen."""
        self._images, self._chosen = images, chosen
        self.setText(f"Photos: {len(chosen)} of {len(images)}\N{HORIZONTAL ELLIPSIS}")
        self.setEnabled(bool(images))

    def open(self) -> None:
        """Show the photos to be ticked."""
        self.popup.fill(self._images, self._chosen)
        scale = max(1.0, theme.text_scale())
        room = self.screen().availableGeometry()
        size = QSize(round(280 * scale), min(360, room.height() // 2))
        self.popup.resize(size)
        at = self.mapToGlobal(QPoint(0, self.height() + 2))
        at.setX(max(room.left(), min(at.x(), room.right() - size.width())))
        at.setY(max(room.top(), min(at.y(), room.bottom() - size.height())))
        self.popup.move(at)
        self.popup.show()
        self.popup.list.setFocus()
