"""Top photos in the window: asked for when they can be seen; folders indexed by a child."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace

import index_data
import pytest
from fit_data import child, opened, progress, said
from PIL import Image
from PySide6.QtGui import QGuiApplication
from window_tools import close, open_controller, settle, shows, until

from inception_viewer import index_events
from inception_viewer.checkpoint_changes import use_input
from inception_viewer.index_questions import BuildIndex, FindIndexes, TopPhotos
from inception_viewer.ui.top_photos import asking, indexing, words
from inception_viewer.ui.top_photos.child import SENTENCES, command

UNIT, CHANNEL = "inception3a/3x3", 5


@pytest.fixture
def worker():
    first, second = index_data.info(), index_data.info("/cache/b.index", "/photos/holiday", 40)
    return index_data.IndexWorker(indexes={first.path: first, second.path: second})


@pytest.fixture
def window(qtbot, worker, tmp_path):
    made = open_controller(worker, tmp_path / "s.ini")
    made.window.show()
    until(lambda: made.frames.frame and made.frames.settled)
    yield made
    assert close(made)


def look(window, unit=UNIT, channel=CHANNEL):
    """Look at a channel, and scroll to its top photos."""
    window.select_unit(unit)
    window.select_channel((unit, channel))
    until(lambda: window.frames.settled)
    inspector = window.window.inspector
    settle(0.05)
    inspector.area.verticalScrollBar().setValue(inspector.top_section.y())
    settle(0.05)


def tiles(window, unit=UNIT, channel=CHANNEL):
    """Look at a channel and wait for its tiles."""
    look(window, unit, channel)
    panel = window.top_photos.panel
    until(lambda: panel.answer and panel.answer.question.channel == channel)
    return panel


def questions_of(worker, kind):
    return [question for question in worker.asked if isinstance(question, kind)]


def test_nothing_is_asked_before_the_section_is_in_sight(window, worker) -> None:
    inspector = window.window.inspector
    inspector.top_section.set_folded(True)
    look(window)
    assert not questions_of(worker, FindIndexes)
    assert "top_photos" not in vars(window)
    inspector.top_section.set_folded(False)
    settle(0.05)
    inspector.area.verticalScrollBar().setValue(inspector.top_section.y())
    panel = window.top_photos.panel
    until(lambda: panel.answer)
    inspector.top_section.set_folded(True)
    for channel in (6, 7):
        look(window, channel=channel)
    inspector.top_section.set_folded(False)
    until(lambda: panel.answer.question.channel == 7)
    assert [question.channel for question in questions_of(worker, TopPhotos)] == [5, 7]
    assert len(questions_of(worker, FindIndexes)) == 1
    window.window.inspector.copy_python_requested.emit("top_photos")
    copied = QGuiApplication.clipboard().text()
    assert "iv.top_photos(net, index.info.path, 'inception3a/3x3', 7)" in copied
    assert "iv.index(net, '/photos/few', out='/cache/few.index')" in copied
    record = window.record()["top_photos"]
    assert (record["index"], record["channel"], len(record["photos"])) == ("/cache/few.index", 7, 9)


def test_another_index_is_chosen_or_opened_and_one_of_another_checkpoint_refused(
    window, worker
) -> None:
    panel = tiles(window)
    assert panel.chooser.isVisible()
    panel.chooser.setCurrentIndex(1)
    panel.chooser.activated.emit(1)
    until(lambda: panel.answer.info.folder == "/photos/holiday")
    window.top_photos.ask_file = lambda *_: ("/elsewhere/strange.index", "")
    panel.file_wanted.emit()
    until(lambda: panel.failure.isVisible())
    assert panel.failure.text() == index_data.REFUSED
    assert panel.answer.info.folder == "/photos/holiday"
    worker.files["/elsewhere/mine.index"] = index_data.info("/elsewhere/mine.index", "/mine", 12)
    window.top_photos.ask_file = lambda *_: ("/elsewhere/mine.index", "")
    panel.file_wanted.emit()
    until(lambda: panel.answer.info.folder == "/mine")
    assert not panel.failure.isVisible()
    assert panel.chooser.count() == 3


def test_a_photo_is_opened_like_a_dropped_one_and_the_channel_stays(
    window, worker, tmp_path
) -> None:
    folder = tmp_path / "few" / "ewer"
    folder.mkdir(parents=True)
    Image.new("RGB", (64, 48), (200, 40, 30)).save(folder / "image_0000.jpg")
    worker.indexes["/cache/few.index"] = index_data.info(folder=str(tmp_path / "few"))
    panel = tiles(window)
    window.window.activateWindow()
    panel.tiles.setFocus()
    scrolled = window.window.inspector.area.verticalScrollBar()
    before = scrolled.value()
    panel.tiles.opened.emit(panel.answer.photos[0])
    until(shows(window, "image_0000.jpg"))
    assert window.window.focusWidget() is panel.tiles
    assert scrolled.value() == before > 0
    assert window.session.state.channel == (UNIT, CHANNEL)
    assert window.session.state.images[-1].name == "image_0000.jpg"


def test_another_input_has_other_indexes_and_a_pool_has_none(window, worker) -> None:
    panel = tiles(window)
    worker.indexes.clear()
    made = window.session.state.made
    other = replace(made, resize="squeeze", short_side=made.width)
    window.session.update(lambda state: use_input(state, other))
    until(lambda: panel.index.isVisible())
    assert questions_of(worker, FindIndexes)[-1].preprocessing == other
    assert panel.answer is None
    look(window, "pool1", 3)
    until(lambda: panel.unit.isVisible())
    panel.unit.click()
    assert window.session.state.channel == ("conv1", 3)


# --- indexing --------------------------------------------------------------------------


def written(photos: int):
    """A step in which the child tells of the file; ``photos`` of 300 are in it."""

    def step(question: BuildIndex) -> tuple[str, str]:
        answer = index_data.built(question, photos, partial=photos < 300)
        return said(index_events.answered(answer))

    return step


def begin(window, folder, *steps):
    """Index a folder with a child that takes these steps; returns the questions it was asked."""
    questions = []

    def made(question, source, device):
        questions.append(question)
        return child(*(step(question) if callable(step) else step for step in steps))

    folder.mkdir(exist_ok=True)
    window.indexing.command = made
    window.indexing.ask_folder = lambda *_: str(folder)
    window.window.menus["index"].trigger()
    return questions


def test_an_index_is_built_stopped_and_gone_on_with(window, worker, tmp_path) -> None:
    worker.indexes.clear()
    look(window)
    panel = window.top_photos.panel
    until(lambda: panel.index.isVisible())
    settle(2 * asking.SLOW_MS / 1000)
    assert panel.sentence.text() == words.NONE
    steps = (opened, progress(0.1, "30 of 300 photos", 60.0), ("wait", 0.3))
    worker.files["/cache/new.index"] = index_data.info("/cache/new.index", "/photos/few", 120)
    questions = begin(window, tmp_path / "few", *steps, written(120), ("wait", 60))
    until(lambda: panel.progress.text() == "Being indexed: 30 of 300 photos, 60 s left.")
    assert panel.sentence.text().startswith("The first photos show here")
    key, activity = window.window.status.newest
    assert (key, activity.fraction, activity.cancellable) == (indexing.KEY, 0.1, True)
    until(lambda: panel.answer and panel.answer.info.photos == 120)
    window.window.menus["index"].trigger()
    assert window.window.messages.sentences == [indexing.BUSY.format("few")]
    window.window.menus["cancel"].trigger()
    until(lambda: window.indexing.child is None)
    assert window.window.status.newest is None
    assert panel.answer is not None
    assert panel.progress.text() == "Stopped with 180 photos to go."
    worker.files["/cache/new.index"] = index_data.info("/cache/new.index", "/photos/few", 300)
    again = begin_again(window, questions, written(300))
    until(lambda: panel.answer.info.complete)
    until(lambda: not panel.progress.isVisible())
    assert (again.out, again.folder) == ("/cache/new.index", "/photos/few")
    assert again.preprocessing == questions[0].preprocessing == window.session.state.made


def begin_again(window, questions, *steps):
    """Click Go on; the child takes these steps. Returns the question it was asked."""
    window.indexing.command = lambda question, *_: (
        questions.append(question) or child(*(step(question) for step in steps))
    )
    window.top_photos.panel.go_on.click()
    return questions[-1]


def test_what_goes_wrong_is_one_sentence(window, tmp_path) -> None:
    begin(window, tmp_path / "few", opened, ("err", "Traceback: it broke"), ("exit", 1))
    until(lambda: window.window.messages.sentences)
    assert window.window.messages.sentences == [SENTENCES.unexpected]
    window.window.messages.clear()
    info = window.session.state.open_checkpoint
    gone = replace(info, source=str(tmp_path / "gone.pth"))
    window.session.update(lambda state: replace(state, checkpoints=(gone,)))
    assert not begin(window, tmp_path / "few")
    assert window.window.messages.sentences == [indexing.NO_FILE.format(tmp_path / "gone.pth")]


def test_closing_the_window_gives_the_child_a_moment_and_ends_it(
    worker, qtbot, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(indexing, "LEAVING_MS", 300)
    made = open_controller(worker, tmp_path / "s.ini")
    until(lambda: made.frames.frame)
    begin(made, tmp_path / "few", ("deaf", None), progress(0.5, "x"), ("wait", 60))
    until(lambda: made.indexing.text == "x, 20 s left")
    pid, started = made.indexing.child._process.processId(), time.monotonic()
    assert close(made)
    assert 0.3 < time.monotonic() - started < 2
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_command_line_asks_what_the_window_shows() -> None:
    """Read back by the program's own parser."""
    from inception_viewer.parsers.folders import index_parser

    made = index_data.info().preprocessing
    question = BuildIndex("f" * 64, "/photos/-few", "/cache/x.index", made, 5)
    line = command(question, "/weights/mine.pth", "cuda")
    assert line[:-1].count("--json") == 1
    options = index_parser().parse_args(line[line.index("index") + 1 :])
    assert (options.folder, options.out, options.most) == ("/photos/-few", "/cache/x.index", 5)
    assert (options.checkpoint, options.device) == ("/weights/mine.pth", "cuda")
    assert options.preprocessing == made
    assert json.loads(line[line.index("--preprocessing") + 1])["width"] == made.width
