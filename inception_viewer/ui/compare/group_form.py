"""The groups as cards, and the ways to make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ...comparison_questions import Group
from ...photo_groups import (
    MOST_GROUPS,
    Compared,
    GroupDraft,
    by_class,
    by_folder,
    obstacle,
    subfolders,
)
from .. import theme
from ..maps.restyle import see_through
from ..small_label import SmallLabel
from .group_card import GroupCard

UNNAMED = "group "
"""How the name begins of a group that nobody has named."""


class GroupForm(QWidget):
    """The cards, one below the other; signals and setters only."""

    wanted = Signal(object, bool)
    """Emitted with the groups (tuple of :class:`GroupDraft`) that there shall be, and whether
    that is a step of its own: the letters of a name are one step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.compared = Compared()
        self.cards: list[GroupCard] = []
        self.present: tuple[str, ...] = ()
        self.selected: tuple[str, ...] = ()
        self.labels: dict[str, str] = {}
        self._ask = QFileDialog.getExistingDirectory
        self.new, self.classes = QPushButton("New group"), QPushButton("By class")
        self.folders, self.clear = QPushButton("By folder…"), QPushButton("Clear")
        self.obstacle = SmallLabel("muted")
        self._dress()
        self._arrange()
        self.new.clicked.connect(lambda: self.add(GroupDraft(self._free_name())))
        self.classes.clicked.connect(lambda: self.want(by_class(self.labels)))
        self.folders.clicked.connect(self._choose_folders)
        self.clear.clicked.connect(lambda: self.want([]))
        self._show()

    def _dress(self) -> None:
        self.new.setToolTip("Make a group, of the photos that are selected in the tray")
        self.classes.setToolTip("Make a group of each predicted class with two photos or more")
        self.folders.setToolTip("Make a group of each folder in a folder")
        self.clear.setToolTip("Remove all groups")
        self.obstacle.setAccessibleName("What is missing")

    def _arrange(self) -> None:
        rows = QHBoxLayout(), QHBoxLayout()
        for row, parts in zip(
            rows, ((self.new, self.classes), (self.folders, self.clear)), strict=True
        ):
            row.setSpacing(theme.GRID // 2)
            for part in parts:
                row.addWidget(part, 1)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GRID)
        self._column.addStretch()
        self.scrolled = QScrollArea()
        self.scrolled.setWidget(inside)
        self.scrolled.setWidgetResizable(True)
        self.scrolled.setFrameShape(QFrame.Shape.NoFrame)
        see_through(self.scrolled)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID // 2)
        for row in rows:
            layout.addLayout(row)
        layout.addWidget(self.scrolled, 1)
        layout.addWidget(self.obstacle)

    @property
    def groups(self) -> tuple[GroupDraft, ...]:
        """The groups that there are."""
        return self.compared.groups

    @property
    def problem(self) -> str:
        """Why the groups cannot be compared yet, or ``""``."""
        return obstacle(self.groups, self.present, self.compared.found)

    @property
    def asked(self) -> tuple[Group, ...]:
        """The groups as they are asked for."""
        return tuple(one.group(self.present, self.compared.found) for one in self.groups)

    # --- what is told ----------------------------------------------------------------

    def set_tray(
        self, present: Sequence[str], selected: Sequence[str], labels: Sequence[str]
    ) -> None:
        """Say which photos are open and selected, and their predicted classes (or ``""``)."""
        self.present, self.selected = tuple(present), tuple(selected)
        self.labels = dict(zip(present, labels, strict=True))
        self._show()

    def set_compared(self, compared: Compared) -> None:
        """Show these groups, and what is in their folders."""
        self.compared = compared
        self._show()

    # --- what is wanted --------------------------------------------------------------

    def want(self, groups: Sequence[GroupDraft], *, step: bool = True) -> None:
        """Ask for these groups and no others."""
        self.wanted.emit(tuple(groups)[:MOST_GROUPS], step)

    def add(self, group: GroupDraft) -> None:
        """Add a group; the photos that are selected in the tray come with it, if several are."""
        if not group.folders and not group.images and len(self.selected) > 1:
            group = group.with_images(self.selected)
        self.want([*self.groups, group])

    def add_to(self, place: int, folders: Sequence[str], files: Sequence[str] = ()) -> None:
        """Put folders and files into a group; an empty one of no name is called after a folder."""
        group = self.groups[place]
        empty = not (group.images or group.files or group.folders)
        if empty and group.name.startswith(UNNAMED) and len(folders) == 1:
            group = replace(group, name=by_folder(folders)[0].name)
        self._replace(place, group.with_files(files, folders))

    def _free_name(self) -> str:
        taken = {one.name for one in self.groups}
        return next(name for n in range(1, 99) if (name := f"{UNNAMED}{n}") not in taken)

    def _replace(self, place: int, group: GroupDraft, *, step: bool = True) -> None:
        self.want([*self.groups[:place], group, *self.groups[place + 1 :]], step=step)

    # --- folders ---------------------------------------------------------------------

    def _choose_folders(self) -> None:
        path = self._ask(self.window(), "A folder with a folder for each group", "")
        if path:
            self.add_folders(subfolders(path))

    def add_folders(self, folders: Sequence[str]) -> None:
        """Make a group of each folder, called after it."""
        self.want([*self.groups, *by_folder(folders)])

    def _choose_folder(self, place: int) -> None:
        path = self._ask(self.window(), f"Photos of {self.groups[place].name}", "")
        if path:
            self.add_to(place, [path])

    def card_at(self, point: QPoint) -> int | None:
        """Return the group at a point on the screen, or None."""
        if not self.scrolled.isVisible():
            return None
        for place, card in enumerate(self.cards):
            if card.visibleRegion().contains(card.mapFromGlobal(point)):
                return place
        return None

    def hover(self, place: int | None) -> None:
        """Show which group would take what is dragged."""
        for at, card in enumerate(self.cards):
            card.set_hovered(at == place)

    # --- cards -----------------------------------------------------------------------

    def _show(self) -> None:
        while len(self.cards) > len(self.groups):
            card = self.cards.pop()
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        while len(self.cards) < len(self.groups):
            self._add_card()
        for card, group in zip(self.cards, self.groups, strict=True):
            counted = group.counted(self.present, self.compared.found)
            card.set_group(group, counted, len(self.selected))
        self.new.setEnabled(len(self.groups) < MOST_GROUPS)
        self.folders.setEnabled(len(self.groups) < MOST_GROUPS)
        self.classes.setEnabled(bool(by_class(self.labels)))
        self.clear.setEnabled(bool(self.groups))
        self.obstacle.setText(self.problem)
        self.obstacle.setVisible(bool(self.problem))

    def _add_card(self) -> None:
        place, card = len(self.cards), GroupCard()
        card.renamed.connect(lambda name, begins: self._rename(place, name, begins))
        card.add_requested.connect(
            lambda: self._replace(place, self.groups[place].with_images(self.selected))
        )
        card.folder_requested.connect(lambda: self._choose_folder(place))
        card.remove_requested.connect(
            lambda: self.want([*self.groups[:place], *self.groups[place + 1 :]])
        )
        self.cards.append(card)
        self._column.insertWidget(place, card)

    def _rename(self, place: int, name: str, begins: bool) -> None:
        self._replace(place, replace(self.groups[place], name=name), step=begins)
