"""What is touched, in the session: whose it is, what fits, undo, and the words for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import ui_data

from inception_viewer.checkpoint_changes import add_checkpoint, close_checkpoint, look_at
from inception_viewer.edit_questions import Stroke
from inception_viewer.intervention_questions import Intervention
from inception_viewer.intervention_words import (
    before_words,
    mark_words,
    said_of,
    scene_words,
    touched_words,
)
from inception_viewer.painted import paint
from inception_viewer.questions import ImageInfo
from inception_viewer.session import Session, State, add_images, remove_image
from inception_viewer.touched import intervene, put_back, put_unit_back, set_interventions
from inception_viewer.ui.intervene.words import channels_of, channels_text

OFF = Intervention("inception4a/5x5")
HALF = Intervention("inception4a/5x5", "scale", factor=0.5)
FEW = Intervention("inception4a/5x5", "zero", (1, 2))
OTHER = "other" * 12


def image(name: str) -> ImageInfo:
    return ImageInfo(name, f"{name}.jpg", "", 10, 20, np.zeros((8, 16, 3), np.uint8))


def opened() -> State:
    """Photos a and b are open, and a is looked at."""
    state = add_checkpoint(State(), ui_data.checkpoint_info())
    return replace(add_images(state, (image("a"), image("b"))), image="a")


def test_scenes_of_all_photos_hold_what_is_touched() -> None:
    state = intervene(opened(), OFF)
    for name in ("a", "b"):
        scene = state.scene_of(name)
        assert scene is not None
        assert scene.interventions == (OFF,)
    assert state.plain_scene == opened().scene
    assert state.attribution_question is not None
    assert state.attribution_question.scene == opened().scene  # it explains what is untouched


def test_the_same_place_is_touched_once_and_keeps_its_turn() -> None:
    later = Intervention("inception5b")
    state = intervene(intervene(intervene(opened(), OFF), later), HALF)
    assert state.interventions == (HALF, later)
    assert intervene(state, FEW).interventions == (HALF, later, FEW)
    assert put_back(intervene(state, FEW), FEW.unit).interventions == (later, FEW)
    assert put_unit_back(intervene(state, FEW), FEW.unit).interventions == (later,)
    assert set_interventions(state, ()).touched == ()


def test_each_checkpoint_has_its_own() -> None:
    state = intervene(opened(), OFF)
    info = replace(ui_data.checkpoint_info(), fingerprint=OTHER, name="other")
    both = add_checkpoint(state, info)
    assert both.interventions == ()
    both = intervene(both, HALF)
    assert look_at(both, ui_data.FINGERPRINT).interventions == (OFF,)
    back = look_at(look_at(both, ui_data.FINGERPRINT), OTHER)
    assert back.interventions == (HALF,)
    closed = close_checkpoint(both, OTHER)
    assert [one.checkpoint for one in closed.touched] == [ui_data.FINGERPRINT]


@pytest.mark.parametrize(
    "misfit",
    [
        Intervention("inception9z"),
        Intervention("fc"),
        Intervention("input"),
        Intervention("inception4a/5x5", channels=(48,)),
        Intervention("inception4a/5x5", channels=()),
        Intervention("inception4a", "patch", images=("gone",)),
        Intervention("inception4a", "mean", images=("gone",)),
    ],
)
def test_what_does_not_fit_is_dropped(misfit: Intervention) -> None:
    assert intervene(intervene(opened(), HALF), misfit).interventions == (HALF,)


def test_photos_that_are_gone_take_what_needs_them_along() -> None:
    patch = Intervention("inception3a", "patch", images=("b",))
    mean = Intervention("inception3b", "mean", images=("a", "b"))
    state = intervene(intervene(intervene(opened(), patch), mean), OFF)
    left = remove_image(state, "b")
    assert left.interventions == (replace(mean, images=("a",)), OFF)
    assert remove_image(left, "a").interventions == (OFF,)


def test_undo_brings_back_what_was_touched_but_not_what_cannot_be() -> None:
    session = Session(opened())
    patch = Intervention("inception3a", "patch", images=("b",))
    session.update(lambda state: intervene(state, patch))
    session.update(lambda state: intervene(state, OFF))
    session.update(lambda state: set_interventions(state, ()))
    assert session.undo()
    assert session.state.interventions == (patch, OFF)
    session.update(lambda state: remove_image(state, "b"), undoable=False)
    assert session.undo()
    assert session.state.interventions == ()
    assert session.redo()
    assert session.state.interventions == (OFF,)
    assert not session.state.stroking


def test_words_say_what_is_touched() -> None:
    assert touched_words(()) == ""
    assert touched_words((OFF,)) == "inception4a/5x5 switched off"
    two = touched_words((OFF, Intervention("conv1", "scale", (3,), 0.25)))
    assert two == "inception4a/5x5 switched off and channel 3 of conv1 scaled by 0.25"
    assert touched_words((OFF, HALF, FEW)).endswith("scaled by 0.5 and 1 more")
    state = paint(intervene(opened(), OFF), (Stroke(((100.0, 100.0),), 30.0),))
    assert state.scene is not None
    words = scene_words(state.scene)
    assert words == "6 % painted over, grey and inception4a/5x5 switched off"
    assert before_words(state.scene) == "before painting and intervening"
    patch = Intervention("inception3a", "patch", images=("b",))
    assert (mark_words(patch, "a"), mark_words(patch, "b")) == ("photo", "frozen")
    assert said_of(patch, {"b": "b.jpg"}, "a") == "taken from b.jpg"
    assert said_of(HALF, {}) == "scaled by 0.5"
    assert mark_words(HALF) == "\N{MULTIPLICATION SIGN}0.5"


def test_channels_are_written_and_read() -> None:
    assert channels_text(None) == "all"
    assert channels_text((0, 3, 5, 6, 7)) == "0, 3, 5-7"
    assert channels_of("0, 3, 5-7", 8) == (0, 3, 5, 6, 7)
    assert channels_of(" All ", 8) is None
    assert channels_of("0-7", 8) is None
    for text, said in (("8", "0 to 7"), ("x", "no channel"), ("5-3", "backwards")):
        with pytest.raises(ValueError, match=said):
            channels_of(text, 8)
