"""The one state: changes, undo, the tray and the checkpoints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import ui_data

from inception_viewer.checkpoint_changes import add_checkpoint
from inception_viewer.questions import Attribution, CheckpointInfo, ImageInfo, Preprocessing, Scene
from inception_viewer.session import AttributionSettings, Session, State, add_images, remove_image


def image(name: str) -> ImageInfo:
    return ImageInfo(name, f"{name}.jpg", "", 10, 20, np.zeros((8, 16, 3), np.uint8))


def checkpoint(name: str, **changes: object) -> CheckpointInfo:
    return replace(ui_data.checkpoint_info(), fingerprint=name, **changes)


def look_at(name: str) -> object:
    return lambda state: replace(state, unit=name)


# --- changing -------------------------------------------------------------------------------


def test_listeners_hear_old_and_new_once_and_only_of_changes() -> None:
    session, heard = Session(), []
    session.changed.connect(lambda old, new: heard.append((old.unit, new.unit)))
    session.update(look_at("conv1"))
    session.update(look_at("conv1"))
    assert heard == [("inception3a", "conv1")]
    assert session.state.unit == "conv1"


def test_change_from_within_a_listener_is_heard_last_by_everybody() -> None:
    session, heard = Session(), []

    def restless(old: State, new: State) -> None:
        if new.unit == "conv1":
            session.update(look_at("conv2"))

    session.changed.connect(restless)
    session.changed.connect(lambda old, new: heard.append(new.unit))
    session.update(look_at("conv1"))
    assert heard == ["conv1", "conv2"]
    assert session.state.unit == "conv2"


def test_undo_and_redo_walk_the_same_path() -> None:
    session = Session()
    for unit in ("conv1", "conv2", "pool1"):
        session.update(look_at(unit))
    seen = []
    while session.undo():
        seen.append(session.state.unit)
    assert seen == ["conv2", "conv1", "inception3a"]
    while session.redo():
        seen.append(session.state.unit)
    assert seen[3:] == ["conv1", "conv2", "pool1"]


def test_new_change_ends_what_could_be_redone() -> None:
    session = Session()
    session.update(look_at("conv1"))
    session.undo()
    session.update(look_at("conv2"))
    assert not session.redo()
    assert session.state.unit == "conv2"


def test_change_that_is_not_undoable_is_no_step() -> None:
    session = Session()
    session.update(look_at("conv1"))
    session.update(look_at("conv2"), undoable=False)
    assert session.undo()
    assert session.state.unit == "inception3a"
    assert not session.undo()


def test_undo_never_closes_what_was_opened_since() -> None:
    session = Session()
    session.update(lambda state: add_images(state, (image("a"),)))
    session.update(lambda state: add_images(state, (image("b"),)), undoable=False)
    session.update(look_at("conv1"))
    session.undo()
    assert [i.id for i in session.state.images] == ["a", "b"]
    assert session.state.unit == "inception3a"


def test_undo_does_not_look_at_a_photo_that_is_gone() -> None:
    session = Session()
    session.update(lambda state: add_images(state, (image("a"), image("b"))), undoable=False)
    session.update(lambda state: replace(state, image="a"))
    session.update(lambda state: replace(state, image="b"))
    session.update(lambda state: remove_image(state, "a"), undoable=False)
    while session.undo():
        assert session.state.open_image is not None
    assert session.state.image == "b"


def test_only_the_last_hundred_steps_are_kept() -> None:
    session = Session()
    for step in range(150):
        session.update(look_at(f"unit {step}"))
    steps = 0
    while session.undo():
        steps += 1
    assert steps == 100
    assert session.state.unit == "unit 49"


# --- what is open ---------------------------------------------------------------------------


def test_scene_needs_a_photo_and_a_network() -> None:
    state = State()
    assert state.scene is None
    assert state.attribution_question is None
    state = add_images(state, (image("a"),))
    assert state.scene is None
    state = add_checkpoint(state, checkpoint("net"))
    own = state.checkpoints[0].preprocessing
    assert state.scene == Scene("net", "a", own)
    other = replace(own, resize="squeeze", height=160)
    assert replace(state, preprocessing=other).scene == Scene("net", "a", other)


def test_attribution_question_is_the_settings_about_the_scene() -> None:
    state = add_checkpoint(add_images(State(), (image("a"),)), checkpoint("net"))
    chosen = AttributionSettings("integrated_gradients", "aux1", 3, None, (("steps", 20),))
    question = replace(state, attribution=chosen).attribution_question
    assert question == Attribution(
        state.scene, "integrated_gradients", "aux1", 3, None, (("steps", 20),)
    )


def test_photos_join_the_tray_once_and_the_last_is_looked_at() -> None:
    state = add_images(State(), (image("a"), image("b"), image("a")))
    assert [i.id for i in state.images] == ["a", "b"]
    assert state.image == "a"
    state = add_images(state, (image("c"),))
    assert [i.id for i in state.images] == ["a", "b", "c"]
    assert state.image == "c"
    assert add_images(state, ()) == state


def test_neighbour_is_looked_at_when_a_photo_goes() -> None:
    state = add_images(State(), (image("a"), image("b"), image("c")))
    assert remove_image(state, "c").image == "b"
    assert remove_image(replace(state, image="a"), "a").image == "b"
    assert remove_image(replace(state, image="a"), "b").image == "a"
    assert remove_image(state, "unknown") == state
    for name in "abc":
        state = remove_image(state, name)
    assert state.images == ()
    assert state.image == ""


def test_checkpoint_opened_again_is_there_once() -> None:
    state = State()
    for name in ("one", "two", "one"):
        state = add_checkpoint(state, checkpoint(name))
    assert [c.fingerprint for c in state.checkpoints] == ["two", "one"]
    assert state.checkpoint == "one"


def test_what_the_new_network_lacks_is_no_longer_selected() -> None:
    state = replace(
        State(),
        unit="lrn1",
        channel=("lrn1", 3),
        preprocessing=Preprocessing(height=160),
        attribution=AttributionSettings(head="aux1", target=7, unit="lrn1"),
    )
    heads = {"aux1": "absent", "aux2": "trained", "main": "trained"}
    new = add_checkpoint(state, checkpoint("net", heads=heads))
    assert (new.unit, new.channel, new.preprocessing) == ("inception3a", None, None)
    chosen = new.attribution
    assert (chosen.head, chosen.target, chosen.unit) == ("main", None, None)


def test_what_both_networks_have_stays_selected() -> None:
    state = replace(
        State(),
        unit="inception4c",
        channel=("inception4c/3x3", 5),
        attribution=AttributionSettings(head="aux2", unit="inception4c"),
    )
    new = add_checkpoint(state, checkpoint("net"))
    assert (new.unit, new.channel) == ("inception4c", ("inception4c/3x3", 5))
    assert (new.attribution.head, new.attribution.unit) == ("aux2", "inception4c")
