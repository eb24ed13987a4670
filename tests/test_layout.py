"""The layout is remembered, and given up where it does not fit any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_worker import FakeWorker, write_photo
from PySide6.QtCore import QRect, QSettings, Qt
from PySide6.QtWidgets import QApplication
from window_tools import close, open_controller, settle, shows, until

from inception_viewer.ui.controller import Controller
from inception_viewer.ui.preferences import LAYOUT_VERSION, Preferences, reachable

Opener = Callable[[], Controller]


@pytest.fixture
def opener(tmp_path: Path) -> Iterator[Opener]:
    """Opens windows one after the other with the same settings; closes what is left open."""
    photo = write_photo(tmp_path / "photo.png", 1)
    opened: list[Controller] = []

    def open_one() -> Controller:
        while opened:
            assert close(opened.pop())
        controller = open_controller(FakeWorker(), tmp_path / "settings.ini", str(photo))
        opened.append(controller)
        until(shows(controller, "photo.png"))
        return controller

    yield open_one
    while opened:
        assert close(opened.pop())


def test_docks_and_splitter_come_back_as_they_were_left(opener: Opener) -> None:
    window = opener().window
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, window.docks["inspector"])
    window.docks["tray"].hide()
    window.splitter.setSizes([200, 500])
    settle()
    sizes = window.splitter.sizes()
    again = opener().window
    left = Qt.DockWidgetArea.LeftDockWidgetArea
    assert again.dockWidgetArea(again.docks["inspector"]) == left
    assert not again.docks["tray"].isVisible()
    assert sum(again.splitter.sizes()) == pytest.approx(sum(sizes), abs=40)
    share = again.splitter.sizes()[0] / sum(again.splitter.sizes())
    assert share == pytest.approx(sizes[0] / sum(sizes), abs=0.05)


def test_resetting_puts_everything_back(opener: Opener) -> None:
    window = opener().window
    right = Qt.DockWidgetArea.RightDockWidgetArea
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, window.docks["inspector"])
    window.docks["tray"].hide()
    window.menus["maximise"].trigger()
    settle()
    window.menus["reset_layout"].trigger()
    settle()
    assert all(dock.isVisible() for dock in window.docks.values())
    assert window.network.isVisible()
    assert window.dockWidgetArea(window.docks["inspector"]) == right
    assert not window.menus["maximise"].isChecked()


def test_a_maximised_tab_is_not_how_the_next_window_opens(opener: Opener) -> None:
    window = opener().window
    window.menus["maximise"].trigger()
    again = opener().window
    assert all(dock.isVisible() for dock in again.docks.values())
    assert again.network.isVisible()


def test_a_place_off_every_screen_is_given_up(opener: Opener, tmp_path: Path) -> None:
    window = opener().window
    window.move(-9000, -9000)
    settle()
    again = opener().window
    assert reachable(again.frameGeometry())


def test_a_layout_of_another_version_is_ignored(opener: Opener, tmp_path: Path) -> None:
    window = opener().window
    window.docks["tray"].hide()
    settle()
    window.keep_layout()
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    assert int(str(settings.value("layout/version"))) == LAYOUT_VERSION
    preferences = Preferences(tmp_path / "settings.ini")
    assert preferences.layout("state") is not None
    settings.setValue("layout/version", LAYOUT_VERSION - 1)
    settings.sync()
    assert Preferences(tmp_path / "settings.ini").layout("state") is None


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (QRect(0, 0, 1280, 800), True),
        (QRect(1900, 100, 1280, 800), False),  # 20 pixels of the title bar are too few
        (QRect(1700, 100, 1280, 800), True),
        (QRect(100, -100, 1280, 800), False),  # its title bar is above the screen
        (QRect(-1200, 100, 1280, 800), False),
        (QRect(2000, 50, 800, 600), True),  # on the second screen
    ],
)
def test_reachable_means_a_title_bar_to_drag_by(
    qapp: QApplication, frame: QRect, expected: bool
) -> None:
    second = frame == QRect(2000, 50, 800, 600)
    screens = [QRect(0, 0, 1920, 1080)] + [QRect(1920, 0, 1280, 1024)] * second
    assert reachable(frame, screens) is expected


def test_what_is_written_wrongly_in_the_settings_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    path.write_text("[appearance]\ntheme=pink\ntext_scale=huge\n[layout]\nversion=x\nstate=1\n")
    preferences = Preferences(path)
    assert (preferences.theme, preferences.text_scale) == ("system", 1.0)
    assert preferences.layout("state") is None
    assert preferences.folder == ""
