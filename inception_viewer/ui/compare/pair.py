"""What two checkpoints are compared by on one photo; no widgets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...comparison_questions import CheckpointsAnswer, ProfileMeasure
from ...comparison_words import percent
from ...googlenet.variants import BRANCH_OUTPUT, BRANCHES, MODULES
from ...questions import CheckpointInfo, Floats, OverviewAnswer
from ..attribution.words import number

LETTERS = "A", "B"
MOST = 5
"""Classes of a head that are listed."""


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two: a checkpoint, and what it makes of the photo (None: still to come)."""

    info: CheckpointInfo
    overview: OverviewAnswer | None = None

    def map(self, module: str, branch: str) -> Floats | None:
        """Return the mean of a branch's maps (height, width)."""
        if self.overview is None:
            return None
        return self.overview.thumbnails.get(f"{module}/{BRANCH_OUTPUT[branch]}")

    def limit(self, module: str) -> float:
        """Return the largest value of the module's four mean maps: where its colours end."""
        maps = (self.map(module, branch) for branch in BRANCHES)
        return max((float(one.max()) for one in maps if one is not None), default=0.0)

    def top(self, head: str) -> list[tuple[str, float]]:
        """Return a head's first classes with their probabilities; none if it lacks the head."""
        if self.overview is None or head not in self.overview.predictions.probabilities:
            return []
        found = self.overview.predictions.top(head, MOST)
        return [(self.info.classes[index], share) for index, _, share in found]

    def state(self, head: str) -> str:
        """Return what became of a head: ``"trained"``, ``"untrained"``, ``"absent"``, …."""
        return self.info.heads.get(head, "absent")


@dataclass(frozen=True, eq=False)
class Pair:
    """Two checkpoints before one photo.

    Attributes
    ----------
    sides
        The one looked at, and the other.
    answer
        What is known over all chosen photos; None while it is still to come.
    photo
        The photo's place among them.
    measure
        What the branches' shares are of.
    """

    sides: tuple[Side, Side]
    answer: CheckpointsAnswer | None = None
    photo: int = 0
    measure: ProfileMeasure = "activation"

    @property
    def same_classes(self) -> bool:
        """Whether both tell the same classes apart, called the same."""
        return self.sides[0].info.classes == self.sides[1].info.classes

    @property
    def untrained(self) -> tuple[str, ...]:
        """The heads that were never trained in one of them."""
        states = [side.info.heads for side in self.sides]
        return tuple(h for h in states[0] if any(one.get(h) == "untrained" for one in states))

    def shares(self, side: int, module: str) -> np.ndarray | None:
        """Return the four branches' shares of a module."""
        if self.answer is None:
            return None
        profile = self.answer.profiles[side]
        found: np.ndarray = profile.shares[self.measure][self.photo, MODULES.index(module)]
        return found

    def cka(self, module: str) -> float:
        """Return the module's CKA over all photos; nan where there is none."""
        return math.nan if self.answer is None else self.answer.cka[module]

    def verdict(self, head: str) -> str:
        """Return how the two agree on a head, in a word or two."""
        states = [side.state(head) for side in self.sides]
        if "absent" in states:
            return (
                f"only {LETTERS[states[0] == 'absent']} has it" if len(set(states)) > 1 else "none"
            )
        if "untrained" in states:
            where = "both" if states[0] == states[1] else LETTERS[states[1] == "untrained"]
            return f"never trained in {where}"
        tops = [side.top(head) for side in self.sides]
        if not all(tops):
            return ""
        if not self.same_classes:
            return "other classes"
        first, second = (top[0][0] for top in tops)
        return f"both say {first}" if first == second else "they differ"

    # --- in words --------------------------------------------------------------------

    def told(self, module: str, column: int) -> str:
        """Return a cell in words: columns 0 to 7 are maps, by branch and side; 8 is the rest."""
        if column >= 2 * len(BRANCHES):
            return self.module_words(module)
        branch, side = BRANCHES[column // 2], column % 2
        values = self.sides[side].map(module, branch)
        if values is None:
            return ""
        limit = self.sides[side].limit(module)
        said = (
            f"{module}/{BRANCH_OUTPUT[branch]} in {LETTERS[side]}: mean map from "
            f"{number(float(values.min()))} to {number(float(values.max()))}, colours to "
            f"{number(limit)}"
        )
        shares = self.shares(side, module)
        if shares is not None:
            said += f"; {percent(float(shares[column // 2]))} of the module"
        return said

    def module_words(self, module: str) -> str:
        """Return a module's CKA, difference and shares in words."""
        said = [module]
        cka = self.cka(module)
        if math.isfinite(cka):
            said[0] += f": CKA {cka:.3f}"
        apart = self.answer.differences.get(module) if self.answer is not None else None
        if apart is not None:
            said.append(f"largest difference {number(apart[0])} of {number(apart[1])}")
        for side, letter in enumerate(LETTERS):
            shares = self.shares(side, module)
            if shares is not None:
                told = " ".join(f"{b} {percent(s)}" for b, s in zip(BRANCHES, shares, strict=True))
                said.append(f"{letter} {told}")
        return ", ".join(said)
