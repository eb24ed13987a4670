"""The parts of Compare that know no widget, each against numpy, scipy or a count by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats
import ui_data
from PySide6.QtCore import QRectF

from inception_viewer import comparison_words as words
from inception_viewer.comparison_questions import (
    BranchProfile,
    BranchProfileAnswer,
    PhotoMap,
    PhotoMapAnswer,
)
from inception_viewer.googlenet.variants import BRANCHES, MODULES
from inception_viewer.ui.compare.photo_points import agreement, points_of
from inception_viewer.ui.compare.rows import STRONGEST, Column, rows_of, sheet_of


def maps_of(scale: float):
    """A module's maps, all values times a factor."""
    made = ui_data.maps("inception3a")
    groups = tuple(
        replace(g, maps=g.maps * np.float32(scale), mean=g.mean * scale, maximum=g.maximum * scale)
        for g in made.groups
    )
    return replace(made, groups=groups)


COLUMNS = (Column("a", "a.jpg"), Column("b", "b.jpg"))


def test_the_strongest_channels_are_those_of_the_largest_mean_over_all_photos():
    answers = [maps_of(1.0), maps_of(0.5)]
    rows = rows_of(answers, "strongest", None)
    every = np.concatenate([0.75 * g.maps.mean((1, 2)) for g in answers[0].groups])
    units = [(g.unit, c) for g in answers[0].groups for c in range(len(g.maps))]
    expected = {units[place] for place in np.argsort(-every)[:STRONGEST]}
    assert {(row.unit, row.channel) for row in rows} == expected
    assert [row.unit for row in rows] == sorted(
        (row.unit for row in rows), key=[g.unit for g in answers[0].groups].index
    )


def test_all_photos_of_a_row_share_its_scale_and_one_scale_spans_all_rows():
    answers = {"a": maps_of(1.0), "b": maps_of(3.0)}
    sheet = sheet_of(COLUMNS, answers, "means", None, False, (0, 1))
    for place, group in enumerate(answers["a"].groups):
        mean = group.maps.mean(0)
        assert np.allclose(sheet.cell(place, 0), mean)
        assert sheet.limits[place] == pytest.approx(3 * mean.max(), rel=1e-5)
        assert np.allclose(sheet.cell(place, 2), -2 * mean, atol=1e-5)
        assert sheet.difference_limit(place) == pytest.approx(2 * mean.max(), rel=1e-4)
    shared = sheet_of(COLUMNS, answers, "means", None, True, (0, 1))
    assert set(shared.limits) == {max(sheet.limits)}
    assert shared.difference_limit(0) == pytest.approx(max(map(sheet.difference_limit, range(4))))


def test_a_selected_channel_of_another_unit_has_no_row():
    answers = [maps_of(1.0)]
    assert rows_of(answers, "selected", ("conv1", 3)) == ()
    (row,) = rows_of(answers, "selected", ("inception3a/5x5", 3))
    assert (row.branch, row.channel, row.name) == ("5x5", 3, "5x5")


def profile(shares: np.ndarray) -> BranchProfileAnswer:
    """A profile whose 3x3 branch has these shares by module, the 1x1 branch the rest."""
    table = np.zeros((1, len(MODULES), 4))
    table[0, :, 1], table[0, :, 0] = shares, 1 - shares
    by_measure = dict.fromkeys(("activation", "energy", "active"), table)
    question = BranchProfile((ui_data.scene(),))
    return BranchProfileAnswer(
        question, MODULES, BRANCHES, by_measure, table, table, table, table[0], ui_data.provenance()
    )


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [
        (np.linspace(0.4, 0.7, 9), "grows"),
        (np.linspace(0.7, 0.4, 9), "falls"),
        (np.array([5, 1, 6, 2, 7, 3, 8, 4, 5]) / 10, "neither grows nor falls steadily"),
        (np.full(9, 0.5), "neither grows nor falls steadily"),
    ],
)
def test_growth_is_spearmans_correlation_with_depth(shares, verdict):
    found = words.growth(words.large_shares(profile(shares), "activation"))
    if np.ptp(shares):
        expected = scipy.stats.spearmanr(shares, np.arange(9)).statistic
        assert found.correlation == pytest.approx(expected)
    assert found.verdict == verdict
    said = words.growth_sentence(profile(shares), "activation")
    assert f"the share of 3x3 and 5x5 {verdict} with depth for this photo" in said
    assert said.startswith("As the paper expects" if verdict == "grows" else "Unlike the paper's")
    assert f"from {100 * shares[0]:.0f} % in 3a to {100 * shares[-1]:.0f} % in 5b" in said


def test_the_threshold_is_what_chance_reaches_in_one_of_twenty():
    generator = np.random.default_rng(0)
    found = [words.spearman(generator.permutation(9).astype(float)) for _ in range(4000)]
    assert np.mean(np.array(found) >= words.STEADY) == pytest.approx(0.05, abs=0.012)


def test_nearest_of_the_same_class_counted_by_hand():
    similarity = np.array(
        [[1, 0.9, 0.8, 0], [0.9, 1, 0.1, 0], [0.8, 0.1, 1, 0.7], [0, 0, 0.7, 1.0]]
    )
    question = PhotoMap((), "inception5b")
    answer = PhotoMapAnswer(
        question, similarity, np.zeros((4, 2)), (0.0, 0.0), ui_data.provenance()
    )
    # 0 and 1 are each other's nearest; 2's is 0, of another class; 3's is 2.
    assert agreement(answer, ["cup", "cup", "owl", "owl"]) == (3, 4)
    assert agreement(answer, ["cup", "cup", "", "owl"]) == (2, 2)


def test_points_keep_their_proportions_and_steps_follow_the_arrows():
    made = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 2.0], [4.0, 2.0]])
    points = points_of(made, QRectF(0, 0, 500, 300))
    at = [(box.center().x(), box.center().y()) for box in points.boxes]
    assert at[1][0] - at[0][0] == pytest.approx(2 * (at[0][1] - at[2][1]), abs=1.5)
    assert at[2][1] < at[0][1]  # the second component points upwards
    assert points.step(0, 1, 0) == 1
    assert points.step(0, 0, -1) == 2
    assert points.step(0, -1, 0) == 0
    assert points_of(np.zeros((2, 2)), QRectF(0, 0, 90, 90)).boxes[0].center().x() == 45


def test_a_units_channels_or_its_modules():
    answer = SimpleNamespace(units=("conv1", "inception3a/1x1", "inception3a/3x3"))
    assert words.units_of(answer, "conv1") == ("conv1",)
    assert words.units_of(answer, "inception3a") == ("inception3a/1x1", "inception3a/3x3")
    assert words.units_of(answer, "pool1") == ()
