"""Confusion, calibration and mistakes on the screen, against each photo's answer."""

from __future__ import annotations

from dataclasses import replace

import evaluation_data as made
import numpy as np
import pytest
import ui_data
from evaluation_data import shown
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QApplication

from inception_viewer.ui import theme
from inception_viewer.ui.evaluation import words
from inception_viewer.ui.evaluation.calibration_tab import CalibrationTab
from inception_viewer.ui.evaluation.confusion_tab import ConfusionTab
from inception_viewer.ui.evaluation.confusion_table import levels_of, shrunk, table_of
from inception_viewer.ui.evaluation.mistakes_tab import MistakesTab, Which
from inception_viewer.ui.evaluation.thumbnails import ThumbnailStore

pytestmark = pytest.mark.usefixtures("light")
CLASSES, PHOTOS = len(ui_data.CLASSES), 600


@pytest.fixture(scope="module")
def measured():
    return made.measured()


@pytest.fixture(scope="module")
def said():
    """What each head said of each photo, once more."""
    return made.all_said()


# --- confusion ---------------------------------------------------------------------------


@pytest.fixture
def confusion(qtbot, measured):
    tab = shown(qtbot, ConfusionTab(), (1100, 640))
    tab.show_measured(measured, "main")
    QApplication.processEvents()
    return tab


def test_the_table_of_confusions_is_the_plain_count(measured, said):
    table, one = table_of(measured.answer, "main"), said["main"]
    expected = np.zeros((CLASSES, CLASSES), int)
    for was, told in zip(one.truth, one.said, strict=True):
        expected[was, told] += 1
    kept = table.places
    assert set(kept) == set(one.truth) | set(one.said)
    assert np.array_equal(table.counts, expected[np.ix_(kept, kept)])
    assert table.counts.sum() == PHOTOS


def test_levels_are_shares_of_the_row_and_mistakes_alone_rescale_them(measured):
    table = table_of(measured.answer, "main")
    levels, high = levels_of(table)
    assert high == 1.0
    row = int(np.argmax(table.totals))
    share = table.counts[row] / table.totals[row]
    assert np.array_equal(levels[row], 1 + np.round(254 * share.astype(np.float32)))
    assert (levels[table.totals == 0] == 0).all()
    alone, most = levels_of(table, mistakes_only=True)
    assert (np.diag(alone) == 0).all()
    assert alone.max() == 255
    off = table.counts / np.maximum(table.totals, 1)[:, None]
    np.fill_diagonal(off, 0)
    assert most == pytest.approx(off.max())


@pytest.mark.parametrize("factor", [1, 2, 3, 7])
def test_no_confusion_vanishes_when_it_is_made_small(factor):
    levels = np.ones((50, 50), np.uint8)
    levels[13, 37] = 200
    small = shrunk(levels, factor)
    assert small.shape == (-(-50 // factor),) * 2
    assert small[13 // factor, 37 // factor] == 200
    assert (small == 200).sum() == 1


@pytest.mark.parametrize("zoomed", [False, True])
def test_a_cell_is_painted_where_it_is_pointed_at(confusion, zoomed):
    matrix, table = confusion.matrix, confusion.matrix.table
    if zoomed:
        matrix.zoom(4.0)
    matrix.select(*[int(table.places[5])] * 2)
    picture = matrix.viewport().grab().toImage()
    levels, _ = levels_of(table)
    colours = theme.colour_table("viridis")
    seen = 0
    for row in range(0, table.size, 3):
        for column in range(0, table.size, 3):
            centre = matrix.rect_of((row, column)).center()
            if matrix.cell_at(centre) is None or not matrix.viewport().rect().contains(
                centre.toPoint()
            ):
                continue
            assert matrix.cell_at(centre) == (row, column)
            if max(abs(row - 5), abs(column - 5)) < 4:
                continue  # beside the frame of the selected cell
            level = levels[row, column]
            expected = QColor(theme.current().border) if level == 0 else QColor(*colours[level])
            at = centre.toPoint()
            assert picture.pixelColor(at) == expected, (row, column)
            seen += 1
    assert seen > 20


def test_pointer_and_keys_read_a_cell(qtbot, confusion, measured):
    matrix, table = confusion.matrix, confusion.matrix.table
    was, told, count = measured.answer.heads["main"].confusion.worst(1)[0]
    matrix.select(was, told)
    names, total = ui_data.CLASSES, int(measured.answer.count[was])
    begin = f"{names[was]} taken for {names[told]}: {count} of {total} photos ("
    assert confusion.readout.text().startswith(begin)
    assert matrix.accessibleDescription() == confusion.readout.text()
    row, column = matrix.selected
    qtbot.keyClick(matrix, Qt.Key.Key_Right)
    assert matrix.selected == (row, column + 1)
    qtbot.keyClick(matrix, Qt.Key.Key_Home)
    assert matrix.selected == (row, 0)
    at = matrix.rect_of((3, 3)).center()
    move = QMouseEvent(
        QEvent.Type.MouseMove,
        at,
        matrix.viewport().mapToGlobal(at),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(matrix.viewport(), move)
    assert confusion.readout.text().startswith(f"{table.names[3]} recognised: ")


def test_the_list_selects_in_the_matrix_and_asks_for_photos(qtbot, confusion, measured):
    worst = measured.answer.heads["main"].confusion.worst(3)
    assert confusion.model.rows[:3] == worst
    confusion.list.setCurrentIndex(confusion.model.index(2, 0))
    table, (row, column) = confusion.matrix.table, confusion.matrix.selected
    assert (table.places[row], table.places[column]) == worst[2][:2]
    with qtbot.waitSignal(confusion.mistakes_requested) as caught:
        qtbot.keyClick(confusion.matrix, Qt.Key.Key_Return)
    assert caught.args == [Which(*worst[2][:2])]


def test_zoom_keeps_what_is_under_the_pointer(confusion):
    matrix = confusion.matrix
    matrix.zoom(4.0)  # less than that leaves room beside the table, which stays in the middle
    point = QPointF(400, 200)
    cell = matrix.cell_at(point)
    matrix.zoom(1.25, point)
    matrix.zoom(1.25, point)
    assert matrix.cell_at(point) == cell
    assert cell is not None
    matrix.fit()
    assert matrix.horizontalScrollBar().maximum() == 0


def test_a_thousand_classes_fit_and_can_be_read(qtbot):
    tab = shown(qtbot, ConfusionTab(), (900, 600))
    tab.show_measured(made.measured(made.evaluation(1000, 3000)), "main")
    QApplication.processEvents()
    matrix = tab.matrix
    side = matrix.cell * matrix.size_
    assert side <= matrix.viewport().height()
    for _ in range(20):
        matrix.zoom(1.25)
    assert matrix.rect_of(matrix.selected).width() >= 16
    assert matrix.cell_at(matrix.rect_of(matrix.selected).center()) == matrix.selected


# --- calibration -------------------------------------------------------------------------


def test_bins_are_read_by_pointer_and_keys(qtbot, measured, said):
    tab = shown(qtbot, CalibrationTab())
    tab.show_measured(measured, "main")
    plot, one = tab.plot, said["main"]
    right = one.truth == one.said
    qtbot.keyClick(plot, Qt.Key.Key_End)
    inside = one.sure >= 14 / 15
    expected = (
        f"main. Said with 93 to 100 %: {inside.sum()} photos, "
        f"{100 * one.sure[inside].mean():.1f} % sure in the mean, "
        f"{100 * right[inside].mean():.1f} % of them right."
    )
    assert tab.readout.text().replace("\xa0", " ") == expected
    place = plot.point(9.5 / 15, 0.5)
    assert plot.bin_at(place.x()) == 9
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert plot.bin == 9
    assert plot.point(0, 0) == QPointF(plot.plot().left(), plot.plot().bottom())
    assert plot.point(1, 1).y() == plot.plot().top()
    for head, curve in ((h, measured.answer.heads[h].calibration) for h in said):
        assert f"{head} {words.percent(curve.expected_error)}" in tab.legend.text()


# --- mistakes ----------------------------------------------------------------------------


@pytest.fixture
def mistakes(qtbot, measured):
    store = ThumbnailStore()
    tab = shown(qtbot, MistakesTab(store), (900, 600))
    asked = []
    store.wanted.connect(asked.append)
    tab.asked, tab.store = asked, store
    tab.show_measured(measured, "main")
    return tab


def test_mistakes_come_surest_first_and_say_what_was_what(mistakes, said):
    one = said["main"]
    wrong = np.flatnonzero(one.truth != one.said)
    order = wrong[np.argsort(-one.sure[wrong])]
    listed = mistakes.grid.items
    paths = [mistake.path for mistake in listed.mistakes]
    assert paths == [made.path_of("/photos/of things", i) for i in order]
    first, names = order[0], ui_data.CLASSES
    was, told = names[one.truth[first]], names[one.said[first]]
    text = listed.index(0, 0).data().replace("\xa0", " ")
    assert text == f"was {was}, said {told} {100 * one.sure[first]:.0f} %, gave {was} 1 %"
    assert mistakes.caption.text() == f"{len(wrong)} mistakes of main, the surest first."


def test_only_pictures_in_sight_are_asked_for_and_each_once(qtbot, mistakes):
    qtbot.waitUntil(lambda: len(mistakes.asked) == 1)
    paths = [mistake.path for mistake in mistakes.grid.items.mistakes]
    first = mistakes.asked[0]
    assert list(first) == paths[: len(first)]
    assert 5 < len(first) < len(paths)
    pixels = np.zeros((10, 20, 3), np.uint8)
    mistakes.store.take(dict.fromkeys(first[1:], pixels), {first[0]: "It is cut short."})
    assert mistakes.store.picture(first[1]).width() == 20
    mistakes.grid._ask()
    assert len(mistakes.asked) == 1
    assert "cut short" in mistakes.grid.items.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    mistakes.grid.scrollToBottom()
    qtbot.waitUntil(lambda: len(mistakes.asked) == 2)
    assert paths[-1] in mistakes.asked[1]
    assert not set(mistakes.asked[1]) & set(first)


def test_a_click_and_enter_open_a_photo(qtbot, mistakes):
    grid = mistakes.grid
    place = grid.visualRect(grid.items.index(1, 0)).center()
    with qtbot.waitSignal(mistakes.opened) as caught:
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert caught.args == [grid.items.mistakes[1].path]
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    with qtbot.waitSignal(mistakes.opened) as caught:
        qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert caught.args == [grid.items.mistakes[2].path]


def test_some_of_the_mistakes(mistakes, measured):
    was, told, count = measured.answer.heads["main"].confusion.worst(1)[0]
    mistakes.choose(Which(was, told))
    assert len(mistakes.grid.items.mistakes) == count
    names = ui_data.CLASSES
    assert f"about {names[was]} taken for {names[told]}" in mistakes.caption.text()
    mistakes.all_button.click()
    assert mistakes.which == Which()
    few = made.evaluation()
    head = replace(few.heads["main"], mistakes=few.heads["main"].mistakes[:3])
    mistakes.show_measured(made.measured(replace(few, heads={"main": head})), "main")
    assert mistakes.caption.text().startswith("The 3 surest of ")
