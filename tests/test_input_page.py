"""The Input page in the window: sliders and attacks, and what follows them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ui_data
from fake_worker import FakeWorker, predictions_of
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from window_tools import close, open_photos, settle, until

from inception_viewer import edit_questions
from inception_viewer.changed_inputs import attack_in, distort, leave_input, mislead
from inception_viewer.edit_questions import Adversarial, Distortion, Stroke
from inception_viewer.errors import QuestionError
from inception_viewer.grid_questions import Picture, PictureAnswer
from inception_viewer.intervention_questions import Intervention
from inception_viewer.painted import paint
from inception_viewer.questions import (
    Glance,
    Overview,
    OverviewAnswer,
    PassingOverview,
    Pixels,
    Predictions,
    Question,
    Scene,
)
from inception_viewer.session import add_images, remove_image
from inception_viewer.touched import set_interventions
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.intervene.input_page import InputPage
from inception_viewer.ui.intervene.input_snippet import changed_input

NAMES = ("first.png", "second.png")
MISLED_TO = 7


def picture_of(scene: Scene) -> Pixels:
    """A picture that its edits change as a test can tell: blur darkens, an attack adds."""
    made = ui_data.picture().astype(int)
    made[0] = made[0] // 2 + 60
    for edit in scene.edits:
        if isinstance(edit, Distortion):
            made = made - 10 * round(edit.blur)
        elif isinstance(edit, Adversarial):
            made[:8] = made[:8] + edit.epsilon
    return np.clip(made, 0, 255).astype(np.uint8)


def said_of(scene: Scene) -> Predictions:
    """The heads' answers; misled they say another class."""
    made = predictions_of(scene)
    if attack_in(scene) is None:
        return made
    misled = {head: np.roll(values, MISLED_TO) for head, values in made.probabilities.items()}
    return replace(made, probabilities=misled)


@dataclass
class ChangingWorker(FakeWorker):
    """Answers as if it saw what is done to the photo."""

    def answer(self, question: Question, lab: FakeWorker, progress: Any) -> Any:
        found = super().answer(question, lab, progress)
        if isinstance(question, Picture):
            return PictureAnswer(question.scene, picture_of(question.scene))
        if isinstance(found, OverviewAnswer):
            scene = found.scene
            return replace(found, picture=picture_of(scene), predictions=said_of(scene))
        return said_of(question.scene) if isinstance(question, Glance) else found


@pytest.fixture(scope="module")
def worker() -> ChangingWorker:
    return ChangingWorker()


@pytest.fixture(scope="module")
def opened(
    worker: ChangingWorker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Controller]:
    controller = open_photos(worker, tmp_path_factory.mktemp("photos"), NAMES)
    yield controller
    assert close(controller)


@pytest.fixture
def window(opened: Controller, worker: ChangingWorker) -> Iterator[Controller]:
    """The shared window, the Input page in front and nothing done to the first photo."""
    opened.window.menus["show_intervene"].trigger()
    opened.window.intervene.show_page(opened.window.intervene.input)
    until(lambda: shown(opened))
    worker.asked.clear()
    yield opened
    worker.let_go()
    ids = [image.id for image in opened.session.state.images]
    for one in reversed(ids):
        opened.session.update(lambda state, one=one: leave_input(replace(state, image=one)))
    until(lambda: shown(opened))


def shown(window: Controller) -> bool:
    """Whether the views show what the session looks at."""
    frame = window.frames.frame
    return bool(window.frames.settled and frame and frame.scene == window.session.state.scene)


def page(window: Controller) -> InputPage:
    found: InputPage = window.window.intervene.input
    return found


def edits(window: Controller) -> tuple[object, ...]:
    assert window.session.state.scene is not None
    return window.session.state.scene.edits


def hold(slider: QWidget) -> QPoint:
    """Press on a slider's handle, and return where."""
    place = QPoint(round(7 + _share(slider) * (slider.width() - 14)), slider.height() // 2)
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    return place


def _share(slider: Any) -> float:
    return float(slider.value() / slider.maximum())


def test_slider_is_followed_live_and_is_one_step_to_undo(
    window: Controller, worker: ChangingWorker
) -> None:
    blur = page(window).distort.dials["blur"]
    place = hold(blur.slider)
    for x in range(place.x() + 4, place.x() + 40, 4):
        QTest.mouseMove(blur.slider, QPoint(x, place.y()))
        until(lambda: shown(window))
        (edit,) = edits(window)
        assert edit == Distortion(blur=pytest.approx(blur.value))
        assert window.frames.frame.scene.edits == (edit,)
    assert blur.value > 1
    passing = [one for one in worker.asked if isinstance(one, PassingOverview)]
    assert len(passing) > 5
    QTest.mouseRelease(blur.slider, Qt.MouseButton.LeftButton, pos=QPoint(x, place.y()))
    until(lambda: shown(window))
    assert not window.session.state.stroking
    scene = window.session.state.scene
    assert window.frames.frame.scene == scene
    assert window.window.tray.model.marks == {scene.image: "distorted"}
    window.window.menus["undo"].trigger()
    assert edits(window) == ()
    until(lambda: shown(window) and blur.value == 0)
    window.window.menus["redo"].trigger()
    assert window.session.state.scene == scene


def test_newest_value_waits_while_an_answer_is_on_its_way(
    window: Controller, worker: ChangingWorker
) -> None:
    worker.hold[PassingOverview] = threading.Event()
    form = page(window).distort
    for blur in (1.0, 2.0, 3.0):
        form.moved.emit(Distortion(blur=blur), False)
    assert edits(window) == (Distortion(blur=1.0),)
    worker.hold[PassingOverview].set()
    until(lambda: edits(window) == (Distortion(blur=3.0),) and shown(window))
    asked = [one.scene.edits for one in worker.asked if isinstance(one, PassingOverview)]
    assert (Distortion(blur=2.0),) not in asked
    form.moved.emit(Distortion(blur=3.0), True)


def test_slider_lets_go_when_its_photo_goes(window: Controller) -> None:
    blur = page(window).distort.dials["blur"]
    place = hold(blur.slider)
    QTest.mouseMove(blur.slider, QPoint(place.x() + 30, place.y()))
    until(lambda: shown(window) and edits(window) != ())
    gone = window.session.state.open_image
    window.session.update(lambda state: remove_image(state, gone.id), undoable=False)
    until(lambda: shown(window))
    assert window.session.state.changed_inputs == ()
    assert not window.session.state.stroking
    QTest.mouseMove(blur.slider, QPoint(place.x() + 60, place.y()))
    settle()
    QTest.mouseRelease(
        blur.slider, Qt.MouseButton.LeftButton, pos=QPoint(place.x() + 60, place.y())
    )
    assert edits(window) == ()
    assert (blur.value, blur.slider.value()) == (0, 0)
    window.session.update(lambda state: add_images(state, (gone,)), undoable=False)


def test_values_are_typed_put_back_and_drawn_anew(window: Controller) -> None:
    form = page(window).distort
    rotation, crop = form.dials["rotation"], form.dials["crop_x"]
    assert not crop.box.isEnabled()
    rotation.box.setFocus()
    QTest.keyClicks(rotation.box, "30")
    QTest.keyClick(rotation.box, Qt.Key.Key_Return)
    form.dials["crop"].box.setValue(50)
    assert crop.box.isEnabled()
    assert edits(window) == (Distortion(rotation=30.0, crop=0.5),)
    QTest.mouseDClick(rotation.slider, Qt.MouseButton.LeftButton)
    assert edits(window) == (Distortion(crop=0.5),)
    QTest.mouseClick(form.dials["crop"].back, Qt.MouseButton.LeftButton)
    assert edits(window) == ()
    assert not form.noise.isEnabled()
    form.dials["noise"].box.setValue(9)
    form.noise.click()
    form.mirror.click()
    assert edits(window) == (Distortion(noise=9.0, seed=1, mirror=True),)
    QTest.keyClick(form.dials["scale"].slider, Qt.Key.Key_PageUp)
    assert edits(window)[0].scale == pytest.approx(2 ** (20 * 0.02), abs=1e-4)
    form.clear.click()
    assert edits(window) == ()
    window.session.undo()
    assert edits(window) != ()
    window.window.menus["clear_input"].trigger()
    assert edits(window) == ()
    assert not window.window.menus["clear_input"].isEnabled()


def test_undo_is_the_windows_while_nothing_is_being_typed(window: Controller) -> None:
    box = page(window).distort.dials["rotation"].box
    window.window.activateWindow()
    box.setFocus()
    QTest.keyClicks(box, "30")
    QTest.keySequence(box, QKeySequence.StandardKey.Undo)  # of what is typed
    assert edits(window) == ()
    box.selectAll()
    QTest.keyClicks(box, "30\r")
    assert edits(window) == (Distortion(rotation=30.0),)
    QTest.keySequence(box, QKeySequence.StandardKey.Undo)
    assert edits(window) == ()
    QTest.keySequence(box, QKeySequence.StandardKey.Redo)
    assert edits(window) == (Distortion(rotation=30.0),)


def test_pictures_and_numbers_are_those_of_the_scene(window: Controller) -> None:
    window.session.update(lambda state: distort(state, Distortion(blur=3.0)))
    until(lambda: shown(window) and page(window).pictures.trio is not None)
    until(lambda: "30 of 255" in page(window).sentence.text())
    trio = page(window).pictures.trio
    scene = window.session.state.scene
    plain = replace(scene, edits=())
    np.testing.assert_array_equal(trio.before, picture_of(plain))
    np.testing.assert_array_equal(trio.after, picture_of(scene))
    apart = trio.after.astype(int) - trio.before
    np.testing.assert_array_equal(trio.enlarged, 128 + 4 * apart)  # 127 // 30
    assert trio.titles == ("As it was", "As the network sees it", "Difference ×4")
    assert f"mean {abs(apart).mean():.3g};" in page(window).sentence.text()
    factor = page(window).factor
    factor.setCurrentIndex(factor.findData(16.0))
    factor.activated.emit(factor.currentIndex())
    assert "cut off beyond" in page(window).sentence.text()
    factor.setCurrentIndex(0)
    factor.activated.emit(0)


def test_misleading_is_seen_alone_told_and_taken_back(window: Controller) -> None:
    window.session.update(lambda state: distort(state, Distortion(blur=3.0)))
    form = page(window).attack
    page(window).kinds[1].click()
    form.epsilon.setValue(6)
    form.run.compute.click()
    until(lambda: attack_in(window.session.state.scene) is not None)
    until(lambda: shown(window) and form.outcome.text())
    assert edits(window) == (Distortion(blur=3.0), Adversarial(epsilon=6))
    trio = page(window).pictures.trio
    assert trio.titles[0] == "Before misleading"
    apart = trio.after.astype(int) - trio.before
    assert (apart.min(), apart.max()) == (0, 6)
    np.testing.assert_array_equal(trio.enlarged, 128 + 21 * apart)
    before, after = (
        said_of(replace(window.session.state.scene, edits=edits(window)[:count])).top("main", 1)[0]
        for count in (1, 2)
    )
    first = f"main: {before[1]} {100 * before[2]:.1f} % → {after[1]} {100 * after[2]:.1f} %"
    assert form.outcome.text().startswith(first)
    assert form.outcome.text().endswith("No value changed by more than 6 of 255.")
    assert not form.run.compute.isEnabled()
    form.epsilon.setValue(9)
    assert form.run.compute.text() == "Mislead again"
    form.back.click()
    until(lambda: shown(window))
    assert edits(window) == (Distortion(blur=3.0),)
    assert page(window).pictures.trio.titles[0] == "As it was"
    assert form.outcome.text() == ""
    window.session.undo()
    until(lambda: shown(window) and form.outcome.text())
    assert form.epsilon.value() == 6


def test_misleading_can_be_cancelled_and_fails_in_a_sentence(
    window: Controller, worker: ChangingWorker
) -> None:
    form = page(window).attack
    form.epsilon.setValue(11)
    worker.hold[Picture] = threading.Event()
    form.run.compute.click()
    assert form.run.running
    form.run.cancel.click()
    assert not form.run.running
    form.run.compute.click()
    window.window.menus["cancel"].trigger()
    assert not form.run.running
    worker.hold.pop(Picture).set()
    settle(0.05)
    assert edits(window) == ()
    worker.failures[Picture] = QuestionError("The head aux1 is missing.")
    form.epsilon.setValue(12)
    form.run.compute.click()
    until(lambda: form.problem.text())
    assert form.problem.text() == "The head aux1 is missing."
    assert edits(window) == ()


def test_what_cannot_be_shown_is_taken_back(window: Controller, worker: ChangingWorker) -> None:
    window.session.update(lambda state: distort(state, Distortion(blur=3.0)))
    until(lambda: shown(window))
    worker.failures[Overview] = QuestionError("No such picture.")
    page(window).distort.dials["rotation"].box.setValue(30)
    until(lambda: edits(window) == (Distortion(blur=3.0),))
    until(lambda: page(window).distort.dials["rotation"].value == 0)
    window.window.messages.clear()


def test_python_of_the_page_makes_the_same_edits(window: Controller) -> None:
    state = mislead(distort(window.session.state, Distortion(blur=3.0)), Adversarial("pgd", 8))
    state = paint(state, (Stroke(((1.5, 2.0), (3.0, 4.25)), 5.0),))
    text = changed_input(state, "attack", 15.0)
    lines = text.splitlines()
    begin, end = lines.index("edits = ["), lines.index("]")
    made = eval("\n".join(lines[begin : end + 1]).removeprefix("edits = "), {"iv": edit_questions})
    assert tuple(made) == state.scene.edits
    assert "before = net.trace(photo, edits=edits[:-1])" in lines
    assert "128 + 15 * apart" in text
    off = set_interventions(state, (Intervention("inception3a"),))
    lines = changed_input(off, "attack", 15.0).splitlines()
    assert "interventions = [" in lines
    assert "after = net.trace(photo, interventions=interventions, edits=edits)" in lines


def test_saved_pictures_say_what_was_done(window: Controller, tmp_path: Path) -> None:
    window.session.update(lambda state: distort(state, Distortion(blur=3.0)))
    until(lambda: shown(window) and "30 of 255" in page(window).sentence.text())
    page(window).save_seen(tmp_path / "seen.png")
    seen = QImage(str(tmp_path / "seen.png")).convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(seen.constBits(), np.uint8).reshape(seen.height(), -1)
    pixels = rows[:, : 3 * seen.width()].reshape(seen.height(), seen.width(), 3)
    np.testing.assert_array_equal(pixels, picture_of(window.session.state.scene))
    assert page(window).note.text() == "Saved seen.png."
    page(window).save_pictures(tmp_path / "three.png")
    saved = QImage(str(tmp_path / "three.png"))
    caption = saved.text("Description")
    assert caption.startswith(f"{window.session.state.open_image.name}: ")
    assert page(window).sentence.text() in caption
    assert window.session.state.checkpoint[:12] in caption
    page(window).copy_picture()
    assert QApplication.clipboard().image().size() == saved.size()


def test_a_picture_is_large_where_three_beside_each_other_leave_room(window: Controller) -> None:
    pictures = page(window).pictures
    pictures.setFixedSize(400, 270)
    beside = (400 - 2 * 8) / 3
    before, after, apart = pictures.pane_rects()
    assert after.width() > 1.5 * beside
    assert before.height() + apart.height() < after.height() <= 270
    assert not any(a.intersects(b) for a, b in ((before, after), (after, apart), (before, apart)))
    QTest.mouseClick(pictures, Qt.MouseButton.LeftButton, pos=apart.center().toPoint())
    assert [pane.width() for pane in pictures.pane_rects()] == [
        *(before.width(), apart.width(), after.width())
    ]
    QTest.keyClick(pictures, Qt.Key.Key_2)
    assert pictures.pane_rects() == [before, after, apart]
    pictures.setFixedSize(1200, 300)
    assert len({pane.width() for pane in pictures.pane_rects()}) == 1
    pictures.setMinimumSize(0, 0)
    pictures.setMaximumSize(1 << 14, 1 << 14)
