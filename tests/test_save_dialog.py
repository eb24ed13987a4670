"""The window behind File > Save checkpoint as…, and what it asks for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import ui_data
from choosing_worker import ChoosingWorker
from fake_worker import write_photo
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from window_tools import close, open_controller, settle, shows, until

from inception_viewer.checkpoint_changes import use_input
from inception_viewer.checkpoint_questions import SaveCheckpoint
from inception_viewer.checkpoints.inputs import KNOWN, adapted
from inception_viewer.errors import CheckpointError
from inception_viewer.questions import Preprocessing
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.save_dialog import SaveDialog
from inception_viewer.ui.saving.words import proposed_name
from inception_viewer.verdict_questions import Convention


@pytest.fixture
def worker() -> ChoosingWorker:
    return ChoosingWorker()


@pytest.fixture
def window(worker: ChoosingWorker, tmp_path: Path) -> Iterator[Controller]:
    photo = write_photo(tmp_path / "photo.png", 1)
    controller = open_controller(worker, tmp_path / "settings.ini", str(photo))
    until(shows(controller, "photo.png"), "the photo")
    controller.window.preferences.folder = str(tmp_path)
    yield controller
    assert close(controller)


def shown(controller: Controller) -> SaveDialog:
    controller.window.menus["save_checkpoint"].trigger()
    found = controller.saving.dialog
    assert found is not None
    return found


def asked(worker: ChoosingWorker) -> list[SaveCheckpoint]:
    return [question for question in worker.asked if isinstance(question, SaveCheckpoint)]


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("demo", "demo.safetensors"),
        ("googlenet-1378be20.pth", "googlenet-1378be20.safetensors"),
        ("bvlc_googlenet.caffemodel", "bvlc_googlenet.safetensors"),
        ("model.pth.tar", "model.safetensors"),
        ("mine.safetensors", "mine copy.safetensors"),
        (".pth", ".pth.safetensors"),
    ],
)
def test_the_name_proposed_is_never_the_files_own(name: str, proposed: str) -> None:
    assert proposed_name(name) == proposed


def test_it_says_what_is_saved(window: Controller, tmp_path: Path) -> None:
    dialog = shown(window)
    assert dialog.path.text() == str(tmp_path / "demo.safetensors")
    assert dialog.path.selectedText() == "demo"
    assert "true 5x5" in dialog.checkpoint.text()
    assert dialog.classes.text().startswith("101; names from")
    assert dialog.heads.text() == "aux1 trained; aux2 trained; main trained"
    assert "MB" in dialog.float32.text()
    assert not dialog.input_own.isVisible()  # there is no other one to choose
    assert not dialog.open_button.isVisible()


def test_saved_as_chosen_and_offered_to_be_opened(
    window: Controller, worker: ChoosingWorker, tmp_path: Path
) -> None:
    dialog = shown(window)
    dialog.float16.setChecked(True)
    QTest.keyClicks(dialog.path, "mine")  # over the selected name
    QTest.keyClick(dialog.path, Qt.Key.Key_Return)
    until(lambda: dialog.open_button.isVisible(), "the end")
    path = tmp_path / "mine.safetensors"
    assert asked(worker) == [SaveCheckpoint(ui_data.FINGERPRINT, str(path), None, None, "float16")]
    assert path.read_bytes() == b"12345"
    assert str(path) in dialog.said.text()
    dialog.open_button.click()
    assert not dialog.isVisible()
    until(lambda: window.session.state.open_checkpoint.name == path.name)  # type: ignore[union-attr]


def test_the_input_in_use_is_saved_in_its_plain_terms(
    window: Controller, worker: ChoosingWorker, tmp_path: Path
) -> None:
    wanted = Convention("mine", KNOWN[0].preprocessing, transform_input=True)
    folded = adapted(wanted, transform_input=False)
    window.session.update(lambda state: use_input(state, folded, wanted))
    dialog = shown(window)
    assert dialog.input_in_use.isChecked()
    assert "transform_input on" in dialog.in_use_words.text()
    dialog.save_button.click()
    until(lambda: dialog.open_button.isVisible())
    dialog.input_own.setChecked(True)
    dialog.path.setText(str(tmp_path / "own.safetensors"))
    dialog.save_button.click()
    until(lambda: len(asked(worker)) == 2 and dialog.open_button.isVisible())
    first, second = asked(worker)
    assert (first.preprocessing, first.transform_input) == (wanted.preprocessing, True)
    assert (second.preprocessing, second.transform_input) == (None, None)


def test_it_follows_the_input_while_it_is_open(window: Controller) -> None:
    dialog = shown(window)
    window.session.update(lambda state: use_input(state, Preprocessing(height=160)))
    assert dialog.input_own.isVisible()
    assert "160" in dialog.in_use_words.text()
    window.window.menus["undo"].trigger()
    assert not dialog.input_own.isVisible()
    assert dialog.input_in_use.isChecked()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "Say where"),
        ("{folder}/x.pth", "must end in .safetensors"),
        ("{folder}/none/x.safetensors", "There is no folder"),
        ("{folder}", "must end in"),
    ],
)
def test_a_path_that_cannot_be(path: str, words: str, window: Controller, tmp_path: Path) -> None:
    dialog = shown(window)
    dialog.path.setText(path.format(folder=tmp_path))
    assert words in dialog.said.text()
    assert not dialog.save_button.isEnabled()


def test_replacing_a_file_is_said_before(window: Controller, tmp_path: Path) -> None:
    (tmp_path / "there.safetensors").write_bytes(b"of before")
    dialog = shown(window)
    dialog.path.setText(str(tmp_path / "there.safetensors"))
    assert "will be replaced" in dialog.said.text()
    assert dialog.save_button.isEnabled()


def test_a_failure_is_said_in_the_window_and_lets_one_try_again(
    window: Controller, worker: ChoosingWorker
) -> None:
    worker.failures[SaveCheckpoint] = CheckpointError("It cannot be written: the disk is full.")
    dialog = shown(window)
    dialog.save_button.click()
    until(lambda: "disk is full" in dialog.said.text(), "the reason")
    assert not window.window.messages.sentences  # said once
    worker.failures.clear()
    dialog.save_button.click()
    until(lambda: dialog.open_button.isVisible())


def test_it_can_be_cancelled(window: Controller, worker: ChoosingWorker, tmp_path: Path) -> None:
    worker.hold[SaveCheckpoint] = threading.Event()
    dialog = shown(window)
    dialog.save_button.click()
    until(lambda: asked(worker), "the writing")
    assert dialog.close_button.text() == "Cancel"
    assert not dialog.save_button.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    until(lambda: dialog.close_button.text() == "Close", "the end")
    assert dialog.isVisible()
    assert "nothing was written" in dialog.said.text()
    assert not list(tmp_path.glob("*.safetensors"))
    assert dialog.save_button.isEnabled()
    settle()
