"""The network view's arithmetic: layout, viewport, keys, search and words, without Qt."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import combinations

import pytest
import ui_data
from hypothesis import given, settings
from hypothesis import strategies as st

from inception_viewer.googlenet import variants
from inception_viewer.googlenet.architecture import empty
from inception_viewer.googlenet.graph import graph
from inception_viewer.googlenet.variants import MODULES
from inception_viewer.questions import Graph
from inception_viewer.ui.network import navigation, texts
from inception_viewer.ui.network.layout import Box, Layout, arrange, ribbon_width, without
from inception_viewer.ui.network.viewport import Viewport, fitting, home

VARIANTS = {
    "paper": variants.paper(101),
    "lrn": variants.paper(batch_norm=False),
    "torchvision": variants.torchvision(),
    "no heads": replace(variants.paper(10), heads=("main",)),
    "aux2 only": replace(variants.paper(10), heads=("aux2", "main")),
}
openings = st.frozensets(st.sampled_from(MODULES))


@lru_cache
def network(variant: str) -> Graph:
    """Return the graph of a variant, from the network itself."""
    return graph(empty(VARIANTS[variant]), 224, 224)


def outlines(layout: Layout) -> dict[str, Box]:
    """Return what must not overlap at the top level: frames, and boxes outside them."""
    inside = {
        name
        for name in layout.boxes
        if layout.groups.get(name, name) in layout.frames or name in layout.frames
    }
    free = {name: box for name, box in layout.boxes.items() if name not in inside}
    return {**free, **{f"frame of {name}": box for name, box in layout.frames.items()}}


def overlapping(boxes: dict[str, Box]) -> list[tuple[str, str]]:
    """Return every pair that shares area."""
    return [(a, b) for a, b in combinations(boxes, 2) if boxes[a].overlaps(boxes[b])]


@pytest.mark.parametrize("variant", VARIANTS)
@given(opened=openings)
@settings(derandomize=True, deadline=None, max_examples=25)
def test_nothing_overlaps_whatever_is_open(variant: str, opened: frozenset[str]) -> None:
    layout = arrange(network(variant), opened)
    assert overlapping(outlines(layout)) == []
    assert overlapping(dict(layout.boxes)) == []
    for name, box in layout.boxes.items():
        frame = layout.frames.get(layout.groups.get(name, ""))
        assert frame is None or frame.contains(box), name
    assert all(layout.bounds.contains(box) for box in outlines(layout).values())


@pytest.mark.parametrize("variant", VARIANTS)
@given(opened=openings)
@settings(derandomize=True, deadline=None, max_examples=25)
def test_left_to_right_follows_every_edge(variant: str, opened: frozenset[str]) -> None:
    drawn = network(variant)
    layout = arrange(drawn, opened)
    seen = set()
    for source, target in drawn.edges:
        shown = layout.shown(source), layout.shown(target)
        if shown[0] != shown[1]:
            seen.add(shown)
            assert layout.boxes[shown[0]].right <= layout.boxes[shown[1]].x
    assert {(ribbon.source, ribbon.target) for ribbon in layout.ribbons} == seen


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_unit_has_a_box_when_all_is_open(variant: str) -> None:
    drawn = network(variant)
    assert list(arrange(drawn, MODULES).boxes) == [node.name for node in drawn.nodes]


def test_a_closed_module_is_one_box_that_shows_its_units() -> None:
    layout = arrange(network("paper"), {"inception4c"})
    assert layout.shown("inception3a/5x5") == "inception3a"
    assert layout.shown("inception4c/5x5") == "inception4c/5x5"
    assert layout.shown("lrn1") == ""
    assert len(layout.boxes) == 1 + 5 + 9 + 2 + 2 + 8 + 7  # stem, modules, pools, end, heads, 4c


def test_branches_are_rows_in_the_papers_order() -> None:
    boxes = arrange(network("paper"), {"inception3a"}).boxes
    middles = [boxes[f"inception3a/{end}"].centre for end in ("1x1", "3x3", "5x5", "pool_proj")]
    assert len({x for x, _ in middles}) == 1
    assert [y for _, y in middles] == sorted(y for _, y in middles)
    for first, second in (("3x3_reduce", "3x3"), ("5x5_reduce", "5x5"), ("pool", "pool_proj")):
        ends = boxes[f"inception3a/{first}"].centre, boxes[f"inception3a/{second}"].centre
        assert ends[0][1] == ends[1][1]


def test_a_ribbon_is_as_thick_as_its_channels() -> None:
    ribbons = {
        (ribbon.source, ribbon.target): ribbon
        for ribbon in arrange(network("paper"), {"inception3b"}).ribbons
    }
    into = ribbons["inception3a", "inception3b/3x3_reduce"]
    between = ribbons["inception3b/3x3_reduce", "inception3b/3x3"]
    assert into.width / between.width == pytest.approx(256 / 128)
    assert into.branch == between.branch == "3x3"
    assert ribbon_width(16) < ribbon_width(192)


def test_heads_hang_below_the_module_they_read() -> None:
    layout = arrange(network("paper"))
    falls = [(ribbon.source, ribbon.target) for ribbon in layout.ribbons if ribbon.falls]
    assert falls == [("inception4a", "aux1/pool"), ("inception4d", "aux2/pool")]
    for source, target in falls:
        assert layout.boxes[target].y > layout.boxes[source].bottom


def test_absent_heads_leave_no_node_and_no_edge() -> None:
    drawn = without(network("torchvision"), {"aux1", "aux2"})
    assert not [node.name for node in drawn.nodes if node.name.startswith("aux")]
    assert len(drawn.edges) == len(network("no heads").edges)
    assert set(arrange(drawn).frames) == set()


# --- viewport ------------------------------------------------------------------------


@given(
    st.floats(0.2, 4), st.floats(-500, 500), st.floats(-500, 500), st.floats(0.3, 3),
    st.floats(0, 800), st.floats(0, 300),
)  # fmt: skip
@settings(derandomize=True, deadline=None)
def test_zooming_keeps_what_is_under_the_pointer(
    scale: float, dx: float, dy: float, factor: float, x: float, y: float
) -> None:
    before = Viewport(scale, dx, dy)
    after = before.zoomed(factor, x, y)
    assert after.to_world(x, y) == pytest.approx(before.to_world(x, y), abs=1e-6)


@given(st.floats(100, 2000), st.floats(80, 900))
@settings(derandomize=True, deadline=None)
def test_fitting_shows_all_in_the_middle(width: float, height: float) -> None:
    bounds = arrange(network("paper"), {"inception4c"}).bounds
    view = fitting(bounds, width, height)
    left, top = view.to_screen(bounds.x, bounds.y)
    right, bottom = view.to_screen(bounds.right, bounds.bottom)
    assert left >= 7.9 or view.scale <= 0.05
    assert left + right == pytest.approx(width, abs=0.01)
    assert top + bottom == pytest.approx(height, abs=0.01)


def test_home_is_legible_and_leaves_no_empty_end() -> None:
    bounds = Box(0.0, -100.0, 3000.0, 300.0)
    for x in (0.0, 1500.0, 2900.0):
        view = home(bounds, Box(x, -50.0, 100.0, 100.0), 500.0, 200.0, 0.3)
        assert view.scale == 0.3
        assert view.to_screen(0, 0)[0] <= 8
        assert view.to_screen(3000, 0)[0] >= 492
        assert 0 <= view.to_screen(x, 0)[0] <= 470
    assert home(bounds, None, 1600.0, 300.0, 0.3).scale == pytest.approx(1584 / 3000)


def test_revealing_moves_no_more_than_it_must() -> None:
    view = Viewport(1.0, 0.0, 0.0)
    assert view.revealing(Box(100, 50, 50, 50), 400, 200) == view
    assert view.revealing(Box(500, 50, 50, 50), 400, 200).dx == -(550 - 384)
    assert view.revealing(Box(-40, 50, 50, 50), 400, 200).dx == 56


# --- keys and search -----------------------------------------------------------------


@given(opened=openings)
@settings(derandomize=True, deadline=None, max_examples=20)
def test_arrow_keys_reach_every_box(opened: frozenset[str]) -> None:
    layout = arrange(network("lrn"), opened)
    seen, waiting = {"input"}, ["input"]
    while waiting:
        at = waiting.pop()
        for direction in ("left", "right", "up", "down"):
            there = navigation.step(layout, at, direction)
            if there not in seen:
                seen.add(there)
                waiting.append(there)
    assert seen == set(layout.boxes)


def test_arrow_keys_follow_edges_and_branches() -> None:
    layout = arrange(network("paper"), {"inception4a"})

    def walk(at: str, *directions: str) -> str:
        for direction in directions:
            at = navigation.step(layout, at, direction)
        return at

    assert walk("input", "right", "right") == "pool1"
    assert walk("inception4a/3x3_reduce", "right") == "inception4a/3x3"
    assert walk("inception4a/1x1", "down", "down", "down") == "inception4a/pool_proj"
    assert walk("inception4a/5x5", "right") == "inception4a"
    assert walk("inception4a", "right") == "inception4b"
    assert walk("inception4a", "down", "right", "right", "right") == "aux1/fc2"
    assert walk("aux1/pool", "left") == "inception4a"
    assert walk("fc", "right") == "fc"


def test_search_finds_by_part_of_the_name() -> None:
    drawn = network("paper")
    assert navigation.find(drawn, "4c/5x5") == ("inception4c/5x5", "inception4c/5x5_reduce")
    assert navigation.find(drawn, " 4C/5X5 ")[0] == "inception4c/5x5"
    assert len(navigation.find(drawn, "pool_proj")) == 9
    assert navigation.find(drawn, "") == navigation.find(drawn, "vgg") == ()


def test_the_path_is_what_a_unit_reads_and_what_reads_it() -> None:
    layout = arrange(network("paper"), {"inception4c"})
    lit = navigation.path(layout, "inception4c/5x5_reduce")
    assert ("input", "conv1") in lit
    assert ("avgpool", "fc") in lit
    assert ("inception4c/5x5_reduce", "inception4c/5x5") in lit
    assert ("inception4c/5x5", "inception4c") in lit
    assert ("inception4d", "aux2/pool") in lit
    assert ("inception4b", "inception4c/1x1") not in lit
    assert ("inception4a", "aux1/pool") not in lit


# --- words ---------------------------------------------------------------------------


@given(st.integers(0, 10**11))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_counts_are_within_half_a_per_cent(number: int) -> None:
    words = texts.count(number).split(" ")
    value = float(words[0]) * {"": 1, "K": 1e3, "M": 1e6, "G": 1e9}["".join(words[1:])]
    assert value == pytest.approx(number, rel=0.005)


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0"), (999, "999"), (12_345, "12.3 K"), (128_000_000, "128 M"), (999_960, "1.00 M"),
     (1_584_000_000, "1.58 G")],
)  # fmt: skip
def test_counts_read_well(number: int, words: str) -> None:
    assert texts.count(number) == words


@pytest.mark.parametrize(
    ("scale", "lines"),
    [
        (0.34, ()),
        (0.8, ("192 × 56 × 56",)),
        (1.1, ("192 × 56 × 56", "3×3, 64 → 192")),
        (1.5, ("192 × 56 × 56", "3×3, 64 → 192", "111 K parameters", "347 M multiply-adds")),
    ],
)
def test_closer_in_more_is_written(scale: float, lines: tuple[str, ...]) -> None:
    # conv2 of the paper: 3 x 3 x 64 x 192 weights (and batch norm's 384) at 56 x 56 places.
    facts = texts.Facts(network("paper"))
    level = texts.level_of_detail(scale)
    assert texts.details(facts, "conv2", level) == lines


def test_larger_text_asks_for_a_larger_zoom() -> None:
    assert texts.level_of_detail(1.0, 1.0) == 2
    assert texts.level_of_detail(1.0, 1.4) == 1


def test_a_modules_costs_are_those_of_its_units() -> None:
    facts = texts.Facts(network("paper"))
    # Table 1 of the paper: inception (3a) has 159 K parameters and 128 M operations; batch
    # norm adds two per channel of its six convolutions.
    parameters, multiply_adds = facts.costs("inception3a")
    channels = 64 + 96 + 128 + 16 + 32 + 32
    assert parameters - 2 * channels == 163_328
    assert texts.count(multiply_adds) == "128 M"
    assert multiply_adds == 163_328 * 28 * 28


def test_torchvisions_false_5x5_is_shown_for_what_it_is() -> None:
    facts = texts.Facts(network("torchvision"))
    node = facts.nodes["inception3a/5x5"]
    assert texts.labels(node)[0] == "5x5: really 3x3"
    assert "906" in texts.tooltip(facts, node.name, None, {})
    honest = texts.Facts(network("paper")).nodes["inception3a/5x5"]
    assert texts.labels(honest)[0] == "5x5"


def test_the_tooltip_says_all_that_is_known() -> None:
    facts = texts.Facts(network("paper"))
    words = texts.tooltip(facts, "inception4a", ui_data.overview(), {})
    shares = ui_data.overview().shares["inception4a"]
    for part in ("<b>inception4a</b>", "512 × 14 × 14", "multiply-adds", "input pixels"):
        assert part in words
    assert f"{100 * shares['3x3']:.0f} %" in words
    assert "global average pool" in texts.tooltip(facts, "avgpool", None, {})


def test_what_is_spoken_names_the_unit_and_its_state() -> None:
    facts = texts.Facts(network("paper"))
    heads = {"aux1": "untrained", "aux2": "trained", "main": "trained"}
    said = texts.spoken(facts, "aux1/fc2", None, heads, None)
    assert said.startswith("aux1/fc2, classifier")
    assert "untrained" in said
    assert texts.spoken(facts, "inception3a", None, {}, False).endswith("closed.")
