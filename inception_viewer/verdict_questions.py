"""What a checkpoint is, in full, and whether its input is made the right way.

As all questions and answers these are plain frozen values, without torch or Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .questions import HeadState, Preprocessing, Question


@dataclass(frozen=True)
class Convention:
    """A way of turning photos into what conv1 receives.

    Attributes
    ----------
    name
        For people: ``"0 to 255 minus 117, RGB, cropped"``.
    preprocessing
        How the photo becomes the network's input.
    transform_input
        Whether the network then turns ImageNet's normalisation into ``2x - 1``
        (torchvision's flag of that name).
    """

    name: str
    preprocessing: Preprocessing
    transform_input: bool = False


@dataclass(frozen=True)
class Sureness:
    """What a network answers on the sample photos under one convention.

    Attributes
    ----------
    convention
        How they became its input.
    preprocessing
        The same for this very network: its ``transform_input`` allowed for, so that it can
        be put into a scene as it is.
    top
        The main head's mean top probability.
    entropy
        Mean entropy of its answers, in nats.
    information
        How much its answers differ from photo to photo, in nats: the entropy of the mean
        answer less the mean entropy. Sure answers that are the same for all photos have none.
    agreement
        Share of the photos on which two trained heads have the same top class, the mean of
        all pairs; None where there are not two.
    misfit
        How far conv1's output is from what batch norm recorded in training, the median of
        the channels in nats; None without batch norm.
    """

    convention: Convention
    preprocessing: Preprocessing
    top: float
    entropy: float
    information: float
    agreement: float | None = None
    misfit: float | None = None


@dataclass(frozen=True)
class Suggestion:
    """Whether the samples speak for another convention than the checkpoint's.

    Attributes
    ----------
    own
        Under the convention that is in use.
    ranked
        Under every convention that was tried, the best first; ``own`` is one of them.
    better
        The one to change to, or None: another may be ahead by less than means anything.
    sentence
        What there is to say.
    photos
        How many samples it rests on.
    """

    own: Sureness
    ranked: tuple[Sureness, ...]
    better: Sureness | None
    sentence: str
    photos: int


@dataclass(frozen=True)
class HeadVerdict:
    """Whether a head was trained, and how that is known.

    Attributes
    ----------
    head
        ``"aux1"``, ``"aux2"`` or ``"main"``.
    state
        The verdict.
    evidence
        Sentences, the weightiest first.
    top, entropy
        Mean top probability and mean entropy (nats) of its answers on the sample photos;
        None where they were not asked for.
    same
        On how many samples its top class is the main head's; None for the main head itself.
    above_chance
        How far its answers go with the main head's, in standard deviations above what a head
        that knows nothing gives; None where that cannot be told.
    """

    head: str
    state: HeadState
    evidence: tuple[str, ...] = ()
    top: float | None = None
    entropy: float | None = None
    same: int | None = None
    above_chance: float | None = None


@dataclass(frozen=True)
class Verdict:
    """Everything there is to say about a checkpoint.

    Attributes
    ----------
    phrase
        A short one: ``"paper, true 5x5, batch norm, heads trained"``.
    family
        ``"torchvision"``, ``"inception5h"``, ``"bvlc"`` or ``"paper"``.
    recognised
        Sentences: how it was told.
    known_as
        The published file that it is, byte for byte, or ``""``.
    kernel_5x5
        Real kernel of each "5x5" branch, 3 or 5.
    normalisation
        ``"batch_norm"``, ``"lrn"`` or ``"none"``.
    classes
        How many.
    class_source
        Where their names come from.
    heads
        All three, absent ones too, in the order of depth.
    convention
        How photos become its input.
    parameters
        All trainable numbers.
    multiply_adds
        For one photo, the heads that the file has included.
    multiply_adds_main
        The same without auxiliary heads.
    fingerprint
        As in scenes: of the weights, whatever file they are in.
    sha256
        Of the file, 64 hex digits; ``""`` where there is no file.
    suggestion
        What the samples say about the convention; None where they were not asked.
    warnings
        Sentences for people.
    metadata
        What the file says of itself.
    """

    phrase: str
    family: str
    recognised: tuple[str, ...]
    known_as: str
    kernel_5x5: int
    normalisation: str
    classes: int
    class_source: str
    heads: tuple[HeadVerdict, ...]
    convention: Convention
    parameters: int
    multiply_adds: int
    multiply_adds_main: int
    fingerprint: str
    sha256: str
    suggestion: Suggestion | None = None
    warnings: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)

    def head(self, name: str) -> HeadVerdict:
        """Return the verdict on a head; KeyError if there is none of that name."""
        for verdict in self.heads:
            if verdict.head == name:
                return verdict
        raise KeyError(name)


@dataclass(frozen=True)
class Judge(Question):
    """Judge an open checkpoint on the sample photos; answered by :class:`Verdict`.

    ``preprocessing`` is the one in use, where it is not the checkpoint's own: the suggestion
    is then about that one.
    """

    checkpoint: str
    preprocessing: Preprocessing | None = None
