"""The Intervene tab's parts by themselves: colours, contrast, keys, words, what is cancelled."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import ui_data
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inception_viewer.googlenet.variants import BRANCHES, MODULES
from inception_viewer.intervention_questions import (
    BranchImportance,
    BranchImportanceAnswer,
    DecisiveChannels,
    DecisiveChannelsAnswer,
)
from inception_viewer.intervention_words import disagreeing, importance_rows
from inception_viewer.ui import theme
from inception_viewer.ui.intervene import heats, words
from inception_viewer.ui.intervene.decisive_page import DecisivePage
from inception_viewer.ui.intervene.heat_table import HeatTable, ink
from inception_viewer.ui.intervene.importance_page import ImportancePage
from inception_viewer.ui.intervene.margins_plot import MarginsPlot

pytestmark = pytest.mark.usefixtures("light")
STORY = "inception4a, 5x5: by conductance it speaks for the class, but without it the logit rises."


def answer(photos: int = 1, conductance: bool = True) -> BranchImportanceAnswer:
    rng = np.random.default_rng(1)

    def table(scale: float) -> dict[str, dict[str, float]]:
        return {m: dict(zip(BRANCHES, map(float, rng.normal(0, scale, 4)), strict=True))
                for m in MODULES}  # fmt: skip

    lost = table(1.5)
    lost["inception3a"]["5x5"] = 0.0
    question = BranchImportance((ui_data.scene(),) * photos, conductance=conductance)
    return BranchImportanceAnswer(
        question, lost, table(0.2), table(0.1), table(0.05),
        (98,) * photos, (9.0,) * photos, (0.9,) * photos, ui_data.provenance(),
        table(1.0) if conductance else None, (STORY,) if conductance else (), photos,
    )  # fmt: skip


@pytest.fixture
def table(qtbot: QtBot) -> HeatTable:
    made = HeatTable()
    qtbot.addWidget(made)
    made.resize(360, made.sizeHint().height())
    made.set_heat(heats.lost(answer(), "logit"))
    made.show()
    return made


def painted(table: HeatTable) -> QImage:
    image = QImage(QSize(table.width(), table.height()), QImage.Format.Format_RGB32)
    image.fill(QColor(theme.current().panel))
    painter = QPainter(image)
    table.render(painter, QPoint())
    painter.end()
    return image


def test_colours_diverge_around_zero(table: HeatTable) -> None:
    image, heat = painted(table), table.heat
    assert heat is not None
    vik = theme.colour_table("vik")
    zero = table.rect_of(("inception3a", "5x5"))
    seen = image.pixelColor(round(zero.left()) + 4, round(zero.top()) + 4)
    assert (seen.red(), seen.green(), seen.blue()) == tuple(vik[128, :3])
    values = {(m, b): v for m, row in heat.values.items() for b, v in row.items()}
    most = max(values, key=lambda place: abs(values[place]))
    end = 255 if values[most] > 0 else 1
    box = table.rect_of(most)
    seen = image.pixelColor(round(box.left()) + 4, round(box.top()) + 4)
    assert (seen.red(), seen.green(), seen.blue()) == tuple(vik[end, :3])
    assert heat.colouring.limit == abs(values[most])


def test_numbers_stand_out_from_every_colour_of_the_table() -> None:
    def light(colour: QColor) -> float:
        parts = np.array([colour.redF(), colour.greenF(), colour.blueF()])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    for red, green, blue, _ in theme.colour_table("vik"):
        ground = QColor(int(red), int(green), int(blue))
        ends = sorted((light(ground), light(QColor(ink(ground)))))
        assert (ends[1] + 0.05) / (ends[0] + 0.05) >= 4.5


def test_a_disagreement_is_marked_in_its_cell_and_said(table: HeatTable) -> None:
    place = "inception4a", "5x5"
    assert table.heat.marked == {place}
    box, image = table.rect_of(place), painted(table)
    corner = image.pixelColor(round(box.right()) - 3, round(box.top()) + 3)
    ground = image.pixelColor(round(box.left()) + 4, round(box.top()) + 4)
    assert corner == QColor(ink(ground))
    assert "They disagree: by conductance it speaks for" in table.said(place)
    assert disagreeing(answer()) == {place: STORY}


def test_arrows_walk_and_enter_chooses(table: HeatTable, qtbot: QtBot) -> None:
    table.setFocus()
    assert table.focused == ("inception3a", "1x1")
    for key, place in (
        (Qt.Key.Key_Right, ("inception3a", "3x3")),
        (Qt.Key.Key_Down, ("inception3b", "3x3")),
        (Qt.Key.Key_Left, ("inception3b", "1x1")),
        (Qt.Key.Key_Left, ("inception3b", "1x1")),
        (Qt.Key.Key_End, ("inception5b", "pool")),
        (Qt.Key.Key_Down, ("inception5b", "pool")),
        (Qt.Key.Key_Home, ("inception3a", "1x1")),
    ):
        QTest.keyClick(table, key)
        assert table.focused == place
        assert f"{place[0]}/{place[1]}" in table.accessibleDescription()
    with qtbot.waitSignal(table.chosen) as caught:
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert caught.args == [("inception3a", "1x1")]


def test_switch_shows_probability_in_points(qtbot: QtBot) -> None:
    page = ImportancePage()
    qtbot.addWidget(page)
    found = answer(photos=3)
    page.set_answer(found, ui_data.CLASSES)
    assert page.lost.table.heat.values is found.logit_drop
    page.form.shown.setCurrentIndex(1)
    page.form.shown_changed.emit("probability")
    heat = page.lost.table.heat
    assert heat.values is found.probability_drop
    value = found.probability_drop["inception4b"]["3x3"]
    assert heat.texts["inception4b", "3x3"] == words.points(value)
    assert heat.spreads["inception4b", "3x3"].startswith("\N{PLUS-MINUS SIGN}")
    assert page.lost.bar.colouring.limit == heat.colouring.limit
    assert "“cup”" in page.sentence.text()
    assert page.stories.text() == STORY


def test_conductances_table_is_there_only_where_it_was_computed(qtbot: QtBot) -> None:
    page = ImportancePage()
    qtbot.addWidget(page)
    assert page.lost.isHidden()
    page.set_answer(answer(conductance=False), ui_data.CLASSES)
    assert page.credit.isHidden()
    assert not page.lost.isHidden()
    page.set_answer(answer(), ui_data.CLASSES)
    assert not page.credit.isHidden()


def test_rows_for_a_file_hold_every_number() -> None:
    found = answer()
    rows = importance_rows(found, ui_data.CLASSES)
    assert len(rows) == 1 + 36
    title = rows[0]
    line = dict(zip(title, rows[1], strict=True))
    assert (line["module"], line["branch"]) == ("inception3a", "1x1")
    assert line["logit_drop"] == found.logit_drop["inception3a"]["1x1"]
    assert line["conductance"] == found.conductance["inception3a"]["1x1"]
    assert (line["class"], line["mode"]) == ("cup", "zero")


def decisive(**changes: object) -> DecisiveChannelsAnswer:
    made = DecisiveChannelsAnswer(
        DecisiveChannels(ui_data.scene(), "inception4c"), 98, 512,
        (3, 400), (1, 2, 3), 99, (-2.0, -0.5, 1.0), (4.0, 2.0, 0.5, -0.25), ui_data.provenance(),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def test_sets_of_channels_become_interventions(qtbot: QtBot) -> None:
    page = DecisivePage()
    qtbot.addWidget(page)
    page.set_module("inception4c")
    page.set_answer(decisive(), ui_data.CLASSES)
    with qtbot.waitSignal(page.intervention_asked) as caught:
        page.flips.do.click()
    assert caught.args[0].channels == (1, 2, 3)
    with qtbot.waitSignal(page.intervention_asked) as caught:
        page.keeps.do.click()
    assert len(caught.args[0].channels) == 510
    assert not {3, 400} & set(caught.args[0].channels)
    assert "“ewer”" in page.flips.sentence.text()


def test_what_cannot_be_done_with_a_set_is_greyed(qtbot: QtBot) -> None:
    page = DecisivePage()
    qtbot.addWidget(page)
    page.set_answer(decisive(keeps=(), flips=None, becomes=None), ui_data.CLASSES)
    assert "without any channel" in page.keeps.sentence.text()
    assert not page.keeps.show_them.isEnabled()
    assert not page.flips.do.isEnabled()
    assert "every channel of inception4c is removed" in page.flips.sentence.text()
    page.set_module("")
    assert not page.run.compute.isEnabled()


def test_margins_run_in_the_order_of_the_steps(qtbot: QtBot) -> None:
    plot = MarginsPlot()
    qtbot.addWidget(plot)
    plot.resize(300, plot.sizeHint().height())
    plot.set_curves({"in": (-2.0, -0.5, 1.0), "out": (4.0, 2.0, 0.5, -0.25)})
    assert plot.bounds == (-2.0, 4.0)
    assert plot.steps == 3
    box = plot.plot_rect()
    first = plot.points((-2.0, -0.5, 1.0))
    assert first[0].y() == pytest.approx(box.bottom())
    assert all(a.x() < b.x() and a.y() > b.y() for a, b in pairwise(first))
    assert plot.points((4.0, 2.0, 0.5, -0.25))[-1].x() == pytest.approx(box.right())
    assert "in: from \N{MINUS SIGN}2.00 to +1.00 in 2 steps" in plot.accessibleDescription()
