"""Several checkpoints open: switched without reading them again, closed, named otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import ui_data
from choosing_worker import ChoosingWorker
from fake_worker import top_class, write_photo
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from window_tools import close, drop, mime_of, open_controller, shows, until

from inception_viewer.checkpoint_changes import (
    add_checkpoint,
    close_checkpoint,
    describe_checkpoint,
    look_at,
    use_input,
)
from inception_viewer.checkpoint_questions import CloseCheckpoint, NameClasses
from inception_viewer.questions import (
    CheckpointInfo,
    Glance,
    OpenCheckpoint,
    Overview,
    Preprocessing,
)
from inception_viewer.session import ChosenInput, Session, State
from inception_viewer.ui.classes_dialog import ClassesDialog
from inception_viewer.ui.controller import Controller
from inception_viewer.verdict_questions import Convention

SMALL, BLUE = Preprocessing(height=160), Preprocessing(channels="BGR")
BIRDS = tuple(f"bird {i}" for i in range(len(ui_data.CLASSES)))


def checkpoint(name: str) -> CheckpointInfo:
    return replace(ui_data.checkpoint_info(), fingerprint=name, name=name)


def three() -> State:
    state = State()
    for name in "abc":
        state = add_checkpoint(state, checkpoint(name))
    return state


# --- the state --------------------------------------------------------------------------


def test_each_checkpoint_keeps_the_input_chosen_for_it() -> None:
    chosen = Convention("mine", SMALL, transform_input=True)
    state = use_input(three(), SMALL, chosen)
    state = look_at(state, "a")
    assert state.preprocessing is None
    state = use_input(state, BLUE)
    state = look_at(state, "b")
    assert state.chosen_input is None
    assert look_at(state, "c").chosen_input == ChosenInput(SMALL, chosen)
    assert look_at(state, "a").chosen_input == ChosenInput(BLUE)
    assert look_at(look_at(state, "c"), "c") == look_at(state, "c")


def test_an_input_replaced_from_elsewhere_is_not_what_was_chosen() -> None:
    state = use_input(three(), SMALL, Convention("mine", SMALL))
    assert replace(state, preprocessing=BLUE).chosen_input == ChosenInput(BLUE)
    assert replace(state, preprocessing=None).chosen_input is None


def test_the_own_input_chosen_is_no_choice() -> None:
    state = three()
    assert use_input(state, state.open_checkpoint.preprocessing) == state  # type: ignore[union-attr]
    assert use_input(use_input(state, SMALL), None) == state


def test_undo_brings_the_inputs_of_all_back() -> None:
    session = Session(three())
    session.update(lambda state: use_input(state, SMALL))
    session.update(lambda state: look_at(state, "a"))
    session.update(lambda state: use_input(state, BLUE))
    session.update(lambda state: look_at(state, "c"))
    assert session.state.preprocessing == SMALL
    session.undo()
    assert (session.state.checkpoint, session.state.preprocessing) == ("a", BLUE)
    session.undo()
    assert (session.state.checkpoint, session.state.preprocessing) == ("a", None)
    session.undo()
    assert (session.state.checkpoint, session.state.preprocessing) == ("c", SMALL)
    session.undo()
    assert (session.state.checkpoint, session.state.preprocessing) == ("c", None)


def test_opened_once_more_it_has_its_own_input() -> None:
    state = look_at(use_input(three(), SMALL), "a")
    again = add_checkpoint(state, checkpoint("c"))
    assert (again.checkpoint, again.preprocessing, again.set_aside) == ("c", None, ())


def test_closing_looks_at_the_neighbour_and_keeps_the_last() -> None:
    state = use_input(three(), SMALL)  # at c
    assert close_checkpoint(state, "a").checkpoint == "c"
    assert close_checkpoint(look_at(state, "a"), "a").checkpoint == "b"
    at_b = close_checkpoint(state, "c")
    assert (at_b.checkpoint, at_b.preprocessing, at_b.set_aside) == ("b", None, ())
    one = close_checkpoint(close_checkpoint(state, "a"), "b")
    assert close_checkpoint(one, "c") == one
    assert close_checkpoint(state, "unknown") == state


def test_a_closed_checkpoint_does_not_come_back_by_undo() -> None:
    session = Session(three())
    session.update(lambda state: look_at(state, "a"))
    session.update(lambda state: close_checkpoint(state, "c"), undoable=False)
    session.undo()
    assert session.state.checkpoint == "a"
    assert [info.fingerprint for info in session.state.checkpoints] == ["a", "b"]


def test_describing_a_checkpoint_changes_nothing_else() -> None:
    state = use_input(three(), SMALL)
    named = replace(checkpoint("b"), classes=BIRDS)
    changed = describe_checkpoint(state, named)
    assert changed.checkpoints[1] == named
    assert replace(changed, checkpoints=state.checkpoints) == state


# --- the window -------------------------------------------------------------------------


@pytest.fixture
def worker() -> ChoosingWorker:
    return ChoosingWorker()


@pytest.fixture
def window(worker: ChoosingWorker, tmp_path: Path) -> Iterator[Controller]:
    """A window with two photos, the demo, and a file's checkpoint that is looked at."""
    photos = [write_photo(tmp_path / f"{name}.png", place) for place, name in enumerate("xy")]
    (tmp_path / "other.pth").write_bytes(b"weights")
    controller = open_controller(worker, tmp_path / "settings.ini", *map(str, photos))
    until(shows(controller, "x.png"), "the photo")
    controller.opening.open_checkpoint(str(tmp_path / "other.pth"))
    until(lambda: at(controller) == "other.pth" and controller.frames.settled, "the file")
    yield controller
    assert close(controller)


def at(controller: Controller) -> str:
    info = controller.session.state.open_checkpoint
    return info.name if info is not None else ""


def settled(controller: Controller, name: str) -> bool:
    frame = controller.frames.frame
    return at(controller) == name and controller.frames.settled and frame is not None


def press(controller: Controller, keys: str) -> None:
    controller.window.activateWindow()
    action = next(
        a for a in controller.window.menus._actions.values()
        if keys in [k.toString() for k in a.shortcuts()]
    )  # fmt: skip
    assert action.isEnabled()
    action.trigger()


def opened(worker: ChoosingWorker) -> list[str]:
    return [Path(q.source).name for q in worker.asked if isinstance(q, OpenCheckpoint)]


def test_switching_reads_nothing_and_keeps_each_input(
    window: Controller, worker: ChoosingWorker
) -> None:
    window.session.update(lambda state: use_input(state, BLUE))
    press(window, "Ctrl+Tab")
    until(lambda: settled(window, "demo"), "the demo")
    assert window.frames.frame.scene.preprocessing == ui_data.PREPROCESSING  # type: ignore[union-attr]
    press(window, "Ctrl+Shift+Tab")
    until(lambda: settled(window, "other.pth"), "the file")
    assert window.frames.frame.scene.preprocessing == BLUE  # type: ignore[union-attr]
    window.window.menus["undo"].trigger()
    until(lambda: settled(window, "demo"))
    assert opened(worker) == ["demo", "other.pth"]


def test_the_keys_work_from_within_a_view(window: Controller) -> None:
    shown = window.window
    shown.activateWindow()
    shown.tabs.tabBar().setFocus()
    QTest.keyClick(shown.tabs.tabBar(), Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    until(lambda: settled(window, "demo"), "the demo")
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(shown.tabs.tabBar(), Qt.Key.Key_Backtab, both)
    until(lambda: settled(window, "other.pth"), "the file")
    assert shown.tabs.currentIndex() == 0


def test_a_closed_checkpoint_is_gone_everywhere(window: Controller, worker: ChoosingWorker) -> None:
    gone = window.session.state.checkpoint
    assert any(isinstance(q, Overview) for q in window.runner.cache._values)
    press(window, "Ctrl+Shift+W")
    until(lambda: settled(window, "demo"), "the demo")
    until(lambda: worker.closed == [gone], "its release")
    marks = [q.scene.checkpoint for q in window.runner.cache._values if hasattr(q, "scene")]
    assert gone not in marks
    names = [action.text() for action in window.window.checkpoint_menu.actions()]
    assert "other.pth" not in names
    assert not window.window.menus["close_checkpoint"].isEnabled()  # the demo is the last
    assert not window.window.menus["next_checkpoint"].isEnabled()
    assert not window.window.messages.sentences


def test_the_demo_takes_the_place_of_the_last_one(
    window: Controller, worker: ChoosingWorker
) -> None:
    demo = next(i for i in window.session.state.checkpoints if i.name == "demo")
    window.opening.close_checkpoint(demo.fingerprint)
    until(lambda: worker.closed == [demo.fingerprint])
    last = window.session.state.checkpoint
    assert window.window.menus["close_checkpoint"].isEnabled()
    window.window.menus["close_checkpoint"].trigger()
    until(lambda: settled(window, "demo"), "the demo")
    until(lambda: worker.closed == [demo.fingerprint, last], "its release")
    assert [info.name for info in window.session.state.checkpoints] == ["demo"]


def test_the_last_one_stays_if_the_demo_cannot_be_opened(
    window: Controller, worker: ChoosingWorker
) -> None:
    demo = next(i for i in window.session.state.checkpoints if i.name == "demo")
    window.opening.close_checkpoint(demo.fingerprint)
    worker.failures[OpenCheckpoint] = RuntimeError("no demo")
    window.opening.close_checkpoint()
    until(lambda: window.window.messages.sentences, "the reason")
    assert at(window) == "other.pth"
    worker.failures.clear()
    window.opening.open_checkpoint("demo")
    until(lambda: settled(window, "demo"))
    assert len(window.session.state.checkpoints) == 2  # which no one asked to close by now


# --- class names ------------------------------------------------------------------------


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    path = tmp_path / "birds & bees.txt"
    path.write_text("\n".join(BIRDS))
    return path


def words_shown(controller: Controller) -> list[str]:
    """What every view says of the photo that is open, and the tray of the other."""
    shown, frame = controller.window, controller.frames.frame
    assert frame is not None
    record = controller.record()
    return [
        shown.headline.sentence,
        *shown.tray.model.verdicts.values(),
        *(row["class"] for row in record["predictions"]["main"][:1]),
        shown.predictions._predictions.classes[top_class(frame.scene)],
        (record["attribution"] or {}).get("target_name", ""),
    ]


def test_every_view_has_the_new_names_at_once(
    window: Controller, worker: ChoosingWorker, birds: Path
) -> None:
    window.window.tabs.setCurrentWidget(window.window.attribution)
    until(lambda: window.attributing.answer is not None, "an attribution")
    until(lambda: len(window.window.tray.model.verdicts) == 2, "both verdicts")
    before = words_shown(window)
    assert not any("bird" in words for words in before)
    asked = len([q for q in worker.asked if isinstance(q, Overview | Glance)])
    assert drop(window, mime_of([birds]))
    until(lambda: window.session.state.open_checkpoint.names, "the list")  # type: ignore[union-attr]
    after = words_shown(window)
    assert [words for words in after if "bird" not in words] == []
    assert len([q for q in worker.asked if isinstance(q, Overview | Glance)]) == asked
    window.naming.use("")
    until(lambda: not window.session.state.open_checkpoint.names, "the file's own")  # type: ignore[union-attr]
    assert words_shown(window) == before
    assert not window.window.messages.sentences


def test_the_menu_offers_what_fits(window: Controller, birds: Path) -> None:
    menu = window.naming.menu
    texts = {action.text(): action for action in menu.actions() if action.text()}
    enabled = {text for text, action in texts.items() if action.isEnabled() and action.isVisible()}
    assert enabled == {"The file's own", "Open a class list…"}
    assert texts["The file's own"].isChecked()
    assert "1,000 classes; this network has 101" in next(
        action.toolTip() for text, action in texts.items() if "torchvision" in text
    )
    window.naming.use(str(birds))
    until(lambda: window.session.state.open_checkpoint.names)  # type: ignore[union-attr]
    listed = next(a for a in menu.actions() if a.isChecked())
    assert listed.text() == "birds && bees.txt"
    assert listed.isVisible()
    texts["The file's own"].trigger()
    until(lambda: not window.session.state.open_checkpoint.names)  # type: ignore[union-attr]
    assert not listed.isVisible()


def test_a_list_that_does_not_fit_is_said_and_changes_nothing(
    window: Controller, tmp_path: Path
) -> None:
    path = tmp_path / "short.csv"
    path.write_text("one\ntwo\n")
    until(lambda: len(window.window.tray.model.verdicts) == 2, "both verdicts")
    before = words_shown(window)
    assert drop(window, mime_of([path]))
    (sentence,) = until(lambda: window.window.messages.sentences, "the reason")
    assert sentence == "short.csv: It has 2 classes, but the network 101."
    assert words_shown(window) == before
    checked = [action.text() for action in window.naming.menu.actions() if action.isChecked()]
    assert checked == ["The file's own"]


def test_names_are_each_checkpoints_own_and_lists_of_old_ones_close(
    window: Controller, worker: ChoosingWorker, birds: Path
) -> None:
    window.window.menus["classes"].trigger()
    assert window.window.findChildren(ClassesDialog)[0].isVisible()
    window.naming.use(str(birds))
    until(lambda: window.session.state.open_checkpoint.names)  # type: ignore[union-attr]
    until(lambda: not [d for d in window.window.findChildren(ClassesDialog) if d.isVisible()])
    press(window, "Ctrl+Tab")
    until(lambda: settled(window, "demo"))
    assert not any("bird" in words for words in words_shown(window))
    press(window, "Ctrl+Tab")
    until(lambda: settled(window, "other.pth"))
    assert "bird" in words_shown(window)[0]


def test_names_that_come_while_another_photo_is_on_its_way(window: Controller, birds: Path) -> None:
    window.naming.use(str(birds))
    second = next(i for i in window.session.state.images if i.name == "y.png").id
    window.select_image(second)
    until(lambda: window.session.state.open_checkpoint.names)  # type: ignore[union-attr]
    until(shows(window, "y.png"))
    assert not [words for words in words_shown(window)[:-1] if "bird" not in words]


def test_a_list_dropped_with_a_checkpoint_is_no_photo(
    window: Controller, worker: ChoosingWorker, tmp_path: Path, birds: Path
) -> None:
    (tmp_path / "new.pth").write_bytes(b"weights")
    (tmp_path / "new.txt").write_text("read along with it")
    assert drop(window, mime_of([tmp_path / "new.pth", tmp_path / "new.txt", birds]))
    until(lambda: settled(window, "new.pth"))
    (sentence,) = window.window.messages.sentences
    assert sentence.startswith("birds & bees.txt: ")
    assert "drop it afterwards" in sentence
    assert not any(isinstance(q, NameClasses) for q in worker.asked)


def test_a_list_without_a_checkpoint(worker: ChoosingWorker, tmp_path: Path, birds: Path) -> None:
    worker.failures[OpenCheckpoint] = RuntimeError("none")
    controller = open_controller(
        worker, tmp_path / "s.ini", str(write_photo(tmp_path / "p.png", 3))
    )
    try:
        until(lambda: controller.window.messages.sentences)
        controller.window.messages.clear()
        assert drop(controller, mime_of([birds]))
        assert controller.window.messages.sentences == [
            "Open a checkpoint first, then its class list."
        ]
        assert not controller.window.menus["class_list"].isEnabled()
        assert not any(isinstance(q, NameClasses | CloseCheckpoint) for q in worker.asked)
    finally:
        assert close(controller)


def test_the_same_weights_under_another_name_are_called_so(window: Controller) -> None:
    """As a copy that was saved and then opened is."""
    info = window.session.state.open_checkpoint
    assert info is not None
    copy = replace(info, name="copy.safetensors", source="/somewhere/copy.safetensors")
    window.session.update(lambda state: add_checkpoint(state, copy), undoable=False)
    assert "copy.safetensors" in window.window.windowTitle()
    assert window.record()["scene"]["checkpoint_name"] == "copy.safetensors"
    assert window.window.top_row.checkpoint.text() == "copy.safetensors"
