"""The checkpoint's card: what stands on it, and what can be taken along."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
import ui_data
import verdict_data
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from verdict_data import CAFFE, HALF, OWN, REASON
from window_tools import settle

from inception_viewer import verdict_words
from inception_viewer.fitted import KEY as FITTED
from inception_viewer.ui import theme
from inception_viewer.ui.application import make_application
from inception_viewer.ui.checkpoint import card
from inception_viewer.ui.checkpoint.banner import sign_icon
from inception_viewer.ui.checkpoint.judgement import Asking
from inception_viewer.ui.checkpoint_view import CheckpointView
from inception_viewer.ui.head_marks import paint_mark

BETTER = verdict_data.verdict(HALF, verdict_data.suggestion(OWN, CAFFE), warnings=("Odd size.",))


@pytest.fixture
def view(qtbot) -> Iterator[CheckpointView]:
    make_application()
    theme.apply("light", 1.0)
    made = CheckpointView()
    qtbot.addWidget(made)
    made.resize(320, 2400)
    made.show()
    yield made
    theme.apply("light", 1.0)


def shown_lines(view: CheckpointView) -> dict[str, tuple[str, ...]]:
    """What the card says under each label, gathered from its widgets."""
    return card.blocks_of(view.lines)


@pytest.mark.parametrize(
    "verdict",
    [
        BETTER,
        verdict_data.verdict(HALF),
        replace(verdict_data.verdict(), known_as="GoogLeNet of torchvision"),
        verdict_data.verdict(ui_data.HEADS, verdict_data.suggestion()),
        replace(verdict_data.verdict(), sha256=""),
    ],
)
def test_the_card_says_what_the_command_line_says(view: CheckpointView, verdict) -> None:
    states = {one.head: one.state for one in verdict.heads}
    view.set_checkpoint(verdict_data.info(states), verdict)
    expected = card.blocks_of(verdict_words.lines(verdict))
    said = shown_lines(view)
    assert {label: said.get(label) for label in expected} == expected
    # Only where the file is comes on top: the command line is given that.
    assert set(said) - set(expected) == {"File", "Fingerprint"}


def test_each_head_has_its_state_in_words_and_a_mark_of_its_own(view: CheckpointView) -> None:
    view.set_checkpoint(verdict_data.info(HALF), verdict_data.verdict(HALF))
    rows = view.page.heads
    texts = [row.header.text() for row in rows.values()]
    assert texts == ["aux1: untrained", "aux2: absent", "main: trained"]
    assert [row.mark.state for row in rows.values()] == list(HALF.values())
    # What is wrong with a head is open to read, the rest folded away until it is asked for.
    assert [row.is_folded for row in rows.values()] == [False, True, True]
    assert REASON in rows["aux1"].shown
    assert rows["aux1"].body.isVisible()
    rows["main"].header.setFocus()
    QTest.keyClick(rows["main"].header, Qt.Key.Key_Space)
    assert not rows["main"].is_folded
    assert rows["main"].body.isVisible()


def test_a_fitted_head_says_on_how_many_images(view: CheckpointView) -> None:
    states = {"aux1": "fitted", "aux2": "fitted", "main": "trained"}
    fit = {FITTED: json.dumps({"images": 1350, "heads": {}})}
    info = replace(verdict_data.info(states), metadata=fit)
    view.set_checkpoint(info, verdict_data.verdict(states))
    assert view.page.heads["aux1"].header.text() == "aux1: fitted here on 1,350 images"
    assert view.page.heads["aux1"].mark.state == "fitted"


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_marks_differ_in_shape_and_not_only_in_colour(qtbot, look: str) -> None:
    """Seen in grey the four states are four patterns: full, half, hatched, hardly anything."""
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QPainter

    make_application()
    theme.apply(look, 1.0)
    covered = {}
    for state in ("trained", "fitted", "untrained", "absent"):
        image = QImage(12, 12, QImage.Format.Format_RGB32)
        image.fill(theme.current().panel)
        ground = image.pixelColor(0, 0).lightness()
        painter = QPainter(image)
        paint_mark(painter, QRectF(0, 0, 12, 12), "main", state)
        painter.end()
        inner = [(x, y) for x in range(2, 10) for y in range(2, 10)]
        inked = [abs(image.pixelColor(x, y).lightness() - ground) > 25 for x, y in inner]
        covered[state] = sum(inked) / len(inner)
    theme.apply("light", 1.0)
    assert covered["trained"] == 1
    assert covered["absent"] == 0
    assert 0.35 < covered["fitted"] < 0.7
    assert 0.1 < covered["untrained"] < 0.6


def test_warnings_stand_at_the_top_and_none_are_told_too(view: CheckpointView) -> None:
    view.set_checkpoint(verdict_data.info(HALF), BETTER)
    settle()
    assert view.page.warnings.sentences == ("Odd size.",)
    assert view.page.better.sentences == (BETTER.suggestion.sentence,)
    tops = [
        part.mapTo(view, part.rect().topLeft()).y()
        for part in (view.page.better, view.page.warnings)
    ]
    heads = view.page.heads["aux1"].mapTo(view, view.page.heads["aux1"].rect().topLeft()).y()
    assert max(tops) < heads
    view.set_checkpoint(verdict_data.info(HALF), verdict_data.verdict(HALF))
    assert not view.page.warnings.isVisible()
    assert not view.page.better.isVisible()
    assert ("Warnings", "none") in view.page.network.rows


def test_the_sign_of_a_warning_is_seen_in_both_themes(qtbot) -> None:
    make_application()
    for look in ("light", "dark"):
        theme.apply(look, 1.0)
        picture = sign_icon(1.0).pixmap(16, 16).toImage()
        inked = [
            picture.pixelColor(x, y)
            for x in range(16)
            for y in range(16)
            if picture.pixelColor(x, y).alpha() > 200
        ]
        assert len(inked) > 20
        wanted = QColor(theme.current().warning)
        assert max(abs(c.hue() - wanted.hue()) + abs(c.value() - wanted.value()) for c in inked) < 4
    theme.apply("light", 1.0)


def test_the_conventions_are_ranked_with_those_in_use_and_better_marked(
    view: CheckpointView,
) -> None:
    view.set_checkpoint(verdict_data.info(HALF), BETTER)
    rows = view.page.samples.rows
    names = [row.name.text() for row in rows]
    assert names[0] == "better: 0 to 255 minus (104, 117, 123), BGR (Caffe)"
    assert names[1].startswith("in use: ImageNet's mean")
    assert names[2] == "0 to 1, RGB"
    nats = [one.information for one in BETTER.suggestion.ranked]
    assert [row.bar.share for row in rows] == pytest.approx([n / nats[0] for n in nats])
    assert rows[0].figures.text().startswith("1.60 nats")
    # Less of them, and the rest goes.
    fewer = replace(BETTER.suggestion, ranked=BETTER.suggestion.ranked[:2])
    view.set_checkpoint(verdict_data.info(HALF), replace(BETTER, suggestion=fewer))
    assert [row.isHidden() for row in rows] == [False, False, True]


def test_text_and_json_are_the_command_lines(view: CheckpointView) -> None:
    view.set_checkpoint(verdict_data.info(HALF), BETTER)
    clipboard = QGuiApplication.clipboard()
    view.page.copy_text_button.click()
    assert clipboard.text() == verdict_words.as_text(BETTER)
    view.page.copy_json_button.click()
    assert json.loads(clipboard.text()) == verdict_words.as_json(BETTER)
    view.page.copy_hash_button.click()
    assert clipboard.text() == BETTER.sha256
    assert [action.text() for action in view.context_menu().actions()] == [
        "Copy as text",
        "Copy as JSON",
        "Copy as Python",
    ]


def test_every_button_asks_for_its_thing(view: CheckpointView, qtbot) -> None:
    view.set_checkpoint(verdict_data.info(HALF), BETTER)
    view.set_changed("0 to 1, RGB")
    for button, signal in (
        (view.page.use_button, view.use_requested),
        (view.page.keep_button, view.keep_requested),
        (view.page.restore_button, view.restore_requested),
        (view.page.input_button, view.input_requested),
        (view.page.classes_button, view.class_list_requested),
        (view.page.save_button, view.save_requested),
    ):
        with qtbot.waitSignal(signal, timeout=500):
            button.click()
    for button in view.findChildren(QPushButton):
        assert not button.isVisible() or button.height() >= theme.TARGET, button.text()


def test_asking_the_samples_is_shown_and_can_be_taken_back(view: CheckpointView, qtbot) -> None:
    view.set_checkpoint(verdict_data.info(HALF), verdict_data.verdict(HALF))
    judgement = view.page.judgement
    judgement.set_asking(Asking("waiting"))
    assert judgement.button.isHidden()
    judgement.set_asking(Asking("running", 0.42, 3.0))
    assert "42 %, 3 s left" in judgement.text.text()
    with qtbot.waitSignal(view.cancel_requested, timeout=500):
        judgement.button.click()
    judgement.set_asking(Asking("unasked"))
    with qtbot.waitSignal(view.judge_requested, timeout=500):
        judgement.button.click()
    judgement.set_asking(Asking("unasked", failure="No photos."))
    assert (judgement.text.text(), judgement.button.text()) == ("No photos.", "Try again")
    judgement.set_asking(Asking("done"))
    assert judgement.isHidden()


def test_what_was_kept_offers_no_keeping_any_more(view: CheckpointView) -> None:
    view.set_checkpoint(verdict_data.info(HALF), BETTER)
    view.set_kept(True)
    assert view.page.better.isVisible()
    assert view.page.use_button.isVisible()
    assert not view.page.keep_button.isVisible()


def test_the_card_stays_where_it_is_when_what_was_pressed_goes(view: CheckpointView) -> None:
    view.resize(300, 240)
    view.set_checkpoint(verdict_data.info(HALF), BETTER)
    view.activateWindow()
    view.page.use_button.setFocus()
    settle()
    assert view.page.use_button.hasFocus()
    place = view.page.area.verticalScrollBar().value()
    view.set_checkpoint(verdict_data.info(HALF), verdict_data.verdict(HALF))
    settle()
    assert view.page.area.hasFocus()
    assert view.page.area.verticalScrollBar().value() <= place


def test_without_a_verdict_it_says_what_the_checkpoint_says_of_itself(
    view: CheckpointView,
) -> None:
    info = replace(ui_data.checkpoint_info(), heads=HALF, warnings=("Odd size.",))
    view.set_checkpoint(info, None)
    said = shown_lines(view)
    assert said["Verdict"] == (info.verdict,)
    assert said["Warnings"] == ("Odd size.",)
    assert said["Classes"] == ("101",)
    assert [view.page.heads[head].header.text() for head in HALF] == [
        "aux1: untrained",
        "aux2: absent",
        "main: trained",
    ]
    assert not view.page.copy_json_button.isEnabled()
    assert view.page.metadata.rows == tuple(info.metadata.items())
    assert view.page.architecture.rows == info.variant_summary
    view.set_checkpoint(None)
    assert view.is_empty


@pytest.mark.parametrize(("width", "scale"), [(240, 1.0), (320, 1.0), (320, 1.5), (520, 1.5)])
def test_nothing_is_cut_off_at_the_side(view: CheckpointView, width: int, scale: float) -> None:
    theme.apply("dark", scale)
    view.set_checkpoint(verdict_data.info(HALF), BETTER)
    view.set_changed(OWN.name)
    view.set_asking(Asking("running", 0.5, 4.0))
    view.resize(width, 900)
    settle(0.05)
    room = view.page.area.viewport().width()
    assert view.page.area.widget().width() <= room
    for button in view.findChildren(QPushButton):
        if button.isVisible():
            right = button.mapTo(view.page.area.widget(), button.rect().bottomRight()).x()
            assert right < room, button.text()
