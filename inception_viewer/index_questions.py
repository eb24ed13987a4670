"""Questions about an index of a folder: the photos that excite each channel most.

As all questions and answers they are plain frozen values, without torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from .questions import Floats, Pixels, Preprocessing, Provenance, Question

MOST = 9
"""Photos of a channel that are kept, unless it is said otherwise."""


@dataclass(frozen=True)
class BuildIndex(Question):
    """Search a folder for what excites each channel most; answered by :class:`IndexAnswer`.

    Resumable: what is known is written to ``out`` every half minute, and the same question
    goes on from there.

    Attributes
    ----------
    checkpoint
        Fingerprint of an open checkpoint.
    folder
        Photos, to any depth.
    out
        The index file to write; ``""`` for one of its own in the user's cache folder.
    preprocessing
        How photos become inputs; None for the checkpoint's own.
    most
        Photos that are kept of each channel, at most one place of each photo.
    """

    cached: ClassVar[bool] = False  # what lies in the folder may change

    checkpoint: str
    folder: str
    out: str = ""
    preprocessing: Preprocessing | None = None
    most: int = MOST


@dataclass(frozen=True)
class IndexInfo:
    """What an index is.

    Attributes
    ----------
    path
        Its file.
    fingerprint, preprocessing
        The network and the input that it was made with.
    folder
        Whose photos are in it.
    photos, found, unreadable
        How many were looked at so far, are to be looked at, and could not be read.
    most
        Photos kept of each channel.
    channels
        How many channels it has, over all units.
    """

    path: str
    fingerprint: str
    preprocessing: Preprocessing
    folder: str
    photos: int
    found: int
    unreadable: int
    most: int
    channels: int

    @property
    def complete(self) -> bool:
        """Whether all photos that were found have been looked at."""
        return self.photos + self.unreadable >= self.found


@dataclass(frozen=True, eq=False)
class IndexAnswer:
    """An index, finished or (partial) as far as it is; failures are the first hundred."""

    question: BuildIndex
    info: IndexInfo
    failures: tuple[tuple[str, str], ...]
    provenance: Provenance
    partial: bool = False


@dataclass(frozen=True)
class FindIndexes(Question):
    """The indexes there are of a network in the cache folder; a tuple of :class:`IndexInfo`.

    The newest first, those that can be read and were made with this network and input.
    """

    cached: ClassVar[bool] = False

    checkpoint: str
    preprocessing: Preprocessing


@dataclass(frozen=True)
class TopPhotos(Question):
    """What excites a channel most, from an index; answered by :class:`TopPhotosAnswer`.

    Attributes
    ----------
    index
        The index file.
    checkpoint
        Fingerprint of the open checkpoint: an index of another one is refused.
    unit, channel
        A convolution (``"inception4a/3x3"``) and its channel.
    """

    cached: ClassVar[bool] = False  # the file may be written anew

    index: str
    checkpoint: str
    unit: str
    channel: int


@dataclass(frozen=True, eq=False)
class TopPhoto:
    """A photo, and the place in it that excites a channel.

    Attributes
    ----------
    path
        Its file.
    activation
        The channel's largest activation on it.
    position
        (row, column) of it in the channel's map.
    box
        (left, top, right, bottom) of the receptive field there on the network's picture, in
        its pixels, the last ones excluded; clipped to it.
    picture
        What the network sees of the photo (height, width, 3); None if it cannot be read any more.
    cut
        The picture within ``box``.
    problem
        Why it cannot be read, or that it has changed since; ``""`` if all is well.
    """

    path: str
    activation: float
    position: tuple[int, int]
    box: tuple[int, int, int, int]
    picture: Pixels | None = field(repr=False)
    cut: Pixels | None = field(repr=False)
    problem: str = ""


@dataclass(frozen=True, eq=False)
class TopPhotosAnswer:
    """A channel's top photos, the strongest first; none if no photo excites it.

    Attributes
    ----------
    info
        Of the index.
    photos
        Those with an activation above zero.
    """

    question: TopPhotos
    info: IndexInfo
    photos: tuple[TopPhoto, ...]
    provenance: Provenance

    @property
    def activations(self) -> Floats:
        """Their activations, falling."""
        import numpy as np

        return np.array([photo.activation for photo in self.photos], np.float32)
