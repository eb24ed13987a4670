"""Photos, branches, groups of photos and checkpoints side by side: the pages of Compare."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from ..questions import ImageInfo
from . import panes, theme
from .compare.checkpoints_page import CheckpointsPage
from .compare.groups_page import GroupsPage
from .compare.images_page import ImagesPage
from .compare.photo_map_page import PhotoMapPage
from .compare.photos_button import PhotosButton
from .compare.profile_page import ProfilePage
from .maps.restyle import panel
from .small_label import SmallLabel
from .view import View

IMAGES, PROFILE, MAP, GROUPS = "images", "profile", "map", "groups"
CHECKPOINTS = "checkpoints"
TITLES = {
    IMAGES: "Images",
    PROFILE: "Branch profile",
    MAP: "Photo map",
    GROUPS: "Groups",
    CHECKPOINTS: "Checkpoints",
}
OF_CHOSEN = (IMAGES, PROFILE, CHECKPOINTS)
"""The pages that are about the photos that are chosen."""

Page = ImagesPage | ProfilePage | PhotoMapPage | GroupsPage | CheckpointsPage


class CompareView(View):
    """The pages, and the photos that some of them are about; signals and setters only."""

    picked = Signal(object)
    """Emitted with the ids (tuple of str) of the photos that shall be compared."""
    page_shown = Signal(object)
    """Emitted with the name (str) of the page that came to the front."""
    copy_python_requested = Signal(object)
    """Emitted with ``"compare"``."""
    python_kind = "compare"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Compare", parent)
        self._images: tuple[ImageInfo, ...] = ()
        self.chosen: tuple[str, ...] = ()
        """Ids of the photos that are compared."""
        self.images, self.profile = ImagesPage(), ProfilePage()
        self.map, self.groups = PhotoMapPage(), GroupsPage()
        self.checkpoints = CheckpointsPage()
        self.pages: dict[str, Page] = {
            IMAGES: self.images,
            PROFILE: self.profile,
            MAP: self.map,
            GROUPS: self.groups,
            CHECKPOINTS: self.checkpoints,
        }
        self.photos = PhotosButton()
        self.note, self.failure = SmallLabel("muted"), SmallLabel("error")
        self.tabs = QTabWidget()
        self._arrange()
        self._connect()
        self._show_photos()

    def _arrange(self) -> None:
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tabs.setAccessibleName("What is compared")
        for name, page in self.pages.items():
            self.tabs.addTab(page, TITLES[name])
        corner = QWidget()
        beside = QHBoxLayout(corner)  # in line with the pages' own buttons, and with the tabs
        beside.setContentsMargins(0, 0, theme.GRID, theme.GRID)
        beside.addWidget(self.photos)
        self.tabs.setCornerWidget(corner)
        for label in (self.note, self.failure):
            label.setContentsMargins(theme.GRID, 4, theme.GRID, 0)
            label.hide()
        content = panel()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.failure)
        layout.addWidget(self.note)
        layout.addWidget(self.tabs, 1)
        self.set_content(content)

    def _connect(self) -> None:
        self.photos.picked.connect(self.picked)
        self.tabs.currentChanged.connect(lambda _: self._turn())
        for page in self.pages.values():
            page.python_requested.connect(self.ask_for_python)

    # --- which page ------------------------------------------------------------------

    @property
    def page(self) -> str:
        """The name of the page in front."""
        front = self.tabs.currentWidget()
        return next(name for name, page in self.pages.items() if page is front)

    def show_page(self, name: str) -> None:
        """Bring a page to the front."""
        self.tabs.setCurrentWidget(self.pages[name])

    def _turn(self) -> None:
        self._show_photos()
        self.page_shown.emit(self.page)

    def take_focus(self) -> None:
        """Put the keyboard on what the page is about."""
        if self.is_empty:
            panes.enter(self)
        elif self.page == IMAGES:
            self.images.canvas.setFocus()
        elif self.page == MAP:
            self.map.slider.setFocus()
        elif self.page == CHECKPOINTS and self.checkpoints.pair is not None:
            self.checkpoints.canvas.setFocus()
        else:
            panes.enter(self.pages[self.page])

    # --- which photos ----------------------------------------------------------------

    def set_images(self, images: tuple[ImageInfo, ...], chosen: tuple[str, ...]) -> None:
        """Say which photos are open, and which of them are compared."""
        self._images, self.chosen = images, chosen
        self._show_photos()

    def _show_photos(self) -> None:
        self.photos.set_photos(self._images, self.chosen)
        self.photos.setVisible(self.page in OF_CHOSEN)

    # --- what is told ----------------------------------------------------------------

    def set_note(self, sentence: str) -> None:
        """Say what all pages leave out, and what is saved of them says; ``""`` for nothing."""
        for page in (self.images, self.profile, self.map, self.groups, self.checkpoints):
            page.left_out = sentence
        self.note.setText(sentence)
        self.note.setVisible(bool(sentence))

    def set_failure(self, sentence: str) -> None:
        """Say what went wrong; ``""`` for nothing."""
        self.failure.setText(sentence)
        self.failure.setVisible(bool(sentence))
