"""The feature maps view: what is on screen, pixel by pixel, and every gesture."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import ui_data
from cmap import Colormap
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from inception_viewer.questions import MapsAnswer
from inception_viewer.session import MapSettings
from inception_viewer.ui import theme
from inception_viewer.ui.feature_maps_view import FeatureMapsView
from inception_viewer.ui.maps.header import badge

SORTS = ("index", "maximum", "mean", "active")
Key = Qt.Key


@pytest.fixture
def view(qtbot, light):
    made = FeatureMapsView()
    qtbot.addWidget(made)
    made.resize(1000, 420)
    made.set_maps(ui_data.maps("inception3a"))
    made.show()
    qtbot.waitExposed(made)
    qtbot.wait(20)
    return made


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def grabbed(grid) -> np.ndarray:
    return pixels(grid.grab().toImage())


def centre(grid, channel: int) -> QPoint:
    return grid.channel_rect(channel).center().toPoint()


def expected_cell(values: np.ndarray, limit: float, name: str, size: int) -> np.ndarray:
    """cmap's own colours of a map, enlarged by repeating."""
    colours = np.round(Colormap(name)((values / np.float32(limit)).clip(0, 1)) * 255)
    factor = size // values.shape[0]
    assert factor * values.shape[0] == size
    return colours[..., :3].repeat(factor, 0).repeat(factor, 1)


def assert_cells_are_true(view, scale_limits, name="viridis"):
    seen = 0
    for grid, limits in zip(view.grids, scale_limits, strict=True):
        shown, group = grabbed(grid), grid.content.group
        for channel in range(len(group.maximum)):
            if group.maximum[channel] == 0:
                continue
            cell = grid.channel_rect(channel)
            left, top = int(cell.left()), int(cell.top())
            size = int(cell.width())
            expected = expected_cell(np.array(group.maps[channel]), limits[channel], name, size)
            np.testing.assert_array_equal(
                shown[top : top + size, left : left + size], expected, f"{group.unit} {channel}"
            )
            seen += 1
    return seen


def test_every_pixel_is_the_colour_that_cmap_gives_on_the_module_scale(view):
    largest = max(float(group.maps.max()) for group in ui_data.maps("inception3a").groups)
    assert assert_cells_are_true(view, [[largest] * 128] * 4) == 244


def test_branch_and_own_scales_and_another_colour_map(view):
    groups = ui_data.maps("inception3a").groups
    view.set_settings(MapSettings(scale="branch", colour_map="batlow"))
    ends = [[float(group.maps.max())] * 128 for group in groups]
    assert_cells_are_true(view, ends, "crameri:batlow")
    view.set_settings(MapSettings(scale="own", colour_map="magma", sort="mean"))
    assert_cells_are_true(view, [group.maps.max((1, 2)) for group in groups], "magma")


def test_maps_stand_upright(view):
    group = ui_data.group("inception3a/1x1", "1x1", upright_maps())
    view.set_maps(replace(ui_data.maps("inception3a"), groups=(group,)))
    grid = view.grids[0]
    cell = grid.channel_rect(0)
    shown = grabbed(grid)
    corner = shown[int(cell.top()) + 1, int(cell.right()) - 2]
    assert corner.tolist() == theme.colour_table("viridis")[255, :3].tolist()
    assert shown[int(cell.bottom()) - 2, int(cell.right()) - 2].tolist() == [68, 1, 84]


def upright_maps() -> np.ndarray:
    """One channel, largest in its first row and last column."""
    maps = np.zeros((1, 8, 8), np.float32)
    maps[0, 0, 7] = 2
    maps[0, 7, 0] = 1
    return maps


@pytest.mark.parametrize("sort", SORTS)
def test_a_click_at_a_cells_centre_selects_its_channel_in_every_order(view, qtbot, sort):
    view.set_settings(MapSettings(sort=sort))
    for grid in view.grids:
        group = grid.content.group
        figures = {"index": -np.arange(len(group.maximum))}.get(sort)
        if figures is None:
            figures = getattr(group, sort)
        order = sorted(range(len(figures)), key=lambda c, f=figures: (-f[c], c))
        columns = grid.layout_.columns
        pitch = grid.layout_.cell_width + grid.layout_.gap
        for slot in (0, 1, columns, len(order) - 1):
            row, column = divmod(slot, columns)
            place = QPoint(column * pitch + pitch // 2 - 1, row * pitch + pitch // 2 - 1)
            with qtbot.waitSignal(view.channel_selected) as caught:
                QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=place)
            assert caught.args == [(group.unit, order[slot])]


def test_dead_channels_are_crossed_out_and_counted(view):
    header = view.headers[1]
    assert header.counts == "128 channels, 12 dead"
    assert view.headers[0].counts == "64 channels"
    assert view.toolbar.counts.text() == "256 channels, 12 dead"
    grid = view.grids[1]
    dead = np.flatnonzero(grid.content.group.maps.max((1, 2)) == 0)
    shown = grabbed(grid)
    ground = np.array([int(theme.current().raised[i : i + 2], 16) for i in (1, 3, 5)])
    for channel in dead.tolist():
        cell = grid.channel_rect(channel)
        left, top, size = int(cell.left()), int(cell.top()), int(cell.width())
        inside = shown[top + 1 : top + size - 1, left + 1 : left + size - 1].astype(int)
        # A cross: dark on both diagonals, plain at the middle of each side.
        middle = size // 2 - 1
        assert inside[middle, middle].sum() < ground.sum() - 100
        assert inside[1, middle].tolist() == ground.tolist()
        assert inside[middle, 1].tolist() == ground.tolist()
    assert "dead, zero at every position" in words_under(view, grid, int(dead[0]))


def words_under(view, grid, channel: int) -> str:
    view.set_channel((grid.content.group.unit, channel))
    return view.footer.words.text()


def test_gaps_between_cells_are_one_pixel_of_the_border_colour(view):
    grid = view.grids[0]
    shown, layout = grabbed(grid), grid.layout_
    assert layout.gap == 1
    ground = [int(theme.current().border[i : i + 2], 16) for i in (1, 3, 5)]
    pitch = layout.cell_width + 1
    for column in range(1, layout.columns):
        assert (shown[: layout.height, column * pitch - 1] == ground).all()
    for row in range(1, layout.rows):
        assert (shown[row * pitch - 1, : layout.width] == ground).all()
    beyond = [int(theme.current().panel[i : i + 2], 16) for i in (1, 3, 5)]
    assert (shown[: layout.height, layout.width :] == beyond).all()
    left = layout.origin(layout.count - 1)[0] + layout.cell_width + 1
    assert (shown[-layout.cell_height :, left:] == beyond).all()


def test_pointing_tells_channel_value_and_position(view):
    grid = view.grids[2]
    view.set_cell_size(84)
    group, cell = grid.content.group, grid.channel_rect(1)
    size = cell.width() / 28
    for row, column in ((0, 0), (3, 20), (27, 27)):
        point = cell.topLeft() + QPointF((column + 0.5) * size, (row + 0.5) * size)
        assert grid.position_at(point) == (1, row, column)
        QTest.mouseMove(grid, QPoint(0, 0))
        QTest.mouseMove(grid, point.toPoint())
        words = view.footer.words.text()
        value = float(group.maps[1, row, column])
        assert words.startswith(f"5x5, channel 1: {value:.3g} at row {row}, column {column}")
        assert f"maximum {float(group.maps[1].max()):.3g}" in words
    view.grids[2].hovered.emit(None)
    assert view.footer.words.text().startswith("Point at a map")


def test_keys_walk_over_the_cells_and_enter_selects(view, qtbot):
    view.set_settings(MapSettings(sort="maximum"))
    grid = view.grids[1]
    grid.setFocus()
    order = grid.content.order.tolist()
    columns, last = grid.layout_.columns, len(order) - 1
    assert columns > 3
    QTest.keyClick(grid, Key.Key_Home)
    for key, place in (
        (Key.Key_Right, 1),
        (Key.Key_Down, 1 + columns),
        (Key.Key_Left, columns),
        (Key.Key_Up, 0),
        (Key.Key_Up, 0),
        (Key.Key_Left, 0),
        (Key.Key_End, last),
        (Key.Key_Right, last),
        (Key.Key_PageUp, max(0, last - columns * grid._page)),
        (Key.Key_Home, 0),
        (Key.Key_PageDown, min(last, columns * grid._page)),
    ):
        QTest.keyClick(grid, key)
        assert grid.focused_channel == order[place], key
    with qtbot.waitSignal(view.channel_selected) as caught:
        QTest.keyClick(grid, Key.Key_Return)
    assert caught.args == [("inception3a/3x3", grid.focused_channel)]
    channel = grid.focused_channel
    assert grid.accessibleDescription().startswith(f"3x3, channel {channel}")
    assert grid.accessibleDescription().endswith("selected")


def test_the_focused_cell_is_scrolled_into_sight(view, qtbot):
    view.resize(560, 260)
    qtbot.wait(20)
    grid = view.grids[1]
    grid.setFocus()
    QTest.keyClick(grid, Key.Key_End)
    cell = grid.cell_rect(127).toRect()
    sight = grid.visibleRegion().boundingRect()
    assert sight.contains(cell.center())
    QTest.keyClick(grid, Key.Key_Home)
    assert grid.visibleRegion().boundingRect().contains(grid.cell_rect(0).toRect().center())


def test_selection_frames_one_cell_and_only_that(view):
    before = grabbed(view.grids[0])
    view.set_channel(("inception3a/1x1", 5))
    after = grabbed(view.grids[0])
    changed = np.argwhere((before != after).any(2))
    cell = view.grids[0].channel_rect(5)
    assert changed[:, 0].min() == cell.top()
    assert changed[:, 1].min() == cell.left()
    assert changed[:, 0].max() == cell.bottom() - 1
    assert changed[:, 1].max() == cell.right() - 1
    view.set_channel(None)
    np.testing.assert_array_equal(grabbed(view.grids[0]), before)


def test_colour_bar_says_the_range_and_whose_it_is(view):
    groups = ui_data.maps("inception3a").groups
    largest = max(float(group.maps.max()) for group in groups)
    bar = view.footer.bar
    assert (bar.low, bar.high) == ("0", f"{largest:.3g}")
    assert view.footer.meaning.text() == "range of inception3a"
    assert [header.high for header in view.headers] == [""] * 4
    view.set_settings(MapSettings(scale="branch"))
    assert view.footer.meaning.text() == "range of each branch"
    assert [header.high for header in view.headers] == [
        f"{float(group.maps.max()):.3g}" for group in groups
    ]
    view.set_settings(MapSettings(scale="own"))
    assert (bar.high, view.footer.meaning.text()) == ("own max", "range of each map")


def test_colour_bar_strip_runs_through_the_table(view):
    bar = view.footer.bar
    shown = pixels(bar.grab().toImage())
    row = shown[bar.height() // 2]
    left, right = bar._widths()
    strip = row[left + 2 : bar.width() - right - 2]
    table = theme.colour_table("viridis")[:, :3].astype(int)
    nearest = [int(np.abs(table - colour).sum(1).argmin()) for colour in strip]
    assert nearest == sorted(nearest)
    assert nearest[0] < 12
    assert nearest[-1] > 243


def test_tools_change_the_settings_and_tell_so(view, qtbot):
    for combo, field, value in (
        (view.toolbar.sort, "sort", "active"),
        (view.toolbar.scale, "scale", "own"),
        (view.toolbar.colours, "colour_map", "gray"),
    ):
        index = combo.findData(value)
        with qtbot.waitSignal(view.settings_changed) as caught:
            combo.setCurrentIndex(index)
            combo.activated.emit(index)
        assert getattr(caught.args[0], field) == value
    assert view.settings == MapSettings("own", "active", "gray")
    assert view.grids[0].content.colour_map == "gray"


def test_settings_from_outside_show_in_the_tools(view):
    view.set_settings(MapSettings("branch", "mean", "magma"))
    tools = view.toolbar
    shown = [combo.currentData() for combo in (tools.scale, tools.sort, tools.colours)]
    assert shown == ["branch", "mean", "magma"]


def test_stepping_to_the_neighbouring_module(view, qtbot):
    for button, step in ((view.toolbar.back, -1), (view.toolbar.forward, 1)):
        with qtbot.waitSignal(view.module_stepped) as caught:
            button.click()
        assert caught.args == [step]


def test_one_unit_fills_the_width_alone(view, qtbot):
    view.set_maps(ui_data.maps("conv1"))
    qtbot.wait(20)
    assert [header.name for header in view.headers] == ["conv1"]
    assert view.grids[0].width() > 0.6 * view.width()
    assert view.grids[0].layout_.rows * view.grids[0].layout_.columns >= 64
    view.set_maps(ui_data.maps("inception5b"))
    qtbot.wait(20)
    assert [header.name for header in view.headers] == ["1x1", "3x3", "5x5", "pool"]


def test_headers_name_a_kernel_that_is_not_what_the_branch_says(view):
    view.set_maps(ui_data.maps("inception3a", 3))
    assert [header.badge for header in view.headers] == ["", "", "really 3x3", ""]
    assert "Really 3x3" in view.headers[2].toolTip()
    assert badge("The paper's 5x5 branch, but the kernel here is really 3x3: so.") == "really 3x3"


def test_no_photo_gives_a_sentence_and_no_numbers(view):
    view.set_maps(None)
    assert view.is_empty
    assert "photo" in view.empty.sentence.text()
    assert view.grids == []


def test_a_unit_without_a_map_says_why_and_lets_one_go_on(view):
    answer = ui_data.maps("fc")
    view.set_maps(answer)
    assert view.message.isVisible()
    assert view.message.sentence.text() == answer.note
    assert view.toolbar.title.text() == "fc"
    assert view.toolbar.forward.isVisible()
    assert not view.footer.isVisible()
    view.set_maps(ui_data.maps("inception3a"))
    assert view.columns.isVisible()
    assert view.footer.isVisible()


def test_a_module_of_dead_channels_says_so(view):
    maps = np.zeros((16, 14, 14), np.float32)
    group = ui_data.group("inception4a/1x1", "1x1", maps)
    answer = MapsAnswer("inception4a", ui_data.scene(), (group,), ui_data.provenance())
    view.set_maps(answer)
    assert view.message.isVisible()
    assert "All 16 channels of inception4a are dead" in view.message.sentence.text()


def test_new_maps_replace_every_pixel_of_the_old_ones(view):
    before = grabbed(view.grids[0])
    answer = ui_data.maps("inception3a")
    turned = tuple(
        ui_data.group(g.unit, g.branch, np.ascontiguousarray(g.maps[:, ::-1]))
        for g in answer.groups
    )
    view.set_maps(replace(answer, groups=turned))
    after = grabbed(view.grids[0])
    assert (before != after).any()
    largest = max(float(group.maps.max()) for group in turned)
    assert assert_cells_are_true(view, [[largest] * 128] * 4) == 244


def test_everything_stays_within_a_small_window(view, qtbot):
    view.resize(560, 260)
    qtbot.wait(30)
    assert view.width() == 560
    for part in (*view.headers, view.toolbar.fit, view.toolbar.forward, view.footer.bar):
        right = part.mapTo(view, QPoint(part.width(), 0)).x()
        assert right <= 560, part
    for grid in view.grids:
        assert grid.layout_.cell_width >= theme.TARGET
        assert grid.mapTo(view, QPoint(grid.width(), 0)).x() <= 560


def test_cell_size_by_slider_wheel_and_fit(view):
    view.toolbar.slider.setValue(84)
    assert {grid.layout_.cell_width for grid in view.grids} == {84}
    assert not view.toolbar.fit.isChecked()
    view.grids[0].sized.emit(1)
    assert view.grids[0].layout_.cell_width > 84
    view.toolbar.fit.click()
    assert view.toolbar.fit.isChecked()
    fitted = view.grids[0].layout_.cell_width
    assert fitted % 28 == 0
    assert view.toolbar.slider.value() == fitted


def test_theme_and_text_size_are_followed(view, qtbot):
    before = view.headers[0].height()
    theme.apply("dark", 1.5)
    qtbot.wait(20)
    assert view.headers[0].height() > before
    ground = [int(theme.DARK.border[i : i + 2], 16) for i in (1, 3, 5)]
    layout = view.grids[0].layout_
    assert grabbed(view.grids[0])[layout.cell_height, 0].tolist() == ground


def test_the_menu_offers_the_code(view, qtbot):
    menu = view.context_menu()
    with qtbot.waitSignal(view.copy_python_requested) as caught:
        next(a for a in menu.actions() if a.text() == "Copy as Python").trigger()
    assert caught.args == ["maps"]


SHARP = """
import sys
sys.path.insert(0, {tests!r})
import numpy as np, ui_data, test_feature_maps_view as t
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication
from inception_viewer.ui import theme
from inception_viewer.ui.feature_maps_view import FeatureMapsView
app = QApplication([])
theme.apply("light")
view = FeatureMapsView()
view.resize(903, 401)
view.set_maps(ui_data.maps("inception5b"))
view.show()
for _ in range(20):
    app.processEvents()
ratio = view.devicePixelRatioF()
shown = t.pixels(view.grab().toImage())
largest = max(float(group.maps.max()) for group in ui_data.maps("inception5b").groups)
seen = 0
for grid in view.grids:
    corner = grid.mapTo(view, QPoint(0, 0))
    left0, top0 = round(corner.x() * ratio), round(corner.y() * ratio)
    sight = grid.visibleRegion().boundingRect()
    for slot, channel in enumerate(grid.content.order[: 2 * grid.layout_.columns].tolist()):
        if grid.content.group.maximum[channel] == 0:
            continue
        left, top = grid.layout_.origin(slot)
        size = grid.layout_.cell_width
        values = np.array(grid.content.group.maps[channel])
        expected = t.expected_cell(values, largest, "viridis", size)
        cell = shown[top0 + top : top0 + top + size, left0 + left : left0 + left + size]
        assert (cell == expected).all(), (grid.content.group.unit, channel, corner)
        seen += 1
print(ratio, seen)
"""


@pytest.mark.parametrize("ratio", ["2", "1.5"])
def test_device_pixels_are_sharp_on_dense_displays(ratio):
    tests = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", SHARP.format(tests=tests)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": ratio},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown, seen = done.stdout.split()
    assert float(shown) == float(ratio)
    assert int(seen) > 40
