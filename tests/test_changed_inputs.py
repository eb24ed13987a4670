"""What is done to photos' inputs, in the session: their scenes, whose it is, what moves along."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import ui_data

from inception_viewer.changed_inputs import (
    as_in,
    attack_on,
    changed_input,
    distort,
    edit_marks,
    leave_input,
    mislead,
    strokes_in,
    without_attack,
)
from inception_viewer.checkpoint_changes import add_checkpoint, close_checkpoint, look_at
from inception_viewer.edit_questions import Adversarial, Brush, Distortion, Stroke
from inception_viewer.images.differences import Difference, enlarged, fitting_factor, measured
from inception_viewer.painted import paint, use_brush
from inception_viewer.questions import ImageInfo, Preprocessing
from inception_viewer.session import Session, State, add_images, remove_image
from inception_viewer.touched import set_interventions

BLURRED, TURNED = Distortion(blur=2.0), Distortion(rotation=90.0)
ATTACK = Adversarial("pgd", 8, target=3)
ONE = Stroke(((10.0, 20.0), (30.25, 40.5)), 8.0)
OTHER = "other" * 12


def image(name: str) -> ImageInfo:
    return ImageInfo(name, f"{name}.jpg", "", 10, 20, np.zeros((8, 16, 3), np.uint8))


def opened() -> State:
    """Photos a and b are open, and a is looked at."""
    state = add_checkpoint(State(), ui_data.checkpoint_info())
    return replace(add_images(state, (image("a"), image("b"))), image="a")


def edits(state: State, image: str = "a") -> tuple[object, ...]:
    scene = state.scene_of(image)
    assert scene is not None
    return scene.edits


def test_edits_stand_in_the_order_in_which_they_are_done() -> None:
    state = paint(mislead(distort(opened(), BLURRED), ATTACK), (ONE,))
    assert edits(state) == (BLURRED, Brush((ONE,)), ATTACK)
    assert edits(state, "b") == ()
    assert edit_marks(edits(state)) == "distorted, painted, misled"
    assert state.scene is not None
    assert without_attack(state.scene).edits == (BLURRED, Brush((ONE,)))
    assert edits(leave_input(state)) == (Brush((ONE,)),)
    assert as_in(leave_input(state), state.scene) == state
    assert distort(State(), BLURRED) == State()


def test_what_does_nothing_is_no_edit() -> None:
    for idle in (Distortion(seed=4), Distortion(crop_x=0.1, crop_y=1.0)):
        state = distort(opened(), idle)
        assert changed_input(state, "a").distortion == idle  # the sliders stay where they are
        assert state.scene == opened().scene
    state = distort(opened(), Distortion(noise=3.0, seed=4, crop_x=0.2))
    assert edits(state) == (Distortion(noise=3.0, seed=4),)
    assert distort(state, Distortion()).changed_inputs == ()


def test_misled_is_the_network_looked_at_and_no_other() -> None:
    info = replace(ui_data.checkpoint_info(), fingerprint=OTHER, name="other")
    state = add_checkpoint(mislead(distort(opened(), BLURRED), ATTACK), info)
    assert edits(state) == (BLURRED,)  # the distortion is the photo's, the attack is not
    both = mislead(state, Adversarial())
    assert edits(look_at(both, ui_data.FINGERPRINT)) == (BLURRED, ATTACK)
    assert edits(both) == (BLURRED, Adversarial())
    closed = close_checkpoint(both, OTHER)
    assert edits(closed) == (BLURRED, ATTACK)
    assert "other" not in str(closed.changed_inputs)
    assert edits(mislead(closed, None)) == (BLURRED,)


def test_what_is_done_to_a_photo_goes_with_it() -> None:
    session = Session(mislead(opened(), ATTACK))
    session.update(lambda state: distort(state, BLURRED))
    assert session.undo()
    assert edits(session.state) == (ATTACK,)
    assert session.redo()
    assert edits(session.state) == (BLURRED, ATTACK)
    session.update(lambda state: remove_image(state, "a"), undoable=False)
    assert session.state.changed_inputs == ()
    session.undo()
    assert session.state.changed_inputs == ()


def test_attack_waits_while_the_picture_moves_but_not_while_the_network_does() -> None:
    state = mislead(opened(), ATTACK)
    moving = distort(state, BLURRED, moving=True)
    assert edits(moving) == (BLURRED,)
    assert attack_on(moving, "a") == ATTACK
    assert edits(distort(moving, BLURRED)) == (BLURRED, ATTACK)
    assert edits(paint(state, (ONE,), stroking=True)) == (Brush((ONE,)),)
    assert edits(set_interventions(moving, (), moving=True)) == (BLURRED, ATTACK)
    assert edits(replace(moving, image="b")) == (BLURRED, ATTACK)  # it is b that would move


# --- what is painted moves along -----------------------------------------------------


def drawn(state: State) -> tuple[Stroke, ...]:
    assert state.scene is not None
    return strokes_in(state.scene)


def test_paint_turns_with_the_photo() -> None:
    state = distort(paint(opened(), (ONE,)), TURNED)
    # A quarter to the left about the middle of 224 x 224: (x, y) goes to (y, 224 - x).
    assert drawn(state) == (replace(ONE, points=((20.0, 214.0), (40.5, 193.75))),)
    assert drawn(distort(state, Distortion())) == (ONE,)


@pytest.mark.parametrize(
    ("distortion", "goes", "radius"),
    [
        (Distortion(shift_x=0.25, shift_y=-0.5), (66.0, -92.0), 8.0),
        (Distortion(scale=2.0), (-92.0, -72.0), 16.0),
        (Distortion(mirror=True), (214.0, 20.0), 8.0),
        (Distortion(crop=0.5, crop_x=0.0, crop_y=0.0), (20.0, 40.0), 16.0),
        (Distortion(crop=0.5, crop_x=1.0, crop_y=0.5), (-204.0, -72.0), 16.0),
        (Distortion(contrast=0.5, blur=3.0, noise=9.0), (10.0, 20.0), 8.0),
    ],
)
def test_paint_goes_where_what_it_hides_goes(
    distortion: Distortion, goes: tuple[float, float], radius: float
) -> None:
    dab = replace(ONE, points=((10.0, 20.0),))
    (moved,) = drawn(distort(paint(opened(), (dab,)), distortion))
    assert moved.points[0] == pytest.approx(goes)
    assert moved.radius == pytest.approx(radius)


def test_what_is_painted_on_a_distorted_picture_is_what_was_drawn() -> None:
    crooked = Distortion(0.1, -0.2, 37.0, 1.7, 0.6, 0.2, 0.9, mirror=True)
    state = distort(opened(), crooked)
    strokes = (ONE, Stroke(((3.33, 217.77),), 4.1, True))
    state = paint(state, strokes)
    assert drawn(state) == strokes
    assert drawn(paint(state, (*drawn(state), ONE))) == (*strokes, ONE)
    filled = use_brush(state, replace(state.brush, fill="mean"))
    assert filled.painting == Brush(strokes, "mean")
    assert filled.scene is not None
    assert paint(as_in(leave_input(filled), filled.scene), drawn(filled)).scene == filled.scene


def test_strokes_on_a_picture_that_is_no_square() -> None:
    made = Preprocessing(height=100, width=200, resize="squeeze")
    state = replace(opened(), preprocessing=made)
    turned = distort(paint(state, (replace(ONE, points=((10.0, 20.0),)),)), TURNED)
    assert drawn(turned)[0].points == ((70.0, 140.0),)


# --- differences ---------------------------------------------------------------------


def test_difference_in_grey_levels_and_enlarged() -> None:
    random = np.random.default_rng(3)
    before = random.integers(0, 256, (7, 5, 3)).astype(np.uint8)
    after = np.clip(before.astype(int) + random.integers(-4, 5, before.shape), 0, 255)
    after[0] = before[0]
    apart = after - before.astype(int)
    after = after.astype(np.uint8)
    found = measured(before, after)
    assert found == Difference(
        int(abs(apart).max()), float(abs(apart).mean()), float(apart.any(axis=2).mean())
    )
    factor = fitting_factor(found.largest)
    assert factor == 127 // found.largest
    np.testing.assert_array_equal(enlarged(before, after, factor), 128 + factor * apart)
    assert fitting_factor(0) == 1
    assert fitting_factor(200) == 0.5
    black, white = np.zeros((1, 1, 3), np.uint8), np.full((1, 1, 3), 255, np.uint8)
    assert enlarged(black, white, 0.5).max() == 255
    assert enlarged(white, black, 4.0).min() == 0
