"""Painting with a real network: the heads follow, the marks stay, and a notebook says the same."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import ui_data
from oracles import torchvision_activations
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest
from torch import nn
from window_tools import close, open_controller, settle, until

from inception_viewer.edit_questions import BrushSettings, Stroke
from inception_viewer.images.preprocess import normalise
from inception_viewer.painted import paint, use_brush
from inception_viewer.questions import Glance, Overview, Predictions
from inception_viewer.ui import commands, theme
from inception_viewer.ui.attribution.strokes import PIECE, Drawing, unseen
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.predictions.geometry import Geometry, bar
from inception_viewer.ui.predictions.rows import row_text, top_rows
from inception_viewer.ui.predictions_view import PredictionsView

# --- the heads -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened(
    checkpoint: Path, photo: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Controller]:
    controller = open_controller(
        "inception_viewer.analysis:make_worker",
        tmp_path_factory.mktemp("painting") / "settings.ini",
        str(photo),
        "--checkpoint",
        str(checkpoint),
        "--device",
        "cpu",
    )
    until(lambda: controller.frames.frame is not None, "the first frame", 120)
    yield controller
    assert close(controller)


@pytest.fixture
def window(opened: Controller) -> Iterator[Controller]:
    """With the brush taken up, wide enough to matter, and nothing painted."""
    opened.session.update(lambda state: use_brush(state, BrushSettings(40.0)))
    opened.window.attribution.take_brush(False)
    opened.window.menus["brush"].trigger()
    yield opened
    opened.session.update(lambda state: replace(paint(state, ()), stroking=False))
    until(lambda: opened.frames.settled)


def stroke_over(window: Controller, points: list[tuple[float, float]]) -> list[Predictions]:
    """Paint with the mouse; return what the heads said, each time that they spoke."""
    panes = window.window.attribution.result.panes
    rect = panes.pane_rects()[0]
    scale = rect.width() / 224
    said: list[Predictions] = []

    def at(point: tuple[float, float]) -> QPoint:
        return (rect.topLeft() + QPointF(*point) * scale).toPoint()

    def listen(frame: Any) -> None:
        said.append(window.window.predictions._predictions)

    window.frames.switched.connect(listen)
    QTest.mousePress(panes, Qt.MouseButton.LeftButton, pos=at(points[0]))
    for point in points[1:]:
        QTest.mouseMove(panes, at(point))
        settle(0.05)
    until(lambda: window.frames.settled)
    QTest.mouseRelease(panes, Qt.MouseButton.LeftButton, pos=at(points[-1]))
    until(lambda: window.frames.settled)
    window.frames.switched.disconnect(listen)
    return said


def by_hand(seen: np.ndarray, strokes: tuple[Stroke, ...]) -> np.ndarray:
    """Grey where a stroke was: each pixel's distance to each segment, as complex numbers."""
    y, x = np.mgrid[: seen.shape[0], : seen.shape[1]] + 0.5
    covered = np.zeros(seen.shape[:2])
    for stroke in strokes:
        for begin, end in zip(stroke.points, stroke.points[1:] or stroke.points, strict=False):
            z, way = x + 1j * y - complex(*begin), complex(*end) - complex(*begin)
            along = np.clip((z * way.conjugate()).real / (abs(way) ** 2 or 1), 0, 1)
            near = abs(z - along * way)
            covered = np.maximum(covered, np.clip(stroke.radius + 0.5 - near, 0, 1))
    return np.rint(seen + covered[..., None] * (128.0 - seen)).astype(np.uint8)


def test_three_heads_change_while_one_paints(window: Controller, peer: nn.Module) -> None:
    seen = window.frames.frame.overview.picture
    before = window.window.predictions._predictions
    said = stroke_over(window, [(60 + 6.0 * i, 70 + 3.0 * i) for i in range(16)])
    mains = [one.logits["main"].tobytes() for one in said]
    assert len(set(mains)) >= 3  # on the way, not only at the end
    scene = window.frames.frame.scene
    picture = by_hand(seen, scene.edits[0].strokes)
    assert np.array_equal(window.frames.frame.overview.picture, picture)
    x = torch.tensor(normalise(picture, scene.preprocessing))[None]
    with torch.no_grad():
        theirs = torchvision_activations(peer, x)
    for head, unit in (("aux1", "aux1/fc2"), ("aux2", "aux2/fc2"), ("main", "fc")):
        expected = theirs[unit][0].numpy()
        found = window.window.predictions._predictions.logits[head]
        assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()
    # The marks are of the photo as it was, in the very table that shows what is left of it.
    marks = window.window.predictions.table._sheet.untouched
    assert np.array_equal(marks.logits["main"], before.logits["main"])
    # Of the way there nothing is kept: neither answers nor traces.
    scenes = {
        question.scene for question in window.runner.cache._values if hasattr(question, "scene")
    }
    assert all(one.edits in ((), scene.edits) for one in scenes)


def test_marks_are_found_out_where_the_photo_is_looked_at_painted_first(
    window: Controller,
) -> None:
    """As after another checkpoint was opened: nobody has asked about the untouched photo."""
    stroke_over(window, [(60, 70), (120, 70)])
    window.painting._untouched = None
    window.runner.cache.forget(lambda question: isinstance(question, Glance | Overview))
    window.frames.refresh()
    until(lambda: window.frames.settled)
    marks = until(lambda: window.window.predictions.table._sheet.untouched)
    painted = window.window.predictions._predictions
    assert not np.array_equal(marks.logits["main"], painted.logits["main"])
    window.painting.clear()
    until(lambda: window.frames.settled)
    assert np.array_equal(
        marks.logits["main"], window.window.predictions._predictions.logits["main"]
    )
    assert window.window.predictions.table._sheet.untouched is None


def run_copied(window: Controller, kind: str) -> dict[str, Any]:
    QGuiApplication.clipboard().clear()
    commands.copy_python(window, kind)
    names: dict[str, Any] = {}
    exec(QGuiApplication.clipboard().text(), names)
    return names


def test_copied_lines_paint_too(window: Controller) -> None:
    stroke_over(window, [(60, 70), (90, 90), (120, 70)])
    window.session.update(lambda state: use_brush(state, BrushSettings(40.0, "inpaint")))
    until(lambda: window.frames.settled and window.attributing.answer is not None)
    shown = window.frames.frame.overview
    names = run_copied(window, "predictions")
    for head, logits in shown.predictions.logits.items():
        np.testing.assert_allclose(names[f"{head}_logits"], logits, atol=1e-4)
    names = run_copied(window, "seen")
    assert np.array_equal(names["picture"], shown.picture)
    names = run_copied(window, "attribution")
    ours = window.attributing.answer.map
    np.testing.assert_allclose(names["result"].map, ours, atol=1e-4 * np.abs(ours).max())
    assert names["edits"] == [window.session.state.painting]


# --- the marks -------------------------------------------------------------------------------


@pytest.fixture
def view(qtbot: Any, light: None) -> PredictionsView:
    made = PredictionsView()
    qtbot.addWidget(made)
    made.resize(360, 420)
    made.set_predictions(ui_data.predictions())
    made.show()
    return made


def weaker(predictions: Predictions, index: int, by: float) -> Predictions:
    """As before, but for one class, whose probability in every head is ``by``."""
    probabilities = {head: values.copy() for head, values in predictions.probabilities.items()}
    for values in probabilities.values():
        values[index] = by
    return replace(predictions, probabilities=probabilities)


def painted(view: PredictionsView) -> QImage:
    table = view.table.viewport()
    image = QImage(QSize(table.width(), table.height()), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    table.render(painter, QPoint())
    painter.end()
    return image


def test_mark_stands_where_the_bar_ended(view: PredictionsView) -> None:
    top = view.table.rows[0]
    view.set_untouched(weaker(ui_data.predictions(), top, 0.25))
    image = painted(view)
    track = Geometry.at(view.table.viewport().width()).track("main", view.table.row_rect(0).top())
    end = round(bar(track, 0, 1, 0.25).right())
    text = QColor(theme.current().text)
    above = round(track.top()) - 2  # beyond the bar, so that it is seen on any of them
    assert text in (image.pixelColor(end - 1, above), image.pixelColor(end, above))
    assert image.pixelColor(end + 12, above) != text
    view.set_untouched(None)
    assert text not in (
        painted(view).pixelColor(end - 1, above), painted(view).pixelColor(end, above),
    )  # fmt: skip


def test_marks_are_said_and_their_numbers_too(view: PredictionsView) -> None:
    top = view.table.rows[0]
    before = weaker(ui_data.predictions(), top, 0.25)
    assert "Marks: before painting." not in view.sentence.text()
    view.set_untouched(before)
    assert "Marks: before painting." in view.sentence.text()
    assert view.table.tip(0).count("before painting 25 %") == 3
    assert "before" not in row_text(ui_data.predictions(), top)
    view.set_untouched(None)
    assert "Marks: before painting." not in view.sentence.text()


def test_class_that_came_first_before_stays_listed() -> None:
    now = ui_data.predictions()
    last = int(np.argsort(now.probabilities["main"])[0])
    before = weaker(now, last, 1.0)
    assert last not in top_rows(now, 8)
    assert last in top_rows(now, 8, before)
    assert len(top_rows(now, 8, before)) == 8


def test_logits_marks_share_the_bars_range(view: PredictionsView) -> None:
    far = ui_data.predictions()
    logits = {head: values * 3 for head, values in far.logits.items()}
    view.logits.setChecked(True)
    view.set_untouched(replace(far, logits=logits))
    low, high = view.table._sheet.span()
    every = np.concatenate([*far.logits.values(), *logits.values()])
    assert (low, high) == (min(0.0, every.min()), max(0.0, every.max()))


# --- strokes ---------------------------------------------------------------------------------


def test_points_too_near_to_be_seen_are_left_out() -> None:
    drawing = Drawing((10, 10), 16.0, False)
    assert not drawing.go_to((11, 11))
    assert drawing.go_to((12.004, 10))
    assert drawing.strokes == (Stroke(((10, 10), (12.0, 10)), 16.0),)


def test_what_the_picture_does_not_show_is_what_was_drawn_after_it() -> None:
    drawing = Drawing((0, 50), 4.0, False)
    parts = []
    for x in range(1, 2 * PIECE):
        assert drawing.go_to((float(x), 50))
        parts.append(drawing.strokes)
    earlier = Stroke(((5.0, 5.0),), 9.0)
    for shown in parts[::7]:
        left = unseen(drawing.strokes, (earlier, *shown))
        first, last = shown[-1].points[-1], drawing.last
        assert left[0].points[0] == first or shown[-1] in drawing.strokes
        length = sum(
            math.dist(a, b) for s in left for a, b in zip(s.points, s.points[1:], strict=False)
        )
        assert length == pytest.approx(math.dist(first, last), abs=1e-9)
    assert unseen(drawing.strokes, parts[-1]) == ()
    assert unseen(drawing.strokes, ()) == drawing.strokes
