"""How far a comparison of folders is, in a file: numbers only, read without trusting it."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from inception_viewer.moments import Moments

from .tree_sum import Node, Tree

KEPT_SENTENCES = 1000
"""Sentences on unreadable photos that are kept of a group; the others are counted."""


def merged(first: Moments, later: Moments) -> Moments:
    """Return the moments of two neighbours in the tree."""
    return first.merged(later)


@dataclass(eq=False)
class Part:
    """What a process knows of a group so far.

    Attributes
    ----------
    tree
        The moments of its batches, by their numbers in the group.
    batches
        How many of the process's batches are done.
    unreadable, failures
        How many photos could not be read, and (path, one sentence) of the first thousand.
    """

    tree: Tree[Moments] = field(default_factory=lambda: Tree(merged))
    batches: int = 0
    unreadable: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    def note(self, failures: Iterable[tuple[str, str]]) -> None:
        """Count photos that could not be read."""
        for failure in failures:
            self.unreadable += 1
            if len(self.failures) < KEPT_SENTENCES:
                self.failures.append(failure)

    def merge(self, other: Part) -> None:
        """Add what the next process knows."""
        self.tree.put(other.tree.nodes)
        self.batches += other.batches
        self.unreadable += other.unreadable
        self.failures = (self.failures + other.failures)[:KEPT_SENTENCES]


def place_for(key: str) -> Path:
    """Return the file of a state, in the user's cache folder."""
    return platformdirs.user_cache_path("inception-viewer", appauthor=False) / "groups" / key


def write(path: Path, parts: Mapping[str, Part]) -> None:
    """Write a state; a disk that is full or read-only is passed over: it is for speed only."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    about = [[name, one.batches, one.unreadable, one.failures] for name, one in parts.items()]
    arrays: dict[str, Any] = {"about": np.frombuffer(json.dumps(about).encode(), np.uint8)}
    for number, one in enumerate(parts.values()):
        nodes, found = [node for node, _ in one.tree.nodes], [value for _, value in one.tree.nodes]
        if found:
            arrays[f"nodes {number}"] = np.array(nodes, np.int64)
            arrays[f"n {number}"] = np.array([value.n for value in found], np.int64)
            arrays[f"mean {number}"] = np.stack([value.mean for value in found])
            arrays[f"squares {number}"] = np.stack([value.squares for value in found])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as stream:
            np.savez(stream, **arrays)
        partial.replace(path)
    except OSError:
        pass
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def read(path: Path, names: Sequence[str], columns: int) -> dict[str, Part]:
    """Read the state of groups of these names; nothing of a file that is not just that."""
    fresh = {name: Part() for name in names}
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        about = json.loads(arrays["about"].tobytes())
        found = {row[0]: _part(number, row, arrays, columns) for number, row in enumerate(about)}
    except (OSError, ValueError, KeyError, TypeError, IndexError, EOFError, zipfile.BadZipFile):
        return fresh
    return found if list(found) == list(names) else fresh


def _part(number: int, row: list[Any], arrays: Mapping[str, Any], columns: int) -> Part:
    _, batches, unreadable, failures = row
    said = [(str(path), str(why)) for path, why in failures]
    if not batches:
        return Part(unreadable=int(unreadable), failures=said)
    means, squares = (arrays[f"{name} {number}"] for name in ("mean", "squares"))
    nodes, counts = arrays[f"nodes {number}"], arrays[f"n {number}"]
    if not means.shape == squares.shape == (len(nodes), columns):
        raise ValueError("of other units")
    values = map(Moments, counts.tolist(), means.astype(np.float64), squares.astype(np.float64))
    places: list[Node] = [(int(level), int(place)) for level, place in nodes]
    if sum(1 << level for level, _ in places) != batches:
        raise ValueError("of other batches")
    tree = Tree(merged, zip(places, values, strict=True))
    return Part(tree, int(batches), int(unreadable), said)
