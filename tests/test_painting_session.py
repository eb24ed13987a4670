"""What was painted over each photo, in the session: its scene, undo, the brush."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import ui_data

from inception_viewer.checkpoint_changes import add_checkpoint, use_input
from inception_viewer.edit_questions import Brush, BrushSettings, Stroke
from inception_viewer.painted import paint, use_brush
from inception_viewer.questions import ImageInfo, Preprocessing
from inception_viewer.session import Session, State, add_images, remove_image

ONE, TWO = Stroke(((10.0, 20.0), (30.0, 40.0)), 8.0), Stroke(((50.0, 60.0),), 5.0, True)


def image(name: str) -> ImageInfo:
    return ImageInfo(name, f"{name}.jpg", "", 10, 20, np.zeros((8, 16, 3), np.uint8))


def opened() -> State:
    """Photos a and b are open, and a is looked at."""
    state = add_checkpoint(State(), ui_data.checkpoint_info())
    return replace(add_images(state, (image("a"), image("b"))), image="a")


def test_scene_holds_what_was_painted_over_its_own_photo() -> None:
    state = paint(opened(), (ONE,))
    assert state.scene is not None
    assert state.scene.edits == (Brush((ONE,)),)
    assert state.attribution_question is not None
    assert state.attribution_question.scene == state.scene
    other = replace(state, image="b")
    assert other.scene is not None
    assert other.scene.edits == ()
    both = paint(other, (TWO,))
    assert replace(both, image="a").painting == Brush((ONE,))
    assert both.painting == Brush((TWO,))
    of_a, of_b = both.scene_of("a"), both.scene_of("b")
    assert of_a is not None
    assert of_b is not None
    assert (of_a.edits, of_b.edits) == ((Brush((ONE,)),), (Brush((TWO,)),))


def test_painting_nothing_shows_the_photo_untouched() -> None:
    plain = opened()
    assert paint(paint(plain, (ONE, TWO)), ()) == plain
    assert paint(State(), (ONE,)) == State()


def test_strokes_do_not_count_for_a_picture_that_is_cut_another_way() -> None:
    state = paint(opened(), (ONE,))
    info = state.open_checkpoint
    assert info is not None
    own = info.preprocessing
    wide = use_input(state, replace(own, width=own.width + 32))
    assert wide.painting is None
    assert paint(wide, (TWO,)).painting == Brush((TWO,))
    back = use_input(paint(wide, (TWO,)), None)
    assert back.painting == Brush((ONE,))
    # Another way to count colours is the same picture.
    assert use_input(state, replace(own, scale=1.0)).painting == Brush((ONE,))
    short = Preprocessing(resize="short_side", short_side=256)
    other = Preprocessing(resize="short_side", short_side=300)
    painted = paint(use_input(opened(), short), (ONE,))
    assert use_input(painted, other).painting is None
    squeezed = replace(short, resize="squeeze")
    painted = paint(use_input(opened(), squeezed), (ONE,))
    assert use_input(painted, replace(squeezed, short_side=300)).painting == Brush((ONE,))


def test_another_checkpoint_of_the_same_input_sees_the_same_painting() -> None:
    state = paint(opened(), (ONE,))
    other = replace(ui_data.checkpoint_info(), fingerprint="f" * 64)
    both = add_checkpoint(state, other)
    assert both.checkpoint == "f" * 64
    assert both.painting == Brush((ONE,))


def test_undo_goes_back_stroke_by_stroke_and_never_into_one() -> None:
    session = Session(opened())
    session.update(lambda s: paint(s, (ONE,), stroking=True))
    longer = replace(ONE, points=(*ONE.points, (70.0, 40.0)))
    session.update(lambda s: paint(s, (longer,), stroking=True), undoable=False)
    session.update(lambda s: paint(s, (longer,)), undoable=False)
    session.update(lambda s: paint(s, (longer, TWO)))
    assert session.undo()
    assert session.state.painting == Brush((longer,))
    assert session.undo()
    assert session.state.painting is None
    assert not session.undo()
    assert session.redo()
    assert session.redo()
    assert session.state.painting == Brush((longer, TWO))
    assert not session.state.stroking


def test_undo_of_something_else_in_the_middle_of_a_stroke_ends_it() -> None:
    session = Session(opened())
    session.update(lambda s: paint(s, (ONE,), stroking=True))
    session.update(lambda s: replace(s, unit="conv2"))
    session.undo()
    assert not session.state.stroking


def test_photo_that_goes_takes_its_painting_along() -> None:
    session = Session(paint(opened(), (ONE,)))
    session.update(lambda s: replace(s, image="b"))
    session.update(lambda s: paint(s, (TWO,)))
    session.update(lambda s: remove_image(s, "a"), undoable=False)
    assert [one.image for one in session.state.paintings] == ["b"]
    assert session.undo()
    assert session.state.paintings == ()
    assert session.state.image == "b"


def test_fill_is_that_of_what_is_painted_and_the_size_that_of_the_next_stroke() -> None:
    state = paint(opened(), (ONE,))
    state = use_brush(state, BrushSettings(20.0, "blur"))
    assert state.painting == Brush((ONE,), "blur")
    assert paint(state, (ONE, TWO)).painting == Brush((ONE, TWO), "blur")
    other = use_brush(replace(state, image="b"), BrushSettings(20.0, "mean"))
    assert paint(other, (TWO,)).painting == Brush((TWO,), "mean")
    assert replace(other, image="a").painting == Brush((ONE,), "blur")
    # The other photo's paint stays what it is when more of it is painted.
    assert paint(replace(other, image="a"), (ONE, TWO)).painting == Brush((ONE, TWO), "blur")
