"""The brush in the window: gestures by the mouse and the keys, and what follows them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from fake_worker import FakeWorker, write_photo
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from window_tools import close, drop, mime_of, open_controller, settle, shows, until

from inception_viewer.edit_questions import BrushSettings
from inception_viewer.errors import QuestionError
from inception_viewer.painted import paint
from inception_viewer.questions import Attribution, Overview, PassingOverview
from inception_viewer.session import AttributionSettings
from inception_viewer.ui.attribution.brush_bar import BrushBar
from inception_viewer.ui.attribution.brushing import Brushing
from inception_viewer.ui.attribution.panes import Panes
from inception_viewer.ui.controller import Controller

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
NAMES = ("first.png", "second.png")


@pytest.fixture(scope="module")
def worker() -> FakeWorker:
    return FakeWorker()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photos")
    return [write_photo(folder / name, seed) for seed, name in enumerate(NAMES)]


@pytest.fixture(scope="module")
def opened(
    worker: FakeWorker, photos: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Controller]:
    settings = tmp_path_factory.mktemp("settings") / "settings.ini"
    controller = open_controller(worker, settings, *map(str, photos), "--theme", "light")
    until(shows(controller, "first.png"), "the first photo")
    yield controller
    assert close(controller)


@pytest.fixture
def window(opened: Controller, worker: FakeWorker) -> Iterator[Controller]:
    """The shared window: the brush is taken up over the first photo, and nothing is painted."""
    opened.window.menus["brush"].trigger()
    until(lambda: opened.frames.settled)
    worker.asked.clear()
    yield opened
    worker.let_go()
    opened.window.messages.clear()
    brush(opened).drop()
    opened.window.attribution.take_brush(False)
    bar(opened).eraser.setChecked(False)
    first = opened.session.state.images[0].id
    opened.session.update(
        lambda state: replace(
            state,
            image=first,
            paintings=(),
            stroking=False,
            brush=BrushSettings(),
            attribution=AttributionSettings(),
        )
    )
    panes(opened).set_zoom(type(panes(opened).zoom).whole(224, 224))
    until(lambda: opened.frames.settled and opened.frames.frame.scene == opened.session.state.scene)


def panes(window: Controller) -> Panes:
    return window.window.attribution.result.panes


def brush(window: Controller) -> Brushing:
    return panes(window).brush


def bar(window: Controller) -> BrushBar:
    return window.window.attribution.result.brush_bar


def place(window: Controller, x: float, y: float, pane: int = 0) -> QPoint:
    """Where a point of the picture is on the widget."""
    rect, source = panes(window).pane_rects()[pane], panes(window).zoom.source
    return QPointF(
        rect.left() + (x - source.left()) / source.width() * rect.width(),
        rect.top() + (y - source.top()) / source.height() * rect.height(),
    ).toPoint()


def drag(
    window: Controller,
    points: list[tuple[float, float]],
    button: Qt.MouseButton = LEFT,
    keys: Qt.KeyboardModifier = NONE,
    pane: int = 0,
) -> None:
    """Press at the first point, go through the others, release at the last."""
    over = panes(window)
    QTest.mousePress(over, button, keys, place(window, *points[0], pane))
    for point in points[1:]:
        QTest.mouseMove(over, place(window, *point, pane))
        settle()
    QTest.mouseRelease(over, button, keys, place(window, *points[-1], pane))


def shown(window: Controller) -> bool:
    """Whether the views show what the session looks at."""
    frame = window.frames.frame
    return window.frames.settled and frame.scene == window.session.state.scene


def test_ctrl_b_takes_the_brush_up_and_escape_lays_it_down(opened: Controller) -> None:
    tabs, view = opened.window.tabs, opened.window.attribution
    tabs.setCurrentWidget(opened.window.maps)
    action = opened.window.menus["brush"]
    assert action.shortcut().toString() == "Ctrl+B"
    action.trigger()
    assert tabs.currentWidget() is view
    assert view.has_brush
    assert action.isChecked()
    assert len(panes(opened).pane_rects()) == 2
    assert panes(opened).contextMenuPolicy() == Qt.ContextMenuPolicy.PreventContextMenu
    QTest.keyClick(panes(opened), Qt.Key.Key_Escape)
    assert not view.has_brush
    assert not action.isChecked()
    assert len(panes(opened).pane_rects()) == 3
    assert panes(opened).contextMenuPolicy() == Qt.ContextMenuPolicy.ActionsContextMenu
    # From another tool of the view, too, and though the menus have Escape for something else.
    action.trigger()
    opened.window.menus["cancel"].setEnabled(True)
    QTest.keyClick(bar(opened).fill, Qt.Key.Key_Escape)
    assert not view.has_brush
    opened.window.menus["cancel"].setEnabled(False)


def test_dragging_paints_where_the_pointer_was(window: Controller) -> None:
    path = [(30.0, 40.0), (60.0, 40.0), (90.0, 80.0), (120.0, 150.0)]
    drag(window, path)
    until(lambda: shown(window))
    (made,) = window.frames.frame.scene.edits
    (stroke,) = made.strokes
    assert made.fill == "grey"
    assert (stroke.radius, stroke.erases) == (12.0, False)
    half = 0.5 * 224 / panes(window).pane_rects()[0].width()  # of a pixel of the screen
    assert len(stroke.points) == len(path)
    for point, (x, y) in zip(stroke.points, path, strict=True):
        assert point == (pytest.approx(x, abs=half + 0.01), pytest.approx(y, abs=half + 0.01))
    # 156 pixels of a line 24 wide, and two half circles.
    assert window.window.headline.sentence.startswith("With 8 % painted over, grey: ")
    assert not window.session.state.stroking
    assert brush(window).wet == ()


def test_every_view_says_that_the_picture_is_painted(window: Controller) -> None:
    drag(window, [(30, 40), (200, 40)])
    until(lambda: shown(window) and window.attributing.answer is not None)
    said = "9 % painted over, grey"
    assert said in window.window.headline.sentence
    assert ("Edited", said) in window.window.inspector.input_facts.rows
    record = window.record()["scene"]
    assert record["painted"] == said
    assert record["painted_share"] == pytest.approx((170 * 24 + 3.14 * 144) / 224**2, abs=2e-3)
    assert len(record["edits"][0]["strokes"]) == 1
    image = window.session.state.image
    assert window.window.tray.model.marks == {image: "painted"}
    # The explanation, which came by itself, is that of the painted picture.
    answer = window.attributing.answer
    assert answer.question.scene == window.session.state.scene
    assert said in window.window.attribution.result.caption.text()
    assert answer.question.scene.edits


def test_right_button_shift_and_the_eraser_take_away(window: Controller) -> None:
    drag(window, [(30, 40), (90, 40)])
    drag(window, [(30, 60), (90, 60)], RIGHT)
    drag(window, [(30, 80), (90, 80)], keys=SHIFT)
    QTest.mouseClick(bar(window).eraser, LEFT)
    drag(window, [(30, 100), (90, 100)])
    drag(window, [(30, 120), (90, 120)], RIGHT)  # the other way round
    strokes = window.session.state.painting.strokes
    assert [stroke.erases for stroke in strokes] == [False, True, True, True, False]


def test_overlay_can_be_painted_on_and_a_zoomed_picture(window: Controller) -> None:
    panes(window).set_zoom(panes(window).zoom.zoomed(4, QPointF(60, 70)))
    drag(window, [(60, 70), (70, 72)], pane=1)
    (stroke,) = window.session.state.painting.strokes
    assert stroke.points[0] == (pytest.approx(60, abs=0.4), pytest.approx(70, abs=0.4))
    assert stroke.radius == 12.0


def test_strokes_go_one_by_one_through_undo(window: Controller) -> None:
    drag(window, [(30, 40), (90, 40), (120, 60)])
    drag(window, [(30, 90), (90, 90)])
    until(lambda: shown(window))
    assert len(window.session.state.painting.strokes) == 2
    window.window.menus["undo"].trigger()
    until(lambda: shown(window))
    assert len(window.frames.frame.scene.edits[0].strokes) == 1
    window.window.menus["undo"].trigger()
    until(lambda: shown(window))
    assert window.frames.frame.scene.edits == ()
    assert not window.window.headline.sentence.startswith("With")
    window.window.menus["redo"].trigger()
    window.window.menus["redo"].trigger()
    assert len(window.session.state.painting.strokes) == 2


def test_undo_right_after_a_dab_is_not_overtaken_by_its_answer(
    window: Controller, worker: FakeWorker
) -> None:
    worker.hold[Overview] = worker.hold[PassingOverview] = threading.Event()
    QTest.mouseClick(panes(window), LEFT, NONE, place(window, 50, 60))
    assert not window.frames.settled
    window.window.menus["undo"].trigger()
    worker.hold[Overview].set()
    settle(0.2)
    assert shown(window)
    assert window.frames.frame.scene.edits == ()


def test_clear_shows_the_photo_as_it_is(window: Controller) -> None:
    clear = window.window.menus["clear_painting"]
    assert not clear.isEnabled()
    assert not bar(window).clear.isEnabled()
    drag(window, [(30, 40), (90, 40)])
    assert clear.isEnabled()
    QTest.mouseClick(bar(window).clear, LEFT)
    until(lambda: shown(window))
    assert window.frames.frame.scene.edits == ()
    assert not clear.isEnabled()
    window.window.menus["undo"].trigger()
    assert window.session.state.painting is not None


def test_each_photo_keeps_its_own(window: Controller) -> None:
    drag(window, [(30, 40), (90, 40)])
    mine = window.session.state.painting
    second = window.session.state.images[1].id
    window.select_image(second)
    until(lambda: shown(window))
    assert window.frames.frame.scene.edits == ()
    drag(window, [(100, 100), (120, 140)])
    until(lambda: shown(window))
    assert window.session.state.painting != mine
    assert len(window.window.tray.model.marks) == 2
    window.select_image(window.session.state.images[0].id)
    until(lambda: shown(window))
    assert window.frames.frame.scene.edits == (mine,)


def test_while_an_answer_is_awaited_only_the_newest_stroke_waits(
    window: Controller, worker: FakeWorker
) -> None:
    """However fast the pointer is: no answer is taken back, and the last is of the whole."""
    over = panes(window)
    worker.hold[PassingOverview] = threading.Event()
    QTest.mousePress(over, LEFT, NONE, place(window, 20, 30))
    until(lambda: any(isinstance(q, PassingOverview) for q in worker.asked))
    for x in range(24, 200, 4):
        QTest.mouseMove(over, place(window, x, 30))
        settle()
    asked = [q for q in worker.asked if isinstance(q, PassingOverview)]
    assert len(asked) == 1
    assert len(brush(window).wet) >= 1
    worker.hold[PassingOverview].set()
    until(lambda: window.frames.settled)
    asked = [q for q in worker.asked if isinstance(q, PassingOverview)]
    assert len(asked) == 2
    assert asked[1].scene.edits[0].strokes[0].points[-1][0] == pytest.approx(196, abs=1)
    assert window.session.state.stroking
    QTest.mouseRelease(over, LEFT, NONE, place(window, 196, 30))
    assert not window.session.state.stroking
    assert shown(window)
    # Nothing of the way there is kept.
    assert all(window.runner.cache.get(q) is None for q in asked)


def test_no_explanation_is_asked_for_before_the_brush_is_lifted(
    window: Controller, worker: FakeWorker
) -> None:
    over = panes(window)
    QTest.mousePress(over, LEFT, NONE, place(window, 20, 30))
    rects = over.pane_rects()
    for x in range(24, 120, 8):
        QTest.mouseMove(over, place(window, x, 30))
        settle(0.01)
    until(lambda: window.frames.settled)
    assert not any(isinstance(q, Attribution) for q in worker.asked)
    assert over.pane_rects() == rects  # nothing moves under the brush
    assert "while you paint" in over._instead
    QTest.mouseRelease(over, LEFT, NONE, place(window, 120, 30))
    until(lambda: window.attributing.answer is not None)
    assert over.pane_rects() == rects


@pytest.mark.parametrize("size", [(1280, 800), (1024, 640)])
def test_nothing_moves_under_the_brush(window: Controller, size: tuple[int, int]) -> None:
    """Whatever appears with the first stroke has its room before it, in a small window too."""
    window.window.resize(*size)
    settle(0.1)
    over = panes(window)
    rects, corner = over.pane_rects(), over.mapTo(window.window, QPoint(0, 0))
    assert len(rects) == (2 if size[1] == 800 else 1)
    assert rects[0].width() > 130
    QTest.mousePress(over, LEFT, NONE, place(window, 60, 60))
    QTest.mouseMove(over, place(window, 90, 60))
    until(lambda: window.frames.frame.scene.edits)
    settle(0.1)
    assert (over.pane_rects(), over.mapTo(window.window, QPoint(0, 0))) == (rects, corner)
    QTest.mouseRelease(over, LEFT, NONE, place(window, 90, 60))
    until(lambda: shown(window))
    settle(0.1)
    assert (over.pane_rects(), over.mapTo(window.window, QPoint(0, 0))) == (rects, corner)
    window.window.resize(1280, 800)
    settle(0.05)


def test_long_stroke_is_drawn_in_pieces_that_meet(window: Controller) -> None:
    path = [(20.0 + 1.6 * i, 60.0 + 20 * (i % 2)) for i in range(100)]
    drag(window, path)
    strokes = window.session.state.painting.strokes
    assert len(strokes) == 3
    for one, other in pairwise(strokes):
        assert one.points[-1] == other.points[0]
    window.window.menus["undo"].trigger()
    assert window.session.state.painting is None


def test_keys_paint_and_change_the_size(window: Controller) -> None:
    over = panes(window)
    over.setFocus()
    QTest.keyClick(over, Qt.Key.Key_BracketRight)
    assert window.session.state.brush.radius == pytest.approx(14.4)
    QTest.keyClick(over, Qt.Key.Key_BracketLeft)
    assert window.session.state.brush.radius == pytest.approx(12.0)
    QTest.keyClick(over, Qt.Key.Key_Right)
    row, column = over.point
    QTest.keyPress(over, Qt.Key.Key_Space)
    for _ in range(3):
        QTest.keyClick(over, Qt.Key.Key_Down, SHIFT)
    assert window.session.state.stroking
    QTest.keyRelease(over, Qt.Key.Key_Space)
    (stroke,) = window.session.state.painting.strokes
    assert stroke.points[0] == (column + 0.5, row + 0.5)
    assert stroke.points[-1] == (column + 0.5, row + 24.5)
    QTest.keyClick(over, Qt.Key.Key_Space, SHIFT)
    assert window.session.state.painting.strokes[-1].erases
    assert not window.session.state.stroking


def test_fill_and_size_are_chosen_and_remembered(window: Controller) -> None:
    drag(window, [(30, 40), (90, 40)])
    box = bar(window).fill
    box.setCurrentIndex(box.findData("blur"))
    box.activated.emit(box.currentIndex())
    until(lambda: shown(window))
    assert window.frames.frame.scene.edits[0].fill == "blur"
    bar(window).radius.setValue(30)
    drag(window, [(60, 140), (90, 140)])
    assert window.session.state.painting.strokes[-1].radius == 30.0
    assert window.window.preferences.brush == BrushSettings(30.0, "blur")
    window.window.menus["undo"].trigger()
    window.window.menus["undo"].trigger()
    assert window.session.state.painting.fill == "grey"
    assert box.currentData() == "grey"
    window.window.preferences.brush = BrushSettings()


def test_without_the_brush_nothing_is_painted(window: Controller) -> None:
    window.window.attribution.take_brush(False)
    drag(window, [(30, 40), (90, 40)])
    QTest.keyClick(panes(window), Qt.Key.Key_Space)
    assert window.session.state.painting is None


def test_another_photo_in_the_middle_of_a_stroke_ends_it(
    window: Controller, photos: list[Path], tmp_path: Path
) -> None:
    over = panes(window)
    QTest.mousePress(over, LEFT, NONE, place(window, 20, 30))
    QTest.mouseMove(over, place(window, 60, 30))
    third = write_photo(tmp_path / "third.png", 77)
    drop(window, mime_of([third]))
    until(shows(window, "third.png"))
    assert not brush(window).is_drawing
    assert not window.session.state.stroking
    assert window.frames.frame.scene.edits == ()
    QTest.mouseMove(over, place(window, 90, 60))
    QTest.mouseRelease(over, LEFT, NONE, place(window, 90, 60))
    assert window.session.state.painting is None
    window.opening.remove((window.session.state.image,))


def test_painting_that_fails_is_taken_back_and_said(window: Controller, worker: FakeWorker) -> None:
    drag(window, [(30, 40), (90, 40)])
    until(lambda: shown(window))
    before = window.session.state.painting
    worker.failures[Overview] = QuestionError("The brush has lost its hair.")
    window.session.update(lambda state: paint(state, (*before.strokes, before.strokes[0])))
    until(lambda: window.window.messages.sentences)
    assert window.session.state.painting == before
    assert shown(window)


def test_pointer_is_the_brush_over_the_pictures_only(window: Controller) -> None:
    over = panes(window)
    QTest.mouseMove(over, place(window, 100, 100))
    QApplication.processEvents()
    assert over.cursor().shape() == Qt.CursorShape.BlankCursor
    QTest.mouseMove(over, QPoint(2, 2))
    assert over.cursor().shape() == Qt.CursorShape.ArrowCursor
