"""The lab's grid: what its cells say, pixels, scales, values, gestures, many cells."""

from __future__ import annotations

import itertools

import lab_data
import numpy as np
import pytest
import ui_data
from lab_tools import alone, answer_all, finish, open_lab, painted, picture_pixels, words_of
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QImage, QPainter
from PySide6.QtWidgets import QApplication, QToolTip

from inception_viewer.lab_choice import Choice, Explained
from inception_viewer.questions import Neuron
from inception_viewer.ui import theme
from inception_viewer.ui.attribution.colouring import Colouring, overlaid
from inception_viewer.ui.attribution_view import LOADING, NO_CHECKPOINT, NO_PHOTO
from inception_viewer.ui.lab import cell_grid, words
from inception_viewer.ui.lab.cell_paint import paint_value
from inception_viewer.ui.lab_view import NO_METHOD, LabView

pytestmark = pytest.mark.usefixtures("light")


@pytest.fixture
def view(qtbot):
    return open_lab(qtbot)


# --- states --------------------------------------------------------------------------


def test_what_is_missing_is_said_one_after_the_other(qtbot):
    view = LabView()
    qtbot.addWidget(view)
    assert view.empty.sentence.text() == LOADING
    view.set_machine_ready(True)
    assert view.empty.sentence.text() == NO_CHECKPOINT
    view.set_scene(ui_data.checkpoint_info(), None, None)
    assert view.empty.sentence.text() == NO_PHOTO
    view.set_scene(ui_data.checkpoint_info(), ui_data.scene(), ui_data.picture())
    assert not view.is_empty
    assert len(view.board) == 6
    view.set_choice(Choice(methods=()))
    assert view.canvas._hint == NO_METHOD
    assert not view.toolbar.explain.isEnabled()


def test_what_the_window_says_of_its_own_stays(qtbot):
    view = LabView()
    qtbot.addWidget(view)
    view.show_empty("Opening demo…")
    view.set_machine_ready(True)
    assert view.empty.sentence.text() == "Opening demo…"


def test_explaining_asks_for_what_is_not_known_and_fits(view):
    asked = []
    view.asked.connect(asked.append)
    view.set_choice(Choice(methods=("saliency", "deep_lift", "class_activation_map"),
                           explained=Explained(head="aux1")))  # fmt: skip
    view.set_answers([lab_data.answer(view.board.cells[0].question)])
    assert view.toolbar.explain.text() == "Explain 1"
    view.toolbar.explain.click()
    assert [[q.method for q in found] for found in asked] == [["deep_lift"]]
    item = view.chooser.methods.item("class_activation_map")
    assert item.isDisabled()
    assert "two dense layers" in item.toolTip(0)


def test_a_map_is_drawn_pixel_for_pixel(view):
    alone(view)
    answer_all(view)
    state = view.board.cells[0]
    limit = float(np.percentile(np.abs(state.answer.map), 99.5))
    expected = overlaid(ui_data.picture(), state.answer.map, Colouring(True, limit, 99.5, 0), 0.8)
    np.testing.assert_array_equal(
        picture_pixels(view), expected.repeat(2, axis=0).repeat(2, axis=1)
    )


def test_a_degenerate_map_is_explained_and_not_drawn(view):
    alone(view)
    answer_all(view, degenerate="The map is zero everywhere.")
    found = picture_pixels(view)
    ground = QColor(theme.current().raised).getRgb()[:3]
    assert np.mean((found == ground).all(axis=-1)) > 0.8
    assert "zero everywhere" in view.canvas.accessibleDescription()
    assert view.grades.grade.isEnabled()
    view.ask_grades()  # nothing readable to grade: nothing is asked, and nothing fails


def test_failed_waiting_running_and_cancelled_cells_say_so(view):
    asked = [one.question for one in view.board.cells]
    view.set_waiting(asked)
    view.set_failure(asked[0], "There is not enough memory for this.")
    partial = lab_data.answer(asked[1], partial=True)
    view.set_progress(asked[1], 0.4, 2.0, partial)
    statuses = [one.status for one in view.board.cells]
    assert statuses == ["failed", "running", "waiting", "waiting", "waiting", "waiting"]
    assert "not enough memory" in view.canvas.accessibleDescription()
    view.set_cancelled(asked[1])
    view.set_cancelled(asked[2])
    assert [one.status for one in view.board.cells][1:3] == ["idle", "idle"]
    assert view.board.cells[1].answer is partial  # what there was of it stays
    assert view.to_explain() == (asked[0], asked[1], asked[2])


def test_progress_of_all_with_time_left_and_the_queue(view):
    view.set_batch(0.42, 12.0, 3)
    assert view.toolbar.progress.format() == "42 %, 12 s left"
    assert "3 cells" in view.toolbar.progress.toolTip()
    assert view.toolbar.cancel.isVisible()
    assert not view.toolbar.explain.isVisible()
    view.set_queue(2)
    emptied, cancelled = [], []
    view.emptied.connect(lambda: emptied.append(1))
    view.cancelled.connect(cancelled.append)
    view.toolbar.empty.click()
    view.toolbar.cancel.click()
    assert (emptied, cancelled) == ([1], [None])
    view.set_batch(None, None, 0)
    view.set_queue(0)
    assert view.toolbar.explain.isVisible()
    assert not view.toolbar.empty.isVisible()


# --- one scale, signs, clipping ------------------------------------------------------


def test_methods_have_scales_of_their_own_and_photos_share_one(view):
    answer_all(view)
    assert view.canvas.shared is None
    assert not view.toolbar.scale.isVisible()
    limits = {view.canvas.limit(one) for one in view.board.cells}
    assert len(limits) == 6
    view.set_choice(Choice(arrangement="photos", method="saliency"))
    first, second = view.board.cells
    view.set_answers([lab_data.answer(first.question, 0.1), lab_data.answer(second.question, 3.0)])
    view.set_picture(second.question.scene, ui_data.picture())
    finish(view)
    expected = float(np.percentile(np.abs(second.answer.map), 99.5))
    assert view.canvas.limit(first) == view.canvas.limit(second) == pytest.approx(expected)
    assert view.toolbar.scale.colouring.limit == pytest.approx(expected)
    assert view.toolbar.scale.isVisible()


def test_the_scale_that_was_chosen_is_kept_for_each_arrangement(view):
    box = view.toolbar.boxes["scale"]
    box.setCurrentIndex(box.findData("shared"))
    box.activated.emit(box.currentIndex())
    view.set_choice(Choice(arrangement="layers"))
    assert view.canvas.drawing.scale == "own"
    view.set_choice(Choice())
    assert view.canvas.drawing.scale == "shared"
    assert box.currentData() == "shared"


def test_every_tool_changes_what_is_drawn(view):
    alone(view)
    answer_all(view)
    seen = [picture_pixels(view)]
    tools = view.toolbar
    choices = {"signed": False, "percentile": 95.0, "channels": "rgb", "overlay": False}
    for field, value in choices.items():
        box = tools.boxes[field]
        box.setCurrentIndex(box.findData(value))
        box.activated.emit(box.currentIndex())
        finish(view)
        seen.append(picture_pixels(view))
    tools.contours.setChecked(True)
    finish(view)
    seen.append(picture_pixels(view))
    for before, after in itertools.pairwise(seen):
        assert (before != after).any()
    assert not tools.opacity.isEnabled()


# --- read and zoomed together --------------------------------------------------------


def test_the_value_under_the_pointer_is_read_in_every_cell(view, qtbot):
    answer_all(view)
    canvas = view.canvas
    pane = canvas.grid.picture(1)
    at = QPointF(pane.left() + pane.width() * 50.5 / 224, pane.top() + pane.height() * 100.5 / 224)
    qtbot.mouseMove(canvas, at.toPoint())
    row, column = canvas.point
    assert abs(row - 100) <= 1
    assert abs(column - 50) <= 1
    for one in view.board.cells:
        expected = float(one.answer.map[row, column])
        said = canvas.value(one).replace("\N{MINUS SIGN}", "-")
        assert float(said) == pytest.approx(expected, rel=0.01)


def test_the_cross_hair_is_painted_in_every_cell(view):
    answer_all(view)
    before = [picture_pixels(view, place) for place in range(6)]
    view.canvas.set_point((112, 112))
    for place, old in enumerate(before):
        new = picture_pixels(view, place)
        changed = (new != old).any(axis=-1)
        middle = changed.shape[0] // 2
        assert changed[middle - 2 : middle + 3, :40].any()  # the line from the left
        assert changed[:40, middle - 2 : middle + 3].any()  # and from above
        assert not changed[5:40, 5:40].any()


def test_keys_move_the_cross_hair_choose_cells_and_zoom(view, qtbot):
    answer_all(view)
    canvas = view.canvas
    canvas.setFocus()
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.point == (112, 113)
    qtbot.keyClick(canvas, Qt.Key.Key_Down, shift)
    assert canvas.point == (120, 113)
    qtbot.keyClick(canvas, Qt.Key.Key_Right, control)
    assert canvas.selected is view.board.cells[1]
    qtbot.keyClick(canvas, Qt.Key.Key_End, control)
    assert canvas.selected is view.board.cells[-1]
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    map_ = view.board.cells[-1].answer.map
    assert canvas.point == divmod(int(np.abs(map_).argmax()), 224)
    assert view.board.cells[-1].cell.title in canvas.accessibleDescription()
    assert canvas.value(canvas.selected) in canvas.accessibleDescription()
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.zoom.factor == 1.25
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.zoom.factor == 1
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert view.side.currentWidget() is view.details


def test_zooming_shows_the_same_part_in_every_cell_sharp(view):
    view.set_choice(Choice(methods=("saliency", "integrated_gradients")))
    answer_all(view)
    canvas = view.canvas
    canvas.set_zoom(canvas.zoom.zoomed(32, QPointF(60, 80)))
    finish(view)
    source = canvas.zoom.source
    for place, one in enumerate(view.board.cells):
        limit = canvas.limit(one)
        whole = overlaid(ui_data.picture(), one.answer.map, Colouring(True, limit, 99.5, 0), 0.8)
        found = picture_pixels(view, place)
        middle = found[found.shape[0] // 2 + 3, found.shape[1] // 2 + 3]
        at = int(source.center().y() + 0.05), int(source.center().x() + 0.05)
        np.testing.assert_array_equal(middle, whole[at])


# --- many cells ----------------------------------------------------------------------


def test_a_paint_leaves_what_takes_too_long_to_the_next(view, monkeypatch):
    view.set_choice(Choice(arrangement="layers", depth="units"))
    assert len(view.board) == 57
    monkeypatch.setattr(cell_grid, "PAINT_SECONDS", -1.0)
    view.set_answers([lab_data.answer(q) for q in view.to_explain()])
    painted(view.canvas)
    assert not view.canvas.is_settled
    monkeypatch.undo()
    for _ in range(100):
        painted(view.canvas)
        if view.canvas.is_settled:
            break
    assert view.canvas.is_settled
    one, limit = view.board.cells[-1], view.canvas.limit(view.board.cells[-1])
    whole = overlaid(
        view.board.cells[-1].picture, one.answer.map, Colouring(True, limit, 99.5, 0), 0.8
    )
    assert abs(picture_pixels(view, 56).mean() - whole.mean()) < 2


def test_only_cells_that_show_are_coloured(view, monkeypatch):
    view.set_choice(Choice(arrangement="layers", depth="units"))
    drawn = []
    real = cell_grid.paint.render
    monkeypatch.setattr(
        cell_grid.paint, "render", lambda state, *a: drawn.append(state) or real(state, *a)
    )
    answer_all(view)
    shown = view.canvas.grid.seen(0, view.panes.scrolled.viewport().height(), 57)
    assert {one.cell.title for one in drawn} <= {view.board.cells[i].cell.title for i in shown}
    assert len(shown) < 57
    assert len(drawn) == len(set(map(id, drawn)))  # each once


# --- heads that were not trained with the rest ---------------------------------------


def test_heads_that_were_never_trained_or_fitted_are_marked_and_said(view):
    info = lab_data.half_trained()
    view.set_scene(info, ui_data.scene(), ui_data.picture())
    assert [view.chooser.head.itemText(i) for i in range(3)] == [
        "main", "aux2 (fitted here)", "aux1 (untrained)",
    ]  # fmt: skip
    view.set_choice(Choice(arrangement="heads", method="saliency"))
    answer_all(view)
    said = [words.what_text(one, info.classes) for one in view.board.cells]
    assert said == ["untrained, cup · Saliency", "fitted here, cup · Saliency", "cup · Saliency"]
    assert view.chooser.noise.sentence.startswith("aux1 was never trained")
    assert "never trained" in words_of(view, 0)
    assert "1,350 images" in words_of(view, 1)
    view.canvas.select(view.board.cells[0])
    view.show_details()
    assert "means nothing" in view.details.noise.sentence
    view.canvas.select(view.board.cells[2])
    assert view.details.noise.sentence == ""
    view.set_choice(Choice(explained=Explained("neuron", neuron=Neuron("inception4a", 3))))
    assert all(one.head is None for one in view.board.cells)  # no head has a part in it


def test_the_mark_of_a_head_stands_before_its_title(view):
    view.set_choice(Choice(arrangement="heads", method="saliency"))
    finish(view)
    hue = np.array(QColor(theme.current().head("aux2")).getRgb()[:3])
    cell = view.canvas.grid.cell(1).toRect()
    pixels = painted(view.canvas)
    corner = pixels[cell.top() : cell.top() + 16, cell.left() : cell.left() + 13]
    assert (corner == hue).all(axis=-1).sum() > 100
    view.set_scene(lab_data.half_trained(), ui_data.scene(), ui_data.picture())
    finish(view)
    place = view.canvas.grid.cell(0).toRect()
    pixels = painted(view.canvas)
    corner = pixels[place.top() : place.top() + 16, place.left() : place.left() + 13]
    full = np.array(QColor(theme.current().head("aux1")).getRgb()[:3])
    assert (corner == full).all(axis=-1).sum() == 0  # hatched instead


# --- little room ---------------------------------------------------------------------


def test_with_little_room_there_are_two_rows_and_fewer_words(view):
    answer_all(view)
    roomy = view.canvas.grid
    view.resize(740, 440)
    finish(view)
    grid, room = view.canvas.grid, view.panes.scrolled.viewport()
    assert grid.columns == 3
    assert grid.total(6) <= room.height()
    assert grid.above < roomy.above
    assert grid.below < roomy.below
    style = view.canvas.style_now
    assert style.compact
    strip = grid.picture(0).bottom() + 4 + style.line / 2
    row = painted(view.canvas)[round(strip), int(grid.cell(0).left()) + 2 :][: int(grid.width) // 3]
    assert row[2][2] > row[2][0]  # blue: the end of what speaks against
    assert len(np.unique(row, axis=0)) > 8


def test_what_is_cut_short_is_told_where_the_pointer_rests(view, qtbot):
    answer_all(view, completeness_error=0.2)
    state = view.board.cells[1]
    told = words.told(state, view.classes, {})
    assert state.cell.title in told
    assert "completeness 20 %" in told
    assert "52 f + 50 b" in told
    box = view.canvas.grid.cell(1)
    at = QPoint(int(box.left()) + 4, int(box.top()) + 4)
    event = QHelpEvent(QEvent.Type.ToolTip, at, view.canvas.mapToGlobal(at))
    QApplication.sendEvent(view.canvas, event)
    assert QToolTip.text() == told
    QToolTip.hideText()


@pytest.mark.parametrize(("width", "lines"), [(400, 1), (110, 3)])
def test_three_values_too_long_for_a_line_stand_below_each_other(width, lines):
    image = QImage(width, 120, QImage.Format.Format_RGB888)
    image.fill(QColor("#FFFFFF"))
    painter = QPainter(image)
    text = words.BETWEEN.join(("R 0.00212", "G 0.00227", "B 0.00138"))
    paint_value(painter, QRectF(0, 0, width, 120), text)
    line = QFontMetricsF(theme.font("small")).height()
    painter.end()
    column = [image.pixelColor(1, y).lightness() for y in range(120)]
    assert sum(one < 128 for one in column) == pytest.approx(lines * line + 4, abs=1.5)
    assert column[0] == 255


# --- themes and sizes ----------------------------------------------------------------


@pytest.mark.parametrize(("name", "scale"), [("dark", 1.0), ("light", 1.5)])
def test_themes_and_text_sizes_leave_room_for_all_words(view, name, scale):
    answer_all(view)
    before = view.canvas.grid.above
    theme.apply(name, scale)
    finish(view)
    assert view.canvas.grid.above >= before * (1.3 if scale > 1 else 1)
    ground = painted(view.canvas)[2, 2]
    assert tuple(ground) == QColor(theme.current().panel).getRgb()[:3]


@pytest.mark.parametrize("size", [(590, 260), (1000, 420), (1900, 900)])
def test_tools_and_grid_share_the_room(view, size):
    view.resize(QSize(*size))
    QApplication.processEvents()
    assert view.panes.scrolled.viewport().height() >= size[1] * 0.4
    assert view.canvas.width() <= view.panes.scrolled.viewport().width()
    assert view.toolbar.more.isChecked() == (size[0] >= 1000)
