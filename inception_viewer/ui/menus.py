"""The menus as a table: what can be done, where it stands, and its keys."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

Key = QKeySequence.StandardKey


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
    hint
        Keys that a view handles itself, shown but not bound here.
    checkable
        Whether it carries a check mark.
    """

    id: str
    text: str
    keys: tuple[str | QKeySequence.StandardKey, ...] = ()
    hint: str = ""
    checkable: bool = False


SEPARATOR = Item("", "")

FILE = (
    Item("open_image", "Open image…", (Key.Open,)),
    Item("open_folder", "Open folder…", ("Ctrl+Alt+O",)),
    Item("remove", "Remove photo", hint="Del"),
    SEPARATOR,
    Item("close", "Close window", (Key.Close,)),
    Item("quit", "Quit", ("Ctrl+Q",)),
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
    SEPARATOR,
    Item("classes", "Classes it knows…", ("Ctrl+K",)),
    Item("about_checkpoint", "About this checkpoint…", ("Ctrl+I",)),
)
VIEW = (
    Item("larger", "Larger text", (Key.ZoomIn, "Ctrl+=")),
    Item("smaller", "Smaller text", (Key.ZoomOut,)),
    Item("normal", "Normal text", ("Ctrl+0",)),
    SEPARATOR,
    Item("find_unit", "Find a unit…", ("Ctrl+F",)),
    Item("fit_network", "Fit the network", ("Ctrl+Shift+0",)),
    Item("maximise", "Maximise the tab", ("Ctrl+M",), checkable=True),
    Item("full_screen", "Full screen", ("F11",), checkable=True),
    Item("next_pane", "Next pane", ("F6",)),
    Item("previous_pane", "Previous pane", ("Shift+F6",)),
    SEPARATOR,
    Item("reset_layout", "Reset layout"),
)
ANALYSE = (
    Item("attribute", "Compute the attribution", ("Ctrl+Return",)),
    Item("cancel", "Cancel", ("Esc",)),
    SEPARATOR,
    Item("next_image", "Next photo", ("Alt+Down",)),
    Item("previous_image", "Previous photo", ("Alt+Up",)),
    Item("next_unit", "Next unit", ("Alt+Right",)),
    Item("previous_unit", "Previous unit", ("Alt+Left",)),
    SEPARATOR,
    Item("show_maps", "Show the feature maps", ("Ctrl+1",)),
    Item("show_attribution", "Show the attribution", ("Ctrl+2",)),
)
HELP = (
    Item("shortcuts", "Keyboard shortcuts", ("F1",)),
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
THEMES = (("system", "Follow the system"), ("light", "Light"), ("dark", "Dark"))


class Menus(QMenuBar):
    """The menu bar; ``menus["open_image"]`` is that action.

    ``submenu("Checkpoint")`` is a menu, ``themes`` the group of theme actions, whose
    ``data()`` is the theme's name.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        action.setShortcuts([QKeySequence(key) for key in item.keys])
        action.setCheckable(item.checkable)
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
