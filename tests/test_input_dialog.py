"""The window behind Checkpoint > Input…: edits are previewed, used, undone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import ui_data
import verdict_data
from choosing_worker import LEAST, ChoosingWorker
from fake_worker import top_name, write_photo
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from window_tools import close, open_controller, settle, shows, until

from inception_viewer.checkpoint_changes import describe_checkpoint
from inception_viewer.checkpoint_questions import PreviewInput
from inception_viewer.checkpoints.inputs import adapted
from inception_viewer.images.decode import decode
from inception_viewer.images.preprocess import prepare
from inception_viewer.questions import ImageSource, Preprocessing
from inception_viewer.ui import judging, theme
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.input.draft import BY_HAND, OWN, SAMPLES
from inception_viewer.ui.input_dialog import InputDialog
from inception_viewer.verdict_questions import Convention, Judge

CAFFE = "4"
"""The id of Caffe's convention in the chooser."""


@pytest.fixture
def worker() -> ChoosingWorker:
    return ChoosingWorker()


@pytest.fixture
def window(
    worker: ChoosingWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Controller]:
    """A window on the demo with two photos, whose samples nobody asks unless told to."""
    monkeypatch.setattr(judging, "AFTER_PAINT_MS", 60_000)
    wide = write_photo(tmp_path / "wide.png", 1, (120, 80))
    tall = write_photo(tmp_path / "tall.png", 2, (50, 90))
    controller = open_controller(worker, tmp_path / "settings.ini", str(wide), str(tall))
    try:
        until(shows(controller, "wide.png"), "the photo")
        controller.window.menus["input"].trigger()
        until(lambda: dialog(controller).preview.photo._image is not None, "the preview")
        yield controller
    finally:
        assert close(controller)


def dialog(controller: Controller) -> InputDialog:
    found = controller.input_editing.dialog
    assert found is not None
    return found


def choose(controller: Controller, choice: str) -> None:
    """Choose as a person does: the chooser's entry, activated."""
    box = dialog(controller).form.choice
    box.setCurrentIndex(box.findData(choice))
    box.activated.emit(box.currentIndex())


def retype(line: object, text: str) -> None:
    line.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(line, text)  # type: ignore[call-overload]


def previewed(controller: Controller) -> bool:
    """Whether what is shown is what is edited."""
    editing = controller.input_editing
    return editing._shown is not None and editing._shown == editing._scene()


def in_use(controller: Controller) -> Preprocessing:
    scene = controller.session.state.scene
    assert scene is not None
    return scene.preprocessing


def cells(controller: Controller) -> list[list[str]]:
    return [[cell.text() for cell in row] for row in dialog(controller).preview.received.cells]


# --- what is shown ----------------------------------------------------------------------


def test_it_opens_on_the_input_in_use(window: Controller) -> None:
    shown = dialog(window)
    assert shown.isVisible()
    assert not shown.isModal()
    assert shown.windowTitle() == "Input of demo"
    fields = shown.form.fields
    assert (fields.scale, fields.height, fields.short_side) == ("1/255", "224", "256")
    assert fields.mean == ("0.485", "0.456", "0.406")
    assert shown.form.choice_id == OWN
    assert not shown.use_button.isEnabled()
    assert not shown.own_button.isEnabled()
    assert "the checkpoint's own" in shown.state.text()


def test_the_preview_is_of_what_stands_in_the_form(window: Controller, tmp_path: Path) -> None:
    choose(window, CAFFE)
    until(lambda: previewed(window), "the preview")
    shown, made = dialog(window).preview, dialog(window).form.fields
    assert made.channels == "BGR"
    pixels = decode(ImageSource(path=str(tmp_path / "wide.png"))).pixels
    flat = pixels[:, :, ::-1].reshape(-1, 3).astype(float) - (104, 117, 123)
    cut = prepare(pixels, replace(ui_data.PREPROCESSING, channels="BGR", scale=1.0,
                                  mean=(104, 117, 123), std=(1, 1, 1)))  # fmt: skip
    lowest, _, highest = zip(*(map(float, map(plain, row)) for row in cells(window)), strict=True)
    np.testing.assert_allclose(lowest, cut.array.min((1, 2)), atol=0.6)
    np.testing.assert_allclose(highest, cut.array.max((1, 2)), atol=0.6)
    assert min(lowest) >= flat.min() - 0.6
    assert [label.text() for label in shown.received.letters] == ["Blue", "Green", "Red"]
    left, top, right, bottom = cut.crop
    frame = shown.photo.frame
    assert frame is not None
    assert (frame.left() * 120, frame.right() * 120) == pytest.approx((left, right))
    assert (frame.top() * 80, frame.bottom() * 80) == pytest.approx((top, bottom))
    assert "120" in shown.photo_words.text()
    assert "224" in shown.seen_words.text()


def plain(text: str) -> str:
    return text.replace("\N{MINUS SIGN}", "-")


def test_old_and_new_answer_stand_side_by_side(window: Controller) -> None:
    scene = window.session.state.scene
    assert scene is not None
    choose(window, CAFFE)
    until(lambda: previewed(window))
    until(lambda: dialog(window).preview.in_use.names[0].whole)
    assert dialog(window).preview.in_use.names[0].whole == top_name(scene)
    assert dialog(window).preview.edited.names[0].whole == top_name(scene)
    assert dialog(window).preview.edited.figures[0].text().endswith("%")


def test_another_photo_is_previewed_too(window: Controller) -> None:
    tall = next(i for i in window.session.state.images if i.name == "tall.png")
    window.select_image(tall.id)
    until(lambda: "50" in dialog(window).preview.photo_words.text(), "the other photo")
    assert dialog(window).form.choice_id == OWN


def test_without_a_photo_it_says_so_and_can_be_used(window: Controller) -> None:
    window.opening.remove(tuple(image.id for image in window.session.state.images))
    until(lambda: "Open a photo" in dialog(window).preview.said.text())
    choose(window, CAFFE)
    assert dialog(window).use_button.isEnabled()
    dialog(window).use_button.click()
    assert window.session.state.preprocessing == adapted(verdict_data.CAFFE, transform_input=False)


def test_of_many_keys_only_the_last_is_computed(window: Controller, worker: ChoosingWorker) -> None:
    before = len(worker.asked)
    retype(dialog(window).form.height_, "200")
    until(lambda: previewed(window))
    asked = [q for q in worker.asked[before:] if isinstance(q, PreviewInput)]
    assert [q.scene.preprocessing.height for q in asked] == [200]


# --- what is wrong ----------------------------------------------------------------------


def test_a_wrong_field_says_so_and_cannot_be_used(window: Controller) -> None:
    shown = dialog(window)
    retype(shown.form.std[1], "0")
    said = shown.form._said["std"]
    assert said.isVisible()
    assert "above 0" in said.text()
    assert shown.form.std[1].accessibleDescription() == said.text()
    assert not shown.use_button.isEnabled()
    assert not shown.preview.isEnabled()
    assert shown.form.choice_id == BY_HAND
    retype(shown.form.std[1], "0.5")
    assert not said.isVisible()
    until(lambda: shown.use_button.isEnabled(), "the preview of it")


def test_the_networks_least_size_is_the_bound(window: Controller) -> None:
    retype(dialog(window).form.width_, str(LEAST - 1))
    assert f"at least {LEAST} pixels" in dialog(window).form._said["size"].text()
    retype(dialog(window).form.width_, str(LEAST))
    assert not dialog(window).form._said["size"].isVisible()


def test_answers_that_are_no_numbers_cannot_be_used(window: Controller) -> None:
    retype(dialog(window).form.scale, "999999")
    until(lambda: "no numbers" in dialog(window).preview.said.text(), "the reason")
    assert not dialog(window).use_button.isEnabled()
    assert in_use(window) == ui_data.PREPROCESSING
    retype(dialog(window).form.scale, "2")
    until(lambda: dialog(window).use_button.isEnabled())
    assert not dialog(window).preview.said.isVisible()


# --- using it ---------------------------------------------------------------------------


def test_used_it_is_in_every_view_and_can_be_undone(window: Controller) -> None:
    choose(window, CAFFE)
    until(lambda: dialog(window).use_button.isEnabled())
    dialog(window).use_button.click()
    until(lambda: window.frames.settled)
    assert in_use(window).mean == (104, 117, 123)
    assert window.frames.frame.scene.preprocessing == in_use(window)  # type: ignore[union-attr]
    assert not dialog(window).use_button.isEnabled()
    assert dialog(window).state.text() == "In use."
    window.window.menus["undo"].trigger()
    until(lambda: dialog(window).form.choice_id == OWN, "the form to follow")
    assert in_use(window) == ui_data.PREPROCESSING
    window.window.menus["redo"].trigger()
    until(lambda: dialog(window).form.choice_id == CAFFE)
    dialog(window).own_button.click()
    until(lambda: dialog(window).form.choice_id == OWN)
    assert window.session.state.chosen_input is None


def test_the_flag_by_hand_is_folded_for_the_network_and_kept_as_it_was_chosen(
    window: Controller,
) -> None:
    """The network has no flag: its input becomes 2x - 1 by other means."""
    dialog(window).form.flag.setChecked(True)
    assert dialog(window).form.choice_id == "1"  # -1 to 1
    until(lambda: dialog(window).use_button.isEnabled())
    dialog(window).use_button.click()
    made = in_use(window)
    for channel in range(3):
        ends = [(v * made.scale - made.mean[channel]) / made.std[channel] for v in (0, 255)]
        assert ends == pytest.approx([-1, 1], abs=1e-6)
    dialog(window).close()
    window.window.menus["input"].trigger()
    assert dialog(window).form.flag.isChecked()
    assert dialog(window).form.fields.mean == ("0.485", "0.456", "0.406")


def test_for_a_network_with_the_flag_its_own_numbers_are_shown(window: Controller) -> None:
    info = window.session.state.open_checkpoint
    assert info is not None
    own = Convention("torchvision's", info.preprocessing, transform_input=True)
    flagged = replace(info, details=verdict_data.verdict(own=own))
    window.session.update(lambda state: describe_checkpoint(state, flagged))
    dialog(window).close()
    window.window.menus["input"].trigger()
    assert dialog(window).form.flag.isChecked()
    assert dialog(window).form.choice_id == OWN
    dialog(window).form.flag.setChecked(False)
    until(lambda: dialog(window).use_button.isEnabled())
    dialog(window).use_button.click()
    made = in_use(window)  # the network's own 2x - 1 comes after it, and must be undone before
    for channel, (mean, std) in enumerate(
        zip((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), strict=True)
    ):
        first = (0.25 - made.mean[channel]) / made.std[channel]
        received = first * 2 * std + 2 * mean - 1
        assert received == pytest.approx((0.25 - mean) / std, abs=1e-6)


def test_another_checkpoint_fills_the_form(window: Controller, tmp_path: Path) -> None:
    retype(dialog(window).form.height_, "200")
    (tmp_path / "other.pth").write_bytes(b"weights")
    window.opening.open_checkpoint(str(tmp_path / "other.pth"))
    until(lambda: dialog(window).windowTitle() == "Input of other.pth")
    assert dialog(window).form.fields.height == "224"


# --- the samples ------------------------------------------------------------------------


def test_the_samples_rank_the_inputs_and_one_click_takes_one(
    window: Controller, worker: ChoosingWorker
) -> None:
    shown = dialog(window)
    shown.tabs.setCurrentIndex(1)
    panel = shown.samples
    assert not panel.list.isVisible()
    panel.judgement.button.click()
    until(lambda: panel.list.isVisible(), "the list")
    assert panel.list.topLevelItemCount() == 3
    assert "(in use)" in panel.list.topLevelItem(0).text(0)
    assert panel.list.topLevelItem(1).text(0).startswith("BGR")
    assert [panel.list.topLevelItem(row).text(1) for row in range(3)] == ["1.60", "1.50", "1.40"]
    panel.list.itemClicked.emit(panel.list.topLevelItem(1), 0)
    assert shown.form.choice_id == CAFFE
    assert [q for q in worker.asked if isinstance(q, Judge)] == [Judge(ui_data.FINGERPRINT)]


def test_what_the_samples_suggest_can_be_chosen_at_once(
    window: Controller, worker: ChoosingWorker
) -> None:
    worker.wanted = verdict_data.PLAIN
    choose(window, SAMPLES)
    until(lambda: dialog(window).form.choice_id == "2", "0 to 1")
    until(lambda: dialog(window).use_button.isEnabled())
    assert dialog(window).tabs.currentIndex() == 1


def test_asking_the_samples_can_be_cancelled(window: Controller, worker: ChoosingWorker) -> None:
    worker.hold[Judge] = threading.Event()
    dialog(window).tabs.setCurrentIndex(1)
    judgement = dialog(window).samples.judgement
    judgement.button.click()
    until(lambda: judgement.button.text() == "Cancel" and judgement.button.isVisible())
    judgement.button.click()
    until(lambda: judgement.button.text() == "Ask them", "the end")
    worker.hold.pop(Judge).set()
    settle(0.05)
    assert not dialog(window).samples.list.isVisible()
    judgement.button.click()
    until(lambda: dialog(window).samples.list.isVisible(), "the list, asked again")


# --- how it looks -----------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("size", [(1024, 640), (1280, 800)])
def test_nothing_is_cut_off_sideways(
    scale: float, size: tuple[int, int], window: Controller
) -> None:
    shown = dialog(window)
    theme.apply("light", scale)
    try:
        settle()
        shown.resize(size[0] - 32, size[1] - 64)
        settle()
        for area in (shown._left, shown.tabs.widget(0)):
            inside = area.widget()
            assert inside.minimumSizeHint().width() <= area.viewport().width()
        for button in (shown.use_button, shown.own_button, shown.close_button):
            assert shown.rect().contains(button.geometry())
            assert button.height() >= 24
    finally:
        theme.apply("light", 1.0)


def test_it_closes_with_escape(window: Controller) -> None:
    QTest.keyClick(dialog(window), Qt.Key.Key_Escape)
    assert not dialog(window).isVisible()
