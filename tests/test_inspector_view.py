"""The inspector: registration, receptive fields, figures, histogram, filter, pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import ui_data
from cmap import Colormap
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu

from inception_viewer.questions import Preprocessing, ReceptiveField
from inception_viewer.session import MapSettings
from inception_viewer.ui import theme
from inception_viewer.ui.inspector.facts import amount, input_rows
from inception_viewer.ui.inspector.histogram import histogram
from inception_viewer.ui.inspector.overlay import MapOverlay, OverlayContent
from inception_viewer.ui.inspector.pictures import filter_pixels
from inception_viewer.ui.inspector.registration import (
    cell_edges,
    field_text,
    position_under,
    seen_pixels,
)
from inception_viewer.ui.inspector_view import InspectorView

UNIT, CHANNEL = "inception3a/3x3", 9
Key = Qt.Key


@pytest.fixture
def view(qtbot, light):
    made = InspectorView()
    qtbot.addWidget(made)
    made.resize(320, 1100)
    made.set_overview(ui_data.overview(), ui_data.photo())
    made.set_maps(ui_data.maps("inception3a"), ui_data.graph())
    made.set_channel((UNIT, CHANNEL))
    made.show()
    qtbot.waitExposed(made)
    return made


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def shown_map() -> np.ndarray:
    return np.array(ui_data.maps("inception3a").groups[1].maps[CHANNEL])


# --- registration --------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["conv1", "pool2", "inception3a/5x5", "inception5b/1x1"])
def test_cells_are_one_stride_around_the_field_s_centre(unit):
    node = ui_data.graph().node(unit)
    edges = cell_edges(node.field, node.shape[1], 0, 224)
    assert len(edges) == node.shape[1] + 1
    for position in (0, 3, node.shape[1] - 1):
        centre = node.field.offset + position * node.field.stride
        assert (edges[position] + edges[position + 1]) / 2 - 0.5 == pytest.approx(centre)
        assert edges[position + 1] - edges[position] == pytest.approx(node.field.stride)
        assert position_under(edges, centre + 0.5) == position


def test_cells_of_an_adaptive_pool_meet_half_way_between_its_windows():
    windows = ((0, 40), (30, 90), (80, 160), (150, 223))
    field = ReceptiveField(81, 55, 20.0, (windows, windows[:3]))
    edges = cell_edges(field, 4, 0, 224)
    middles = [20.5, 60.5, 120.5, 187.0]
    assert edges[1:4].tolist() == [40.5, 90.5, 153.75]
    for position, middle in enumerate(middles):
        assert position_under(edges, middle) == position
    assert len(cell_edges(field, 3, 1, 224)) == 4
    assert seen_pixels(field, (3, 1), (224, 224)) == (30, 150, 90, 223)
    assert field_text(field, (3, 1), (224, 224)).startswith("receptive field 61x74 at (60, 186.5)")


def test_points_outside_the_map_have_no_position():
    edges = cell_edges(ReceptiveField(43, 8, 6.0), 28, 0, 224)
    assert position_under(edges, 2.4) is None
    assert position_under(edges, 2.6) == 0
    assert position_under(edges, 226.6) is None


def test_field_text_names_size_centre_and_clipped_pixels():
    field = ReceptiveField(43, 8, 6.0)
    assert field_text(field, (10, 4), (224, 224)) == (
        "receptive field 43x43 at (38, 86): x 17 to 59, y 65 to 107"
    )
    assert field_text(field, (0, 27), (224, 224)).endswith("x 201 to 223, y 0 to 27")


# --- the overlay ---------------------------------------------------------------------


@pytest.fixture
def overlay(qtbot, light):
    made = MapOverlay()
    qtbot.addWidget(made)
    made.resize(448, 448)
    made.show()
    return made


def content(unit: str, values: np.ndarray, picture: np.ndarray | None = None) -> OverlayContent:
    levels = np.minimum(values / values.max() * 256, 255).astype(np.uint8)
    field = ui_data.graph().node(unit).field
    picture = ui_data.picture() if picture is None else picture
    return OverlayContent(picture, values, levels, field, "viridis")


@pytest.mark.parametrize("unit", ["conv1", "inception3a/3x3", "inception4a/1x1", "inception5b/1x1"])
def test_every_position_is_painted_where_its_field_is_centred(overlay, unit):
    side = ui_data.graph().node(unit).shape[1]
    values = np.random.default_rng(1).random((side, side), np.float32)
    values[0, 0] = 2.0  # the strongest, whose marks are in the corner
    overlay.set_content(content(unit, values))
    overlay.set_opacity(1.0)
    shown = pixels(overlay.grab().toImage())
    colours = np.round(Colormap("viridis")(values / values.max()) * 255)[..., :3]
    field = ui_data.graph().node(unit).field
    marks = [
        overlay.to_widget(place) for place in (overlay.field_place(), overlay.cell_place(0, 0))
    ]
    seen = 0
    for row, column in np.ndindex(side, side):
        x = 2 * (field.offset + column * field.stride + 0.5)
        y = 2 * (field.offset + row * field.stride + 0.5)
        edges = [(m.left(), m.right(), m.top(), m.bottom()) for m in marks]
        if any(min(abs(x - a), abs(x - b), abs(y - c), abs(y - d)) < 6 for a, b, c, d in edges):
            continue
        assert shown[int(y), int(x)].tolist() == colours[row, column].tolist(), (row, column)
        seen += 1
    assert seen >= 0.7 * side**2


def test_cell_borders_are_within_a_pixel_of_where_they_belong(overlay):
    values = np.tile(np.array([0.0, 1.0], np.float32), (28, 14))
    values[14, 27] = 1.5
    overlay.set_content(content("inception3a/3x3", values))
    overlay.set_opacity(1.0)
    row = pixels(overlay.grab().toImage())[2 * 20 + 1].astype(int)
    jumps = np.flatnonzero(np.abs(np.diff(row, axis=0)).sum(1) > 100) + 1
    expected = [2 * (6 + i * 8 + 0.5 - 4) for i in range(28)]
    assert len(jumps) >= 27
    for edge in expected[1:]:
        assert np.abs(jumps - edge).min() <= 1


def test_opacity_mixes_map_and_picture(overlay):
    values = np.zeros((28, 28), np.float32)
    values[27, 27] = 1
    values[0, 0] = 0.5
    picture = np.full((224, 224, 3), 200, np.uint8)
    overlay.set_content(content("inception3a/3x3", values, picture))
    for opacity in (0.0, 0.4, 1.0):
        overlay.set_opacity(opacity)
        shown = pixels(overlay.grab().toImage())[100, 100].astype(float)
        low = theme.colour_table("viridis")[0, :3]
        assert np.abs(shown - ((1 - opacity) * 200 + opacity * low)).max() <= 1.5


def test_picture_is_upright_and_in_its_own_colours(overlay):
    picture = np.random.default_rng(2).integers(0, 256, (224, 224, 3), np.uint8)
    values = np.zeros((28, 28), np.float32)
    values[27, 27] = 1
    overlay.set_content(content("inception3a/3x3", values, picture))
    overlay.set_opacity(0.0)
    overlay.zoom_by(4, QPointF(0, 0))  # 8 screen pixels each: unsmoothed
    shown = pixels(overlay.grab().toImage())
    np.testing.assert_array_equal(shown[4:400:8, 4:400:8], picture[:50, :50])


def test_rectangle_on_the_picture_is_the_field_s_span(overlay):
    values = np.random.default_rng(3).random((14, 14), np.float32)
    overlay.set_content(content("inception4a/3x3", values))
    field = ui_data.graph().node("inception4a/3x3").field
    best = np.unravel_index(values.argmax(), values.shape)
    assert overlay.position == tuple(best)
    for row, column in ((0, 0), (6, 8), (13, 13)):
        centre = (field.offset + np.array([column, row]) * field.stride + 0.5) * 2
        QTest.mouseMove(overlay, QPoint(1, 1))
        QTest.mouseMove(overlay, QPointF(*centre).toPoint())
        assert overlay.position == (row, column)
        place = overlay.field_place()
        top, bottom = field.span(row, 224)
        left, right = field.span(column, 224)
        assert place == QRectF(left, top, right + 1 - left, bottom + 1 - top)


def test_the_rectangle_is_painted_there(overlay):
    picture = np.full((224, 224, 3), 128, np.uint8)
    values = np.zeros((56, 56), np.float32)
    values[20, 30] = 1.0
    overlay.set_content(content("conv2", values, picture))
    overlay.set_opacity(0.0)
    overlay.clearFocus()
    shown = pixels(overlay.grab().toImage()).astype(int)
    field = ui_data.graph().node("conv2").field
    top, bottom = field.span(20, 224)
    left, right = field.span(30, 224)
    row = shown[2 * (top + bottom + 1) // 2]
    white = np.flatnonzero((row == 255).all(1))
    assert {2 * left, 2 * (right + 1)} <= {x for w in white.tolist() for x in (w, w + 1)}
    outside = np.ones(shown.shape[:2], bool)
    outside[2 * top - 2 : 2 * bottom + 5, 2 * left - 2 : 2 * right + 5] = False
    assert (shown[outside] == 128).all()


def test_leaving_goes_back_to_the_strongest_position(overlay):
    values = np.random.default_rng(4).random((28, 28), np.float32)
    overlay.set_content(content("inception3a/3x3", values))
    best = overlay.position
    QTest.mouseMove(overlay, QPoint(10, 10))
    QTest.mouseMove(overlay, QPoint(30, 30))
    assert overlay.is_pointed
    QApplication.sendEvent(overlay, QEvent(QEvent.Type.Leave))
    assert not overlay.is_pointed
    assert overlay.position == best


def test_zoom_keeps_the_point_under_the_pointer_and_stays_inside(overlay):
    overlay.set_content(content("inception3a/3x3", np.eye(28, dtype=np.float32)))
    around = QPointF(300, 120)
    before = overlay.to_picture(around)
    turn = QWheelEvent(
        around, overlay.mapToGlobal(around), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(overlay, turn)
    assert overlay.zoom == pytest.approx(1.44)
    after = overlay.to_picture(around)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))
    overlay.zoom_by(100, QPointF(447, 447))
    corner = overlay.to_picture(QPointF(448, 448))
    assert max(corner.x(), corner.y()) <= 224.0001
    QTest.mouseDClick(overlay, Qt.MouseButton.LeftButton)
    assert overlay.to_picture(QPointF(448, 448)) == QPointF(224, 224)


def test_dragging_moves_the_picture(overlay):
    overlay.set_content(content("inception3a/3x3", np.eye(28, dtype=np.float32)))
    overlay.zoom_by(4, QPointF(224, 224))
    before = overlay.to_picture(QPointF(0, 0))
    QTest.mousePress(overlay, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    QTest.mouseMove(overlay, QPoint(240, 184))
    QTest.mouseRelease(overlay, Qt.MouseButton.LeftButton, pos=QPoint(240, 184))
    after = overlay.to_picture(QPointF(0, 0))
    assert (before.x() - after.x(), before.y() - after.y()) == pytest.approx((5.0, -2.0))


def test_arrow_keys_probe_the_neighbours(overlay):
    values = np.zeros((28, 28), np.float32)
    values[0, 5] = 1
    overlay.set_content(content("inception3a/3x3", values))
    for key, position in (
        (Key.Key_Down, (1, 5)),
        (Key.Key_Right, (1, 6)),
        (Key.Key_Up, (0, 6)),
        (Key.Key_Up, (0, 6)),
        (Key.Key_Home, (0, 5)),
    ):
        QTest.keyClick(overlay, key)
        assert overlay.position == position


# --- the view ------------------------------------------------------------------------


def test_value_and_field_at_the_strongest_position_are_told(view):
    values = shown_map()
    row, column = np.unravel_index(values.argmax(), values.shape)
    panel = view.channel_panel
    expected = f"{values.max():.3g} at row {row}, column {column}, the strongest"
    assert panel.value.text() == expected
    x, y = 6 + 8 * column, 6 + 8 * row
    assert panel.field.text().startswith(f"Receptive field 43x43 at ({x}, {y})")
    assert expected in panel.overlay.accessibleDescription()


def test_value_at_a_pointed_position_is_told(view):
    panel = view.channel_panel
    panel.overlay._pin((11, 7))
    assert panel.value.text() == f"{shown_map()[11, 7]:.3g} at row 11, column 7"
    assert "at (62, 94)" in panel.field.text()


@pytest.mark.parametrize("scale", ["module", "branch", "own"])
def test_colours_are_those_of_the_grid_on_every_scale(view, scale):
    groups = ui_data.maps("inception3a").groups
    limit = {
        "module": max(float(group.maps.max()) for group in groups),
        "branch": float(groups[1].maps.max()),
        "own": float(shown_map().max()),
    }[scale]
    view.set_settings(MapSettings(scale=scale, colour_map="magma"))
    shown = view.channel_panel.overlay.content
    colours = theme.colour_table(shown.colour_map)[shown.levels]
    expected = np.round(Colormap("magma")(shown_map() / np.float32(limit)) * 255)
    np.testing.assert_array_equal(colours, expected)
    assert view.channel_panel.bar.high == f"{limit:.3g}"
    words = {"module": "inception3a", "branch": "3x3 branch", "own": "this map"}[scale]
    assert words in view.channel_panel.meaning.text()


def test_histogram_counts_are_numpy_s(view):
    values = shown_map()
    above = values[values > 0]
    counts, edges = np.histogram(above, bins=32, range=(0, values.max()))
    np.testing.assert_array_equal(view.histogram.counts, counts)
    np.testing.assert_allclose(view.histogram.edges, edges)
    assert view.histogram.zeros == values.size - above.size
    share = (values <= 0).mean()
    assert view.histogram_words.text().startswith(f"{share:.0%}".replace("%", " %"))
    assert view.histogram.axis_numbers()[2] == f"{values.max():.3g}"


def test_histogram_bars_are_as_high_as_their_counts(view):
    chart = view.histogram
    counts = chart.counts.astype(float)
    chosen = [int(counts.argmax()), 3, 20]
    full = chart.plot().height()
    for index in chosen:
        assert chart.bar(index).height() == pytest.approx(full * counts[index] / counts.max())
    view.log_counts.setChecked(True)
    for index in chosen:
        share = np.log1p(counts[index]) / np.log1p(counts.max())
        assert chart.bar(index).height() == pytest.approx(full * share)
    view.log_counts.setChecked(False)
    shown = pixels(chart.grab().toImage())
    bar = chart.bar(chosen[0])
    accent = [int(theme.current().accent[i : i + 2], 16) for i in (1, 3, 5)]
    assert shown[int(bar.center().y()), int(bar.center().x())].tolist() == accent
    assert chart.bin_at(chart.bar(20).center()) == 20


def test_histogram_of_a_dead_map_is_empty():
    counts, edges = histogram(np.zeros((7, 7), np.float32))
    assert counts.sum() == 0
    assert (edges[0], edges[-1]) == (0, 1)


def test_figures_and_facts(view):
    rows, values = dict(view.facts.rows), shown_map()
    row, column = np.unravel_index(values.argmax(), values.shape)
    assert rows["Maximum"] == f"{values.max():.3g} at row {row}, column {column}"
    assert rows["Mean"] == f"{values.mean():.3g}"
    assert rows["Active"] == f"{(values > 0).mean():.0%}".replace("%", " %") + " of 784 positions"
    assert rows["Kind"] == "3x3 convolution, stride 1"
    assert rows["Output"] == "128 × 28 × 28"
    assert rows["Parameters"] == f"{96 * 128 * 9 + 2 * 128:,}"
    assert rows["Multiply-adds"] == f"{96 * 128 * 9 * 784 / 1e6:.1f} million"
    assert rows["Sees"] == "43x43 pixels, every 8"


def test_a_dead_channel_is_called_dead(view):
    group = ui_data.maps("inception3a").groups[1]
    view.set_channel((UNIT, int(np.flatnonzero(group.maximum == 0)[0])))
    rows = dict(view.facts.rows)
    assert rows["Dead"] == "zero at all 784 positions of this photo"
    assert "Maximum" not in rows
    assert view.histogram_words.text().startswith("100 % of 784 positions are zero")


def test_a_unit_that_is_not_what_it_is_called_carries_its_note(view):
    view.set_maps(ui_data.maps("inception3a", 3), ui_data.graph(3))
    view.set_channel(("inception3a/5x5", 1))
    assert dict(view.facts.rows)["Note"] == "Really 3x3."


def test_filter_of_conv1_is_shown_in_colour_around_grey(view):
    assert not view.filter_section.isVisible()
    answer = ui_data.maps("conv1")
    view.set_maps(answer, ui_data.graph())
    view.set_channel(("conv1", 21))
    assert view.filter_section.isVisible()
    kernel = np.array(answer.filters[21], np.float64)
    largest = np.abs(kernel).max()
    expected = np.round(128 + 127 * kernel / largest)
    np.testing.assert_array_equal(filter_pixels(answer.filters[21]), expected)
    shown = pixels(view.filter_picture.grab().toImage())
    cell = int(view.filter_picture.place().width()) // 7
    assert cell >= 16
    middles = shown[cell // 2 : 7 * cell : cell, cell // 2 : 7 * cell : cell]
    np.testing.assert_array_equal(middles, expected)
    assert f"{largest:.3g}" in view.filter_words.text()


def test_a_filter_of_zeros_is_mid_grey():
    assert (filter_pixels(np.zeros((7, 7, 3), np.float32)) == 128).all()


def test_what_the_network_sees_is_the_picture_and_the_crop(view):
    panel = view.input_panel
    np.testing.assert_array_equal(pixels(panel.pictures.exact), ui_data.picture())
    place, crop = panel.places()[0], panel.crop_place()
    assert place.width() / place.height() == pytest.approx(640 / 480)
    left, top, right, bottom = ui_data.CROP
    factor = place.width() / 640
    assert (crop.left(), crop.right()) == pytest.approx((left * factor, right * factor))
    assert (crop.top(), crop.bottom()) == pytest.approx((top * factor, bottom * factor))
    rows = dict(view.input_facts.rows)
    assert rows["Photo"] == "cup.jpg, 640 × 480"
    assert rows["Input"] == "224 × 224 pixels, RGB"
    assert rows["Resized"] == "short side to 256, then the centre"
    assert rows["Scaled"] == "÷ 255"
    assert rows["Minus"] == "0.485, 0.456, 0.406"
    assert rows["Divided by"] == "0.229, 0.224, 0.225"


def test_a_photo_that_is_used_whole_is_not_shown_twice(view):
    overview = replace(ui_data.overview(), crop=(0.0, 0.0, 640.0, 480.0))
    view.set_overview(overview, ui_data.photo())
    assert view.input_panel.pictures.photo is None


def test_other_preprocessing_is_told():
    rows = dict(
        input_rows(
            None,
            Preprocessing(
                resize="squeeze", channels="BGR", scale=1.0, mean=(104, 117, 123), std=(1, 1, 1)
            ),
        )
    )
    assert rows["Resized"] == "whole photo to 224 × 224, aspect not kept"
    assert rows["Scaled"] == "no, 0 to 255"
    assert rows["Minus"] == "104, 117, 123"
    assert "Divided by" not in rows
    assert rows["Input"].endswith("BGR")
    halves = dict(input_rows(None, Preprocessing(scale=2 / 255, mean=(1, 1, 1))))
    assert halves["Scaled"] == "× 0.00784314"


def test_the_photo_of_another_scene_is_never_shown_beside(view):
    view.set_overview(ui_data.overview(), ui_data.photo("other.jpg", "cd" * 32))
    assert view.input_panel.pictures.photo is None
    assert "Photo" not in dict(view.input_facts.rows)


def test_maps_of_another_scene_are_not_laid_over_this_picture(view):
    other = replace(ui_data.maps("inception3a"), scene=ui_data.scene("cd" * 32))
    view.set_maps(other, ui_data.graph())
    assert not view.channel_section.isVisible()
    view.set_maps(ui_data.maps("inception3a"), ui_data.graph())
    assert view.channel_section.isVisible()


def test_without_a_channel_there_is_a_hint(view):
    view.set_channel(None)
    assert view.hint.isVisible()
    assert "Click a map" in view.hint.text()
    assert view.seen.isVisible()
    assert not view.channel_section.isVisible()
    view.set_channel((UNIT, 3))
    assert not view.hint.isVisible()
    assert view.channel_section.header.text() == f"{UNIT}, channel 3"


def test_without_a_photo_there_is_a_sentence(view):
    view.set_overview(None, None)
    assert view.is_empty
    assert "photo" in view.empty.sentence.text()


def test_stepping_to_the_neighbouring_channel(view, qtbot):
    for button, step in ((view.previous, -1), (view.next, 1)):
        with qtbot.waitSignal(view.channel_stepped) as caught:
            button.click()
        assert caught.args == [step]


def test_sections_fold_and_their_state_can_be_kept(view, qtbot):
    with qtbot.waitSignal(view.folds_changed) as caught:
        view.values.header.click()
    assert caught.args == [frozenset({"histogram"})]
    assert not view.histogram.isVisible()
    kept = view.save_state()
    view.values.header.click()
    assert view.histogram.isVisible()
    view.restore_state(kept)
    assert view.folds == {"histogram"}
    assert not view.histogram.isVisible()


def test_it_keeps_to_a_narrow_dock(view, qtbot):
    view.resize(280, 500)
    qtbot.wait(20)
    assert view.width() == 280
    for part in (view.channel_panel, view.histogram, view.facts, view.next, view.input_panel):
        assert part.mapTo(view, QPoint(part.width(), 0)).x() <= 280
    overlay = view.channel_panel.overlay
    assert overlay.height() == pytest.approx(overlay.width(), abs=2)


def test_amounts_are_for_people():
    shown = [amount(n) for n in (936, 110848, 86_704_128, 1_580_000_000)]
    assert shown == ["936", "110,848", "86.7 million", "1.58 billion"]


def test_the_menu_offers_the_code(view, qtbot):
    with qtbot.waitSignal(view.copy_python_requested) as caught:
        view.context_menu().actions()[0].trigger()
    assert caught.args == ["channel"]


def test_without_a_channel_the_menu_offers_what_the_network_sees(view, qtbot, monkeypatch):
    opened = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _place: opened.append(menu))
    view.set_channel(None)
    label = view.input_facts.findChildren(QLabel)[1]
    place = label.mapTo(view, label.rect().center())
    with qtbot.waitSignal(view.copy_python_requested) as caught:
        ask_for_menu(view, place)
        next(a for a in opened[0].actions() if a.text() == "Copy as Python").trigger()
    assert caught.args == ["seen"]
    view.set_overview(None, None)
    ask_for_menu(view, place)
    assert len(opened) == 1


def test_the_menu_copies_marked_text_too(view):
    label = view.facts.findChildren(QLabel)[1]
    assert "Copy the marked text" not in [a.text() for a in view.context_menu().actions()]
    label.setSelection(0, 4)
    copy = view.context_menu().actions()[1]
    assert copy.text() == "Copy the marked text"
    copy.trigger()
    assert QApplication.clipboard().text() == label.text()[:4]


@pytest.mark.parametrize(("scale", "narrow"), [(1.0, 240), (1.5, 280)])
def test_the_channels_title_gives_way_to_the_buttons(view, scale, narrow):
    theme.apply("light", scale)
    channel = "inception4a/3x3_reduce, channel 11"
    view.channel_section.set_title(channel, channel.removeprefix("inception"))
    header = view.channel_section.header
    for width in (narrow, 2 * narrow):
        view.resize(width, 700)
        QApplication.processEvents()
        right = view.next.mapTo(view, QPoint(view.next.width(), 0)).x()
        assert right <= width
        assert header.fontMetrics().horizontalAdvance(header.shown_text) < header.width()
    assert header.shown_text == channel
    view.resize(round(320 * scale), 700)
    QApplication.processEvents()
    assert header.shown_text == "4a/3x3_reduce, channel 11"


def test_the_first_photo_is_never_shown_squeezed(qtbot):
    view = InspectorView()
    qtbot.addWidget(view)
    view.resize(300, 500)
    view.show()
    qtbot.waitExposed(view)
    view.set_overview(ui_data.overview(), ui_data.photo())
    # Before the next turn of the loop.
    for label in view.input_facts.findChildren(QLabel):
        assert label.isHidden() or label.height() >= label.fontMetrics().height()
    assert view.input_panel.height() >= view.input_panel.sizeHint().height()


def test_leaving_the_channel_goes_back_to_the_top(view):
    view.resize(320, 300)
    view.set_channel(None)
    view.set_channel((UNIT, 3))
    bar = view.area.verticalScrollBar()
    QApplication.processEvents()
    bar.setValue(bar.maximum())
    assert bar.value() > 100
    view.set_channel(None)
    assert bar.value() == 0


def test_the_wheel_over_the_opacity_only_scrolls(view):
    slider = view.channel_panel.opacity
    before, place = slider.value(), QPointF(slider.rect().center())
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    turn = QWheelEvent(
        place, slider.mapToGlobal(place), QPoint(), QPoint(0, -120), *none,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(slider, turn)
    assert slider.value() == before


def ask_for_menu(view, place):
    """A right click on whatever stands there."""
    widget = view.childAt(place) or view
    reason = QContextMenuEvent.Reason.Mouse
    spot = widget.mapFrom(view, place)
    QApplication.sendEvent(widget, QContextMenuEvent(reason, spot, widget.mapToGlobal(spot)))


def test_the_first_choice_is_scrolled_into_sight_and_later_ones_leave_the_place(qtbot):
    view = InspectorView()
    qtbot.addWidget(view)
    view.resize(300, 300)
    view.set_overview(ui_data.overview(), ui_data.photo())
    view.set_maps(ui_data.maps("inception3a"), ui_data.graph())
    view.show()
    qtbot.waitExposed(view)
    qtbot.wait(20)
    bar = view.area.verticalScrollBar()
    assert bar.value() == 0
    view.set_channel((UNIT, 3))
    qtbot.waitUntil(lambda: bar.value() == view.channel_section.y())
    assert view.channel_section.visibleRegion().boundingRect().height() > 200
    bar.setValue(bar.maximum())
    view.set_channel((UNIT, 4))
    view.set_overview(ui_data.overview(), ui_data.photo())
    qtbot.wait(20)
    assert bar.value() == bar.maximum()


def test_an_overlay_without_room_still_knows_its_places(overlay):
    overlay.set_content(content("inception3a/3x3", np.eye(28, dtype=np.float32)))
    overlay.resize(0, 0)
    assert overlay.position_at(QPointF(0, 0)) is None
    overlay.zoom_by(2, QPointF(0, 0))
    overlay.resize(448, 448)
    overlay.reset()
    assert overlay.to_picture(QPointF(448, 448)) == QPointF(224, 224)
