"""Which class of a network a folder or a list means by a name.

Names are compared without case, spaces and punctuation; ImageNet's folders are
named by WordNet ids (``n01440764``), which its networks know in two orders.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from inception_viewer import paths

WORDNET_ID = re.compile(r"n\d{8}")
FIVE_H_FIRST = 1
"""Inception 5h's class 0 is a dummy; ImageNet's begin here, in the order of ILSVRC 2012."""
ALIKE = 0.5
"""Share of names that must agree before classes are taken for ImageNet's in some order."""


class ClassNames:
    """Finds the class that a text means.

    Parameters
    ----------
    classes
        Names, in the order of the logits.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)
        self._exact = _places((name, index) for index, name in enumerate(classes))
        self._loose = _places((key(name), index) for index, name in enumerate(classes))
        first = ((key(name.partition(",")[0]), index) for index, name in enumerate(classes))
        self._first = _places(first)
        self._wordnet = _wordnet(self.classes)

    def find(self, text: str) -> tuple[int, ...]:
        """Return the classes that a text may mean: none, one, or several of the same name.

        Looked for in this order: the very name; the name without case, spaces and
        punctuation; a WordNet id, if these are ImageNet's classes; the part of a class's
        name before its first comma.
        """
        text = text.strip()
        if text in self._exact:
            return self._exact[text]
        plain = key(text)
        if not plain:
            return ()
        if WORDNET_ID.fullmatch(plain):
            found = self._wordnet.get(plain)
            return (found,) if found is not None else ()
        return self._loose.get(plain) or self._first.get(plain) or ()


def key(name: str) -> str:
    """Return a name's letters and digits, without case: ``"Car-side"`` is ``"carside"``."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in text if sign.isalnum())


def _places(pairs: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for name, index in pairs:
        found[name] = (*found.get(name, ()), index)
    return found


def _wordnet(classes: tuple[str, ...]) -> dict[str, int]:
    """Return the class of each WordNet id, or nothing where the classes are not ImageNet's."""
    if len(classes) not in (1000, 1008):
        return {}
    lines = paths.asset("labels/ilsvrc2012_order.txt").read_text(encoding="utf-8").splitlines()
    pairs = [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]
    first = FIVE_H_FIRST if len(classes) == 1008 else 0
    for order in (pairs, sorted(pairs)):
        named = zip((name for _, name in order), classes[first:], strict=False)
        if sum(_alike(*names) for names in named) >= ALIKE * len(order):
            return {identity: first + place for place, (identity, _) in enumerate(order)}
    return {}


def _alike(one: str, other: str) -> bool:
    return key(one.partition(",")[0]) == key(other.partition(",")[0])
