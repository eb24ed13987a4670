"""The window that evaluates: what it asks, what it keeps, what it says when things go wrong."""

from __future__ import annotations

import csv
import threading
from dataclasses import dataclass, field, replace

import evaluation_data as made
import numpy as np
import pytest
import ui_data
from fake_worker import FakeWorker, write_photo
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton, QWidget
from window_tools import close, drag_event, mime_of, open_controller, settle, shows, until

from inception_viewer.analysis import files
from inception_viewer.errors import ViewerError
from inception_viewer.file_questions import LookInto, Thumbnails, WriteTable
from inception_viewer.folder_questions import Evaluate
from inception_viewer.questions import Preprocessing
from inception_viewer.ui import theme
from inception_viewer.ui.about import TextDialog

CLASSES = ui_data.CLASSES


@dataclass
class Worker(FakeWorker):
    """Looks at files for real; measures as it is told, ``gate`` after its first partial answer."""

    gate: threading.Event = field(default_factory=threading.Event)
    partial: bool = True
    trouble: Exception | None = None

    def info(self, checkpoint):
        return ui_data.checkpoint_info()

    def answer(self, question, lab, progress):
        answering = {
            LookInto: files.look_into,
            Thumbnails: files.thumbnails,
            WriteTable: files.write_table,
            Evaluate: self.evaluate,
        }
        if type(question) not in answering:
            return super().answer(question, lab, progress)
        self.asked.append(question)
        return answering[type(question)](question, self, progress)

    def evaluate(self, question, lab, progress):
        whole = made.evaluation(folder=question.folder)
        provenance = replace(
            whole.provenance,
            fingerprint=question.checkpoint,
            preprocessing=question.preprocessing,
        )
        whole = replace(whole, question=question, provenance=provenance)
        if self.partial:
            some = made.evaluation(photos=300, partial=True)
            some = replace(some, question=question, provenance=provenance)
            progress(0.5, some, "301 of 601 photos")
        while not self.gate.wait(0.005):
            progress(0.5, None, "301 of 601 photos")
        if self.trouble is not None:
            raise self.trouble
        return whole


@pytest.fixture
def worker():
    return Worker()


@pytest.fixture
def controller(qtbot, worker, tmp_path):
    opened = open_controller(worker, tmp_path / "settings.ini", size=(1024, 640))
    until(lambda: opened.session.state.open_checkpoint)
    yield opened
    worker.gate.set()
    assert close(opened)
    theme.apply("light", 1.0)


@pytest.fixture
def folder(tmp_path):
    """Three photos in two classes' folders, and one of a class that nobody knows."""
    for seed, place in enumerate(("cup/1.png", "cup/2.png", "Ewer/3.png", "spoon/4.png")):
        (tmp_path / "photos" / place).parent.mkdir(parents=True, exist_ok=True)
        write_photo(tmp_path / "photos" / place, seed)
    return tmp_path / "photos"


def evaluation(controller):
    controller.window.menus["evaluate"].trigger()
    return controller.evaluating.window


def ready(controller, folder):
    window = evaluation(controller)
    window.setup.set_folder(str(folder))
    until(window.setup.start_button.isEnabled, "the look into the folder")
    return window


def started(controller, folder):
    window = ready(controller, folder)
    window.setup.start_button.click()
    until(lambda: window.on_results, "the first numbers")
    return window


def ended(controller):
    return until(lambda: controller.evaluating._running is None, "the end")


# --- before ------------------------------------------------------------------------------


def test_it_says_what_the_folder_holds_before_it_starts(controller, folder):
    window = ready(controller, folder)
    assert window.windowTitle() == "Evaluate demo on a folder"
    assert window.setup.heading.text() == "How often is “demo” right?"
    found = window.setup.found.text()
    assert found.startswith(f"3 photos in 2 of the {len(CLASSES)} classes of this network.")
    assert "“spoon”, 1 photo: no class of this network is named so" in found
    assert "224 x 224 RGB, short side 256" in window.setup.input.text()


def test_it_is_made_only_when_wanted(controller):
    assert controller.evaluating.window is None


def test_it_stands_over_the_main_window_and_on_the_screen(controller):
    controller.evaluating.show()
    window, area = controller.evaluating.window, controller.window.screen().availableGeometry()
    wanted = controller.window.frameGeometry().center() - window.rect().center()
    last = area.bottomRight() - window.rect().bottomRight()
    assert window.pos().x() == max(area.left(), min(wanted.x(), last.x()))
    assert window.pos().y() == max(area.top(), min(wanted.y(), last.y()))


def test_a_folder_that_does_not_do_is_told_in_one_sentence(controller, folder, tmp_path):
    window = ready(controller, folder)
    (tmp_path / "empty").mkdir()
    (tmp_path / "other" / "spoon").mkdir(parents=True)
    write_photo(tmp_path / "other" / "spoon" / "a.png", 1)
    (tmp_path / "file").write_text("cup")
    for chosen, expected in (
        ("none", "is not a folder."),
        ("empty", "holds no folders named by the network's classes"),
        ("other", "(“spoon”) holds photos and is named like a class of this network"),
        ("file", "is not a folder."),
    ):
        window.setup.set_folder(str(tmp_path / chosen))
        until(lambda: window.setup.problem.text(), chosen)
        assert expected in window.setup.problem.text()
        assert not window.setup.start_button.isEnabled()
        assert not window.setup.found.isVisible()
        window.setup.set_folder(str(folder))
        until(window.setup.start_button.isEnabled)
        assert not window.setup.problem.isVisible()


def test_a_list_of_labels(controller, folder, tmp_path):
    window = ready(controller, folder)
    listed = tmp_path / "val.txt"
    listed.write_text("spoon/4.png 99\ncup/1.png 98\n")
    window.setup.set_list(str(listed))
    until(lambda: window.setup.found.text().startswith("2 photos in 2 of"))
    listed.write_text("spoon/4.png spoon\n")
    window.setup.forget()
    until(lambda: window.setup.problem.text())
    assert "names no photo with a class of this network" in window.setup.problem.text()
    window.setup.list.clear()
    until(lambda: window.setup.found.text().startswith("3 photos in 2 of"))


def test_drops_of_a_folder_a_list_and_a_photo(controller, folder, tmp_path):
    window = evaluation(controller)
    listed = tmp_path / "val.txt"
    listed.write_text("cup/1.png 98\n")

    def drop(path):
        mime = mime_of([path])
        event = drag_event(QDropEvent, QPointF(50, 50), mime)
        window.dropEvent(event)
        assert event.isAccepted()

    drop(folder)
    assert window.setup.wanted.folder == str(folder)
    until(window.setup.start_button.isEnabled)
    drop(listed)
    assert window.setup.wanted.list_file == str(listed)
    until(lambda: window.setup.found.text().startswith("1 photo in 1 of"))
    drop(folder / "cup" / "1.png")
    assert window.setup.problem.text().startswith("“1.png” is neither a folder nor a list")
    assert window.setup.wanted.folder == str(folder)


def test_the_question_is_what_the_page_says(controller, worker, folder, tmp_path):
    other = Preprocessing(resize="squeeze")
    controller.session.update(lambda state: replace(state, preprocessing=other))
    window = ready(controller, folder)
    assert "as you changed it: 224 x 224 RGB, squeezed" in window.setup.input.text()
    window.setup.csv.setText(str(tmp_path / "rows.csv"))
    window.setup.start_button.click()
    asked = until(lambda: next((q for q in worker.asked if isinstance(q, Evaluate)), None))
    mark = controller.session.state.checkpoint
    assert (asked.checkpoint, asked.folder, asked.list_file) == (mark, str(folder), "")
    assert (asked.preprocessing, asked.csv) == (other, str(tmp_path / "rows.csv"))
    assert controller.window.preferences.evaluation_folder == str(folder)
    until(lambda: window.on_results)
    assert window.windowTitle() == "Evaluation: demo, input changed on photos"


# --- meanwhile ---------------------------------------------------------------------------


def test_progress_and_partial_numbers_then_all_of_them(controller, worker, folder):
    window = started(controller, folder)
    assert window.running.isVisible()
    assert window.running.text.text().startswith("301 of 601 photos, 24 photos a second")
    assert 490 <= window.running.bar.value() <= 500
    key, activity = controller.window.status.newest
    assert (key, activity.text, activity.cancellable) == ("evaluate", "Evaluating demo", True)
    assert window.shown.answer.photos == 300
    assert window.results.results.currentText() == "demo on photos, being measured"
    worker.gate.set()
    ended(controller)
    assert not window.running.isVisible()
    assert window.shown.answer.photos == 600
    assert not window.shown.answer.partial
    assert window.results.results.currentText() == "demo on photos"
    assert controller.window.status.newest is None


@pytest.mark.parametrize("by", ["button", "escape", "status bar"])
def test_cancel_keeps_what_was_measured(qtbot, controller, folder, by):
    window = started(controller, folder)
    if by == "button":
        window.running.cancel_button.click()
    elif by == "escape":
        window.activateWindow()
        window.results.heads.setFocus()
        settle(0.05)
        qtbot.keyClick(window.results.heads, Qt.Key.Key_Escape)
    else:
        controller.window.menus["cancel"].trigger()
    ended(controller)
    assert window.shown.answer.photos == 300
    assert window.results.results.currentText() == "demo on photos, stopped early"
    assert window.results.extent.text().startswith("Stopped: 300 of 501 photos")
    assert not window.results.problem.isVisible()


def test_cancel_before_the_first_numbers(controller, worker, folder):
    worker.partial = False
    window = ready(controller, folder)
    window.setup.start_button.click()
    assert not window.setup.start_button.isEnabled()
    until(lambda: window.running.isVisible())
    window.running.cancel_button.click()
    ended(controller)
    assert not window.on_results
    assert window.setup.problem.text() == "Cancelled before anything was measured."


def test_a_failure_is_told_where_someone_looks_and_loses_nothing(controller, worker, folder):
    window = started(controller, folder)
    worker.trouble = ViewerError("The disk is full.")
    worker.gate.set()
    ended(controller)
    assert window.results.problem.text() == "The disk is full."
    assert window.shown.answer.photos == 300
    assert not controller.window.messages.sentences


def test_a_failure_while_it_is_closed_is_told_in_the_main_window(controller, worker, folder):
    window = started(controller, folder)
    window.close()
    worker.trouble = ViewerError("The disk is full.")
    worker.gate.set()
    ended(controller)
    assert controller.window.messages.sentences == ["The disk is full."]
    assert evaluation(controller).shown.answer.photos == 300


def test_results_stay_what_they_are_of_and_two_can_be_compared(
    controller, worker, folder, tmp_path
):
    worker.gate.set()
    window = started(controller, folder)
    ended(controller)
    assert not window.results.compare.isVisible()
    other = tmp_path / "other.pth"
    other.write_bytes(b"")
    controller.opening.open_checkpoint(str(other))
    until(lambda: controller.session.state.open_checkpoint.name == "other.pth")
    assert window.windowTitle() == "Evaluation: demo on photos"
    window.results.new_button.click()
    assert window.windowTitle() == "Evaluate other.pth on a folder"
    until(window.setup.start_button.isEnabled)
    window.setup.start_button.click()
    until(lambda: window.results.results.count() == 2)
    ended(controller)
    assert window.results.results.currentText() == "other.pth on photos"
    compare = window.results.compare
    assert compare.isVisible()
    assert [compare.itemText(row) for row in range(compare.count())] == ["Nothing", "demo"]
    compare.setCurrentIndex(1)
    assert window.results.heads.titles[-1] == "Less demo’s"
    assert [line.cells[-1].text for line in window.results.heads.lines] == ["0.0"] * 3
    assert window.results.classes.model.columns[1].title == "main\nless other"
    assert "both on 600 photos" in window.results.notice.text()
    window.results.results.setCurrentIndex(0)
    assert window.windowTitle() == "Evaluation: demo on photos"


# --- after -------------------------------------------------------------------------------


@pytest.fixture
def done(controller, worker, folder):
    worker.gate.set()
    window = started(controller, folder)
    ended(controller)
    return window


def test_a_mistake_opens_as_it_was_measured(qtbot, controller, worker, folder, done):
    photo = write_photo(folder / "a mistake.png", 77)
    controller.session.update(
        lambda state: replace(state, preprocessing=Preprocessing(resize="squeeze"))
    )
    answer = done.shown.answer
    head = answer.heads["main"]
    wrong = replace(head.mistakes[0], path=str(photo))
    answer = replace(answer, heads={**answer.heads, "main": replace(head, mistakes=(wrong,))})
    done.set_results({1: replace(done.shown, answer=answer)}, 1)
    done.results.tabs.setCurrentWidget(done.results.mistakes)
    grid = done.results.mistakes.grid
    until(lambda: grid.items.store.picture(str(photo)), "its picture")
    done.results.thumbnails.ask([head.mistakes[1].path])
    until(lambda: "no longer there" in grid.items.store.failure(head.mistakes[1].path))
    grid.setCurrentIndex(grid.items.index(0, 0))
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    until(shows(controller, photo.name))
    state = controller.session.state
    assert state.scene.preprocessing == answer.provenance.preprocessing
    assert state.preprocessing is None


def test_tables_are_saved_as_csv(controller, done, tmp_path, monkeypatch):
    def save(name):
        path = tmp_path / f"{name}.csv"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
        done.save(name)
        until(path.exists)
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    answer, said = done.shown.answer, made.all_said()
    rows = save("classes")
    assert [row["class"] for row in rows] == list(CLASSES)
    one = said["aux2"]
    for label, row in enumerate(rows):
        mine = one.truth == label
        assert int(row["photos"]) == mine.sum()
        assert int(row["aux2_right"]) == (one.said == label)[mine].sum()
        assert int(row["aux2_right_of_five"]) == one.five[mine].sum()
        if mine.any():
            assert float(row["aux2_top1"]) == pytest.approx(
                (one.said == label)[mine].mean(), abs=1e-6
            )
        else:
            assert row["aux2_top1"] == ""
    rows = save("confusions")
    table = np.zeros((len(CLASSES),) * 2, int)
    for row in rows:
        if row["head"] == "main":
            table[CLASSES.index(row["was"]), CLASSES.index(row["said"])] = int(row["photos"])
    assert np.array_equal(table, answer.heads["main"].confusion.matrix(len(CLASSES)))


def test_a_table_that_cannot_be_written_is_told(controller, done, tmp_path, monkeypatch):
    path = tmp_path / "no folder" / "classes.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
    done.save("classes")
    until(lambda: done.results.problem.isVisible())
    assert done.results.problem.text() == f"{path} cannot be written: No such file or directory."
    assert not list(tmp_path.glob("**/*.part"))


def test_what_can_be_copied(controller, done):
    clipboard = QGuiApplication.clipboard()
    done.copy_summary()
    text = clipboard.text()
    assert text.startswith("demo on photos\n600 photos of ")
    for head in ("aux1", "aux2", "main"):
        share = done.shown.answer.heads[head].top1
        assert f"{head:5} first {share.value:.1%}" in text
    done.results.export.menu().actions()[1].trigger()
    lines = clipboard.text()
    compile(lines, "copied", "exec")
    assert f"iv.evaluate(net, {done.shown.answer.question.folder!r})" in lines
    done.results.classes.copy()
    assert clipboard.text().count("\n") == 1 + done.results.classes.model.rowCount()


def test_what_was_left_out_is_listed(done):
    done.show_left_out()
    (dialog,) = done.findChildren(TextDialog)
    text = dialog.text.toPlainText()
    assert "“nobody”, 3 photos: no class of this network is named so" in text
    assert "/bad 0.jpg: It is cut short." in text
    dialog.close()


def test_untrained_heads_are_said_and_not_chosen(controller, done):
    noise = {"aux1": "untrained", "aux2": "trained", "main": "untrained"}
    done.set_results({1: made.measured(made.evaluation(states=noise))}, 1)
    chooser = done.results.head_chooser
    assert [chooser.itemText(row) for row in range(3)] == [
        "aux1, untrained",
        "aux2",
        "main, untrained",
    ]
    notice = done.results.notice
    assert notice.property("role") == "warning"
    assert "aux1 was never trained: what it says means nothing." in notice.text()
    assert "main was never trained" in notice.text()
    done.results.set_head("aux2")
    assert done.results.heads.head == "aux2"


@pytest.mark.parametrize(("name", "scale"), [("light", 1.0), ("dark", 1.5)])
def test_nothing_is_cut_off_at_the_smallest_size(done, name, scale):
    theme.apply(name, scale)
    done.resize(1008, 600)  # a screen of 1024x640 less the frame
    for page in (done.results, done.setup):
        done.pages.setCurrentWidget(page)
        settle(0.05)
        assert done.minimumSizeHint().width() <= 1008
        assert done.minimumSizeHint().height() <= 600
        for button in page.findChildren(QPushButton):
            if button.isVisible():
                assert button.width() >= button.sizeHint().width()
                assert button.height() >= theme.TARGET
        for label in page.findChildren(QLabel):
            if label.isVisible() and label.wordWrap():
                assert label.height() >= label.heightForWidth(label.width())


def test_everything_is_reached_by_tab_and_has_a_name(done):
    done.activateWindow()
    done.results.results.setFocus()
    reached: list[QWidget] = []
    for _ in range(30):
        reached.append(done.focusWidget())
        done.focusNextChild()
    page = done.results
    wanted = [page.results, page.export, page.new_button, page.heads, page.head_chooser]
    wanted += [page.tabs.tabBar(), page.classes.field, page.classes.table, page.classes.grid]
    for widget in wanted:
        assert widget in reached, widget
    for widget in (*wanted, *page.findChildren(QComboBox)):
        named = widget.accessibleName() or getattr(widget, "text", lambda *_: "")
        assert named or widget is page.tabs.tabBar()
