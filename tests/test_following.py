"""Classes that are followed: what they show while something is touched, undone, and taken along."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import ui_data
from fake_worker import FakeWorker, write_photo
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from window_tools import close, open_controller, shows, until

from inception_viewer.followed import MOST_FOLLOWED, following, still_open
from inception_viewer.intervention_questions import Intervention
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.predictions.paint import Sheet
from inception_viewer.ui.predictions.rows import changed

OFF = Intervention("inception4c/3x3", "zero")


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Controller]:
    photo = write_photo(tmp_path / "0.png", 0)
    controller = open_controller(FakeWorker(), tmp_path / "settings.ini", str(photo))
    controller.window.show()
    until(shows(controller, "0.png"), "the photo")
    yield controller
    assert close(controller)


def test_classes_belong_to_their_checkpoint_and_are_few() -> None:
    found = following((), "a", (3, 1, 3, 2, 7, 8, 9))
    assert found == (("a", (3, 1, 2, 7, 8)),)
    both = following(found, "b", (4,))
    assert still_open(both, {"b"}) == (("b", (4,)),)
    assert following(both, "b", ()) == found


def test_a_difference_is_in_percentage_points_of_the_head() -> None:
    before = ui_data.predictions()
    shifted = {head: np.roll(values, 1) for head, values in before.probabilities.items()}
    sheet = Sheet(replace(before, probabilities=shifted), untouched=before)
    for head, values in before.probabilities.items():
        expected = round(100 * float(values[4] - values[5]), 1)
        said = sheet.difference(head, 5).replace("\N{MINUS SIGN}", "-").removesuffix("pp")
        assert float(said) == pytest.approx(expected, abs=1e-6)
    assert sheet.difference("main", 5)[0] in "+\N{MINUS SIGN}"
    assert changed(-0.414, logit=True) == "\N{MINUS SIGN}0.41"
    assert Sheet(before).difference("main", 5) == ""


def test_they_are_chosen_kept_undone_and_taken_along(window: Controller) -> None:
    view, menus = window.window.predictions, window.window.menus
    names = view.predictions.classes
    view.panel.chooser.class_chosen.emit(7)
    view.table.setFocus()
    first = view.table.focused_class
    next(a for a in view.table.actions() if a.text() == "Follow this class").trigger()
    assert view.panel.classes == (7, first)
    window.session.update(lambda now: replace(now, touched=()))
    window.intervening.do(OFF)
    until(lambda: view.untouched is not None, "the original")
    assert view.panel.table._geometry().differences
    (told, _) = window.record()["followed"]
    assert (told["index"], told["class"]) == (7, names[7])
    assert told["before"]["main"] == pytest.approx(view.untouched.probabilities["main"][7])
    view.copy_csv()
    rows = list(csv.DictReader(io.StringIO(QGuiApplication.clipboard().text())))
    assert rows[7]["done"] == "inception4c/3x3 switched off"
    assert float(rows[7]["main_probability_before"]) == told["before"]["main"]
    view.copy_text()
    assert names[7] in QGuiApplication.clipboard().text()
    view.panel.table.setFocus()
    QTest.keyClick(view.panel.table, Qt.Key.Key_Delete)
    assert view.panel.classes == (first,)
    for expected in ((7, first), (7, first), (7,), ()):
        menus["undo"].trigger()
        assert view.panel.classes == expected
    menus["redo"].trigger()
    assert window.session.state.followed_classes == (7,)
    view.panel.changed.emit(tuple(range(9)))
    assert len(view.panel.classes) == MOST_FOLLOWED
    assert not view.panel.chooser.isEnabled()
