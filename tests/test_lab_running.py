"""The lab in its window: asked, shown as it comes, cancelled, known again, graded."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_worker import FakeWorker, write_photo
from window_tools import close, drop, mime_of, open_controller, settle, shows, until

from inception_viewer.errors import QuestionError
from inception_viewer.grade_questions import Grade
from inception_viewer.grid_questions import GradCamOfUnits, Picture
from inception_viewer.lab_choice import Choice, Explained
from inception_viewer.questions import Attribution, Neuron
from inception_viewer.ui import commands, snippets
from inception_viewer.ui.controller import Controller


@pytest.fixture
def worker() -> FakeWorker:
    return FakeWorker()


@pytest.fixture
def window(worker: FakeWorker, tmp_path: Path) -> Iterator[Controller]:
    first = write_photo(tmp_path / "a.png", 1)
    controller = open_controller(worker, tmp_path / "settings.ini", str(first))
    controller.window.show()
    until(shows(controller, "a.png"), "the first photo")
    controller.window.menus["show_lab"].trigger()
    yield controller
    worker.let_go()
    assert close(controller)


def statuses(window: Controller) -> list[str]:
    return [one.status for one in window.window.lab.board.cells]


def asked(worker: FakeWorker, kind: type) -> list:
    return [question for question in worker.asked if isinstance(question, kind)]


def choose(window: Controller, **changes) -> None:
    window.window.lab.set_choice(replace(Choice(), **changes))


def test_a_batch_is_answered_cheapest_first_and_known_again_at_once(window, worker):
    choose(window, methods=("occlusion", "saliency"))
    lab = window.window.lab
    window.window.menus["attribute"].trigger()
    until(lambda: not window.lab_running.running, "the batch")
    assert [q.method for q in asked(worker, Attribution)] == ["saliency", "occlusion"]
    assert statuses(window) == ["done", "done"]
    assert all(float(one.answer.map.sum()) == 224 * 224 for one in lab.board.cells)
    choose(window, methods=("deep_lift",))
    choose(window, methods=("occlusion", "saliency"))
    assert statuses(window) == ["done", "done"]
    assert len(asked(worker, Attribution)) == 2


def test_partial_maps_are_shown_with_the_time_left_of_all(window):
    choose(window, methods=("occlusion", "integrated_gradients"))
    lab = window.window.lab
    lab.ask()

    def partial():
        running = (one for one in lab.board.cells if one.status == "running")
        return next((one for one in running if one.answer and one.answer.partial), None)

    state = until(partial, "a partial map")
    assert 0 < float(state.answer.map.mean()) < 1
    assert lab.toolbar.progress.isVisible()
    assert "2 to do" in window.window.status.newest[1].text
    until(lambda: not window.lab_running.running, "the batch")
    assert not lab.toolbar.progress.isVisible()
    assert window.window.status.newest is None


def test_one_cell_and_then_all_are_taken_back(window, worker):
    worker.hold[Attribution] = threading.Event()
    choose(window, methods=("saliency", "occlusion", "deep_lift"))
    lab = window.window.lab
    lab.ask()
    until(lambda: "running" in statuses(window))
    deep_lift = next(o for o in lab.board.cells if o.question.method == "deep_lift")
    lab.cancelled.emit(deep_lift.question)
    assert deep_lift.status == "idle"
    assert sum(one.busy for one in lab.board.cells) == 2
    window.window.menus["cancel"].trigger()
    assert statuses(window) == ["idle"] * 3
    until(lambda: not window.runner.lanes["jobs"].busy, "the lane")
    assert not window.lab_running.running
    worker.hold.pop(Attribution).set()
    lab.ask()  # and all can be asked again
    until(lambda: statuses(window) == ["done"] * 3)


def test_the_queue_of_the_whole_window_is_emptied(window, worker):
    worker.hold[Attribution] = threading.Event()
    choose(window, methods=("saliency", "occlusion", "deep_lift"))
    lab = window.window.lab
    lab.ask()
    until(lambda: lab.toolbar.empty.isVisible(), "the offer to empty the queue")
    lab.toolbar.empty.click()
    until(lambda: not window.runner.lanes["jobs"].busy, "the lane")
    assert statuses(window) == ["idle"] * 3
    assert not lab.toolbar.empty.isVisible()


def test_a_failure_is_said_in_its_cell_and_the_others_go_on(window, worker):
    worker.failures[GradCamOfUnits] = QuestionError("Nothing it finds reaches it.")
    choose(window, arrangement="layers")
    window.window.lab.ask()
    until(lambda: not window.lab_running.running)
    assert set(statuses(window)) == {"failed"}
    assert window.window.lab.board.cells[0].sentence == "Nothing it finds reaches it."
    choose(window, methods=("saliency",))
    window.window.lab.ask()
    until(lambda: statuses(window) == ["done"])


def test_every_units_grad_cam_is_one_question_and_each_is_known_then(window, worker):
    choose(window, arrangement="layers", depth="units")
    window.window.lab.ask()
    until(lambda: not window.lab_running.running)
    assert statuses(window) == ["done"] * 57
    assert len(asked(worker, GradCamOfUnits)) == 1
    assert not asked(worker, Attribution)
    scene = window.session.state.scene
    known = window.runner.cache.get(Attribution(scene, "layer_grad_cam", unit="inception4c/5x5"))
    assert known is not None


def test_the_photos_of_the_tray_each_come_with_their_own_picture(window, worker, tmp_path):
    drop(window, mime_of([write_photo(tmp_path / f"{n}.png", n) for n in (2, 3)]))
    until(lambda: len(window.session.state.images) == 3)
    until(lambda: window.frames.settled)
    choose(window, arrangement="photos", method="saliency")
    lab = window.window.lab
    until(lambda: not lab.missing_pictures(), "the pictures")
    scenes = {one.question.scene.image for one in lab.board.cells}
    assert scenes == {image.id for image in window.session.state.images}
    assert len(asked(worker, Picture)) == 2  # that of the open photo is known
    lab.ask()
    until(lambda: statuses(window) == ["done"] * 3)
    window.opening.remove((window.session.state.images[0].id,))
    until(lambda: len(lab.board) == 2)


def test_another_photo_takes_the_running_cells_back_and_shows_none_of_their_numbers(
    window, worker, tmp_path
):
    worker.hold[Attribution] = threading.Event()
    lab = window.window.lab
    choose(window, methods=("saliency", "occlusion"))
    lab.ask()
    until(lambda: "running" in statuses(window))
    first = window.session.state.image
    drop(window, mime_of([write_photo(tmp_path / "b.png", 2)]))
    until(shows(window, "b.png"))
    assert {one.question.scene.image for one in lab.board.cells} == {window.session.state.image}
    assert statuses(window) == ["idle"] * 2
    assert not window.lab_running.running
    worker.hold.pop(Attribution).set()
    settle(0.1)
    assert all(one.answer is None for one in lab.board.cells)
    window.select_image(first)
    until(lambda: {one.question.scene.image for one in lab.board.cells} == {first})


def test_grades_are_asked_and_shown(window):
    choose(window, methods=("saliency", "deep_lift"))
    lab = window.window.lab
    lab.ask()
    until(lambda: statuses(window) == ["done"] * 2)
    lab.grades.grade.click()
    until(lambda: not window.lab_running.running)
    grades = [one.grades["deletion"].value for one in lab.board.cells]
    assert sorted(grades) == [len("saliency") / 100, len("deep_lift") / 100]
    assert window.record()["lab"][0]["grades"].keys() == {"deletion", "insertion"}


def test_a_grade_that_cannot_be_given_says_why(window, worker):
    worker.failures[Grade] = QuestionError("The map has no order.")
    choose(window, methods=("saliency",))
    lab = window.window.lab
    lab.ask()
    until(lambda: statuses(window) == ["done"])
    lab.ask_grades()
    until(lambda: not window.lab_running.running)
    assert lab.board.cells[0].grading["deletion"] == "The map has no order."


def test_without_a_photo_the_lab_says_so_and_the_class_chosen_elsewhere_is_taken(window):
    commands.explain_class(window, 3)
    lab = window.window.lab
    assert {one.question.target for one in lab.board.cells} == {3}
    window.select_channel(("inception3a/3x3", 5))
    assert lab.chooser.explained.use_selected.isEnabled()
    window.opening.remove(tuple(image.id for image in window.session.state.images))
    until(lambda: window.frames.frame is None)
    assert lab.is_empty
    assert len(lab.board) == 0


def test_copy_as_python_is_about_the_selected_cell(window):
    neuron = Neuron("inception4a/3x3", 18, (3, 5))
    choose(window, methods=("saliency",), explained=Explained("neuron", neuron=neuron))
    text = window.lab_running.snippet()
    assert "method='saliency'" in text
    assert "unit='inception4a/3x3', channel=18, position=(3, 5)" in text
    explained = Explained("difference", "main", 3, 5)
    choose(window, methods=("layer_grad_cam",), unit="inception4c", explained=explained)
    text = window.lab_running.snippet()
    assert "target=3, unit='inception4c', against=5" in text
    state = window.session.state
    question = Attribution(state.scene, "saliency")
    assert "against" not in snippets.attribution(state, question)


def test_the_lab_has_a_key_and_the_state_file_tells_of_it(window):
    assert window.window.menus["show_lab"].shortcut().toString() == "Ctrl+3"
    window.window.tabs.setCurrentWidget(window.window.maps)
    window.window.menus["show_lab"].trigger()
    assert window.window.tabs.currentWidget() is window.window.lab_tab
    cell = window.record()["lab"][0]
    assert cell["method"] == "saliency"
    assert cell["status"] == "idle"
    assert cell["sum"] is None
    window.window.lab.ask()
    until(lambda: not window.lab_running.running)
    assert np.isclose(window.record()["lab"][0]["sum"], 224 * 224)


@pytest.mark.parametrize("size", [(1024, 640), (1280, 800)])
def test_the_lab_fits_into_small_windows(window, size):
    shown, lab = window.window, window.window.lab
    shown.resize(*size)
    settle(0.1)
    assert (shown.width(), shown.height()) == size
    assert shown.network.height() > 120
    for part in (lab.side, lab.toolbar, lab.panes.scrolled, *lab.toolbar._shown()):
        place = part.mapTo(shown, part.rect().bottomRight())
        assert shown.rect().contains(place), part.accessibleName()
    for tool in lab.toolbar._shown():
        assert tool.width() >= min(tool.sizeHint().width(), 24)
    assert lab.panes.scrolled.viewport().height() > 100


def test_tab_leads_through_the_lab_and_leaving_it_by_any_way_holds(window):
    shown, lab = window.window, window.window.lab
    for _ in range(3):
        shown.tabs.setCurrentWidget(shown.maps)
        shown.menus["show_lab"].trigger()
        settle()
        gc.collect()
    lab.toolbar.side.setFocus()
    seen = []
    for _ in range(12):
        assert shown.focusNextPrevChild(True)
        seen.append(shown.focusWidget())
    assert lab.canvas in seen
    assert lab.toolbar.large in seen
