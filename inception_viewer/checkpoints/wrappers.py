"""The state dict inside what training scripts save around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from .pickle_values import Made, Persistent
from .stored import Odd, Stored, readable

WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
)
"""Names under which training scripts put the weights, the best first."""

AVERAGED = ("ema", "swa", "averag", "teacher", "shadow")
"""Parts of the names under which they put averages of the weights."""

DEEPEST = 6
MOST_DICTIONARIES = 5_000
MOST_VALUES = 500_000

Value = TypeVar("Value", Made, Persistent)
Tensors = Mapping[str, Stored | Odd]


@dataclass(frozen=True)
class Found:
    """A file's tensors, and what there is to say about where they were.

    Attributes
    ----------
    tensors
        By their names in the file.
    evidence, warnings
        Sentences for people.
    metadata
        What else the file says, as strings.
    """

    tensors: Tensors
    evidence: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    metadata: Mapping[str, str] | None = None


@dataclass(frozen=True)
class _Candidate:
    path: tuple[str, ...]
    tensors: Tensors

    @property
    def rank(self) -> int:
        """How far from being the plain weights it is, by the names it lies under."""
        if any(map(averaged, self.path)):
            return len(WRAPPERS) + 1
        known = [WRAPPERS.index(name) for name in self.path if name in WRAPPERS]
        return min(known, default=len(WRAPPERS) if self.path else 0)

    @property
    def place(self) -> str:
        return readable(".".join(self.path))


def averaged(name: str) -> bool:
    """Whether weights under this name are taken to be averages of others."""
    return any(part in name.lower() for part in AVERAGED)


def find(value: Any, stored: Callable[[Any], Stored | Odd | None]) -> Found | None:
    """Find the state dict in what a file holds: itself, or some levels down.

    Of several with about as many tensors the one with the best known name is taken, plain
    weights before averaged ones.

    Parameters
    ----------
    value
        As read from the file's pickle.
    stored
        Returns the tensor that a value stands for.

    Returns
    -------
    Found or None
        None if nothing holds tensors by name.
    """
    candidates = []
    for path, items in _dictionaries(value):
        tensors = {name: s for name, one in items.items() if (s := stored(one)) is not None}
        if tensors:
            candidates.append(_Candidate(path, tensors))
    if not candidates:
        return None
    most = max(len(candidate.tensors) for candidate in candidates)
    large = [candidate for candidate in candidates if 2 * len(candidate.tensors) >= most]
    chosen = min(large, key=lambda candidate: candidate.rank)
    others = [f"“{other.place}”" for other in large if other is not chosen]
    evidence = [f"The weights lie under “{chosen.place}”."] if chosen.path else []
    warnings = []
    if others:
        named = f"those of “{chosen.place}”" if chosen.path else "those at its top"
        warnings.append(f"The file holds weights twice, also as {others[0]}; {named} were read.")
    return Found(chosen.tensors, tuple(evidence), tuple(warnings))


def _dictionaries(value: Any) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Yield every dictionary with text for keys, the outer before the inner."""
    queue: list[tuple[tuple[str, ...], Any]] = [((), value)]
    seen: set[int] = set()
    for path, one in queue:
        # What a script saves of itself (a class of its own, filled like a dictionary).
        items = one.items if isinstance(one, Made) else one
        if not isinstance(items, dict) or id(items) in seen or len(seen) >= MOST_DICTIONARIES:
            continue
        seen.add(id(items))
        named = {key: inner for key, inner in items.items() if isinstance(key, str)}
        yield path, named
        if len(path) < DEEPEST:
            deeper = (x for x in named.items() if isinstance(x[1], dict | Made))
            queue += [((*path, key), inner) for key, inner in deeper]


def every(value: Any, kind: type[Value]) -> list[Value]:
    """Return all values of one kind, however deep they lie, each once."""
    found: list[Value] = []
    queue, seen = [value], set[int]()
    while queue and len(seen) < MOST_VALUES:
        one = queue.pop()
        if id(one) in seen or isinstance(one, str | int | float):
            continue
        seen.add(id(one))
        if isinstance(one, kind):
            found.append(one)
        if isinstance(one, Made):
            queue += [one.by, one.args, one.state, one.items]
        elif isinstance(one, Persistent):
            queue.append(one.identity)
        elif isinstance(one, dict):
            queue += one.values()
        elif isinstance(one, list | tuple):
            queue += one
    return found
