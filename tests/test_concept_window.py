"""The window that tests concepts: what it asks, what it shows, what it says in trouble."""

from __future__ import annotations

import csv
import threading
from dataclasses import dataclass, field, replace

import concept_data as made
import pytest
import ui_data
from fake_worker import FakeWorker
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton, QWidget
from window_tools import close, open_controller, settle, until

from inception_viewer.analysis import files
from inception_viewer.concept_questions import Concept, TestConcepts
from inception_viewer.errors import ViewerError
from inception_viewer.file_questions import FindPhotos, Thumbnails, WriteRows
from inception_viewer.questions import Preprocessing
from inception_viewer.ui import theme

MODULES = tuple(
    f"inception{name}" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
)


@dataclass
class Worker(FakeWorker):
    """Looks at files for real; tests as it is told, ``gate`` after two runs are known."""

    gate: threading.Event = field(default_factory=threading.Event)
    partial: bool = True
    trouble: dict[str, Exception] = field(default_factory=dict)

    def answer(self, question, lab, progress):
        answering = {
            FindPhotos: files.find_photos,
            Thumbnails: files.thumbnails,
            WriteRows: files.write_rows,
            TestConcepts: self.test,
        }
        if type(question) not in answering:
            return super().answer(question, lab, progress)
        self.asked.append(question)
        return answering[type(question)](question, self, progress)

    def test(self, question, lab, progress):
        if self.partial:
            progress(0.5, made.answer(question, 2), "run 3 of 4")
        while not self.gate.wait(0.005):
            progress(0.5, None, "run 3 of 4")
        if question.unit in self.trouble:
            raise self.trouble[question.unit]
        return made.answer(question)

    @property
    def tests(self):
        return [question for question in self.asked if isinstance(question, TestConcepts)]


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


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return made.folders(tmp_path_factory.mktemp("concepts"))


def opened(controller):
    controller.window.menus["concepts"].trigger()
    return controller.concept_testing.window


def filled(controller, folders):
    window = opened(controller)
    form = window.form
    form.add_folders([str(folders["striped"]), str(folders["more"])])
    form.random.set_folder(str(folders["random"]))
    form.photos.set_folder(str(folders["cup"]))
    form.runs.setValue(4)
    return window


def started(controller, folders, unit="inception4d"):
    window = filled(controller, folders)
    window.form.unit.setCurrentIndex(window.form.unit.findData(unit))
    window.start_button.click()
    until(lambda: window.shown is not None, "the first runs")
    return window


def ended(controller):
    return until(lambda: not controller.concept_testing.busy, "the end")


@pytest.fixture
def done(controller, worker, folders):
    worker.gate.set()
    window = started(controller, folders)
    ended(controller)
    return window


# --- before ------------------------------------------------------------------------------


def test_it_is_made_only_when_wanted(controller):
    assert controller.concept_testing.window is None


def test_it_says_what_is_missing_step_by_step(controller, folders):
    window = opened(controller)
    form = window.form
    assert "Does the network use stripes to see a zebra?" in window.panel.empty.sentence.text()
    assert window.panel.empty.isVisible()
    steps = (
        (lambda: None, "Drop or choose a folder of photos for each concept."),
        (
            lambda: form.cards[0].set_folder(str(folders["more"])),
            "Choose a folder of photos of anything else.",
        ),
        (
            lambda: form.random.set_folder(str(folders["random"])),
            "Choose a folder of photos of the class.",
        ),
        (lambda: form.photos.set_folder(str(folders["striped"])), "Choose the class."),
        (lambda: form.target.set_target(98) or form.target.class_chosen.emit(98), ""),
    )
    for act, expected in steps:
        act()
        assert window.obstacle.text() == expected
        assert window.obstacle.isVisible() == bool(expected)
        assert window.start_button.isEnabled() == (not expected)
    form.cards[0].name.clear()
    form.cards[0].name.textEdited.emit("")
    assert window.obstacle.text() == "Give every concept a name."


def test_folders_are_counted_and_some_photos_seen(controller, folders):
    window = filled(controller, folders)
    first, second = window.form.cards
    until(lambda: first.found.text() == "24 photos", "the count")
    assert (first.concept_name, second.concept_name) == ("striped", "more")
    until(lambda: window.form.random.found.text() == "40 photos")
    assert len(first.strip.paths) == 4
    until(lambda: all(window.thumbnails.picture(path) for path in first.strip.paths), "pictures")
    second.set_folder(str(folders["few"]))
    until(lambda: second.trouble.text(), "the complaint")
    assert second.trouble.text() == "3 photos: at least 4 are needed."
    assert second.trouble.property("role") == "error"
    assert second.concept_name == "few"
    second.set_folder(str(folders["few"].parent / "gone"))
    until(lambda: "is not a folder." in second.trouble.text())
    assert second.strip.paths == ()
    assert not second.found.isVisible()


def test_the_question_is_what_the_form_says_and_folders_are_remembered(
    controller, worker, folders, tmp_path
):
    other = Preprocessing(resize="squeeze")
    controller.session.update(lambda state: replace(state, preprocessing=other))
    window = filled(controller, folders)
    assert "as you changed it" in window.form.input.text()
    window.form.most.setValue(50)
    window.form.seed.setValue(7)
    window.start_button.click()
    until(lambda: worker.tests)
    assert worker.tests[0] == TestConcepts(
        controller.session.state.checkpoint,
        "inception4d",
        "main",
        ui_data.CLASSES.index("cup"),
        (Concept("striped", str(folders["striped"])), Concept("more", str(folders["more"]))),
        str(folders["random"]),
        str(folders["cup"]),
        4,
        50,
        7,
        other,
    )
    kept = controller.window.preferences.concept_folders
    assert kept[1:] == (str(folders["random"]), str(folders["cup"]))
    assert kept[0] == [("striped", str(folders["striped"])), ("more", str(folders["more"]))]
    worker.gate.set()
    ended(controller)
    controller.concept_testing._close()
    again = opened(controller)
    assert [card.path for card in again.form.cards] == [one[1] for one in kept[0]]
    assert again.form.target.target == ui_data.CLASSES.index("cup")


# --- meanwhile ---------------------------------------------------------------------------


def test_runs_are_shown_as_they_come(controller, worker, folders):
    window = started(controller, folders)
    assert window.running.isVisible()
    assert not window.start_button.isEnabled()
    assert window.running.text.text().startswith("inception4d: run 3 of 4, 50 %")
    key, activity = controller.window.status.newest
    assert (key, activity.text, activity.cancellable) == (
        *("concepts", "Testing concepts of demo", True),
    )
    assert len(window.shown.answers[0].random_scores) == 2
    assert [bar.name for bar in window.panel.chart.bars] == ["striped", "more", ""]
    worker.gate.set()
    ended(controller)
    assert not window.running.isVisible()
    assert len(window.shown.answers[0].random_scores) == 4
    assert controller.window.status.newest is None
    assert window.panel.heading.text() == "Does “cup” rest on “striped” or “more”?"
    assert "demo, main, inception4d · 11 photos of the class and 60 of anything else · 4 runs" in (
        window.panel.about.text()
    )
    assert "1 photo could not be read" in window.panel.about.text()


def test_down_the_layers_one_after_the_other(controller, worker, folders):
    window = started(controller, folders, "*")
    assert window.running.text.text().startswith("inception3a (1 of 9): run 3 of 4, 6 %")
    assert [len(group.bars) for group in window.panel.chart.groups] == [3] + 8 * [0]
    worker.gate.set()
    ended(controller)
    assert [question.unit for question in worker.tests] == list(MODULES)
    assert {question.together for question in worker.tests} == {9}
    assert [len(group.bars) for group in window.panel.chart.groups] == 9 * [3]
    assert window.panel.table.rowCount() == 18
    assert not window.panel.table.isColumnHidden(0)
    assert "9 modules" in window.panel.about.text()
    assert not window.shown.stopped


@pytest.mark.parametrize("by", ["button", "escape", "status bar"])
def test_cancel_keeps_the_runs_that_are_done(qtbot, controller, worker, folders, by):
    window = started(controller, folders, "*")
    if by == "button":
        window.running.cancel_button.click()
    elif by == "escape":
        window.activateWindow()
        window.panel.chart.setFocus()
        settle(0.05)
        qtbot.keyClick(window.panel.chart, Qt.Key.Key_Escape)
    else:
        controller.window.menus["cancel"].trigger()
    ended(controller)
    assert len(worker.tests) == 1, "nothing more is asked"
    assert len(window.shown.answers[0].random_scores) == 2
    assert window.panel.about.text().endswith("stopped early")
    assert not window.problem.isVisible()


def test_cancel_before_the_first_run(controller, worker, folders):
    worker.partial = False
    window = filled(controller, folders)
    window.start_button.click()
    until(lambda: worker.tests)
    window.running.cancel_button.click()
    ended(controller)
    assert window.problem.text() == "Cancelled before the first run was done."
    assert window.shown is None
    assert window.start_button.isEnabled()


def test_a_failure_is_one_sentence_and_loses_nothing(controller, worker, folders):
    worker.trouble["inception4a"] = ViewerError("This checkpoint is not open any more.")
    window = started(controller, folders, "*")
    worker.gate.set()
    ended(controller)
    assert window.problem.text() == "This checkpoint is not open any more."
    assert [a.question.unit for a in window.shown.answers] == [*MODULES[:2], "inception4a"]
    assert window.shown.stopped
    assert not controller.window.messages.sentences
    window.form.seed.setValue(3)
    assert not window.problem.isVisible(), "another try, another chance"


def test_a_window_closed_meanwhile_finds_its_test_again(controller, worker, folders):
    window = started(controller, folders)
    window.close()
    worker.gate.set()
    ended(controller)
    assert len(opened(controller).shown.answers[0].random_scores) == 4
    worker.trouble["inception4d"] = ViewerError("The disk is full.")
    worker.gate.clear()
    window.start_button.click()
    window.close()
    worker.gate.set()
    ended(controller)
    assert controller.window.messages.sentences == ["The disk is full."]


def test_the_main_window_closes_over_a_test(controller, worker, folders):
    started(controller, folders)
    controller.window.close()
    assert controller.concept_testing.window is None


def test_another_checkpoint_leaves_the_test_what_it_is_of(controller, worker, folders, tmp_path):
    window = started(controller, folders)
    other = tmp_path / "other.pth"
    other.write_bytes(b"")
    worker.heads = {"aux1": "trained", "aux2": "trained", "main": "untrained"}
    controller.opening.open_checkpoint(str(other))
    until(lambda: controller.session.state.open_checkpoint.name == "other.pth")
    assert window.windowTitle() == "Test concepts of other.pth"
    assert "main was never trained" in window.form.noise.sentence
    assert window.form.target.target == ui_data.CLASSES.index("cup")
    worker.gate.set()
    ended(controller)
    assert window.panel.about.text().startswith("demo, main")
    assert not window.panel.noise.sentence
    window.start_button.click()
    ended(controller)
    assert window.panel.about.text().startswith("other.pth, main")
    assert "main was never trained: what it says means nothing." in window.panel.noise.sentence
    assert window.panel.chart.noise


# --- after -------------------------------------------------------------------------------


def test_numbers_are_saved_and_copied(done, folders, tmp_path, monkeypatch):
    path = tmp_path / "numbers.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
    done.save_numbers()
    until(path.exists)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    results = done.shown.answers[0].concepts
    assert [row["concept"] for row in rows] == ["striped", "more", ""]
    for row, result in zip(rows, results, strict=False):
        assert float(row["score"]) == pytest.approx(result.score)
        assert float(row["p_value"]) == result.p_value
    clipboard = QGuiApplication.clipboard()
    menu = done.panel.export.menu()
    menu.actions()[0].trigger()
    assert "striped: 90" in clipboard.text()
    menu.actions()[1].trigger()
    compile(clipboard.text(), "copied", "exec")
    assert "iv.tcav(net, unit=unit, **how)" in clipboard.text()
    assert repr(str(folders["random"])) in clipboard.text()
    done.panel.table.copy()
    assert clipboard.text().count("\n") == 3
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(tmp_path / "no" / "a.csv"), "")
    )
    done.save_numbers()
    until(lambda: "cannot be written" in done.problem.text())


def test_the_picture_is_saved_on_white(done, tmp_path, monkeypatch):
    path = tmp_path / "picture"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
    theme.apply("dark", 1.0)
    done.save_picture()
    picture = QImage(str(path.with_suffix(".png")))
    assert picture.width() == 1600
    assert picture.pixelColor(2, 2).name() == theme.LIGHT.panel.lower()
    assert "So it is of “striped”." in picture.text("Description")
    path = tmp_path / "no" / "picture.png"
    done.save_picture()
    assert done.problem.text() == f"{path} cannot be written."


@pytest.mark.parametrize(("name", "scale"), [("light", 1.0), ("dark", 1.5)])
def test_nothing_is_cut_off_at_the_smallest_size(done, name, scale):
    theme.apply(name, scale)
    done.resize(1008, 600)  # a screen of 1024x640 less the frame
    settle(0.1)
    assert done.minimumSizeHint().width() <= 1008
    assert done.minimumSizeHint().height() <= 600
    for button in done.findChildren(QPushButton):
        if button.isVisible():
            assert button.width() >= button.sizeHint().width(), button.text()
            assert button.height() >= theme.TARGET
    for label in done.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()


def test_everything_is_reached_by_tab_and_has_a_name(done):
    done.activateWindow()
    done.form.cards[0].name.setFocus()
    reached: list[QWidget] = []
    for _ in range(40):
        reached.append(done.focusWidget())
        done.focusNextChild()
    form, panel = done.form, done.panel
    card = form.cards[0]
    second, add = (reached.index(one) for one in (form.cards[1].name, form.add_button))
    assert reached.index(card.name) < second < add, "as they stand"
    wanted = [card.name, card.remove_button, card.folder, card.choose_button, form.add_button]
    wanted += [form.random.folder, form.photos.choose_button, form.head, form.unit, form.runs]
    wanted += [form.most, form.seed, done.start_button, panel.export, panel.chart, panel.table]
    for widget in wanted:
        assert widget in reached, widget
    for widget in (*wanted, *done.findChildren(QComboBox)):
        assert widget.accessibleName() or getattr(widget, "text", str)()
