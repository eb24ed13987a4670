"""One group of photos: its name, how many it has, and how more come into it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...photo_groups import GroupDraft
from .. import theme
from ..maps.elided import ElidedLabel


class GroupCard(QFrame):
    """Shows a :class:`GroupDraft`; signals and setters only."""

    renamed = Signal(object, bool)
    """Emitted with the name (str) as it is typed, and whether typing begins with it."""
    add_requested = Signal()
    """The photos that are selected in the tray shall be added."""
    folder_requested = Signal()
    remove_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.name, self.count = QLineEdit(), ElidedLabel()
        self.add, self.folder = QPushButton("Add selected"), QPushButton("Add folder…")
        self.remove = QToolButton()
        self.remove.setText("\N{MULTIPLICATION SIGN}")
        self.remove.setToolTip("Remove the group")
        self.add.setToolTip("Add the photos that are selected in the tray")
        self.folder.setToolTip("Add a folder's photos; one can also be dropped here")
        self.name.setPlaceholderText("Name of the group")
        self.name.setMaxLength(40)
        self.name.setAcceptDrops(False)
        self.count.setProperty("role", "muted")
        self._arrange()
        self._typing = False
        self.name.textEdited.connect(self._type)
        self.name.editingFinished.connect(self._end_typing)
        self.add.clicked.connect(self.add_requested)
        self.folder.clicked.connect(self.folder_requested)
        self.remove.clicked.connect(self.remove_requested)

    def _arrange(self) -> None:
        top, foot = QHBoxLayout(), QHBoxLayout()
        for row in (top, foot):
            row.setSpacing(theme.GRID // 2)
        top.addWidget(self.name, 1)
        top.addWidget(self.remove)
        foot.addWidget(self.add, 1)
        foot.addWidget(self.folder, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.GRID] * 4)
        layout.setSpacing(theme.GRID // 2)
        layout.addLayout(top)
        layout.addWidget(self.count)
        layout.addLayout(foot)

    def _type(self, name: str) -> None:
        begins, self._typing = not self._typing, True
        self.renamed.emit(name, begins)

    def _end_typing(self) -> None:
        self._typing = False

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """What Tab walks, in order."""
        return self.name, self.remove, self.add, self.folder

    def set_group(self, group: GroupDraft, counted: str, selected: int) -> None:
        """Show a group; ``selected`` is how many photos are selected in the tray."""
        if self.name.text() != group.name:
            self.name.setText(group.name)
        self.count.setText(counted)
        self.add.setEnabled(selected > 0)
        self.add.setText(f"Add selected ({selected})" if selected else "Add selected")
        for part, words in (
            (self.name, "Name of group"), (self.count, "Photos of"), (self.remove, "Remove"),
            (self.add, "Add the selected photos to"), (self.folder, "Add a folder to"),
        ):  # fmt: skip
            part.setAccessibleName(f"{words} {group.name}")

    def set_hovered(self, hovered: bool) -> None:
        """Show whether photos that are dragged would come here."""
        colour = theme.current().accent
        self.setStyleSheet(f"GroupCard {{ border: 2px dashed {colour}; }}" if hovered else "")
