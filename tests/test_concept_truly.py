"""The window with a real worker: its numbers are those of the lines that it copies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import concept_data as made
import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication
from window_tools import close, open_controller, until

from inception_viewer.questions import Preprocessing

SMALL = Preprocessing(64, 64, short_side=64)


@pytest.fixture(scope="module")
def controller(checkpoint, folders, tmp_path_factory):
    opened = open_controller(
        "inception_viewer.analysis:make_worker",
        tmp_path_factory.mktemp("truly") / "settings.ini",
        *("--checkpoint", str(checkpoint), "--device", "cpu"),
    )
    until(lambda: opened.session.state.open_checkpoint, "the checkpoint", 120)
    until(lambda: opened.session.state.machine, "the machine", 120)
    opened.session.update(lambda state: replace(state, preprocessing=SMALL))
    opened.window.menus["concepts"].trigger()
    form = opened.concept_testing.window.form
    form.add_folders([str(folders["striped"]), str(folders["more"])])
    form.random.set_folder(str(folders["random"]))
    form.photos.set_folder(str(folders["cup"]))
    form.target.set_target(3)
    form.target.class_chosen.emit(3)
    form.runs.setValue(3)
    yield opened
    assert close(opened)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return made.folders(tmp_path_factory.mktemp("photos"))


def start(controller, units):
    window = controller.concept_testing.window
    form = window.form
    form.head.setCurrentIndex(form.head.findData("aux1" if units == "*" else "main"))
    form.unit.setCurrentIndex(form.unit.findData(units))
    assert window.start_button.isEnabled(), window.obstacle.text()
    window.start_button.click()
    until(lambda: not controller.concept_testing.busy, "the end", 120)
    assert not window.problem.isVisible(), window.problem.text()
    return window


@pytest.mark.parametrize(("units", "count"), [("inception4d", 1), ("*", 3)])
def test_the_numbers_on_screen_are_those_of_the_copied_lines(controller, units, count):
    window = start(controller, units)
    window._copy_python()
    names: dict[str, Any] = {}
    exec(QGuiApplication.clipboard().text(), names)
    shown = window.shown.answers
    assert list(names["answers"]) == [answer.question.unit for answer in shown]
    assert len(shown) == count
    for answer in shown:
        again = names["answers"][answer.question.unit]
        assert again.random_scores == answer.random_scores
        for mine, theirs in zip(again.concepts, answer.concepts, strict=True):
            assert (mine.name, mine.scores) == (theirs.name, theirs.scores)
            np.testing.assert_equal(mine.p_value, theirs.p_value)
    bars = [bar for bar in window.panel.chart.bars if bar.unit == shown[-1].question.unit]
    assert [bar.scores for bar in bars] == [
        *(one.scores for one in shown[-1].concepts),
        shown[-1].random_scores,
    ]
    assert shown[0].concepts[0].accuracy > 0.9, "stripes are told from noise"


def test_a_folder_that_is_gone_meanwhile_is_said(controller, tmp_path):
    window = start(controller, "inception4d")
    before = window.shown
    gone = made.folder(tmp_path / "gone", made.noise, 5, 9)
    window.form.cards[1].set_folder(str(gone))
    until(lambda: window.form.cards[1].found.text() == "5 photos" or (
        window.form.cards[1].trouble.text()
    ))  # fmt: skip
    assert window.form.cards[1].trouble.text().startswith("5 photos: few")
    for path in gone.iterdir():
        path.unlink()
    gone.rmdir()
    window.start_button.click()
    until(lambda: not controller.concept_testing.busy, "the end", 120)
    assert window.problem.text() == f"{gone} is not a folder."
    assert window.shown is before
