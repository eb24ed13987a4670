"""The attribution view: colours pixel by pixel, gestures, words, the form and the exports."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import ui_data
from cmap import Colormap
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QPainter,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDoubleSpinBox, QSpinBox

from inception_viewer.attribution_methods import METHODS, units_before
from inception_viewer.questions import Attribution, AttributionAnswer, Neuron
from inception_viewer.session import AttributionSettings
from inception_viewer.ui import theme
from inception_viewer.ui.attribution import export, words
from inception_viewer.ui.attribution.colouring import (
    Colouring,
    coloured,
    colouring,
    levels,
    overlaid,
)
from inception_viewer.ui.attribution.scale_bar import fitting, marks, strip
from inception_viewer.ui.attribution.zoom import Zoom, arrange
from inception_viewer.ui.attribution_view import LOADING, NO_CHECKPOINT, NO_PHOTO, AttributionView

pytestmark = pytest.mark.usefixtures("light")
CUP = ui_data.CLASSES.index("cup")
RNG = np.random.default_rng(11)
SIGNED = (RNG.normal(0, 1, (224, 224)) * np.linspace(0.2, 1, 224)).astype(np.float32)
SIGNED[5, 7] = 0.0
POSITIVE = np.abs(SIGNED)


def answer(
    values=SIGNED, method="integrated_gradients", error=0.012, target=None, **changes
) -> AttributionAnswer:
    question = Attribution(ui_data.scene(), method, "main", target)
    made = AttributionAnswer(
        question, values, np.zeros((3, 224, 224), np.float32), CUP, "cup", error, 2.43,
        METHODS[method].settings(), ui_data.provenance(),
    )  # fmt: skip
    return replace(made, **changes)


@pytest.fixture
def view(qtbot):
    made = AttributionView()
    qtbot.addWidget(made)
    made.resize(1040, 420)
    made.set_machine_ready(True)
    made.set_checkpoint(ui_data.checkpoint_info())
    made.set_photo(ui_data.picture())
    made.show()
    QApplication.processEvents()
    return made


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def painted(widget, ratio: int = 1) -> np.ndarray:
    """The widget's pixels (height * ratio, width * ratio, 3)."""
    size = widget.size()
    image = QImage(QSize(size.width() * ratio, size.height() * ratio), QImage.Format.Format_RGB888)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("#FF00FF"))
    painter = QPainter(image)
    widget.render(painter, QPoint())
    painter.end()
    return pixels(image)


def independent_colours(values: np.ndarray, limit: float) -> np.ndarray:
    """Value by value through the table of 256 colours, in plain Python."""
    signed = bool((values < 0).any())
    table = np.round(Colormap("crameri:vik" if signed else "viridis").lut(256) * 255)
    made = np.empty((*values.shape, 3), np.uint8)
    for place, value in np.ndenumerate(values):
        share = min(1.0, max(-1.0, float(np.float32(value) / np.float32(limit))))
        level = 128 + round(127 * share) if signed else min(255, int(256 * share))
        made[place] = table[level, :3]
    return made


# --- colours -------------------------------------------------------------------------


@pytest.mark.parametrize("values", [SIGNED[:40, :50], POSITIVE[:40, :50]])
def test_colours_equal_a_value_by_value_lookup(values):
    chosen = colouring(values, 95.0)
    np.testing.assert_array_equal(
        coloured(values, chosen), independent_colours(values, chosen.limit)
    )


def test_positive_maps_have_the_colours_that_cmap_gives_them():
    chosen = colouring(POSITIVE, 100.0)
    ours = coloured(POSITIVE, chosen).astype(int)
    shares = POSITIVE / np.float32(chosen.limit)
    theirs = np.round(np.asarray(Colormap("viridis")(shares))[..., :3] * 255).astype(int)
    np.testing.assert_array_equal(ours, theirs)


def test_zero_is_the_centre_of_the_diverging_table_and_signs_mirror():
    values = np.array([[-2.0, -1.0, 0.0, 1.0, 2.0]], np.float32)
    chosen = colouring(values, 100.0)
    assert chosen.table == "vik"
    found = levels(values, chosen)[0].astype(int)
    assert found[2] == 128
    np.testing.assert_array_equal(found - 128, -(found[::-1] - 128))
    centre = np.asarray(Colormap("crameri:vik")(0.5))[:3] * 255
    assert np.abs(coloured(values, chosen)[0, 2] - centre).max() <= 1
    # Red is for, blue against, as vik has it.
    red, blue = coloured(values, chosen)[0, 4], coloured(values, chosen)[0, 0]
    assert red[0] > red[2]
    assert blue[2] > blue[0]


def test_colours_end_at_the_percentile_and_say_how_much_lies_beyond():
    values = np.arange(1, 1001, dtype=np.float32).reshape(20, 50) - 500.5
    chosen = colouring(values, 99.0)
    ordered = np.sort(np.abs(values).ravel())
    assert ordered[989] <= chosen.limit <= ordered[990]
    assert chosen.beyond == pytest.approx(0.01, abs=0.001)
    assert "99th percentile" in words.scale_text(chosen)
    assert "1.0 % of the positions" in words.scale_text(chosen)
    assert colouring(values, 100.0).beyond == 0


def test_a_map_of_one_bright_pixel_is_not_lost_to_the_percentile():
    values = np.zeros((224, 224), np.float32)
    values[3, 4] = 7.0
    chosen = colouring(values)
    assert chosen.limit == 7.0
    assert levels(values, chosen)[3, 4] == 255


def test_values_that_are_not_finite_do_not_spoil_the_rest():
    values = SIGNED.copy()
    values[0, 0], values[0, 1] = np.nan, np.inf
    chosen = colouring(values)
    assert np.isfinite(chosen.limit)
    assert levels(values, chosen)[0, 0] == 128


def test_overlay_leaves_the_photo_where_the_map_is_zero():
    photo = ui_data.picture()
    values = np.zeros((224, 224), np.float32)
    values[10, 20], values[30, 40] = 2.0, -1.0
    chosen = colouring(values, 100.0)
    made = overlaid(photo, values, chosen, 1.0)
    untouched = values == 0
    np.testing.assert_array_equal(made[untouched], photo[untouched])
    np.testing.assert_array_equal(made[10, 20], theme.colour_table("vik")[255, :3])
    half = 0.5 * photo[30, 40] + 0.5 * theme.colour_table("vik")[128 - 64, :3]
    assert np.abs(made[30, 40] - half).max() <= 1
    np.testing.assert_array_equal(overlaid(photo, values, chosen, 0.0), photo)


def test_colour_bar_has_zero_in_the_middle_of_signed_maps():
    chosen = colouring(SIGNED)
    bar = strip(chosen, 255)[0]
    np.testing.assert_array_equal(bar[127], theme.colour_table("vik")[128, :3])
    np.testing.assert_array_equal(bar[[0, -1]], theme.colour_table("vik")[[1, 255], :3])
    assert marks(chosen)[1] == (0.5, "0")
    assert marks(chosen)[0][1] == "−" + marks(chosen)[2][1]
    chosen = colouring(POSITIVE)
    assert marks(chosen)[0] == (0.0, "0")
    assert float(marks(chosen)[2][1]) == pytest.approx(chosen.limit, rel=0.005)


# --- the panes -----------------------------------------------------------------------


def sampled(view, which: int, ratio: int) -> tuple[np.ndarray, slice, slice]:
    """Painted colours at the centre of each map pixel that shows whole, and which those are."""
    panes = view.result.panes
    pane, source = panes.pane_rects()[which], panes.zoom.source
    rows = np.arange(int(np.ceil(source.top())), int(source.bottom()))
    columns = np.arange(int(np.ceil(source.left())), int(source.right()))
    scale = pane.width() / source.width()
    ys = (pane.top() + (rows + 0.5 - source.top()) * scale) * ratio
    xs = (pane.left() + (columns + 0.5 - source.left()) * scale) * ratio
    whole = painted(panes, ratio)
    found = whole[ys.astype(int)[:, None], xs.astype(int)[None]]
    return found, slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


@pytest.mark.parametrize("ratio", [1, 2])
@pytest.mark.parametrize("values", [SIGNED, POSITIVE])
def test_painted_maps_are_right_to_the_pixel_and_the_right_way_up(view, values, ratio):
    view.set_result(answer(values))
    chosen = view.result.colouring
    panes = view.result.panes
    panes.set_zoom(panes.zoom.zoomed(6, QPointF(30, 20)))
    for which, expected in enumerate(
        (
            ui_data.picture(),
            coloured(values, chosen),
            overlaid(ui_data.picture(), values, chosen, view.result.opacity.value() / 100),
        )
    ):
        found, rows, columns = sampled(view, which, ratio)
        assert found.shape[0] > 30
        np.testing.assert_array_equal(found, expected[rows, columns])


def test_a_whole_map_at_its_own_size_is_painted_pixel_for_pixel(view):
    view.set_result(answer())
    panes = view.result.panes
    pane = panes.pane_rects()[1]
    assert pane.width() == 224
    left, top = int(pane.left()), int(pane.top())
    shown = painted(panes)[top : top + 224, left : left + 224]
    np.testing.assert_array_equal(shown, independent_colours(SIGNED, view.result.colouring.limit))


def test_wheel_zooms_at_the_pointer_and_all_panes_follow(view):
    view.set_result(answer())
    panes = view.result.panes
    pane = panes.pane_rects()[1]
    place = pane.topLeft() + QPointF(50, 170)
    before = panes.zoom.on_picture(place, pane)
    for _ in range(5):
        event = QWheelEvent(
            place, panes.mapToGlobal(place), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(panes, event)
    assert panes.zoom.factor == pytest.approx(1.25**5)
    after = panes.zoom.on_picture(place, pane)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))
    chosen = view.result.colouring
    for which, expected in ((0, ui_data.picture()), (1, coloured(SIGNED, chosen))):
        found, rows, columns = sampled(view, which, 1)
        np.testing.assert_array_equal(found, expected[rows, columns])


def test_dragging_moves_and_a_double_click_shows_all(view, qtbot):
    panes = view.result.panes
    panes.set_zoom(panes.zoom.zoomed(4, QPointF(112, 112)))
    start = panes.pane_rects()[0].center().toPoint()
    x = panes.zoom.x
    qtbot.mousePress(panes, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(panes, start + QPoint(-40, 0))
    qtbot.mouseRelease(panes, Qt.MouseButton.LeftButton, pos=start + QPoint(-40, 0))
    scale = panes.pane_rects()[0].width() / (224 / 4)
    assert panes.zoom.x == pytest.approx(x + 40 / scale)
    qtbot.mouseDClick(panes, Qt.MouseButton.LeftButton, pos=start)
    assert panes.zoom == Zoom.whole(224, 224)


def test_the_window_never_leaves_the_picture():
    zoom = Zoom.whole(200, 100).zoomed(4, QPointF(0, 0)).moved(-500, 900)
    source = zoom.source
    assert (source.left(), source.bottom()) == (0, 100)
    assert Zoom.whole(200, 100).zoomed(0.1, QPointF(50, 50)) == Zoom.whole(200, 100)
    assert Zoom.whole(200, 100).zoomed(1e9, QPointF(50, 50)).factor == 32


def test_the_value_under_the_pointer_is_the_maps(view, qtbot):
    view.set_result(answer())
    panes = view.result.panes
    for pane in panes.pane_rects():
        qtbot.mouseMove(panes, (pane.topLeft() + QPointF(33.5, 101.5)).toPoint())
        row, column = panes.point
        assert (row, column) == pytest.approx((101, 33), abs=1)
        said = f"{SIGNED[row, column]:.3g}".replace("-", "−")
        assert panes.value_text == f"{said} at row {row}, column {column}"
    qtbot.mouseMove(panes, QPoint(1, 1))
    assert panes.point is None


def test_keys_read_values_and_tell_screen_readers(view, qtbot):
    view.set_result(answer())
    panes = view.result.panes
    qtbot.keyClick(panes, Qt.Key.Key_Home)
    assert panes.point == np.unravel_index(np.abs(SIGNED).argmax(), SIGNED.shape)
    row, column = panes.point
    qtbot.keyClick(panes, Qt.Key.Key_Up)
    qtbot.keyClick(panes, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    expected = (row - 1, column - 8)
    assert panes.point == expected
    said = QAccessible.queryAccessibleInterface(panes).text(QAccessible.Text.Description)
    assert said == f"{words.number(float(SIGNED[expected]))} at row {row - 1}, column {column - 8}"
    qtbot.keyClick(panes, Qt.Key.Key_Plus)
    assert panes.zoom.factor == pytest.approx(1.25)
    for _ in range(60):
        qtbot.keyClick(panes, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert panes.point[1] == 0
    assert panes.zoom.source.left() == 0
    qtbot.keyClick(panes, Qt.Key.Key_0)
    assert panes.zoom == Zoom.whole(224, 224)


def test_pictures_stand_side_by_side_or_one_above_the_other():
    from PySide6.QtCore import QRectF

    wide = arrange(QRectF(0, 0, 700, 240), 3, 1.0, 8, 16)
    assert [box.top() for box in wide] == [16, 16, 16]
    assert wide[0].width() == 224
    tall = arrange(QRectF(0, 0, 220, 700), 3, 1.0, 8, 16)
    assert len({box.left() for box in tall}) == 1
    for boxes, room in ((wide, (700, 240)), (tall, (220, 700))):
        assert all(box.right() <= room[0] and box.bottom() <= room[1] for box in boxes)
        assert not any(a.intersects(b) for a in boxes for b in boxes if a is not b)
    oblong = arrange(QRectF(0, 0, 700, 300), 3, 1.5, 8, 16)
    assert oblong[0].width() / oblong[0].height() == pytest.approx(1.5, rel=0.02)


# --- what is said --------------------------------------------------------------------


def test_the_caption_says_target_completeness_parameters_and_time(view):
    view.set_result(answer(note="100 steps were needed."))
    said = view.result.caption.text()
    assert "main: cup (class 98), its top class" in said
    assert "completeness 1.2 %: the map's sum misses the change of the logit by that share" in said
    assert "Integrated gradients, 50 steps" in said
    assert "baseline: black" in said
    assert "blur" not in said, "a parameter that had no effect is not named"
    assert "2.4 s" in said
    assert "100 steps were needed" in said
    assert view.result.caption.property("role") == "muted"


def test_a_map_that_fails_its_check_is_called_out(view):
    view.set_result(answer(error=0.31))
    assert "completeness 31 %" in view.result.caption.text()
    assert "too much" in view.result.caption.text()
    assert view.result.caption.property("role") == "warning"


def test_a_method_without_completeness_says_so_and_names_its_layer(view):
    view.set_result(answer(POSITIVE, "layer_grad_cam", None, target=CUP))
    said = view.result.caption.text()
    assert "this method promises no completeness" in said
    assert "Grad-CAM, at inception5b" in said
    assert "its top class" not in said
    assert view.result.colouring.table == "viridis"


def test_partial_results_are_drawn_and_marked(view):
    view.set_progress(0.4, 2.0)
    view.set_result(answer(partial=True, error=None))
    assert view.controls.running
    assert view.result.caption.text().startswith("partial")
    assert "completeness" not in view.result.caption.text()
    pane = view.result.panes.pane_rects()[1]
    assert (painted(view.result.panes)[int(pane.top()) + 3, int(pane.left()) + 3] != 255).any()
    view.set_result(answer())
    assert not view.controls.running
    assert "partial" not in view.result.caption.text()


def test_degenerate_maps_are_explained_and_not_drawn(view):
    why = "The map is zero everywhere: the class does not depend on what it covers."
    view.set_result(answer(np.zeros_like(SIGNED), degenerate=why))
    panes = view.result.panes
    assert panes.accessibleDescription() == why
    assert view.result.colouring is None
    pane = panes.pane_rects()[1]
    block = painted(panes)[
        int(pane.top()) + 2 : int(pane.top()) + 40, int(pane.left()) + 1 : int(pane.right())
    ]
    assert (block == QColor(theme.current().raised).getRgb()[:3]).all()
    assert view.picture() is None


# --- the states of the view ----------------------------------------------------------


def test_empty_states_say_what_is_missing(qtbot):
    made = AttributionView()
    qtbot.addWidget(made)
    assert made.empty.sentence.text() == LOADING
    made.set_machine_ready(True)
    assert made.empty.sentence.text() == NO_CHECKPOINT
    made.set_checkpoint(ui_data.checkpoint_info())
    assert made.empty.sentence.text() == NO_PHOTO
    made.set_photo(ui_data.picture())
    assert not made.is_empty
    made.show_empty("The window's own sentence.")
    made.set_photo(None)
    assert made.empty.sentence.text() == "The window's own sentence."


def test_a_new_photo_or_checkpoint_takes_the_result_away(view):
    view.set_result(answer())
    view.set_photo(ui_data.picture().copy())
    assert view.result.answer is not None, "the same pixels are the same photo"
    view.set_photo(255 - ui_data.picture())
    assert view.result.answer is None
    view.set_result(answer())
    view.set_checkpoint(ui_data.checkpoint_info())
    assert view.result.answer is not None
    view.set_checkpoint(replace(ui_data.checkpoint_info(), fingerprint="9" * 64))
    assert view.result.answer is None


def test_a_failure_is_said_and_what_was_there_stays(view):
    view.set_result(answer())
    view.set_progress(0.2, None)
    view.set_failure("There was not enough memory; try fewer steps.")
    assert view.result.failure.isVisible()
    assert view.result.failure.text() == "There was not enough memory; try fewer steps."
    assert view.result.answer is not None
    assert not view.controls.running
    view.set_progress(0.0, None)
    assert not view.result.failure.isVisible()


def test_explain_and_cancel(view, qtbot):
    with qtbot.waitSignal(view.asked):
        view.controls.explain.click()
    view.set_progress(0.42, 3.2)
    assert not view.controls.explain.isVisible()
    assert view.controls.progress.text() == "42 %, 3 s left"
    assert view.controls.progress.value() == 420
    with qtbot.waitSignal(view.cancelled):
        view.controls.cancel.click()
    view.set_progress(None, None)
    assert view.controls.explain.isVisible()
    assert not view.controls.cancel.isVisible()


def test_it_works_at_its_least_size(view):
    view.resize(560, 240)
    QApplication.processEvents()
    assert view.size() == QSize(560, 240), "nothing forces the view larger"
    view.set_result(answer())
    QApplication.processEvents()
    panes = view.result.panes
    rects = panes.pane_rects()
    assert rects[0].width() >= 72
    assert max(rect.right() for rect in rects) <= panes.width()
    assert view.controls.explain.height() >= 24
    assert view.controls.geometry().bottom() <= 240
    caption = view.result.caption
    assert caption.geometry().bottom() <= view.result.height()


# --- the form ------------------------------------------------------------------------


def test_every_method_gets_the_fields_of_its_description(view):
    form = view.form
    offered = [form.method.itemData(i) for i in range(form.method.count())]
    assert sorted(filter(None, offered)) == sorted(METHODS)
    for method in METHODS.values():
        form.method.setCurrentIndex(form.method.findData(method.name))
        assert method.explanation in form.explanation.text()
        assert form.layer.isVisibleTo(form) == method.needs_unit
        for parameter in method.parameters:
            field = form.parameters.field(parameter.name)
            assert parameter.explanation in field.toolTip()
            if parameter.is_switch:
                assert isinstance(field, QCheckBox)
            elif parameter.kind == "image":
                form.parameters.set_photos([("a1", "cup.jpg"), ("b2", "ewer.jpg")])
                offered = [field.itemData(i) for i in range(field.count())]
                assert offered == ["", "a1", "b2"]
            elif parameter.kind == "choice":
                assert isinstance(field, QComboBox)
                offered = [field.itemData(i) for i in range(field.count())]
                assert offered == [value for value, _ in parameter.choices]
            else:
                kind = QSpinBox if parameter.kind == "int" else QDoubleSpinBox
                assert isinstance(field, kind)
                bounds = field.minimum(), field.maximum()
                assert bounds == (parameter.minimum, parameter.maximum)
                assert field.suffix().strip() == parameter.unit
        assert form.parameters.values == method.settings()


def test_edits_are_told_with_what_differs_from_the_defaults(view, qtbot):
    form = view.form
    form.method.setCurrentIndex(form.method.findData("integrated_gradients"))
    with qtbot.waitSignal(view.settings_changed) as caught:
        form.parameters.field("steps").setValue(80)
    assert caught.args == [AttributionSettings("integrated_gradients", parameters=(("steps", 80),))]
    with qtbot.waitSignal(view.settings_changed) as caught:
        form.parameters.field("baseline").setCurrentIndex(2)
    assert caught.args[0].parameters == (("baseline", "blur"), ("steps", 80))


def test_fields_that_do_not_matter_are_hidden(view):
    form = view.form
    form.method.setCurrentIndex(form.method.findData("integrated_gradients"))
    blur, seed = form.parameters.field("blur"), form.parameters.field("seed")
    assert not blur.isVisibleTo(form)
    form.parameters.field("baseline").setCurrentIndex(2)
    assert blur.isVisibleTo(form)
    assert not seed.isVisibleTo(form)


def test_a_method_remembers_what_it_was_given(view):
    form = view.form
    form.method.setCurrentIndex(form.method.findData("integrated_gradients"))
    form.parameters.field("steps").setValue(80)
    form.method.setCurrentIndex(form.method.findData("layer_grad_cam"))
    form.method.setCurrentIndex(form.method.findData("integrated_gradients"))
    assert form.parameters.values["steps"] == 80


def test_settings_go_in_and_come_out_unchanged_and_unannounced(view, qtbot):
    for settings in (
        AttributionSettings("integrated_gradients", "aux2", 5, None, (("steps", 30),)),
        AttributionSettings("layer_grad_cam", "main", None, "inception4c/3x3", (("relu", "on"),)),
        AttributionSettings(),
    ):
        with qtbot.assertNotEmitted(view.settings_changed):
            view.set_settings(settings)
        assert view.form.settings == settings


def test_layers_are_those_on_the_way_to_the_head(view):
    form = view.form
    form.method.setCurrentIndex(form.method.findData("layer_grad_cam"))
    for head, has, lacks in (
        ("main", "inception5b/pool_proj", "aux1/conv"),
        ("aux1", "aux1/conv", "inception4b"),
        ("aux2", "inception4d/3x3", "aux1/conv"),
    ):
        form.head.setCurrentIndex(form.head.findData(head))
        offered = [form.layer.itemData(i) for i in range(1, form.layer.count())]
        assert offered == list(units_before(ui_data.graph(), head))
        assert has in offered
        assert lacks not in offered
        assert "fc" not in offered


def test_a_layer_off_the_new_heads_way_falls_back_to_the_default(view):
    view.set_settings(AttributionSettings("layer_grad_cam", "main", None, "inception5a"))
    view.form.head.setCurrentIndex(view.form.head.findData("aux1"))
    assert view.form.settings.unit is None
    assert view.form.layer.currentText() == "inception4a (default)"


def test_untrained_heads_are_labelled_and_absent_ones_cannot_be_chosen(view):
    info = ui_data.checkpoint_info()
    heads = {"aux1": "untrained", "aux2": "absent", "main": "trained"}
    view.set_checkpoint(replace(info, heads=heads))
    form = view.form
    texts = [form.head.itemText(i) for i in range(3)]
    assert texts == ["main", "aux2 (absent)", "aux1 (untrained)"]
    enabled = [form.head.model().item(i).isEnabled() for i in range(3)]
    assert enabled == [True, False, True]
    view.set_settings(AttributionSettings(head="aux2"))
    assert not view.controls.explain.isEnabled()
    assert "no head aux2" in form.misfit.text()
    view.set_settings(AttributionSettings(head="main"))
    assert view.controls.explain.isEnabled()


def test_choosing_a_class_and_naming_the_default(view, qtbot):
    view.set_predictions(ui_data.predictions())
    assert view.form.target.currentText() == "cup (top)"
    view.form.head.setCurrentIndex(view.form.head.findData("aux1"))
    assert view.form.target.currentText() == "ewer (top)"
    with qtbot.waitSignal(view.settings_changed) as caught:
        view.form.target.activated.emit(1 + ui_data.CLASSES.index("pagoda"))
    assert caught.args[0].target == ui_data.CLASSES.index("pagoda")


def test_another_checkpoints_classes_do_not_inherit_the_target(view):
    view.set_settings(AttributionSettings(target=5))
    info = ui_data.checkpoint_info()
    view.set_checkpoint(replace(info, fingerprint="9" * 64, classes=("a",) * 1000))
    assert view.form.settings.target is None
    assert view.form.target.count() == 1001


# --- scale controls and exports ------------------------------------------------------


def test_clip_and_opacity_change_the_pictures(view):
    view.set_result(answer())
    view.result.clip.setCurrentIndex(4)
    assert view.result.colouring.limit == pytest.approx(float(np.abs(SIGNED).max()))
    assert "largest" in view.result.scale.toolTip()
    view.result.opacity.setValue(0)
    panes = view.result.panes
    panes.set_zoom(panes.zoom.zoomed(6, QPointF(30, 20)))
    found, rows, columns = sampled(view, 2, 1)
    np.testing.assert_array_equal(found, ui_data.picture()[rows, columns])


def test_the_saved_picture_is_sharp_whole_and_says_what_it_is(view, tmp_path):
    view.set_result(answer())
    path = tmp_path / "map.png"
    view.save_picture(path)
    with Image.open(path) as opened:
        saved, said = np.asarray(opened.convert("RGB")), opened.info["Description"]
    side = export.factor(224)
    assert side == 2
    expected = np.kron(
        independent_colours(SIGNED, view.result.colouring.limit), np.ones((side, side, 1))
    )
    left = 2 * export.MARGIN + side * 224
    column = saved[:, left : left + side * 224].astype(int)
    tops = [y for y in range(24, 80) if (column[y : y + 448] == expected).all()]
    assert len(tops) == 1, "the map stands in the file pixel for pixel"
    photo = np.kron(ui_data.picture(), np.ones((side, side, 1)))
    block = saved[tops[0] : tops[0] + 448, export.MARGIN : export.MARGIN + 448]
    np.testing.assert_array_equal(block, photo)
    for part in ("cup (class 98)", "Integrated gradients", "1.2 %", ui_data.FINGERPRINT[:12]):
        assert part in said
    margin = saved[-export.MARGIN // 2 :]
    assert (margin == 255).all(), "the caption is not cut off"
    bar = saved[tops[0] + 448 + export.MARGIN // 2 + 10, export.MARGIN + 2 : -export.MARGIN - 2]
    middle = bar[len(bar) // 2]
    assert np.abs(middle.astype(int) - theme.colour_table("vik")[128, :3]).max() <= 1


def test_the_saved_array_is_the_map(view, tmp_path):
    view.set_result(answer())
    view.save_array(tmp_path / "map.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "map.npy"), SIGNED)


def test_a_file_that_cannot_be_written_is_one_sentence(view, tmp_path):
    view.set_result(answer())
    view.save_array(tmp_path / "missing" / "map.npy")
    assert view.result.failure.isVisible()
    assert view.result.failure.text().startswith("“map.npy” could not be written: ")
    assert view.result.answer is not None


def test_context_menu_copies_and_asks_for_python(view, qtbot):
    actions = {action.text(): action for action in view.result.panes.actions()}
    assert not actions["Save picture…"].isEnabled()
    view.set_result(answer())
    assert actions["Save picture…"].isEnabled()
    actions["Copy picture"].trigger()
    copied = QGuiApplication.clipboard().image()
    assert (copied.width(), copied.height()) == (view.picture().width(), view.picture().height())
    with qtbot.waitSignal(view.copy_python_requested) as caught:
        actions["Copy as Python"].trigger()
    assert caught.args == ["attribution"]


def test_both_themes_and_larger_text_keep_everything_in_place(view):
    view.set_result(answer())
    width = view.form.parentWidget().width()
    theme.apply("dark", 1.5)
    QApplication.processEvents()
    assert view.form.parentWidget().width() == 384 > width
    assert view.result.caption.font().pixelSize() == round(11 * 1.5)
    corner = painted(view.result)[2, 2]
    assert tuple(corner) == QColor(theme.DARK.panel).getRgb()[:3]


def test_while_it_computes_the_empty_panes_say_so(view):
    view.set_result(None)
    assert "press Explain" in view.result.panes._instead
    view.set_progress(0.0, None)
    assert view.result.panes._instead.startswith("Computing")
    view.set_progress(None, None)
    assert "press Explain" in view.result.panes._instead


@pytest.mark.parametrize(("width", "shown"), [(400, 3), (100, 2)])
def test_the_numbers_of_the_scale_never_run_together(width, shown):
    chosen = Colouring(signed=True, limit=0.0659, percentile=99.5, beyond=0.0)
    metrics = QFontMetricsF(theme.font("small"))
    placed = fitting(chosen, QRectF(0, 0, width, 14), metrics)
    assert len(placed) == shown
    assert (placed[0][1], placed[-1][1]) == ("\N{MINUS SIGN}0.0659", "0.0659")
    for (first, _), (second, _) in itertools.pairwise(placed):
        assert second.left() - first.right() >= 4


def test_the_wheel_scrolls_the_form_and_changes_nothing(view, qtbot):
    form = view.form
    before = form.settings
    view.controls.explain.setFocus()
    for box in (form.method, form.head, form.target, form.layer):
        assert box.focusPolicy() == Qt.FocusPolicy.StrongFocus
        QApplication.sendEvent(box, wheel(box))
    assert form.settings == before
    form.method.setFocus()
    qtbot.waitUntil(form.method.hasFocus)
    QApplication.sendEvent(form.method, wheel(form.method))
    assert form.settings != before


def wheel(box):
    middle = QPointF(box.rect().center())
    up = Qt.ScrollPhase.NoScrollPhase
    none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    place = box.mapToGlobal(middle)
    return QWheelEvent(middle, place, QPoint(), QPoint(0, 120), *none, up, False)


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_the_fields_of_both_forms_begin_at_one_line(view, scale):
    theme.apply("light", scale)
    view.set_settings(AttributionSettings(method="integrated_gradients"))
    QApplication.processEvents()
    form = view.form
    boxes = [
        form.method,
        form.head,
        form.target,
        *map(form.parameters.field, ("steps", "baseline")),
    ]
    assert all(box.isVisible() for box in boxes)
    assert len({box.mapTo(form, QPoint(0, 0)).x() for box in boxes}) == 1


def test_what_was_stopped_promises_no_more(view):
    view.set_progress(0.4, 2.0)
    view.set_result(answer(partial=True, error=None))
    assert view.result.caption.text().startswith("partial, more is to come")
    view.set_progress(None, None)
    assert view.result.caption.text().startswith("partial, stopped before its end")


# --- what else than a class ----------------------------------------------------------


def test_methods_stand_under_the_heading_of_their_group(view):
    box = view.form.method
    heading = ""
    for row in range(box.count()):
        name = box.itemData(row)
        if name is None:
            heading = box.itemText(row)
            assert not box.model().item(row).isEnabled()
        else:
            assert METHODS[name].group == heading
    assert box.currentData() in METHODS


def test_a_difference_needs_its_second_class(view):
    told = []
    view.settings_changed.connect(told.append)
    fields = view.form.explained
    fields.kind_box.setCurrentIndex(fields.kind_box.findData("difference"))
    assert "compare" in view.form.obstacle()
    assert not view.controls.explain.isEnabled()
    view.set_settings(told[-1])  # as the session gives it back
    assert fields.kind == "difference"
    fields.against_box.set_target(3)
    fields.against_box.class_chosen.emit(3)
    assert told[-1].against == 3
    assert view.form.obstacle() == ""
    view.set_settings(AttributionSettings())
    assert fields.kind == "class"


def test_the_selected_channel_can_be_explained_and_neuron_methods_ask_for_one(view):
    told = []
    view.settings_changed.connect(told.append)
    form = view.form
    form.method.setCurrentIndex(form.method.findData("neuron_gradient"))
    assert told[-1].neuron == Neuron("inception5b")
    assert not form.target.isVisibleTo(form)
    assert not form.explained.kind_box.isVisibleTo(form)
    view.set_channel(("inception4a/5x5", 7))
    form.explained.use_selected.click()
    assert told[-1].neuron == Neuron("inception4a/5x5", 7)
    form.method.setCurrentIndex(form.method.findData("neuron_conductance"))
    assert form.target.isVisibleTo(form)  # how much of the class flows through it
    form.method.setCurrentIndex(form.method.findData("saliency"))
    assert told[-1].neuron is None
    assert form.target.isVisibleTo(form)
    wanted = AttributionSettings("saliency", neuron=Neuron("conv2", 4, (1, 2)))
    view.set_settings(wanted)
    assert form.settings == wanted


def test_scores_conservation_and_neurons_are_told():
    told = words.caption(answer(score=7.31, baseline_score=-0.42))
    assert "logit 7.31, \N{MINUS SIGN}0.42 on the baseline" in told
    relevance = answer(method="lrp", error=None, conserved=0.93, score=5.0)
    assert "relevance conserved: 93 % of the logit" in words.caption(relevance)
    neuron = answer(target=None, score=2.0)
    neuron = replace(neuron, target=-1, target_name="inception4a/3x3, channel 18")
    told = words.caption(neuron)
    assert "activation 2" in told
    assert "class -1" not in told
    assert "change of the activation" in told
    less = replace(answer(), question=replace(answer().question, target=CUP, against=3))
    assert f"class {CUP} less 3" in words.caption(replace(less, target_name="cup against class 3"))
    on_average = answer(method="gradient_shap", error=0.4)
    assert not words.is_doubtful(on_average)
    assert "only on average" in words.caption(on_average)
