"""Sums that do not depend on how many processes made them.

Adding floats in another order gives other last bits. Here everything is added along one fixed
binary tree over the places of the summands: two neighbours make a pair, two pairs a four, and
so on, whoever adds them and whenever. Of a contiguous range of places a process keeps the
roots of the subtrees that lie wholly in it, of which there are at most two a level: O(log n)
values. Handed to another process they meet their siblings there, and the tree grows together
into the one that a single process would have had: bit for bit.

That is pairwise summation, so that the error grows with log n instead of n (Higham, 1993,
"The accuracy of floating point summation").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")

Node = tuple[int, int]
"""(level, place): the subtree over the places from ``place << level`` on, ``1 << level`` many."""


class Tree(Generic[T]):
    """Values merged along a fixed tree.

    Parameters
    ----------
    merge
        Returns the value of two neighbours, given the left one and the right one; changes
        neither.
    nodes
        Values from before, of :attr:`nodes`.
    """

    def __init__(self, merge: Callable[[T, T], T], nodes: Iterable[tuple[Node, T]] = ()) -> None:
        self._merge = merge
        self._nodes: dict[Node, T] = {}
        self.put(nodes)

    def add(self, place: int, value: T) -> None:
        """Add the value of a place, from 0; each place once.

        Leave none out, but give one without anything the value of nothing: only then are there
        few :attr:`nodes`.
        """
        self.put([((0, place), value)])

    def put(self, nodes: Iterable[tuple[Node, T]]) -> None:
        """Add what another process has, in any order.

        Raises
        ------
        ValueError
            If a node is there already.
        """
        for node, value in nodes:
            self._grow(node, value)

    def _grow(self, node: Node, value: T) -> None:
        if node in self._nodes:
            raise ValueError(f"{node} is added twice")
        level, place = node
        while (sibling := self._nodes.pop((level, place ^ 1), None)) is not None:
            value = self._merge(sibling, value) if place & 1 else self._merge(value, sibling)
            level, place = level + 1, place >> 1
        self._nodes[level, place] = value

    @property
    def nodes(self) -> tuple[tuple[Node, T], ...]:
        """The roots of the subtrees that are whole, from left to right."""
        return tuple(sorted(self._nodes.items(), key=lambda item: item[0][1] << item[0][0]))

    @property
    def total(self) -> T | None:
        """Everything merged; None of nothing.

        What has no sibling, at the end of the tree, is merged from right to left.
        """
        found: T | None = None
        for _, value in reversed(self.nodes):
            found = value if found is None else self._merge(value, found)
        return found
