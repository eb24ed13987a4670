"""Class names: the file's own, those of a family, or a list that someone opens.

Names are no part of a scene, so nothing is computed anew: the views say the same numbers
with other words.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFileDialog, QMenu

from ..checkpoint_changes import describe_checkpoint
from ..checkpoint_questions import CLASS_LISTS, OWN_NAMES, NameClasses, title_of
from ..questions import CheckpointInfo
from ..runner import Done, Failed, Outcome, Runner
from ..session import Session, State
from .classes_dialog import ClassesDialog
from .drops import CLASS_LIST_ENDINGS
from .main_window import MainWindow

TITLE = "Class names"
LISTS = f"Class lists ({' '.join('*' + end for end in CLASS_LIST_ENDINGS)});;All files (*)"


class Naming(QObject):
    """Gives the open checkpoint's classes their names, from the menu or a dropped list."""

    failed = Signal(object)
    """A :class:`Failed`: the list cannot be used."""

    def __init__(self, session: Session, runner: Runner, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self.menu = QMenu(TITLE, window)
        self._group = QActionGroup(self.menu)
        self._choices = {OWN_NAMES: self._choice("The file's own", OWN_NAMES)}
        for entry in CLASS_LISTS:
            self._choices[entry.id] = self._choice(entry.title, entry.id)
        self._opened = self._choice("", "")
        self.menu.addSeparator()
        action = window.menus["class_list"]
        self.menu.addAction(action)
        window.menus.submenu("Checkpoint").insertMenu(action, self.menu)
        action.triggered.connect(lambda _checked=False: self.ask())
        self.follow(session.state, session.state)

    def _choice(self, title: str, names: str) -> QAction:
        action = self.menu.addAction(title)
        action.setCheckable(True)
        self._group.addAction(action)
        if title:  # a list that is open already need not be read again
            action.triggered.connect(lambda _checked=False: self.use(names))
        return action

    def follow(self, old: State, new: State) -> None:
        """Offer what fits the open checkpoint, and mark what is in use."""
        info = new.open_checkpoint
        count = len(info.classes) if info is not None else 0
        fitting = {entry.id for entry in CLASS_LISTS if entry.count == count}
        for names, action in self._choices.items():
            action.setEnabled(info is not None and names in (OWN_NAMES, *fitting))
            if names:
                action.setToolTip("" if names in fitting else _other_count(names, count))
        self._window.menus["class_list"].setEnabled(info is not None)
        names = info.names if info is not None else OWN_NAMES
        by_hand = names not in self._choices
        self._opened.setVisible(by_hand)
        self._opened.setText(title_of(names).replace("&", "&&"))
        (self._opened if by_hand else self._choices[names]).setChecked(True)
        self._close_stale(old, new)

    def _close_stale(self, old: State, new: State) -> None:
        """Close lists of classes that show names no longer in use."""
        before = {info.fingerprint: info.classes for info in old.checkpoints}
        after = {info.fingerprint: info.classes for info in new.checkpoints}
        if any(after.get(mark, names) != names for mark, names in before.items()):
            for dialog in self._window.findChildren(ClassesDialog):
                dialog.close()

    def ask(self) -> None:
        """Ask for a class list and use it."""
        folder = self._window.preferences.folder
        path, _ = QFileDialog.getOpenFileName(self._window, "Open a class list", folder, LISTS)
        if path:
            self._window.preferences.folder = str(Path(path).parent)
            self.use(path)

    def use(self, names: str) -> None:
        """Name the open checkpoint's classes by a list: an id, a path, or the file's own."""
        info = self._session.state.open_checkpoint
        if info is None:
            self._window.messages.say("Open a checkpoint first, then its class list.")
            return
        question = NameClasses(info.fingerprint, names)
        deliver = partial(self._take, info)
        self._runner.submit(question, deliver, view="class names", lane="files")

    def _take(self, asked: CheckpointInfo, outcome: Outcome) -> None:
        if isinstance(outcome, Failed):
            self.follow(self._session.state, self._session.state)  # the mark goes back
            self.failed.emit(outcome)
        elif isinstance(outcome, Done):
            named: CheckpointInfo = outcome.answer
            self._session.update(lambda state: _renamed(state, named), undoable=False)
            words = title_of(named.names)
            self._window.status.flash(f"{asked.name}: class names from {words}.")


def _renamed(state: State, named: CheckpointInfo) -> State:
    """Take only the names from the answer: of the rest the window may know more by now."""
    info = next((c for c in state.checkpoints if c.fingerprint == named.fingerprint), None)
    return state if info is None else describe_checkpoint(state, with_names(info, named))


def with_names(info: CheckpointInfo, named: CheckpointInfo) -> CheckpointInfo:
    """Return a checkpoint with the class names of another answer about it."""
    details = info.details
    if details is not None and named.details is not None:
        details = replace(details, class_source=named.details.class_source)
    return replace(info, classes=named.classes, names=named.names, details=details)


def _other_count(names: str, count: int) -> str:
    wanted = next(entry.count for entry in CLASS_LISTS if entry.id == names)
    return f"It has {wanted:,} classes; this network has {count:,}."
