"""A dictionary that forgets what was not used for longest, bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lru(Generic[K, V]):
    """Values by key, safe in threads; the stalest unpinned ones go when the bytes run out.

    A value that is larger than the bound by itself is not kept, unless it is pinned: it
    would cost all the others.

    Parameters
    ----------
    limit
        Bound in bytes.
    size
        Returns the bytes of a value.
    """

    def __init__(self, limit: int, size: Callable[[V], int]) -> None:
        self.limit = limit
        self._size = size
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._pinned: frozenset[K] = frozenset()
        self._lock = threading.Lock()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """What is held, in bytes."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """Return the value and mark it as used, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V) -> None:
        """Keep a value; the stalest unpinned ones make room."""
        size = self._size(value)
        with self._lock:
            self._drop(key)
            if size > self.limit and key not in self._pinned:
                return
            self._values[key] = (value, size)
            self._bytes += size
            self._make_room()

    def pin(self, keys: frozenset[K]) -> None:
        """Say which values must stay; those that no longer must may have to go."""
        with self._lock:
            self._pinned = keys
            self._make_room()

    def forget(self, matches: Callable[[K], bool] = lambda key: True) -> None:
        """Drop the values whose key matches, pinned or not."""
        with self._lock:
            for key in [key for key in self._values if matches(key)]:
                self._drop(key)

    def _make_room(self) -> None:
        if self._bytes <= self.limit:
            return
        for stale in [key for key in self._values if key not in self._pinned]:
            self._drop(stale)
            if self._bytes <= self.limit:
                return

    def _drop(self, key: K) -> None:
        found = self._values.pop(key, None)
        if found is not None:
            self._bytes -= found[1]
