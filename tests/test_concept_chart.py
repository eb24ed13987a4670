"""The chart and the table of a test: bars where the scores are, marks that tell, keys that walk."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import concept_data as made
import pytest
import ui_data
from evaluation_data import shown
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor

from inception_viewer.concept_questions import Concept
from inception_viewer.ui import theme
from inception_viewer.ui.concepts import words
from inception_viewer.ui.concepts.chart import ScoreChart
from inception_viewer.ui.concepts.chart_paint import LIGHT, colour_of
from inception_viewer.ui.concepts.panel import ResultPanel
from inception_viewer.ui.concepts.table import ConceptTable

FOUR = tuple(Concept(name, f"/photos/{name}") for name in ("for", "hollow", "pale", "against"))
UNITS = ("inception4c", "inception4d", "inception4e")
UNIT = "inception4d"


@pytest.fixture
def chart(qtbot, light):
    made_chart = shown(qtbot, ScoreChart(), (700, 320))
    made_chart.set_tested(made.whole(made.wanted(concepts=FOUR)))
    return made_chart


def colour_at(chart, x, y):
    return chart.grab().toImage().pixelColor(round(x), round(y)).name()


def test_a_bar_is_as_high_as_its_score(chart):
    layout = chart.painter_of().layout(chart.rect().toRectF())
    height = layout.y(0) - layout.y(1)
    assert height > 150
    for bar in chart.bars:
        box = chart.box_of(bar.key)
        assert box.height() == pytest.approx(bar.score * height)
        assert box.bottom() == pytest.approx(layout.y(0))
    boxes = [chart.box_of(bar.key) for bar in chart.bars]
    assert all(one.right() < other.left() for one, other in pairwise(boxes))


def test_fills_tell_what_is_significant(chart):
    chart.choose((UNIT, ""))  # so that no ground of the selection is below the others
    panel = theme.LIGHT.panel.lower()

    def inside(name):
        box = chart.box_of((UNIT, name))
        return colour_at(chart, box.left() + 5, box.bottom() - 4)

    def edge(name):
        box = chart.box_of((UNIT, name))
        return colour_at(chart, box.left() + 0.5, box.center().y() + 9)

    assert inside("for") == LIGHT[0].lower()
    assert inside("hollow") == panel
    assert inside("against") == LIGHT[3].lower()
    pale = QColor(inside("pale"))
    full = QColor(LIGHT[2])
    for channel in ("red", "green", "blue"):
        mixed = 255 + (getattr(full, channel)() - 255) * 70 / 255
        assert getattr(pale, channel)() == pytest.approx(mixed, abs=2)
    assert edge("hollow") != panel
    assert [bar.star for bar in chart.bars] == [True, False, False, True, False]


def test_untrained_heads_are_hatched(chart):
    before = chart.grab().toImage()
    info = ui_data.checkpoint_info()
    info = replace(info, heads={**info.heads, "main": "untrained"})
    chart.set_tested(made.whole(made.wanted(concepts=FOUR), info))
    box = chart.box_of((UNIT, "against")).toRect()
    image = chart.grab().toImage()
    seen = {image.pixelColor(x, y).name() for x in range(box.left(), box.right()) for y in
            range(box.top(), box.bottom())}  # fmt: skip
    assert colour_of(3, theme.LIGHT).name() not in seen
    assert theme.LIGHT.muted.lower() in seen
    assert image != before


def test_keys_and_clicks_choose_a_bar(qtbot, chart):
    told = []
    chart.bar_chosen.connect(told.append)
    chart.setFocus()
    assert chart.chosen == (UNIT, "for")
    steps = ((Qt.Key.Key_Right, "hollow"), (Qt.Key.Key_End, ""), (Qt.Key.Key_Left, "against"))
    for key, name in (*steps, (Qt.Key.Key_Home, "for")):
        qtbot.keyClick(chart, key)
        assert chart.chosen == (UNIT, name)
        bar = next(bar for bar in chart.bars if bar.name == name)
        assert chart.accessibleDescription() == bar.sentence
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    at = chart.box_of((UNIT, "pale")).center()
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert [key[1] for key in told] == ["hollow", "", "against", "for", "pale"]
    assert "what chance gives" in chart.bars[-1].sentence


def test_down_the_layers_bars_stand_unit_by_unit(qtbot, light):
    chart = shown(qtbot, ScoreChart(), (700, 320))
    whole = made.whole(made.wanted(UNITS, concepts=FOUR))
    chart.set_tested(replace(whole, answers=whole.answers[:2], running=True))
    assert [len(group.bars) for group in chart.groups] == [5, 5, 0]
    layout = chart.painter_of().layout(chart.rect().toRectF())
    for place, group in enumerate(chart.groups):
        for bar in group.bars:
            assert layout.group_box(place).contains(chart.box_of(bar.key).center())
    assert layout.at(QPointF(layout.group_box(2).center())) is None
    chart.choose((UNITS[1], "pale"))
    chart.set_tested(whole)
    assert chart.chosen == (UNITS[1], "pale"), "what is chosen stays while more comes"
    widths = {round(chart.box_of(bar.key).width(), 3) for bar in chart.bars}
    assert len(widths) == 1


def test_chart_and_table_choose_together(qtbot, light):
    panel = shown(qtbot, ResultPanel(), (760, 700))
    panel.set_tested(made.whole(made.wanted(UNITS)))
    assert (
        panel.table.key(panel.table.currentRow())
        == panel.chart.chosen
        == (*("inception4c", "striped"),)
    )
    assert panel.details.text().startswith("So it is of “striped”.")
    panel.table.setCurrentCell(3, 1)
    assert panel.chart.chosen == ("inception4d", "spotted")
    assert panel.details.text() == "So it is of “spotted”. “spotted” cannot be told."
    panel.chart.setFocus()
    qtbot.keyClick(panel.chart, Qt.Key.Key_End)
    assert panel.table.currentRow() == -1
    assert panel.details.text().startswith("Moving inception4e in directions that tell one draw")


def test_the_table_holds_the_numbers(qtbot, light):
    table = shown(qtbot, ConceptTable(), (700, 200))
    table.set_tested(made.whole())
    assert table.isColumnHidden(0)
    texts = [table.item(0, column).text() for column in range(1, 7)]
    plain = [text.replace("\N{NARROW NO-BREAK SPACE}", " ") for text in texts]
    assert plain == [
        *("striped", "90 % ± 2 %", "38 % ± 10 %", "0.001", "95 %", "★ speaks for the class"),
    ]
    assert table.item(1, 6).text() == "direction means nothing"
    width = sum(table.columnWidth(column) for column in range(1, 7))
    assert width == table.viewport().width(), "the last column takes what is left"


def test_all_or_nothing_is_explained():
    asked = made.question(made.wanted(), "inception5b")
    answer = made.answer(asked)
    sure = replace(answer.concepts[0], scores=(1.0, 1.0, 1.0, 1.0))
    assert "all photos agree" not in words.details(answer, sure)
    answer = replace(answer, random_scores=(0.0, 1.0, 1.0, 0.0))
    assert "At inception5b all photos agree in every run" in words.details(answer, sure)
    assert "all photos agree" not in words.details(answer, answer.concepts[0])


def test_time_left_and_where_it_stands():
    text = words.progress(0.42, 12.4, "run 3 of 10", "inception4d", 1, 9)
    assert text == "inception4d (2 of 9): run 3 of 10, 42 %, 12 s left"
    assert words.progress(0.42, None, "", "conv2", 0, 1) == "conv2: 42 %"
