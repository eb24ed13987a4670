"""Fitting heads in the window, with a child that is a script: from the menu to the new file."""

from __future__ import annotations

import os
import time
from pathlib import Path

import fit_data
import pytest
from fake_worker import FakeWorker
from fit_data import child, opened, photos, plan, progress, said
from window_tools import close, open_controller, until

from inception_viewer import fit_events
from inception_viewer.fit_files import unfinished
from inception_viewer.folder_questions import PlanFit
from inception_viewer.ui.fitting import fits

HEADS = {"aux1": "untrained", "aux2": "untrained", "main": "trained"}


class Worker(FakeWorker):
    """Knows what a fit would take."""

    def answer(self, question, lab, progress):
        if isinstance(question, PlanFit):
            self.asked.append(question)
            return plan(question.fit)
        return super().answer(question, lab, progress)


@pytest.fixture
def worker():
    return Worker(heads=HEADS)


@pytest.fixture
def window(qtbot, worker, tmp_path):
    (tmp_path / "mine.pth").write_bytes(b"")
    made = open_controller(
        worker, tmp_path / "s.ini", "--checkpoint", str(tmp_path / "mine.pth"), size=(1024, 640)
    )
    until(lambda: made.session.state.open_checkpoint)
    yield made
    assert close(made)


def begin(window, folder, *steps):
    """Open the dialog, choose a folder and fit, with a child that takes these steps."""
    window.fits.command = lambda question, source, device: child(
        *(step(question) if callable(step) else step for step in steps)
    )
    window.window.menus["fit_heads"].trigger()
    dialog = window.fits.dialog
    dialog.set_folder(str(photos(folder, 4)))
    until(dialog.start_button.isEnabled, "the plan")
    dialog.start_button.click()
    return dialog


def whole(question):
    Path(question.out).write_bytes(b"a checkpoint")
    return said(fit_events.answered(fit_data.answer(question, path=question.out)))


def test_fit_then_open(window, tmp_path):
    dialog = begin(window, tmp_path / "p", opened, progress(0.5, "epoch 1 of 40"), whole)
    until(lambda: dialog.open_button.isVisible(), "the result")
    new = tmp_path / "mine-heads.safetensors"
    assert window.window.status.newest is None
    assert window.window.preferences.fit_folder == str(tmp_path / "p")
    assert dialog.form.place.text() == str(tmp_path / "mine-heads-2.safetensors")
    dialog.open_button.click()
    until(lambda: window.session.state.open_checkpoint.source == str(new))
    assert not dialog.isVisible()
    window.window.menus["fit_heads"].trigger()
    assert dialog.title.text() == new.name
    assert not dialog.outcome.isVisible()
    assert not window.window.messages.sentences


def test_progress_stands_in_the_status_bar_and_the_window_works_meanwhile(window, tmp_path):
    dialog = begin(window, tmp_path / "p", opened, progress(0.5, "epoch 1 of 40"), ("wait", 60))
    until(lambda: dialog.bar.value() == 500)
    key, activity = window.window.status.newest
    assert (key, activity.fraction, activity.cancellable) == (fits.KEY, 0.5, True)
    assert activity.text == "Fitting heads: epoch 1 of 40"
    assert not window.runner.lanes["jobs"].busy
    window.opening.open_checkpoint("demo")
    until(lambda: window.session.state.open_checkpoint.source != str(tmp_path / "mine.pth"))
    assert dialog.title.text() == "mine.pth"  # what is being fitted
    dialog.close_button.click()
    window.window.menus["cancel"].trigger()
    until(lambda: window.fits.child is None, patience=1.5)
    assert window.window.status.newest is None
    assert not window.window.messages.sentences
    assert not list(tmp_path.glob("*heads*"))
    window.window.menus["fit_heads"].trigger()
    assert dialog.title.text() != "mine.pth"


def test_cancelled_in_the_dialog(window, tmp_path):
    dialog = begin(window, tmp_path / "p", progress(0.5, "epoch 1 of 40"), ("wait", 60))
    until(lambda: dialog.bar.value() == 500)
    dialog.cancel_button.click()
    assert dialog.progress.text() == "Cancelling…"
    until(lambda: window.fits.child is None, patience=1.5)
    assert dialog.said.text() == "Cancelled; nothing was written."
    assert dialog.said.isVisible()
    assert dialog.start_button.isEnabled()


@pytest.mark.parametrize("dialog_open", [True, False])
def test_a_failure_is_told_where_someone_looks(window, tmp_path, dialog_open):
    steps = (progress(0.1, "x"), ("wait", 0.3), ("err", "Traceback: it broke"), ("exit", 1))
    dialog = begin(window, tmp_path / "p", *steps)
    until(lambda: dialog.progress.text())
    if not dialog_open:
        dialog.close_button.click()
    until(lambda: window.fits.child is None)
    looked_at = dialog.messages if dialog_open else window.window.messages
    assert looked_at.sentences == [
        "The program that fits the heads ended unexpectedly; nothing was written."
    ]
    assert "Traceback: it broke" in looked_at.text
    other = window.window.messages if dialog_open else None
    assert other is None or not other.sentences
    assert window.session.state.open_checkpoint is not None


def test_closing_the_window_ends_the_child(qtbot, worker, tmp_path):
    (tmp_path / "mine.pth").write_bytes(b"")
    made = open_controller(worker, tmp_path / "s.ini", "--checkpoint", str(tmp_path / "mine.pth"))
    until(lambda: made.session.state.open_checkpoint)
    half = unfinished(tmp_path / "mine-heads.safetensors")
    steps = (("deaf", None), ("file", str(half)), progress(0.5, "x"), ("wait", 60))
    dialog = begin(made, tmp_path / "p", *steps)
    until(lambda: dialog.bar.value() == 500)
    pid, started = made.fits.child._process.processId(), time.monotonic()
    assert half.exists()
    assert close(made)
    assert time.monotonic() - started < 3
    assert made.fits.child is None
    assert not half.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_no_checkpoint_yet(qtbot, worker, tmp_path):
    made = open_controller(worker, tmp_path / "s.ini", "--checkpoint", str(tmp_path / "none.pth"))
    until(lambda: made.window.messages.sentences)
    made.window.menus["fit_heads"].trigger()
    assert made.fits.dialog.said.text().startswith("Open a checkpoint first")
    assert not made.fits.dialog.start_button.isEnabled()
    assert close(made)
