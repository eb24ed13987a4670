"""The lab's grid and panel: pixels, values, gestures, words, grades and exports."""

from __future__ import annotations

import itertools
from dataclasses import replace

import lab_data
import numpy as np
import pytest
import ui_data
from lab_data import CUP, OTHER
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QApplication

from inception_viewer.grade_measures import MEASURES
from inception_viewer.grade_questions import Grade
from inception_viewer.questions import Neuron
from inception_viewer.ui import theme
from inception_viewer.ui.attribution.colouring import Colouring, overlaid
from inception_viewer.ui.attribution_view import LOADING, NO_CHECKPOINT, NO_PHOTO
from inception_viewer.ui.lab import canvas as canvas_module
from inception_viewer.ui.lab.choice import Choice, Explained
from inception_viewer.ui.lab_view import NO_MAPS, NO_METHOD, LabView

pytestmark = pytest.mark.usefixtures("light")


@pytest.fixture
def view(qtbot):
    made = LabView()
    qtbot.addWidget(made)
    made.resize(1200, 760)
    made.set_machine_ready(True)
    made.set_measures(MEASURES)
    made.set_images(lab_data.images())
    made.set_scene(ui_data.checkpoint_info(), ui_data.scene(), ui_data.picture())
    made.show()
    QApplication.processEvents()
    return made


def answer_all(view, **changes) -> None:
    """Give every cell an answer."""
    view.set_answers([lab_data.answer(q, **changes) for q in view.to_explain()])
    finish(view)


def finish(view) -> None:
    """Let the grid draw all that it leaves for later."""
    for _ in range(200):
        QApplication.processEvents()
        if view.canvas.is_settled:
            return
    raise AssertionError("the grid did not settle")


def alone(view, method: str = "integrated_gradients") -> None:
    """One cell only, whose picture is exactly twice the map's size."""
    view.resize(1000, 760)
    view.set_choice(Choice(methods=(method,)))
    QApplication.processEvents()
    assert view.canvas.grid.width == 448


def painted(widget) -> np.ndarray:
    image = QImage(widget.size(), QImage.Format.Format_RGB888)
    image.fill(QColor("#FF00FF"))
    painter = QPainter(image)
    widget.render(painter, QPoint())
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def picture_pixels(view, place: int = 0) -> np.ndarray:
    box = view.canvas.grid.picture(place).toRect()
    return painted(view.canvas)[box.top() : box.bottom() + 1, box.left() : box.right() + 1]


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
    assert view.toolbar.progress.format() == "3 to do, 42 %, 12 s left"
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
    monkeypatch.setattr(canvas_module, "PAINT_SECONDS", -1.0)
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
    real = canvas_module.paint.render
    monkeypatch.setattr(
        canvas_module.paint, "render", lambda state, *a: drawn.append(state) or real(state, *a)
    )
    answer_all(view)
    shown = view.canvas.grid.seen(0, view.scroll.viewport().height(), 57)
    assert {one.cell.title for one in drawn} <= {view.board.cells[i].cell.title for i in shown}
    assert len(shown) < 57
    assert len(drawn) == len(set(map(id, drawn)))  # each once


# --- sorted, graded, pinned ----------------------------------------------------------


def test_cells_are_graded_and_sorted_by_a_grade(view):
    view.set_choice(Choice(methods=("saliency", "integrated_gradients", "deep_lift")))
    assert view.grades.said.text() == NO_MAPS
    answer_all(view)
    asked = []
    view.grades_asked.connect(asked.extend)
    view.grades.grade.click()
    questions = [one.question for one in view.board.cells]
    assert asked == [Grade(q, name) for name in ("deletion", "insertion") for q in questions]
    height = view.canvas.grid.below
    for question, value in zip(questions, (0.5, 0.2, 0.9), strict=True):
        view.set_grade(lab_data.grade(Grade(question, "insertion"), value))
    assert view.canvas.grid.below > height  # a line for the grade
    sort = view.toolbar.sort
    sort.setCurrentIndex(sort.findData("insertion"))
    sort.activated.emit(sort.currentIndex())
    assert [one.question for one in view.canvas.cells] == [questions[i] for i in (2, 0, 1)]
    assert "Insertion 0.9" in words_of(view, 0)
    asked.clear()
    view.ask_grades()
    assert {one.measure for one in asked} == {"deletion"}  # what is known is not asked again


def words_of(view, place: int) -> str:
    view.canvas.select(view.canvas.cells[place])
    return view.canvas.accessibleDescription()


def test_details_tell_all_of_the_selected_cell_with_its_curves(view):
    view.set_choice(Choice(methods=("integrated_gradients",)))
    answer_all(view, completeness_error=0.12, note="400 steps were not enough.")
    question = view.board.cells[0].question
    view.set_grade(lab_data.grade(Grade(question, "deletion"), 0.21))
    view.show_details()
    details = view.details
    assert "5.0 %" in details.warning.text()
    assert "400 steps were not enough" in details.caption.text()
    assert details.scale.colouring.limit == view.canvas.limit(view.board.cells[0])
    assert "It does well." in details.sentences["deletion"].text()
    assert "0.21" in details.sentences["deletion"].text()
    plot = details.plots["deletion"]
    assert plot.isVisibleTo(details)
    assert not details.plots["road"].isVisibleTo(details)
    curve = lab_data.grade(Grade(question, "deletion"), 0.21).curves["this map"]
    points, box = plot.points(curve), plot.plot_rect()
    low, high = plot.bounds
    for point, x, y in zip(points, curve.x, curve.y, strict=True):
        assert point.x() == pytest.approx(box.left() + x * box.width())
        assert point.y() == pytest.approx(box.bottom() - (y - low) / (high - low) * box.height())
    assert (low, high) == (0.0, pytest.approx(1.0))


def test_a_pinned_cell_stays_beside_another_arrangement_and_another_photo(view):
    answer_all(view)
    view.toggle_pin()
    pinned = view.canvas.selected
    view.set_choice(Choice(arrangement="heads", method="deep_lift"))
    assert view.board.cells[0] is pinned
    assert [one.cell.title for one in view.board.cells[1:]] == ["aux1", "aux2", "main"]
    other = ui_data.scene(OTHER)
    view.set_scene(ui_data.checkpoint_info(), other, ui_data.picture())
    assert view.board.cells[0] is pinned
    assert pinned.pinned
    assert pinned.picture is not None
    assert pinned.complete is not None
    assert all(one.question.scene == other for one in view.board.cells[1:])
    assert "cup.jpg" in words_of(view, 0)
    view.toggle_pin()
    assert pinned not in view.board.cells


def test_another_photo_takes_the_answers_of_the_first_away_until_it_is_back(view):
    answer_all(view)
    view.set_scene(ui_data.checkpoint_info(), ui_data.scene(OTHER), ui_data.picture())
    assert all(one.answer is None for one in view.board.cells)


# --- taken along ---------------------------------------------------------------------


def test_the_saved_picture_holds_the_map_as_drawn_and_says_what_it_is(view, tmp_path):
    alone(view)
    answer_all(view)
    view.save_picture(tmp_path / "map.png")
    state = view.board.cells[0]
    with Image.open(tmp_path / "map.png") as saved:
        pixels = np.asarray(saved.convert("RGB"))
        said = saved.text["Description"]
    limit = view.canvas.limit(state)
    drawn = overlaid(ui_data.picture(), state.answer.map, Colouring(True, limit, 99.5, 0), 0.8)
    large = drawn.repeat(4, axis=0).repeat(4, axis=1)
    found = [
        top
        for top in range(20, 80)
        if np.array_equal(pixels[top : top + len(large), 24 : 24 + len(large)], large)
    ]
    assert len(found) == 1
    for words in ("cup.jpg", "main: cup", "completeness", "Colours end at", "Checkpoint 5e1f5e1f"):
        assert words in said


def test_the_saved_array_is_the_map_and_a_failure_is_said(view, tmp_path):
    alone(view)
    answer_all(view)
    view.save_array(tmp_path / "map.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "map.npy"), view.board.cells[0].answer.map)
    view.save_array(tmp_path / "no" / "map.npy")
    assert "could not be written" in view.failure.text()
    assert view.failure.isVisibleTo(view)


def test_the_menu_offers_what_makes_sense_for_a_cell(view):
    def entries():
        menu = view.menu()
        found = {a.text(): a.isEnabled() for a in menu.actions() if not a.isSeparator()}
        menu.deleteLater()
        return found

    question = view.board.cells[0].question
    assert entries()["Explain this cell"]
    assert not entries()["Save picture…"]
    view.set_waiting([question])
    assert entries()["Cancel this cell"]
    view.set_answers([lab_data.answer(question)])
    found = entries()
    assert all(
        found[text] for text in ("Copy picture", "Save picture…", "Save array…", "Copy as Python")
    )
    assert not found["Explain this cell"]
    QGuiApplication.clipboard().clear()
    view.copy_picture()
    assert QGuiApplication.clipboard().image().width() > 1000


# --- what is chosen ------------------------------------------------------------------


def test_ticking_a_method_and_setting_its_parameters_makes_its_question(view):
    chooser = view.chooser
    chooser.methods.set_chosen(())
    item = chooser.methods.item("integrated_gradients")
    item.setCheckState(0, Qt.CheckState.Checked)
    chooser.methods.setCurrentItem(item)
    assert chooser.parameters_of.text() == "Integrated gradients"
    assert item.text(1) == "752 + 750"
    chooser.parameters.field("steps").setValue(20)
    chooser.parameters.field("adapt").setChecked(False)
    [one] = view.board.cells
    assert one.question.parameters == (("adapt", "off"), ("steps", 20))
    assert item.text(1) == "22 + 20"
    other = chooser.methods.item("occlusion")
    chooser.methods.setCurrentItem(other)
    assert [one.question.method for one in view.board.cells] == ["integrated_gradients"]
    chooser.methods.setCurrentItem(item)
    assert chooser.parameters.field("steps").value() == 20


def test_a_difference_and_the_selected_channel_can_be_explained(view):
    fields = view.chooser.explained
    fields.kind_box.setCurrentIndex(fields.kind_box.findData("difference"))
    assert "compare" in view.chooser.obstacle.text()
    assert len(view.board) == 0
    fields.against_box.set_target(3)
    fields.against_box.class_chosen.emit(3)
    assert {one.question.against for one in view.board.cells} == {3}
    fields.kind_box.setCurrentIndex(fields.kind_box.findData("neuron"))
    assert not fields.use_selected.isEnabled()
    view.set_channel(("inception4a/3x3", 18))
    fields.use_selected.click()
    neurons = {one.question.neuron for one in view.board.cells}
    assert neurons == {Neuron("inception4a/3x3", 18)}
    fields.row_box.setValue(3)
    fields.column_box.setValue(5)
    assert view.board.cells[0].question.neuron == Neuron("inception4a/3x3", 18, (3, 5))
    assert fields.channel_box.maximum() == 207
    assert fields.row_box.maximum() == 13


def test_a_class_that_was_chosen_elsewhere_is_explained(view):
    view.set_target(CUP)
    assert {one.question.target for one in view.board.cells} == {CUP}


def test_choices_survive_their_form(view):
    wanted = Choice(
        "layers", ("saliency", "lrp"), "deep_lift", "layer_conductance", None, "units",
        Explained("class", "aux2", 3, None, Neuron("inception5b")), {"saliency": ()},
    )  # fmt: skip
    view.set_choice(wanted)
    assert view.choice == replace(wanted, parameters=view.choice.parameters)


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
    assert view.scroll.viewport().height() >= size[1] * 0.4
    assert view.canvas.width() <= view.scroll.viewport().width()
    assert view.toolbar.more.isChecked() == (size[0] >= 1000)
