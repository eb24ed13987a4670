"""A head that was never trained is greyed, hatched and explained wherever it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import ui_data
import verdict_data
from fake_worker import FakeWorker, write_photo
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget
from verdict_data import REASON
from window_tools import close, open_controller, settle, shows, until

from inception_viewer.headline import headline
from inception_viewer.questions import HeadState
from inception_viewer.session import AttributionSettings
from inception_viewer.ui import theme
from inception_viewer.ui.attribution.export import full_caption
from inception_viewer.ui.controller import Controller
from inception_viewer.ui.head_words import annotated, note, notes
from inception_viewer.ui.network import texts
from inception_viewer.ui.predictions.rows import as_csv, as_text, deepest_head, top_rows

STATES: dict[str, HeadState] = {"aux1": "untrained", "aux2": "trained", "main": "trained"}
NEVER = "aux1 was never trained: what it says means nothing."


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    folder = tmp_path_factory.mktemp("untrained")
    file, photo = folder / "half.pth", write_photo(folder / "photo.png", 1)
    file.touch()
    arguments = ("--checkpoint", str(file), "--theme", "light", str(photo))
    made = open_controller(FakeWorker(heads=STATES), folder / "settings.ini", *arguments)
    until(shows(made, "photo.png"))
    until(lambda: made.judging.suggestion, "what the samples say")
    yield made
    assert close(made)


def saturation(image: QImage, box: QRectF) -> float:
    """The mean difference between the strongest and the weakest of red, green and blue."""
    ratio = image.devicePixelRatio()
    xs = range(round(box.left() * ratio), max(round(box.right() * ratio), 1))
    ys = range(round(box.top() * ratio), max(round(box.bottom() * ratio), 1))
    colours = [image.pixelColor(x, y).getRgb()[:3] for x in xs for y in ys]
    return float(np.mean([max(c) - min(c) for c in colours]))


def hatched(widget: QWidget, box: QRectF) -> bool:
    """Whether a part of a widget alternates, in grey, along its rows."""
    image = widget.grab().toImage()
    y = round(box.center().y() * image.devicePixelRatio())
    xs = range(round(box.left()) + 2, round(box.right()) - 2)
    light = [image.pixelColor(x, y).lightness() for x in xs]
    changes = np.count_nonzero(np.abs(np.diff(np.array(light) > np.mean(light))))
    return saturation(image, box) < 12 and changes >= len(light) / 10 and np.ptp(light) > 20


# --- words --------------------------------------------------------------------------------


def test_one_place_has_the_words_for_every_state() -> None:
    states = {"aux1": "untrained", "aux2": "fitted", "main": "trained"}
    told = notes(verdict_data.info(states))
    assert [one.words for one in told.values()] == ["untrained", "fitted here", "trained"]
    assert told["aux1"].sentence == f"{NEVER} {REASON}"
    assert told["main"].sentence == ""
    fit = replace(verdict_data.info(states), metadata={"fitted": '{"images": 1350}'})
    assert note(fit, "aux2").sentence == "aux2: fitted here on 1,350 images."
    plain = replace(ui_data.checkpoint_info(), heads={"main": "unknown"})
    assert note(plain, "main").sentence == "main: training unknown."
    assert note(plain, "aux1").words == "absent"
    assert notes(None) == {}


def test_units_of_such_a_head_say_so_and_others_keep_their_notes() -> None:
    info = verdict_data.info(STATES)
    graph = annotated(info)
    told = {node.name for node in graph.nodes if NEVER in node.note}
    assert told == {"aux1/pool", "aux1/conv", "aux1/fc1", "aux1/fc2"}
    trained = verdict_data.info(ui_data.HEADS)
    assert annotated(trained) is trained.graph
    noise = annotated(verdict_data.info({**STATES, "main": "untrained"}))
    assert "main was never trained" in noise.node("fc").note
    assert noise.node("inception4a").note == info.graph.node("inception4a").note


def test_the_headline_does_not_quote_it() -> None:
    predictions = replace(ui_data.predictions(), heads=STATES)
    sentence = headline(predictions, verdict_data.info(STATES))
    assert "aux1" not in sentence
    assert "aux2 already said cup" in sentence
    states = {**STATES, "main": "untrained"}
    sentence = headline(replace(predictions, heads=states), verdict_data.info(states))
    assert "The main head of the demo was never trained: its answers mean nothing." in sentence
    assert "aux2 says cup" in sentence
    none = dict.fromkeys(STATES, "untrained")
    sentence = headline(replace(predictions, heads=none), verdict_data.info(none))
    assert sentence == "The demo was never trained: its answers mean nothing."


# --- predictions --------------------------------------------------------------------------


def test_its_column_is_grey_hatched_and_explained(opened: Controller) -> None:
    table = opened.window.predictions.table
    geometry = table._geometry()
    image = table.viewport().grab().toImage()
    for head, most, least in (("aux1", 12.0, 0.0), ("main", 255.0, 40.0)):
        left, _ = geometry.column(head)
        chip = QRectF(left, 4 + geometry.line / 2 - 4, 8, 8)
        assert least <= saturation(image, chip) <= most, head
    for head, grey in (("aux1", True), ("main", False)):
        values = opened.frames.frame.overview.predictions.probabilities[head]
        place = int(np.argmax(values[table.rows]))
        bar = geometry.track(head, table.row_rect(place).top())
        bar.setWidth(bar.width() * float(values[table.rows[place]]) - 1)
        assert bar.width() > 4
        assert (saturation(image, bar) < 12) is grey, head
    assert table.head_tip("aux1") == f"aux1, after 4a\n{NEVER} {REASON}"
    assert table.head_tip("main") == "main, last"
    assert geometry.head_at(geometry.column("aux1")[0] + 2) == "aux1"
    assert geometry.head_at(2) == ""
    assert "(untrained)" in table.tip(0)
    sentence = opened.window.predictions.sentence
    assert "aux1 is untrained" in sentence.text()
    assert REASON in sentence.toolTip()


def test_what_is_copied_of_it_says_so(opened: Controller) -> None:
    predictions = opened.frames.frame.overview.predictions
    assert as_text(predictions, [0]).splitlines()[0] == "class\taux1 (untrained)\taux2\tmain"
    titles = as_csv(predictions, [0]).splitlines()[0].split(",")
    assert titles[2:6] == [
        "aux1_untrained_probability",
        "aux1_untrained_logit",
        "aux2_probability",
        "aux2_logit",
    ]


def test_it_neither_chooses_nor_orders_the_classes_listed() -> None:
    predictions = replace(ui_data.predictions(), heads={**STATES, "main": "untrained"})
    assert deepest_head(predictions) == "aux2"
    rows = top_rows(predictions, 5)
    shown = predictions.probabilities["aux2"][rows]
    assert list(shown) == sorted(shown, reverse=True)
    none = replace(predictions, heads=dict.fromkeys(STATES, "untrained"))
    assert deepest_head(none) == "main"


# --- the network --------------------------------------------------------------------------


def test_its_boxes_are_hatched_and_its_class_is_not_told(opened: Controller) -> None:
    network = opened.window.network
    assert network.legend.tells_untrained
    assert "aux1" in network.legend.toolTip()
    shown = network.canvas.shown
    tip = texts.tooltip(shown.facts, "aux1/fc2", shown.overview, shown.heads)
    assert "(untrained)" in tip
    assert NEVER in tip
    assert "top class" not in tip
    assert "top class" in texts.tooltip(shown.facts, "aux2/fc2", shown.overview, shown.heads)
    spoken = texts.spoken(shown.facts, "aux1/fc2", shown.overview, shown.heads, None)
    assert "untrained" in spoken
    assert "top class" not in spoken


def test_the_legend_explains_the_hatching_only_where_there_is_some(opened: Controller) -> None:
    legend = opened.window.network.legend
    box = QRectF(theme.GRID, (legend.height() - 10) / 2, 14, 10)
    assert hatched(legend, box)
    opened.window.network.legend.set_untrained([])
    assert not hatched(legend, box)
    assert "Hatched" not in legend.toolTip()
    legend.set_untrained(["aux1"])


# --- maps, inspector ----------------------------------------------------------------------


def test_its_maps_say_so_in_the_maps_and_in_the_inspector(opened: Controller) -> None:
    opened.select_unit("aux1/conv")
    until(lambda: opened.frames.settled)
    header = opened.window.maps.headers[0]
    assert header.badge == "untrained"
    assert header.is_hatched
    assert NEVER in header.toolTip()
    assert hatched(header, QRectF(0, 0, header.width(), 7))
    opened.select_channel(("aux1/conv", 0))
    inspector = opened.window.inspector
    until(lambda: inspector.head_note.sentence)
    assert inspector.head_note.sentence == f"{NEVER} {REASON}"
    assert ("Note", f"{NEVER} {REASON}") in inspector.facts.rows
    opened.select_unit("aux2/conv")
    until(lambda: opened.frames.settled)
    opened.select_channel(("aux2/conv", 0))
    until(lambda: opened.window.maps.headers[0].badge == "")
    assert inspector.head_note.sentence == ""
    opened.select_unit("inception3a")
    until(lambda: opened.frames.settled)


# --- attribution --------------------------------------------------------------------------


def test_explaining_it_is_allowed_and_called_what_it_is(opened: Controller) -> None:
    view = opened.window.attribution
    opened.window.show_tab(view)
    texts = [view.form.head.itemText(row) for row in range(view.form.head.count())]
    assert texts == ["main", "aux2", "aux1 (untrained)"]
    icons = [view.form.head.itemIcon(row).pixmap(12, 12).toImage() for row in range(3)]
    colourful = [saturation(icon, QRectF(0, 0, 12, 12)) for icon in icons]
    assert colourful[2] < 12 < min(colourful[:2])
    opened.session.update(
        lambda s: replace(s, attribution=AttributionSettings("layer_grad_cam", "aux1"))
    )
    until(lambda: opened.attributing.answer and not opened.attributing.answer.partial)
    assert view.form.head_note.sentence == f"{NEVER} {REASON}"
    assert view.form.target.currentText() == "top class", "its top class is nobody's knowledge"
    assert view.result.head_note.sentence == "aux1 was never trained: this map means nothing."
    assert REASON in view.result.head_note.toolTip()
    assert view.result.panes._badge == "untrained head"
    answer, chosen = opened.attributing.answer, view.result.colouring
    assert full_caption(answer, chosen, view.result.warning).startswith(NEVER)
    opened.session.update(
        lambda s: replace(s, attribution=AttributionSettings("layer_grad_cam", "aux2"))
    )
    until(lambda: opened.attributing.answer and not opened.attributing.answer.partial)
    assert view.form.head_note.sentence == view.result.head_note.sentence == ""
    assert view.result.panes._badge == ""
    assert view.form.target.currentText().endswith("(top)")
    opened.window.tabs.setCurrentWidget(opened.window.maps)


# --- tray, top row ------------------------------------------------------------------------


def test_the_top_row_shows_which_heads_are_noise(opened: Controller) -> None:
    marks = opened.window.top_row.heads
    assert marks.states == STATES
    assert marks.isVisible()
    assert REASON in marks.toolTip()
    assert "aux1: untrained" in marks.accessibleDescription()
    image = marks.grab().toImage()
    assert saturation(image, marks.box("aux1")) < 12
    assert saturation(image, marks.box("main")) > 60
    assert hatched(marks, marks.box("aux1"))


def test_the_tray_gives_no_answer_of_an_untrained_main_head(tmp_path: Path) -> None:
    file, photo = tmp_path / "noise.pth", write_photo(tmp_path / "photo.png", 1)
    file.touch()
    worker = FakeWorker(heads={**STATES, "main": "untrained"})
    made = open_controller(worker, tmp_path / "s.ini", "--checkpoint", str(file), str(photo))
    until(shows(made, "photo.png"))
    tray = made.window.tray.model
    until(lambda: tray.verdicts)
    assert set(tray.verdicts.values()) == {"head untrained"}
    assert made.window.headline.sentence.startswith("The main head of noise.pth was never trained")
    settle()
    assert close(made)


def test_a_point_on_the_mark_is_grey_in_the_dark_too(opened: Controller) -> None:
    opened.set_theme("dark")
    settle()
    marks = opened.window.top_row.heads
    image = marks.grab().toImage()
    assert saturation(image, marks.box("aux1")) < 16
    centre = marks.box("main").center()
    seen = image.pixelColor(QPointF(centre * image.devicePixelRatio()).toPoint())
    assert seen == QColor(theme.DARK.head("main"))
    opened.set_theme("light")
    settle()
