"""Intervening by menu, list and slider in the window; what follows, and how fast."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fake_worker import FakeWorker
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from window_tools import close, open_photos, settle, until

from inception_viewer.errors import QuestionError
from inception_viewer.intervention_questions import Intervention
from inception_viewer.questions import Glance, Overview, PassingOverview
from inception_viewer.touched import set_interventions
from inception_viewer.ui import commands
from inception_viewer.ui.attributing import UNTOUCHED
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.intervene.touch_row import STEPS
from inception_viewer.ui.lab.words import told

NAMES = ("first.png", "second.png")
UNIT = "inception4a/5x5"
OFF = Intervention(UNIT)


@pytest.fixture(scope="module")
def worker() -> FakeWorker:
    return FakeWorker()


@pytest.fixture(scope="module")
def opened(worker: FakeWorker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    controller = open_photos(worker, tmp_path_factory.mktemp("photos"), NAMES)
    yield controller
    assert close(controller)


@pytest.fixture
def window(opened: Controller, worker: FakeWorker) -> Iterator[Controller]:
    """The shared window, the Intervene tab in front and nothing touched."""
    opened.window.menus["show_intervene"].trigger()
    until(lambda: shown(opened))
    worker.asked.clear()
    yield opened
    worker.let_go()
    opened.window.messages.clear()
    first = opened.session.state.images[0].id
    opened.session.update(
        lambda state: set_interventions(replace(state, image=first, channel=None), ())
    )
    until(lambda: shown(opened))


def shown(window: Controller) -> bool:
    """Whether the views show what the session looks at."""
    frame = window.frames.frame
    return bool(window.frames.settled and frame and frame.scene == window.session.state.scene)


def entry(menu: QMenu, text: str) -> QAction:
    """An entry of a menu, or of a menu within it."""
    for action in menu.actions():
        inner = action.menu()
        if action.text() == text:
            return action
        if isinstance(inner, QMenu):
            found = [a for a in inner.actions() if a.text() == text]
            if found:
                return found[0]
    raise LookupError(text)


def both(window: Controller) -> tuple[str, str]:
    """The photo looked at and the other one."""
    ids = [image.id for image in window.session.state.images]
    here = window.session.state.image
    return here, next(one for one in ids if one != here)


def name_of(window: Controller, image: str) -> str:
    return next(one.name for one in window.session.state.images if one.id == image)


def touched(window: Controller) -> tuple[Intervention, ...]:
    return window.session.state.interventions


def test_menu_of_a_unit_switches_it_off_and_puts_it_back(window: Controller) -> None:
    network = window.window.network
    entry(network.context_menu(UNIT), "Switch off").trigger()
    until(lambda: shown(window))
    assert window.frames.frame.scene.interventions == (OFF,)
    menu = network.context_menu(UNIT)
    assert entry(menu, "Switch off").isChecked()
    assert "switched off" in network.canvas.shown.touched[UNIT].sentence
    assert network.canvas.shown.touched[UNIT].off
    entry(menu, "Put back").trigger()
    assert touched(window) == ()
    assert not network.canvas.shown.touched
    assert not network.can_be_touched("fc")
    assert network.can_be_touched("inception4a")
    assert not entry(network.context_menu(UNIT), "Put back").isEnabled()


def test_menu_offers_the_trays_photos_and_freezes(window: Controller) -> None:
    first, second = both(window)
    network = window.window.network
    other = name_of(window, second)
    entry(network.context_menu("inception4a"), other).trigger()
    assert touched(window) == (Intervention("inception4a", "patch", images=(second,)),)
    entry(network.context_menu("inception4a"), "Freeze as it is for this photo").trigger()
    assert touched(window) == (Intervention("inception4a", "patch", images=(first,)),)
    assert network.canvas.shown.touched["inception4a"].words == "frozen"
    entry(
        network.context_menu("inception4a"), "Hold at its mean over the tray (2 photos)"
    ).trigger()
    tray = tuple(image.id for image in window.session.state.images)
    assert touched(window) == (Intervention("inception4a", "mean", images=tray),)


def test_menu_key_opens_the_focused_units_menu(
    window: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _place: opened.append(menu))
    canvas = window.window.network.canvas
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    canvas.set_focused("conv2")
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), canvas.mapToGlobal(QPoint(1, 1))
    )
    QApplication.sendEvent(canvas, event)
    entry(opened[0], "Switch off").trigger()
    assert touched(window) == (Intervention("conv2"),)


def test_scale_opens_the_list_on_its_slider(window: Controller) -> None:
    window.window.menus["show_maps"].trigger()
    entry(window.window.network.context_menu(UNIT), "Scale…").trigger()
    assert window.window.tabs.currentWidget() is window.window.intervene_tab
    (row,) = window.window.intervene.touched.rows
    assert row.one == Intervention(UNIT, "scale", factor=1.0)
    assert row.slider.value() == STEPS
    assert window.window.intervene.pages.currentWidget() is window.window.intervene.touched


def test_right_click_on_a_map_touches_its_channel(
    window: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _place: opened.append(menu))
    window.window.menus["show_maps"].trigger()
    window.select_unit("inception4a")
    until(lambda: window.frames.frame.maps.unit == "inception4a" and window.frames.settled)
    settle(0.05)
    maps = window.window.maps
    grid = maps.grids[1]
    place = grid.channel_rect(5).center().toPoint()
    at = grid.mapTo(maps, place)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, grid.mapToGlobal(place))
    maps.contextMenuEvent(event)
    entry(opened[0], "Switch off").trigger()
    assert touched(window) == (Intervention("inception4a/3x3", "zero", (5,)),)
    until(lambda: shown(window))
    assert maps.headers[1].badge == "1 ch. switched off"
    assert maps.headers[0].badge == ""
    whole = maps.context_menu(("inception4a/3x3", 7))
    entry(whole, "Switch off").trigger()
    assert touched(window)[1] == Intervention("inception4a/3x3", "zero", (7,))


def test_list_changes_what_is_done(window: Controller) -> None:
    page = window.window.intervene.touched
    window.select_unit(UNIT)
    QTest.mouseClick(page.add, Qt.MouseButton.LeftButton)
    assert touched(window) == (OFF,)
    (row,) = page.rows
    row.mode.setCurrentIndex(row.mode.findData("patch"))
    row.mode.activated.emit(row.mode.currentIndex())
    _, second = both(window)
    assert touched(window) == (Intervention(UNIT, "patch", images=(second,)),)
    row.mode.setCurrentIndex(row.mode.findData("scale"))
    row.mode.activated.emit(row.mode.currentIndex())
    row.channels.setText("0, 3-5")
    row.channels.editingFinished.emit()
    scaled = Intervention(UNIT, "scale", (0, 3, 4, 5), factor=1.0)
    assert touched(window) == (scaled,)
    row.channels.setText("48")
    row.channels.editingFinished.emit()
    assert touched(window) == (scaled,)
    assert "0 to 47" in page.problem.text()
    row.factor.setValue(0.25)
    assert touched(window) == (replace(scaled, factor=0.25),)
    QTest.mouseClick(row.remove, Qt.MouseButton.LeftButton)
    assert touched(window) == ()
    window.intervening.do(OFF)
    window.intervening.do(Intervention("conv1"))
    QTest.mouseClick(page.clear, Qt.MouseButton.LeftButton)
    assert touched(window) == ()


def drag(window: Controller, values: list[int]) -> None:
    """Press the slider's handle, go through values, release at the last."""
    (row,) = window.window.intervene.touched.rows
    row.slider.setSliderDown(True)
    for value in values:
        row.slider.setSliderPosition(value)
        settle()
    row.slider.setSliderDown(False)


def test_a_drag_is_one_step_and_shows_what_is_passing(
    window: Controller, worker: FakeWorker
) -> None:
    window.intervening.do(Intervention(UNIT, "scale", factor=1.0))
    until(lambda: shown(window))
    worker.asked.clear()
    drag(window, [90, 70, 50, 30])
    until(lambda: shown(window))
    assert touched(window) == (Intervention(UNIT, "scale", factor=0.3),)
    assert not window.session.state.stroking
    asked = [q for q in worker.asked if isinstance(q, Overview)]
    assert isinstance(asked[0], PassingOverview)
    assert asked[-1].scene.interventions[0].factor == 0.3
    commands.travel(window, window.session.undo)
    assert touched(window) == (Intervention(UNIT, "scale", factor=1.0),)
    commands.travel(window, window.session.redo)
    assert touched(window) == (Intervention(UNIT, "scale", factor=0.3),)


def test_while_an_answer_is_on_its_way_the_newest_value_waits(
    window: Controller, worker: FakeWorker
) -> None:
    window.intervening.do(Intervention(UNIT, "scale", factor=1.0))
    until(lambda: shown(window))
    worker.asked.clear()
    worker.hold[PassingOverview] = threading.Event()
    (row,) = window.window.intervene.touched.rows
    row.slider.setSliderDown(True)
    for value in (90, 80, 70, 60):
        row.slider.setSliderPosition(value)
        settle(0.02)
    passing = [q for q in worker.asked if isinstance(q, PassingOverview)]
    assert [q.scene.interventions[0].factor for q in passing] == [0.9]
    worker.hold.pop(PassingOverview).set()
    until(lambda: window.frames.frame.scene.interventions[0].factor == 0.6)
    passing = [q for q in worker.asked if isinstance(q, PassingOverview)]
    assert [q.scene.interventions[0].factor for q in passing] == [0.9, 0.6]
    assert window.session.state.stroking
    row.slider.setSliderDown(False)
    assert not window.session.state.stroking


def test_every_view_says_what_is_touched(window: Controller) -> None:
    window.select_unit("inception4a")
    window.intervening.do(OFF)
    until(lambda: shown(window))
    said = "inception4a/5x5 switched off"
    assert window.window.headline.sentence.startswith(f"With {said}: ")
    assert ("Touched", said) in window.window.inspector.input_facts.rows
    record = window.record()
    assert record["scene"]["touched"] == said
    assert record["scene"]["interventions"][0]["unit"] == UNIT
    assert record["views"]["graph"] == window.session.state.image
    assert window.window.maps.headers[2].badge == "switched off"
    until(lambda: "Marks: before intervening." in window.window.predictions.sentence.text())
    assert "switched off" in window.window.network.canvas.tooltip_at(
        QPointF(window.window.network.canvas.rect_of(UNIT).center())
    )
    assert window.window.intervene.buttons[0].text() == "Touched (1)"
    window.intervening.clear()
    until(lambda: shown(window))
    assert "Marks" not in window.window.predictions.sentence.text()
    assert said not in window.window.headline.sentence


def test_ghosts_are_the_untouched_answers_asked_for_once(
    window: Controller, worker: FakeWorker
) -> None:
    window.intervening.do(OFF)
    until(lambda: shown(window))
    window.intervening.do(Intervention(UNIT, "scale", factor=0.5))
    until(lambda: shown(window))
    plain = replace(window.frames.frame.scene, interventions=())
    until(lambda: window.window.predictions._untouched is not None)
    assert worker.asked.count(Glance(plain)) <= 1
    assert window.window.predictions._untouched.image == plain.image


def test_ghosts_are_shown_where_they_are_known_already(window: Controller) -> None:
    window.intervening.do(OFF)
    for image in (*both(window)[::-1], both(window)[1]):  # by the second time it is in the cache
        window.session.update(lambda state, image=image: replace(state, image=image))
        until(lambda: shown(window))
        until(lambda: window.window.predictions._untouched is not None, "the ghosts")
        assert window.window.predictions._untouched.image == image


def test_attribution_explains_the_untouched_network_and_says_so(window: Controller) -> None:
    window.window.menus["show_attribution"].trigger()
    until(lambda: window.attributing.answer is not None)
    assert UNTOUCHED not in window.attributing.answer.note
    window.intervening.do(OFF)
    until(lambda: shown(window) and UNTOUCHED in window.attributing.answer.note)
    assert window.attributing.answer.question.scene.interventions == ()
    assert UNTOUCHED.rstrip(".") in window.window.attribution.result.caption.text()
    window.window.menus["show_lab"].trigger()
    lab = window.window.lab_tab.lab
    until(lambda: lab.board.cells and not lab.panes.note.isHidden())
    assert lab.panes.note.text() == UNTOUCHED
    assert UNTOUCHED in told(lab.board.cells[0], lab.classes, {})
    window.intervening.clear()
    until(lambda: shown(window))
    assert UNTOUCHED not in window.attributing.answer.note
    assert lab.panes.note.isHidden()
    assert UNTOUCHED not in told(lab.board.cells[0], lab.classes, {})


def test_what_fails_goes_back_to_what_is_shown(window: Controller, worker: FakeWorker) -> None:
    worker.failures[Overview] = QuestionError("It cannot be touched.")
    window.intervening.do(Intervention("inception5a/5x5"))
    until(lambda: window.window.messages.sentences)
    assert touched(window) == ()
    assert shown(window)


def test_clear_is_greyed_while_nothing_is_touched(window: Controller) -> None:
    clear = window.window.menus["clear_interventions"]
    assert not clear.isEnabled()
    window.intervening.do(OFF)
    assert clear.isEnabled()
    clear.trigger()
    assert touched(window) == ()
