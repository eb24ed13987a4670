"""The docks' buttons: large enough, named, drawn, reached by keyboard; Tab in reading order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from fake_worker import FakeWorker, write_photo
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget
from window_tools import close, open_controller, settle, shows, until

from inception_viewer.session import AttributionSettings
from inception_viewer.ui import theme
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.dock_title import DockTitle, MarkButton
from inception_viewer.ui.main_window import MainWindow


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    folder = tmp_path_factory.mktemp("docks")
    photo = write_photo(folder / "photo.png", 1)
    controller = open_controller(FakeWorker(), folder / "settings.ini", str(photo))
    until(shows(controller, "photo.png"))
    yield controller
    assert close(controller)


@pytest.fixture
def main(window: Controller) -> Iterator[MainWindow]:
    window.window.activateWindow()
    until(lambda: QApplication.activeWindow() is window.window)
    yield window.window
    window.window.reset_layout()
    theme.apply("light", 1.0)


def title_of(dock: QDockWidget) -> DockTitle:
    title = dock.titleBarWidget()
    assert isinstance(title, DockTitle)
    return title


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_the_buttons_are_large_enough_named_and_drawn(
    main: MainWindow, look: str, scale: float
) -> None:
    theme.apply(look, scale)
    settle()
    for name, dock in main.docks.items():
        dock.raise_()  # two share a place
        settle()
        for button in title_of(dock).buttons:
            assert button.isVisible()
            assert min(button.width(), button.height()) >= theme.TARGET, name
            assert dock.windowTitle() in button.accessibleName()
            assert button.toolTip() == button.accessibleName()
            assert contrast_of_mark(button) >= 3
        label = title_of(dock).label
        assert label.shown_text == dock.windowTitle()


def contrast_of_mark(button: QWidget) -> float:
    """WCAG's contrast between a button's ground and what differs most from it."""
    image = button.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    pixels = rows[:, : 3 * image.width()].reshape(-1, 3) / 255
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    ground = QColor(theme.current().window).getRgbF()[:3]
    flat = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in ground]
    base = float(np.dot(flat, [0.2126, 0.7152, 0.0722]))
    ratios = (np.maximum(luminance, base) + 0.05) / (np.minimum(luminance, base) + 0.05)
    return float(ratios.max())


@pytest.mark.qt_log_ignore("does not support raise")
def test_the_keyboard_floats_a_dock_and_puts_it_back(main: MainWindow) -> None:
    dock = main.docks["predictions"]
    button = title_of(dock).float
    assert (button.mark, button.accessibleName()) == (
        "float",
        "Float Predictions in its own window",
    )
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert dock.isFloating()
    assert (button.mark, button.accessibleName()) == (
        "dock",
        "Put Predictions back into the window",
    )
    until(lambda: QApplication.focusWidget() is button, "focus on the button")
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert not dock.isFloating()
    assert button.mark == "float"


@pytest.mark.qt_log_ignore("does not support raise")
def test_a_floating_dock_is_framed_and_copies_its_own_view(main: MainWindow) -> None:
    dock = main.docks["predictions"]
    place = dock.mapToGlobal(QPoint(0, 0))
    QTest.mouseClick(title_of(dock).float, Qt.MouseButton.LeftButton)
    settle()
    assert dock.mapToGlobal(QPoint(0, 0)) != place
    edge, inside = (QColor(dock.grab().toImage().pixel(x, 60)).name() for x in (0, 4))
    assert edge == QColor(theme.current().muted).name() != inside
    main.predictions.table.setFocus()
    until(main.predictions.table.hasFocus, "focus in the floating dock")
    assert main.view_in_use is main.predictions
    main.menus["copy_python"].trigger()
    assert "main_logits = " in QGuiApplication.clipboard().text()
    dock.setFloating(False)
    settle()
    assert QColor(dock.grab().toImage().pixel(0, 60)).name() != edge


def test_a_hidden_dock_comes_back_from_the_view_menu(main: MainWindow) -> None:
    dock = main.docks["inspector"]
    QTest.mouseClick(title_of(dock).hide_dock, Qt.MouseButton.LeftButton)
    assert not dock.isVisible()
    entry = next(a for a in main.menus.submenu("View").actions() if a.text() == "Inspector")
    assert not entry.isChecked()
    entry.trigger()
    assert dock.isVisible()


@pytest.mark.qt_log_ignore("does not support raise")
def test_a_double_click_on_the_title_still_floats(main: MainWindow) -> None:
    dock = main.docks["tray"]
    QTest.mouseDClick(title_of(dock).label, Qt.MouseButton.LeftButton)
    assert dock.isFloating()
    dock.setFloating(False)


def walk(main: MainWindow, start: QWidget) -> list[QWidget]:
    """Press Tab until the focus is back, and return where it was."""
    start.setFocus()
    until(start.hasFocus)
    seen = [start]
    for _ in range(120):
        QTest.keyClick(seen[-1], Qt.Key.Key_Tab)
        here = QApplication.focusWidget()
        assert here is not None
        if here in seen:
            assert here is start
            return seen
        seen.append(here)
    raise AssertionError("Tab never came back")


def places(seen: list[QWidget], regions: list[QWidget]) -> list[int]:
    """Which region each widget is in; those of none are left out."""
    inside = [[i for i, r in enumerate(regions) if r is w or r.isAncestorOf(w)] for w in seen]
    return [found[0] for found in inside if found]


def test_tab_goes_through_the_window_as_it_is_read(main: MainWindow) -> None:
    seen = walk(main, main.top_row.checkpoint)
    docks = main.docks
    regions = [main.top_row, docks["tray"], main.network, main.tabs, docks["predictions"]]
    regions += [docks["inspector"], main.status]
    order = places(seen, regions)
    assert order == sorted(order)
    assert set(order) == set(range(len(regions)))
    buttons = [w for w in seen if isinstance(w, MarkButton)]
    assert len(buttons) == 6
    assert seen.index(main.network.search) < seen.index(main.network.canvas)
    tools, first = main.maps.toolbar, main.maps.grids[0]
    assert max(seen.index(w) for w in seen if tools.isAncestorOf(w)) < seen.index(first)
    assert [w for w in seen if w in main.maps.grids] == main.maps.grids


def test_fields_made_later_are_reached_where_they_stand(
    window: Controller, main: MainWindow
) -> None:
    main.tabs.setCurrentWidget(main.attribution)
    until(lambda: window.attributing.answer and not window.attributing.running)
    main.attribution.set_settings(AttributionSettings(method="integrated_gradients"))
    form, controls = main.attribution.form, main.attribution.controls
    seen = walk(main, main.top_row.checkpoint)
    steps = form.parameters.field("steps")
    assert seen.index(form.method) < seen.index(steps) < seen.index(controls.explain)
    main.attribution.set_settings(AttributionSettings())
    main.tabs.setCurrentWidget(main.maps)


def test_a_tab_chosen_by_its_keys_has_the_keyboard_where_one_begins(main: MainWindow) -> None:
    main.menus["show_attribution"].trigger()
    assert QApplication.focusWidget() is main.attribution.form.method
    main.menus["show_maps"].trigger()
    assert QApplication.focusWidget() is main.maps.grids[0]
