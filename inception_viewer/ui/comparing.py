"""Asking for what is compared: what the pages show, of which photos and which network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QDropEvent, QWindow

from ..questions import Glance, Graph, ImageInfo, Pixels, Scene
from ..runner import Failed, Runner
from ..session import Session, State
from .compare import snippets
from .compare.checkpoints_asking import CheckpointsAsking
from .compare.group_drops import folders_and_files
from .compare.groups_asking import GroupsAsking
from .compare.images_asking import ImagesAsking
from .compare.map_asking import MapAsking
from .compare.profile_asking import ProfileAsking
from .compare.rows import Column
from .compare_view import CHECKPOINTS, GROUPS, IMAGES, MAP, PROFILE, CompareView
from .frames import Frames
from .ghosts import original
from .glances import best, verdict
from .main_window import MainWindow
from .tray_model import split_verdict

LEFT_OUT = "What is done to photos and units is left out here."


class Comparing(QObject):
    """Keeps the pages on what the session looks at; only the page in front asks."""

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, frames: Frames
    ) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self._view, self._frames = window.compare_tab.compare, frames
        self._selected: tuple[str, ...] = ()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.look)
        self.images, self.profile = ImagesAsking(runner, self), ProfileAsking(runner, self)
        self.map = MapAsking(runner, self, window.status)
        self.groups = GroupsAsking(session, runner, self, window.status)
        self.checkpoints = CheckpointsAsking(runner, self, window.status)
        view = self._view
        view.picked.connect(self._pick)
        view.page_shown.connect(self._turn)
        window.compare_tab.shown.connect(self._later)
        frames.switched.connect(self._later)
        view.images.opened.connect(self._open)
        for page in view.pages.values():
            page.saved.connect(window.status.flash)
        view.checkpoints.opened.connect(self._look_at_unit)
        view.checkpoints.open_requested.connect(window.menus["open_checkpoint"].trigger)
        view.checkpoints.get_requested.connect(window.menus["get_checkpoint"].trigger)
        view.map.image_selected.connect(lambda image: self._open((image, None)))
        view.map.unit_changed.connect(self._later)
        view.map.method_changed.connect(self._later)
        tray = window.tray
        tray.list.selectionModel().selectionChanged.connect(self._take_selection)
        tray.model.dataChanged.connect(self._later)
        window.drops.claim = self._claim
        self._look_around(session.state)

    # --- what is looked at -----------------------------------------------------------

    def follow(self, old: State, new: State) -> None:
        """Follow what is open and selected."""
        if (new.images, new.compared) != (old.images, old.compared):
            self._tell(new)
        self._later()

    def _look_around(self, state: State) -> None:
        self._tell(state)
        self._take_selection()
        self._later()

    def _tell(self, state: State) -> None:
        chosen = state.compared.photos([image.id for image in state.images])
        self._view.set_images(state.images, chosen)
        self.groups.follow(state.compared)

    def _take_selection(self, *_: object) -> None:
        """Compare what is selected in the tray, if it is more than one photo."""
        before, self._selected = self._selected, self._window.tray.selected()
        if len(self._selected) > 1 and set(self._selected) != set(before):
            self._pick(self._selected)
        self._later()

    def _pick(self, photos: tuple[str, ...]) -> None:
        self._session.update(lambda now: replace(now, compared=now.compared.pick(photos)))

    def _turn(self, *_: object) -> None:
        self.fail(None)  # it was about another page
        self._later()

    def _later(self, *_: object) -> None:
        """Look again once all is said that changed."""
        self._soon.start()

    def look_again(self) -> None:
        """Look again, once what is told now has been."""
        self._later()

    def scenes(self, images: tuple[str, ...]) -> tuple[Scene, ...]:
        """Return photos before the network, neither of them touched."""
        found = (self._session.state.scene_of(image) for image in images)
        return tuple(replace(one, edits=(), interventions=()) for one in found if one is not None)

    def look(self) -> None:
        """Show what is known of what the page in front is about, and ask for the rest."""
        state, view = self._session.state, self._view
        if self._frames.frame is None:
            return
        view.show_content()
        view.set_note(LEFT_OUT if self._touched(state) else "")
        if not view.isVisible():
            return
        if view.page == IMAGES:
            self.images.look(self.scenes(view.chosen), state)
        elif view.page == PROFILE:
            self.profile.look(self.scenes(view.chosen))
        elif view.page == MAP:
            view.map.set_graph(self._graph(state))
            self.map.look(self.scenes(tuple(i.id for i in state.images)), state.image)
        elif view.page == CHECKPOINTS:
            self.checkpoints.look(state, self.scenes(view.chosen))
        elif view.page == GROUPS:
            names = {image.id: image.name for image in state.images}
            made = state.made
            selected = self._window.tray.selected()
            self.groups.look(state.checkpoint, made, names, selected, state.unit)

    def _claim(self, event: QDropEvent | None, window: QObject) -> bool:
        """Take folders and photos that are dragged over a group."""
        form = self._view.groups.form
        if event is None or not isinstance(window, QWindow):
            form.hover(None)
            return False
        place = form.card_at(window.mapToGlobal(event.position()).toPoint())
        folders, files = folders_and_files(event.mimeData()) if place is not None else ((), ())
        taken = place is not None and bool(folders or files)
        drops = event.type() == QEvent.Type.Drop
        form.hover(place if taken and not drops else None)
        if taken and drops:
            form.add_to(place, folders, files)
        return taken

    def _graph(self, state: State) -> Graph:
        assert state.open_checkpoint is not None
        return state.open_checkpoint.graph

    def _touched(self, state: State) -> bool:
        scenes = (state.scene_of(image.id) for image in state.images)
        return any(one.edits or one.interventions for one in scenes if one is not None)

    def _open(self, at: tuple[str, tuple[str, int] | None]) -> None:
        image, channel = at
        self._session.update(lambda now: replace(now, image=image, channel=channel or now.channel))

    def _look_at_unit(self, unit: str) -> None:
        self._session.update(lambda now: replace(now, unit=unit, channel=None))

    # --- what the window says --------------------------------------------------------

    @property
    def view(self) -> CompareView:
        """What the tab holds."""
        return self._view

    def column(self, scene: Scene, picture: Pixels | None) -> Column:
        """Return a photo's name and verdict, as the tray has them."""
        image = next(one for one in self._session.state.images if one.id == scene.image)
        return Column(image.id, image.name, self._verdict(image.id), picture)

    def _verdict(self, image: str) -> str:
        """Return what the network says of a photo, both as they are; ``""`` while not known."""
        state = self._session.state
        scene, info = state.scene_of(image), state.open_checkpoint
        if scene is None or info is None:
            return ""
        if not scene.edits and not scene.interventions:
            return self._window.tray.model.verdicts.get(image, "")
        known = self._runner.cache.get(Glance(original(scene)))
        return "" if known is None else verdict(info, best(known))

    def fail(self, outcome: Failed | None) -> None:
        """Say what went wrong, or that nothing did."""
        self._view.set_failure(outcome.sentence if outcome is not None else "")

    def cancel(self) -> None:
        """Take back what runs."""
        self.map.cancel()
        self.groups.cancel()
        self.checkpoints.cancel()

    def forget(self) -> None:
        """Drop all answers: they would be others now."""
        for part in (self.images, self.profile, self.map, self.groups, self.checkpoints):
            part.forget()
        self._later()

    def snippet(self) -> str:
        """Return the lines that give what the page in front shows."""
        state, view = self._session.state, self._view
        if state.open_checkpoint is None or not view.chosen:
            return ""
        photos = self.infos(view.chosen)
        if view.page == PROFILE:
            return snippets.profile(state, photos, view.profile.chosen_measure)
        if view.page == CHECKPOINTS:
            return snippets.checkpoints(state, photos, view.checkpoints.pair)
        if view.page == GROUPS:
            return snippets.groups(state, view.groups.answer)
        if view.page == MAP:
            return snippets.photo_map(state, view.map.chosen_unit, view.map.chosen_method)
        return snippets.images(state, photos, view.images.sheet)

    def record(self) -> dict[str, Any]:
        """Return the page in front, its photos, what is known of groups and of checkpoints."""
        view = self._view
        said = self.checkpoints.record() if view.page == CHECKPOINTS else None
        groups = view.groups.record()
        photos = list(view.chosen)
        return {"page": view.page, "photos": photos, "groups": groups, "checkpoints": said}

    def kernel_note(self) -> str:
        """Return what is to be known of the 5x5 branches' kernel, or ``""``."""
        info = self._session.state.open_checkpoint
        nodes = info.graph.nodes if info is not None else ()
        return next((node.note for node in nodes if node.branch == "5x5" and node.note), "")

    def labels(self, images: tuple[str, ...]) -> list[str]:
        """Return photos' predicted classes, ``""`` where they are not known."""
        texts = (self._verdict(image) for image in images)
        return [split_verdict(text)[0] if text.endswith("%") else "" for text in texts]

    def infos(self, images: tuple[str, ...]) -> list[ImageInfo]:
        """Return open photos by their ids, in the tray's order."""
        return [one for one in self._session.state.images if one.id in images]
