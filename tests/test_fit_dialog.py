"""The dialog that fits heads: what it asks, what it shows, its keys and sizes."""

from __future__ import annotations

from dataclasses import replace

import fit_data
import pytest
import ui_data
from fit_data import photos, plan
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from window_tools import drag_event, mime_of, settle

from inception_viewer.folder_questions import FitHeads, LeftOut
from inception_viewer.questions import Preprocessing
from inception_viewer.ui import theme
from inception_viewer.ui.fit_dialog import FitDialog
from inception_viewer.ui.fitting import words
from inception_viewer.ui.fitting.agreement import AgreementBars
from inception_viewer.ui.fitting.loss_curve import LossCurve, ceiling

HEADS = {"aux1": "untrained", "aux2": "untrained", "main": "trained"}


def info_with(**heads: str):
    """A checkpoint whose heads are so."""
    return replace(ui_data.checkpoint_info(), name="mine.pth", heads={**HEADS, **heads})


@pytest.fixture
def place(tmp_path):
    return tmp_path / "mine-heads.safetensors"


@pytest.fixture
def dialog(qtbot, light, tmp_path, place):
    made = FitDialog()
    qtbot.addWidget(made)
    made.set_checkpoint(info_with(), None, str(place), "cpu")
    made.show()
    return made


def ready(dialog, folder):
    """Choose a folder and have the plan of it."""
    dialog.set_folder(str(folder))
    dialog.set_plan(plan(dialog.question))
    return dialog.question


# --- before --------------------------------------------------------------------------------


def test_what_is_asked_is_what_the_fields_say(dialog, qtbot, tmp_path, place):
    form = dialog.form
    with qtbot.waitSignal(dialog.plan_requested) as caught:
        dialog.set_folder(str(tmp_path))
    assert caught.args == [
        FitHeads(ui_data.checkpoint_info().fingerprint, str(tmp_path), out=str(place))
    ]
    form.most.setValue(300)
    form.share.setValue(25)
    form.targets.setCurrentIndex(1)
    form.epochs.setValue(7)
    form.seed.setValue(5)
    with qtbot.waitSignal(dialog.plan_requested) as caught:
        own = Preprocessing(64, 64, "squeeze")
        named = replace(info_with(), names="/lists/mine.txt")
        dialog.set_checkpoint(named, own, str(place), "cpu")
    asked = caught.args[0]
    assert asked.names == "/lists/mine.txt"
    assert (asked.most, asked.validation_share, asked.targets) == (300, 0.25, "main")
    assert (asked.epochs, asked.seed, asked.preprocessing) == (7, 5, own)


def test_it_begins_only_when_all_is_known(dialog, qtbot, tmp_path, place):
    assert not dialog.start_button.isEnabled()
    assert "Choose a folder of photos" in dialog.said.text()
    dialog.set_folder(str(tmp_path))
    assert not dialog.start_button.isEnabled()
    asked = ready(dialog, tmp_path)
    assert dialog.start_button.isEnabled()
    with qtbot.waitSignal(dialog.fit_requested) as caught:
        dialog.start_button.click()
    assert caught.args == [asked]
    dialog.set_refusal("/x holds 18 photos.")
    assert dialog.said.text() == "/x holds 18 photos."
    assert not dialog.start_button.isEnabled()


def test_the_source_is_never_overwritten(dialog, tmp_path, place):
    source = tmp_path / "mine.safetensors"
    source.write_bytes(b"weights")
    dialog.set_checkpoint(None, None, "", "")
    info = replace(info_with(), source=str(source))
    dialog.set_checkpoint(info, None, str(place), "cpu")
    ready(dialog, tmp_path)
    assert dialog.start_button.isEnabled()
    for wrong, words_ in ((source, "is the checkpoint itself"), (tmp_path / "a.pth", "is a .safe")):
        dialog.form.place.setText(str(wrong))
        assert words_ in dialog.form.refusal.text()
        assert not dialog.start_button.isEnabled()
    place.write_bytes(b"older")
    dialog.form.place.setText(str(place))
    assert "it is replaced at the end" in dialog.form.refusal.text()
    assert dialog.start_button.isEnabled()
    dialog.form.place.setText("")
    assert not dialog.start_button.isEnabled()


@pytest.mark.parametrize(
    ("heads", "said_", "asks"),
    [
        ({}, "Its auxiliary heads were never trained: new ones take their place.", False),
        ({"aux1": "absent", "aux2": "absent"}, "It has no auxiliary heads: they are made new.", 0),
        ({"aux1": "trained", "aux2": "trained"}, "Its auxiliary heads are trained already;", True),
        ({"aux1": "trained"}, "Its head aux2 was never trained:", True),
        ({"aux2": "fitted"}, "Its head aux2 was fitted here on 1,350 images already;", True),
        ({"aux2": "unknown"}, "Whether its head aux2 was trained is not known.", False),
        ({"main": "untrained"}, "there is nothing to be learned from it", False),
    ],
)
def test_what_becomes_of_the_heads_is_said(dialog, tmp_path, heads, said_, asks):
    info = replace(
        info_with(**heads), metadata={"fitted": '{"images": 1350}'}, fingerprint="a" * 64
    )
    dialog.set_checkpoint(info, None, str(tmp_path / "b.safetensors"), "cpu")
    assert said_ in dialog.notice.text()
    assert dialog.agree.isVisible() == bool(asks)
    ready(dialog, tmp_path)
    assert dialog.start_button.isEnabled() != bool(asks)
    dialog.agree.setChecked(True)
    assert dialog.start_button.isEnabled()


def test_the_plan_in_words(dialog, tmp_path):
    asked = ready(dialog, tmp_path)
    said_ = dialog.said.text()
    for part in ("9,146 photos found", "1,500 are used: 1,350 to fit to, 150 kept apart"):
        assert part in said_
    for part in ("and the folders' names", "about 50 s on the CPU", "1.1 GB of memory, 0.10 GB of"):
        assert part in said_
    left = tuple(LeftOut(name, 3, "") for name in ("a", "b", "", "c", "d"))
    dialog.set_plan(plan(asked, left_out=left))
    said_ = dialog.said.text()
    assert "learn what the main head answers. Not every folder is named like a class" in said_
    assert "“a”, “b”, loose photos and 2 more" in said_


@pytest.mark.parametrize(
    ("seconds", "said_"),
    [(2, "5 s"), (52, "50 s"), (94, "95 s"), (100, "2 min"), (3000, "50 min"), (9000, "2.5 h")],
)
def test_rough_durations(seconds, said_):
    assert words.about(seconds) == said_


def test_a_folder_is_dropped(dialog, tmp_path):
    """Also a photo: its folder is meant; and over a field as well as beside it."""
    photos(tmp_path / "seen", 2)
    for brought, expected in (
        (tmp_path / "seen", tmp_path / "seen"),
        (tmp_path / "seen" / "red" / "0.png", tmp_path / "seen" / "red"),
    ):
        for over in (dialog.panel, dialog.form.folder):
            dialog.set_folder("")
            mime = mime_of([brought])
            at = over.mapTo(dialog, over.rect().center()).toPointF()
            handle = dialog.windowHandle()
            for kind in (QDragEnterEvent, QDragMoveEvent, QDropEvent):
                QApplication.sendEvent(handle, drag_event(kind, at, mime))
            assert dialog.form.folder.text() == str(expected)


# --- under way and at the end ------------------------------------------------------------------


def test_progress_loss_and_agreement(dialog, tmp_path):
    asked = ready(dialog, tmp_path)
    dialog.set_running(True)
    dialog.set_progress(0.21, 38.0, "512 of 1500 photos seen")
    assert dialog.progress.text() == "512 of 1500 photos seen; 21 %, 38 s left"
    assert dialog.bar.value() == 210
    assert dialog.curve.isVisible()
    assert not dialog.form.isEnabled()
    assert not dialog.start_button.isEnabled()
    assert dialog.cancel_button.isEnabled()
    heads = (fit_data.head("aux1", 2, 60), fit_data.head("aux2", None, 75))
    dialog.set_answer(fit_data.answer(asked, *heads, epochs=3, partial=True))
    assert dialog.curve.accessibleDescription() == "3.00 after epoch 3 of 40"
    said_ = dialog.bars.accessibleDescription().replace("\N{NO-BREAK SPACE}", " ")
    low, high = heads[0].after.interval
    assert f"aux1: 1 % → 40 %; 95 % interval {100 * low:.0f} to {100 * high:.0f} %" in said_
    assert "aux2: new → 50 %" in said_
    assert "chance 11 %" in said_
    assert not dialog.outcome.isVisible()
    assert not dialog.open_button.isVisible()
    dialog.set_progress(None, None, "Cancelling")
    assert dialog.progress.text() == "Cancelling…"
    assert (dialog.bar.minimum(), dialog.bar.maximum()) == (0, 0)


def test_the_result_and_the_way_to_open_it(dialog, qtbot, tmp_path, place):
    asked = ready(dialog, tmp_path)
    dialog.set_running(True)
    dialog.set_running(False)
    heads = (fit_data.head("aux1", 2, 130, right=128), fit_data.head("aux2", 1, 20, fitted=False))
    answer = fit_data.answer(asked, *heads, path=str(place))
    answer = replace(answer, unreadable=(("/a.jpg", "It is damaged."),), unreadable_count=2)
    dialog.set_answer(answer)
    said_ = dialog.outcome.text().replace("\N{NO-BREAK SPACE}", " ")
    assert "aux1 agrees with the main head on 87 % of 150 photos kept apart, before on 1 %" in said_
    assert "aux2 fits no better than chance" in said_
    assert "it was not kept" in said_
    assert "aux1 was fitted here on 1,350 images in 46 s" in said_
    assert f"Saved as {place.name} in {place.parent}." in said_
    assert "2 photos could not be read." in said_
    assert dialog.outcome.toolTip() == "/a.jpg: It is damaged.\nand 1 more"
    spoken = dialog.bars.accessibleDescription().replace("\N{NO-BREAK SPACE}", " ")
    assert "names the photo's own class: 1 % → 85 %" in spoken
    assert dialog.open_button.property("primary")
    assert not dialog.start_button.property("primary")
    assert dialog.focusWidget() is dialog.open_button
    with qtbot.waitSignal(dialog.open_requested) as caught:
        dialog.open_button.click()
    assert caught.args == [str(place)]
    assert not dialog.isVisible()


def test_no_head_fitted(dialog, tmp_path):
    asked = ready(dialog, tmp_path)
    heads = [fit_data.head(name, None, 20, fitted=False) for name in ("aux1", "aux2")]
    dialog.set_running(True)
    dialog.set_running(False)
    dialog.set_answer(fit_data.answer(asked, *heads))
    assert "No head was fitted, and nothing was written" in dialog.outcome.text()
    assert not dialog.open_button.isVisible()
    assert dialog.start_button.isEnabled()
    dialog.form.epochs.setValue(80)
    assert dialog.said.text() == "Looking into the folder…"
    assert not dialog.outcome.isVisible()


# --- the drawings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "top"), [(0.0, 1.0), (11.0, 15.0), (0.03, 0.03), (9.5, 10.0), (101.0, 150.0)]
)
def test_the_scale_is_round_and_just_high_enough(value, top):
    assert ceiling(value) == pytest.approx(top)


def test_the_line_is_where_the_numbers_are(qtbot, light):
    curve = LossCurve()
    qtbot.addWidget(curve)
    curve.set_loss((10.0, 5.0, 2.5), 5)
    points = curve.points(QRectF(10, 20, 100, 80))
    assert [(p.x(), p.y()) for p in points] == [(10, 20), (35, 60), (60, 80)]


@pytest.mark.parametrize("name", ["light", "dark"])
def test_bars_are_as_long_as_the_agreement(qtbot, light, name):
    theme.apply(name, 1.0)
    bars = AgreementBars()
    qtbot.addWidget(bars)
    bars.resize(400, bars.sizeHint().height())
    asked = FitHeads("", "/x")
    bars.set_answer(
        fit_data.answer(asked, fit_data.head("aux1", 0, 75), fit_data.head("aux2", 0, 30))
    )
    picture = bars.grab().toImage()
    for place, (head, end) in enumerate((("aux1", 200), ("aux2", 80))):
        row = round(bars.track(place).top()) + 1  # above the interval's line
        colour = theme.current().head(head).lower()
        filled = [x for x in range(400) if picture.pixelColor(x, row).name() == colour]
        # The ring of before and the line of chance stand over a few of them.
        assert end - 2 <= max(filled) + 1 <= end + 1
        assert len(filled) > 0.8 * end


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("state", ["before", "under way", "end"])
def test_nothing_is_cut_off(dialog, tmp_path, place, name, scale, state):
    theme.apply(name, scale)
    asked = ready(dialog, tmp_path)
    if state != "before":
        dialog.set_running(True)
        dialog.set_progress(0.5, 20.0, "epoch 20 of 40 on 1350 photos, loss 2.25")
    if state == "end":
        dialog.set_running(False)
        dialog.set_answer(fit_data.answer(asked, path=str(place)))
    dialog.resize(960, 560)  # a window of 1024x640 less its frame
    settle(0.05)
    assert dialog.width() <= 960
    assert dialog.height() <= 560
    for button in dialog.findChildren(QPushButton):
        if button.isVisible():
            assert button.width() >= button.sizeHint().width()
            assert button.height() >= theme.TARGET
    assert not dialog.panel.horizontalScrollBar().maximum()
    inside = dialog.rect()
    for part in dialog.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if part.isVisible():
            assert inside.contains(part.geometry())


def test_everything_is_reached_by_tab_and_has_a_name(dialog, tmp_path):
    ready(dialog, tmp_path)
    reached = []
    for _ in range(20):
        reached.append(dialog.focusWidget())
        dialog.focusNextChild()
    form = dialog.form
    fields = (form.folder, form.choose_folder, form.most, form.share, form.targets, form.epochs)
    for part in (*fields, form.seed, form.place, form.choose_place, dialog.start_button):
        assert part in reached
        assert part.accessibleName() or part.text()
