"""The menus' keys: each once, none that the platform has taken; Cancel only while it can."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fake_worker import FakeWorker, write_photo
from PySide6.QtGui import QAction, QKeySequence
from window_tools import close, open_controller, settle, shows, until

from inception_viewer.questions import Attribution, SwitchDevice
from inception_viewer.session import AttributionSettings
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.menus import MENUS, RESERVED_ON_MAC, Item, Key, Menus, keys_of, sequences

ITEMS = {item.id: item for items in MENUS.values() for item in items if item.id}
PLATFORMS = ("linux", "win32", "darwin")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_keys_are_given_twice(qtbot, platform: str) -> None:
    menus = Menus(platform=platform)
    qtbot.addWidget(menus)
    keys = [s.toString() for name in ITEMS for s in menus[name].shortcuts()]
    assert len(keys) > 20
    assert len(keys) == len(set(keys))


def test_a_mac_keeps_the_keys_that_are_its_systems() -> None:
    written = {k for item in ITEMS.values() for k in keys_of(item, "darwin") if isinstance(k, str)}
    assert "Ctrl+K" in written
    assert not written & RESERVED_ON_MAC
    # What goes word by word in a text field there is no window's shortcut.
    assert not {f"Alt+{way}" for way in ("Left", "Right", "Up", "Down")} & written
    elsewhere = {k for item in ITEMS.values() for k in keys_of(item, "linux")}
    assert {"Ctrl+M", "F11", "Alt+Left"} <= elsewhere


def test_the_platforms_own_keys_are_taken_where_it_has_some() -> None:
    own = {"open_image": Key.Open, "close": Key.Close, "undo": Key.Undo, "paste": Key.Paste}
    own |= {"full_screen": Key.FullScreen, "shortcuts": Key.HelpContents, "find_unit": Key.Find}
    for platform in PLATFORMS:
        for name, key in own.items():
            assert key in keys_of(ITEMS[name], platform), (platform, name)
    assert keys_of(ITEMS["full_screen"], "darwin") == (Key.FullScreen,)
    assert keys_of(ITEMS["cancel"], "darwin") == ("Esc", "Ctrl+.")


def test_the_same_keys_said_in_two_ways_count_once() -> None:
    keys = sequences((Key.Find, "Ctrl+F", Key.UnknownKey, "F11"))
    assert keys == [QKeySequence("Ctrl+F"), QKeySequence("F11")]
    assert keys_of(Item("a", "A", ("F1",)), "darwin") == ("F1",)


def test_only_what_says_so_moves_into_a_macs_own_menu(qtbot) -> None:
    menus = Menus()
    qtbot.addWidget(menus)
    roles = {name: menus[name].menuRole() for name in ITEMS}
    moved = {name for name, role in roles.items() if role is not QAction.MenuRole.NoRole}
    assert moved == {"quit", "about"}


# --- cancel ---


@pytest.fixture(scope="module")
def worker() -> FakeWorker:
    return FakeWorker()


@pytest.fixture(scope="module")
def window(worker: FakeWorker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    folder = tmp_path_factory.mktemp("menus")
    photo = write_photo(folder / "photo.png", 1)
    controller = open_controller(worker, folder / "settings.ini", str(photo))
    until(shows(controller, "photo.png"))
    until(lambda: not controller.window.status.newest, "nothing that runs")
    yield controller
    assert close(controller)


def test_cancel_is_there_while_an_attribution_runs(window: Controller, worker: FakeWorker) -> None:
    entry = window.window.menus["cancel"]
    assert not entry.isEnabled()
    worker.hold[Attribution] = threading.Event()
    slow = AttributionSettings(method="integrated_gradients")
    window.session.update(lambda state: replace(state, attribution=slow))
    window.attributing.ask()
    assert entry.isEnabled()
    entry.trigger()
    until(lambda: not window.attributing.running)
    assert not entry.isEnabled()
    worker.hold.pop(Attribution).set()


def test_cancel_is_greyed_once_what_ran_has_ended(window: Controller) -> None:
    entry = window.window.menus["cancel"]
    seen = []
    entry.changed.connect(lambda: seen.append(entry.isEnabled()))
    window.attributing.ask()
    until(lambda: window.attributing.answer and not window.attributing.running)
    assert seen == [True, False]
    assert not entry.isEnabled()


def test_what_cannot_be_cancelled_does_not_enable_it(
    window: Controller, worker: FakeWorker
) -> None:
    worker.hold[SwitchDevice] = threading.Event()
    window.switch_device("cuda")
    settle()
    assert window.window.status.newest[0] == "device"
    assert not window.window.menus["cancel"].isEnabled()
    worker.hold.pop(SwitchDevice).set()
    until(lambda: not window.window.status.newest)


def test_undo_and_redo_are_there_when_they_lead_somewhere(window: Controller) -> None:
    menus = window.window.menus
    for _ in range(20):
        menus["undo"].trigger()
    assert not menus["undo"].isEnabled()
    assert menus["redo"].isEnabled()
    window.select_unit("inception4a")
    assert menus["undo"].isEnabled()
    assert not menus["redo"].isEnabled()
    menus["undo"].trigger()
    assert window.session.state.unit == "inception3a"
    assert menus["redo"].isEnabled()
    until(lambda: window.frames.settled)
