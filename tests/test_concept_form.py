"""The form of a test of concepts: folders that are dropped, the class, the units."""

from __future__ import annotations

import concept_data as made
import pytest
import ui_data
from evaluation_data import shown
from PySide6.QtCore import QPointF
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from window_tools import drag_event, mime_of

from inception_viewer.concept_questions import Concept
from inception_viewer.ui.concept_window import ConceptWindow

MODULES = tuple(
    f"inception{name}" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return made.folders(tmp_path_factory.mktemp("concepts"))


@pytest.fixture
def window(qtbot, light):
    alone = shown(qtbot, ConceptWindow())
    alone.set_checkpoint(ui_data.checkpoint_info(), ui_data.PREPROCESSING)
    return alone


def drop(widget, *paths):
    mime = mime_of(paths)
    enter = drag_event(QDragEnterEvent, QPointF(50, 20), mime)
    widget.dragEnterEvent(enter)
    event = drag_event(QDropEvent, QPointF(50, 20), mime)
    widget.dropEvent(event)
    return enter.isAccepted() and event.isAccepted()


def test_the_class_is_guessed_from_the_folder_and_a_choice_stays(window, folders):
    form = window.form
    form.photos.set_folder(str(folders["cup"]))
    assert form.target.target == ui_data.CLASSES.index("cup")
    form.target.set_target(3)
    form.target.class_chosen.emit(3)
    form.photos.set_folder(str(folders["striped"]))
    form.photos.set_folder(str(folders["cup"]))
    assert form.target.target == 3


def test_drops(window, folders, tmp_path):
    form = window.form
    assert drop(form.cards[0], folders["striped"], folders["more"])
    assert [card.concept_name for card in form.cards] == ["striped", "more"]
    assert drop(form.random, folders["random"] / "3.png", folders["random"] / "4.png")
    assert form.random.path == str(folders["random"])
    assert drop(window, folders["cup"])
    assert form.cards[2].path == str(folders["cup"])
    other = made.folder(tmp_path / "more", made.noise, 1, 0)
    assert drop(window, other)
    assert form.cards[3].concept_name == "more 2"
    assert not drop(form.photos, "https://example.org/photo.png")
    assert form.photos.path == ""


def test_concepts_are_added_and_removed(qtbot, window, folders):
    form = window.form
    form.add_folders([str(folders["striped"]), str(folders["more"])])
    form.add_button.click()
    assert len(form.cards) == 3
    assert form.wanted.concepts == (
        Concept("striped", str(folders["striped"])),
        Concept("more", str(folders["more"])),
    )
    qtbot.keyClicks(form.cards[2].name, "striped")
    form.cards[2].set_folder(str(folders["few"]))
    assert form.cards[2].concept_name == "striped", "a name that was typed stays"
    assert window.obstacle.text() == "Two concepts have the same name."
    form.cards[0].remove_button.click()
    assert [card.path for card in form.cards] == [str(folders["more"]), str(folders["few"])]
    for card in tuple(form.cards):
        card.remove_button.click()
    assert [card.path for card in form.cards] == [""]


def test_units_are_those_on_the_way_to_the_head(window):
    form = window.form
    assert form.units == ("inception4d",)
    form.unit.setCurrentIndex(0)
    assert form.unit.currentText() == "Down the layers (9)"
    assert form.units == MODULES
    form.head.setCurrentIndex(form.head.findData("aux1"))
    assert form.units == MODULES[:3], "what was chosen stays, as far as the head goes"
    assert form.unit.findData("inception4b") < 0
    form.unit.setCurrentIndex(form.unit.findData("inception3b/5x5"))
    form.head.setCurrentIndex(form.head.findData("main"))
    assert form.units == ("inception3b/5x5",)
    form.unit.setCurrentIndex(form.unit.findData("inception5b"))
    form.head.setCurrentIndex(form.head.findData("aux2"))
    assert form.units == ("inception4d",)
