"""What the paper's Table 1 claims, beside what the network counts to.

The claims are those printed in Szegedy et al., "Going deeper with convolutions"
(CVPR 2015), Table 1 and sections 1 and 3. Its "params" are weights alone in units of 1024,
its "ops" multiply-adds in units of a million, at 224x224.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..questions import Graph, Node
from .variants import MODULES


@dataclass(frozen=True)
class Claim:
    """One row of Table 1.

    Attributes
    ----------
    row
        The row's name as printed.
    unit
        Our unit whose output is the row's.
    output
        Printed output size as (channels, height, width).
    depth
        Layers with weights along the longest way.
    kilo_parameters
        Printed weights in units of 1024, or None.
    mega_operations
        Printed multiply-adds in units of a million, or None.
    reason
        Why the count differs, where that is known, or ``""``.
    """

    row: str
    unit: str
    output: tuple[int, int, int]
    depth: int
    kilo_parameters: float | None = None
    mega_operations: float | None = None
    reason: str = ""


_FIVE_H = "The authors' own released network (Inception 5h)"

TABLE: tuple[Claim, ...] = (
    Claim(
        "convolution", "conv1", (64, 112, 112), 1, 2.7, 34,
        "(7 + 7) x 3 x 64 = 2,688 weights is a separable filter; a 7x7x3x64 one has 9,408.",
    ),
    Claim("max pool", "pool1", (64, 56, 56), 0),
    Claim("convolution", "conv2", (192, 56, 56), 2, 112, 360),
    Claim("max pool", "pool2", (192, 28, 28), 0),
    Claim("inception (3a)", "inception3a", (256, 28, 28), 2, 159, 128),
    Claim("inception (3b)", "inception3b", (480, 28, 28), 2, 380, 304),
    Claim("max pool", "pool3", (480, 14, 14), 0),
    Claim(
        "inception (4a)", "inception4a", (512, 14, 14), 2, 364, 73,
        f"{_FIVE_H} has 204 filters of 3x3 here, not 208: 363.4 K and 72.9 M.",
    ),
    Claim(
        "inception (4b)", "inception4b", (512, 14, 14), 2, 437, 88,
        f"{_FIVE_H} gives this module 508 channels, not 512: 436.6 K.",
    ),
    Claim("inception (4c)", "inception4c", (512, 14, 14), 2, 463, 100),
    Claim("inception (4d)", "inception4d", (528, 14, 14), 2, 580, 119),
    Claim("inception (4e)", "inception4e", (832, 14, 14), 2, 840, 170),
    Claim("max pool", "pool4", (832, 7, 7), 0),
    Claim(
        "inception (5a)", "inception5a", (832, 7, 7), 2, 1072, 54,
        f"{_FIVE_H} has a 5x5 reduce of 48 here, not 32: 54.2 M.",
    ),
    Claim("inception (5b)", "inception5b", (1024, 7, 7), 2, 1388, 71),
    Claim("avg pool", "avgpool", (1024, 1, 1), 0),
    Claim("linear", "fc", (1000, 1, 1), 1, 1000, 1),
)  # fmt: skip
"""Table 1, row by row; dropout and softmax, which have neither weights nor shape, left out."""


@dataclass(frozen=True)
class Count:
    """What a row counts to in a network: the same quantities, unrounded."""

    output: tuple[int, int, int]
    kilo_parameters: float
    mega_operations: float


def count(graph: Graph, claim: Claim) -> Count:
    """Count one row in a network's graph; KeyError if the network lacks the unit.

    Weights alone, as the table has them: without biases and batch norm.
    """
    nodes = [node for node in graph.nodes if _row_unit(node) == claim.unit]
    return Count(
        graph.node(claim.unit).shape,
        sum(_weights(node) for node in nodes) / 1024,
        sum(node.multiply_adds for node in nodes) / 1e6,
    )


def _row_unit(node: Node) -> str:
    """Return the unit that stands for a node's row of the table."""
    if node.name == "conv2/reduce":
        return "conv2"
    return node.group if node.group in MODULES else node.name


def _weights(node: Node) -> int:
    """Count weights of a convolution or linear layer: each is used once per output position."""
    _, height, width = node.shape
    return node.multiply_adds // (height * width)


LAYERS = 22
"""Layers with parameters, "or 27 layers if we also count pooling" (section 5)."""

MULTIPLY_ADDS = 1.5e9
"""The "computational budget at inference time" that the authors kept to (section 1)."""

FEWER_THAN_ALEXNET = 12
"""How many times fewer parameters than AlexNet's the network is said to have (section 1)."""

ALEXNET_PARAMETERS = 60_965_224
"""AlexNet's weights and biases (Krizhevsky et al., 2012, with its two groups)."""


def alexnet_ratio(graph: Graph) -> float:
    """Return how many times fewer weights the network has than AlexNet, heads aside.

    The paper says 12; its own channel table counts to about 9.
    """
    nodes = (node for node in graph.nodes if not node.name.startswith("aux"))
    return ALEXNET_PARAMETERS / sum(_weights(node) for node in nodes)


def claims_by_unit() -> Mapping[str, Claim]:
    """Return the rows of Table 1 by our unit's name."""
    return MappingProxyType({claim.unit: claim for claim in TABLE})
