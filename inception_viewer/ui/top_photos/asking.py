"""Asking for the indexes and a channel's top photos, while the inspector's section is in sight."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton

from ...index_questions import (
    BuildIndex,
    FindIndexes,
    IndexInfo,
    TopPhoto,
    TopPhotos,
    TopPhotosAnswer,
)
from ...questions import CheckpointInfo, Node, Preprocessing
from ...runner import Done, Failed, Outcome, Partial, Runner
from ...session import Session, State
from .. import snippets
from ..attribution.export import save_picture
from ..compare.saving import ask as ask_where
from ..compare.saving import ask_dialog, written
from ..drops import Dropped, sources_of_paths
from ..main_window import MainWindow
from .indexing import Indexing
from .panel import TopPhotosPanel
from .saving import name_for, picture_of
from .words import instead

Key = tuple[str, Preprocessing]
"""A checkpoint's fingerprint and the input in use."""
SLOW_MS = 250
"""After so long the tiles of the channel before are not left standing."""


class AskingTopPhotos(QObject):
    """Keeps the section on the selected channel; asks for nothing that nobody sees."""

    brought = Signal(object)
    """A :class:`~..drops.Dropped`: a photo that was clicked."""

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, indexing: Indexing
    ) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self._indexing = indexing
        self.panel = TopPhotosPanel()
        self._found: dict[Key, tuple[IndexInfo, ...]] = {}
        self._chosen: dict[Key, str] = {}
        self._searched: set[Key] = set()
        self._asked: TopPhotos | None = None
        self._stale = True
        self._awaited: Key | None = None
        self.ask_file = QFileDialog.getOpenFileName
        self.ask_place = ask_dialog
        self._slow = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._slow.timeout.connect(lambda: self.panel.show_looking())
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._look)
        self._connect()
        self._make_menu()
        window.inspector.top_place.hold(self.panel)
        window.inspector.settle()

    def _connect(self) -> None:
        panel, indexing, inspector = self.panel, self._indexing, self._window.inspector
        panel.index_wanted.connect(indexing.ask)
        panel.go_on_wanted.connect(indexing.go_on)
        panel.file_wanted.connect(self.open_file)
        panel.index_chosen.connect(self._choose)
        panel.channel_wanted.connect(self._select)
        panel.opened.connect(self._open)
        panel.resized.connect(inspector.settle)
        indexing.known.connect(self._take_written)
        indexing.moved.connect(self._show_progress)
        indexing.ended.connect(self._take_end)

    def _make_menu(self) -> None:
        menu = QMenu(self.panel)
        menu.addAction(self._window.menus["index"])
        menu.addAction("Open another index file\N{HORIZONTAL ELLIPSIS}", self.open_file)
        menu.addSeparator()
        of_photos = (
            menu.addAction("Save PNG\N{HORIZONTAL ELLIPSIS}", self.save),
            menu.addAction(
                "Copy as Python",
                lambda: self._window.inspector.copy_python_requested.emit("top_photos"),
            ),
        )
        menu.aboutToShow.connect(partial(self._enable, of_photos))
        button = QToolButton()
        button.setText("More")
        button.setProperty("flat", True)
        button.setToolTip("Index, open, save, copy")
        button.setAccessibleName("What can be done with top photos")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(menu)
        self.menu_button = button
        self._window.inspector.top_section.tools.addWidget(button)

    def _enable(self, actions: tuple[QAction, ...]) -> None:
        for action in actions:
            action.setEnabled(bool(self.panel.answer and self.panel.answer.photos))

    # --- what is looked at ---

    def follow(self, old: State, new: State) -> None:
        """Follow the channel, the checkpoint and the input."""
        if _matters(old) != _matters(new):
            self.look_again()

    def look_again(self) -> None:
        """Look again once the section is in sight."""
        self._stale = True
        self._window.inspector.top_place.update()

    def seen(self) -> None:
        """Look, if anything has changed since: the section is in sight."""
        if self._stale and self._session.state.channel is not None:
            self._soon.start()

    def _key(self) -> Key | None:
        state = self._session.state
        return (state.checkpoint, state.made) if state.open_checkpoint is not None else None

    def _node(self) -> Node | None:
        state = self._session.state
        if state.channel is None or state.open_checkpoint is None:
            return None
        return next(
            (n for n in state.open_checkpoint.graph.nodes if n.name == state.channel[0]), None
        )

    def _look(self) -> None:
        """Show what is known of the channel, and ask for what is not."""
        key, node, channel = self._key(), self._node(), self._session.state.channel
        if key is None or node is None or channel is None:
            return
        self._stale = False
        self._slow.stop()
        if node.kind != "conv":
            self._asked = None
            info = self._session.state.open_checkpoint
            assert info is not None
            self.panel.show_instead(*instead(node, channel[1], info.graph))
            return
        if key not in self._searched:
            self._find(key)
            return
        self._show_indexes(key)
        self._show_progress()
        path = self._path(key)
        if not path:
            self._asked = None
            self._searched.discard(key)  # one may be made elsewhere
            self.panel.show_first() if self._building(key) else self.panel.show_none()
            return
        self._asked = TopPhotos(path, key[0], *channel)
        self._slow.start()
        self._runner.live("top photos", self._asked, self._take)

    def _find(self, key: Key) -> None:
        self._asked = None
        if self._awaited != key:
            self._awaited = key
            self._slow.start()
            self._runner.live("indexes", FindIndexes(*key), partial(self._take_indexes, key))

    def _take_indexes(self, key: Key, outcome: Outcome) -> None:
        if self._awaited == key and not isinstance(outcome, Partial):
            self._awaited = None
        if isinstance(outcome, Done | Failed):
            self._searched.add(key)
            known = self._found.get(key, ())
            paths = {info.path for info in known}
            found = outcome.answer if isinstance(outcome, Done) else ()
            self._found[key] = (*known, *(info for info in found if info.path not in paths))
            if isinstance(outcome, Failed):
                self.panel.set_failure(outcome.sentence)
            self.look_again()

    def _take(self, outcome: Outcome) -> None:
        if outcome.question != self._asked:
            return
        if isinstance(outcome, Done):
            self._slow.stop()
            self.panel.set_failure("")
            self._show(outcome.answer)
        elif isinstance(outcome, Failed):
            self._slow.stop()
            self.panel.show_unusable()
            self.panel.set_failure(outcome.sentence)

    def _show(self, answer: TopPhotosAnswer) -> None:
        key = self._key()
        other = key is not None and answer.info.preprocessing != key[1]
        if key is not None:
            self._keep(key, answer.info)
            self._show_indexes(key)
        touched = bool(self._session.state.interventions)
        self.panel.show_photos(answer, self._node(), other_input=other, touched=touched)
        self._show_progress()

    # --- which index ---

    def _path(self, key: Key) -> str:
        """Return the index that is used: the one chosen, else the newest."""
        infos = self._found.get(key, ())
        chosen = self._chosen.get(key, "")
        if any(info.path == chosen for info in infos):
            return chosen
        return infos[0].path if infos else ""

    def _info(self, key: Key) -> IndexInfo | None:
        path = self._path(key)
        return next((info for info in self._found.get(key, ()) if info.path == path), None)

    def _keep(self, key: Key, info: IndexInfo) -> None:
        """Note what is known of an index by now."""
        known = self._found.get(key, ())
        if any(one.path == info.path for one in known):
            self._found[key] = tuple(info if one.path == info.path else one for one in known)
        else:
            self._found[key] = (info, *known)

    def _show_indexes(self, key: Key) -> None:
        self.panel.set_indexes(self._found.get(key, ()), self._path(key))

    def _choose(self, path: str) -> None:
        key = self._key()
        if key is not None:
            self._chosen[key] = path
            self.look_again()

    def open_file(self) -> None:
        """Ask for an index file and use it, if it is one of this checkpoint."""
        key, channel, node = self._key(), self._session.state.channel, self._node()
        if key is None or channel is None or node is None:
            return
        info = self._info(key)
        beside = str(Path(info.path).parent) if info is not None else ""
        path, _ = self.ask_file(self._window, "Open an index", beside)
        if path:
            asked = TopPhotos(path, key[0], *channel)
            self._runner.live("index file", asked, partial(self._take_file, key))

    def _take_file(self, key: Key, outcome: Outcome) -> None:
        if isinstance(outcome, Failed):
            self.panel.set_failure(outcome.sentence)
        elif isinstance(outcome, Done):
            self.panel.set_failure("")
            self._keep(key, outcome.answer.info)
            self._chosen[key] = outcome.answer.info.path
            self.look_again()

    # --- an index that is being built ---

    def _building(self, key: Key) -> bool:
        asked = self._indexing.question
        return asked is not None and (asked.checkpoint, asked.preprocessing) == key

    def _take_written(self, info: IndexInfo) -> None:
        """Use an index that grows, from its first photos on."""
        key = (info.fingerprint, info.preprocessing)
        known = {one.path for one in self._found.get(key, ())}
        self._keep(key, info)
        if info.path not in known:
            self._chosen[key] = info.path
        if key == self._key():
            self.look_again()

    def _take_end(self, question: BuildIndex) -> None:
        """Look at what was written last: more than was told, if it was stopped."""
        if (question.checkpoint, question.preprocessing) == self._key():
            self.look_again()

    def _show_progress(self) -> None:
        """Say how far the index is that is shown or awaited."""
        key, node = self._key(), self._node()
        if key is None or node is None or node.kind != "conv":
            return
        shown, grows = self._info(key), self._indexing.info
        mine = self._building(key) and (shown is None or grows is None or shown.path == grows.path)
        if mine:
            self.panel.set_progress(self._indexing.text)
        elif shown is not None and not shown.complete:
            self.panel.set_progress(None, shown)
        else:
            self.panel.set_progress(None)
        if mine and shown is None and not self.panel.sentence.isHidden():
            self.panel.show_first()

    # --- what people do ---

    def _open(self, photo: TopPhoto) -> None:
        """Look at a photo: its strongest position is the one of the tile."""
        self.brought.emit(_whole_file(photo.path))

    def _select(self, channel: tuple[str, int]) -> None:
        self._session.update(lambda state: replace(state, unit=channel[0], channel=channel))

    def save(self) -> None:
        """Ask where, and write the tiles as a picture with a caption."""
        answer, info = self.panel.answer, self._session.state.open_checkpoint
        if answer is None or info is None:
            return
        path = ask_where(
            self._window, self.ask_place, "Save the top photos", name_for(answer), "PNG (*.png)"
        )
        if path is not None:
            node = self._node()
            image = picture_of(answer, node.field.size if node else 0, info.name)
            self._window.status.flash(written(lambda: save_picture(image, path), path))

    def snippet(self) -> str:
        """Return the lines that give the top photos; ``""`` while none are shown."""
        answer = self.panel.answer
        info = self._session.state.open_checkpoint
        return snippets.top_photos(self._session.state, answer) if answer and info else ""

    def record(self) -> dict[str, Any]:
        """Return what the section shows, as ``--state-json`` writes it."""
        answer, panel = self.panel.answer, self.panel
        said = [panel.failure, panel.sentence, panel.progress, panel.note]
        made: dict[str, Any] = {
            "said": [label.text() for label in said if not label.isHidden() and label.text()],
            "index": None,
            "indexing": self._indexing.text or None,
        }
        if answer is None:
            return made
        info = answer.info
        return {
            **made,
            "index": info.path,
            "folder": info.folder,
            "indexed": info.photos,
            "complete": info.complete,
            "unit": answer.question.unit,
            "channel": answer.question.channel,
            "photos": [one.path for one in answer.photos],
            "activations": [float(one.activation) for one in answer.photos],
            "gone": [one.path for one in answer.photos if one.picture is None],
        }


def _whole_file(path: str) -> Dropped:
    return sources_of_paths([path])


def _matters(state: State) -> object:
    checkpoint: CheckpointInfo | None = state.open_checkpoint
    made = state.made if checkpoint is not None else None
    return state.channel, state.checkpoint, checkpoint is None, made
