"""The photos that are open: thumbnails with the predicted class."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ..questions import ImageInfo
from . import theme
from .tray_model import ID, PhotoDelegate, TrayModel
from .view import View


class PhotoList(QListView):
    """A list that tells of the keys for removing."""

    remove_asked = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete, or Backspace as on a Mac's keyboard, asks for removal."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_asked.emit()
        else:
            super().keyPressEvent(event)


class TrayView(View):
    """Thumbnails of the open photos; several can be selected, one is looked at."""

    image_selected = Signal(object)
    """The id (str) of the photo to look at."""
    remove_requested = Signal(object)
    """Ids (tuple[str, ...]) of the photos to take out."""
    open_requested = Signal()
    paste_requested = Signal()
    copy_python_requested = Signal(object)
    """What the lines are to give: ``"trace"``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Images", parent)
        self.model = TrayModel(self)
        self._current = ""
        self.list = self._make_list()
        self.count, self._touched = QLabel(), ""
        self.count.setProperty("role", "muted")
        self.zone = QLabel("Drop photos here")
        self.zone.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.zone.setWordWrap(True)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, theme.GRID)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self.list, 1)
        layout.addLayout(self._make_foot())
        self.set_content(content)
        self._dress()
        theme.broadcast.changed.connect(self._dress)
        self.set_images((), "")

    def _make_list(self) -> PhotoList:
        made = PhotoList()
        made.setModel(self.model)
        made.setItemDelegate(PhotoDelegate(made))
        made.setAccessibleName("Open photos")
        made.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        made.setUniformItemSizes(True)
        made.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.setMouseTracking(True)
        made.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        made.customContextMenuRequested.connect(self._offer)
        made.selectionModel().currentChanged.connect(self._look_at)
        made.remove_asked.connect(self.remove_selected)
        return made

    def _make_foot(self) -> QVBoxLayout:
        self.open_button = QPushButton("Open…")
        self.open_button.setAccessibleName("Open image files")
        self.open_button.clicked.connect(self.open_requested)
        # In a narrow dock it is the count that is cut off, not the button.
        self.count.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.addWidget(self.count, 1)
        row.addWidget(self.open_button)
        foot = QVBoxLayout()
        foot.setContentsMargins(theme.GRID, 0, theme.GRID, 0)
        foot.setSpacing(theme.GRID)
        foot.addWidget(self.zone)
        foot.addLayout(row)
        return foot

    def minimumSizeHint(self) -> QSize:
        """Stay useful beside the other places in a small window."""
        return QSize(136, 120)

    @property
    def shown_image(self) -> str | None:
        """Content hash of the photo this view shows."""
        return self._current or None

    def set_images(self, images: tuple[ImageInfo, ...], current: str) -> None:
        """Show these photos; ``current`` is the id of the one the window is about."""
        self._current = current
        self.model.set_images(images, current)
        self._say_touched()
        if not images:
            self.show_empty(
                "No photo is open. Drop one anywhere on the window, paste one, or open a file.",
                "Open image…",
                self.open_requested.emit,
            )
            return
        self.show_content()
        row = self.model.row_of(current)
        if row >= 0 and self._current_id() != current:
            model = self.list.selectionModel()
            blocked = model.blockSignals(True)
            self.list.setCurrentIndex(self.model.index(row))
            model.blockSignals(blocked)
            self.list.viewport().update()
        if row >= 0:
            self.list.scrollTo(self.model.index(row))

    def set_verdicts(self, verdicts: Mapping[str, str]) -> None:
        """Say what the network answers, by the photo's id: ``"cup 97 %"``."""
        self.model.set_verdicts(verdicts)

    def set_marks(self, marks: Mapping[str, str]) -> None:
        """Say in a word or two what is done to photos, by their ids."""
        self.model.set_marks(marks)

    def set_touched(self, words: str) -> None:
        """Say below what is done to the network that the verdicts are of; ``""``: nothing."""
        self._touched = words
        self._say_touched()

    def _say_touched(self) -> None:
        number = len(self.model.images)
        plain = f"{number} photo{'' if number == 1 else 's'}"
        self.count.setText(f"{number}, touched" if self._touched else plain)
        said = f"The verdicts are of the network with {self._touched}."
        self.count.setToolTip(said if self._touched else "")

    def selected(self) -> tuple[str, ...]:
        """Return the ids of the selected photos, in their order."""
        rows = sorted(index.row() for index in self.list.selectionModel().selectedIndexes())
        return tuple(self.model.images[row].id for row in rows)

    def remove_selected(self) -> None:
        """Ask for the selected photos to be taken out."""
        chosen = self.selected()
        if chosen:
            self.remove_requested.emit(chosen)

    def _current_id(self) -> str:
        return str(self.list.currentIndex().data(ID) or "")

    def _look_at(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self.image_selected.emit(current.data(ID))

    def _offer(self, place: QPoint) -> None:
        menu = QMenu(self.list)
        menu.addAction("Open image…", self.open_requested.emit)
        menu.addAction("Paste", self.paste_requested.emit)
        if self.selected():
            menu.addSeparator()
            menu.addAction("Copy as Python", self.ask_for_python)
            menu.addAction("Remove", self.remove_selected)
        menu.exec(self.list.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _dress(self, *_: object) -> None:
        colours = theme.current()
        self.zone.setFont(theme.font("small"))
        self.count.setFont(theme.font("small"))
        self.zone.setStyleSheet(
            f"border: 1px dashed {colours.muted}; border-radius: 6px; padding: 8px;"
            f" color: {colours.muted}; font-size: {theme.font('small').pixelSize()}px;"
        )
        self.list.doItemsLayout()
        self.list.viewport().update()
