"""The views of an evaluation: their numbers, counted again from each photo's answer."""

from __future__ import annotations

from itertools import pairwise

import evaluation_data as made
import numpy as np
import pytest
import ui_data
from evaluation_data import shown
from PySide6.QtCore import QPoint, Qt
from scipy.stats import binomtest

from inception_viewer.folder_questions import Share
from inception_viewer.ui import theme
from inception_viewer.ui.evaluation import words
from inception_viewer.ui.evaluation.class_model import ClassModel
from inception_viewer.ui.evaluation.classes_tab import ClassesTab
from inception_viewer.ui.evaluation.heads_table import HeadsTable, lines_of
from inception_viewer.ui.evaluation.mistakes_tab import Which
from inception_viewer.ui.evaluation.results import Results, differences, labels
from inception_viewer.ui.evaluation.thumbnails import ThumbnailStore

pytestmark = pytest.mark.usefixtures("light")
CLASSES, PHOTOS = len(ui_data.CLASSES), 600
NOISE = {"aux1": "untrained", "aux2": "untrained", "main": "trained"}


@pytest.fixture(scope="module")
def measured():
    return made.measured()


@pytest.fixture(scope="module")
def said():
    """What each head said of each photo, once more."""
    return made.all_said()


# --- the heads ---------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(3))
def test_each_head_tells_its_shares_with_intervals(measured, said, place):
    line = lines_of(measured)[place]
    one = said[line.head]
    right = one.truth == one.said
    interval = binomtest(int(right.sum()), PHOTOS).proportion_ci(method="wilson")
    assert line.cells[0].text.replace("\xa0", " ") == f"{right.mean():.1%}".replace("%", " %")
    low, high = 100 * interval.low, 100 * interval.high
    assert line.cells[0].beside.replace("\xa0", " ") == f"{low:.1f} to {high:.1f} %"
    per_class = [right[one.truth == label].mean() for label in np.unique(one.truth)]
    assert line.cells[2].text == words.percent(float(np.mean(per_class)))


def test_the_calibration_error_is_the_mean_gap(measured, said):
    one = said["main"]
    right, edges = one.truth == one.said, np.linspace(0, 1, made.BINS + 1)
    gaps = 0.0
    for low, high in pairwise(edges):
        inside = (one.sure >= low) & (one.sure < high if high < 1 else one.sure <= 1)
        if inside.any():
            gaps += abs(right[inside].mean() - one.sure[inside].mean()) * inside.mean()
    assert lines_of(measured)[2].cells[3].text == words.percent(gaps)


def test_arrow_keys_and_clicks_choose_a_head(qtbot, measured):
    table = shown(qtbot, HeadsTable())
    table.show_measured(measured, "main")
    with qtbot.waitSignal(table.head_chosen) as caught:
        qtbot.keyClick(table, Qt.Key.Key_Up)
    assert caught.args == ["aux2"]
    assert table.accessibleDescription().startswith("aux2: top-1")
    with qtbot.waitSignal(table.head_chosen) as caught:
        qtbot.mouseClick(table, Qt.MouseButton.LeftButton, pos=QPoint(40, table._header() + 4))
    assert caught.args == ["aux1"]


def test_untrained_heads_are_hatched_and_the_reason_is_said(qtbot):
    noisy = made.measured(made.evaluation(states=NOISE))
    lines = {line.head: line for line in lines_of(noisy)}
    assert lines["aux1"].noise
    assert "aux1 was never trained" in lines["aux1"].tip
    assert not lines["main"].noise
    assert noisy.best_head == "main"
    table = shown(qtbot, HeadsTable())
    table.show_measured(noisy, "main")
    picture = table.grab().toImage()
    colours = {picture.pixelColor(x, y).name() for x in range(330) for y in range(picture.height())}
    light = theme.current()
    assert light.head("main").lower() in colours
    assert light.head("aux1").lower() not in colours
    assert light.head("aux2").lower() not in colours


# --- classes -----------------------------------------------------------------------------


@pytest.fixture
def classes(qtbot, measured):
    tab = shown(qtbot, ClassesTab(ThumbnailStore()))
    tab.show_measured(measured, "main")
    return tab


def cells(model, row):
    return [model.index(row, column).data() for column in range(model.columnCount())]


def test_the_table_holds_every_class_with_photos_and_its_shares(classes, said):
    model = classes.model
    truth = said["main"].truth
    assert model.rowCount() == len(np.unique(truth))
    for row in range(model.rowCount()):
        label = model.place_of(row)
        mine = truth == label
        expected = [ui_data.CLASSES[label], str(mine.sum())]
        for head in ("aux1", "aux2", "main"):
            one = said[head]
            top1, top5 = (one.truth == one.said)[mine].mean(), one.five[mine].mean()
            expected += [words.percent(top1), words.percent(top5)]
        assert cells(model, row) == expected


def test_the_worst_classes_of_the_main_head_come_first_and_headings_sort(classes):
    model, header = classes.model, classes.table.horizontalHeader()
    titles = [model.headerData(c, Qt.Orientation.Horizontal) for c in range(model.columnCount())]
    column = titles.index("main\ntop-1")

    def column_values(place):
        texts = (model.index(row, place).data() for row in range(model.rowCount()))
        return [float(text.split("\xa0")[0]) for text in texts]

    assert column_values(column) == sorted(column_values(column))
    assert header.sortIndicatorSection() == column
    header.sectionClicked.emit(column)
    assert column_values(column) == sorted(column_values(column), reverse=True)
    header.sectionClicked.emit(1)
    assert column_values(1) == sorted(column_values(1))
    header.sectionClicked.emit(0)
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names == sorted(names, key=str.casefold)


def test_words_filter_and_the_selection_stays_with_its_class(classes):
    classes.select(7)
    assert classes.place == 7
    classes.sort_by(0)
    assert classes.place == 7
    classes.field.setText("CLASS 12")
    assert [classes.model.index(r, 0).data() for r in range(classes.model.rowCount())] == [
        "class 12"
    ]
    assert classes.count.text() == f"1 of {classes.model.total} classes with photos"
    classes.field.setText("no such thing")
    assert classes.model.rowCount() == 0


def test_the_order_stays_when_the_difference_comes_and_goes(classes, measured):
    def order():
        return [classes.model.place_of(row) for row in range(classes.model.rowCount())]

    def sorted_by():
        section = classes.table.horizontalHeader().sortIndicatorSection()
        return classes.model.headerData(section, Qt.Orientation.Horizontal)

    before = order()
    other = made.measured(made.evaluation(seed=3))
    classes.show_measured(measured, "main", other)
    assert (order(), sorted_by()) == (before, "main\ntop-1")
    classes.sort_by(2)
    assert sorted_by() == "main\nless other"
    shown = [classes.model.index(row, 2).data() for row in range(classes.model.rowCount())]
    values = [float(text.replace("\N{MINUS SIGN}", "-")) for text in shown if text != "–"]
    assert values == sorted(values)
    classes.show_measured(measured, "main")
    assert (order(), sorted_by()) == (before, "main\ntop-1")


def test_no_one_sorts_by_an_untrained_head(qtbot):
    tab = shown(qtbot, ClassesTab(ThumbnailStore()))
    tab.show_measured(made.measured(made.evaluation(states=NOISE)), "main")
    titles = [column.title for column in tab.model.columns]
    assert titles[:3] == ["Photos", "main\ntop-1", "main\ntop-5"]
    before = [tab.model.place_of(row) for row in range(tab.model.rowCount())]
    noise = 1 + titles.index("aux1\nuntrained\ntop-1")
    tab.table.horizontalHeader().sectionClicked.emit(noise)
    assert [tab.model.place_of(row) for row in range(tab.model.rowCount())] == before
    assert tab.table.horizontalHeader().sortIndicatorSection() == 1 + titles.index("main\ntop-1")
    brush = tab.model.index(0, noise).data(Qt.ItemDataRole.BackgroundRole)
    assert brush.style() == Qt.BrushStyle.BDiagPattern
    assert "never trained" in tab.model.index(0, noise).data(Qt.ItemDataRole.ToolTipRole)


def test_a_class_shows_the_mistakes_about_it(qtbot, classes, said):
    one = said["main"]
    wrong = one.truth[one.truth != one.said]
    label = int(np.bincount(wrong).argmax())
    classes.select(label)
    mine = one.truth == label
    assert f"right on {(one.said == label)[mine].sum()} of {mine.sum()}" in classes.about.text()
    listed = classes.grid.items.mistakes
    assert len(listed) == (wrong == label).sum() > 1
    assert {mistake.was for mistake in listed} == {label}
    with qtbot.waitSignal(classes.mistakes_requested) as caught:
        classes.table.doubleClicked.emit(classes.table.currentIndex())
    assert caught.args == [Which(label)]


def test_classes_of_the_same_name_are_told_apart(qtbot):
    names = ("crane", "crane", "cup", "ewer")
    model = ClassModel()
    model.set_measured(made.measured(made.evaluation(names, 40)), "main", None)
    shown_names = {model.index(row, 0).data() for row in range(model.rowCount())}
    assert shown_names == {"crane (class 0)", "crane (class 1)"}


# --- several ------------------------------------------------------------------------------


def test_differences_are_by_name_and_never_with_noise():
    mine = made.measured()
    names = tuple(reversed(ui_data.CLASSES[:40]))
    theirs = made.measured(made.evaluation(names, 300, seed=5))
    got = differences(mine, theirs, "main")
    for place, name in enumerate(ui_data.CLASSES):
        other = names.index(name) if name in names else -1
        counts = theirs.answer.count
        if other < 0 or not counts[other] or not mine.answer.count[place]:
            assert np.isnan(got[place])
            continue
        expected = mine.answer.heads["main"].right[place] / mine.answer.count[place]
        expected -= theirs.answer.heads["main"].right[other] / counts[other]
        assert got[place] == pytest.approx(expected)
    noisy = made.measured(made.evaluation(states=NOISE))
    assert np.isnan(differences(mine, noisy, "aux1")).all()
    assert lines_of(mine, noisy)[0].cells[-1].text == "–"


def test_what_is_kept_of_several_runs():
    kept = Results()
    whole, part = made.evaluation(), made.evaluation(partial=True)
    kept.put("first", made.measured(part, running=True))
    kept.settle("first")
    assert not kept.all["first"].running
    kept.put("second", made.measured(whole, running=True))
    kept.settle("second")
    assert list(kept.all) == ["second"]
    kept.put("third", made.measured(part, running=True))
    kept.settle("third")
    assert list(kept.all) == ["second", "third"]
    assert labels(list(kept.all.values())) == [
        "demo on of things",
        "demo on of things, stopped early",
    ]
    for run in range(20):
        answer = made.evaluation(photos=5, folder=f"/photos/{run}")
        kept.put(run, made.measured(answer))
        kept.settle(run)
    assert len(kept.all) == 12
    assert 19 in kept.all


def test_points_have_a_sign():
    assert words.points(0.0123) == "+1.2"
    assert words.points(-0.0123) == "\N{MINUS SIGN}1.2"
    assert words.points(1e-6) == words.points(-1e-6) == "0.0"
    assert words.points(float("nan")) == "–"
    assert words.percent(Share(0, 0).value) == "–"
