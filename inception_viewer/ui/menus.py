"""The menus as a table: what can be done, where it stands, and its keys.

Keys are the platform's own (``StandardKey``) where it has one for the purpose. On a Mac
"Ctrl" is Command and "Meta" is Control, as everywhere in Qt.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

Key = QKeySequence.StandardKey
Keys = tuple[str | QKeySequence.StandardKey, ...]
MAC = "darwin"


@dataclass(frozen=True)
class Item:
    """One line of a menu.

    Attributes
    ----------
    id
        How the code names it.
    text
        What people read.
    keys
        Shortcuts: the platform's own, or written out.
    mac
        Those of a Mac where they differ; see :data:`RESERVED_ON_MAC`.
    hint
        Keys that a view handles itself, shown but not bound here.
    checkable
        Whether it carries a check mark.
    """

    id: str
    text: str
    keys: Keys = ()
    mac: Keys | None = None
    hint: str = ""
    checkable: bool = False


SEPARATOR = Item("", "")

FILE = (
    Item("open_image", "Open image…", (Key.Open,)),
    Item("open_folder", "Open folder…", ("Ctrl+Alt+O",)),
    Item("remove", "Remove photo", hint="Del"),
    SEPARATOR,
    Item("save_checkpoint", "Save checkpoint as…", ("Ctrl+Shift+S",)),
    SEPARATOR,
    Item("close", "Close window", (Key.Close,)),
    Item("quit", "Quit", (Key.Quit, "Ctrl+Q")),
)
EDIT = (
    Item("undo", "Undo", (Key.Undo,)),
    Item("redo", "Redo", (Key.Redo,)),
    SEPARATOR,
    Item("paste", "Paste", (Key.Paste,)),
    Item("copy_python", "Copy as Python", ("Ctrl+Shift+C",)),
    Item("copy_headline", "Copy headline"),
)
CHECKPOINT = (
    Item("open_checkpoint", "Open checkpoint…", ("Ctrl+Shift+O",)),
    Item("open_demo", "Open the demo"),
    Item("get_checkpoint", "Get…"),
    Item("fit_heads", "Fit auxiliary heads…"),
    SEPARATOR,
    Item("classes", "Classes it knows…", ("Ctrl+K",)),
    Item("input", "Input…", ("Ctrl+Shift+I",)),
    Item("class_list", "Open a class list…"),
    Item("about_checkpoint", "About this checkpoint…", ("Ctrl+I",)),
    SEPARATOR,
    Item("close_checkpoint", "Close checkpoint", ("Ctrl+Shift+W",)),
    Item("next_checkpoint", "Next checkpoint", ("Ctrl+Tab",), ("Meta+Tab",)),
    Item("previous_checkpoint", "Previous checkpoint", ("Ctrl+Shift+Tab",), ("Meta+Shift+Tab",)),
)
VIEW = (
    Item("larger", "Larger text", (Key.ZoomIn, "Ctrl+=")),
    Item("smaller", "Smaller text", (Key.ZoomOut,)),
    Item("normal", "Normal text", ("Ctrl+0",)),
    SEPARATOR,
    Item("find_unit", "Find a unit…", (Key.Find,)),
    Item("fit_network", "Fit the network", ("Ctrl+Shift+0",)),
    Item("maximise", "Maximise the tab", ("Ctrl+M",), ("Ctrl+Shift+M",), checkable=True),
    Item("full_screen", "Full screen", ("F11", Key.FullScreen), (Key.FullScreen,), checkable=True),
    Item("next_pane", "Next pane", ("F6",)),
    Item("previous_pane", "Previous pane", ("Shift+F6",)),
    SEPARATOR,
    Item("reset_layout", "Reset layout"),
)
ANALYSE = (
    Item("attribute", "Compute the attribution", ("Ctrl+Return",)),
    Item("evaluate", "Evaluate on a folder…", ("Ctrl+E",)),
    Item("concepts", "Test concepts…", ("Ctrl+T",)),
    Item("index", "Index a folder…"),
    Item("cancel", "Cancel", ("Esc",), ("Esc", "Ctrl+.")),
    Item("empty_queue", "Empty the queue"),
    SEPARATOR,
    Item("brush", "Paint over the picture", ("Ctrl+B",), checkable=True),
    Item("clear_painting", "Clear the painting"),
    Item("clear_input", "Clear the changes of the input"),
    Item("clear_interventions", "Clear the interventions"),
    SEPARATOR,
    Item("next_image", "Next photo", ("Alt+Down",), ("Ctrl+Alt+Down",)),
    Item("previous_image", "Previous photo", ("Alt+Up",), ("Ctrl+Alt+Up",)),
    Item("next_unit", "Next unit", ("Alt+Right",), ("Ctrl+Alt+Right",)),
    Item("previous_unit", "Previous unit", ("Alt+Left",), ("Ctrl+Alt+Left",)),
    SEPARATOR,
    Item("show_maps", "Show the feature maps", ("Ctrl+1",)),
    Item("show_attribution", "Show the attribution", ("Ctrl+2",)),
    Item("show_lab", "Show the lab", ("Ctrl+3",)),
    Item("show_compare", "Show the comparisons", ("Ctrl+4",)),
    Item("show_intervene", "Show the interventions", ("Ctrl+5",)),
)
HELP = (
    Item("shortcuts", "Keyboard shortcuts", (Key.HelpContents,)),
    Item("about", "About Inception Viewer"),
)
MENUS = {
    "File": FILE,
    "Edit": EDIT,
    "Checkpoint": CHECKPOINT,
    "View": VIEW,
    "Analyse": ANALYSE,
    "Help": HELP,
}
RESERVED_ON_MAC = frozenset(
    {"Ctrl+M", "Ctrl+Alt+M", "Ctrl+H", "Ctrl+Alt+H", "Ctrl+,", "Ctrl+Tab", "Ctrl+Space"}
    | {"Ctrl+`", "Ctrl+Alt+`", "Ctrl+Alt+D", "Ctrl+Alt+Esc", "Ctrl+Shift+Q"}
    | {"Ctrl+Shift+3", "Ctrl+Shift+4", "Ctrl+Shift+5", "F3", "F4", "F11", "F12"}
)
"""What the system takes for itself: minimise, hide, switch, search, log out, screenshots, …."""
THEMES = (("system", "Follow the system"), ("light", "Light"), ("dark", "Dark"))


def keys_of(item: Item, platform: str = sys.platform) -> Keys:
    """Return an item's keys on a platform, named as by ``sys.platform``."""
    return item.mac if platform == MAC and item.mac is not None else item.keys


def sequences(keys: Sequence[str | QKeySequence.StandardKey]) -> list[QKeySequence]:
    """Return what to press, each once: the same keys twice would be ambiguous to Qt.

    A standard key counts as its first binding, and as nothing where the platform has none.
    """
    found: list[QKeySequence] = []
    for key in keys:
        sequence = QKeySequence(key)
        if not sequence.isEmpty() and sequence not in found:
            found.append(sequence)
    return found


class Menus(QMenuBar):
    """The menu bar; ``menus["open_image"]`` is that action.

    ``submenu("Checkpoint")`` is a menu, ``themes`` the group of theme actions, whose
    ``data()`` is the theme's name. ``platform`` decides on the keys.
    """

    def __init__(self, parent: QWidget | None = None, platform: str = sys.platform) -> None:
        super().__init__(parent)
        self._platform = platform
        self._actions: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        for title, items in MENUS.items():
            self._menus[title] = self.addMenu(f"&{title}")
            for item in items:
                self._add(self._menus[title], item)
        self._actions["quit"].setMenuRole(QAction.MenuRole.QuitRole)
        self._actions["about"].setMenuRole(QAction.MenuRole.AboutRole)
        self.themes = self._theme_menu()

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def submenu(self, title: str) -> QMenu:
        """Return a menu by its title."""
        return self._menus[title]

    def shortcuts(self) -> list[tuple[str, str, str]]:
        """Return (menu, what it does, keys) of everything that has keys."""
        rows = []
        for title, items in MENUS.items():
            for item in items:
                keys = item.hint or ", ".join(
                    sequence.toString(QKeySequence.SequenceFormat.NativeText)
                    for sequence in (self._actions[item.id].shortcuts() if item.id else [])
                )
                if keys:
                    rows.append((title, item.text.rstrip("…"), keys))
        return rows

    def add_toggles(self, actions: list[QAction]) -> None:
        """Put the docks' own show-and-hide actions at the top of View."""
        menu = self._menus["View"]
        first = menu.actions()[0]
        menu.insertActions(first, actions)
        menu.insertSeparator(first)

    def _add(self, menu: QMenu, item: Item) -> None:
        if not item.id:
            menu.addSeparator()
            return
        action = menu.addAction(f"{item.text}\t{item.hint}" if item.hint else item.text)
        action.setShortcuts(sequences(keys_of(item, self._platform)))
        action.setCheckable(item.checkable)
        # Else a Mac takes whatever begins with "About" for the program's own entry.
        action.setMenuRole(QAction.MenuRole.NoRole)
        self._actions[item.id] = action

    def _theme_menu(self) -> QActionGroup:
        group = QActionGroup(self)
        menu = QMenu("Theme", self)
        for name, text in THEMES:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setData(name)
            group.addAction(action)
        self._menus["View"].insertMenu(self._actions["larger"], menu)
        self._menus["Theme"] = menu
        return group
