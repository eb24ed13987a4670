"""Interventions on the network, which a :class:`~.questions.Scene` holds, and questions on them.

Frozen and hashable like everything that keys a trace. Neither torch nor Qt is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .questions import Preprocessing, Provenance, Question, Scene

InterventionMode = Literal["zero", "scale", "mean", "patch"]
AblationMode = Literal["zero", "mean"]

MODE_WORDS = {
    "zero": "switched off",
    "scale": "scaled",
    "mean": "held at its mean",
    "patch": "taken from another photo",
}


@dataclass(frozen=True)
class Intervention:
    """Something else in the place of a unit's output; all that reads it follows.

    Attributes
    ----------
    unit
        Any but a head's logits: ``"inception4a/5x5"`` is a branch, ``"inception4a"`` a module.
    mode
        ``"zero"``; ``"scale"``: times ``factor``; ``"mean"``: each channel is its own mean over
        the positions of all ``images``, everywhere; ``"patch"``: what it is for the one photo
        in ``images``, position by position (activation patching). Photos are taken as they
        are, without edits and interventions: a patch with the scene's own photo freezes the
        unit at what it was before the photo was edited.
    channels
        Which of the unit's channels; None for all.
    factor
        Of ``"scale"``, from 0 to 2 in the window.
    images
        Content hashes of open photos.
    """

    unit: str
    mode: InterventionMode = "zero"
    channels: tuple[int, ...] | None = None
    factor: float = 0.0
    images: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What is done, for captions: ``"inception4a/5x5 switched off"``."""
        what = f"scaled by {self.factor:g}" if self.mode == "scale" else MODE_WORDS[self.mode]
        if self.mode == "mean":
            photos = len(self.images)
            what += f" over {photos} photo{'s' * (photos != 1)}"
        if self.channels is None:
            return f"{self.unit} {what}"
        if len(self.channels) == 1:
            return f"channel {self.channels[0]} of {self.unit} {what}"
        return f"{len(self.channels)} channels of {self.unit} {what}"


@dataclass(frozen=True)
class Files:
    """Photos on the disk, which are read when their turn comes and not kept.

    Attributes
    ----------
    checkpoint, preprocessing
        The network and its input.
    paths
        Of the photos.
    group
        What they are called together, for captions.
    """

    checkpoint: str
    preprocessing: Preprocessing
    paths: tuple[str, ...]
    group: str = ""


@dataclass(frozen=True)
class BranchImportance(Question):
    """What each branch is worth to a class; answered by :class:`BranchImportanceAnswer`.

    Attributes
    ----------
    scenes
        One photo or several, of one checkpoint. Interventions on them are not taken into
        account, edits are.
    head, target
        The class whose logit and probability are looked at; None for each photo's top class.
    mode
        What a branch's output is set to: zero, or each channel's mean over ``references``.
    references
        Content hashes of open photos, for ``"mean"``.
    reductions
        Whether the 1x1 reductions before the 3x3 and the 5x5 are ablated as well. What lies
        behind computes on: of zeros a convolution still makes its bias.
    conductance
        Whether layer conductance is computed beside it (seconds for each photo).
    projections
        Whether the same is done for the pool branch. Its 1x1 projection comes last, so that
        ablating the projection *is* ablating the branch (``"pool"``); what is ablated besides
        is what it reads, the max pool (``"pooled"``).
    files
        Photos on the disk that are averaged over as well.
    """

    scenes: tuple[Scene, ...]
    head: str = "main"
    target: int | None = None
    mode: AblationMode = "zero"
    references: tuple[str, ...] = ()
    reductions: bool = False
    conductance: bool = False
    projections: bool = False
    files: Files | None = None

    @property
    def asked(self) -> int:
        """How many photos it is over."""
        return len(self.scenes) + (len(self.files.paths) if self.files is not None else 0)


Table = Mapping[str, Mapping[str, float]]
"""A number by module (``"inception3a"``) and place in it.

``"1x1"``, …, the branches; ``"3x3_reduce"``, ``"5x5_reduce"`` and ``"pooled"`` if asked for."""


@dataclass(frozen=True, eq=False)
class BranchImportanceAnswer:
    """A table of modules by branches, averaged over the photos.

    Attributes
    ----------
    logit_drop, probability_drop
        What the class loses when the branch is ablated: the value as it is less the value
        then; negative where the branch spoke against the class. Means over the photos.
    logit_spread, probability_spread
        Standard deviations over the photos (of the sample: n - 1); 0 for one photo.
    targets
        The class that was looked at, for each photo.
    logits, probabilities
        Of these classes as they are, for each photo.
    conductance
        The share of the logit's rise from a black picture that flows through each branch, as
        layer conductance divides it; or None. Means over the photos.
    disagreements
        A sentence for each branch on which ablation and conductance contradict each other.
    photos
        How many are in it: fewer than asked for in a partial answer.
    failures
        (path, one sentence) of files that could not be read.
    """

    question: BranchImportance
    logit_drop: Table
    probability_drop: Table
    logit_spread: Table
    probability_spread: Table
    targets: tuple[int, ...]
    logits: tuple[float, ...]
    probabilities: tuple[float, ...]
    provenance: Provenance
    conductance: Table | None = None
    disagreements: tuple[str, ...] = ()
    photos: int = 1
    partial: bool = False
    failures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DecisiveChannels(Question):
    """Which of a module's channels an answer needs; answered by :class:`DecisiveChannelsAnswer`.

    Attributes
    ----------
    scene
        Its own interventions are not taken into account.
    module
        ``"inception4c"``.
    head
        Whose top class is the answer.
    """

    scene: Scene
    module: str
    head: str = "main"


@dataclass(frozen=True, eq=False)
class DecisiveChannelsAnswer:
    """Two sets of channels of a module, found greedily; other channels are zero or as they are.

    No channel can be left out of either set. That there is no smaller set of quite other
    channels is not proved: that would take all combinations.

    Attributes
    ----------
    target
        The answer: the head's top class.
    keeps
        Channels that suffice: with all others at zero the answer stands. Empty if it stands
        without the module; None if not even all channels give it (never for the photo as it is).
    flips
        Channels whose removal changes the answer; None if it stands with all of them removed.
    becomes
        The class that it changes to, or None.
    keep_margins, flip_margins
        The target's logit less the largest other one after each greedy step, the first before
        any; pruning comes afterwards and is not in them.
    """

    question: DecisiveChannels
    target: int
    channels: int
    keeps: tuple[int, ...] | None
    flips: tuple[int, ...] | None
    becomes: int | None
    keep_margins: tuple[float, ...]
    flip_margins: tuple[float, ...]
    provenance: Provenance
    partial: bool = False
