"""Sums along a fixed tree: the same to the last bit, whoever adds them."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import TypeVar

import numpy as np
import pytest

from inception_viewer.analysis.tree_sum import Tree
from inception_viewer.moments import Moments

T = TypeVar("T")


def split(values: Sequence[T], ends: Sequence[int], tree: Tree[T]) -> list[Tree[T]]:
    """Trees of consecutive parts of the values, each as another process has it."""
    trees = []
    for begin, end in zip((0, *ends), (*ends, len(values)), strict=True):
        trees.append(Tree(tree._merge))
        for place in range(begin, end):
            trees[-1].add(place, values[place])
    return trees


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 13])
def test_the_tree_is_the_same_for_all_splits(count: int) -> None:
    """The merge writes down who was merged with whom, so that no other tree passes."""
    letters = [chr(ord("a") + place) for place in range(count)]
    whole = Tree(lambda left, right: f"({left}{right})")
    for place, letter in enumerate(letters):
        whole.add(place, letter)
    assert whole.total is not None
    assert "".join(c for c in whole.total if c.isalpha()) == "".join(letters)
    for ends in combinations_with_replacement(range(count + 1), 2):
        parts = split(letters, ends, whole)
        for order in (parts, parts[::-1]):
            merged = Tree(whole._merge)
            for part in order:
                merged.put(part.nodes)
            assert merged.nodes == whole.nodes
            assert merged.total == whole.total


def test_a_tree_of_thirteen_by_hand() -> None:
    tree = Tree(lambda left, right: f"({left}{right})")
    for place in range(13):
        tree.add(place, "abcdefghijklm"[place])
    assert [node for node, _ in tree.nodes] == [(3, 0), (2, 2), (0, 12)]
    assert tree.total == "((((ab)(cd))((ef)(gh)))(((ij)(kl))m))"
    with pytest.raises(ValueError, match="added twice"):
        tree.add(12, "n")
    assert Tree(operator.add).total is None


def test_sums_of_floats_are_fsums_and_few_are_kept() -> None:
    """Values of very different sizes, where the order of plain addition shows."""
    random = np.random.default_rng(0)
    values = (random.normal(size=10_000) * 10.0 ** random.integers(-8, 8, 10_000)).tolist()
    tree: Tree[float] = Tree(operator.add)
    for place in range(3, 10_000):
        tree.add(place, values[place])
        assert len(tree.nodes) <= 2 * math.log2(place + 1)
    tree.put([((1, 0), values[0] + values[1]), ((0, 2), values[2])])
    exact = math.fsum(values)
    assert tree.total == pytest.approx(exact, rel=1e-13)
    assert tree.total != sum(values)
    by_three = split(values, (3333, 7777), tree)
    assert by_three[0].total is not None
    merged = Tree(operator.add, (node for part in by_three for node in part.nodes))
    assert merged.total == tree.total


def test_moments_are_numpys_in_pieces() -> None:
    rows = np.random.default_rng(1).normal(100, 3, (97, 5)).astype(np.float32)
    rows[:, 4] = 0.1  # does not vary, and must not seem to
    pieces = [Moments.of(rows[begin : begin + 8]) for begin in range(0, 97, 8)]
    tree: Tree[Moments] = Tree(Moments.merged)
    for place, piece in enumerate([*pieces, Moments.of(rows[:0])]):
        tree.add(place, piece)
    found, exact = tree.total, rows.astype(np.float64)
    assert found is not None
    assert found.n == 97
    np.testing.assert_allclose(found.mean, exact.mean(0), rtol=1e-14)
    np.testing.assert_allclose(found.variance[:4], exact.var(0, ddof=1)[:4], rtol=1e-12)
    assert found.variance[4] == 0
    assert np.isnan(Moments.of(rows[:1]).variance).all()
    units = found.by_unit({"a": 2, "b": 3})
    np.testing.assert_array_equal(units["b"].squares, found.squares[2:])
