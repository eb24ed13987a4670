"""All views switch together: one answer about a scene changes them in one slot.

Until it arrives the old content stays and is marked "updating". Selecting a unit asks
for its maps only. An outcome whose question is not the one wanted any more is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal

from ..changed_inputs import as_in, strokes_in
from ..checkpoint_changes import look_at, use_input
from ..headline import headline
from ..intervention_words import MOST, scene_words
from ..painted import paint
from ..questions import (
    CheckpointInfo,
    Graph,
    Maps,
    MapsAnswer,
    Overview,
    OverviewAnswer,
    PassingOverview,
    Question,
    Scene,
)
from ..runner import Done, Failed, Outcome, Runner
from ..session import Session, State
from ..touched import set_interventions
from .emptiness import Emptiness, emptiness
from .head_words import annotated, annotated_maps, notes
from .main_window import MainWindow

OF_A_CHECKPOINT = ("graph", "checkpoint")
"""The views that have something to show without a photo."""
TOLD_OF_IT = ("name", "heads", "classes")
"""What the views of a photo say of a checkpoint."""
VEIL_AFTER_MS = 60
"""Answers that come sooner replace the old content without a flicker in between."""
VEIL_WHILE_PAINTING_MS = 1000
"""One who paints or moves a slider watches the heads, and knows that they follow."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What the views show of one scene."""

    overview: OverviewAnswer
    maps: MapsAnswer
    headline: str
    checkpoint_name: str
    image_name: str

    @property
    def scene(self) -> Scene:
        """The scene all views are about."""
        return self.overview.scene


class Frames(QObject):
    """Keeps the views on what the session looks at."""

    switched = Signal(object)
    """The new :class:`Frame`, after every view has been given it; None when cleared."""
    maps_changed = Signal(object)
    """The new :class:`Frame`, after another unit's maps have been shown."""
    failed = Signal(object)
    """A :class:`Failed` about what was wanted."""

    def __init__(self, session: Session, runner: Runner, window: MainWindow) -> None:
        super().__init__(window)
        self._session, self._runner, self._window = session, runner, window
        self.frame: Frame | None = None
        self._wanted: Question | None = None
        self._info: CheckpointInfo | None = None
        self._graph: Graph | None = None
        self._network: Graph | None = None
        self._veil = QTimer(self, singleShot=True, interval=VEIL_AFTER_MS)
        self._veil.timeout.connect(self._dim)
        self._emptiness: Emptiness | None = None
        self.loading: Callable[[], str] = str
        """Says what is being loaded (``"Opening demo…"``), or ``""``."""

    @property
    def settled(self) -> bool:
        """Whether the views show what the session looks at."""
        return self._wanted is None

    def follow(self, old: State, new: State) -> None:
        """Ask for what a change of state makes necessary."""
        if new.open_checkpoint is not self._info:
            self._inform(new)
        if new.scene is None:
            self.clear(new)
        elif new.scene != (self.frame.scene if self.frame else None):
            if new.scene != old.scene or new.unit != old.unit:
                kind = PassingOverview if new.stroking else Overview
                self._ask("overview", kind(new.scene, new.unit))
            return
        elif isinstance(self._wanted, Overview) and self._wanted.scene != new.scene:
            self._wanted = None  # back at what is shown, before something else came
            self._undim()
        if new.scene is not None and new.unit != self._unit_on_its_way():
            self._ask("maps", Maps(new.scene, new.unit))
            self._window.network.set_selected(new.unit)
        if new.channel != old.channel and self.frame is not None and self.settled:
            self._set_channel(new)
        if new.images != old.images and new.scene == old.scene:
            self._show_tray(new)

    def refresh(self) -> None:
        """Ask anew for what is looked at, as after a change of device."""
        scene = self._session.state.scene
        if scene is not None:
            self._ask("overview", Overview(scene, self._session.state.unit))

    def clear(self, state: State) -> None:
        """Show nothing but sentences: there is no scene."""
        self._wanted = None
        self._undim()
        had, self.frame = self.frame, None
        found = emptiness(state, self.loading())
        if found == self._emptiness and had is None:
            return
        self._emptiness = found
        if had is not None or state.open_checkpoint is not None:
            self._clear_views(state)
        self._window.headline.say(found.headline)
        for name, view in self._window.views.items():
            if name not in OF_A_CHECKPOINT or state.open_checkpoint is None:
                view.show_empty(found.sentence, found.label, self._action(found))
        self.switched.emit(None)

    def _clear_views(self, state: State) -> None:
        window, checkpoint = self._window, state.open_checkpoint
        self._set_info(checkpoint)
        window.network.set_overview(None)
        window.maps.set_maps(None)
        window.predictions.set_predictions(None)
        window.inspector.set_overview(None, None)
        window.inspector.set_maps(None, None)
        self._show_tray(state)
        window.status.set_trace(None)

    def _action(self, found: Emptiness) -> Callable[[], None] | None:
        return self._window.menus[found.action].trigger if found.action else None

    def _unit_on_its_way(self) -> str:
        if isinstance(self._wanted, Maps | Overview):
            return self._wanted.unit
        return self.frame.maps.unit if self.frame else ""

    def _ask(self, view: str, question: Question) -> None:
        self._wanted = question
        passing = isinstance(question, PassingOverview)
        self._veil.setInterval(VEIL_WHILE_PAINTING_MS if passing else VEIL_AFTER_MS)
        if not self._veil.isActive():
            self._veil.start()
        self._runner.live(view, question, self._take)

    def _take(self, outcome: Outcome) -> None:
        if outcome.question != self._wanted:
            return
        if isinstance(outcome, Done):
            self._wanted = None
            self._undim()
            if isinstance(outcome.answer, OverviewAnswer):
                self._switch(outcome.answer)
            else:
                self._show_maps(outcome.answer)
        elif isinstance(outcome, Failed):
            self._wanted = None
            self._undim()
            self._go_back()
            self.failed.emit(outcome)

    def _go_back(self) -> None:
        """Look again at what the views still show: it was not lost."""
        frame = self.frame
        if frame is None:
            self._emptiness = None
            self.clear(replace(self._session.state, image=""))
            return
        scene, unit = frame.scene, frame.maps.unit

        def change(state: State) -> State:
            state = look_at(state, scene.checkpoint)
            if state.scene is None or state.scene.preprocessing != scene.preprocessing:
                state = use_input(state, scene.preprocessing)
            state = replace(state, image=scene.image, unit=unit, channel=None)
            state = paint(as_in(state, scene), strokes_in(scene))
            return set_interventions(state, scene.interventions)

        self._session.update(change, undoable=False)
        self._window.network.set_selected(unit)

    # --- showing ---

    def _inform(self, state: State) -> None:
        """Let the views know of a checkpoint of which more was learnt than at its opening."""
        info, known, frame = state.open_checkpoint, self._info, self.frame
        if info is None or known is None or info.fingerprint != known.fingerprint:
            return
        told = all(getattr(info, what) == getattr(known, what) for what in TOLD_OF_IT)
        if frame is None or told:
            self._set_info(info, frame.overview.graph if frame is not None else None)
        elif not isinstance(self._wanted, Overview) and frame.scene == state.scene:
            self._switch(replace(frame.overview, maps=frame.maps))
            self._window.network.set_selected(state.unit)

    def _set_info(self, info: CheckpointInfo | None, network: Graph | None = None) -> None:
        """Give the views the network, at the input's size, and the states of its heads."""
        if info is self._info and network is self._network:
            return
        graph = annotated(info, network) if info is not None else None
        if graph != self._graph or info is None:
            self._graph = graph
        self._info, self._network = info, network
        self._window.network.set_graph(self._graph, info.heads if info else {})
        self._window.predictions.set_heads(notes(info))

    def _switch(self, overview: OverviewAnswer) -> None:
        """Give every view the new scene; they are painted together."""
        state, window = self._session.state, self._window
        info, photo = state.open_checkpoint, state.open_image
        assert info is not None
        assert photo is not None
        self._emptiness = None
        self._set_info(info, overview.graph)
        overview = _as_told(overview, info, self._graph or info.graph)
        sentence = headline(overview.predictions, info, scene_words(overview.scene, MOST))
        self.frame = Frame(overview, overview.maps, sentence, info.name, photo.name)
        window.network.set_overview(overview)
        window.network.set_selected(overview.maps.unit)
        window.maps.set_maps(overview.maps)
        window.predictions.set_predictions(overview.predictions)
        window.inspector.set_scene(overview, photo, overview.maps, self._graph)
        self._set_channel(state)
        self._show_tray(state)
        window.headline.say(sentence)
        window.setWindowTitle(f"{photo.name} – {info.name} – Inception Viewer")
        window.status.set_trace(overview.provenance.seconds)
        self._pin()
        self.switched.emit(self.frame)

    def _show_maps(self, answer: MapsAnswer) -> None:
        assert self.frame is not None
        state, window = self._session.state, self._window
        if self._graph is not None:
            answer = annotated_maps(answer, self._graph)
        self.frame = replace(self.frame, maps=answer)
        window.maps.set_maps(answer)
        window.inspector.set_maps(answer, self._graph)
        self._set_channel(state)
        self._pin()
        self.maps_changed.emit(self.frame)

    def _set_channel(self, state: State) -> None:
        channel = state.channel
        units = {group.unit for group in self.frame.maps.groups} if self.frame else set()
        fitting = channel if channel is not None and channel[0] in units else None
        self._window.maps.set_channel(fitting)
        self._window.inspector.set_channel(fitting)

    def _show_tray(self, state: State) -> None:
        shown = self.frame.scene.image if self.frame else ""
        self._window.tray.set_images(state.images, shown)

    def _pin(self) -> None:
        """Keep in the cache what is on screen."""
        assert self.frame is not None
        scene, unit = self.frame.scene, self.frame.maps.unit
        self._runner.cache.pin(frozenset({Overview(scene, unit), Maps(scene, unit)}))

    def _dim(self) -> None:
        names = ("maps", "inspector") if isinstance(self._wanted, Maps) else self._window.views
        for name in names:
            if name == "checkpoint":  # what it shows is of no scene
                continue
            if name == "attribution" and self._session.state.stroking:  # the brush is ahead
                continue
            self._window.views[name].set_updating(True)
        if isinstance(self._wanted, Overview):
            self._show_tray(self._session.state)

    def _undim(self) -> None:
        self._veil.stop()
        for view in self._window.views.values():
            if view.veil.isVisibleTo(view):
                view.set_updating(False)


def _as_told(overview: OverviewAnswer, info: CheckpointInfo, graph: Graph) -> OverviewAnswer:
    """Return an answer with heads and class names as they are by now, which may be later."""
    predictions = replace(overview.predictions, heads=info.heads, classes=info.classes)
    maps = annotated_maps(overview.maps, graph)
    return replace(overview, predictions=predictions, maps=maps)
