"""Connects the window with the session and the runner.

What the window shows of a scene is kept by :mod:`frames`, attributions by
:mod:`attributing`, the tray's verdicts by :mod:`glances`, what is opened by
:mod:`opening`; here they are put together, and the menus given their meaning.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from ..paths import asset
from ..questions import (
    ImageSource,
    Machine,
    Notice,
    Overview,
    Question,
    SwitchDevice,
    WarmUp,
)
from ..runner import Done, Failed, Outcome, Runner
from ..session import MapSettings, Session, State
from . import commands, state_json, theme
from .attributing import Attributing
from .compare_link import CompareLink
from .drops import Dropped, sources_of_paths
from .following import Following
from .frames import Frame, Frames
from .ghosts import Ghosts
from .glances import Glances
from .intervening import Intervening
from .lab_link import LabLink
from .later_parts import LaterParts
from .main_window import MainWindow
from .opening import Opening
from .painting import Painting
from .status_bar import Activity

if TYPE_CHECKING:
    from .lab_running import LabRunning

LOADING = "Loading PyTorch…"
LOADING_KEY = "loading"
OF_A_SCENE = ("tray", "graph", "maps", "predictions", "inspector")
"""The views that switch together."""
STATE_MS = 250
"""How often ``--state-json`` looks for what changes without a paint: what is busy."""


@dataclass(frozen=True)
class Start:
    """What the command line asks for.

    ``device`` may be ``"auto"``; ``theme`` None is what was chosen before.
    """

    images: tuple[str, ...] = ()
    checkpoint: str = "demo"
    device: str = "auto"
    theme: str | None = None
    state_file: Path | None = None


class Controller(LaterParts):
    """One window at work."""

    frame_painted = Signal(object)
    """After the paint in which every view shows a new scene: the record (a dict)."""

    def __init__(
        self, session: Session, runner: Runner, window: MainWindow, start: Start | None = None
    ) -> None:
        super().__init__(window)
        self.session, self.runner, self.window = session, runner, window
        self.start_with = start or Start()
        self.opening = Opening(session, runner, window)
        self.frames = Frames(session, runner, window)
        self.attributing = Attributing(session, runner, window, self.frames)
        self.lab_link = LabLink(session, runner, window, self.frames)
        self.compare_link = CompareLink(session, runner, window, self.frames)
        self.ghosts = Ghosts(runner, window, self.frames)
        self.painting = Painting(session, window, self.frames)
        self.following = Following(session, window)
        self.intervening = Intervening(session, runner, window, self.frames)
        self.glances = Glances(session, runner, window, self.frames)
        self.errors: list[str] = []
        self.theme_name = self.start_with.theme or window.preferences.theme
        path = self.start_with.state_file
        self._file = state_json.StateFile(path) if path else None
        self._unpainted: Frame | None = None
        self._had_frame = False
        self._seconds: float | None = None
        self._clock = QTimer(self, interval=1000)
        self._state_clock = QTimer(self, interval=STATE_MS)
        self._closed = False
        self._started_at = 0.0
        self._connect()
        commands.connect(self)
        self._torch_loads = True
        self.frames.loading = self._what_loads
        runner.noticed = self._take_notice
        self.frames.clear(session.state)

    def _connect(self) -> None:
        window, frames = self.window, self.frames
        self.session.changed.connect(self._follow)
        window.first_painted.connect(self.start)
        window.painted.connect(self._after_paint)
        window.closing.connect(self._stop_clocks)
        window.drops.dropped.connect(self.opening.take)
        self._clock.timeout.connect(self._tick)
        self._state_clock.timeout.connect(self._write_state)
        if self._file is not None:
            self._state_clock.start()
        frames.switched.connect(self._take_frame)
        for part in (frames, self.attributing, self.opening):
            part.failed.connect(self.report)
        self.intervening.failed.connect(self.report)
        self.opening.refused.connect(self._refuse)
        self.opening.ended.connect(self._explain_emptiness)
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._system_theme_changed)

    @property
    def lab_running(self) -> LabRunning:
        """What asks for the lab's cells; asking for it makes the lab."""
        return self.lab_link.running

    # --- start and end ---

    def start(self) -> None:
        """Load torch, the checkpoint and the first photos; the window is on screen by now."""
        self._started_at = perf_counter()
        self._clock.start()
        self._tick()
        self.runner.live("warm up", WarmUp(), self._take_machine)
        self.opening.open_checkpoint(self.start_with.checkpoint)
        if self.start_with.images:
            self.opening.take(sources_of_paths(list(self.start_with.images)))
        else:
            samples = sample_photos()
            if samples:
                self.opening.open_images(samples, quiet=True)
        self.make_soon_needed()

    def close(self, timeout: float = 5.0) -> bool:
        """End what runs; False if something could not be ended in time."""
        self._closed = True
        self._stop_clocks()
        self.session.changed.disconnect(self._follow)
        for part in self.made("fits", "indexing"):
            part.close()
        return self.runner.close(timeout)

    def _stop_clocks(self) -> None:
        self._clock.stop()
        self._state_clock.stop()

    def _tick(self) -> None:
        """Count the seconds of loading: how long it takes depends on the disk."""
        seconds = perf_counter() - self._started_at
        text = LOADING if seconds < 1 else f"{LOADING} {seconds:.0f} s"
        self.window.status.set_activity(LOADING_KEY, Activity(text))

    def _take_machine(self, outcome: Outcome) -> None:
        if not isinstance(outcome, Done | Failed):
            return
        self._clock.stop()
        self.window.status.set_activity(LOADING_KEY, None)
        self._torch_loads = False
        if isinstance(outcome, Failed):
            self.report(outcome)
            return
        self.set_machine(outcome.answer)
        self._explain_emptiness()
        wanted, machine = self.start_with.device, outcome.answer
        if wanted != machine.device and (wanted != "auto" or len(machine.devices) > 1):
            self.switch_device(wanted)

    def switch_device(self, device: str) -> None:
        """Run the networks elsewhere; what is shown is computed anew there."""
        self.window.status.set_activity("device", Activity(f"Switching to {device}"))
        self.runner.live("device", SwitchDevice(device), self._take_device)

    def _take_device(self, outcome: Outcome) -> None:
        if not isinstance(outcome, Done | Failed):
            return
        self.window.status.set_activity("device", None)
        if isinstance(outcome, Failed):
            self.report(outcome)
            return
        self.set_machine(outcome.answer)
        self.runner.cache.forget(_is_about_a_scene)
        self.lab_link.forget()
        self.compare_link.forget()
        self.frames.refresh()

    def _take_notice(self, notice: Notice) -> None:
        """Say that the GPU gave out: what is shown stays, what comes is the CPU's."""
        self.set_machine(notice.machine)
        self.window.messages.say(notice.sentence)

    def set_machine(self, machine: Machine) -> None:
        """Note where networks can run."""
        self.session.update(lambda state: replace(state, machine=machine), undoable=False)

    # --- the session's changes ---

    def _follow(self, old: State, new: State) -> None:
        window = self.window
        if new.maps != old.maps:
            window.maps.set_settings(new.maps)
            window.inspector.set_settings(new.maps)
        self.frames.follow(old, new)
        self.painting.follow(old, new)
        self.following.follow(old, new)
        self.intervening.follow(old, new)
        self.attributing.follow(old, new)
        self.lab_link.follow(old, new)
        self.compare_link.follow(old, new)
        self.glances.follow(old, new)
        self.follow_made(old, new)
        if new.machine != old.machine:
            commands.fill_devices(self)
        if (new.checkpoint, new.checkpoints) != (old.checkpoint, old.checkpoints):
            commands.fill_checkpoints(self)
        commands.enable(self)

    def select_unit(self, unit: str) -> None:
        """Look at a module or unit."""
        self.session.update(lambda state: replace(state, unit=unit, channel=None))

    def select_channel(self, channel: tuple[str, int] | None) -> None:
        """Look at one channel."""
        self.session.update(lambda state: replace(state, channel=channel))

    def select_image(self, image: str) -> None:
        """Look at a photo of the tray."""
        self.session.update(lambda state: replace(state, image=image))

    def set_maps(self, settings: MapSettings) -> None:
        """Draw the maps another way."""
        self.session.update(lambda state: replace(state, maps=settings))

    def set_theme(self, name: str) -> None:
        """Choose the colours, for this and later runs."""
        self.theme_name = name
        self.window.preferences.theme = name
        theme.apply(name)

    def _system_theme_changed(self, *_: object) -> None:
        if self.theme_name == "system":
            theme.apply("system")

    def bring(self, dropped: Dropped) -> None:
        """Open what a paste or a dialog brought."""
        if dropped:
            self.opening.take(dropped)

    # --- what went wrong ---

    def report(self, outcome: Failed) -> None:
        """Say what went wrong; everything that was open stays open."""
        self.window.messages.say(outcome.sentence, outcome.details)
        self._explain_emptiness()

    def _explain_emptiness(self) -> None:
        """Where no scene is shown: say why, which may have changed."""
        if self.session.state.scene is None and not self._closed:
            self.frames.clear(self.session.state)

    def _what_loads(self) -> str:
        if self._torch_loads:
            return LOADING
        return f"{self.opening.what}…" if self.opening.what else ""

    def _refuse(self, failures: tuple[tuple[str, str], ...], tried: int) -> None:
        self.window.messages.say_failures(failures, tried)

    # --- painting ---

    def _take_frame(self, frame: Frame | None) -> None:
        if frame is not None and not self._had_frame:
            self._had_frame = True
            self._focus_first()
        self._unpainted = frame
        commands.enable(self)
        self.glances.take_frame(frame)

    def _focus_first(self) -> None:
        """Put the keyboard where one starts, unless somebody has put it elsewhere already."""
        window = self.window
        if window.focusWidget() in (None, window.top_row.checkpoint):
            window.tray.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _after_paint(self) -> None:
        frame, self._unpainted = self._unpainted, None
        if frame is not None and self.opening.awaited == frame.scene.image:
            began, self.opening.awaited = self.opening.brought_at, ""
            self._seconds = None if began is None else perf_counter() - began
        if frame is not None:
            self.judging.painted(frame)
            self.frame_painted.emit(self.record())
        self._write_state()

    def _write_state(self) -> None:
        if self._file is None or self._closed or not self.frames.settled or self._unpainted:
            return
        try:
            self._file.write(self.record())
        except OSError as error:
            self._file = None
            self._state_clock.stop()
            path, reason = self.start_with.state_file, error.strerror or error
            self.window.messages.say(f"What is shown cannot be written to {path}: {reason}.")

    def record(self) -> dict[str, Any]:
        """Return what is shown, as ``--state-json`` writes it."""
        lanes = self.runner.lanes.values()
        facts = {
            "views": {name: self.window.views[name].shown_image for name in OF_A_SCENE},
            "headline": self.window.headline.sentence,
            "notice": self.window.notice.sentence,
            "errors": list(self.window.messages.sentences),
            "busy": any(lane.busy for lane in lanes),
            "theme": theme.current().name,
            "lab": self.lab_link.record(),
            "compare": self.compare_link.record(),
            "intervene": self.intervening.record(),
            "followed": self.following.record(),
            "top_photos": next((part.record() for part in self.made("top_photos")), {}),
            "seconds_since_drop": self._seconds,
        }
        answer = self.attributing.answer
        return state_json.record(self.session.state, self.frames.frame, answer, facts)


def sample_photos() -> tuple[ImageSource, ...]:
    """Return the photos that the program brings, in the order of their list."""
    try:
        listed = json.loads(asset("samples/samples.json").read_text(encoding="utf-8"))
        paths = [asset(f"samples/{entry['file']}") for entry in listed]
    except FileNotFoundError:
        return ()
    return tuple(ImageSource(path=str(path), name=path.name) for path in paths)


def _is_about_a_scene(question: Question) -> bool:
    return isinstance(question, Overview) or hasattr(question, "scene")
