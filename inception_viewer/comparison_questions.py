"""Questions that compare photos, groups of photos and checkpoints, branch by branch.

As all questions and answers they are plain frozen values, without torch or Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import QuestionError
from .questions import Floats, Pixels, Preprocessing, Provenance, Question, Scene

if TYPE_CHECKING:
    from .moments import Moments

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]

ProfileMeasure = Literal["activation", "energy", "active"]
PROFILE_MEASURES = {
    "activation": "summed activation",
    "energy": "squared L2 norm",
    "active": "active positions",
}
"""What a branch's share is of; all three add up over the branches of a module."""


# --- branch profile ------------------------------------------------------------------


@dataclass(frozen=True)
class BranchProfile(Question):
    """Each branch's share of its module; answered by :class:`BranchProfileAnswer`."""

    scenes: tuple[Scene, ...]


@dataclass(frozen=True, eq=False)
class BranchProfileAnswer:
    """Shares and sizes of branches, for every photo, module and branch.

    Axes: photos in the order of the question's scenes, ``modules``, ``branches``.

    Attributes
    ----------
    shares
        By measure, (photos, modules, branches), in [0, 1]: the branch's part of its module's
        sum of activations, of squared activations, of activations above zero. They add up to
        1 over the branches; in a module that is dead altogether all are 0.
    mean, norm, active
        (photos, modules, branches): mean activation, L2 norm, share of the branch's own
        activations above zero.
    channels
        (modules, branches): each branch's share of its module's channels (paper, Table 1),
        which shares of activation are to be compared with.
    """

    question: BranchProfile
    modules: tuple[str, ...]
    branches: tuple[str, ...]
    shares: Mapping[str, Doubles]
    mean: Doubles
    norm: Doubles
    active: Doubles
    channels: Doubles
    provenance: Provenance
    partial: bool = False

    def table(self, measure: ProfileMeasure, photo: int = 0) -> dict[str, dict[str, float]]:
        """Return one photo's shares by module and branch."""
        return {
            module: dict(zip(self.branches, row.tolist(), strict=True))
            for module, row in zip(self.modules, self.shares[measure][photo], strict=True)
        }


# --- groups --------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """Photos that belong together.

    Attributes
    ----------
    name
        As shown.
    images
        Content hashes of open photos.
    paths
        Files, which are read when their turn comes and not kept.
    """

    name: str
    images: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images) + len(self.paths)


@dataclass(frozen=True)
class CompareGroups(Question):
    """What tells two groups of photos or more apart; answered by :class:`GroupsAnswer`.

    Attributes
    ----------
    checkpoint, preprocessing
        The network and its input.
    groups
        At least two, of at least two photos each.
    """

    checkpoint: str
    preprocessing: Preprocessing
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class CompareFolders(Question):
    """The same of folders of any size, of which only sums are kept; :class:`GroupsAnswer`.

    Asked again after it was stopped it goes on where it was: what is known is written to the
    user's cache folder every half minute. Under ``torchrun`` processes share the photos out.

    Attributes
    ----------
    checkpoint, preprocessing
        The network and its input.
    folders
        (group's name, its folder), at least two; photos lie in it to any depth.
    """

    cached: ClassVar[bool] = False  # what lies in the folders may change

    checkpoint: str
    preprocessing: Preprocessing
    folders: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Separation:
    """How a unit's channels differ between two groups.

    Attributes
    ----------
    unit
        Its name.
    first, second
        The groups' names; a positive effect is a larger activation in the first.
    effect
        Cohen's d (channels,): the difference of the means over the pooled standard deviation
        (Cohen, 1988, eq. 2.5.1); nan where that is 0.
    p_value
        (channels,): of Welch's t-test, corrected for all ``looked_at`` channels (Holm, 1979);
        1 where the effect is nan.
    order
        Channels by falling magnitude of effect; those without one come last.
    n
        Photos in the first and the second group.
    looked_at
        How many channels the p-values are corrected for: all of the network's units that
        were compared, not the unit's own only.
    """

    unit: str
    first: str
    second: str
    effect: Doubles
    p_value: Doubles
    order: Indices
    n: tuple[int, int]
    looked_at: int


@dataclass(frozen=True, eq=False)
class GroupsAnswer:
    """Statistics of groups over the mean activation of each channel.

    Attributes
    ----------
    pooled
        By group and unit, (photos, channels), float32: each photo's activations averaged
        over the positions of the map.
    photos
        By group: content hash or path of each row.
    predicted
        By group: main's top class of each row.
    failures
        (path, one sentence) of photos that could not be read.
    separations
        By pair of groups (in the question's order) and unit; in a partial answer, of the photos
        so far.
    moments
        By group and unit, where no rows are kept (:class:`CompareFolders`): ``pooled``,
        ``photos`` and ``predicted`` are empty then.
    unreadable_more
        How many more photos could not be read than are in ``failures``.
    """

    question: CompareGroups | CompareFolders
    pooled: Mapping[str, Mapping[str, Floats]]
    photos: Mapping[str, tuple[str, ...]]
    predicted: Mapping[str, tuple[int, ...]]
    failures: tuple[tuple[str, str], ...]
    provenance: Provenance
    separations: Mapping[tuple[str, str], Mapping[str, Separation]] = field(default_factory=dict)
    partial: bool = False
    moments: Mapping[str, Mapping[str, Moments]] = field(default_factory=dict)
    unreadable_more: int = 0

    @property
    def groups(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.moments or self.pooled)

    @property
    def units(self) -> tuple[str, ...]:
        """Units that were compared, in the order of computation."""
        return tuple(next(iter((self.moments or self.pooled).values())))

    def count(self, group: str) -> int:
        """Return how many photos of a group were read."""
        if self.moments:
            return next(iter(self.moments[group].values())).n
        return len(self.photos[group])

    def mean(self, group: str, unit: str) -> Doubles:
        """Return a group's mean activation of each channel."""
        if self.moments:
            return self.moments[group][unit].mean
        found: Doubles = self.pooled[group][unit].mean(0, dtype=np.float64)
        return found

    def spread(self, group: str, unit: str) -> Doubles:
        """Return the standard deviation over a group's photos (n - 1) of each channel."""
        if self.moments:
            return self.moments[group][unit].spread
        found: Doubles = self.pooled[group][unit].std(0, ddof=1, dtype=np.float64)
        return found

    def best(
        self, first: str, second: str, unit: str | None = None, most: int = 20
    ) -> list[tuple[str, int, float, float]]:
        """Return the channels that tell two groups apart best: (unit, channel, effect, p)."""
        of_units = self.separations.get((first, second))
        if of_units is None or (unit and unit not in of_units):
            raise QuestionError(
                f"“{first}” was not compared with “{second}” in this order: see .separations."
                if of_units is None
                else f"Nothing was compared of “{unit}”: see .units."
            )
        chosen = [of_units[unit]] if unit else list(of_units.values())
        found = [
            (one.unit, int(channel), float(one.effect[channel]), float(one.p_value[channel]))
            for one in chosen
            for channel in one.order[:most]
            if np.isfinite(one.effect[channel])
        ]
        return sorted(found, key=lambda row: -abs(row[2]))[:most]


@dataclass(frozen=True)
class ExampleMaps(Question):
    """One channel's maps of photos that need not be open; :class:`ExampleMapsAnswer`."""

    checkpoint: str
    preprocessing: Preprocessing
    photos: Group
    unit: str
    channel: int


@dataclass(frozen=True, eq=False)
class ExampleMapsAnswer:
    """What a channel answers to photos.

    Attributes
    ----------
    photos
        Content hashes, then paths; those that could not be read are left out.
    pictures
        What the network sees of each, (height, width, 3).
    maps
        The channel's map of each, (height, width).
    """

    question: ExampleMaps
    photos: tuple[str, ...]
    pictures: tuple[Pixels, ...]
    maps: tuple[Floats, ...]
    provenance: Provenance


# --- photos among each other ---------------------------------------------------------


MapMethod = Literal["pca", "tsne"]
LEAST_TSNE = 5
"""Photos that t-SNE takes: among fewer there are no neighbours to keep."""


@dataclass(frozen=True)
class PhotoMap(Question):
    """Where photos lie for a unit, and which are alike; answered by :class:`PhotoMapAnswer`.

    Attributes
    ----------
    scenes
        Of one checkpoint; at least two.
    unit
        With a map, or a module.
    method
        How photos get their places: ``"pca"``, principal components, or ``"tsne"``, which keeps
        neighbours together (van der Maaten and Hinton, 2008, JMLR 9).
    perplexity
        Of t-SNE: about how many photos count as neighbours; at most a third of the others.
    seed
        Of t-SNE: the same seed is the same map.
    """

    scenes: tuple[Scene, ...]
    unit: str
    method: MapMethod = "pca"
    perplexity: float = 30.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class PhotoMapAnswer:
    """Photos by a unit's channels, each averaged over its map.

    Attributes
    ----------
    similarity
        (photos, photos): cosine of the pooled activations, in [-1, 1]; 0 for a dead photo.
    points
        (photos, 2): the first two principal components of the centred pooled activations,
        each with its largest magnitude positive; or where t-SNE puts them.
    explained
        The share of the variance that each of the two components carries; None of t-SNE.
    perplexity
        Which t-SNE had, after its limit; None of components.
    """

    question: PhotoMap
    similarity: Doubles
    points: Doubles
    explained: tuple[float, float] | None
    provenance: Provenance
    perplexity: float | None = None

    def nearest(self, photo: int) -> list[tuple[int, float]]:
        """Return the other photos, the most similar first, as (row, cosine)."""
        order = np.argsort(-self.similarity[photo], kind="stable")
        return [(int(i), float(self.similarity[photo, i])) for i in order if i != photo]


# --- checkpoints ---------------------------------------------------------------------


Kinship = Literal["same", "kin", "apart"]
"""Of two networks: the same weights; one trained on from the other; neither."""


@dataclass(frozen=True)
class CompareCheckpoints(Question):
    """How alike two checkpoints see the same photos; answered by :class:`CheckpointsAnswer`.

    Attributes
    ----------
    first, second
        The same photos in the same order, through either checkpoint, each with its own input.
        Edits and interventions are taken into account.
    """

    cached: ClassVar[bool] = False  # what classes are called may change
    first: tuple[Scene, ...]
    second: tuple[Scene, ...]


@dataclass(frozen=True, eq=False)
class CheckpointsAnswer:
    """Two checkpoints by what can be compared where channels do not correspond.

    Attributes
    ----------
    kinship
        Whether channels correspond, told from the weights of all units but the heads':
        ``"same"`` up to half precision's rounding; ``"kin"`` where in every unit at least half
        of the filters are nearest to the filter of their own number; else ``"apart"``.
    matched
        The share of the first's filters that are nearest to that of their own number.
    cka
        By module: linear centred kernel alignment (Kornblith et al., 2019, arXiv:1905.00414)
        of what both compute, in [0, 1], each position of each photo an example; nan where one
        of them is dead, and where positions do not match. It does not depend on the order,
        sign or rotation of channels.
    cka_note
        Why it is missing, or what makes it smaller than it might be; or ``""``.
    differences
        By module: the largest absolute difference of a channel at a position, and the first's
        largest activation to compare it with; empty where channels do not correspond or
        positions do not match.
    profiles
        Each checkpoint's branch profile.
    tops
        By head that both have: for each photo the class that either puts first, as indices of
        its own classes.
    agree
        By head that both have: the share of photos for which both put the same class first;
        None where their classes differ.
    """

    question: CompareCheckpoints
    kinship: Kinship
    matched: float
    cka: Mapping[str, float]
    cka_note: str
    differences: Mapping[str, tuple[float, float]]
    profiles: tuple[BranchProfileAnswer, BranchProfileAnswer]
    tops: Mapping[str, tuple[tuple[int, int], ...]]
    agree: Mapping[str, float | None]
    provenance: Provenance

    @property
    def correspond(self) -> bool:
        """Whether channel 12 of one is channel 12 of the other."""
        return self.kinship != "apart"
