"""The predictions view: which rows, what is painted, what is said, and every gesture."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
import ui_data
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QGuiApplication, QImage, QPainter

from inception_viewer.questions import Predictions
from inception_viewer.ui import theme
from inception_viewer.ui.predictions.geometry import Geometry, bar
from inception_viewer.ui.predictions.rows import (
    as_csv,
    as_text,
    found_rows,
    number,
    percent,
    top_rows,
    verdict,
)
from inception_viewer.ui.predictions_view import PredictionsView

pytestmark = pytest.mark.usefixtures("light")
CUP, EWER = ui_data.CLASSES.index("cup"), ui_data.CLASSES.index("ewer")


def without_heads(untrained=(), absent=()) -> Predictions:
    whole = ui_data.predictions()
    states = dict(whole.heads)
    states.update(dict.fromkeys(untrained, "untrained"), **dict.fromkeys(absent, "absent"))
    return replace(
        whole,
        logits={h: v for h, v in whole.logits.items() if h not in absent},
        probabilities={h: v for h, v in whole.probabilities.items() if h not in absent},
        heads=states,
    )


@pytest.fixture
def view(qtbot):
    made = PredictionsView()
    qtbot.addWidget(made)
    made.resize(336, 420)
    made.set_predictions(ui_data.predictions())
    made.show()
    return made


def painted(widget, ratio: int = 1) -> np.ndarray:
    """The widget's pixels (height * ratio, width * ratio, 3)."""
    size = widget.size() * ratio
    image = QImage(QSize(size.width(), size.height()), QImage.Format.Format_RGB888)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("#FF00FF"))
    painter = QPainter(image)
    widget.render(painter, QPoint())
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def rgb(colour: str) -> tuple[int, int, int]:
    return QColor(colour).getRgb()[:3]


def bar_pixels(view, head: str, index: int, ratio: int = 1) -> np.ndarray:
    """The line of pixels through the middle of a cell's track."""
    table = view.table
    viewport = table.viewport()
    top = table.row_rect(table.rows.index(index)).top()
    track = Geometry.at(viewport.width()).track(head, top)
    pixels = painted(viewport, ratio)
    line = pixels[int(track.center().y() * ratio)]
    return line[round(track.left() * ratio) : round(track.right() * ratio)]


# --- which classes -------------------------------------------------------------------


@pytest.mark.parametrize("count", [3, 5, 10, 20])
def test_rows_are_the_largest_union_of_top_classes_that_fits(count):
    answer = ui_data.predictions()
    rows = top_rows(answer, count)
    assert len(rows) == count
    tops = {h: [i for i, _, _ in answer.top(h, count)] for h in answer.probabilities}
    fitting = [
        union
        for k in range(1, count + 1)
        if len(union := set().union(*(top[:k] for top in tops.values()))) <= count
    ]
    assert fitting[-1] <= set(rows)
    rest = [i for i in tops["main"] if i not in fitting[-1]][: count - len(fitting[-1])]
    assert set(rows) == fitting[-1] | set(rest)
    main = answer.probabilities["main"][rows]
    assert (np.diff(main) <= 0).all()


def test_untrained_heads_choose_no_rows_and_absent_ones_do_no_harm():
    answer = without_heads(untrained=["aux1"], absent=["aux2"])
    assert top_rows(answer, 5) == [i for i, _, _ in answer.top("main", 5)]
    assert EWER in top_rows(ui_data.predictions(), 5)


def test_rows_of_a_network_with_fewer_classes_than_asked_for():
    rng = np.random.default_rng(0)
    values = {"main": rng.dirichlet(np.ones(3)).astype(np.float32)}
    answer = Predictions(("a", "b", "c"), values, values, {"main": "trained"})
    assert sorted(top_rows(answer, 20)) == [0, 1, 2]


def test_found_rows_match_words_in_any_order_and_underscores():
    values = {"main": np.array([0.1, 0.2, 0.7], np.float32)}
    names = ("Faces_easy", "stop_sign", "easy chair")
    answer = Predictions(names, values, values, {"main": "trained"})
    assert found_rows(answer, "EASY") == [2, 0]
    assert found_rows(answer, "sign stop") == [1]
    assert found_rows(answer, "zebra") == []


# --- words ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0.0 %"), (1e-6, "<0.1 %"), (0.0006, "0.1 %"), (0.9732, "97.3 %"),
     (0.99996, ">99.9 %"), (1.0, "100.0 %"), (float("nan"), "not a number")],
)  # fmt: skip
def test_percentages_are_never_rounded_to_none_or_all(value, said):
    assert percent(value) == said


def test_logits_have_a_true_minus_sign():
    assert number(-1.005) in ("−1.00", "−1.01")
    assert number(10.189) == "10.19"


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_sentence_says_who_disagrees_and_who_has_no_say():
    shares = {
        head: round(100 * float(values[EWER if head == "aux1" else CUP]))
        for head, values in ui_data.predictions().probabilities.items()
    }
    assert plain(verdict(ui_data.predictions())) == (
        f"aux1 says ewer ({shares['aux1']} %), "
        f"aux2 and main say cup ({shares['aux2']} %, {shares['main']} %)."
    )
    said = plain(verdict(without_heads(untrained=["aux1"], absent=["aux2"])))
    assert said == f"main says cup ({shares['main']} %); aux1 is untrained; aux2 is absent."
    none = verdict(without_heads(untrained=["aux1", "aux2", "main"]))
    assert "noise" in none
    assert "cup" not in none


def test_csv_holds_every_number_exactly():
    answer = ui_data.predictions()
    rows = list(csv.DictReader(io.StringIO(as_csv(answer, list(range(101))))))
    assert [row["class"] for row in rows] == list(answer.classes)
    for head in ("aux1", "aux2", "main"):
        read = np.array([float(row[f"{head}_probability"]) for row in rows], np.float32)
        np.testing.assert_array_equal(read, answer.probabilities[head])
        read = np.array([float(row[f"{head}_logit"]) for row in rows], np.float32)
        np.testing.assert_array_equal(read, answer.logits[head])


def test_text_and_csv_leave_absent_heads_out():
    answer = without_heads(absent=["aux1"])
    assert as_text(answer, [CUP]).splitlines()[0] == "class\taux2\tmain"
    assert "aux1" not in as_csv(answer, [CUP])


# --- what is painted -----------------------------------------------------------------


@pytest.mark.parametrize("ratio", [1, 2])
@pytest.mark.parametrize("head", ["aux1", "aux2", "main"])
@pytest.mark.parametrize("index", [CUP, EWER])
def test_bars_are_as_long_as_the_probability(view, head, index, ratio):
    line = bar_pixels(view, head, index, ratio)
    filled = (line == rgb(theme.current().head(head))).all(axis=1)
    share = float(ui_data.predictions().probabilities[head][index])
    assert abs(int(filled.sum()) - share * len(line)) <= 1.5
    first = int(filled.sum())
    assert filled[:first].all(), "the bar starts at the left and has no gap"


def test_logit_bars_start_at_zero_on_one_scale_for_all_heads(view):
    view.logits.setChecked(True)
    answer = ui_data.predictions()
    every = np.concatenate(list(answer.logits.values()))
    low, high = min(0, every.min()), max(0, every.max())
    for head in ("aux1", "main"):
        line = bar_pixels(view, head, CUP)
        filled = np.flatnonzero((line == rgb(theme.current().head(head))).all(axis=1))
        expected = float(answer.logits[head][CUP]) / (high - low) * len(line)
        assert abs(len(filled) - expected) <= 2.5
        zero = -low / (high - low) * len(line)
        assert abs(filled[0] - zero) <= 2


def test_bar_of_a_negative_value_ends_at_zero():
    from PySide6.QtCore import QRectF

    box = bar(QRectF(100, 0, 50, 6), -2.0, 3.0, -1.0)
    assert (box.left(), box.right()) == pytest.approx((110.0, 120.0))
    box = bar(QRectF(100, 0, 50, 6), 0.0, 1.0, 0.25)
    assert (box.left(), box.right()) == pytest.approx((100.0, 112.5))


def test_untrained_heads_are_hatched_and_grey(view):
    view.set_predictions(without_heads(untrained=["aux1"]))
    line = bar_pixels(view, "aux1", CUP)
    assert not (line == rgb(theme.current().head("aux1"))).all(axis=1).any()
    assert len(np.unique(line, axis=0)) > 2, "hatching, not one colour"
    cell = view.table._sheet
    assert cell.state("aux1") == "untrained"


def test_absent_heads_have_no_cells(view):
    view.set_predictions(without_heads(absent=["aux2"]))
    table = view.table
    left, width = Geometry.at(table.viewport().width()).column("aux2")
    pixels = painted(table.viewport())
    top, bottom = table.row_rect(1).top(), table.row_rect(4).bottom()
    block = pixels[int(top) : int(bottom), int(left) : int(left + width)]
    assert (block == rgb(theme.current().panel)).all()


def test_more_text_means_higher_rows_and_fewer_of_them(view, qtbot):
    before = view.table.row_rect(1).height(), view.table.room
    theme.apply("light", 1.6)
    assert view.table.row_rect(1).height() > before[0]
    assert view.table.room < before[1]
    assert len(view.table.rows) == max(5, view.table.room)


def test_both_themes_paint_their_own_colours(view):
    theme.apply("dark")
    line = bar_pixels(view, "main", CUP)
    assert (line[2] == rgb(theme.DARK.head("main"))).all()


# --- gestures ------------------------------------------------------------------------


def test_as_many_rows_as_there_is_room_for(view):
    assert len(view.table.rows) == max(5, view.table.room)
    view.resize(336, 700)
    assert view.table.room > 10
    assert len(view.table.rows) == view.table.room


def test_count_box_sets_the_number_of_rows(view):
    for place, count in ((1, 5), (2, 10), (3, 20)):
        view.count.setCurrentIndex(place)
        assert len(view.table.rows) == count


def test_clicking_a_row_selects_its_class(view, qtbot):
    row = view.table.rows.index(EWER)
    place = view.table.row_rect(row).center().toPoint()
    with qtbot.waitSignal(view.class_selected) as caught:
        qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert caught.args == [EWER]
    view.set_selected(EWER)
    whole = painted(view.table.viewport())
    assert tuple(whole[place.y() - 12, 2]) == rgb(theme.current().selection)


def test_clicking_the_heading_selects_nothing(view, qtbot):
    with qtbot.assertNotEmitted(view.class_selected):
        qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, 8))


def test_keys_move_select_and_tell_screen_readers(view, qtbot):
    view.count.setCurrentIndex(2)
    table = view.table
    qtbot.keyClick(table, Qt.Key.Key_End)
    assert table.focused_class == table.rows[-1]
    assert table.verticalScrollBar().value() == table.verticalScrollBar().maximum()
    qtbot.keyClick(table, Qt.Key.Key_Home)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    index = table.rows[1]
    said = QAccessible.queryAccessibleInterface(table).text(QAccessible.Text.Description)
    assert said.startswith(ui_data.CLASSES[index])
    for head in ("aux1", "aux2", "main"):
        share = float(ui_data.predictions().probabilities[head][index])
        assert f"{head} {100 * share:.4g} %" in said
    with qtbot.waitSignal(view.class_selected) as caught:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert caught.args == [index]


def test_finding_a_class_that_is_not_on_top(view, qtbot):
    answer = ui_data.predictions()
    last = answer.top("main", 101)[-1]
    assert last[0] not in view.table.rows
    view.search.setText(last[1])
    assert last[0] in view.table.rows
    assert last[1] in view.table.tip(view.table.rows.index(last[0]))
    qtbot.keyClick(view.search, Qt.Key.Key_Return)
    view.search.setText("no such thing")
    assert view.table.rows == []
    assert "no such thing" in view.table.accessibleDescription()
    view.search.clear()
    assert len(view.table.rows) >= 5


def test_the_focused_class_stays_focused_when_the_rows_change(view, qtbot):
    qtbot.keyClick(view.table, Qt.Key.Key_Down)
    kept = view.table.focused_class
    view.count.setCurrentIndex(3)
    assert view.table.focused_class == kept


def test_long_names_are_elided_and_whole_in_the_tool_tip(view):
    name = "hyacinth macaw of the Pantanal, Anodorhynchus hyacinthinus"
    answer = ui_data.predictions()
    classes = list(answer.classes)
    classes[CUP] = name
    view.set_predictions(replace(answer, classes=tuple(classes)))
    assert view.table.tip(0).startswith(name)
    column = Geometry.at(view.table.viewport().width()).column("aux1")[0]
    gap = painted(view.table.viewport())
    top, bottom = view.table.row_rect(0).top(), view.table.row_rect(0).bottom()
    between = gap[int(top) + 3 : int(bottom) - 3, int(column) - 6 : int(column) - 1]
    assert (between == between[0, 0]).all(), "the name does not run into the numbers"


def test_copying_and_requests(view, qtbot):
    actions = {action.text(): action for action in view.table.actions()}
    actions["Copy rows as text"].trigger()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split("\t")[0] for line in lines[1:]] == [
        ui_data.CLASSES[i] for i in view.table.rows
    ]
    actions["Copy all classes as CSV"].trigger()
    assert len(QGuiApplication.clipboard().text().splitlines()) == 102
    with qtbot.waitSignal(view.copy_python_requested) as caught:
        actions["Copy as Python"].trigger()
    assert caught.args == ["predictions"]
    assert view.known.text().startswith("101 classes")
    with qtbot.waitSignal(view.classes_requested):
        view.known.click()


def test_empty_state_says_what_to_do(view):
    view.set_predictions(None)
    assert view.is_empty
    assert "Drop" in view.empty.sentence.text()
    view.set_predictions(ui_data.predictions())
    assert not view.is_empty


def test_numbers_fit_their_columns_at_the_least_width(view):
    view.resize(264, 380)
    geometry = Geometry.at(view.table.viewport().width())
    from PySide6.QtGui import QFontMetricsF

    bold = QFontMetricsF(theme.font("small", bold=True))
    assert bold.horizontalAdvance(">99.9 %") <= geometry.column("main")[1]
    assert geometry.name_width >= 60
