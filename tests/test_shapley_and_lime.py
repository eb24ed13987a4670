"""Shapley values and LIME: against their definitions, games whose values are known, and Captum."""

from itertools import product
from math import comb

import numpy as np
import pytest
import torch
from captum._utils.models.linear_model import SkLearnLasso
from captum.attr import LimeBase
from test_perturbations import hiding, tiny, x64

from inception_viewer.analysis.attribution import (
    hidden,
    kernel_shap,
    lime,
    shapley,
)

__all__ = ["tiny", "x64"]


# --- Shapley values --------------------------------------------------------------------------


class Game(hidden.Hidden):
    """Players in place of superpixels, and any function of who takes part."""

    def __init__(self, count, value):
        self.count, self._value, self._about, self.forwards = count, value, "", 0
        self.segments, self.batch = np.arange(count)[None], 50

    def _scores(self, kept):
        self.forwards += len(kept)
        return np.array([self._value(row) for row in kept], float)


def exact(scores, count):
    """Shapley values by their definition, from the score of every choice."""
    values = np.zeros(count)
    for choice in product((False, True), repeat=count):
        size = sum(choice)
        for player in range(count):
            if not choice[player]:
                joined = (*choice[:player], True, *choice[player + 1 :])
                weight = 1 / (count * comb(count - 1, size))
                values[player] += weight * (scores[joined] - scores[choice])
    return values


def every_score(game):
    choices = list(product((False, True), repeat=game.count))
    return dict(zip(choices, game.scores(np.array(choices)), strict=True))


def quarrel(kept):
    """A game that is no sum: pairs help and hinder each other, and three make a difference."""
    a = kept.astype(float)
    n = len(a)
    pairs = sum((i - 2.0 * j) / n * a[i] * a[j] for i in range(n) for j in range(i))
    return 2 + a @ np.arange(n) + pairs + 5 * a[0] * a[1] * a[2]


def random():
    return np.random.default_rng(4)


def values_of(game, found):
    return found.map[0].astype(float)


def test_players_who_just_add_up_get_what_they_add():
    worth = np.array([1.0, -2.0, 0.5, 4.0])
    game = Game(4, lambda kept: 3 + kept @ worth)
    found = shapley.shapley(game, 2, random())
    assert values_of(game, found) == pytest.approx(worth, abs=1e-6)
    assert (found.score, found.baseline_score) == (6.5, 3.0)
    assert "standard error of a superpixel's value is 0 on the average and at most 0;" in found.note


def test_an_order_from_both_ends_is_exact_for_pairs():
    # Of two that matter together one comes second in an order, the other in its reverse.
    game = Game(5, lambda kept: 3.0 * kept[0] * kept[4] - kept[1] * kept[2])
    found = shapley.shapley(game, 1, random())
    assert values_of(game, found) == pytest.approx([1.5, -0.5, -0.5, 0, 1.5], abs=1e-6)
    assert found.forwards == 2 + 2 * 4
    assert found.note == "One order tells nothing of the sampling error: take more."


def test_sampled_values_are_within_their_standard_error_of_the_exact_ones():
    game = Game(6, quarrel)
    truth = exact(every_score(game), 6)
    estimates = []
    for seed in range(60):
        found = shapley.shapley(game, 8, np.random.default_rng(seed))
        estimates.append(values_of(game, found))
        assert found.raw.sum() == pytest.approx(truth.sum(), rel=1e-5)
        assert found.completeness_error < 1e-9
    estimates = np.array(estimates)
    spread = estimates.std(0, ddof=1)
    assert np.abs(estimates.mean(0) - truth).max() < 4 * spread.max() / np.sqrt(60)
    # What a single run says of its own error is what 60 runs differ by.
    watch, generator = shapley.Mean(), random()
    for _ in range(400):
        order = generator.permutation(6)
        ends = game.ends()
        gains = [shapley._gains(game, way, ends, lambda done: None) for way in (order, order[::-1])]
        watch.values.append(np.mean(gains, 0))
    per_order = watch.standard_error * np.sqrt(400)
    assert per_order / np.sqrt(8) == pytest.approx(spread, rel=0.35, abs=0.02)


def test_partial_maps_come_with_every_order_but_the_first():
    heard = []
    shapley.shapley(Game(5, quarrel), 3, random(), lambda *told: heard.append(told))
    assert [told[0] for told in heard] == pytest.approx([4 / 24 * (i + 1) for i in range(6)])
    assert [told[1] is None for told in heard] == [True, True, False, False, False, False]
    assert heard[-1][2] == "photo 24 of 24"


def test_all_choices_give_the_exact_shapley_values_of_the_network(tiny, x64):
    made = hiding(tiny, x64)
    truth = exact(every_score(made), made.count)
    ends = made.ends()
    kept, weights = kernel_shap.choices(made.count, 62, random())
    assert len(kept) == 2**6 - 2
    found = kernel_shap.fit(kept, made.scores(kept), weights, ends)
    assert found == pytest.approx(truth, abs=1e-9)
    assert found.sum() == pytest.approx(ends[0] - ends[1], rel=1e-12)
    sampled = shapley.shapley(made, 40, random())
    values = np.bincount(made.segments.ravel(), sampled.map.ravel().astype(float))
    assert np.corrcoef(values, truth)[0, 1] > 0.98


def test_kernel_shap_draws_pairs_by_the_shapley_kernel():
    count = 16
    kept, weights = kernel_shap.choices(count, 20_001, random())
    assert kept.shape == (20_002, count)
    assert set(weights) == {1.0}
    assert np.array_equal(kept[::2], ~kept[1::2])
    sizes = np.bincount(kept.sum(1), minlength=count + 1)
    assert sizes[0] == sizes[count] == 0
    chances = np.array([1 / (k * (count - k)) for k in range(1, count)])
    assert sizes[1:count] / len(kept) == pytest.approx(chances / chances.sum(), abs=0.01)
    assert kept.mean(0) == pytest.approx(np.full(count, 0.5))


def test_sampled_kernel_shap_approaches_the_exact_values_and_always_adds_up():
    game = Game(9, quarrel)
    scores = every_score(game)
    truth, ends = exact(scores, 9), (scores[(True,) * 9], scores[(False,) * 9])
    errors = []
    for samples in (20, 100, 400):
        kept, weights = kernel_shap.choices(9, samples, random())
        found = kernel_shap.fit(kept, game.scores(kept), weights, ends)
        assert found.sum() == pytest.approx(ends[0] - ends[1], rel=1e-9)
        errors.append(np.abs(found - truth).max())
    assert errors[2] < 0.15 * errors[0]
    assert errors[2] < 0.02 * np.abs(truth).max()


def test_one_region_gets_everything():
    game = Game(1, lambda kept: 4.0 * kept[0] + 1)
    kept, weights = kernel_shap.choices(1, 100, random())
    assert kernel_shap.fit(kept, game.scores(kept), weights, game.ends()) == pytest.approx([4])
    assert values_of(game, shapley.shapley(game, 2, random())) == pytest.approx([4])


# --- LIME ------------------------------------------------------------------------------------


def test_lime_equals_captums_for_the_same_samples(tiny, x64):
    made = hiding(tiny, x64, count=8)
    kept = lime.choices(made.count, 60, random())
    weights = lime.nearness(kept, 0.25)
    found, explained = lime.fit(kept, made.scores(kept), weights, 0.003)
    rows = iter(torch.tensor(kept, dtype=torch.float64)[:, None])

    def near(photo, other, choice, **_):
        distance = 1 - torch.nn.functional.cosine_similarity(choice, torch.ones_like(choice))
        return torch.exp(-(distance**2) / (2 * 0.25**2))

    def photo_of(choice, photo, **_):
        shown = choice[0].bool()[torch.tensor(made.segments)]
        return torch.where(shown, photo, x64[1:])

    captums = LimeBase(
        lambda photos: made._score.of_input(tiny, photos),
        SkLearnLasso(alpha=0.003, max_iter=100_000),
        near,
        lambda photo, **_: next(rows),
        True,
        photo_of,
        None,
    )
    expected = captums.attribute(x64[:1], n_samples=60)[0].numpy()
    assert found == pytest.approx(expected, abs=1e-4 * float(np.abs(expected).max()))
    assert 0 < explained < 1


def test_lime_finds_the_sum_and_leaves_out_what_does_not_matter():
    worth = np.array([2.0, 0.0, -1.0, 0.004])
    game = Game(4, lambda kept: 5 + kept @ worth)
    kept = lime.choices(4, 200, random())
    assert kept[0].all()
    assert kept[1:].mean() == pytest.approx(0.5, abs=0.05)
    values, explained = lime.fit(kept, game.scores(kept), lime.nearness(kept, 0.25), 0.01)
    # Lasso draws a weight towards zero by about the penalty over its feature's variance.
    assert values == pytest.approx(worth, abs=0.06)
    assert list(values[[1, 3]]) == [0, 0]
    assert explained > 0.99
    assert lime.nearness(np.array([[True] * 4, [True, False] * 2]), 0.25) == pytest.approx(
        [1, np.exp(-((1 - np.sqrt(0.5)) ** 2) / (2 * 0.25**2))]
    )
