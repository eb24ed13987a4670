"""The device in the window: chosen, missing, given up; what is open and selected stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fake_worker import DEVICES, FakeWorker, write_photo
from window_tools import close, open_controller, settle, shows, until

from inception_viewer.questions import Machine, Notice, Overview, Question
from inception_viewer.ui.controller import Controller

SENTENCE = "The GPU ran out of memory; the network now runs on the CPU."


@dataclass
class FullGPU(FakeWorker):
    """A worker whose GPU is too small for the next question of a kind."""

    too_large: type[Question] | None = None

    def answer(self, question: Question, lab: FakeWorker, progress: Any) -> Any:
        if self.device == "cuda" and type(question) is self.too_large:
            self.device = "cpu"
            progress.notice(Notice(SENTENCE, Machine(DEVICES, "cpu", "2.0 (fake)")))
        return super().answer(question, lab, progress)


@pytest.fixture
def worker() -> FullGPU:
    return FullGPU()


@pytest.fixture
def photos(tmp_path: Path) -> list[str]:
    return [str(write_photo(tmp_path / f"{place}.png", place)) for place in range(3)]


@pytest.fixture
def window(worker: FullGPU, photos: list[str], tmp_path: Path) -> Iterator[Controller]:
    controller = open_controller(worker, tmp_path / "settings.ini", *photos, "--device", "cuda")
    until(shows(controller, "0.png"), "the first photo")
    until(lambda: controller.frames.frame.overview.provenance.device == "cuda", "the GPU")
    until(lambda: len(controller.session.state.images) == 3)
    yield controller
    assert close(controller)


def look_at_something(window: Controller) -> None:
    second = window.session.state.images[1].id
    window.session.update(
        lambda state: replace(
            state, image=second, unit="inception4a", channel=("inception4a/3x3", 5)
        )
    )
    until(shows(window, "1.png"), "the second photo")


def test_switching_keeps_images_and_selection(window: Controller) -> None:
    look_at_something(window)
    before = window.session.state
    window.switch_device("cpu")
    until(lambda: window.frames.settled and window.frames.frame.overview.provenance.device == "cpu")
    after = window.session.state
    assert after == replace(before, machine=after.machine)
    assert after.machine.device == "cpu"
    assert window.frames.frame.image_name == "1.png"
    assert window.frames.frame.maps.unit == "inception4a"


def test_a_full_gpu_is_told_and_left_and_nothing_is_lost(
    window: Controller, worker: FullGPU
) -> None:
    look_at_something(window)
    before, bar = window.session.state, window.window
    worker.too_large = Overview
    window.select_image(before.images[2].id)
    until(shows(window, "2.png"), "the third photo")
    assert bar.messages.sentences == [SENTENCE]
    assert bar.messages.isVisible()
    assert (bar.top_row.device.text(), bar.status.device.text()) == ("CPU", "CPU")
    chosen = [action.text() for action in bar.device_menu.actions() if action.isChecked()]
    assert chosen == ["CPU (fake)"]
    after = window.session.state
    assert after == replace(before, image=before.images[2].id, machine=after.machine)
    window.session.undo()
    until(shows(window, "1.png"), "the second photo again")
    assert window.session.state.machine.device == "cpu"  # not a thing to undo
    assert bar.messages.sentences == [SENTENCE]


def test_a_device_that_is_not_there_leaves_the_window_on_the_cpu(
    worker: FullGPU, photos: list[str], tmp_path: Path
) -> None:
    controller = open_controller(worker, tmp_path / "other.ini", *photos, "--device", "mps")
    try:
        until(shows(controller, "0.png"), "the first photo")
        until(lambda: controller.window.messages.sentences)
        settle(0.05)
        assert controller.window.messages.sentences == ["This machine has no “mps”."]
        assert controller.session.state.machine.device == "cpu"
        assert controller.frames.frame.overview.provenance.device == "cpu"
    finally:
        assert close(controller)
