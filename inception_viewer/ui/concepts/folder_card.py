"""A folder of photos to drop or choose: its path, how many there are, some of them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...file_questions import PhotosFound
from .. import theme
from ..elided_field import ElidedField
from ..evaluation.thumbnails import ThumbnailStore
from ..small_label import SmallLabel
from . import words
from .dropping import folders_of
from .strip import PhotoStrip

LOOKING = "Looking into the folder…"
MOST_NAME = 60
"""Letters of a concept's name."""


class FolderCard(QFrame):
    """One folder; that of a concept has a name of its own and can be taken away.

    Parameters
    ----------
    kind
        ``"concept"``, ``"random"`` or ``"class"``.
    title
        What the photos are, where there is no name to type.
    store
        The thumbnails.
    """

    changed = Signal()
    """Another folder, or another name."""
    look_requested = Signal(object)
    """The folder (str) to look into."""
    more_dropped = Signal(object)
    """Folders beyond the first that were dropped together (tuple of str)."""
    remove_requested = Signal()

    def __init__(
        self, kind: str, title: str, store: ThumbnailStore, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAcceptDrops(True)
        self.kind, self._told = kind, ""
        self._store = store
        self._names_itself = True
        self._ask: Callable[[QWidget, str, str], str] = QFileDialog.getExistingDirectory
        self.title, self.name = QLabel(title), QLineEdit()
        self.remove_button = QPushButton("Remove")
        self.folder, self.choose_button = ElidedField(), QPushButton("Choose…")
        self.strip, self.found = PhotoStrip(store), SmallLabel("muted")
        self.trouble = SmallLabel("error")
        self._dress(title)
        self._arrange()
        self._connect()
        self._show("")

    def _dress(self, title: str) -> None:
        self.title.setProperty("role", "section")
        self.title.setVisible(self.kind != "concept")
        self.name.setVisible(self.kind == "concept")
        self.name.setMaxLength(MOST_NAME)
        self.name.setPlaceholderText("Name of the concept")
        self.name.setAccessibleName("Name of the concept")
        self.remove_button.setVisible(self.kind == "concept")
        self.folder.setPlaceholderText("No folder yet")
        self.folder.setAcceptDrops(False)  # the card takes them: as a folder, not as text
        self.name.setAcceptDrops(False)
        self.found.setAccessibleName("What the folder holds")
        self.found.setWordWrap(False)
        self.trouble.setAccessibleName("What is wrong with the folder")
        self._tell_names(title)

    def _tell_names(self, title: str) -> None:
        """Name the fields after what they belong to, for who cannot see where they stand."""
        said = f"concept “{self.name.text()}”" if self.kind == "concept" else title.lower()
        self.folder.setAccessibleName(f"Folder: {said}")
        self.choose_button.setAccessibleName(f"Choose the folder: {said}")
        self.remove_button.setAccessibleName(f"Remove {said}")

    def _arrange(self) -> None:
        grid = theme.GRID
        top, middle = QHBoxLayout(), QHBoxLayout()
        for row in (top, middle):
            row.setSpacing(grid)
        top.addWidget(self.title, 1)
        top.addWidget(self.name, 1)
        top.addWidget(self.remove_button)
        middle.addWidget(self.folder, 1)
        middle.addWidget(self.choose_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[grid] * 4)
        layout.setSpacing(grid)
        layout.addLayout(top)
        layout.addLayout(middle)
        seen = QHBoxLayout()
        seen.setSpacing(grid)
        seen.addWidget(self.strip, 1)
        seen.addWidget(self.found)
        layout.addLayout(seen)
        layout.addWidget(self.trouble)

    def _connect(self) -> None:
        for button in (self.remove_button, self.choose_button):
            button.setAutoDefault(False)
        self.remove_button.clicked.connect(self.remove_requested)
        self.choose_button.clicked.connect(self.choose)
        self.strip.clicked.connect(self.choose)
        self.folder.editingFinished.connect(self.tell)
        self.name.textEdited.connect(self._named)

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """What Tab walks, in order."""
        own = (self.name, self.remove_button) if self.kind == "concept" else ()
        return (*own, self.folder, self.choose_button)

    # --- what is chosen ---

    @property
    def path(self) -> str:
        """The folder, ``""`` for none."""
        return self.folder.text().strip().strip("\"'")

    @property
    def concept_name(self) -> str:
        """What the concept is called."""
        return self.name.text().strip()

    def set_folder(self, folder: str, name: str = "") -> None:
        """Take a folder; a concept without a name of its own is called after it."""
        self.folder.setText(folder)
        if name:
            self.name.setText(name)
            self._names_itself = False
        self.tell()

    def set_name(self, name: str) -> None:
        """Call the concept so, until somebody types a name or the folder is another one."""
        self.name.setText(name)
        self._tell_names("")

    def choose(self) -> None:
        """Ask for the folder."""
        what = self.concept_name or "photos that show the concept"
        title = what if self.kind == "concept" else self.title.text()
        path = self._ask(self.window(), title, self.path)
        if path:
            self.set_folder(path)

    def tell(self) -> None:
        """Have the folder looked into, if it is another one than before."""
        if self.path == self._told:
            return
        self._told = self.path
        if self.kind == "concept" and self._names_itself and self.path:
            self.name.setText(words.name_of(self.path))
            self._tell_names("")
        self._show(LOOKING if self.path else "")
        self.changed.emit()
        if self.path:
            self.look_requested.emit(self.path)

    def _named(self, text: str) -> None:
        self._names_itself = not text.strip()
        self._tell_names("")
        self.changed.emit()

    # --- what is told ---

    def set_contents(self, contents: PhotosFound | str) -> None:
        """Say what the folder holds, or in one sentence why it does not do."""
        if isinstance(contents, str):
            self._show(contents, "error")
            return
        self._show(*words.found(contents, words.least_of(self.kind)), contents.examples)

    def _show(self, text: str, role: str = "muted", examples: tuple[str, ...] = ()) -> None:
        plain = role == "muted"
        self.trouble.set_role("error" if plain else role)
        for label, said in ((self.found, text * plain), (self.trouble, text * (not plain))):
            label.setText(said)
            label.setVisible(bool(said))
        self.strip.set_paths(examples, invites=not self.path)

    # --- drops ---

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take folders, and photos for the folder that they lie in."""
        if folders_of(event.mimeData()):
            event.acceptProposedAction()
            self.strip.setVisible(True)
            self.strip.set_hovered(True)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Go on taking them."""
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Look as before."""
        self._end_drag()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the folder; of several the others are handed on."""
        self._end_drag()
        folders = folders_of(event.mimeData())
        if folders:
            event.acceptProposedAction()
            self.set_folder(folders[0])
            if folders[1:]:
                self.more_dropped.emit(folders[1:])

    def _end_drag(self) -> None:
        self.strip.set_hovered(False)
        self.strip.setVisible(bool(self.strip.paths) or self.strip.invites)
