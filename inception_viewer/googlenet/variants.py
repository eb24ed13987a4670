"""What one family of GoogLeNet is, as a frozen value.

A :class:`Variant` says everything that two GoogLeNet checkpoints can differ in:
channel table, kernel of the "5x5" branch, normalisation, pools, head pools and
input transform. The network is built from it and from nothing else.

Sources: Szegedy et al., "Going deeper with convolutions" (CVPR 2015), Table 1
and section 5; torchvision's ``GoogLeNet`` (pytorch/vision#906 for its 3x3
kernels in the "5x5" branch); the nodes of the frozen graph that the authors
released, ``tensorflow_inception_graph.pb`` (greentfrapp/lucent#51 quotes its LRN).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

HEADS = ("aux1", "aux2", "main")
"""The classifiers, in the order of depth."""

BRANCHES = ("1x1", "3x3", "5x5", "pool")
"""The branches of an Inception module, in the order of its concatenation."""

BRANCH_OUTPUT = {"1x1": "1x1", "3x3": "3x3", "5x5": "5x5", "pool": "pool_proj"}
"""The unit that is a branch's output: its name within the module."""

HEAD_INPUT = {"aux1": "inception4a", "aux2": "inception4d", "main": "avgpool"}
"""Where each head takes its input (paper, section 5)."""

HeadPool = Literal["adaptive", "paper"]
Padding = Literal["symmetric", "tensorflow"]


@dataclass(frozen=True)
class InceptionChannels:
    """Output channels of the six convolutions of one Inception module (Table 1)."""

    one: int
    reduce3: int
    three: int
    reduce5: int
    five: int
    pool_proj: int

    @property
    def total(self) -> int:
        """Channels of the concatenation."""
        return self.one + self.three + self.five + self.pool_proj


@dataclass(frozen=True)
class Pool:
    """A max pool between modules; ``ceil_mode`` as in the original Caffe network."""

    kernel: int
    stride: int
    ceil_mode: bool = True


@dataclass(frozen=True)
class Lrn:
    """Local response normalisation across ``size`` channels, as PyTorch defines it."""

    size: int
    alpha: float
    beta: float
    k: float


PAPER_TABLE: tuple[tuple[str, InceptionChannels], ...] = (
    ("inception3a", InceptionChannels(64, 96, 128, 16, 32, 32)),
    ("inception3b", InceptionChannels(128, 128, 192, 32, 96, 64)),
    ("inception4a", InceptionChannels(192, 96, 208, 16, 48, 64)),
    ("inception4b", InceptionChannels(160, 112, 224, 24, 64, 64)),
    ("inception4c", InceptionChannels(128, 128, 256, 24, 64, 64)),
    ("inception4d", InceptionChannels(112, 144, 288, 32, 64, 64)),
    ("inception4e", InceptionChannels(256, 160, 320, 32, 128, 128)),
    ("inception5a", InceptionChannels(256, 160, 320, 32, 128, 128)),
    ("inception5b", InceptionChannels(384, 192, 384, 48, 128, 128)),
)
"""Table 1 of the paper, the printed channel counts."""

FIVE_H_TABLE = tuple(
    {
        **dict(PAPER_TABLE),
        "inception4a": InceptionChannels(192, 96, 204, 16, 48, 64),
        "inception5a": InceptionChannels(256, 160, 320, 48, 128, 128),
    }.items()
)
"""The authors' released network: 204 filters of 3x3 in 4a, a 5x5 reduce of 48 in 5a."""

MODULES = tuple(name for name, _ in PAPER_TABLE)
"""Names of the nine Inception modules, in order."""


@dataclass(frozen=True)
class Variant:
    """The architecture of one GoogLeNet checkpoint.

    Attributes
    ----------
    name
        ``"torchvision"``, ``"paper"`` or ``"inception5h"``; the family, for people to read.
    table
        Module names with their channels, in order.
    kernel_5x5
        Kernel size of the branch that the paper calls 5x5. torchvision's weights
        have 3 there (pytorch/vision#906).
    batch_norm_eps
        The epsilon of batch norm after every convolution, or None: no batch norm,
        and the convolutions have biases instead.
    lrn
        The two local response normalisations of the original network, or None.
    pools
        ``pool1`` to ``pool4``.
    transform_input
        Whether the network turns ImageNet-normalised input into ``2x - 1`` before
        conv1 (torchvision's flag of that name).
    head_pool
        ``"paper"``: average pool 5x5, stride 3, where it gives 4x4, else adaptive;
        ``"adaptive"``: always adaptive to 4x4 (torchvision).
    heads
        The heads that exist, a subset of :data:`HEADS` with ``"main"``.
    classes
        The number of classes.
    dropout, aux_dropout
        Dropout rates before the main classifier and inside the auxiliary heads;
        they act in training only.
    padding
        ``"symmetric"``: convolutions pad half their kernel on each side, max pools
        nothing; ``"tensorflow"``: TensorFlow's ``SAME``, where as much is padded as makes
        ``ceil(size / stride)`` positions, the odd pixel behind. The two differ in conv1 and
        in the max pools of stride 2.
    """

    name: str
    table: tuple[tuple[str, InceptionChannels], ...] = PAPER_TABLE
    kernel_5x5: int = 5
    batch_norm_eps: float | None = 1e-3
    lrn: Lrn | None = None
    pools: tuple[Pool, Pool, Pool, Pool] = (Pool(3, 2), Pool(3, 2), Pool(3, 2), Pool(3, 2))
    transform_input: bool = False
    head_pool: HeadPool = "paper"
    heads: tuple[str, ...] = HEADS
    classes: int = 1000
    dropout: float = 0.4
    aux_dropout: float = 0.7
    padding: Padding = "symmetric"

    @property
    def normalisation(self) -> str:
        """``"batch_norm"``, ``"lrn"`` or ``"none"``."""
        if self.batch_norm_eps is not None:
            return "batch_norm"
        return "lrn" if self.lrn is not None else "none"

    def folded(self) -> Variant:
        """Return this variant with batch norm folded away into biases."""
        return replace(self, batch_norm_eps=None)


def paper(classes: int = 1000, *, batch_norm: bool = True) -> Variant:
    """Return the paper's network: true 5x5; batch norm, or LRN and biases.

    The LRN values are those of the BVLC release (size 5, alpha 1e-4, beta 0.75, k 1).
    """
    if batch_norm:
        return Variant("paper", classes=classes)
    return Variant("paper", batch_norm_eps=None, lrn=Lrn(5, 1e-4, 0.75, 1.0), classes=classes)


def torchvision(classes: int = 1000, *, transform_input: bool = True) -> Variant:
    """Return torchvision's network: 3x3 in the "5x5" branch and a 2x2 ``pool4``."""
    return Variant(
        "torchvision",
        kernel_5x5=3,
        pools=(Pool(3, 2), Pool(3, 2), Pool(3, 2), Pool(2, 2)),
        transform_input=transform_input,
        head_pool="adaptive",
        classes=classes,
        dropout=0.2,
    )


def inception5h(classes: int = 1008, *, heads: tuple[str, ...] = HEADS) -> Variant:
    """Return the network that the authors released: Inception 5h, known from DeepDream.

    Its LRN is TensorFlow's with radius 5, alpha 1e-4, beta 0.5 and bias 2: PyTorch divides
    alpha by the size, which is 11. The head pool is the graph's 5x5 with stride 3, as it was
    trained; Captum's port has an adaptive one, which has other windows at 224x224.
    """
    return Variant(
        "inception5h",
        table=FIVE_H_TABLE,
        batch_norm_eps=None,
        lrn=Lrn(11, 11e-4, 0.5, 2.0),
        heads=heads,
        classes=classes,
        padding="tensorflow",
    )
