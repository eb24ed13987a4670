"""The network view on the screen: what is painted, and what gestures do."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
import ui_data
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inception_viewer.googlenet.variants import BRANCHES, MODULES
from inception_viewer.ui import theme
from inception_viewer.ui.network.brush import Brush
from inception_viewer.ui.network.geometry import ribbon_path, share_bars
from inception_viewer.ui.network.layout import arrange
from inception_viewer.ui.network.thumbnails import indexed, levels
from inception_viewer.ui.network_view import NetworkView

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot, light: None) -> NetworkView:
    """Return a view of the paper's network with a photo, 800x300, 4c selected."""
    made = NetworkView()
    qtbot.addWidget(made)
    made.resize(800, 300)
    made.set_graph(ui_data.graph(), ui_data.HEADS)
    made.set_overview(ui_data.overview())
    made.set_selected("inception4c")
    with qtbot.waitExposed(made):
        made.show()
    QApplication.processEvents()
    made.canvas.setFocus()
    return made


@pytest.fixture
def emitted(view: NetworkView) -> list[str]:
    """Return the list that every selection made in the view is appended to."""
    names: list[str] = []
    view.unit_selected.connect(names.append)
    return names


def click(qtbot: QtBot, view: NetworkView, where: QRectF | QPointF) -> None:
    """Click on a point, or in the middle of a rectangle, of the canvas."""
    point = where.center() if isinstance(where, QRectF) else where
    qtbot.mouseClick(view.canvas, LEFT, pos=point.toPoint())


def pixels(view: NetworkView) -> np.ndarray:
    """Return what the canvas shows, (height, width, 3)."""
    image = view.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def crop(view: NetworkView, unit: str) -> np.ndarray:
    """Return what is painted within a unit's box."""
    rect = view.canvas.rect_of(unit).toRect().intersected(view.canvas.rect())
    return pixels(view)[rect.top() : rect.bottom() + 1, rect.left() : rect.right() + 1]


def rgb(colour: str) -> tuple[int, int, int]:
    """Return a colour as numbers."""
    return QColor(colour).getRgb()[:3]  # type: ignore[return-value]


def count(area: np.ndarray, colour: tuple[int, ...]) -> int:
    """Return how many pixels have exactly this colour."""
    return int((area == np.array(colour[:3], np.uint8)).all(axis=-1).sum())


def words_painted(view: NetworkView, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the words that one paint of the canvas writes."""
    written: list[str] = []
    real = Brush.words

    def note(self: Brush, room: QRectF, candidates: tuple[str, ...], *args: object, **kw: bool):
        written.append(self.look.fit(candidates, room.width(), bool(kw.get("bold"))))
        real(self, room, candidates, *args, **kw)

    with monkeypatch.context() as patched:
        patched.setattr(Brush, "words", note)
        view.canvas.grab()
    return written


# --- selecting -------------------------------------------------------------------------


def test_a_click_on_any_box_emits_its_name(
    qtbot: QtBot, view: NetworkView, emitted: list[str]
) -> None:
    for name in list(view.canvas.layout_now.boxes):
        if name in view.canvas.layout_now.boxes:  # a selection closes what was open before
            click(qtbot, view, view.canvas.rect_of(name))
            assert emitted[-1] == name
            assert view.canvas.shown is not None
            assert view.canvas.shown.selected == name
    assert len(emitted) > 25


def test_a_selected_unit_opens_its_module_and_only_that(view: NetworkView) -> None:
    view.set_selected("inception3b/5x5")
    assert view.canvas.open_modules() == {"inception3b"}
    view.set_selected("pool3")
    assert view.canvas.open_modules() == frozenset()


def test_the_selection_is_framed(view: NetworkView) -> None:
    accent = rgb(theme.current().accent)
    rect = view.canvas.rect_of("pool1").toRect().adjusted(-5, -5, 5, 5)

    def around() -> int:
        area = pixels(view)[rect.top() : rect.bottom(), rect.left() : rect.right()]
        return count(area, accent)

    assert around() == 0
    view.set_selected("pool1")
    rect = view.canvas.rect_of("pool1").toRect().adjusted(-5, -5, 5, 5)
    assert around() > 2 * rect.height()


def test_a_click_on_a_chevron_opens_without_selecting(
    qtbot: QtBot, view: NetworkView, emitted: list[str]
) -> None:
    target = view.canvas.chevron_of("inception3a")
    assert target is not None
    assert min(target.width(), target.height()) >= theme.TARGET
    click(qtbot, view, target)
    assert view.canvas.open_modules() == {"inception3a", "inception4c"}
    target = view.canvas.chevron_of("inception4c")
    assert target is not None
    click(qtbot, view, target)
    assert view.canvas.open_modules() == {"inception3a"}
    assert emitted == []


def test_what_was_opened_or_closed_by_hand_is_remembered(view: NetworkView) -> None:
    view.canvas.toggle("inception3a")
    view.canvas.toggle("inception4c")
    view.set_selected("inception5b")
    view.set_graph(ui_data.graph(3), ui_data.HEADS)
    assert view.canvas.open_modules() == {"inception3a", "inception5b"}
    view.set_selected("inception4c/3x3")
    assert "inception4c" not in view.canvas.open_modules()
    assert view.canvas.shown is not None
    assert view.canvas.shown.selected == "inception4c"


def test_the_modules_menu_opens_and_closes_all(view: NetworkView) -> None:
    selected, every, none = view.modules_menu.actions()
    every.trigger()
    assert view.canvas.open_modules() == set(MODULES)
    none.trigger()
    assert view.canvas.open_modules() == frozenset()
    selected.trigger()
    assert view.canvas.open_modules() == {"inception4c"}


# --- what is painted -------------------------------------------------------------------


def test_thumbnails_are_the_data_through_the_colour_table() -> None:
    values = np.random.default_rng(0).random((14, 9)).astype(np.float32) * 3
    image = indexed(values).convertToFormat(QImage.Format.Format_RGB888)
    table = theme.colour_table("viridis")[:, :3]
    for row, column in np.ndindex(values.shape):
        level = round(255 * float(values[row, column]) / float(values.max()))
        assert image.pixelColor(column, row).getRgb()[:3] == tuple(table[level])


@pytest.mark.parametrize("values", [np.zeros((3, 3)), np.full((3, 3), -1.0), np.zeros((0, 0))])
def test_a_map_without_anything_is_dark(values: np.ndarray) -> None:
    assert not levels(values.astype(np.float32)).any()


def test_values_that_are_not_finite_do_not_hide_the_rest() -> None:
    values = np.array([[np.nan, np.inf], [1.0, 2.0]], np.float32)
    assert levels(values).tolist() == [[0, 0], [128, 255]]


@pytest.mark.parametrize("unit", ["conv1", "inception3a", "inception4c/5x5", "aux2/conv"])
def test_a_painted_thumbnail_has_sharp_pixels_of_its_own_map(view: NetworkView, unit: str) -> None:
    overview = ui_data.overview()
    quarters = np.array([[0, 1], [2, 4]], np.float32)
    view.set_overview(replace(overview, thumbnails={**overview.thumbnails, unit: quarters}))
    view.set_selected("fc")  # its own box is filled with the plain colour then
    view.set_selected(unit)
    view.resize(900, 700)
    QApplication.processEvents()
    view.canvas.zoom_to(unit)
    area = crop(view, unit)
    table = theme.colour_table("viridis")
    found = [count(area, tuple(int(c) for c in table[level])) for level in (0, 64, 128, 255)]
    assert min(found) > 60
    assert max(found) - min(found) <= 2 * area.shape[1]  # halves of an odd side


def test_a_closed_modules_bar_is_cut_by_the_shares(view: NetworkView) -> None:
    view.canvas.set_all_open(False)
    view.canvas.zoom_to("inception3a")
    shares = ui_data.overview().shares["inception3a"]
    area = crop(view, "inception3a")
    row = area[-8]
    widths = {branch: count(row[None], rgb(theme.BRANCH[branch])) for branch in BRANCHES}
    total = area.shape[1] - 1 - 6  # the card's margin of 3 at either side
    for branch in BRANCHES:
        assert widths[branch] == pytest.approx(shares[branch] * total, abs=2), branch


def test_share_bars_are_as_wide_as_the_shares() -> None:
    shares = {"1x1": 0.5, "3x3": 0.25, "5x5": 0.25, "pool": 0.0}
    bars = share_bars(shares, BRANCHES, QRectF(10, 0, 80, 6))
    assert [(name, bar.x(), bar.width()) for name, bar in bars] == [
        ("1x1", 10, 40), ("3x3", 50, 20), ("5x5", 70, 20), ("pool", 90, 0),
    ]  # fmt: skip


def test_an_open_module_has_a_bar_and_per_cent_for_each_branch(
    view: NetworkView, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.canvas.zoom_to("inception4c")
    shares = ui_data.overview().shares["inception4c"]
    words = words_painted(view, monkeypatch)
    for branch in BRANCHES:
        assert f"{100 * shares[branch]:.0f} %" in words
    area = crop(view, "inception4c")
    widest = {
        branch: max(count(row[None], rgb(theme.BRANCH[branch])) for row in area)
        for branch in BRANCHES
    }
    track = area.shape[1] - 8
    for branch in BRANCHES:
        assert widest[branch] == pytest.approx(shares[branch] * track, abs=2.5), branch


def test_far_out_names_and_close_in_numbers(
    view: NetworkView, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.canvas.set_all_open(False)
    far = words_painted(view, monkeypatch)
    for name in ("input", "conv1", "reduce", "pool2", "3a", "5b", "avgpool", "fc", "aux1"):
        assert name in far
    assert not [word for word in far if "×" in word or "→" in word]
    view.set_selected("conv1")
    found = {}
    for scale in (0.9, 1.2, 1.7):
        view.canvas.zoom(scale / view.canvas.shown.viewport.scale)  # type: ignore[union-attr]
        view.canvas.centre_on("conv1")
        found[scale] = " | ".join(words_painted(view, monkeypatch))
    assert "64×112×112" in found[0.9].replace(" × ", "×")
    assert "7×7" not in found[0.9]
    assert "7×7, stride 2" in found[1.2]
    assert "9.54 K" not in found[1.2]
    assert "9.54 K" in found[1.7]
    assert "118 M" in found[1.7]


def test_classifiers_show_their_top_class_unless_untrained(
    view: NetworkView, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {"ewer", "cup"} <= set(words_painted(view, monkeypatch))
    heads = {**ui_data.HEADS, "aux1": "untrained"}
    view.set_graph(ui_data.graph(), heads)
    words = words_painted(view, monkeypatch)
    assert "ewer" not in words
    assert [word for word in words if word.startswith("aux1") and "untrained" in word]
    assert "untrained" in view.canvas.tooltip_at(view.canvas.rect_of("aux1/fc2").center())


def test_an_untrained_head_is_hatched(view: NetworkView) -> None:
    def colours() -> int:
        return len(np.unique(crop(view, "aux1/fc1").reshape(-1, 3), axis=0))

    view.canvas.zoom_to("aux1/conv")
    plain = crop(view, "aux1/fc1").copy()
    view.set_graph(ui_data.graph(), {**ui_data.HEADS, "aux1": "untrained"})
    hatched = crop(view, "aux1/fc1")
    assert (plain != hatched).any(axis=-1).mean() > 0.05


def test_absent_heads_are_not_drawn(view: NetworkView) -> None:
    view.set_graph(ui_data.graph(), {"aux1": "absent", "aux2": "trained", "main": "trained"})
    names = set(view.canvas.layout_now.boxes)
    assert not {name for name in names if name.startswith("aux1")}
    assert "aux2/fc2" in names


def test_no_ribbon_runs_behind_another_box() -> None:
    drawn = ui_data.graph()
    for opened in [(), *[(module,) for module in MODULES], MODULES]:
        layout = arrange(drawn, opened)
        for ribbon in layout.ribbons:
            path = ribbon_path(ribbon)
            others = {
                name: box
                for name, box in layout.boxes.items()
                if name not in (ribbon.source, ribbon.target)
            }
            for step in range(1, 40):
                at = path.pointAtPercent(step / 40)
                behind = [
                    name
                    for name, box in others.items()
                    if box.x < at.x() < box.right and box.y < at.y() < box.bottom
                ]
                assert behind == [], (opened, ribbon.source, ribbon.target)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_theme_is_followed_at_once(view: NetworkView, name: str) -> None:
    theme.apply("light" if name == "dark" else "dark")
    view.canvas.grab()
    theme.apply(name)
    assert tuple(pixels(view)[2, 2]) == rgb(theme.current().panel)
    assert count(crop(view, "pool1"), rgb(theme.current().raised)) > 10


# --- cost ------------------------------------------------------------------------------


def test_a_new_overview_costs_next_to_nothing_until_painted(view: NetworkView) -> None:
    overviews = [replace(ui_data.overview()) for _ in range(5)]
    took = []
    for overview in overviews:
        start = time.perf_counter()
        view.set_overview(overview)
        took.append(time.perf_counter() - start)
        assert view.canvas.thumbnails.converted == 0
    assert min(took) < 0.008


def test_only_what_is_in_sight_is_converted(view: NetworkView) -> None:
    view.canvas.zoom_to("conv1")
    view.set_overview(replace(ui_data.overview()))
    view.canvas.grab()
    few = view.canvas.thumbnails.converted
    view.canvas.set_all_open(True)
    view.canvas.fit()
    view.canvas.grab()
    assert 1 <= few < 8
    assert view.canvas.thumbnails.converted > 70


# --- zoom and pan ----------------------------------------------------------------------


def all_in_sight(view: NetworkView) -> bool:
    """Return whether every box is within the canvas."""
    canvas = view.canvas
    area = QRectF(canvas.rect())
    return all(area.contains(canvas.rect_of(name)) for name in canvas.layout_now.boxes)


def wheel(view: NetworkView, at: QPointF, turn: int, modifiers: Qt.KeyboardModifier) -> None:
    """Turn the wheel at a position of the canvas."""
    event = QWheelEvent(
        at, view.canvas.mapToGlobal(at), QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.canvas, event)


def test_the_whole_network_is_in_sight_until_someone_zooms(qtbot: QtBot, view: NetworkView) -> None:
    assert all_in_sight(view)
    view.resize(1000, 500)
    assert all_in_sight(view)
    view.canvas.zoom(3)
    assert not all_in_sight(view)
    qtbot.mouseClick(view.fit_button, LEFT)
    assert all_in_sight(view)
    view.resize(480, 220)
    assert all_in_sight(view)


def test_at_first_a_narrow_view_is_legible_rather_than_whole(view: NetworkView) -> None:
    view.resize(480, 260)
    shown = view.canvas.shown
    assert shown is not None
    assert shown.viewport.scale >= 0.3
    for unit in ("conv1", "inception4c", "fc"):
        view.set_selected(unit)
        assert view.canvas.rect().contains(view.canvas.rect_of(unit).toRect()), unit


def test_the_wheel_zooms_at_the_pointer_and_shift_pans(view: NetworkView) -> None:
    at = view.canvas.rect_of("pool3").center()
    before = view.canvas.rect_of("pool3")
    wheel(view, at, 120, Qt.KeyboardModifier.NoModifier)
    after = view.canvas.rect_of("pool3")
    assert after.width() == pytest.approx(1.25 * before.width())
    assert (after.center() - at).manhattanLength() < 1e-6
    wheel(view, at, 120, Qt.KeyboardModifier.ShiftModifier)
    moved = view.canvas.rect_of("pool3")
    assert moved.x() == pytest.approx(after.x() + 60)
    assert moved.y() == pytest.approx(after.y())
    assert moved.width() == pytest.approx(after.width())


def test_a_drag_moves_the_network_and_selects_nothing(
    qtbot: QtBot, view: NetworkView, emitted: list[str]
) -> None:
    before = view.canvas.rect_of("pool3")
    start = before.center().toPoint()
    qtbot.mousePress(view.canvas, LEFT, pos=start)
    for step in (15, 30, 40):
        qtbot.mouseMove(view.canvas, start + QPoint(step, step // 2))
    qtbot.mouseRelease(view.canvas, LEFT, pos=start + QPoint(40, 20))
    after = view.canvas.rect_of("pool3")
    assert (after.x() - before.x(), after.y() - before.y()) == pytest.approx((40, 20))
    assert emitted == []


def test_a_double_click_zooms_to_the_selection(qtbot: QtBot, view: NetworkView) -> None:
    at = view.canvas.rect_of("inception4c/3x3").center().toPoint()
    qtbot.mouseClick(view.canvas, LEFT, pos=at)
    qtbot.mouseDClick(view.canvas, LEFT, pos=at)
    frame = view.canvas.shown.outline("inception4c")  # type: ignore[union-attr]
    assert QRectF(view.canvas.rect()).contains(frame)
    assert frame.height() > 0.8 * view.canvas.height()


# --- search ----------------------------------------------------------------------------


def test_search_counts_steps_selects_and_opens(
    qtbot: QtBot, view: NetworkView, emitted: list[str]
) -> None:
    view.focus_search()
    assert view.search.hasFocus()
    qtbot.keyClicks(view.search, "5A/5x5")
    assert view.count.text() == "2 found"
    assert emitted == []
    qtbot.keyClick(view.search, Qt.Key.Key_Return)
    assert (view.count.text(), emitted[-1]) == ("1 of 2", "inception5a/5x5")
    assert "inception5a/5x5" in view.canvas.layout_now.boxes
    qtbot.keyClick(view.search, Qt.Key.Key_Return)
    assert (view.count.text(), emitted[-1]) == ("2 of 2", "inception5a/5x5_reduce")
    qtbot.keyClick(view.search, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert emitted[-1] == "inception5a/5x5"
    qtbot.keyClick(view.search, Qt.Key.Key_Escape)
    assert view.canvas.hasFocus()
    assert view.search.text() == ""
    assert view.count.text() == ""


def test_a_hit_is_brought_to_the_middle_when_zoomed_in(qtbot: QtBot, view: NetworkView) -> None:
    view.canvas.zoom(4)
    view.search.setText("aux2/fc1")
    qtbot.keyClick(view.search, Qt.Key.Key_Return)
    middle = view.canvas.rect_of("aux2/fc1").center() - QPointF(view.canvas.rect().center())
    assert middle.manhattanLength() < 3


def test_a_hit_shows_even_in_a_module_closed_by_hand(qtbot: QtBot, view: NetworkView) -> None:
    view.canvas.set_all_open(False)
    view.search.setText("3b/5x5")
    qtbot.keyClick(view.search, Qt.Key.Key_Return)
    assert "inception3b/5x5" in view.canvas.layout_now.boxes


def test_a_search_without_a_hit_says_so(qtbot: QtBot, view: NetworkView) -> None:
    view.search.setText("vgg")
    assert view.count.text() == "no unit"
    assert view.hits == ()
    qtbot.keyClick(view.search, Qt.Key.Key_Return)
    assert view.canvas.selected == "inception4c"


# --- keyboard --------------------------------------------------------------------------


def test_keys_walk_open_select_and_speak(
    qtbot: QtBot, view: NetworkView, emitted: list[str]
) -> None:
    canvas = view.canvas
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.shown is not None
    assert canvas.shown.focused == "conv1"
    assert canvas.accessibleDescription().startswith("conv1, convolution")
    for _ in range(5):
        qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.accessibleDescription().endswith("closed.")
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert "inception3a" in canvas.open_modules()
    assert emitted == []
    assert canvas.accessibleDescription().endswith("open.")
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert canvas.shown.focused == "inception3a/1x1"
    qtbot.keyClick(canvas, Qt.Key.Key_Space)
    assert emitted == ["inception3a/1x1"]
    assert canvas.shown.selected == "inception3a/1x1"


def test_the_focused_unit_has_a_visible_ring(qtbot: QtBot, view: NetworkView) -> None:
    view.canvas.fit()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Home)
    before = pixels(view).copy()
    qtbot.keyClick(view.canvas, Qt.Key.Key_End)
    changed = (pixels(view) != before).any(axis=-1)
    names = list(view.canvas.layout_now.boxes)
    for name in (names[0], names[-1]):
        ring = view.canvas.rect_of(name).adjusted(-8, -8, 8, 8).toAlignedRect()
        ring = ring.intersected(view.canvas.rect())
        area = changed[ring.top() : ring.bottom() + 1, ring.left() : ring.right() + 1]
        assert area.sum() > 60
        area[:] = False
    assert not changed.any()


def test_keys_zoom_and_fit(qtbot: QtBot, view: NetworkView) -> None:
    qtbot.keyClick(view.canvas, Qt.Key.Key_Plus)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Plus)
    assert not all_in_sight(view)
    qtbot.keyClick(view.canvas, Qt.Key.Key_F)
    assert all_in_sight(view)


# --- the rest --------------------------------------------------------------------------


def test_without_a_network_there_is_a_sentence(qtbot: QtBot) -> None:
    view = NetworkView()
    qtbot.addWidget(view)
    assert view.is_empty
    assert view.empty.sentence.text()
    view.set_overview(ui_data.overview())
    view.set_selected("inception3a")
    view.set_graph(ui_data.graph(), ui_data.HEADS)
    assert not view.is_empty
    assert view.canvas.open_modules() == {"inception3a"}
    assert view.canvas.shown is not None
    assert view.canvas.shown.overview is not None
    view.set_graph(None, {})
    assert view.is_empty


def test_the_context_menu_acts_on_the_unit(view: NetworkView) -> None:
    asked: list[str] = []
    view.copy_python_requested.connect(asked.append)
    actions = {action.text(): action for action in view.context_actions("inception3a")}
    actions["Open inception3a"].trigger()
    assert "inception3a" in view.canvas.open_modules()
    actions["Copy as Python"].trigger()
    assert asked == ["trace"]
    actions["Zoom to inception3a"].trigger()
    assert not all_in_sight(view)


def test_larger_text_needs_more_room_and_is_written_larger(
    view: NetworkView, monkeypatch: pytest.MonkeyPatch
) -> None:
    low = view.legend.sizeHint().height()
    theme.apply("light", 1.6)
    assert view.legend.sizeHint().height() > low
    words = words_painted(view, monkeypatch)
    assert any(word.endswith("4c") for word in words)
