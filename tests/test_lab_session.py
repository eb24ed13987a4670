"""The lab in its window: made when needed, remembered, undone; what is gone or renamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_worker import FakeWorker, write_photo
from window_tools import close, open_controller, settle, shows, until

from inception_viewer.checkpoint_changes import describe_checkpoint
from inception_viewer.lab_choice import Choice, Explained
from inception_viewer.questions import Machine, Neuron
from inception_viewer.session import remove_image
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.lab_view import LabView


@pytest.fixture
def open_window(tmp_path: Path) -> Iterator:
    """Open windows that share one file of settings, with one photo."""
    opened: list[Controller] = []
    photo = write_photo(tmp_path / "a.png", 1)

    def open_one(*more: Path) -> Controller:
        paths = [str(path) for path in (photo, *more)]
        made = open_controller(FakeWorker(), tmp_path / "settings.ini", *paths)
        opened.append(made)
        made.window.show()
        until(shows(made, "a.png"), "the photo")
        return made

    yield open_one
    for one in opened:
        assert close(one)


def tick(view: LabView, *names: str) -> None:
    """Choose methods as a person does."""
    chosen = replace(view.choice, methods=names)
    view.chooser.set_choice(chosen)
    view.chooser.choice_changed.emit(view.choice)


# --- made when needed ----------------------------------------------------------------


def test_the_lab_is_made_when_its_tab_is_first_shown(open_window):
    shown = open_window().window
    assert not shown.lab_tab.is_made
    shown.menus["show_maps"].trigger()
    shown.menus["copy_python"].trigger()
    assert not shown.lab_tab.is_made
    shown.menus["show_lab"].trigger()
    assert shown.lab_tab.is_made
    assert not shown.lab_tab.is_empty
    assert {one.cell.photo for one in shown.lab.board.cells} == {"a.png"}
    assert shown.lab.isVisible()


def test_out_of_sight_it_rests_and_is_up_to_date_once_seen(open_window, tmp_path):
    controller = open_window(write_photo(tmp_path / "b.png", 2))
    shown = controller.window
    shown.menus["show_lab"].trigger()
    shown.menus["show_maps"].trigger()
    shown.menus["next_image"].trigger()
    until(lambda: controller.frames.frame.image_name == "b.png", "the other photo")
    assert {one.cell.photo for one in shown.lab.board.cells} == {"a.png"}
    shown.menus["show_lab"].trigger()
    assert {one.cell.photo for one in shown.lab.board.cells} == {"b.png"}


# --- remembered and undone -----------------------------------------------------------


def test_what_is_chosen_can_be_undone(open_window):
    controller = open_window()
    shown, view = controller.window, controller.window.lab
    shown.menus["show_lab"].trigger()
    before = view.choice.methods
    tick(view, "saliency")
    tick(view, "saliency", "lrp")
    assert controller.session.state.lab.methods == ("saliency", "lrp")
    shown.menus["undo"].trigger()
    assert [one.question.method for one in view.board.cells] == ["saliency"]
    assert view.choice.methods == ("saliency",)
    shown.menus["undo"].trigger()
    assert view.choice.methods == before
    shown.menus["redo"].trigger()
    assert view.choice.methods == ("saliency",)


def test_it_comes_back_as_it_was_left(open_window):
    first = open_window()
    view = first.window.lab
    wanted = Choice(
        "photos", ("lrp",), "occlusion", "layer_conductance", None, "units",
        Explained(target=3), {"occlusion": (("stride", 16),)},
    )  # fmt: skip
    view.set_choice(wanted)
    view.chooser.choice_changed.emit(view.choice)
    box = view.toolbar.boxes["percentile"]
    box.setCurrentIndex(box.findData(95.0))
    box.activated.emit(box.currentIndex())
    view.toolbar.boxes["scale"].activated.emit(0)  # own
    view.grades.set_chosen(("road",))
    first.window.close()
    second = open_window()
    found = second.window.lab
    assert found.choice == replace(wanted, explained=found.choice.explained)
    assert found.choice.explained.target is None  # of another photo, perhaps another network
    assert found.canvas.drawing.percentile == 95.0
    assert found.canvas.drawing.scale == "own"
    assert found.grades.chosen == ("road",)


def test_nonsense_in_the_settings_is_as_shipped(open_window):
    controller = open_window()
    controller.window.preferences.lab = (
        '{"choice": {"methods": ["saliency", "astrology"], "method": 3, "depth": "x",'
        ' "parameters": {"occlusion": [["stride", -4], ["window", 32], 7]}},'
        ' "drawing": {"percentile": 12.0, "opacity": 7.0, "signed": "yes"}, "scales": []}'
    )
    view = controller.window.lab
    wanted = Choice(methods=("saliency",), parameters={"occlusion": (("window", 32),)})
    assert view.choice == replace(wanted, explained=view.choice.explained)
    assert view.canvas.drawing.percentile == 99.5
    assert view.canvas.drawing.opacity == 1.0
    assert view.canvas.drawing.signed is True
    controller.window.preferences.lab = "}"
    assert view.recall(controller.window.preferences.lab) == Choice()


def test_a_class_chosen_elsewhere_is_one_step_for_both(open_window):
    controller = open_window()
    view = controller.window.lab
    controller.window.predictions.class_selected.emit(2)
    assert {one.question.target for one in view.board.cells} == {2}
    assert controller.session.state.attribution.target == 2
    controller.window.menus["undo"].trigger()
    assert {one.question.target for one in view.board.cells} == {None}
    assert controller.session.state.attribution.target is None


# --- what is gone, or called otherwise -----------------------------------------------


def answered(controller: Controller) -> LabView:
    """Show the lab with two answered cells, the first pinned."""
    controller.window.menus["show_lab"].trigger()
    view = controller.window.lab
    tick(view, "saliency", "lrp")
    view.ask()
    until(lambda: not controller.lab_running.running, "the batch")
    view.canvas.select(view.board.cells[0])
    view.toggle_pin()
    return view


def test_renamed_classes_are_called_so_in_answered_cells(open_window):
    controller = open_window()
    view = answered(controller)
    state = controller.session.state
    info, target = state.open_checkpoint, view.board.cells[0].answer.target
    classes = tuple(f"new {name}" for name in info.classes)
    renamed = replace(info, classes=classes)
    controller.session.update(lambda now: describe_checkpoint(now, renamed), undoable=False)
    settle()
    assert {one.answer.target_name for one in view.board.cells} == {classes[target]}
    assert classes[target] in view.canvas.accessibleDescription()
    view.chooser.set_target(target)
    assert view.chooser.target.currentText() == classes[target]


def test_a_removed_photos_pinned_cells_go(open_window, tmp_path):
    controller = open_window(write_photo(tmp_path / "b.png", 2))
    view = answered(controller)
    [pinned] = [one for one in view.board.cells if one.pinned]
    controller.window.menus["next_image"].trigger()
    until(shows(controller, "b.png"), "the other photo")
    assert pinned in view.board.cells
    assert pinned.elsewhere == ("a.png",)
    gone = pinned.question.scene.image
    controller.session.update(lambda state: remove_image(state, gone))
    settle()
    assert pinned not in view.board.cells


def test_another_device_takes_the_answers_away(open_window):
    controller = open_window()
    view = answered(controller)
    machine = controller.session.state.machine
    assert isinstance(machine, Machine)
    controller.switch_device(machine.device)
    until(lambda: all(one.answer is None for one in view.board.cells), "the answers to go")
    assert {one.status for one in view.board.cells} == {"idle"}
    assert len(view.to_explain()) == 2


def test_another_network_keeps_what_it_has_of_the_choice():
    from inception_viewer.lab_choice import fitting

    neuron = Neuron("inception4a", 3)
    chosen = Choice(unit="inception4a", explained=Explained("neuron", "aux1", 7, None, neuron))
    same = fitting(chosen, {"aux1", "main"}, {"inception4a"})
    assert same == replace(chosen, explained=Explained("neuron", "aux1", None, None, neuron))
    other = fitting(chosen, {"main"}, {"mixed4a"})
    assert (other.unit, other.explained) == (None, Explained())


# --- room ----------------------------------------------------------------------------


def test_the_lab_has_more_height_and_each_share_is_kept(open_window):
    shown = open_window().window
    usual = shown.splitter.sizes()
    shown.menus["show_lab"].trigger()
    large = shown.splitter.sizes()
    assert large[1] > usual[1] * 1.1
    shown.splitter.setSizes([250, sum(large) - 250])
    shown.menus["show_maps"].trigger()
    assert shown.splitter.sizes() == usual
    shown.menus["show_lab"].trigger()
    assert shown.splitter.sizes()[0] == 250
    shown.menus["reset_layout"].trigger()
    assert abs(shown.splitter.sizes()[0] - large[0]) <= 2


def test_the_button_gives_the_lab_the_whole_window_and_takes_it_back(open_window):
    shown = open_window().window
    shown.menus["show_lab"].trigger()
    button = shown.lab.toolbar.large
    button.click()
    settle()
    assert shown.network.isHidden()
    assert button.isChecked()
    shown.menus["maximise"].trigger()
    settle()
    assert shown.network.isVisible()
    assert not button.isChecked()
