"""The window asks the sample photos what a checkpoint is, and mends a wrong guess."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import ui_data
import verdict_data
from fake_worker import FakeWorker, write_photo
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from verdict_data import CAFFE, PLAIN
from window_tools import close, open_controller, settle, shows, until

from inception_viewer.checkpoint_changes import use_input
from inception_viewer.errors import QuestionError
from inception_viewer.questions import Attribution, Overview
from inception_viewer.session import AttributionSettings
from inception_viewer.ui import judging
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.judging import is_changed
from inception_viewer.verdict_questions import Judge

Opener = Callable[..., Controller]


@pytest.fixture
def worker() -> FakeWorker:
    return FakeWorker()


@pytest.fixture
def opener(worker: FakeWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    """Opens a window on a checkpoint, with one photo."""
    monkeypatch.setattr(judging, "AFTER_PAINT_MS", 20)
    photo = write_photo(tmp_path / "photo.png", 1)
    opened: list[Controller] = []

    def open_one(checkpoint: str = "demo") -> Controller:
        source = checkpoint
        if checkpoint != "demo":
            source = str(tmp_path / checkpoint)
            Path(source).touch()
        arguments = ("--checkpoint", source, "--theme", "light", str(photo))
        made = open_controller(worker, tmp_path / "settings.ini", *arguments)
        opened.append(made)
        until(shows(made, "photo.png"))
        return made

    yield open_one
    worker.let_go()
    for made in opened:
        assert close(made)


def judged(worker: FakeWorker) -> list[Judge]:
    return [question for question in worker.asked if isinstance(question, Judge)]


def until_known(window: Controller) -> None:
    until(lambda: window.judging.suggestion is not None, "what the samples say")
    until(lambda: not any(lane.busy for lane in window.runner.lanes.values()))


# --- when it is asked ---------------------------------------------------------------------


def test_the_demo_is_not_judged_until_somebody_looks_at_its_card(
    opener: Opener, worker: FakeWorker
) -> None:
    window = opener()
    settle(0.3)
    assert not judged(worker)
    assert not window.window.is_card_shown
    assert window.window.checkpoint._page is None, "nor is the card made before that"
    window.window.menus["about_checkpoint"].trigger()
    assert window.window.is_card_shown
    until_known(window)
    assert judged(worker) == [Judge(ui_data.FINGERPRINT)]
    assert window.window.checkpoint.page.judgement.isHidden()


def test_a_file_is_judged_once_it_has_been_painted_and_only_once(
    opener: Opener, worker: FakeWorker
) -> None:
    window = opener("own.pth")
    until_known(window)
    assert len(judged(worker)) == 1
    painted = next(i for i, q in enumerate(worker.asked) if isinstance(q, Overview))
    asked = next(i for i, q in enumerate(worker.asked) if isinstance(q, Judge))
    assert painted < asked
    # Neither the photo nor the unit nor another look at it is a reason to ask again.
    window.select_unit("inception4a")
    window.opening.open_checkpoint("demo")
    until(lambda: window.session.state.checkpoint == ui_data.FINGERPRINT)
    own = f"{'own.pth':0<64}"
    window.window.checkpoint_menu.actions()[0].trigger()
    until(lambda: window.session.state.checkpoint == own)
    settle(0.3)
    assert [q.checkpoint for q in judged(worker)] == [own]
    assert window.window.checkpoint.verdict is window.judging._verdicts[Judge(own)]


def test_every_input_is_judged_once_and_a_stale_answer_is_not_shown(
    opener: Opener, worker: FakeWorker
) -> None:
    window = opener("own.pth")
    until_known(window)
    worker.hold[Judge] = threading.Event()
    for count, one in enumerate((CAFFE, PLAIN), start=2):
        window.session.update(lambda s, one=one: use_input(s, one.preprocessing))
        until(lambda count=count: len(judged(worker)) == count)
    worker.hold.pop(Judge).set()
    until_known(window)
    assert window.judging.suggestion.own.convention == PLAIN
    assert window.window.checkpoint.page.convention.text() == PLAIN.name
    window.session.update(lambda s: use_input(s, None))
    until(lambda: window.window.checkpoint.page.convention.text() == verdict_data.OWN.name)
    window.session.update(lambda s: use_input(s, PLAIN.preprocessing))
    settle(0.3)
    asked = [q.preprocessing for q in judged(worker)]
    assert asked == [None, CAFFE.preprocessing, PLAIN.preprocessing]


def test_of_many_quick_changes_only_the_last_is_asked_about(
    opener: Opener, worker: FakeWorker
) -> None:
    window = opener("own.pth")
    until_known(window)
    made = PLAIN.preprocessing
    for side in range(230, 260):
        window.session.update(lambda s, n=side: use_input(s, replace(made, short_side=n)))
        settle()
    window.session.update(lambda s: use_input(s, made))
    until_known(window)
    assert [q.preprocessing for q in judged(worker)][-1] == made
    assert len(judged(worker)) <= 4


def test_it_gives_way_to_what_people_ask_for(opener: Opener, worker: FakeWorker) -> None:
    window = opener("own.pth")
    until_known(window)
    worker.hold[Judge] = threading.Event()
    window.session.update(lambda s: use_input(s, PLAIN.preprocessing))
    until(lambda: len(judged(worker)) == 2, "the samples are being asked")
    slow = AttributionSettings(method="integrated_gradients")
    window.session.update(lambda s: replace(s, attribution=slow))
    window.attributing.ask()
    until(lambda: window.attributing.answer is not None, "an attribution meanwhile")
    until(lambda: not window.attributing.running)
    worker.hold.pop(Judge).set()
    until_known(window)
    assert any(isinstance(q, Attribution) for q in worker.asked)
    assert window.judging.suggestion.own.convention == PLAIN


# --- progress, cancel, failure ------------------------------------------------------------


def test_progress_is_shown_and_cancelling_is_final(opener: Opener, worker: FakeWorker) -> None:
    worker.hold[Judge] = threading.Event()
    window = opener("own.pth")
    status, judgement = window.window.status, window.window.checkpoint.page.judgement
    until(lambda: status.newest and status.newest[0] == judging.KEY, "progress")
    assert "Asking the sample photos" in status.text.text()
    window.window.menus["cancel"].trigger()
    until(lambda: not window.runner.lanes["jobs"].busy)
    worker.hold.pop(Judge).set()
    settle(0.3)
    assert len(judged(worker)) == 1
    assert status.newest is None
    assert judgement.button.text() == "Ask them"
    judgement.button.click()
    until_known(window)
    assert judgement.isHidden()


def test_a_failure_is_told_and_may_be_tried_again(opener: Opener, worker: FakeWorker) -> None:
    worker.failures[Judge] = QuestionError("There are no sample photos.")
    window = opener("own.pth")
    until(lambda: window.window.messages.sentences == ["There are no sample photos."])
    judgement = window.window.checkpoint.page.judgement
    assert judgement.text.text() == "There are no sample photos."
    settle(0.2)
    assert len(judged(worker)) == 1
    worker.failures.clear()
    judgement.button.click()
    until_known(window)


# --- a wrong guess ------------------------------------------------------------------------


def test_a_wrong_guess_is_told_at_three_places_and_mended_by_a_click(
    opener: Opener, worker: FakeWorker
) -> None:
    worker.wanted = CAFFE
    window = opener("own.pth")
    main = window.window
    until(lambda: main.notice.sentence, "the notice")
    said = "12 sample photos speak for another input: 0 to 255 minus (104, 117, 123), BGR (Caffe)."
    assert main.notice.sentence == said
    assert main.notice.isVisible()
    assert main.top_row.warning == said
    assert not main.top_row.checkpoint.icon().isNull()
    assert said in main.top_row.checkpoint.toolTip()
    assert main.checkpoint.page.better.sentences
    assert window.record()["notice"] == said
    # Messages come and go without it.
    main.messages.say("Something else.")
    main.messages.clear()
    assert main.notice.isVisible()
    main.notice.use_button.click()
    assert window.session.state.preprocessing == CAFFE.preprocessing
    until(lambda: window.frames.frame.scene.preprocessing == CAFFE.preprocessing)
    until_known(window)
    assert main.notice.sentence == ""
    assert main.top_row.warning == ""
    assert main.top_row.checkpoint.icon().isNull()


def test_using_it_is_undone_and_the_way_back_is_shown(opener: Opener, worker: FakeWorker) -> None:
    worker.wanted = CAFFE
    window = opener("own.pth")
    main, state = window.window, window.session
    until(lambda: main.notice.sentence)
    assert not main.headline.changed.isVisible()
    main.docks["checkpoint"].raise_()
    main.checkpoint.page.use_button.click()
    assert is_changed(state.state)
    assert main.headline.changed.isVisible()
    assert main.headline.changed.text() == "Input changed by hand"
    assert main.checkpoint.page.changed.isVisible()
    assert not main.checkpoint.page.warnings.sentences, "that was about the other input"
    assert verdict_data.OWN.name in main.checkpoint.page.changed.sentences[0]
    main.menus["undo"].trigger()
    assert state.state.preprocessing is None
    assert not main.headline.changed.isVisible()
    assert main.notice.sentence, "what was wrong is wrong again"
    main.menus["redo"].trigger()
    main.headline.back.click()
    assert state.state.preprocessing is None
    main.menus["undo"].trigger()
    assert state.state.preprocessing == CAFFE.preprocessing


def test_what_was_dismissed_does_not_come_back(opener: Opener, worker: FakeWorker) -> None:
    worker.wanted = CAFFE
    window = opener("own.pth")
    main = window.window
    until(lambda: main.notice.sentence)
    main.notice.keep_button.click()
    assert main.notice.sentence == ""
    assert main.top_row.warning == ""
    assert main.checkpoint.page.better.sentences  # the card goes on telling
    assert main.checkpoint.page.keep_button.isHidden()
    own = window.session.state.checkpoint
    window.session.update(lambda s: use_input(s, PLAIN.preprocessing))
    until(lambda: len(judged(worker)) == 2)
    until_known(window)
    assert main.notice.sentence == ""
    window.opening.open_checkpoint(window.session.state.open_checkpoint.source)
    settle(0.2)
    assert main.notice.sentence == ""
    assert window.session.state.checkpoint == own
    # Another checkpoint is another matter.
    other = Path(window.session.state.open_checkpoint.source).with_name("other.pth")
    other.touch()
    window.opening.open_checkpoint(str(other))
    until(lambda: main.notice.sentence)


def test_an_input_wrongly_changed_is_mended_by_going_back(
    opener: Opener, worker: FakeWorker
) -> None:
    worker.wanted = verdict_data.OWN
    window = opener("own.pth")
    until_known(window)
    window.session.update(lambda s: use_input(s, PLAIN.preprocessing))
    until(lambda: window.window.notice.sentence)
    window.window.notice.use_button.click()
    assert window.session.state.preprocessing is None
    assert not is_changed(window.session.state)


def test_by_keyboard_alone(opener: Opener, worker: FakeWorker) -> None:
    worker.wanted = CAFFE
    window = opener("own.pth")
    main = window.window
    until(lambda: main.notice.sentence)
    main.activateWindow()
    main.top_row.device.setFocus()
    for _ in range(10):
        if main.notice.use_button.hasFocus():
            break
        main.focusNextPrevChild(True)
    assert main.notice.use_button.hasFocus()
    QTest.keyClick(main.notice.use_button, Qt.Key.Key_Space)
    assert window.session.state.preprocessing == CAFFE.preprocessing


# --- what is learnt -----------------------------------------------------------------------


def test_a_head_that_the_photos_unmask_is_noise_in_every_view(
    opener: Opener, worker: FakeWorker
) -> None:
    worker.judged = {**ui_data.HEADS, "aux1": "untrained"}
    window = opener("own.pth")
    main = window.window
    until_known(window)
    assert window.session.state.open_checkpoint.heads["aux1"] == "untrained"
    assert window.frames.frame.overview.predictions.heads["aux1"] == "untrained"
    assert "aux1 is untrained" in main.predictions.sentence.text()
    assert main.top_row.heads.states["aux1"] == "untrained"
    assert main.network.legend.tells_untrained
    assert "aux1" not in main.headline.sentence
    assert window.record()["heads"]["aux1"] == "untrained"
    # Opened once more, it still is what the photos told of it.
    window.opening.open_checkpoint(window.session.state.open_checkpoint.source)
    until(lambda: not window.opening.what)
    settle(0.1)
    assert window.session.state.open_checkpoint.heads["aux1"] == "untrained"


def test_the_card_is_copied_as_python_without_a_photo(opener: Opener, worker: FakeWorker) -> None:
    window = opener("own.pth")
    window.opening.remove(tuple(image.id for image in window.session.state.images))
    until(lambda: window.frames.frame is None)
    assert not window.window.checkpoint.is_empty
    until_known(window)
    window.window.checkpoint.ask_for_python()
    text = QGuiApplication.clipboard().text()
    assert "own.pth" in text
    assert "as_text(verdict)" in text
    compile(text, "copied", "exec")
