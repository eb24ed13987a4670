"""The lab without its window: which cells, in which order, in which colours."""

from __future__ import annotations

import itertools
from dataclasses import replace

import lab_data
import numpy as np
import pytest
import ui_data
from lab_data import CUP, OTHER, place
from skimage.measure import find_contours

from inception_viewer.attribution_methods import METHODS, units_before
from inception_viewer.grade_measures import MEASURES
from inception_viewer.grade_questions import Grade
from inception_viewer.grid_questions import GradCamOfUnits
from inception_viewer.lab_choice import Choice, Explained
from inception_viewer.questions import Attribution, Neuron
from inception_viewer.ui.attribution import colouring
from inception_viewer.ui.lab import words
from inception_viewer.ui.lab.batch import Batch, work
from inception_viewer.ui.lab.board import Board, CellState
from inception_viewer.ui.lab.choice import ALONE, Cell, plan
from inception_viewer.ui.lab.contours import COARSE, contours, lines, smooth
from inception_viewer.ui.lab.drawing import (
    Drawing,
    Limits,
    composed,
    has_channels,
    values_at,
)
from inception_viewer.ui.lab.geometry import LEAST, MOST, SMALLEST, arrange
from inception_viewer.ui.lab_running import together

SCENE = ui_data.scene()
IG = lab_data.answer(Attribution(SCENE, "integrated_gradients"))
CAM = lab_data.answer(Attribution(SCENE, "layer_grad_cam"))


# --- which cells ---------------------------------------------------------------------


def test_several_methods_are_asked_about_the_open_photo():
    explained = Explained("difference", "aux2", CUP, 3)
    choice = Choice(
        methods=("saliency", "layer_grad_cam"), unit="inception4c", explained=explained,
        parameters={"saliency": ()},
    )  # fmt: skip
    cells = plan(choice, place())
    assert [cell.title for cell in cells] == ["Saliency", "Grad-CAM"]
    assert [cell.question for cell in cells] == [
        Attribution(SCENE, "saliency", "aux2", CUP, None, (), 3),
        Attribution(SCENE, "layer_grad_cam", "aux2", CUP, "inception4c", (), 3),
    ]


def test_parameters_go_to_their_own_method():
    given = (("steps", 20),)
    choice = Choice(methods=("saliency", "integrated_gradients"),
                    parameters={"integrated_gradients": given})  # fmt: skip
    assert [cell.question.parameters for cell in plan(choice, place())] == [(), given]


def test_one_method_over_the_photos_and_over_the_heads():
    choice = Choice(arrangement="photos", method="saliency")
    photos = plan(choice, place())
    assert [cell.question.scene.image for cell in photos] == ["ab" * 32, OTHER]
    assert [cell.title for cell in photos] == ["cup.jpg", "ewer.jpg"]
    heads = plan(replace(choice, arrangement="heads"), place())
    assert [cell.question.head for cell in heads] == ["aux1", "aux2", "main"]


@pytest.mark.parametrize(
    ("head", "modules", "units"), [("main", 9, 57), ("aux2", 6, 39), ("aux1", 3, 21)]
)
def test_down_the_layers_are_the_modules_or_the_convolutions_before_the_head(head, modules, units):
    choice = Choice(arrangement="layers", explained=Explained(head=head))
    assert len(plan(choice, place())) == modules
    cells = plan(replace(choice, depth="units"), place())
    assert len(cells) == units
    assert [cell.question.unit for cell in cells] == [cell.title for cell in cells]
    before = units_before(ui_data.graph(), head)
    assert [c.title for c in cells] == [n for n in before if ui_data.graph().node(n).kind == "conv"
                                        and not n.startswith("aux")]  # fmt: skip


def test_a_channel_is_explained_in_a_classs_place():
    neuron = Neuron("inception4a/3x3", 18, (3, 5))
    choice = Choice(
        methods=("saliency", "neuron_gradient"), explained=Explained("neuron", neuron=neuron)
    )
    assert [cell.question.neuron for cell in plan(choice, place())] == [neuron, neuron]
    of_class = replace(choice, explained=Explained(neuron=neuron))
    assert [cell.question.neuron for cell in plan(of_class, place())] == [None, neuron]
    heads = plan(replace(choice, arrangement="heads"), place())
    assert {cell.misfit for cell in heads} == {ALONE}


def test_what_does_not_fit_says_why_and_is_not_hidden():
    choice = Choice(arrangement="heads", method="class_activation_map")
    aux1, _, main = plan(choice, place())
    assert "two dense layers" in aux1.misfit
    assert main.misfit == ""
    info = ui_data.checkpoint_info()
    lone = replace(place(), checkpoint=replace(info, heads={**info.heads, "aux1": "absent"}))
    assert "no head aux1" in plan(replace(choice, method="saliency"), lone)[0].misfit
    deep = plan(replace(choice, method="layer_grad_cam", unit="inception5b"), place())
    assert "not on the way to aux1" in deep[0].misfit
    assert deep[2].misfit == ""


# --- what is kept, and in which order ------------------------------------------------


def cells(*methods: str) -> tuple[Cell, ...]:
    return plan(Choice(methods=methods), place())


def test_pinned_cells_stay_and_answers_come_back():
    board = Board()
    board.set_plan(cells("saliency", "integrated_gradients"))
    saliency, gradients = board.cells
    gradients.answer, gradients.status, saliency.pinned = IG, "done", True
    board.set_plan(cells("integrated_gradients", "deep_lift"))
    assert [one.cell.title for one in board.cells] == [
        "Saliency",
        "Integrated gradients",
        "DeepLift",
    ]
    assert board.cells[1] is gradients
    saliency.pinned = False
    board.set_plan(cells("deep_lift"))
    assert [one.cell.title for one in board.cells] == ["DeepLift"]


def test_a_pinned_cell_of_the_plan_is_there_once():
    board = Board()
    board.set_plan(cells("saliency", "deep_lift"))
    board.cells[1].pinned = True
    board.set_plan(cells("saliency", "deep_lift"))
    assert [one.cell.title for one in board.cells] == ["DeepLift", "Saliency"]


def test_the_best_comes_first_whichever_end_of_the_scale_it_is():
    board = Board()
    board.set_plan(cells("saliency", "integrated_gradients", "deep_lift", "lrp"))
    for one, deletion, insertion, seconds in zip(
        board.cells,
        (0.3, 0.1, np.nan, 0.2),
        (0.3, 0.1, 0.9, None),
        (3.0, None, 1.0, 2.0),
        strict=True,
    ):
        asked = Grade(one.question, "deletion")
        one.grades["deletion"] = lab_data.grade(asked, deletion)
        if insertion is not None:
            one.grades["insertion"] = lab_data.grade(replace(asked, measure="insertion"), insertion)
        if seconds is not None:
            one.answer = lab_data.answer(one.question, seconds=seconds)
    titles = {sort: [one.cell.title for one in board.ordered(sort, MEASURES)]
              for sort in ("chosen", "name", "time", "deletion", "insertion")}  # fmt: skip
    ig, lrp = "Integrated gradients", METHODS["lrp"].title
    assert titles["chosen"] == ["Saliency", ig, "DeepLift", lrp]
    assert titles["name"] == ["DeepLift", ig, lrp, "Saliency"]
    assert titles["time"] == ["DeepLift", lrp, "Saliency", ig]
    assert MEASURES["deletion"].better == "lower"
    assert titles["deletion"] == [ig, lrp, "Saliency", "DeepLift"]
    assert MEASURES["insertion"].better == "higher"
    assert titles["insertion"] == ["DeepLift", "Saliency", ig, lrp]


# --- colours -------------------------------------------------------------------------


def test_limits_are_percentiles_of_the_magnitude_and_one_scale_is_the_largest():
    limits, drawing = Limits(), Drawing(percentile=95.0, scale="shared")
    small = lab_data.answer(Attribution(SCENE, "saliency"), 0.01)
    ordered = np.sort(np.abs(IG.map).ravel())
    at = limits.of(IG, drawing)
    assert np.mean(ordered > at) == pytest.approx(0.05, abs=0.001)
    assert limits.of(small, drawing) < at / 50
    assert limits.shared([small, IG], drawing) == at
    assert Limits().shared([IG], drawing) == 1.0  # not measured yet: nothing is known


def test_a_map_mostly_of_zeros_keeps_its_largest_value():
    values = np.zeros((224, 224), np.float32)
    values[2, 3] = -5
    assert Limits().of(replace(IG, map=values), Drawing()) == 5


def test_signed_is_what_the_attribution_view_draws_and_absolute_has_no_signs():
    picture, limit = ui_data.picture(), 2.0
    chosen = colouring.Colouring(True, limit, 99.5, 0.0)
    np.testing.assert_array_equal(
        composed(IG, picture, Drawing(opacity=0.6), limit),
        colouring.overlaid(picture, IG.map, chosen, 0.6),
    )
    np.testing.assert_array_equal(
        composed(IG, picture, Drawing(overlay=False), limit), colouring.coloured(IG.map, chosen)
    )
    absolute = Drawing(signed=False, overlay=False)
    flipped = replace(IG, map=-IG.map)
    np.testing.assert_array_equal(
        composed(IG, picture, absolute, limit), composed(flipped, picture, absolute, limit)
    )
    sequential = colouring.Colouring(False, limit, 99.5, 0.0)
    np.testing.assert_array_equal(
        composed(IG, picture, absolute, limit), colouring.coloured(np.abs(IG.map), sequential)
    )


@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_three_channels_are_red_green_and_blue_whatever_the_networks_order(order):
    made = replace(
        IG.provenance, preprocessing=replace(IG.provenance.preprocessing, channels=order)
    )
    answer, drawing = replace(IG, provenance=made), Drawing(channels="rgb", overlay=False)
    pixels = composed(answer, ui_data.picture(), drawing, 2.0)
    for row, column in ((0, 0), (100, 17), (223, 223)):
        for place_, channel in enumerate("RGB"):
            value = float(IG.raw[order.index(channel), row, column])
            level = 128 + 127 * min(1.0, max(-1.0, value / 2))
            assert abs(int(pixels[row, column, place_]) - level) <= 0.51
    assert values_at(answer, drawing, 100.5 / 224, 17.5 / 224) == tuple(
        float(IG.raw[order.index(channel), 100, 17]) for channel in "RGB"
    )


def test_layers_have_no_colours_and_stay_summed():
    assert has_channels(IG)
    assert not has_channels(CAM)
    picture = ui_data.picture()
    np.testing.assert_array_equal(
        composed(CAM, picture, Drawing(channels="rgb"), 1.0), composed(CAM, picture, Drawing(), 1.0)
    )


def test_opacity_zero_is_the_photo_in_sum_and_in_colours():
    for channels in ("sum", "rgb"):
        drawing = Drawing(opacity=0.0, channels=channels)
        np.testing.assert_array_equal(
            composed(IG, ui_data.picture(), drawing, 1.0), ui_data.picture()
        )


# --- contours ------------------------------------------------------------------------


def test_lines_run_where_another_library_finds_them():
    rows, columns = np.mgrid[0:20, 0:30].astype(np.float32)
    field = np.exp(-((rows - 9) ** 2 / 30 + (columns - 14) ** 2 / 60)).astype(np.float32)
    ours = lines(field, 0.4)
    theirs = np.concatenate(find_contours(field, 0.4))
    ends = ours[:, :2] * [30, 20] - 0.5
    distances = np.abs(ends[:, None, ::-1] - theirs[None]).sum(-1)
    assert distances.min(axis=1).max() < 1e-4
    assert distances.min(axis=0).max() < 1e-4


def test_a_saddle_keeps_both_lines_apart():
    field = np.array([[1, 0], [0, 1]], np.float32)
    assert len(lines(field, 0.5)) == 2


def test_contours_follow_the_smoothed_map_and_its_signs():
    values = np.zeros((224, 224), np.float32)
    values[40:90, 40:90], values[140:190, 140:190] = 1, -1
    above, below = contours(values, signed=True)
    assert above[:, [0, 2]].max() < 0.5
    assert below[:, [0, 2]].min() > 0.5
    unsigned, none = contours(values, signed=False)
    assert len(unsigned) == len(above) + len(below)
    assert len(none) == 0
    assert smooth(values).shape == (COARSE, COARSE)
    assert len(contours(np.zeros((224, 224), np.float32), signed=True)[0]) == 0


# --- geometry ------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3, 6, 12, 57])
@pytest.mark.parametrize("room", [(256.0, 260.0), (330.0, 260.0), (900.0, 600.0), (1600.0, 950.0)])
def test_cells_stay_in_the_room_apart_and_as_large_as_they_can(count, room):
    grid = arrange(room, count, 1.0, (32.0, 60.0), 8.0)
    boxes = [grid.cell(place_) for place_ in range(count)]
    assert max(box.right() for box in boxes) <= room[0]
    for one, other in itertools.pairwise(boxes):
        assert not one.intersects(other)
    assert grid.width >= min(SMALLEST, room[0] - 16)
    for place_, box in enumerate(boxes):
        assert grid.at(box.center(), count) == place_
        assert place_ in grid.seen(box.top(), box.bottom(), count)
    fits = [
        w for w in range(int(SMALLEST), int(MOST) + 1) if height_at(w, count, room[0]) <= room[1]
    ]
    if fits:
        assert grid.total(count) <= room[1]
        assert max(fits) - grid.width <= 2
        rows = -(-count // grid.columns)
        assert count > rows * (grid.columns - 1)  # a column less would take another row
    else:
        assert grid.columns > 1
        assert SMALLEST <= grid.width < LEAST + LEAST / grid.columns + 8


def height_at(width: int, count: int, room: float) -> float:
    """The height of square pictures of a width, as many a row as there is room for."""
    columns = int((room - 8) // (width + 8))
    return np.inf if columns < 1 else 8 + -(-count // columns) * (32 + 60 + 8 + width)


# --- words ---------------------------------------------------------------------------


def state(answer, **changes) -> CellState:
    made = CellState(Cell(answer.question, "Map", "cup.jpg"), status="done", answer=answer)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_a_failed_check_is_called_out_and_a_passed_one_is_not():
    good, bad = state(IG), state(replace(IG, completeness_error=0.12))
    assert words.check_text(good) == "completeness 1.2 %"
    assert words.compact_text(good).endswith(" · 1.2 % off")
    assert words.warning_text(good) == ""
    assert words.check_text(bad).endswith("completeness 12 %")
    assert words.check_text(bad) != "completeness 12 %"
    assert "5" in words.warning_text(bad)
    lrp = replace(
        lab_data.answer(Attribution(SCENE, "lrp")), conserved=0.93, completeness_error=None
    )
    assert words.check_text(state(lrp)) == "relevance conserved: 93 %"
    assert words.compact_text(state(lrp)).endswith(" · 93 % kept")


def test_a_check_that_is_promised_on_average_only_is_no_failure():
    shap = lab_data.answer(Attribution(SCENE, "gradient_shap"), completeness_error=0.4)
    assert not words.fails_check(state(shap))
    assert words.check_text(state(shap)) == "completeness 40 %, on average only"


def test_time_cost_progress_and_what_was_explained():
    assert words.status_text(state(IG)) == "1.5 s · 52 f + 50 b"
    running = state(replace(IG, partial=True), status="running", fraction=0.25, seconds_left=3.0)
    assert words.status_text(running) == "25 %, 3 s left"
    assert words.what_text(state(IG), ui_data.CLASSES) == "main: cup"
    unasked = CellState(
        Cell(Attribution(SCENE, "saliency", "aux1", 3, against=CUP), "Saliency", "")
    )
    assert words.what_text(unasked, ui_data.CLASSES) == "aux1: class 3 against cup"
    neuron = Attribution(SCENE, "saliency", neuron=Neuron("conv2", 7, (1, 2)))
    assert "conv2, channel 7 at row 1, column 2" in words.what_text(
        CellState(Cell(neuron, "Saliency", "")), ui_data.CLASSES
    )


# --- time left -----------------------------------------------------------------------


def test_grad_cam_of_many_units_is_one_question_and_the_cheap_come_first():
    cam = Attribution(SCENE, "layer_grad_cam")
    asked = [
        Attribution(SCENE, "occlusion"), replace(cam, unit="conv1"), Attribution(SCENE, "saliency"),
        replace(cam, unit="conv2"), replace(cam, unit="conv2", target=3),
    ]  # fmt: skip
    found = together(asked)
    assert set(found) == {
        asked[0], asked[2], GradCamOfUnits(cam, ("conv1", "conv2")), asked[4],
    }  # fmt: skip
    assert found[-1] == asked[0]


def test_the_time_left_is_that_of_the_whole_batch_by_its_work():
    now = [0.0]
    batch = Batch(lambda: now[0])
    quick, long = Attribution(SCENE, "saliency"), Attribution(SCENE, "occlusion")
    batch.add(quick)
    batch.add(long)
    assert batch.seconds_left is None
    now[0] = 100.0  # something else was in the lane
    batch.report(long, 0.0)
    now[0] = 110.0
    batch.report(long, 0.5)
    done = 0.5 * work(long) / (work(long) + work(quick))
    assert batch.fraction == pytest.approx(done)
    assert batch.seconds_left == pytest.approx(10 * (1 - done) / done)
    batch.end(quick, answered=False)
    assert batch.fraction == pytest.approx(0.5)
    assert batch.left == 1
    batch.end(long, answered=True)
    assert not batch.running


def test_doubling_steps_are_not_counted_on_and_grades_count_their_explanations():
    path = Attribution(SCENE, "integrated_gradients", parameters=(("steps", 20),))
    assert work(path) == pytest.approx(22 + 1.6 * 20)
    measure = MEASURES["sensitivity_max"]
    asked = Grade(path, "sensitivity_max")
    assert work(asked) >= measure.explanations * work(path)
