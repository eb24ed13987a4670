"""The lab's cells graded, sorted, pinned, taken along, and chosen."""

from __future__ import annotations

from dataclasses import replace

import lab_data
import numpy as np
import pytest
import ui_data
from lab_data import CUP, OTHER
from lab_tools import alone, answer_all, open_lab, words_of
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from inception_viewer.grade_questions import Grade
from inception_viewer.lab_choice import Choice, Explained
from inception_viewer.questions import Neuron
from inception_viewer.ui.attribution.colouring import Colouring, overlaid
from inception_viewer.ui.lab import words
from inception_viewer.ui.lab_view import NO_MAPS

pytestmark = pytest.mark.usefixtures("light")


@pytest.fixture
def view(qtbot):
    return open_lab(qtbot)


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
    assert words.what_text(pinned, view.classes).startswith("cup.jpg · ")
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
    view.taking.save_picture(tmp_path / "map.png")
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
    for told in (
        "cup.jpg",
        "main: cup",
        "completeness",
        "Colours end at",
        "Checkpoint 5e1f5e1f",
    ):
        assert told in said


def test_the_saved_array_is_the_map_and_a_failure_is_said(view, tmp_path):
    alone(view)
    answer_all(view)
    view.taking.save_array(tmp_path / "map.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "map.npy"), view.board.cells[0].answer.map)
    view.taking.save_array(tmp_path / "no" / "map.npy")
    assert "could not be written" in view.panes.failure.text()
    assert view.panes.failure.isVisibleTo(view)


def test_the_menu_offers_what_makes_sense_for_a_cell(view):
    def entries():
        menu = view.taking.menu()
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
    view.taking.copy_picture()
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
