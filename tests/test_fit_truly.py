"""The whole way once: window, process, training, file, and the file opened in the window."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from colour_networks import SMALL, make_folder, make_weights
from window_tools import close, open_controller, until

from inception_viewer.checkpoints import own
from inception_viewer.checkpoints.read import read_checkpoint
from inception_viewer.fitted import fitted_phrase, read_fitted
from inception_viewer.ui.controller import Controller

WORKER = "inception_viewer.analysis:make_worker"
PATIENCE = 180.0
"""Seconds for what takes ten on a machine that has nothing else to do."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("colours") / "photos")


@pytest.fixture
def window(qtbot, folder: Path, tmp_path: Path):
    weights = make_weights("no heads in the file", folder)
    own.save(tmp_path / "mine.safetensors", weights)
    photo = next((folder / "red").iterdir())
    made = open_controller(
        WORKER, tmp_path / "s.ini", str(photo), "--checkpoint", str(tmp_path / "mine.safetensors")
    )
    until(lambda: made.frames.frame, "the photo", PATIENCE)
    yield made
    assert close(made)


def begin(window: Controller, folder: Path):
    window.window.menus["fit_heads"].trigger()
    dialog = window.fits.dialog
    dialog.form.epochs.setValue(8)
    dialog.set_folder(str(folder))
    until(dialog.start_button.isEnabled, "the plan", PATIENCE)
    dialog.start_button.click()
    return dialog


def test_from_the_menu_to_the_new_checkpoint(window, folder: Path, tmp_path: Path) -> None:
    source, new = tmp_path / "mine.safetensors", tmp_path / "mine-heads.safetensors"
    bytes_before = source.read_bytes()
    squeezed = replace(SMALL, height=72, width=72)
    window.session.update(lambda state: replace(state, preprocessing=squeezed))
    dialog = begin(window, folder)
    assert "72 photos found; all are used: 62 to fit to, 10 kept apart" in dialog.said.text()
    until(lambda: window.fits.child is None, "the fit", PATIENCE)
    assert not dialog.messages.sentences, dialog.messages.text
    answer = dialog._answer
    assert answer.path == str(new)
    assert len(answer.loss) == 8
    assert {head.fitted for head in answer.heads.values()} == {True}
    assert {head.before for head in answer.heads.values()} == {None}

    old, made = read_checkpoint(source), read_checkpoint(new)
    assert source.read_bytes() == bytes_before
    assert made.heads == {"aux1": "fitted", "aux2": "fitted", "main": "trained"}
    assert made.preprocessing == squeezed
    assert fitted_phrase(made.metadata) == "fitted here on 62 images"
    assert read_fitted(made.metadata)["from"] == window.session.state.checkpoint
    assert old.state.keys() == {key for key in made.state if not key.startswith("aux")}
    for key, tensor in old.state.items():
        assert torch.equal(made.state[key].view(torch.int32), tensor.view(torch.int32))

    dialog.open_button.click()
    until(lambda: window.session.state.open_checkpoint.source == str(new), "it open", PATIENCE)
    until(lambda: window.frames.frame.scene.checkpoint == window.session.state.checkpoint)
    info = window.session.state.open_checkpoint
    assert "auxiliary heads fitted here on 62 images" in info.verdict
    assert "(auxiliary heads fitted here on 62 images)" in window.window.headline.sentence
    assert not window.window.messages.sentences


def test_cancelled_while_the_photos_are_seen(window, folder: Path, tmp_path: Path) -> None:
    dialog = begin(window, folder)
    until(lambda: "photos seen" in dialog.progress.text(), "the first photos", PATIENCE)
    started = time.monotonic()
    dialog.cancel_button.click()
    until(lambda: window.fits.child is None, "the end")
    assert time.monotonic() - started < 1.0 + 0.1
    assert dialog.said.text() == "Cancelled; nothing was written."
    assert list(tmp_path.glob("mine*")) == [tmp_path / "mine.safetensors"]
